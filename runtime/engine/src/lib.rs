//! Carries the IR out: plan, next, act, apply.

mod monitor;
pub mod report;
pub mod shape;
pub mod state;

pub use monitor::{Monitor, NullMonitor, Progress, Recorder};
