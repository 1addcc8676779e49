//! Carries out what the state says is due.

mod announce;
mod coordinator;
mod door;
mod drive;
mod inbox;

pub(crate) use announce::announce;
pub use coordinator::Halt;
pub(crate) use coordinator::{Coordinator, Turn};
pub use door::{ActError, Acts, Decision, Done, Job, Reporter, StopFlag};
pub(crate) use drive::Driver;
