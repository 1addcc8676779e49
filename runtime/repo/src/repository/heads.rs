//! What somebody remembers of a repository, to see whether it was rolled back behind their back.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Repository;
use crate::id::{FamilyId, InstanceId, OwnerId, SnapshotId};
use crate::slots::State;

/// How far a repository had come. Kept outside of it, in the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heads {
    /// The key family.
    pub family: FamilyId,
    /// The repository.
    pub instance: InstanceId,
    /// The owner's public key: M can be made anew by whoever knows a recipient, and then has another owner.
    pub owner: OwnerId,
    /// Number of the newest key generation.
    pub generation: u32,
    /// Entries of the maintenance log.
    pub log: u64,
    /// The newest snapshots of each source.
    pub snapshots: BTreeSet<SnapshotId>,
}

/// The repository is not what is remembered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RolledBack {
    /// Another family altogether.
    #[error("another repository stands there: key family {found} instead of {expected}")]
    Foreign {
        /// As found.
        found: FamilyId,
        /// As remembered.
        expected: FamilyId,
    },
    /// Somebody else made its keys.
    #[error("the keys of the repository were replaced: it has another owner than it had")]
    OtherOwner,
    /// Another copy of the same family.
    #[error("another copy of the repository stands there: {found} instead of {expected}")]
    OtherInstance {
        /// As found.
        found: InstanceId,
        /// As remembered.
        expected: InstanceId,
    },
    /// Older keys.
    #[error("the repository was rolled back: its key generation is {found}, and was {seen}")]
    Keys {
        /// As found.
        found: u32,
        /// As remembered.
        seen: u32,
    },
    /// Entries of the maintenance log are gone.
    #[error(
        "the repository was rolled back: entries of its maintenance log are gone, {found} are left of {seen}"
    )]
    Log {
        /// As found.
        found: u64,
        /// As remembered.
        seen: u64,
    },
    /// Snapshots are gone that nobody forgot.
    #[error("the repository was rolled back: {}", gone(missing))]
    Snapshots {
        /// Which.
        missing: Vec<SnapshotId>,
    },
}

fn gone(missing: &[SnapshotId]) -> String {
    let first = missing.first().map(SnapshotId::short).unwrap_or_default();
    match missing.len() {
        1 => format!("its newest snapshot of a source, {first}, is gone"),
        many => format!("{many} of its newest snapshots are gone, {first} among them"),
    }
}

impl RolledBack {
    /// For decisions and exit codes.
    pub fn class(&self) -> crate::class::Class {
        match self {
            Self::Foreign { .. } | Self::OtherOwner => crate::class::Class::Key,
            _ => crate::class::Class::Damage,
        }
    }
}

impl Repository {
    /// How far the repository has come.
    pub fn heads(&self, state: &State) -> Heads {
        let sources: BTreeSet<_> = state
            .published()
            .filter_map(|(_, published)| Some(published.commit()?.manifest.public.source))
            .collect();
        Heads {
            family: *self.family(),
            instance: *self.instance(),
            owner: OwnerId(*self.owner()),
            generation: self.generation.as_ref().map_or(0, |generation| generation.number),
            log: state.log_position(),
            snapshots: sources.iter().flat_map(|source| state.heads(source)).collect(),
        }
    }

    /// Compares with what is remembered. A damaged slot is not gone; [`State::faults`] has it.
    ///
    /// # Errors
    /// [`RolledBack`]: the repository is behind, or another one.
    pub fn check_heads(&self, state: &State, seen: &Heads) -> Result<(), RolledBack> {
        if *self.family() != seen.family {
            return Err(RolledBack::Foreign { found: *self.family(), expected: seen.family });
        }
        if *self.owner() != seen.owner.0 {
            return Err(RolledBack::OtherOwner);
        }
        // Zeros: the objects that tell it are damaged, which is another matter.
        if *self.instance() != seen.instance && self.instance().0 != [0; 16] {
            return Err(RolledBack::OtherInstance { found: *self.instance(), expected: seen.instance });
        }
        if let Some(generation) = &self.generation
            && generation.number < seen.generation
        {
            return Err(RolledBack::Keys { found: generation.number, seen: seen.generation });
        }
        if state.log_position() < seen.log {
            return Err(RolledBack::Log { found: state.log_position(), seen: seen.log });
        }
        let gone = |id: &&SnapshotId| !state.sessions.contains_key(*id) && !state.forgotten.contains(*id);
        let missing: Vec<_> = seen.snapshots.iter().filter(gone).copied().collect();
        if missing.is_empty() { Ok(()) } else { Err(RolledBack::Snapshots { missing }) }
    }
}
