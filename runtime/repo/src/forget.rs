//! Forgetting snapshots: one signed record each. Space is freed by a collection, later.
//!
//! A record is made once and never taken back; a hold outranks it. Forgetting what is forgotten already is no
//! error, so a run that was interrupted is repeated as it was.

use crate::class::Class;
use crate::format::manifest::Public;
use crate::format::record::Record;
use crate::format::slot::{ForgetRecord, SlotName};
use crate::id::SnapshotId;
use crate::keys::Role;
use crate::repository::Repository;
use crate::slots::{Put, PutError, ReadError};

/// Why snapshots were not forgotten. Those before the one that failed may be.
#[derive(Debug, thiserror::Error)]
pub enum ForgetError {
    /// The key file may not forget.
    #[error("a key file of role `{0}` cannot forget snapshots")]
    Role(Role),
    /// No such snapshot was published.
    #[error("snapshot `{0}` is not in this repository")]
    Unknown(SnapshotId),
    /// It would be the last whole snapshot of its source.
    #[error("snapshot `{0}` is the last whole one of its source")]
    Last(SnapshotId),
    /// The record's place is taken by something that is not to be believed.
    #[error(
        "`f/{0}` is there and is no signed record: the snapshot cannot be forgotten until it is repaired"
    )]
    Taken(SnapshotId),
    /// The slots could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The record could not be written.
    #[error(transparent)]
    Put(#[from] PutError),
}

impl ForgetError {
    /// For decisions and exit codes.
    pub fn class(&self) -> Class {
        match self {
            Self::Role(_) => Class::Key,
            Self::Unknown(_) => Class::Missing,
            Self::Last(_) => Class::Usage,
            Self::Taken(_) => Class::Damage,
            Self::Read(error) => error.class(),
            Self::Put(error) => error.class(),
        }
    }
}

impl Repository {
    /// Forgets snapshots; says how many were not forgotten before. All are looked at before the first is
    /// forgotten. The last whole snapshot of a source is never forgotten, whoever asks.
    ///
    /// # Errors
    /// [`ForgetError`].
    pub fn forget(&self, snapshots: &[SnapshotId], reason: &str) -> Result<u64, ForgetError> {
        if !self.role().maintains() {
            return Err(ForgetError::Role(self.role()));
        }
        let state = self.state()?;
        // Their public halves say enough: none is opened for this.
        let all: Vec<(&SnapshotId, &Public)> = state
            .published()
            .filter_map(|(id, published)| Some((id, &published.commit()?.manifest.public)))
            .collect();
        for id in snapshots {
            let (_, public) = all.iter().find(|(known, _)| *known == id).ok_or(ForgetError::Unknown(*id))?;
            let stays = all.iter().any(|(other, rival)| {
                let same = rival.source == public.source && rival.host == public.host;
                same && state.in_force(other) && rival.whole && !rival.partial && !snapshots.contains(other)
            });
            if state.in_force(id) && public.whole && !public.partial && !stays {
                return Err(ForgetError::Last(*id));
            }
        }
        let mut forgotten = 0;
        for id in snapshots.iter().filter(|id| !state.forgotten.contains(id)) {
            forgotten += u64::from(self.forget_one(id, reason)?);
        }
        Ok(forgotten)
    }

    fn forget_one(&self, id: &SnapshotId, reason: &str) -> Result<bool, ForgetError> {
        let record = Record::Forget(ForgetRecord { reason: reason.to_owned() });
        match self.put_slot(&SlotName::Forgotten(*id), &record)? {
            Put::Ours => Ok(true),
            Put::Others(Ok(slot)) if slot.signer.is_ok() => Ok(false),
            Put::Others(_) => Err(ForgetError::Taken(*id)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::Outside;
    use crate::repository::sample;
    use crate::repository::tests::{outside, repository};

    fn two(repo: &Repository) -> [SnapshotId; 2] {
        [1, 2].map(|_| sample::write(repo, &repo.state().unwrap(), &[("a", b"x")]).snapshot)
    }

    #[test]
    fn a_forgotten_snapshot_is_out_of_force_and_twice_is_no_error() {
        let (_, _, repo) = repository(1);
        let [first, second] = two(&repo);
        assert_eq!(repo.forget(&[first], "retention").unwrap(), 1);
        assert_eq!(repo.forget(&[first], "retention").unwrap(), 0);
        let list = repo.snapshots().unwrap().list;
        assert_eq!(list.iter().map(|snapshot| snapshot.id).collect::<Vec<_>>(), [second]);
    }

    #[test]
    fn the_last_whole_one_stays_whoever_asks() {
        let (_, _, repo) = repository(2);
        let [first, second] = two(&repo);
        assert!(matches!(repo.forget(&[first, second], ""), Err(ForgetError::Last(_))));
        assert_eq!(repo.snapshots().unwrap().list.len(), 2, "nothing was forgotten on the way");
        let unknown = SnapshotId::new(0, [9; 16]);
        assert!(matches!(repo.forget(&[first, unknown], ""), Err(ForgetError::Unknown(_))));
    }

    #[test]
    fn a_writer_forgets_nothing() {
        let (store, _, owner) = repository(3);
        let [first, _] = two(&owner);
        let key = owner.issue_writer_key(Vec::new()).unwrap();
        let outside: Outside = outside(4);
        let writer = Repository::open(store, &key, outside).unwrap();
        let refused = writer.forget(&[first], "").unwrap_err();
        assert!(matches!(refused, ForgetError::Role(Role::Writer)));
        assert_eq!(refused.class(), Class::Key);
        assert_eq!(owner.snapshots().unwrap().list.len(), 2);
    }
}
