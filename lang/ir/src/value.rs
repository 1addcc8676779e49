//! Values in base units.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Name, unique};

/// An exact span of time in milliseconds.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct DurationMs(pub u64);

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
    Record(#[serde(deserialize_with = "unique::map")] IndexMap<Name, Value>),
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
    Constructed(Constructed),
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
