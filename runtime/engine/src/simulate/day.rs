//! Days, as tests name them.

use jiff::civil::Date;
use mainstay_calendar::Zone;

use super::SimulateError;

/// The first instant of a day, `2027-03-28`, by the clocks of a zone; in milliseconds since 1970, UTC.
pub(super) fn midnight_ms(day: &str, zone: &Zone) -> Result<i64, SimulateError> {
    let date: Date = day.parse().map_err(|_| SimulateError::NoDay(day.to_owned()))?;
    let first = zone.first(date.at(0, 0, 0, 0)).ok_or_else(|| SimulateError::NoDay(day.to_owned()))?;
    Ok(first.as_millisecond())
}

/// The day that a time falls on, by the clocks of a zone.
pub(super) fn day_of(at_ms: i64, zone: &Zone) -> String {
    let at = jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default();
    zone.civil(at).date().to_string()
}
