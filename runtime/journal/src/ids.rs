//! Ids of runs, places in the stream, and attempts.

use serde::{Deserialize, Serialize};

/// A place in the stream: the first event has 1, and 0 is "before everything".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// The place after this one.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// The token of an attempt: the place in the stream where it was started. It only grows, so a stale attempt
/// is known by its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(pub u64);

impl From<Seq> for Token {
    fn from(seq: Seq) -> Self {
        Self(seq.0)
    }
}

/// The identity of a run: a hash over policy, workflow, slot time and params. It stands in the snapshots of
/// the run as well, so that journal and repository can each be rebuilt from the other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(pub [u8; 32]);

/// How many hex digits of a run's id people see.
const SHORT_DIGITS: usize = 8;

impl RunId {
    /// The first digits, for people.
    pub fn short(&self) -> String {
        self.to_string().chars().take(SHORT_DIGITS).collect()
    }
}

impl std::fmt::Display for RunId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for RunId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RunId({})", self.short())
    }
}

/// Not the id of a run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the id of a run")]
pub struct RunIdError(pub String);

impl TryFrom<String> for RunId {
    type Error = RunIdError;

    fn try_from(text: String) -> Result<Self, RunIdError> {
        text.parse()
    }
}

impl std::str::FromStr for RunId {
    type Err = RunIdError;

    fn from_str(text: &str) -> Result<Self, RunIdError> {
        let hash = blake3::Hash::from_hex(text).map_err(|_| RunIdError(text.to_owned()))?;
        Ok(Self(*hash.as_bytes()))
    }
}

impl From<RunId> for String {
    fn from(run: RunId) -> Self {
        run.to_string()
    }
}
