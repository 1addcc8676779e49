//! IRs made from others: members and items taken out, put elsewhere, given other values, repeated.

use std::ops::Range;

use mainstay_kit::SeededRandom;

use super::breed::bytes_changed;
use super::family::{Family, size};

/// Values at the edges of what JSON and the IR know.
const ODD: &[&str] = &[
    "null",
    "true",
    "0",
    "-1",
    "1.5",
    "1e308",
    "1e999",
    "18446744073709551615",
    "18446744073709551616",
    "4294967295",
    "\"\"",
    "\"\\ud800\"",
    "\"x\"",
    "[]",
    "{}",
    "[[[[]]]]",
    "{\"a\":{}}",
    "\"2027-02-30\"",
    "\"Europe/Berlin\"",
];

/// A member of an object with its key, or an item of a list.
struct Item {
    /// All of it.
    whole: Range<usize>,
    /// Its value.
    value: Range<usize>,
}

/// A document that follows from an IR by a few changes, with one of its parts repeated.
pub fn bred(json: &[u8], random: &SeededRandom) -> Family {
    let mut json = json.to_vec();
    for _ in 0..random.below(6) {
        json = changed(&json, random);
    }
    if random.one_in(4) {
        json = bytes_changed(&json, random);
    }
    let items = items(&json);
    let Some(item) = items.get(random.below(items.len())) else { return Family::single(&json) };
    let key = &json[item.whole.start..item.value.start];
    let key = key.iter().rposition(|byte| *byte == b'"').map(|end| key[1..end].to_vec());
    let repeated =
        [&json[..item.whole.start], &json[item.whole.clone()], b",", &json[item.whole.start..]].concat();
    let place = item.whole.start..item.whole.end + 1;
    let word = key.filter(|_| !random.one_in(4));
    Family::new(&repeated, place, word.as_deref()).sized(size(random))
}

fn changed(json: &[u8], random: &SeededRandom) -> Vec<u8> {
    let items = items(json);
    let (Some(one), Some(other)) =
        (items.get(random.below(items.len())), items.get(random.below(items.len())))
    else {
        return json.to_vec();
    };
    let put = |place: &Range<usize>, new: &[u8]| [&json[..place.start], new, &json[place.end..]].concat();
    match random.below(5) {
        0 => put(&one.value, ODD[random.below(ODD.len())].as_bytes()),
        1 => put(&one.value, &json[other.value.clone()]),
        2 => put(&one.whole, &json[other.whole.clone()]),
        3 => put(&with_comma(json, &one.whole), b""),
        _ => put(&one.value, &[b"[".repeat(random.below(200)), json[one.value.clone()].to_vec()].concat()),
    }
}

fn with_comma(json: &[u8], place: &Range<usize>) -> Range<usize> {
    let comma = json.get(place.end) == Some(&b',');
    place.start..place.end + usize::from(comma)
}

/// All members and items of a compact document, as far as it is one.
fn items(json: &[u8]) -> Vec<Item> {
    let mut found = Vec::new();
    // Where each open list or object has its current item, and where that one's value begins.
    let mut open: Vec<(usize, usize)> = Vec::new();
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in json.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'[' | b'{' => open.push((at + 1, at + 1)),
            b':' => open.iter_mut().rev().take(1).for_each(|(_, value)| *value = at + 1),
            b',' | b']' | b'}' => {
                if let Some((start, value)) = open.pop().filter(|(start, _)| *start < at) {
                    found.push(Item { whole: start..at, value: value..at });
                }
                if *byte == b',' {
                    open.push((at + 1, at + 1));
                }
            }
            _ => {}
        }
    }
    found
}

#[test]
fn members_and_items_are_found_with_their_values() {
    let json = br#"{"a":[1,{"b":"x,]"}],"c":2}"#;
    let shown = |range: &Range<usize>| String::from_utf8_lossy(&json[range.clone()]).into_owned();
    let all: Vec<String> = items(json).iter().map(|item| shown(&item.whole)).collect();
    assert_eq!(all, ["1", "\"b\":\"x,]\"", "{\"b\":\"x,]\"}", "\"a\":[1,{\"b\":\"x,]\"}]", "\"c\":2"]);
    assert_eq!(shown(&items(json)[1].value), "\"x,]\"");
}
