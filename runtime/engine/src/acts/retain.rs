//! `retain`: gives up what no rule keeps. It only forgets; space is freed by a collection.
//!
//! It stops when the repository contradicts the journal, and when the clock does: a clock that is behind what was
//! seen before cannot say what is old. The newest whole and the newest verified snapshot always stay.

use jiff::Timestamp;
use mainstay_ir::Retention;
use mainstay_journal::{Event, Fault};
use mainstay_repo::Repository;
use mainstay_repo::id::SnapshotId;

use super::{ActError, Scene, classed, failed};
use crate::executor::Done;
use crate::fault;
use crate::operation::Guard;
use crate::retain::Standing;
use crate::state::{Dated, Ledger};

/// What is written into the record of a forgotten snapshot.
pub(crate) const FORGET_REASON: &str = "retention";
/// So far a clock may go back without being doubted: it was set right, by hand or from the network. No rule of
/// retention is as fine as this.
pub(crate) const CLOCK_SLACK_MS: i64 = 60_000;

impl Scene<'_> {
    pub(super) fn retain(&self, keep: &Retention) -> Result<Done, ActError> {
        let input = self.input()?;
        let (repo, source) = (input.repo.as_str(), input.source.as_str());
        let repository = self.world.open(repo)?;
        self.refuse_rolled_back(&repository, repo)?;
        let now_ms = self.world.config().clock.now().0;
        let policy = &self.world.ir().policy;
        refuse_clock(&self.job.ledger, (policy, repo, source), now_ms)?;
        let snapshots = self.shelf(&repository)?.of_source(source);
        let verified = |id: &str| self.job.ledger.verified_ms(policy, repo, id).is_some();
        let rulings = Standing::new(&snapshots, verified).judge(keep, now_ms);
        let goes = rulings.iter().filter(|ruling| !ruling.keep).map(|ruling| ruling.snapshot.clone());
        let forgotten: Vec<String> = goes.collect();
        let mut notes = Vec::new();
        if !forgotten.is_empty() {
            self.reporter.may_commit()?;
            forget(&repository, &forgotten)?;
            notes.push(Event::Forgotten {
                policy: policy.clone(),
                repo: repo.to_owned(),
                snapshots: forgotten,
            });
            notes.extend(self.heads(&repository, repo));
        }
        Ok(Done { notes, ..Done::ok() })
    }
}

/// What is old cannot be said by a clock that is behind what was seen of a source in a repository.
pub(crate) fn refuse_clock(
    ledger: &Ledger,
    (policy, repo, source): (&str, &str, &str),
    now_ms: i64,
) -> Result<(), ActError> {
    let ahead = ledger.dated(policy, repo, source).filter(|dated| is_ahead(dated, now_ms));
    let Some(Dated { at_ms, by }) = ahead else { return Ok(()) };
    let what = match by {
        Some((run, workflow)) => format!("run {} of `{workflow}`", run.short()),
        None => "what was read back by hand".to_owned(),
    };
    let (now, then) = (utc(now_ms), utc(*at_ms));
    let reason = format!(
        "the clock is behind what the journal has seen of `{source}` in `{repo}`: it says {now}, and {what} is dated {then}; \
         nothing is forgotten before then; if the clock is right now, `mainstay run repo:{repo} --force={}:{repo}`",
        Guard::ClockBehind.word()
    );
    Err(failed(Fault::Other, reason))
}

/// Whether something is dated after now, by more than clocks are put right.
pub(crate) fn is_ahead(dated: &Dated, now_ms: i64) -> bool {
    is_after(dated.at_ms, now_ms)
}

fn is_after(at_ms: i64, now_ms: i64) -> bool {
    now_ms.saturating_add(CLOCK_SLACK_MS) < at_ms
}

/// Why a snapshot of this time need not be the newest.
pub(crate) fn dated_ahead(at_ms: i64, now_ms: i64) -> Option<String> {
    is_after(at_ms, now_ms)
        .then(|| format!("it is dated {}, after now: one that is dated earlier may be newer", utc(at_ms)))
}

/// For a sentence that may be read on another machine than where it was written.
fn utc(at_ms: i64) -> String {
    let at = Timestamp::from_millisecond(at_ms);
    at.map_or_else(|_| format!("{at_ms} ms"), |at| at.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

/// Forgets snapshots, by their ids as the journal has them.
pub(crate) fn forget(repository: &Repository, snapshots: &[String]) -> Result<(), ActError> {
    let ids: Result<Vec<SnapshotId>, _> = snapshots.iter().map(|id| id.parse()).collect();
    let ids = ids.map_err(|_| failed(Fault::Other, "an id of a snapshot cannot be understood".to_owned()))?;
    let forgotten = repository.forget(&ids, FORGET_REASON);
    forgotten.map(drop).map_err(|error| classed(fault::of_class(error.class()), error.to_string()))
}
