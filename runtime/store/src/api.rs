//! The trait and its words.

use std::any::Any;
use std::time::SystemTime;

/// The name of an object: a prefix of one letter, a slash, and a rest of `[0-9a-z.]`, as in
/// `p/4f1c…`, `c/0a….0`. Also the one top-level object `format`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectName(String);

/// Not a name of an object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a name of an object")]
pub struct NameError(pub String);

/// The longest name, in bytes.
pub const MAX_NAME_BYTES: usize = 200;

impl ObjectName {
    /// Checks and takes a name.
    pub fn new(name: impl Into<String>) -> Result<Self, NameError> {
        let name = name.into();
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'.';
        let (folder, rest) = name.split_once('/').unwrap_or(("", &name));
        let good = name.len() <= MAX_NAME_BYTES
            && !rest.is_empty()
            && !rest.starts_with('.')
            && rest.bytes().all(plain)
            && (!name.contains('/')
                || (folder.len() == 1 && folder.bytes().all(|byte| byte.is_ascii_lowercase())));
        if good { Ok(Self(name)) } else { Err(NameError(name)) }
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The prefix, or nothing for a top-level object.
    pub fn prefix(&self) -> Option<char> {
        self.0.split_once('/').and_then(|(folder, _)| folder.chars().next())
    }

    /// The name without its prefix.
    pub fn rest(&self) -> &str {
        self.0.split_once('/').map_or(&self.0, |(_, rest)| rest)
    }
}

impl std::fmt::Display for ObjectName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a creation came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// The object is new and durable.
    New,
    /// An object of this name was there; it was not touched, and is durable now.
    Existed,
}

/// An object of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: ObjectName,
    /// Its size in bytes.
    pub size: u64,
    /// When it was made, by the store's own clock.
    pub made: SystemTime,
}

/// Bytes handed over under a name, not yet visible under it.
#[derive(Debug)]
pub struct Staged {
    /// The name it will have.
    pub name: ObjectName,
    /// What the store needs to publish it (a temporary file's name, or the bytes themselves).
    pub token: StagedToken,
}

/// The store's part of a [`Staged`].
#[derive(Debug)]
pub enum StagedToken {
    /// What the store itself put here, and cleans up when it is dropped unpublished.
    Held(Box<dyn Any + Send>),
    /// The bytes wait here.
    Bytes(Vec<u8>),
}

/// Why an operation failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StoreErrorKind {
    /// No object of this name.
    NotFound,
    /// No space, or a quota.
    NoSpace,
    /// Not allowed: permissions, credentials, a read-only file system.
    Denied,
    /// It may have happened or not: a reply was lost, a time-out.
    Unknown,
    /// The place itself cannot be reached or is not there.
    Unreachable,
    /// A range beyond the object's end.
    Range,
    /// Anything else that the store said no to.
    Other,
}

/// A failed operation, with what was attempted on what.
#[derive(Debug, thiserror::Error)]
#[error("{operation} `{object}`: {message}")]
pub struct StoreError {
    /// What kind, for decisions.
    pub kind: StoreErrorKind,
    /// `create`, `read`, `list`, ...
    pub operation: &'static str,
    /// The object's name, or the prefix.
    pub object: String,
    /// The words of the place itself.
    pub message: String,
}

/// A place that keeps objects. All calls may come from several threads at once.
///
/// Promise of every implementation: after [`Store::publish`] or [`Store::create`] has returned, the object is
/// durable, and every client sees it under its name and in listings; of several that create one name, exactly
/// one is told [`Created::New`].
pub trait Store: Send + Sync {
    /// Where it is, for people: a path or a URL without secrets.
    fn place(&self) -> String;

    /// Takes bytes for an object without making it visible. A staged object that is dropped leaves nothing.
    fn stage(&self, name: &ObjectName, bytes: Vec<u8>) -> Result<Staged, StoreError>;

    /// As [`Store::stage`], for who uses the buffer again: large buffers that are touched once cost more than what
    /// is written from them.
    fn stage_borrowed(&self, name: &ObjectName, bytes: &[u8]) -> Result<Staged, StoreError> {
        self.stage(name, bytes.to_vec())
    }

    /// Makes staged objects durable and visible, one barrier for all of them. Answers in their order. After
    /// an error any of them may or may not be visible.
    fn publish(&self, staged: Vec<Staged>) -> Result<Vec<Created>, StoreError>;

    /// Creates one object, durably.
    fn create(&self, name: &ObjectName, bytes: Vec<u8>) -> Result<Created, StoreError> {
        let staged = self.stage(name, bytes)?;
        Ok(self.publish(vec![staged])?.first().copied().unwrap_or(Created::Existed))
    }

    /// Reads a whole object.
    fn read(&self, name: &ObjectName) -> Result<Vec<u8>, StoreError>;

    /// Reads exactly `length` bytes from `offset`; no bytes can be read from anywhere, also beyond the end.
    fn read_range(&self, name: &ObjectName, offset: u64, length: u64) -> Result<Vec<u8>, StoreError> {
        let mut into = Vec::new();
        self.read_range_into(name, offset, length, &mut into)?;
        Ok(into)
    }

    /// Like [`Store::read_range`], into a buffer that the caller uses again; what was in it is gone. For those
    /// who read much, and would pay for fresh memory each time.
    fn read_range_into(
        &self,
        name: &ObjectName,
        offset: u64,
        length: u64,
        into: &mut Vec<u8>,
    ) -> Result<(), StoreError>;

    /// The size of an object in bytes.
    fn size(&self, name: &ObjectName) -> Result<u64, StoreError>;

    /// All objects under a prefix (`p`, `c`), sorted by name. A listing that fails is an error, never empty.
    fn list(&self, prefix: char) -> Result<Vec<Listed>, StoreError>;

    /// Deletes an object; deleting what is not there is no error.
    fn delete(&self, name: &ObjectName) -> Result<(), StoreError>;
}

impl StoreError {
    /// A staged object that another kind of store made.
    pub(crate) fn foreign_token(name: &ObjectName) -> Self {
        Self {
            kind: StoreErrorKind::Other,
            operation: "publish",
            object: name.to_string(),
            message: "it was staged in another store".into(),
        }
    }

    /// A range that is not wholly inside an object.
    pub(crate) fn beyond_end(name: &ObjectName, offset: u64, length: u64) -> Self {
        Self {
            kind: StoreErrorKind::Range,
            operation: "read",
            object: name.to_string(),
            message: format!("{length} bytes from {offset} reach beyond its end"),
        }
    }
}
