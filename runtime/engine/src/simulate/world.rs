//! A world in which acts take as long as they are told, and end as they are told.

use std::collections::{BTreeMap, BTreeSet};

use mainstay_ir::Name;
use mainstay_journal::{Figures, Outcome, RunId, Stored};

use super::script::{self, Script};
use crate::executor::{ActError, Coordinator, Done, Halt, Job, StopFlag};
use crate::shape::ActKind;
use crate::state::Run;

/// A snapshot that was committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// By which run.
    pub run: RunId,
    /// By which step.
    pub step: Name,
    /// Of which source, in which repository, as of when, and whether it is whole.
    pub stored: Stored,
    /// When it was committed, in milliseconds since 1970, UTC.
    pub at_ms: i64,
}

/// What outlives a crash, and what does not.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) script: Script,
    /// When the simulation began.
    pub(super) from_ms: i64,
    pub(super) now_ms: i64,
    /// What was committed, in order.
    pub(super) copies: Vec<Copy>,
    /// Steps that acted for a time that nothing gives, by run.
    pub(super) unknown: BTreeMap<RunId, BTreeSet<Name>>,
    /// How often each scripted failure has come.
    failed: BTreeMap<usize, u32>,
    /// Which scripted crashes have come.
    crashed: BTreeSet<usize>,
    air: Vec<Flight>,
}

/// An attempt under way.
#[derive(Debug)]
struct Flight {
    job: Job,
    session: String,
    began_ms: i64,
    ends_ms: i64,
    end: Result<(), ActError>,
    stop: StopFlag,
    /// When the process dies in it, and for how long it stays away.
    dies: Option<(i64, u64)>,
}

impl World {
    pub(super) fn new(script: Script, from_ms: i64) -> Self {
        Self { script, from_ms, now_ms: from_ms, ..Self::default() }
    }

    /// Begins an act.
    pub(super) fn begin(&mut self, job: Job, stop: StopFlag, on: &mut Coordinator) -> Result<(), Halt> {
        let Some(run) = on.state().run(&job.run) else { return Ok(()) };
        let plan = self.plan(run, &job);
        let opens = matches!(job.act, ActKind::Backup { .. } | ActKind::Replicate { .. });
        if let (true, Some(repo)) = (opens && !plan.is_at_once, repo_of(&job.act)) {
            on.intent(self.now_ms, job.token, repo, &plan.session)?;
        }
        if plan.is_unknown {
            self.unknown.entry(job.run).or_default().insert(job.step.clone());
        }
        let ends_ms = self.now_ms.saturating_add_unsigned(plan.took_ms);
        let dies = self.dies(&job, plan.took_ms);
        let session = plan.session;
        self.air.push(Flight { job, session, began_ms: self.now_ms, ends_ms, end: plan.end, stop, dies });
        Ok(())
    }

    fn plan(&mut self, run: &Run, job: &Job) -> Plan {
        let first = run.steps.get(&job.step).is_none_or(|step| step.act == 0);
        let given_ms = run.shape.as_ref().and_then(|shape| self.script.took_ms(shape, &job.step));
        let failure = self.failure(run, job, first);
        let stage = failure.as_ref().and_then(|stage| stage.as_deref());
        let is_at_once = failure.is_some() && script::fails_at_once(stage);
        Plan {
            session: session(run, job),
            took_ms: if first && !is_at_once { given_ms.unwrap_or(0) } else { 0 },
            is_unknown: given_ms.is_none() && !is_at_once,
            is_at_once,
            end: if failure.is_some() { Err(script::failed(stage, &job.act)) } else { Ok(()) },
        }
    }

    /// The stage at which the attempt fails, if the script wants it to.
    fn failure(&mut self, run: &Run, job: &Job, first: bool) -> Option<Option<Name>> {
        for (number, failure) in self.script.failures.iter().enumerate() {
            let here = match &failure.stage {
                Some(stage) => script::is_in(stage, &job.act),
                None => first,
            };
            let meant = failure.step.is(&job.workflow, &job.step)
                && failure.slot_ms.is_none_or(|slot_ms| slot_ms == run.slot_ms);
            let so_far = self.failed.entry(number).or_default();
            if here && meant && failure.times.is_none_or(|times| *so_far < times) {
                *so_far = so_far.saturating_add(1);
                return Some(failure.stage.clone());
            }
        }
        None
    }

    fn dies(&mut self, job: &Job, took_ms: u64) -> Option<(i64, u64)> {
        let mut crashes = self.script.crashes.iter().enumerate();
        let (number, (_, down_ms)) = crashes.find(|(_, (step, _))| step.is(&job.workflow, &job.step))?;
        self.crashed.insert(number).then(|| (self.now_ms.saturating_add_unsigned(took_ms / 2), *down_ms))
    }

    /// When something in the air comes to an end.
    pub(super) fn next_ms(&self) -> Option<i64> {
        self.air.iter().map(|flight| flight.dies.map_or(flight.ends_ms, |(at_ms, _)| at_ms)).min()
    }

    /// Whether the process dies now, and for how long nothing runs then.
    pub(super) fn death(&mut self) -> Option<u64> {
        let now_ms = self.now_ms;
        let dying = self.air.iter().filter_map(|flight| flight.dies).find(|(at_ms, _)| *at_ms <= now_ms);
        dying.map(|(_, down_ms)| down_ms)
    }

    /// What was under way is gone; what was committed stays.
    pub(super) fn die(&mut self) {
        self.air.clear();
    }

    /// Ends what was told to stop, and what has come to its end.
    pub(super) fn land(&mut self, on: &mut Coordinator) -> Result<bool, Halt> {
        let now_ms = self.now_ms;
        let is_over =
            |flight: &Flight| flight.stop.is_set() || flight.ends_ms <= now_ms && flight.dies.is_none();
        let (mut landing, air): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.air).into_iter().partition(is_over);
        self.air = air;
        landing.sort_by_key(|flight| (flight.ends_ms, flight.job.token));
        let any = !landing.is_empty();
        for flight in landing {
            let token = flight.job.token;
            let end = if flight.stop.is_set() { Err(ActError::Stopped) } else { self.end(&flight) };
            on.ended(now_ms, token, end)?;
        }
        Ok(any)
    }

    fn end(&mut self, flight: &Flight) -> Result<Done, ActError> {
        flight.end.clone()?;
        let stored = self.stored(flight)?;
        if let (Some(stored), ActKind::Backup { .. } | ActKind::Replicate { .. }) = (&stored, &flight.job.act)
        {
            self.copies.push(Copy {
                run: flight.job.run,
                step: flight.job.step.clone(),
                stored: stored.clone(),
                at_ms: self.now_ms,
            });
        }
        Ok(Done { outcome: Outcome::Ok, stored, figures: Figures::default(), notes: Vec::new() })
    }

    fn stored(&self, flight: &Flight) -> Result<Option<Stored>, ActError> {
        let job = &flight.job;
        Ok(match &job.act {
            ActKind::Backup { source, repo, .. } => Some(Stored {
                repo: repo.clone(),
                source: source.clone(),
                snapshot: flight.session.clone(),
                whole: true,
                as_of_ms: flight.began_ms,
            }),
            ActKind::Replicate { to, .. } => {
                let nothing = || script::failed(None, &job.act);
                let from = job.input.as_ref().ok_or_else(nothing)?;
                Some(Stored { repo: to.clone(), snapshot: flight.session.clone(), ..from.clone() })
            }
            ActKind::Latest { source, repo } => Some(self.latest(source, repo)),
            _ => None,
        })
    }

    /// The newest snapshot; before any was made, one of an earlier time is taken to be there.
    fn latest(&self, source: &str, repo: &str) -> Stored {
        let newest = self.copies.iter().rev().map(|copy| &copy.stored);
        let mut newest = newest.filter(|stored| stored.source == source && stored.repo == repo);
        newest.next().cloned().unwrap_or_else(|| Stored {
            repo: repo.to_owned(),
            source: source.to_owned(),
            snapshot: "earlier".to_owned(),
            whole: true,
            as_of_ms: self.from_ms,
        })
    }
}

/// How an attempt is to go.
struct Plan {
    session: String,
    took_ms: u64,
    is_unknown: bool,
    is_at_once: bool,
    end: Result<(), ActError>,
}

fn repo_of(act: &ActKind) -> Option<&str> {
    match act {
        ActKind::Backup { repo, .. } | ActKind::Replicate { to: repo, .. } => Some(repo),
        _ => None,
    }
}

/// One for each attempt, and the same in each simulation.
fn session(run: &Run, job: &Job) -> String {
    let (act, tries) = run.steps.get(&job.step).map_or((0, 0), |step| (step.act, step.tries));
    format!("{}/{}.{act}.{tries}", run.id.short(), job.step)
}
