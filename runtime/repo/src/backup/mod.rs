//! Writing a snapshot.

mod blobs;
mod buffers;
mod content;
mod entry;
mod files;
mod folders;
mod job;
mod line;
mod monitor;
mod queue;
mod read;
mod run;
mod session;
mod ship;
mod squeeze;
mod walk;
mod work;

pub use line::WriteError;
pub use monitor::{Cancel, Event, Monitor, Never, Progress, Silent};
pub use run::{BackupError, BackupRequest, Backed, DEFAULT_LEVEL};
pub use session::{CommitError, Session, SessionError};
pub use squeeze::SqueezeError;
pub use walk::WalkError;
