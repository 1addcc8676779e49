//! When a workflow runs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::value::{DurationMs, Value};
use crate::{IndexMap, Name, unique};

/// The days of the week as the language has them, from Monday.
pub const WEEKDAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// A time of day, in minutes after midnight, as the language writes it: `01:30`.
pub fn clock(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// A trigger. Times of day are minutes after midnight in the zone; weekdays count from Monday = 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Trigger {
    /// Real time, from the epoch.
    Every {
        /// From one to the next.
        interval: DurationMs,
        /// A fixed offset per workflow and host, at most this long.
        #[serde(default)]
        jitter: DurationMs,
    },
    /// Each day.
    Daily {
        /// When.
        at: u16,
        /// An IANA name.
        zone: String,
        /// As above.
        #[serde(default)]
        jitter: DurationMs,
    },
    /// Each week.
    Weekly {
        /// 1 is Monday.
        day: u8,
        /// When.
        at: u16,
        /// An IANA name.
        zone: String,
        /// As above.
        #[serde(default)]
        jitter: DurationMs,
    },
    /// Each month.
    Monthly {
        /// 1 to 31; the month's last day where it has fewer.
        day: u8,
        /// When.
        at: u16,
        /// An IANA name.
        zone: String,
        /// As above.
        #[serde(default)]
        jitter: DurationMs,
    },
    /// Five fields.
    Cron {
        /// As written.
        expression: String,
        /// An IANA name.
        zone: String,
        /// As above.
        #[serde(default)]
        jitter: DurationMs,
    },
    /// `change`, `event`, `webhook`, `after_success`, `wal`: not timed.
    Event {
        /// The constructor.
        name: Name,
        /// Its arguments.
        #[serde(default, deserialize_with = "unique::map")]
        args: IndexMap<Name, Value>,
    },
}
