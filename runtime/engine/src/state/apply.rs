//! The one transition function.
//!
//! It never fails and never asks: each event is a fact. What a stale attempt reports (its token is not the one
//! that its step acts under) changes nothing; that is the fence of `AttemptCompleted`, `Adopted` and `Abandoned`.

use std::sync::Arc;

use mainstay_ir::Name;
use mainstay_journal::{Event, Figures, Outcome, Record, RunId, Seq, Stored, Token};

use super::run::{Attempt, Phase, Run, StepState};
use super::{Dated, State, resume};

/// Folds one record.
pub fn apply(state: &mut State, record: &Record) {
    let Record { seq, at_ms, event } = record;
    state.head = *seq;
    match event {
        Event::PolicyPinned { .. } | Event::Checkpoint { .. } => {}
        Event::RunStarted { run, .. } => start(state, *run, record),
        Event::RunResumed { run, deadline_ms } => {
            with_run(state, run, |run| resume::reopen(run, *deadline_ms));
            state.open.extend(state.runs.get(run).map(|run| (run.since, run.id)));
        }
        Event::StepScheduled { run, step, .. } => {
            with_step(state, run, step, |step| step.queued = step.queued.or(Some(*seq)));
        }
        Event::StepSkipped { run, step, reason, misses_copy } => with_step(state, run, step, |step| {
            step.phase = Phase::Ended(Outcome::Skipped { reason: reason.clone() });
            step.misses_copy = *misses_copy;
        }),
        Event::AttemptStarted { run, step, act, attempt } => {
            begin(state, run, step, (*act, *attempt), (*seq, *at_ms));
        }
        Event::Intent { token, repo, session } => {
            if let Some(attempt) = state.attempts.get_mut(token) {
                attempt.session = Some((repo.clone(), session.clone()));
            }
        }
        Event::AttemptCompleted { token, outcome, stored, figures } => {
            complete(state, *token, *at_ms, &End { outcome, stored: stored.as_ref(), figures });
        }
        Event::Lost { token } => lose(state, *token),
        Event::Adopted { token, stored } => adopt(state, *token, *at_ms, stored),
        Event::Abandoned { token } => abandon(state, *token, *at_ms),
        Event::RetryScheduled { run, step, at_ms, .. } => {
            with_step(state, run, step, |step| step.phase = Phase::Backoff(*at_ms));
        }
        Event::DeadLettered { run, step, outcome } => {
            with_step(state, run, step, |step| step.phase = Phase::Ended(outcome.clone()));
        }
        Event::CancelRequested { run, fault, reason } => with_run(state, run, |run| {
            run.stopping.get_or_insert((*fault, reason.clone()));
        }),
        Event::RunEnded { run, outcome } => {
            with_run(state, run, |run| run.ended = Some((*at_ms, outcome.clone())));
            let place = state.runs.get(run).map(|run| (run.since, run.id));
            place.map(|place| state.open.remove(&place));
        }
        Event::Verified { policy, repo, source, .. } => {
            let by = doer(state, policy, repo, source);
            let ledger = Arc::make_mut(&mut state.ledger);
            ledger.note(*at_ms, event);
            ledger.date((policy.clone(), repo.clone(), source.clone()), Dated { at_ms: *at_ms, by });
        }
        Event::Forgotten { .. } | Event::RepoHeads { .. } => {
            Arc::make_mut(&mut state.ledger).note(*at_ms, event);
        }
    }
}

/// The run under way that has to do with a source in a repository. None is under way when somebody reads back by hand.
fn doer(state: &State, policy: &str, repo: &str, source: &str) -> Option<(RunId, Name)> {
    let is_its = |run: &&Run| {
        let stored = run.steps.values().filter_map(|step| step.stored.as_ref());
        run.policy == policy
            && stored.into_iter().any(|stored| (&*stored.repo, &*stored.source) == (repo, source))
    };
    state.open_runs().filter(is_its).last().map(|run| (run.id, run.workflow.clone()))
}

fn with_run(state: &mut State, id: &RunId, change: impl FnOnce(&mut Run)) {
    if let Some(run) = state.runs.get_mut(id) {
        change(run);
    }
}

/// A run whose shape is not known learns of its steps as they are named.
fn with_step(state: &mut State, run: &RunId, step: &str, change: impl FnOnce(&mut StepState)) {
    with_run(state, run, |run| {
        change(run.steps.entry(step.to_owned()).or_insert_with(|| StepState::new(Phase::Waiting)));
    });
}

fn start(state: &mut State, id: RunId, record: &Record) {
    let Event::RunStarted { policy, policy_hash, workflow, slot_ms, cause, host, only, deadline_ms, .. } =
        &record.event
    else {
        return;
    };
    let shape = state.shapes.get(&(policy_hash.clone(), workflow.clone())).cloned();
    let names = shape.iter().flat_map(|shape| shape.steps.keys());
    let wanted = names.filter(|name| only.is_empty() || only.contains(name));
    let run = Run {
        id,
        policy: policy.clone(),
        policy_hash: policy_hash.clone(),
        workflow: workflow.clone(),
        slot_ms: *slot_ms,
        cause: *cause,
        host: host.clone(),
        only: only.clone(),
        started_ms: record.at_ms,
        since: record.seq,
        deadline_ms: *deadline_ms,
        stopping: None,
        ended: None,
        steps: wanted.map(|name| (name.clone(), StepState::new(Phase::Waiting))).collect(),
        shape,
    };
    state.lines.entry((run.policy.clone(), run.workflow.clone())).or_default().add(&run);
    state.open.insert((run.since, id));
    match state.runs.insert(id, run) {
        None => state.order.push(id),
        Some(before) => drop(state.open.remove(&(before.since, id))),
    }
}

fn begin(state: &mut State, run: &RunId, step: &str, (act, attempt): (u32, u32), at: (Seq, i64)) {
    let (seq, at_ms) = at;
    let token = Token::from(seq);
    with_step(state, run, step, |step| {
        step.phase = Phase::Acting(token);
        step.last = Some(token);
        (step.act, step.attempts) = (act, attempt);
        step.tries = step.tries.saturating_add(1);
        step.first_ms = step.first_ms.or(Some(at_ms));
        step.act_ms = step.act_ms.or(Some(at_ms));
        step.queued = None;
    });
    let attempt =
        Attempt { run: *run, step: step.to_owned(), started_ms: at_ms, session: None, is_lost: false };
    state.attempts.insert(token, attempt);
}

struct End<'a> {
    outcome: &'a Outcome,
    stored: Option<&'a Stored>,
    figures: &'a Figures,
}

fn complete(state: &mut State, token: Token, at_ms: i64, end: &End<'_>) {
    let Some(attempt) = state.attempts.remove(&token) else { return };
    if let (Some(Stored { repo, source, .. }), Some(run)) = (end.stored, state.runs.get(&attempt.run)) {
        let by = Some((run.id, run.workflow.clone()));
        let of = (run.policy.clone(), repo.clone(), source.clone());
        Arc::make_mut(&mut state.ledger).date(of, Dated { at_ms, by });
    }
    with_current(state, token, &attempt, |step, acts| {
        step.last_ms = Some(at_ms);
        step.complaint = end.outcome.reason().map(str::to_owned);
        match end.outcome {
            Outcome::Ok | Outcome::Degraded { .. } => advance(step, acts, end),
            Outcome::Skipped { .. } => step.phase = Phase::Ended(end.outcome.clone()),
            Outcome::Failed { .. } | Outcome::Lost { .. } => step.phase = Phase::Tried(end.outcome.clone()),
        }
    });
}

/// Changes the step that an attempt is of, unless that acts under another token by now.
fn with_current(
    state: &mut State,
    token: Token,
    attempt: &Attempt,
    change: impl FnOnce(&mut StepState, Option<usize>),
) {
    with_run(state, &attempt.run, |run| {
        let acts = run.step_shape(&attempt.step).map(|shape| shape.acts.len());
        let step = run.steps.get_mut(&attempt.step).filter(|step| {
            matches!(step.phase, Phase::Acting(current) | Phase::Undecided(current) if current == token)
        });
        if let Some(step) = step {
            change(step, acts);
        }
    });
}

/// An act is done. How many there are is not known when the policy could not be had: the run's end says it then.
fn advance(step: &mut StepState, acts: Option<usize>, end: &End<'_>) {
    step.act = step.act.saturating_add(1);
    step.attempts = 0;
    step.act_ms = None;
    step.so_far = step.so_far.clone().worse(end.outcome.clone());
    if let Some(stored) = end.stored {
        step.stored = Some(stored.clone());
        step.figures = *end.figures;
    }
    let is_last = usize::try_from(step.act).ok() == acts;
    step.phase = if is_last { Phase::Ended(step.so_far.clone()) } else { Phase::Between };
}

fn lose(state: &mut State, token: Token) {
    let Some(attempt) = state.attempts.get_mut(&token) else { return };
    attempt.is_lost = true;
    let attempt = attempt.clone();
    if attempt.session.is_some() {
        with_current(state, token, &attempt, |step, _| step.phase = Phase::Undecided(token));
    } else {
        state.attempts.remove(&token);
        with_current(state, token, &attempt, |step, _| step.phase = Phase::Tried(lost()));
    }
}

fn lost() -> Outcome {
    Outcome::Lost { reason: "its process ended before it did".to_owned() }
}

fn adopt(state: &mut State, token: Token, at_ms: i64, stored: &Stored) {
    let outcome = if stored.whole {
        Outcome::Ok
    } else {
        Outcome::Degraded { reason: "the snapshot is not whole".to_owned() }
    };
    let end = End { outcome: &outcome, stored: Some(stored), figures: &Figures::default() };
    complete(state, token, at_ms, &end);
}

fn abandon(state: &mut State, token: Token, at_ms: i64) {
    let Some(attempt) = state.attempts.remove(&token) else { return };
    with_current(state, token, &attempt, |step, _| {
        step.last_ms = Some(at_ms);
        // No attempts: its run was resumed meanwhile, and the step has all its tries again.
        step.phase = if step.attempts == 0 { resume::ready(step) } else { Phase::Tried(lost()) };
    });
}
