//! Stores around a store: each adds one thing and passes on the rest.

mod fault;
mod layer;
mod record;
mod retry;

pub use fault::{Fault, FaultStore};
pub use layer::Layer;
pub use record::{Call, Operation, RecordStore};
pub use retry::{Pause, RetryStore};
