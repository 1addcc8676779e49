//! `latest`: the newest snapshot of a source in a repository.

use mainstay_journal::{Fault, Outcome, Stored};
use mainstay_repo::slots::State;

use super::{ActError, Scene, dated_ahead, failed};
use crate::executor::Done;

impl Scene<'_> {
    pub(super) fn latest(&self, source: &str, repo: &str) -> Result<Done, ActError> {
        let repository = self.world.open(repo)?;
        let shelf = self.shelf(&repository)?;
        shelf.refuse(self.job.ledger.heads(&self.world.ir().policy, repo), repo)?;
        let newest = shelf.of_source(source).pop();
        let newest = newest.ok_or_else(|| nothing(shelf.state(), source, repo))?;
        let whole = newest.public().whole;
        let stored = Stored {
            repo: repo.to_owned(),
            source: source.to_owned(),
            snapshot: newest.id.to_string(),
            whole,
            as_of_ms: newest.public().started.0,
        };
        let doubt = shelf.state().unread_since(Some(&newest.id)).first().map(|fault| Outcome::Degraded {
            reason: format!(
                "`{}`: {}; there may be a newer snapshot than this one",
                fault.object, fault.kind
            ),
        });
        let now_ms = self.world.config().clock.now().0;
        let ahead = dated_ahead(stored.as_of_ms, now_ms)
            .map(|why| Outcome::Degraded { reason: format!("snapshot {}: {why}", newest.id.short()) });
        Ok(Done { outcome: doubt.or(ahead).unwrap_or(Outcome::Ok), stored: Some(stored), ..Done::ok() })
    }
}

/// The repository is there, so it is no missing one.
fn nothing(state: &State, source: &str, repo: &str) -> ActError {
    let none = format!("`{repo}` holds no snapshot of `{source}` of this machine");
    match state.unread_since(None).first() {
        Some(fault) => {
            let reason = format!("{none} that can be read: `{}`: {}", fault.object, fault.kind);
            failed(Fault::Damage, reason)
        }
        None => failed(Fault::Other, format!("{none}: the workflow that stores it there has to run first")),
    }
}
