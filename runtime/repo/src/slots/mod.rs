//! The slots of a repository: what became of its sessions, what is forgotten, what is under maintenance.
//!
//! Slots are the only shared state (rule 13 of `spec/repository.md`), and this module is the only one that reads
//! or makes them. A writer calls [`put_slot`](crate::Repository::put_slot) for its intent and then [`state`](crate::Repository::state): in this
//! order, never the other, because what is found to be usable *after* the intent is visible stays usable for as
//! long as the session is open.

mod decide;
mod gather;
mod put;
mod read;
mod state;

pub use decide::{DecideError, Decided};
pub use put::{Put, PutError};
pub use read::{ReadError, SlotFault, SlotFaultKind};
pub use state::{LogEntry, Published, Session, State};

pub(crate) use read::SlotCache;

#[cfg(test)]
mod tests;
