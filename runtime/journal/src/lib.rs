//! The history of runs: an append-only stream of events, in SQLite.
//!
//! One process appends, and says where it thinks the stream ends; readers take no lock. What is true is what
//! the stream says, and everything else (the state of runs, the ledger, status) is a fold over it. See
//! `spec/journal.md` for the file's form.

mod chain;
mod event;
mod folder;
mod ids;
mod journal;
mod memory;
mod outcome;
mod progress;
mod sqlite;

pub use event::{Cause, Event, Heads};
pub use folder::{FolderError, StateFolder};
pub use ids::{RunId, RunIdError, Seq, Token};
pub use journal::{AppendError, Journal, ReadError, Record};
pub use memory::MemoryJournal;
pub use outcome::{Class, Fault, Figures, Outcome, Stored};
pub use progress::{Progress, ProgressFile};
pub use sqlite::{OpenError, SqliteJournal};

/// The format of the file and of its events. A newer one is refused, an older one is read and taken over: since the
/// second, `repo_heads` names the owner, and a fault may be `replaced` or `rolled_back`; since the third it may be `emptied`.
pub const FORMAT: u32 = 3;
