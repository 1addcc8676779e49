//! Units and what they count.

use super::{Wrong, wrong};
use crate::ast::LiteralValue;

/// What a unit counts, in how many base units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Milliseconds.
    Duration(u64),
    /// Months.
    Period(u64),
    /// Bytes.
    Bytes(u64),
    /// Bits a second.
    Rate(u64),
    /// Millionths.
    Percent,
}

const SECOND_MS: u64 = 1_000;
const MINUTE_MS: u64 = 60 * SECOND_MS;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;

/// The units of the language, by their one spelling.
const UNITS: &[(&str, Unit)] = &[
    ("ms", Unit::Duration(1)),
    ("s", Unit::Duration(SECOND_MS)),
    ("min", Unit::Duration(MINUTE_MS)),
    ("h", Unit::Duration(HOUR_MS)),
    ("d", Unit::Duration(DAY_MS)),
    ("w", Unit::Duration(7 * DAY_MS)),
    ("mo", Unit::Period(1)),
    ("y", Unit::Period(12)),
    ("B", Unit::Bytes(1)),
    ("kB", Unit::Bytes(1_000)),
    ("MB", Unit::Bytes(1_000_000)),
    ("GB", Unit::Bytes(1_000_000_000)),
    ("TB", Unit::Bytes(1_000_000_000_000)),
    ("PB", Unit::Bytes(1_000_000_000_000_000)),
    ("KiB", Unit::Bytes(1 << 10)),
    ("MiB", Unit::Bytes(1 << 20)),
    ("GiB", Unit::Bytes(1 << 30)),
    ("TiB", Unit::Bytes(1 << 40)),
    ("PiB", Unit::Bytes(1 << 50)),
    ("B/s", Unit::Rate(8)),
    ("kB/s", Unit::Rate(8_000)),
    ("MB/s", Unit::Rate(8_000_000)),
    ("GB/s", Unit::Rate(8_000_000_000)),
    ("KiB/s", Unit::Rate(8 << 10)),
    ("MiB/s", Unit::Rate(8 << 20)),
    ("GiB/s", Unit::Rate(8 << 30)),
    ("bit/s", Unit::Rate(1)),
    ("kbit/s", Unit::Rate(1_000)),
    ("Mbit/s", Unit::Rate(1_000_000)),
    ("Gbit/s", Unit::Rate(1_000_000_000)),
    ("%", Unit::Percent),
];

/// One hundredth of the whole, in millionths.
const PERCENT_MILLIONTHS: u64 = 10_000;

/// The unit of this spelling.
pub(super) fn find(spelling: &str) -> Option<Unit> {
    UNITS.iter().find(|(name, _)| *name == spelling).map(|(_, unit)| *unit)
}

/// Every spelling, for those who look for a near one.
pub(super) fn spellings() -> impl Iterator<Item = &'static str> {
    UNITS.iter().map(|(name, _)| *name)
}

/// A quantity of these digits and this unit.
pub(super) fn read(number: &str, spelling: &str) -> Result<LiteralValue, Wrong> {
    let Some(unit) = find(spelling) else { return Err(wrong::unit(number, spelling)) };
    let factor = match unit {
        Unit::Duration(factor) | Unit::Period(factor) | Unit::Bytes(factor) | Unit::Rate(factor) => factor,
        Unit::Percent => PERCENT_MILLIONTHS,
    };
    let count = scale(number, factor)?;
    Ok(match unit {
        Unit::Duration(_) => LiteralValue::Duration(count),
        Unit::Period(_) => LiteralValue::Period(u32::try_from(count).map_err(|_| too_large())?),
        Unit::Bytes(_) => LiteralValue::Bytes(count),
        Unit::Rate(_) => LiteralValue::Rate(count),
        Unit::Percent => LiteralValue::Percent(count),
    })
}

fn too_large() -> Wrong {
    Wrong::new("{} is too large", "", "no quantity of a policy is that large")
}

/// Digits times a factor, exactly: `1.5` of an hour is 90 minutes, `0.3` of a byte is nothing that exists.
fn scale(number: &str, factor: u64) -> Result<u64, Wrong> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let fraction = fraction.trim_end_matches('0');
    let places = u32::try_from(fraction.len()).map_err(|_| too_large())?;
    let parts = 10_u128.checked_pow(places).ok_or_else(too_large)?;
    let digits: u128 = format!("{whole}{fraction}").parse().map_err(|_| too_large())?;
    let product = digits.checked_mul(u128::from(factor)).ok_or_else(too_large)?;
    if product % parts != 0 {
        let help = "write it in a smaller unit, as a whole number";
        return Err(Wrong::new("{} is no whole number of its smallest unit", "", help));
    }
    u64::try_from(product / parts).map_err(|_| too_large())
}
