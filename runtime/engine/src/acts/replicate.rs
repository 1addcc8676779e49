//! `replicate`: a snapshot of one repository into another of the same key family, as ciphertext.
//!
//! The order of writes is that of a backup. A copy that is there already, of an attempt that was lost after its
//! commitment or of an earlier run, is taken as it is: a repeated act makes no second one. If some of it lies only in packs that
//! are in quarantine, that is copied anew, below the copy that is there.

use mainstay_journal::{Figures, Outcome, Stored};
use mainstay_repo::Repository;
use mainstay_repo::backup::{Backed, ReplicateError, Session};
use mainstay_repo::id::SnapshotId;

use super::backup::{commit_error, figures, give_up, in_repo, of_class, session_error};
use super::watch::Watch;
use super::{ActError, Scene};
use crate::executor::Done;

impl Scene<'_> {
    pub(super) fn replicate(&self, to: &str) -> Result<Done, ActError> {
        let (input, id) = self.taken()?;
        let from = self.world.open(&input.repo)?;
        let target = self.world.open(to)?;
        self.refuse_rolled_back(&target, to)?;
        let mut session = target.begin().map_err(|error| in_repo(to, session_error(error)))?;
        self.reporter.intent(to, &session.id().to_string())?;
        let there = session.replica_of(&from, &id);
        if let Some(copy) = &there {
            match session.lacks(&from, &id, &Watch::new(self.reporter)) {
                Ok(true) => {}
                Ok(false) => {
                    close(session);
                    return Ok(self.copied(to, input, copy, Figures::default(), &target));
                }
                Err(error) => return Err(give_up(session, copy_error(&error))),
            }
        }
        let backed = match self.copy(&mut session, &from, &id) {
            Ok(backed) => backed,
            Err(error) => return Err(give_up(session, error)),
        };
        if let Err(stopped) = self.reporter.may_commit() {
            return Err(give_up(session, stopped));
        }
        let figures = figures(&backed);
        let copy = match there {
            Some(copy) => session.make_good(backed).map(|()| copy),
            None => session.commit(backed),
        };
        let copy = copy.map_err(commit_error)?;
        Ok(self.copied(to, input, &copy, figures, &target))
    }

    fn copy(
        &self,
        session: &mut Session<'_>,
        from: &Repository,
        id: &SnapshotId,
    ) -> Result<Backed, ActError> {
        let watch = Watch::new(self.reporter);
        session.replicate(from, id, &watch, &watch).map_err(|error| copy_error(&error))
    }

    /// A copy of what is not whole is not whole either.
    fn copied(
        &self,
        to: &str,
        input: &Stored,
        copy: &SnapshotId,
        figures: Figures,
        target: &Repository,
    ) -> Done {
        let stored = Stored { repo: to.to_owned(), snapshot: copy.to_string(), ..input.clone() };
        let outcome = if stored.whole {
            Outcome::Ok
        } else {
            Outcome::Degraded { reason: "what was copied is not whole".to_owned() }
        };
        Done { outcome, stored: Some(stored), figures, notes: self.heads(target, to) }
    }
}

fn copy_error(error: &ReplicateError) -> ActError {
    match error {
        ReplicateError::Cancelled => ActError::Stopped,
        _ => of_class(error.class(), error.to_string()),
    }
}

/// A session that had nothing to do.
fn close(session: Session<'_>) {
    if let Err(left) = session.abort() {
        tracing::warn!(error = %left, "a session could not be closed; others give it up in time");
    }
}
