//! Values in base units.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{IndexMap, Name, unique};

/// An exact span of time in milliseconds.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct DurationMs(pub u64);

impl DurationMs {
    /// In whole minutes.
    pub const fn minutes(count: u64) -> Self {
        Self(count * 60_000)
    }

    /// In whole hours.
    pub const fn hours(count: u64) -> Self {
        Self::minutes(count * 60)
    }

    /// As the language writes it, in its largest unit that is exact: `90min`, `26h`, `1500ms`. Days only from
    /// two on: `24h` is what people write beside a day that may have 25.
    pub fn literal(self) -> String {
        let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s")];
        let exact = |unit: &u64| self.0 > 0 && self.0.is_multiple_of(*unit);
        let fits = units.iter().find(|(unit, name)| exact(unit) && (*name != "d" || self.0 / unit > 1));
        fits.map_or(format!("{}ms", self.0), |(unit, name)| format!("{}{name}", self.0 / unit))
    }
}

impl std::fmt::Display for DurationMs {
    /// For people: `25 h`, `7 d 1 h`, `2 min 30 s`. Days from two on.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let in_days = self.0 >= 2 * 86_400_000;
        let days = if in_days { self.0 / 86_400_000 } else { 0 };
        let rest = self.0 - days * 86_400_000;
        let parts = [
            (days, "d"),
            (rest / 3_600_000, "h"),
            (rest / 60_000 % 60, "min"),
            (rest / 1000 % 60, "s"),
            (rest % 1000, "ms"),
        ];
        let words: Vec<String> = parts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, unit)| format!("{count} {unit}"))
            .collect();
        f.write_str(if words.is_empty() { "0 s".to_owned() } else { words.join(" ") }.as_str())
    }
}

/// A value of the language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// `Text`, also `Zone`, `Path`, `Pattern`. Paths are as written: relative ones are relative to the folder of the root file.
    Text(String),
    /// `Int`.
    Int(i64),
    /// `Decimal`, as written.
    Decimal(String),
    /// `Bool`.
    Bool(bool),
    /// `Duration`.
    Duration(DurationMs),
    /// `Period` in months.
    Period(u32),
    /// `Bytes`.
    Bytes(u64),
    /// `Rate` in bits a second.
    Rate(u64),
    /// `Percent` in millionths of the whole.
    Percent(u64),
    /// `Time` in minutes after midnight.
    Time(u16),
    /// `Window` in minutes after midnight.
    Window(u16, u16),
    /// `Date`, as `2027-01-31`.
    Date(String),
    /// `Range<T>`.
    Range(Option<Box<Value>>, Option<Box<Value>>),
    /// A member of an enumeration.
    Member(Name),
    /// `List<T>`.
    List(Vec<Value>),
    /// A record.
    Record(#[serde(deserialize_with = "unique::boxed")] Box<IndexMap<Name, Value>>),
    /// A thing of the policy: kind and name (`source`, `home`).
    Thing(Name, Name),
    /// A secret, by name.
    Secret(Name),
    /// The value of a step, by its id.
    Step(Name),
    /// `gfs(..)`, `keep_all`.
    Retention(Retention),
    /// `backoff(..)`.
    Backoff(Backoff),
    /// Any other call of a constructor.
    Constructed(Box<Constructed>),
}

/// A thing made by a constructor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Constructed {
    /// `files`.
    pub constructor: Name,
    /// By declared name, in declared order; defaults are filled in, optional fields left out are absent.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty", deserialize_with = "unique::map")]
    pub fields: IndexMap<Name, Value>,
}

/// What a repo holds of one source's snapshots. Counts of 0 keep nothing of that bucket.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// `keep_all`: nothing is ever forgotten.
    pub all: bool,
    /// The newest n, whatever their age.
    pub last: u32,
    /// One for each of the last n hours that have one. The same for the rest.
    pub hourly: u32,
    /// Days.
    pub daily: u32,
    /// Weeks, from Monday (ISO 8601).
    pub weekly: u32,
    /// Months.
    pub monthly: u32,
    /// Years.
    pub yearly: u32,
    /// Everything younger than this.
    pub within: Option<DurationMs>,
}

impl Retention {
    /// How many of each bucket it counts, in the order in which `gfs` declares them.
    pub const fn buckets(&self) -> [(&'static str, u32); 6] {
        [
            ("hourly", self.hourly),
            ("daily", self.daily),
            ("weekly", self.weekly),
            ("monthly", self.monthly),
            ("yearly", self.yearly),
            ("last", self.last),
        ]
    }

    /// As the language writes it: `gfs(daily: 14, monthly: 6)`, `keep_all`.
    pub fn literal(&self) -> String {
        if *self == (Self { all: true, ..Self::default() }) {
            return "keep_all".to_owned();
        }
        let counted = self.buckets().into_iter().filter(|(_, count)| *count > 0);
        let mut parts: Vec<String> = counted.map(|(name, count)| format!("{name}: {count}")).collect();
        parts.extend(self.within.map(|within| format!("within: {}", within.literal())));
        parts.extend(self.all.then(|| "all: true".to_owned()));
        format!("gfs({})", parts.join(", "))
    }
}

impl std::fmt::Display for Retention {
    /// For people: `3 newest, 14 daily, everything for 30 d`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.all {
            return f.write_str("everything for ever");
        }
        let newest = (self.last > 0).then(|| format!("{} newest", self.last));
        let timed = self.buckets().into_iter().filter(|(name, count)| *count > 0 && *name != "last");
        let parts = newest.into_iter().chain(timed.map(|(name, count)| format!("{count} {name}")));
        let within = self.within.map(|within| format!("everything for {within}"));
        let parts: Vec<String> = parts.chain(within).collect();
        f.write_str(if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }.as_str())
    }
}

/// Exponential backoff with full jitter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Backoff {
    /// The longest wait before the second attempt; it doubles.
    pub first: DurationMs,
    /// No wait is longer.
    pub most: DurationMs,
    /// Attempts in all.
    pub tries: u32,
}

impl Default for Backoff {
    /// 3 tries, 30 s, doubling, 15 min at most.
    fn default() -> Self {
        Self { first: DurationMs(30_000), most: DurationMs(900_000), tries: 3 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_write_them() {
        let shown = |ms| (DurationMs(ms).to_string(), DurationMs(ms).literal());
        assert_eq!(shown(25 * 3_600_000), ("25 h".into(), "25h".into()));
        assert_eq!(shown(169 * 3_600_000), ("7 d 1 h".into(), "169h".into()));
        assert_eq!(shown(7 * 86_400_000), ("7 d".into(), "7d".into()));
        assert_eq!(shown(86_400_000), ("24 h".into(), "24h".into()));
        assert_eq!(shown(150_000), ("2 min 30 s".into(), "150s".into()));
        assert_eq!(shown(0), ("0 s".into(), "0ms".into()));
        assert_eq!(shown(1500), ("1 s 500 ms".into(), "1500ms".into()));
    }

    #[test]
    fn retentions_read_as_people_and_as_the_language_write_them() {
        let keep = Retention {
            last: 3,
            daily: 14,
            within: Some(DurationMs::hours(30 * 24)),
            ..Retention::default()
        };
        assert_eq!(keep.literal(), "gfs(daily: 14, last: 3, within: 30d)");
        assert_eq!(keep.to_string(), "3 newest, 14 daily, everything for 30 d");
        let all = Retention { all: true, ..Retention::default() };
        assert_eq!((all.literal(), all.to_string()), ("keep_all".into(), "everything for ever".into()));
        let both = Retention { all: true, ..keep };
        assert_eq!(both.literal(), "gfs(daily: 14, last: 3, within: 30d, all: true)");
        let none = Retention::default();
        assert_eq!((none.literal(), none.to_string()), ("gfs()".into(), "nothing".into()));
    }
}
