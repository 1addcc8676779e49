//! `latest`: the newest snapshot of a source in a repository.

use mainstay_journal::{Fault, Outcome, Stored};

use super::{ActError, Scene, Shelf, failed};
use crate::executor::Done;

impl Scene<'_> {
    pub(super) fn latest(&self, source: &str, repo: &str) -> Result<Done, ActError> {
        let repository = self.world.open(repo)?;
        let shelf = Shelf::read(&repository, &self.world.ir().policy, &self.world.config().host)?;
        let newest = shelf.of_source(source).pop();
        let nothing = || failed(Fault::Missing, format!("`{repo}` holds no snapshot of `{source}`"));
        let newest = newest.ok_or_else(nothing)?;
        let whole = newest.public().whole;
        let stored = Stored {
            repo: repo.to_owned(),
            source: source.to_owned(),
            snapshot: newest.id.to_string(),
            whole,
            as_of_ms: newest.public().started.0,
        };
        Ok(Done { outcome: Outcome::Ok, stored: Some(stored), ..Done::ok() })
    }
}
