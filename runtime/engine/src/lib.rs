//! Carries the IR out: plan, next, act, apply.

mod executor;
mod monitor;
pub mod report;
pub mod shape;
pub mod state;

pub use executor::{ActError, Acts, Decision, Done, Halt, Job, Reporter, StopFlag};
pub use monitor::{Monitor, NullMonitor, Progress, Recorder};
