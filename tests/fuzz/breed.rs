//! Policies made from others.

use std::ops::Range;

use mainstay_kit::SeededRandom;
use mainstay_syntax::{KEYWORDS, tokens};

use super::family::{Family, size};

/// What is put in besides tokens of the text itself: marks, and literals at the edges of what they can be.
const ODD: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "=",
    "|>",
    "->",
    "=>",
    "..",
    ".",
    "\"",
    "\"\"\"",
    "${",
    "//",
    "/*",
    "\n",
    "0",
    "99999999999999999999",
    "1mo",
    "5%",
    "0.5",
    "25:61",
    "2027-02-30",
    "22:00..06:00",
    "1GiB/10min",
    "not",
    "-",
    "///",
    "\u{feff}",
    "\u{2028}",
    "\u{1f600}",
    "'",
    ";",
    "#",
    "cron(\"* * * * *\")",
    "1..",
    "allow W1203 \"x\"",
];

/// A policy that follows from a text by up to a dozen changes, with a run of it repeated.
pub fn bred(text: &str, random: &SeededRandom) -> Family {
    let mut text = text.to_owned();
    for _ in 0..random.below(13) {
        text = changed(&text, random);
    }
    if random.one_in(8) {
        text = String::from_utf8_lossy(&bytes_changed(text.as_bytes(), random)).into_owned();
    }
    let (place, word) = run(&text, random);
    Family::new(text.as_bytes(), place, word.as_deref().map(str::as_bytes)).sized(size(random))
}

/// What is to be repeated, and the name in it that is to be another each time.
fn run(text: &str, random: &SeededRandom) -> (Range<usize>, Option<String>) {
    let all = tokens(text);
    let (Some(first), true) = (all.get(random.below(all.len())), random.below(16) > 0) else {
        return (0..text.len(), None);
    };
    let at = all.iter().position(|token| token == first).unwrap_or_default();
    let place = if random.one_in(2) {
        let last = all.get(at + random.below(60)).or(all.last()).unwrap_or(first);
        first.start()..last.end()
    } else {
        lines(text, first.start(), 1 + random.below(12))
    };
    let inside = all.iter().filter(|it| place.start <= it.start() && it.end() <= place.end);
    let names: Vec<&str> =
        inside.filter(|token| token.kind.is_word()).map(|token| &text[token.range()]).collect();
    let name =
        names.get(random.below(names.len())).filter(|_| random.one_in(2)).map(|name| (*name).to_owned());
    (place, name)
}

/// Whole lines from that of a byte on.
fn lines(text: &str, at: usize, count: usize) -> Range<usize> {
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let length: usize = text[start..].split_inclusive('\n').take(count).map(str::len).sum();
    start..start + length
}

fn changed(text: &str, random: &SeededRandom) -> String {
    let ranges: Vec<Range<usize>> = tokens(text).into_iter().map(|token| token.range()).collect();
    if ranges.is_empty() {
        return ODD[random.below(ODD.len())].to_owned();
    }
    let at = random.below(ranges.len());
    let end = (at + 1 + random.below(8)).min(ranges.len());
    let (one, run) = (ranges[at].clone(), ranges[at].start..ranges[end - 1].end);
    let other = &text[ranges[random.below(ranges.len())].clone()];
    let keyword = KEYWORDS[random.below(KEYWORDS.len())].1;
    match random.below(7) {
        0 => spliced(text, one, ""),
        1 => spliced(text, run, ""),
        2 => spliced(text, one, other),
        3 => spliced(text, one, keyword),
        4 => spliced(text, one.end..one.end, ODD[random.below(ODD.len())]),
        5 => spliced(text, one.end..one.end, other),
        _ => {
            let (from, count) = (random.below(ranges.len()), random.below(40));
            let last = ranges.get(from + count).unwrap_or(&ranges[ranges.len() - 1]);
            spliced(text, run, &text[ranges[from].start..last.end.max(ranges[from].start)])
        }
    }
}

fn spliced(text: &str, place: Range<usize>, put: &str) -> String {
    format!("{}{put}{}", &text[..place.start], &text[place.end..])
}

/// A document with a few bytes changed, taken out or doubled.
pub fn bytes_changed(document: &[u8], random: &SeededRandom) -> Vec<u8> {
    let mut bytes = document.to_vec();
    for _ in 0..=random.below(6) {
        let at = random.below(bytes.len());
        match random.below(8) {
            0 => bytes.truncate(at),
            1..4 => bytes.insert(at, b"{}[]\",:-0e\\\xff"[random.below(12)]),
            4 | 5 if at < bytes.len() => drop(bytes.remove(at)),
            _ => {
                bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = random.next_u64().to_le_bytes()[0])
            }
        }
    }
    bytes
}
