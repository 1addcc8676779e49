//! How things stand: out of the policy and the journal, without asking any repository.

use std::cmp::Reverse;

use jiff::Timestamp;
use mainstay_calendar::Schedule;
use mainstay_ir::{Name, SourceCopy, Workflow};
use mainstay_journal::{Outcome, StateFolder, Stored};
use mainstay_repo::id::SnapshotId;

use super::{Engine, StateError};
use crate::acts::CLOCK_SLACK_MS;
use crate::report::{Health, OpenRun, StatusLine, StatusReport};
use crate::state::{Phase, Reading, Run, State, StepState};

/// A run may begin this much after it was due before anybody calls it overdue, beside `within`, in milliseconds.
const GRACE_MS: u64 = 10 * 60 * 1000;

/// One workflow with all that is asked of it.
struct Case<'a> {
    engine: &'a Engine,
    state: &'a State,
    now_ms: i64,
    is_held: bool,
    name: &'a Name,
    workflow: &'a Workflow,
    runs: Vec<&'a Run>,
}

impl Engine {
    /// How each copy stands now, worst first.
    ///
    /// # Errors
    /// [`StateError`] if the journal cannot be read.
    pub fn status(&self) -> Result<StatusReport, StateError> {
        let ir = &self.config.ir;
        let now_ms = self.now_ms();
        let state = self.look_at_memory()?.state(&ir.policy)?;
        let is_held = StateFolder::is_held(&self.config.state);
        let copies = ir.copies();
        let mut lines = Vec::new();
        for (name, workflow) in &ir.workflows {
            let of_it = |run: &&Run| run.policy == ir.policy && run.workflow == *name;
            let runs: Vec<&Run> = state.runs().rev().filter(of_it).collect();
            let case = Case { engine: self, state: &state, now_ms, is_held, name, workflow, runs };
            let own: Vec<_> = copies.iter().filter(|copy| copy.workflow == name).collect();
            if own.is_empty() {
                lines.push(case.without_copy());
            }
            lines.extend(own.into_iter().map(|copy| case.of_copy(copy)));
        }
        lines.sort_by_key(|line| Reverse(line.health));
        let open = state.open_runs().filter(|run| run.policy == ir.policy);
        let open = open.map(|run| open_run(run, is_held)).collect();
        Ok(StatusReport { policy: ir.policy.clone(), at_ms: now_ms, lines, open })
    }
}

fn open_run(run: &Run, is_held: bool) -> OpenRun {
    let at =
        run.steps.iter().filter(|(_, step)| matches!(step.phase, Phase::Acting(_) | Phase::Undecided(_)));
    let word = |(name, step): (&Name, &StepState)| {
        let act = run.step_shape(name).and_then(|shape| step.current(shape));
        (name.clone(), act.map_or("", |act| act.kind.word()).to_owned())
    };
    OpenRun {
        run: run.id,
        workflow: run.workflow.clone(),
        started_ms: run.started_ms,
        is_alive: is_held,
        at: at.map(word).collect(),
    }
}

/// What the journal says of one copy.
#[derive(Default)]
struct Found<'a> {
    good: Option<&'a Stored>,
    /// A newer one in which the last reading found faults.
    spoiled: Option<Spoiled<'a>>,
    newest: Option<(&'a StepState, Option<&'a Outcome>)>,
}

/// A copy that was read back and is not what was stored.
struct Spoiled<'a> {
    stored: &'a Stored,
    reading: &'a Reading,
    /// A step has stored content below it since: it has made good what was known to be lost, and nobody has read it back.
    is_made_good: bool,
}

impl<'a> Case<'a> {
    fn of_copy(&self, copy: &SourceCopy<'_>) -> StatusLine {
        let found = self.find(copy);
        let objective = self.workflow.objective.as_ref();
        let objective = objective.and_then(|name| self.engine.config.ir.objectives.get(name));
        let rpo_ms = objective.and_then(|objective| objective.rpo).map(|rpo| rpo.0);
        let last_good_ms = found.good.map(|stored| stored.as_of_ms);
        // How old a copy is that is dated after now, nobody can say.
        let aged_ms = last_good_ms.filter(|at| !self.is_ahead(*at));
        let age_ms = aged_ms.map(|at| u64::try_from(self.now_ms.saturating_sub(at)).unwrap_or(0));
        let is_missed = rpo_ms.is_some_and(|rpo| age_ms.is_none_or(|age| age > rpo));
        let overdue_since_ms = self.overdue_since();
        let (health, reason) = self.louder(self.judge(&found, overdue_since_ms, is_missed));
        let policy = &self.engine.config.ir.policy;
        let verified =
            |stored: &Stored| self.state.ledger().verified_ms(policy, &stored.repo, &stored.snapshot);
        StatusLine {
            health,
            reason,
            step: Some(copy.step.to_owned()),
            source: Some(copy.source.to_owned()),
            repo: Some(copy.repo.to_owned()),
            last_good_ms,
            snapshot: found.good.map(|stored| stored.snapshot.clone()),
            age_ms,
            rpo_ms,
            is_missed,
            overdue_since_ms,
            verified_ms: found.good.and_then(verified),
            ..self.bare()
        }
    }

    fn without_copy(&self) -> StatusLine {
        let overdue_since_ms = self.overdue_since();
        let (health, reason) = match self.runs.iter().find_map(|run| run.ended.as_ref()) {
            None => (Health::NeverRan, "no run has ended yet".to_owned()),
            Some((_, outcome @ (Outcome::Failed { .. } | Outcome::Lost { .. }))) => {
                (Health::Failed, words(outcome))
            }
            Some(_) if overdue_since_ms.is_some() => (Health::Overdue, "a run was due".to_owned()),
            Some((_, Outcome::Ok)) => (Health::Ok, String::new()),
            Some((_, outcome)) => (Health::Degraded, words(outcome)),
        };
        let (health, reason) = self.louder((health, reason));
        StatusLine { health, reason, overdue_since_ms, ..self.bare() }
    }

    fn bare(&self) -> StatusLine {
        let last_run = self.runs.first();
        StatusLine {
            health: Health::Ok,
            reason: String::new(),
            workflow: self.name.clone(),
            step: None,
            source: None,
            repo: None,
            last_good_ms: None,
            snapshot: None,
            age_ms: None,
            rpo_ms: None,
            is_missed: false,
            overdue_since_ms: None,
            next_ms: self.next(self.now_ms),
            last_run: last_run
                .map(|run| (run.id, run.started_ms, run.ended.as_ref().map(|(_, end)| end.clone()))),
            verified_ms: None,
        }
    }

    /// The newest whole snapshot of a copy, and what the last run that has ended made of its step.
    fn find(&self, copy: &SourceCopy<'_>) -> Found<'a> {
        let is_it =
            |stored: &&Stored| stored.source == copy.source && stored.repo == copy.repo && stored.whole;
        let policy = &self.engine.config.ir.policy;
        let damage = |stored: &Stored| {
            let reading = self.state.ledger().reading(policy, &stored.repo, &stored.snapshot);
            reading.filter(|reading| reading.problems > 0)
        };
        let steps = || self.runs.iter().filter_map(|run| Some((run, run.steps.get(copy.step)?)));
        let stored = || steps().filter_map(|(_, step)| Some((step, step.stored.as_ref()?)));
        let stored = || stored().filter(|(_, stored)| is_it(stored));
        let spoiled = |(step, stored): (&StepState, &'a Stored)| {
            let reading = damage(stored)?;
            let is_later = step.last_ms.is_some_and(|last_ms| last_ms >= reading.at_ms);
            Some(Spoiled { stored, reading, is_made_good: is_later && step.figures.stored_bytes > 0 })
        };
        let good = || stored().map(|(_, stored)| stored).filter(|stored| damage(stored).is_none());
        Found {
            good: good().find(|stored| !self.is_ahead(stored.as_of_ms)).or_else(|| good().next()),
            spoiled: stored().next().and_then(spoiled),
            newest: steps()
                .find(|(run, step)| run.ended.is_some() || step.outcome().is_some())
                .map(|(_, step)| (step, step.outcome())),
        }
    }

    fn judge(&self, found: &Found<'_>, overdue: Option<i64>, is_missed: bool) -> (Health, String) {
        let is_running = self.is_held && self.runs.first().is_some_and(|run| run.ended.is_none());
        let Some((step, outcome)) = found.newest else {
            return match (is_running, self.runs.is_empty()) {
                (true, _) => (Health::Seeding, "the first copy is being made".to_owned()),
                (false, true) => (Health::NeverRan, "there is no copy, and no run yet".to_owned()),
                (false, false) => (Health::Failed, "the first run was broken off".to_owned()),
            };
        };
        if let Some(spoiled) = &found.spoiled {
            let ended = outcome.filter(|end| !end.is_well()).map(|end| format!("{}; ", words(end)));
            return (Health::Failed, ended.unwrap_or_default() + &spoiled.words());
        }
        match outcome {
            Some(outcome @ (Outcome::Failed { .. } | Outcome::Lost { .. })) => {
                (Health::Failed, words(outcome))
            }
            Some(outcome @ Outcome::Skipped { .. }) if step.misses_copy => (Health::Failed, words(outcome)),
            _ if found.good.is_none() && is_running => {
                (Health::Seeding, "the first whole copy is being made".to_owned())
            }
            _ if overdue.is_some() => (Health::Overdue, "a run was due".to_owned()),
            _ if is_missed && found.good.is_some() => {
                (Health::Overdue, "older than its objective".to_owned())
            }
            Some(outcome @ (Outcome::Degraded { .. } | Outcome::Skipped { .. })) => {
                (Health::Degraded, words(outcome))
            }
            _ if found.good.is_none() => (Health::Seeding, "there is no whole copy yet".to_owned()),
            _ => (Health::Ok, String::new()),
        }
    }

    /// A time after now, by more than clocks are put right: the clock was wrong then, or is wrong now.
    fn is_ahead(&self, at_ms: i64) -> bool {
        at_ms > self.now_ms.saturating_add(CLOCK_SLACK_MS)
    }

    /// What the copies alone do not show: that the last run came to no end, or that nobody can say when it was.
    fn louder(&self, (health, reason): (Health, String)) -> (Health, String) {
        let Some(last) = self.runs.first() else { return (health, reason) };
        let (least, why) = if last.ended.is_none() && !self.is_held && health < Health::Failed {
            (Health::Failed, "the last run was broken off".to_owned())
        } else if self.is_ahead(last.started_ms) {
            let run = last.id.short();
            let why = format!("run {run} is dated after now: the clock was wrong then, or it is wrong now");
            (Health::Degraded, why)
        } else {
            return (health, reason);
        };
        let reason = if reason.is_empty() { why } else { format!("{why}; {reason}") };
        (health.max(least), reason)
    }

    fn schedule(&self) -> Option<Schedule> {
        Schedule::placed(&self.workflow.triggers, self.name, &self.engine.config.host).ok()
    }

    fn next(&self, after_ms: i64) -> Option<i64> {
        let after = Timestamp::from_millisecond(after_ms).ok()?;
        Some(self.schedule()?.next(after)?.as_millisecond())
    }

    /// The first time after the last run began at which one was due, if that is long enough ago. A run that is dated after
    /// now says nothing of when the next one was due.
    fn overdue_since(&self) -> Option<i64> {
        let last_ms = self.runs.iter().map(|run| run.started_ms).find(|at| !self.is_ahead(*at))?;
        let due_ms = self.next(last_ms)?;
        let within_ms = self.workflow.within.map_or(0, |within| within.0);
        let late_ms = due_ms.saturating_add_unsigned(within_ms.saturating_add(GRACE_MS));
        (late_ms < self.now_ms).then_some(due_ms)
    }
}

impl Spoiled<'_> {
    /// What was read back and is not what was stored is no copy; nor is what was made good, before it is read back.
    fn words(&self) -> String {
        let (id, repo) = (&self.stored.snapshot, &self.stored.repo);
        let short = id.parse::<SnapshotId>().map_or_else(|_| id.clone(), |id| id.short());
        let faults = match self.reading.problems {
            1 => "1 fault was found".to_owned(),
            many => format!("{many} faults were found"),
        };
        let said = format!("the newest copy, {short}, was read back and is damaged: {faults}");
        if self.is_made_good {
            return format!(
                "{said}; a run has made good since what was lost: `mainstay verify --repo {repo}` tells whether all is there"
            );
        }
        said
    }
}

fn words(outcome: &Outcome) -> String {
    outcome.reason().unwrap_or_default().to_owned()
}
