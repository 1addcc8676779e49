//! Carries the IR out: plan, next, act, apply.

mod acts;
mod config;
mod executor;
mod fault;
mod identity;
mod monitor;
mod operation;
mod outside;
mod readback;
pub mod report;
mod retain;
mod select;
pub mod shape;
pub mod simulate;
pub mod state;

pub use config::{EmptyEnvironment, EngineConfig, Environment};
pub use executor::{ActError, Acts, Decision, Done, Halt, Job, Reporter, StopFlag};
pub use monitor::{Monitor, NullMonitor, Progress, Recorder};
pub use operation::{
    CarryError, Engine, Forced, Guard, NoGuard, PlanError, RepoInitError, RestoreError, RetainError,
    RunError, StateError, VerifyError,
};
pub use outside::{AccessError, SecretError, SourceError};
pub use retain::in_its_words;
pub use select::SelectError;
