//! How attempts, steps and runs end.

use mainstay_ir::Name;
use serde::{Deserialize, Serialize};

/// An end. From best to worst `ok`, `degraded`, `failed`, beside `skipped`; `lost` is only ever an attempt's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case", deny_unknown_fields)]
pub enum Outcome {
    /// All of it.
    Ok,
    /// A copy exists but is not whole, or a later guarantee is missing.
    Degraded {
        /// Why, in words.
        reason: String,
    },
    /// Nothing that can be used came out of it.
    Failed {
        /// Whether another try may help.
        class: Class,
        /// What kind of fault, for exit codes.
        fault: Fault,
        /// Why, in words.
        reason: String,
    },
    /// Its process or its session went.
    Lost {
        /// Why, in words.
        reason: String,
    },
    /// It did not act.
    Skipped {
        /// Why, in words.
        reason: String,
    },
}

/// Whether another try may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// It may.
    Transient,
    /// It would fail the same way.
    Permanent,
}

/// What kind of fault, as the command line's exit codes tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// What was to be protected, or the program that gives it.
    Source,
    /// A hook.
    Hook,
    /// There is no repository.
    Missing,
    /// The key is wrong, or something is not allowed.
    Denied,
    /// Stored data does not match.
    Damage,
    /// Another repository stands where one was known.
    Replaced,
    /// A repository is behind what was seen of it.
    RolledBack,
    /// A repository is there, and nothing of its content is.
    Emptied,
    /// Written by a newer version.
    Newer,
    /// It cannot be reached.
    Unreachable,
    /// No space.
    NoSpace,
    /// `within` is over.
    Late,
    /// Somebody stopped it.
    Cancelled,
    /// The policy asks for what cannot be.
    Policy,
    /// Anything else.
    Other,
}

impl Outcome {
    /// Whether what depends on it may act: `ok` and `degraded` are both copies.
    pub fn is_well(&self) -> bool {
        matches!(self, Self::Ok | Self::Degraded { .. })
    }

    /// In one word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degraded { .. } => "degraded",
            Self::Failed { .. } => "failed",
            Self::Lost { .. } => "lost",
            Self::Skipped { .. } => "skipped",
        }
    }

    /// Why, in words, if it is not simply ok.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Ok => None,
            Self::Degraded { reason }
            | Self::Failed { reason, .. }
            | Self::Lost { reason }
            | Self::Skipped { reason } => Some(reason),
        }
    }

    /// From best to worst.
    pub fn rank(&self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Skipped { .. } => 1,
            Self::Degraded { .. } => 2,
            Self::Lost { .. } => 3,
            Self::Failed { .. } => 4,
        }
    }

    /// The worse of two; the first when they are alike.
    pub fn worse(self, other: Self) -> Self {
        if other.rank() > self.rank() { other } else { self }
    }
}

/// A snapshot in a repository, as the value of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stored {
    /// The repository's name in the policy.
    pub repo: Name,
    /// The source's name in the policy.
    pub source: Name,
    /// The snapshot's id, as the repository writes it.
    pub snapshot: String,
    /// False when something of the source is missing from it.
    pub whole: bool,
    /// When the source was begun to be read, in milliseconds since 1970, UTC: the snapshot holds it as it was
    /// then or later.
    pub as_of_ms: i64,
}

/// What an attempt handled. Sizes are bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Figures {
    /// Regular files.
    pub files: u64,
    /// Folders.
    pub folders: u64,
    /// Links, fifos, devices.
    pub others: u64,
    /// Content that the source holds.
    pub bytes: u64,
    /// Of it, what the repository did not know yet.
    pub new_bytes: u64,
    /// What was written for it.
    pub stored_bytes: u64,
    /// What could not be had.
    pub faults: u64,
}

impl Figures {
    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
