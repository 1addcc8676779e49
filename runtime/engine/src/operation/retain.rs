//! Retention by hand: shows what it would do, and does it only when asked to.

use mainstay_ir::{Name, Retention};
use mainstay_journal::{AppendError, Event, Seq};

use super::memory::Memory;
use super::{Engine, StateError};
use crate::acts::{Shelf, forget, heads_event, refuse_clock};
use crate::executor::ActError;
use crate::outside::access::Repositories;
use crate::report::{RetainLine, RetainReport, Ruling};
use crate::retain::rulings;
use crate::state::{Ledger, Shapes};

/// Why retention did not do anything, or broke off.
#[derive(Debug, thiserror::Error)]
pub enum RetainError {
    /// No step retains this source in this repository.
    #[error("no step of the policy retains `{0}`")]
    Nothing(Name),
    /// The state folder.
    #[error(transparent)]
    State(#[from] StateError),
    /// The journal could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
}

/// A source in a repository that some steps retain.
struct Retained<'a> {
    source: &'a str,
    repo: &'a str,
    keeps: Vec<&'a Retention>,
}

/// What stays when each step has forgotten what it does not keep. Both speak of the same snapshots in the same order.
fn both(one: Vec<Ruling>, other: Vec<Ruling>) -> Vec<Ruling> {
    let each = one.into_iter().zip(other).map(|(mut one, other)| {
        one.keep &= other.keep;
        let new: Vec<String> =
            other.reasons.into_iter().filter(|reason| !one.reasons.contains(reason)).collect();
        one.reasons.extend(new);
        if !one.keep {
            one.reasons.clear();
        }
        one
    });
    each.collect()
}

impl Engine {
    /// What retention does to each source in each repository, or to one source. Only `apply` gives anything up.
    ///
    /// # Errors
    /// See [`RetainError`]; a repository that cannot be read stands in the report.
    pub fn retain(&self, source: Option<&str>, apply: bool) -> Result<RetainReport, RetainError> {
        let retained = self.retained(source);
        if let (Some(source), true) = (source, retained.is_empty()) {
            return Err(RetainError::Nothing(source.to_owned()));
        }
        let mut memory = if apply { self.take_memory()? } else { self.look_at_memory()? };
        let state = memory.fold(Shapes::new());
        let repositories = self.repositories();
        let mut lines = Vec::new();
        for of in &retained {
            lines.push(self.retain_one(&repositories, of, state.ledger()));
        }
        if apply {
            self.apply(&mut memory, &repositories, &mut lines)?;
        }
        Ok(RetainReport { lines, applied: apply })
    }

    /// All that some step retains: each source in each repository once, with what each of these steps keeps.
    fn retained(&self, source: Option<&str>) -> Vec<Retained<'_>> {
        let mut found: Vec<Retained<'_>> = Vec::new();
        for kept in self.config.ir.flows().kept {
            if source.is_some_and(|source| source != kept.source) {
                continue;
            }
            match found.iter_mut().find(|known| known.source == kept.source && known.repo == kept.repo) {
                Some(known) => known.keeps.push(kept.keep),
                None => {
                    found.push(Retained { source: kept.source, repo: kept.repo, keeps: vec![kept.keep] });
                }
            }
        }
        found
    }

    fn retain_one(&self, repositories: &Repositories, of: &Retained<'_>, ledger: &Ledger) -> RetainLine {
        let (source, repo) = (of.source.to_owned(), of.repo.to_owned());
        match self.rule(repositories, of, ledger) {
            Ok(rulings) => RetainLine { source, repo, rulings, fault: None },
            Err(fault) => RetainLine { source, repo, rulings: Vec::new(), fault: Some(fault.to_string()) },
        }
    }

    fn rule(
        &self,
        repositories: &Repositories,
        of: &Retained<'_>,
        ledger: &Ledger,
    ) -> Result<Vec<Ruling>, ActError> {
        let policy = &self.config.ir.policy;
        let repository = repositories.open(of.repo)?;
        let shelf = Shelf::read(&repository, policy, &self.config.host)?;
        shelf
            .check(ledger.heads(policy, of.repo))
            .map_err(|error| crate::acts::failed(crate::fault::of_rolled_back(&error), error.to_string()))?;
        refuse_clock(ledger, self.now_ms())?;
        let is_verified = |id: &str| ledger.verified_ms(policy, of.repo, id).is_some();
        let snapshots = shelf.of_source(of.source);
        let each = of.keeps.iter().map(|keep| rulings(keep, &snapshots, is_verified, self.now_ms()));
        Ok(each.reduce(both).unwrap_or_default())
    }

    /// Gives up what the lines say. Forgotten first, written down next: what is forgotten twice is no error.
    fn apply(
        &self,
        memory: &mut Memory,
        repositories: &Repositories,
        lines: &mut [RetainLine],
    ) -> Result<(), RetainError> {
        for line in lines.iter_mut().filter(|line| line.fault.is_none()) {
            let goes = line.rulings.iter().filter(|ruling| !ruling.keep);
            let ids: Vec<String> = goes.map(|ruling| ruling.snapshot.clone()).collect();
            if ids.is_empty() {
                continue;
            }
            match self.give_up(repositories, &line.repo, ids) {
                Ok(events) => memory.append(self.now_ms(), &events).map(drop)?,
                Err(error) => line.fault = Some(error.to_string()),
            }
        }
        Ok(())
    }

    fn give_up(
        &self,
        repositories: &Repositories,
        repo: &str,
        ids: Vec<String>,
    ) -> Result<Vec<Event>, ActError> {
        let policy = &self.config.ir.policy;
        let repository = repositories.open(repo)?;
        forget(&repository, &ids)?;
        let shelf = Shelf::read(&repository, policy, &self.config.host)?;
        let heads = heads_event(&shelf, repo);
        Ok(vec![Event::Forgotten { policy: policy.clone(), repo: repo.to_owned(), snapshots: ids }, heads])
    }
}

impl Memory {
    /// Appends beside no run: the state folder is ours.
    pub(super) fn append(&mut self, now_ms: i64, events: &[Event]) -> Result<Seq, AppendError> {
        let head = self.journal.head();
        self.journal.append(head, now_ms, events)
    }
}
