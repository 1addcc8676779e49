//! Numbers and times as people read them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use mainstay_world::TimestampMs;

use crate::report::table::clean;

const UNITS: &[&str] = &["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

const SECOND_MS: u64 = 1_000;
const MINUTE_MS: u64 = 60 * SECOND_MS;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;

/// A size in binary units with at most three digits: `3.1 GiB`.
pub fn bytes(bytes: u64) -> String {
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let digits = if unit == 0 || value >= 99.95 { 0 } else { 1 };
    format!("{value:.digits$} {}", UNITS.get(unit).unwrap_or(&"B"))
}

/// A number in groups of three: `12 410`.
pub fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}

/// A number and its noun: `1 file`, `2 files`, `3 copies`.
pub fn counted(number: u64, noun: &str) -> String {
    let several = || match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ => format!("{noun}s"),
    };
    let noun = if number == 1 { noun.to_owned() } else { several() };
    format!("{} {noun}", count(number))
}

/// A stretch of time in its two largest units: `0.4s`, `41s`, `2min 5s`, `3h 12min`, `4d 3h`.
pub fn span(ms: u64) -> String {
    match ms {
        0..10_000 => format!("{:.1}s", ms as f64 / SECOND_MS as f64),
        10_000..MINUTE_MS => format!("{}s", ms / SECOND_MS),
        MINUTE_MS..HOUR_MS => two(ms, MINUTE_MS, "min", SECOND_MS, "s"),
        HOUR_MS..DAY_MS => two(ms, HOUR_MS, "h", MINUTE_MS, "min"),
        DAY_MS.. => two(ms, DAY_MS, "d", HOUR_MS, "h"),
    }
}

fn two(ms: u64, large: u64, large_name: &str, small: u64, small_name: &str) -> String {
    match ms % large / small {
        0 => format!("{}{large_name}", ms / large),
        rest => format!("{}{large_name} {rest}{small_name}", ms / large),
    }
}

/// How long ago: `3h 12min ago`, `in 2d 1h`.
pub fn age(then: TimestampMs, now: TimestampMs) -> String {
    let distance = now.0.abs_diff(then.0);
    if then.0 <= now.0 { format!("{} ago", span(distance)) } else { format!("in {}", span(distance)) }
}

/// RFC 3339 in UTC, for machines; nothing for a time outside what can be written.
pub fn rfc3339(time: TimestampMs) -> Option<String> {
    Timestamp::from_millisecond(time.0).ok().map(|stamp| stamp.to_string())
}

/// To the minute, in a zone: `2026-11-21 09:15`. In UTC there is a `Z` behind it.
pub fn minute(time: TimestampMs, zone: &TimeZone) -> String {
    let Ok(stamp) = Timestamp::from_millisecond(time.0) else { return "out of range".to_owned() };
    let mark = if *zone == TimeZone::UTC { "Z" } else { "" };
    format!("{}{mark}", stamp.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M"))
}

/// A path without the detours that come from joining: `/a/b/../c` is `/a/c`. For people only: a link on the way would make
/// it another place.
pub fn place(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match (part, parts.last()) {
            (".", _) => {}
            ("..", Some(last)) if !matches!(*last, "" | "..") => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    clean(&parts.join("/"))
}

/// What the system says, in our style: lower case, without its number.
pub fn plain(text: &str) -> String {
    let mut plain = text.to_owned();
    while let Some(begin) = plain.find(" (os error ") {
        let Some(length) = plain.get(begin..).and_then(|rest| rest.find(')')) else { break };
        plain.replace_range(begin..=begin + length, "");
    }
    for (said, ours) in SYSTEM {
        plain = plain.replace(said, ours);
    }
    plain
}

/// What the system says most often.
const SYSTEM: &[(&str, &str)] = &[
    ("Read-only file system", "the file system is read-only"),
    ("Permission denied", "permission denied"),
    ("No such file or directory", "there is no such file or folder"),
    ("No space left on device", "no space left on the device"),
    ("Disk quota exceeded", "the disk quota is exceeded"),
    ("Input/output error", "input/output error"),
    ("Is a directory", "it is a folder"),
    ("Not a directory", "it is not a folder"),
    ("not a directory", "it is not a folder"),
    ("File exists", "it exists already"),
];

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use mainstay_world::TimestampMs;

    use super::{age, bytes, count, counted, minute, place, plain, rfc3339, span};

    #[test]
    fn sizes_have_three_digits_at_most() {
        let shown: Vec<_> =
            [0, 1, 999, 1000, 1024, 10_240, 102_400, 1 << 20, 3_328_599_654, u64::MAX].map(bytes).into();
        assert_eq!(
            shown,
            [
                "0 B", "1 B", "999 B", "1.0 KiB", "1.0 KiB", "10.0 KiB", "100 KiB", "1.0 MiB", "3.1 GiB",
                "16.0 EiB"
            ]
        );
    }

    #[test]
    fn what_is_counted_is_one_or_several() {
        let shown = [(1, "copy"), (2, "copy"), (0, "entry"), (3, "day"), (12_410, "file")];
        let shown = shown.map(|(number, noun)| counted(number, noun));
        assert_eq!(shown, ["1 copy", "2 copies", "0 entries", "3 days", "12 410 files"]);
    }

    #[test]
    fn spans_have_two_units() {
        let shown: Vec<_> =
            [0, 420, 9_999, 41_000, 60_000, 125_000, 11_520_000, 356_400_000].map(span).into();
        assert_eq!(shown, ["0.0s", "0.4s", "10.0s", "41s", "1min", "2min 5s", "3h 12min", "4d 3h"]);
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!(
            (count(7), count(12_410), count(1_000_000)),
            ("7".into(), "12 410".into(), "1 000 000".into())
        );
        assert_eq!((counted(1, "file"), counted(0, "file")), ("1 file".into(), "0 files".into()));
    }

    #[test]
    fn times_are_shown_where_the_reader_is() {
        let time = TimestampMs(1_795_252_546_000);
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(minute(time, &berlin), "2026-11-21 10:15");
        assert_eq!(minute(time, &TimeZone::UTC), "2026-11-21 09:15Z");
        assert_eq!(rfc3339(time).unwrap(), "2026-11-21T09:15:46Z");
        assert_eq!(age(TimestampMs(0), TimestampMs(90_000)), "1min 30s ago");
        assert_eq!(age(TimestampMs(90_000), TimestampMs(0)), "in 1min 30s");
    }

    #[test]
    fn places_are_shown_without_detours() {
        assert_eq!(place("/a/examples/01/../../target/repo"), "/a/target/repo");
        assert_eq!(place("../x/./y"), "../x/y");
        assert_eq!(place("/.."), "/..");
    }

    #[test]
    fn the_system_speaks_our_way() {
        let text = "stage `x`: Read-only file system (os error 30); Permission denied (os error 13)";
        assert_eq!(plain(text), "stage `x`: the file system is read-only; permission denied");
    }
}
