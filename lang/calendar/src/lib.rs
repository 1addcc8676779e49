//! Schedules as arithmetic: the next time, the largest gap, zones and their transitions.
//!
//! The proofs of the compiler and the engine of the runtime ask the same functions, so that what was proved
//! is what happens. All zones come from the tz database that is built in ([`tzdb_version`]); the machine's own
//! is never asked. The rules of wall-clock time: a time that a transition skips fires at the first instant
//! after it; a time that comes twice fires the first time only.
//!
//! Cron expressions have an evaluator of their own: what libraries do at a transition differs from these
//! rules, and it is the rules that the proofs are about.

mod age;
mod cron;
mod gaps;
mod jitter;
mod pattern;
mod rhythm;
mod schedule;
mod show;
mod spread;
mod survive;
mod timetable;
mod touch;
mod way;
mod zone;

pub use age::{Age, Part, PartKind, Unprovable, events_only, follows};
pub use cron::CronError;
pub use gaps::{Extremes, Gap, horizon};
pub use jitter::jitter_offset;
pub use schedule::{Fires, Schedule, ScheduleError};
pub use show::{show, timeline};
pub use timetable::{OwnGaps, Timetable};
pub use touch::{Touch, TouchKind};
pub use way::{Way, total};
pub use zone::{UnknownZone, Zone, tzdb_version};
