//! What a journal promises.

use crate::Event;
use crate::ids::Seq;

/// An event with its place and its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Where it stands.
    pub seq: Seq,
    /// When it was appended, in milliseconds since 1970, UTC, by the clock of the one who appended it.
    pub at_ms: i64,
    /// What happened.
    pub event: Event,
}

/// Why nothing was appended. After any of these the engine stops: it no longer knows what is true.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// Somebody else appended meanwhile.
    #[error("the journal is at {found}, not at {expected}: another writer was here")]
    Moved {
        /// Where the writer thought it was.
        expected: u64,
        /// Where it is.
        found: u64,
    },
    /// No space for it.
    #[error("no space for the journal `{file}`")]
    NoSpace {
        /// Which file.
        file: String,
    },
    /// This journal was opened for reading.
    #[error("the journal was opened for reading only")]
    ReadOnly,
    /// The medium, or anything else.
    #[error("the journal `{file}` cannot be written: {message}")]
    Failed {
        /// Which file.
        file: String,
        /// In the words of the storage.
        message: String,
    },
}

/// Why nothing could be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// What is there is not what was written.
    #[error("the journal `{file}` is damaged: {message}")]
    Damaged {
        /// Which file.
        file: String,
        /// What does not match.
        message: String,
    },
    /// No space for what goes with reading: the index of its write-ahead log.
    #[error("no space for the journal `{file}`")]
    NoSpace {
        /// Which file.
        file: String,
    },
    /// It stands as it was written, by another version: an event in it means nothing to this one.
    #[error("the journal `{file}` was written by another version of mainstay: {message}")]
    Unknown {
        /// Which file.
        file: String,
        /// What is not understood.
        message: String,
    },
    /// The medium, or anything else.
    #[error("the journal `{file}` cannot be read: {message}")]
    Failed {
        /// Which file.
        file: String,
        /// In the words of the storage.
        message: String,
    },
}

/// One stream of events, and beside it the policies that its runs keep.
///
/// Promise of every implementation: when [`Journal::append`] has returned, all of its events are durable, in
/// their order and without a gap; when it failed, none of them is in the stream, or it could not be told and
/// the caller must stop.
pub trait Journal: Send {
    /// The place of the newest event.
    fn head(&self) -> Seq;

    /// Appends a batch, all or nothing, if the newest event stands at `expected`. Says where the last one is.
    fn append(&mut self, expected: Seq, at_ms: i64, events: &[Event]) -> Result<Seq, AppendError>;

    /// All events after a place, in order.
    fn read(&self, after: Seq) -> Result<Vec<Record>, ReadError>;

    /// Keeps a policy's IR under its hash; the same one again is no error and changes nothing.
    fn pin(&mut self, hash: &str, ir: &str) -> Result<(), AppendError>;

    /// The IR of a hash, as it was pinned.
    fn pinned(&self, hash: &str) -> Result<Option<String>, ReadError>;
}
