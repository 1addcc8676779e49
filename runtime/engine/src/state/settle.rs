//! What each step of a run needs next.

use mainstay_ir::Name;
use mainstay_journal::{Class, Event, Fault, Outcome, Token};

use super::next::{Command, Due};
use super::rules::{Verdict, verdict};
use super::run::{Phase, Run, StepState};
use super::start::Ready;
use super::{State, retry};
use crate::shape::StepShape;

/// One step with all that is needed to judge it.
#[derive(Clone, Copy)]
struct Case<'a> {
    state: &'a State,
    run: &'a Run,
    index: usize,
    name: &'a Name,
    step: &'a StepState,
    shape: &'a StepShape,
}

/// Finds what is due in a run.
pub(super) fn run<'a>(state: &'a State, run: &'a Run, due: &mut Due<'a>) {
    if run.shape.is_none() {
        return;
    }
    if run.steps.values().all(|step| step.outcome().is_some()) {
        due.record(Event::RunEnded { run: run.id, outcome: outcome(run) });
        return;
    }
    if let Some(late) = late(run, due) {
        due.record(late);
        return;
    }
    for (index, (name, step, shape)) in run.shaped().enumerate() {
        let case = Case { state, run, index, name, step, shape };
        match &run.stopping {
            None => case.go_on(due),
            Some((fault, reason)) => case.stop(*fault, reason, due),
        }
    }
}

fn late(run: &Run, due: &mut Due<'_>) -> Option<Event> {
    let deadline_ms = run.deadline_ms.filter(|_| !run.is_stopping())?;
    if due.now_ms < deadline_ms {
        due.wake(deadline_ms);
        return None;
    }
    let reason = "the time that `within` gives the workflow is over".to_owned();
    Some(Event::CancelRequested { run: run.id, fault: Fault::Late, reason })
}

impl<'a> Case<'a> {
    fn go_on(self, due: &mut Due<'a>) {
        match &self.step.phase {
            Phase::Waiting => self.wait(due),
            Phase::Between => self.begin(due),
            Phase::Backoff(at_ms) if *at_ms <= due.now_ms => self.begin(due),
            Phase::Backoff(at_ms) => due.wake(*at_ms),
            Phase::Tried(_) => {
                due.record(retry::decide(self.run, self.name, self.step, self.shape, due.now_ms));
            }
            Phase::Acting(token) => self.watch(*token, due),
            Phase::Undecided(token) => self.decide(*token, due),
            Phase::Ended(_) => {}
        }
    }

    fn wait(self, due: &mut Due<'a>) {
        match verdict(self.run, self.shape) {
            Verdict::NotYet => {}
            Verdict::Act => self.begin(due),
            Verdict::Skip { reason, is_missed } => self.skip(reason, is_missed, due),
        }
    }

    /// Ready, unless the time for it is over: then it has been tried for the last time.
    fn begin(self, due: &mut Due<'a>) {
        let limit_ms = retry::limit_ms(self.run, self.step, self.shape);
        if limit_ms.is_some_and(|limit| limit <= due.now_ms) {
            due.record(retry::give_up(self.run, self.name, self.step, self.shape, over()));
            return;
        }
        if let Some(limit_ms) = limit_ms {
            due.wake(limit_ms);
        }
        due.ready.push(Ready {
            run: self.run,
            index: self.index,
            name: self.name,
            step: self.step,
            shape: self.shape,
        });
    }

    fn watch(self, token: Token, due: &mut Due<'a>) {
        let Some(limit_ms) = retry::limit_ms(self.run, self.step, self.shape) else { return };
        if due.now_ms < limit_ms {
            due.wake(limit_ms);
            return;
        }
        let reason = "the time that `within` gives it is over".to_owned();
        due.commands.push(Command::Stop { token, fault: Fault::Late, reason });
    }

    fn decide(self, token: Token, due: &mut Due<'a>) {
        let attempt = self.state.attempts().get(&token);
        if let Some((repo, session)) = attempt.and_then(|attempt| attempt.session.clone()) {
            due.commands.push(Command::Decide { token, repo, session });
        }
    }

    fn skip(self, reason: String, is_missed: bool, due: &mut Due<'a>) {
        due.record(Event::StepSkipped {
            run: self.run.id,
            step: self.name.clone(),
            reason,
            misses_copy: is_missed && self.shape.makes_copy(),
        });
    }

    /// The run is to stop: nothing new begins, what is under way is told, what is lost is still decided.
    fn stop(self, fault: Fault, reason: &str, due: &mut Due<'a>) {
        match &self.step.phase {
            Phase::Acting(token) => {
                due.commands.push(Command::Stop { token: *token, fault, reason: reason.to_owned() });
            }
            Phase::Undecided(token) => self.decide(*token, due),
            Phase::Ended(_) => {}
            _ if self.step.has_begun() => {
                let cut = Outcome::Failed { class: Class::Permanent, fault, reason: reason.to_owned() };
                due.record(retry::give_up(self.run, self.name, self.step, self.shape, cut));
            }
            _ => self.skip(reason.to_owned(), true, due),
        }
    }
}

fn over() -> Outcome {
    let reason = "the time that `within` gives it is over".to_owned();
    Outcome::Failed { class: Class::Permanent, fault: Fault::Late, reason }
}

/// The worst of the steps. A skipped step counts when a copy is missing because of it; a run that was stopped
/// before all of it went well has failed.
fn outcome(run: &Run) -> Outcome {
    let mut worst = Outcome::Ok;
    for (name, step) in &run.steps {
        let Some(outcome) = step.outcome() else { continue };
        if !matches!(outcome, Outcome::Skipped { .. }) || step.misses_copy {
            worst = worst.worse(named(name, outcome));
        }
    }
    let is_cut = run.steps.values().filter_map(StepState::outcome).any(|outcome| !outcome.is_well());
    match &run.stopping {
        Some((fault, reason)) if is_cut => {
            worst.worse(Outcome::Failed { class: Class::Permanent, fault: *fault, reason: reason.clone() })
        }
        _ => worst,
    }
}

/// The same end with the name of its step before the reason.
fn named(name: &Name, outcome: &Outcome) -> Outcome {
    let with = |reason: &String| format!("`{name}`: {reason}");
    match outcome {
        Outcome::Ok => Outcome::Ok,
        Outcome::Degraded { reason } => Outcome::Degraded { reason: with(reason) },
        Outcome::Failed { class, fault, reason } => {
            Outcome::Failed { class: *class, fault: *fault, reason: with(reason) }
        }
        Outcome::Lost { reason } => Outcome::Lost { reason: with(reason) },
        Outcome::Skipped { reason } => Outcome::Skipped { reason: with(reason) },
    }
}
