//! Texts made from others.

use std::ops::Range;

use mainstay_kit::SeededRandom;
use mainstay_syntax::{KEYWORDS, tokens};

/// So large may a text become: what grows faster than it shows itself by then.
const MOST_BYTES: usize = 40_000;

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

/// A text with one to a dozen changes.
pub fn grown(text: &str, random: &SeededRandom) -> String {
    let mut text = text.to_owned();
    for _ in 0..=random.below(12) {
        text = changed(&text, random);
        if text.len() > MOST_BYTES {
            break;
        }
    }
    text
}

fn changed(text: &str, random: &SeededRandom) -> String {
    let ranges: Vec<Range<usize>> = tokens(text).into_iter().map(|token| token.range).collect();
    if ranges.is_empty() {
        return ODD[random.below(ODD.len())].to_owned();
    }
    let at = random.below(ranges.len());
    let end = (at + 1 + random.below(8)).min(ranges.len());
    let (one, run) = (ranges[at].clone(), ranges[at].start..ranges[end - 1].end);
    let other = &text[ranges[random.below(ranges.len())].clone()];
    let keyword = KEYWORDS[random.below(KEYWORDS.len())].1;
    match random.below(8) {
        0 => spliced(text, one, ""),
        1 => spliced(text, run, ""),
        2 => spliced(text, one, other),
        3 => spliced(text, one, keyword),
        4 => spliced(text, one.end..one.end, ODD[random.below(ODD.len())]),
        5 => spliced(text, one.end..one.end, other),
        6 => spliced(text, run.end..run.end, &text[run].repeat(1 + random.below(200))),
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
        match random.below(4) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, b"{}[]\",:-0e\\\xff"[random.below(12)]),
            2 if at < bytes.len() => drop(bytes.remove(at)),
            _ => {
                bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = random.next_u64().to_le_bytes()[0])
            }
        }
    }
    bytes
}
