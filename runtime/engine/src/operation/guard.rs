//! Guards that an operator may set aside by their name, each for one repository.
//!
//! A repository that is not what the journal has seen of it is refused. Who replaced it, or brought it back from an
//! older copy, says so once: how far it has come now is then what the journal remembers. Where all packs are gone, they are
//! given up: the repository remembers that itself.

use std::str::FromStr;
use std::sync::Arc;

use mainstay_ir::Name;
use mainstay_journal::Event;
use mainstay_repo::Repository;

use super::Engine;
use crate::acts::{Shelf, heads_event, is_ahead};
use crate::fault;
use crate::monitor::Progress;
use crate::outside::access::AccessError;
use crate::state::{Ledger, State};

/// What is refused unless somebody says that it is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Another repository, or another copy, stands under a known name.
    ReplacedRepo,
    /// A repository is behind what was seen of it.
    RolledBackRepo,
    /// All packs of a repository are gone.
    EmptiedRepo,
    /// The clock is behind what was seen of a repository.
    ClockBehind,
}

/// A guard that is set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forced {
    /// Which.
    pub guard: Guard,
    /// For which repository, by its name in the policy.
    pub repo: Name,
}

impl Guard {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::ReplacedRepo, Self::RolledBackRepo, Self::EmptiedRepo, Self::ClockBehind];

    /// As it is written on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::ReplacedRepo => "replaced-repo",
            Self::RolledBackRepo => "rolled-back-repo",
            Self::EmptiedRepo => "emptied-repo",
            Self::ClockBehind => "clock-behind",
        }
    }

    /// The guard that refuses a fault, if it is one that can be set aside.
    pub fn of(fault: mainstay_journal::Fault) -> Option<Self> {
        match fault {
            mainstay_journal::Fault::Replaced => Some(Self::ReplacedRepo),
            mainstay_journal::Fault::RolledBack => Some(Self::RolledBackRepo),
            mainstay_journal::Fault::Emptied => Some(Self::EmptiedRepo),
            _ => None,
        }
    }
}

/// What was written is no guard with its repository.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("write {}, with the repository's name", Guard::ALL.map(|guard| format!("`{}:NAME`", guard.word())).join(" or "))]
pub struct NoGuard;

impl FromStr for Forced {
    type Err = NoGuard;

    fn from_str(text: &str) -> Result<Self, NoGuard> {
        let (word, repo) = text.split_once(':').ok_or(NoGuard)?;
        let guard = Guard::ALL.into_iter().find(|guard| guard.word() == word).ok_or(NoGuard)?;
        if repo.is_empty() { Err(NoGuard) } else { Ok(Self { guard, repo: repo.to_owned() }) }
    }
}

impl Engine {
    /// How far the repositories have come whose guards are set aside. One that its guard does not refuse is left
    /// as it is: nothing was to be accepted, or something else than was said.
    ///
    /// # Errors
    /// [`AccessError`]: what cannot be read cannot be accepted.
    pub(super) fn accepted(&self, state: &State, forced: &[Forced]) -> Result<Vec<Event>, AccessError> {
        let mut events = Vec::new();
        for Forced { guard, repo } in forced {
            let repository = self.repositories().open(repo)?;
            match guard {
                Guard::EmptiedRepo => self.give_up_emptied(repo, &repository)?,
                Guard::ClockBehind => events.extend(self.believe_clock(repo, state.ledger())),
                Guard::ReplacedRepo | Guard::RolledBackRepo => {
                    events.extend(self.take_as_it_stands(*guard, (repo, &repository), state.ledger())?);
                }
            }
        }
        Ok(events)
    }

    fn take_as_it_stands(
        &self,
        guard: Guard,
        (repo, repository): (&str, &Repository),
        ledger: &Ledger,
    ) -> Result<Option<Event>, AccessError> {
        let found = Arc::new(repository.state()?);
        let shelf = Shelf::of(repository, found, &self.config.ir.policy, &self.config.host);
        let Err(refused) = shelf.check(ledger.heads(&self.config.ir.policy, repo)) else { return Ok(None) };
        if Guard::of(fault::of_rolled_back(&refused)) != Some(guard) {
            return Ok(None);
        }
        self.tell(format!("`{repo}` is taken as it stands from now on: {refused}"));
        Ok(Some(heads_event(&shelf, repo)))
    }

    /// A retention that gives nothing up: from its time on, what was dated later counts no more.
    fn believe_clock(&self, repo: &str, ledger: &Ledger) -> Option<Event> {
        let policy = &self.config.ir.policy;
        let now_ms = self.now_ms();
        ledger.all_dated(policy, repo).find(|dated| is_ahead(dated, now_ms))?;
        self.tell(format!(
            "retention in `{repo}` goes by the clock as it is now: what was dated later was wrong"
        ));
        Some(Event::Forgotten { policy: policy.clone(), repo: repo.to_owned(), snapshots: Vec::new() })
    }

    fn tell(&self, what: String) {
        self.config.monitor.event(&Progress::Recovered { what });
    }

    /// The repository itself remembers that, for whoever writes into it.
    fn give_up_emptied(&self, repo: &str, repository: &Repository) -> Result<(), AccessError> {
        let given_up = repository.give_up_emptied();
        let given_up =
            given_up.map_err(|error| AccessError::GiveUp { name: repo.to_owned(), error: error.into() })?;
        if let Some(emptied) = given_up {
            let packs = emptied.packs;
            self.tell(format!(
                "`{repo}` has lost all packs, {packs} of them: what is still at the sources is stored anew, and a check of the repository says what older snapshots miss"
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guard_is_named_with_its_repository() {
        let forced: Forced = "replaced-repo:shelf".parse().unwrap();
        assert_eq!(forced, Forced { guard: Guard::ReplacedRepo, repo: "shelf".into() });
        for wrong in ["", "replaced-repo", "replaced-repo:", "replaced:shelf", ":shelf"] {
            assert_eq!(wrong.parse::<Forced>(), Err(NoGuard), "{wrong}");
        }
    }
}
