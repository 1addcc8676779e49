//! The real outside: files, clock, randomness, environment. Nothing else of the program asks for them.

mod clock;
mod editor;
mod environment;
mod files;
mod host;
mod policy;
mod random;
mod revision;
mod signals;
mod time;
mod write;

pub use clock::SystemClock;
pub use editor::EditorWorld;
pub use environment::Environment;
pub use files::PolicyWorld;
pub use host::host_name;
pub use policy::{MAX_READ_BYTES, PolicyFile, policies_below, read_bounded};
pub use random::KernelRandom;
pub use revision::{Revision, RevisionWorld};
pub use signals::Signals;
pub use time::parse_time;
pub use write::{append, write_new_private, write_replacing, write_whole};
