//! Writing a snapshot.
//!
//! The order of writes, and why it is this one. A session is four steps, and what a crash leaves after any of
//! them is either nothing that anybody looks at, or a whole snapshot.
//!
//! - **W1**: `s/<sid>`, durable. From now on no collector deletes what this session may refer to: one that began
//!   before must see the session decided first, one that begins later sees what the session published.
//! - **W2**: *then* the log, `c/`, `f/` and `q/` are read. What is usable now, and which snapshots may be parents, is
//!   fixed for the whole session. Looked up any earlier, a parent could be forgotten and its packs condemned
//!   and deleted by a collection that ended before the intent could be seen. If the log grew past the
//!   position in the session's name, the session is closed and another begins.
//! - **W3**: packs are durable, then the segments that name them. The other way round, a segment could name a pack
//!   that a power cut took, and the next session would believe in its chunks.
//! - **W4**: the next `c/<sid>.<k>`. It names the segments and the root of the tree, and is the only point of
//!   commitment: before it nothing of the session can be found, after it nothing of it is missing. Any
//!   earlier, it would show a snapshot whose packs may not survive. It is created only if absent, and a
//!   collector that gave the session up creates the same name, so commitment and abortion cannot both win.
//!
//! A checkpoint is W3 and W4 with a partial manifest, under the same intent. What a failed session leaves in `p/` and
//! `x/` is in no live index, so it means nothing and harms nothing.
//!
//! Inside: one thread walks and builds the tree (`walk`, `folders`); readers open, read and cut (`read`); as many
//! workers as cores take content through hash, look-up, compression, check and seal while it is hot (`work`,
//! `blobs`); one writer stages packs (`ship`). Readers wait for workers, workers for the writer, the writer
//! for nobody; the walk waits for room in the readers' queue, and takes what comes back meanwhile. Queues and
//! pools of buffers bound the memory.

mod blobs;
mod buffers;
mod cache;
mod checkpoint;
mod content;
mod entry;
mod files;
mod folder;
mod folders;
mod job;
mod line;
mod monitor;
mod phase;
mod plan;
mod queue;
mod read;
mod replicate;
mod run;
mod session;
mod ship;
mod squeeze;
mod walk;
mod work;

pub use checkpoint::DEFAULT_CHECKPOINT_BYTES;
pub use line::WriteError;
pub use monitor::{Cancel, Event, Monitor, Never, Progress, Silent};
pub use replicate::ReplicateError;
pub use run::{Backed, BackupError, BackupRequest, DEFAULT_LEVEL};
pub use session::{CommitError, Session, SessionError};
pub use squeeze::SqueezeError;
pub use walk::WalkError;

#[cfg(test)]
pub(crate) mod tests;
