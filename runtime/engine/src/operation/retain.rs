//! Retention by hand: shows what it would do, and does it only when asked to.

use std::collections::HashMap;

use mainstay_ir::{Name, Retention};
use mainstay_journal::{AppendError, Event, Seq};

use super::memory::Memory;
use super::shelves::Shelves;
use super::{Engine, StateError};
use crate::acts::{Shelf, forget, heads_event, refuse_clock};
use crate::executor::ActError;
use crate::outside::access::Repositories;
use crate::report::{RetainLine, RetainReport, Ruling};
use crate::retain::Standing;
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

/// What stays when each step has forgotten what it does not keep.
fn all_of(keeps: &[&Retention], mut standing: Standing, now_ms: i64) -> Vec<Ruling> {
    let each = keeps.iter().map(|keep| standing.judge(keep, now_ms));
    each.reduce(after).unwrap_or_default()
}

/// What a step says of what the ones before it left.
fn after(before: Vec<Ruling>, ruled: Vec<Ruling>) -> Vec<Ruling> {
    let mut ruled: HashMap<String, Ruling> =
        ruled.into_iter().map(|one| (one.snapshot.clone(), one)).collect();
    let each = before.into_iter().map(|mut one| {
        let Some(next) = ruled.remove(&one.snapshot) else { return one };
        one.keep = next.keep;
        let new: Vec<String> = next.reasons.into_iter().filter(|why| !one.reasons.contains(why)).collect();
        one.reasons = if one.keep { [one.reasons, new].concat() } else { Vec::new() };
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
        let shelves = self.shelves();
        let mut lines: Vec<RetainLine> =
            retained.iter().map(|of| self.retain_one(&shelves, of, state.ledger())).collect();
        if apply {
            self.apply(&mut memory, shelves.repositories(), &mut lines)?;
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

    fn retain_one(&self, shelves: &Shelves<'_>, of: &Retained<'_>, ledger: &Ledger) -> RetainLine {
        let (source, repo) = (of.source.to_owned(), of.repo.to_owned());
        match self.rule(shelves, of, ledger) {
            Ok(rulings) => RetainLine { source, repo, rulings, fault: None },
            Err(fault) => RetainLine { source, repo, rulings: Vec::new(), fault: Some(fault) },
        }
    }

    fn rule(&self, shelves: &Shelves<'_>, of: &Retained<'_>, ledger: &Ledger) -> Result<Vec<Ruling>, String> {
        let standing = self.standing(shelves, (of.source, of.repo), ledger)?;
        Ok(all_of(&of.keeps, standing, self.now_ms()))
    }

    /// What a step that retains a source finds in a repository now, unless it would refuse to look.
    pub(super) fn standing(
        &self,
        shelves: &Shelves<'_>,
        (source, repo): (&str, &str),
        ledger: &Ledger,
    ) -> Result<Standing, String> {
        let policy = &self.config.ir.policy;
        let look = shelves.look(repo, |shelf| {
            shelf.check(ledger.heads(policy, repo)).map_err(|error| error.to_string())?;
            Ok::<_, String>(shelf.of_source(source))
        });
        let snapshots = look.map_err(|unread| unread.reason)??;
        refuse_clock(ledger, (policy, repo, source), self.now_ms()).map_err(|error| error.to_string())?;
        Ok(Standing::new(&snapshots, |id| ledger.verified_ms(policy, repo, id).is_some()))
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
