//! What an error means to whoever has to act on it.

use mainstay_store::{StoreError, StoreErrorKind};

/// The class of an error; the command line makes exit codes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// There is no repository, or no such thing in it.
    Missing,
    /// The key is a wrong one, or does not allow this.
    Key,
    /// What is stored does not match.
    Damage,
    /// Written by a newer version.
    Newer,
    /// The place cannot be reached, or gave no answer.
    Unreachable,
    /// It is there, and nothing of its content is.
    Emptied,
    /// No space, or a quota.
    NoSpace,
    /// The place does not allow it.
    Denied,
    /// Somebody else decided first; another attempt may do.
    Lost,
    /// Cancelled by the user.
    Cancelled,
    /// It was asked for what cannot be.
    Usage,
    /// Anything else.
    Other,
}

impl Class {
    /// Of a failed operation of a store.
    pub fn of_store(error: &StoreError) -> Self {
        match error.kind {
            StoreErrorKind::NotFound => Self::Damage,
            StoreErrorKind::NoSpace => Self::NoSpace,
            StoreErrorKind::Denied => Self::Denied,
            StoreErrorKind::Unknown | StoreErrorKind::Unreachable => Self::Unreachable,
            StoreErrorKind::Range => Self::Damage,
            StoreErrorKind::Other => Self::Other,
        }
    }
}
