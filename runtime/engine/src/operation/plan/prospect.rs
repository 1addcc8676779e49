//! What the retention of a run will find, and what it will do: its steps are gone through in their order.

use std::cell::RefCell;
use std::collections::HashMap;

use mainstay_ir::{Name, Retention};
use mainstay_repo::id::SnapshotId;

use super::Case;
use crate::report::RetainLine;
use crate::retain::Standing;

/// A source in a repository.
pub(super) type Place = (Name, Name);

/// What stands in each place when the next step looks; or why that cannot be said.
///
/// What one workflow would forget, no other one forgets again. What one would store, the others do not count on: each plan is
/// that of a run of its own.
#[derive(Default)]
pub(super) struct Prospect(RefCell<HashMap<Place, Result<Standing, String>>>);

impl Prospect {
    /// The next workflow is looked at.
    pub(super) fn next_workflow(&self) {
        self.0.borrow_mut().values_mut().flatten().for_each(Standing::leave_new);
    }
}

impl Case<'_> {
    /// A step stores a snapshot of this time.
    pub(super) fn foresee_stored(&self, place: &Place, time_ms: i64) {
        let _unknown = self.foresee(place, |standing| standing.store(time_ms));
    }

    /// A step reads back this one, or the newest.
    pub(super) fn foresee_verified(&self, place: &Place, snapshot: Option<SnapshotId>) {
        let _unknown = self.foresee(place, |standing| standing.verify(snapshot));
    }

    /// A step forgets what it does not keep.
    pub(super) fn foresee_retained(&self, place: &Place, keep: &Retention) -> RetainLine {
        let (source, repo) = place.clone();
        match self.foresee(place, |standing| standing.judge(keep, self.at_ms)) {
            Ok(rulings) => RetainLine { source, repo, rulings, fault: None },
            Err(fault) => RetainLine { source, repo, rulings: Vec::new(), fault: Some(fault) },
        }
    }

    fn foresee<T>(&self, place: &Place, happens: impl FnOnce(&mut Standing) -> T) -> Result<T, String> {
        let mut places = self.prospect.0.borrow_mut();
        let standing = places.entry(place.clone()).or_insert_with(|| {
            let (source, repo) = place;
            if self.shelves.is_missing(repo) {
                return Ok(Standing::default());
            }
            self.engine.standing(self.shelves, (source, repo), self.state.ledger())
        });
        standing.as_mut().map(happens).map_err(|fault| fault.clone())
    }
}
