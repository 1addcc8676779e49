//! Units that other tools use: each is a mistake, with one reading for each thing that it could mean.

use super::{Wrong, units};

/// Spellings that people know from elsewhere, and what each could mean here.
const READINGS: &[(&[&str], &[&str])] = &[
    (&["m"], &["min", "mo"]),
    (&["M"], &["MB", "MiB", "mo"]),
    (&["k", "K"], &["kB", "KiB"]),
    (&["g", "G"], &["GB", "GiB"]),
    (&["t", "T"], &["TB", "TiB"]),
    (&["p", "P"], &["PB", "PiB"]),
    (&["b"], &["B"]),
    (&["KB", "kb", "Kb"], &["kB", "KiB"]),
    (&["mb", "Mb", "mB"], &["MB", "MiB"]),
    (&["gb", "Gb", "gB"], &["GB", "GiB"]),
    (&["tb", "Tb", "tB"], &["TB", "TiB"]),
    (&["pb", "Pb", "pB"], &["PB", "PiB"]),
    (&["kib", "kiB", "Kib", "Ki", "ki"], &["KiB"]),
    (&["mib", "miB", "Mib", "Mi", "mi"], &["MiB"]),
    (&["gib", "giB", "Gib", "Gi", "gi"], &["GiB"]),
    (&["tib", "tiB", "Tib", "Ti", "ti"], &["TiB"]),
    (&["pib", "piB", "Pib", "Pi", "pi"], &["PiB"]),
    (&["sec", "secs", "second", "seconds", "S"], &["s"]),
    (&["mins", "minute", "minutes", "Min"], &["min"]),
    (&["hr", "hrs", "hour", "hours", "H"], &["h"]),
    (&["day", "days", "D"], &["d"]),
    (&["wk", "week", "weeks", "W"], &["w"]),
    (&["mon", "month", "months"], &["mo"]),
    (&["yr", "yrs", "year", "years", "Y", "a"], &["y"]),
    (&["msec", "millis", "MS"], &["ms"]),
    (&["kbps", "Kbps"], &["kbit/s", "kB/s"]),
    (&["mbps", "Mbps", "mbit", "Mbit", "Mb/s", "mb/s", "mbit/s"], &["Mbit/s", "MB/s"]),
    (&["gbps", "Gbps", "gbit", "Gbit", "Gb/s", "gb/s", "gbit/s"], &["Gbit/s", "GB/s"]),
    (&["kbit", "Kbit", "kb/s", "Kb/s", "Kbit/s"], &["kbit/s", "kB/s"]),
    (&["KB/s"], &["kB/s", "KiB/s"]),
    (&["MBps", "mB/s"], &["MB/s", "Mbit/s"]),
    (&["kib/s", "Kib/s"], &["KiB/s"]),
    (&["mib/s", "Mib/s"], &["MiB/s"]),
    (&["gib/s", "Gib/s"], &["GiB/s"]),
    (&["percent", "pct"], &["%"]),
];

/// What a spelling of several letters means, when it means one thing.
pub(super) fn only_reading(spelling: &str) -> Option<&'static str> {
    let known = READINGS.iter().find(|(wrong, _)| spelling.len() > 1 && wrong.contains(&spelling))?;
    match known.1 {
        [only] => Some(only),
        _ => None,
    }
}

/// A number with letters behind it that are no unit.
pub(super) fn unit(number: &str, spelling: &str) -> Wrong {
    if let "am" | "pm" = spelling.to_ascii_lowercase().as_str() {
        return half_day(number.parse().unwrap_or(u16::MAX), 0, spelling);
    }
    if let Some(total) = several_units(number, spelling) {
        return total;
    }
    let known = READINGS.iter().find(|(wrong, _)| wrong.contains(&spelling)).map(|(_, right)| *right);
    let readings: Vec<&str> = known.map_or_else(|| nearest(spelling).into_iter().collect(), <[&str]>::to_vec);
    let message = match readings.len() {
        0 | 1 => format!("`{spelling}` is no unit"),
        _ => "{} can be read in more than one way".to_owned(),
    };
    let help = match readings.len() {
        0 => "units are `ms s min h d w`, `mo y`, `B kB MB GB TB`, `KiB MiB GiB TiB`, `MB/s Mbit/s`, `%`"
            .to_owned(),
        _ => format!("write {}", listed(number, &readings)),
    };
    let label = if readings.len() > 1 { "which unit is meant?" } else { "" };
    let wrong = Wrong::new(message, label, help);
    readings.iter().fold(wrong, |wrong, unit| wrong.reading(format!("{number}{unit}"), words(unit)))
}

fn listed(number: &str, units: &[&str]) -> String {
    let each: Vec<String> = units.iter().map(|unit| format!("`{number}{unit}`")).collect();
    each.join(" or ")
}

fn nearest(spelling: &str) -> Option<&'static str> {
    let distance = |unit: &str| strsim::damerau_levenshtein(unit, spelling);
    units::spellings().filter(|unit| unit.len() > 2 && distance(unit) == 1).min_by_key(|unit| distance(unit))
}

/// What a unit is called, for the title of a fix.
fn words(unit: &str) -> &'static str {
    match unit {
        "ms" => "milliseconds",
        "s" => "seconds",
        "min" => "minutes",
        "h" => "hours",
        "d" => "days",
        "w" => "weeks",
        "mo" => "months of the calendar",
        "y" => "years of the calendar",
        "%" => "a share",
        "B" => "bytes",
        rate if rate.ends_with("bit/s") => "bits a second",
        rate if rate.ends_with("/s") => "bytes a second",
        size if size.contains('i') => "steps of 1024",
        _ => "steps of 1000",
    }
}

/// `1h30min`: a quantity has one unit. The sum is offered in the smallest of them.
fn several_units(number: &str, rest: &str) -> Option<Wrong> {
    let sum = one_unit(&format!("{number}{rest}")).filter(|_| rest.contains(|c: char| c.is_ascii_digit()))?;
    Some(Wrong::new("{} has two units", "", format!("write `{sum}`")).reading(sum, "the sum in one unit"))
}

/// `1h30min` in the smallest of its units.
pub(crate) fn one_unit(spans: &str) -> Option<String> {
    let mut total_ms = 0_u64;
    let mut smallest = ("", u64::MAX);
    let mut tail = spans.to_owned();
    while !tail.is_empty() {
        let digits = tail.find(|c: char| !c.is_ascii_digit())?;
        let letters = tail.get(digits..)?.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len() - digits);
        let (count, unit) = (tail.get(..digits)?.parse::<u64>().ok()?, tail.get(digits..digits + letters)?);
        let unit = if unit == "m" { "min" } else { unit };
        let units::Unit::Duration(factor) = units::find(unit)? else { return None };
        let name = units::spellings().find(|name| *name == unit)?;
        total_ms = total_ms.checked_add(count.checked_mul(factor)?)?;
        smallest = if factor < smallest.1 { (name, factor) } else { smallest };
        tail = tail.get(digits + letters..)?.to_owned();
    }
    (!spans.is_empty()).then(|| format!("{}{}", total_ms / smallest.1, smallest.0))
}

/// `2pm`, `10:30am`.
pub(super) fn half_day(hour: u16, minute: u16, half: &str) -> Wrong {
    let wrong = Wrong::new("{} is not written as a time", "", "a day has 24 hours: `02:30`, `14:30`");
    let offset = match half.to_ascii_lowercase().as_str() {
        "am" => 0,
        "pm" => 12,
        _ => return wrong,
    };
    if hour == 0 || hour > 12 {
        return wrong;
    }
    wrong.reading(format!("{:02}:{minute:02}", hour % 12 + offset), "on a clock of 24 hours")
}
