//! Times that people write.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use mainstay_world::TimestampMs;

use crate::error::Failure;

/// A moment: RFC 3339, or a date with or without a time of day in the reader's zone. A date alone means its end: who asks for
/// the state of a day wants that day's work.
pub fn parse_time(text: &str, zone: &TimeZone) -> Result<TimestampMs, Failure> {
    let moment = text.parse::<Timestamp>().ok().or_else(|| civil(text, zone));
    moment.map(|moment| TimestampMs(moment.as_millisecond())).ok_or_else(|| {
        Failure::usage(format!("`{text}` is no time"))
            .next("write `2026-11-21`, `2026-11-21 09:15`, or `2026-11-21T09:15:00Z`")
    })
}

fn civil(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let is_date = text.len() == "2026-11-21".len();
    let civil = if is_date {
        text.parse::<Date>().ok()?.at(23, 59, 59, 999_000_000)
    } else {
        text.parse::<DateTime>().ok()?
    };
    Some(civil.to_zoned(zone.clone()).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::parse_time;

    #[test]
    fn times_are_read_where_the_reader_is() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        for (text, expected) in [
            ("1970-01-02T00:00:00Z", Some(86_400_000)),
            ("1970-01-02 01:00", Some(86_400_000)),
            ("1970-01-01", Some(82_799_999)),
            ("yesterday", None),
            ("1970-13-01", None),
            ("", None),
        ] {
            assert_eq!(parse_time(text, &berlin).ok().map(|time| time.0), expected, "{text}");
        }
    }
}
