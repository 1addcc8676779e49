//! The history of a simulation in words.

use mainstay_ir::Name;
use mainstay_journal::{Event, Record, RunId};

use super::Simulated;
use crate::executor::announce;
use crate::monitor::{Monitor, Progress, Recorder};
use crate::state::{State, apply};

/// A line of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// When, in milliseconds since 1970, UTC.
    pub at_ms: i64,
    /// In which run.
    pub run: RunId,
    /// The step that it is about.
    pub step: Option<Name>,
    /// What happened, in words.
    pub text: String,
}

/// What a person who watched a run would have seen of it.
pub fn timeline(simulated: &Simulated, run: RunId) -> Vec<Moment> {
    let mut state = State::new(simulated.shapes.clone());
    let mut moments = Vec::new();
    for record in &simulated.records {
        let lost = lost(&state, record);
        apply(&mut state, record);
        if is_next_act(&record.event) {
            continue;
        }
        let seen = Recorder::default();
        announce(&state, record, &seen as &dyn Monitor);
        let seen = seen.events();
        let told = seen.iter().filter_map(words).chain(lost).filter(|(of, ..)| *of == run);
        moments.extend(told.map(|(run, step, text)| Moment { at_ms: record.at_ms, run, step, text }));
    }
    without_instants(moments)
}

/// A step that goes on from one act to the next has nothing to tell.
fn is_next_act(event: &Event) -> bool {
    matches!(event, Event::AttemptStarted { act: 1.., attempt: 1, .. })
}

/// The begin of a step that ends at the same instant says nothing.
fn without_instants(moments: Vec<Moment>) -> Vec<Moment> {
    let is_instant = |at: usize, moment: &Moment| {
        let later = moments.iter().skip(at.saturating_add(1));
        let mut same = later.take_while(|later| later.at_ms == moment.at_ms);
        moment.text.ends_with(BEGINS) && moment.step.is_some() && same.any(|later| later.step == moment.step)
    };
    let kept = moments.iter().enumerate().filter(|(at, moment)| !is_instant(*at, moment));
    kept.map(|(_, moment)| moment.clone()).collect()
}

/// What a step, or a run, does first.
const BEGINS: &str = " begins";

/// A run, a step of it, and what happened.
type Told = (RunId, Option<Name>, String);

fn lost(state: &State, record: &Record) -> Option<Told> {
    let Event::Lost { token } = &record.event else { return None };
    let attempt = state.attempts().get(token)?;
    Some((attempt.run, Some(attempt.step.clone()), format!("{} is lost: the process died", attempt.step)))
}

fn words(progress: &Progress) -> Option<Told> {
    let of_step = |run: &RunId, step: &Name, text: String| Some((*run, Some(step.clone()), text));
    match progress {
        Progress::RunStarted { run, workflow, .. } => Some((*run, None, format!("{workflow}{BEGINS}"))),
        Progress::ActStarted { run, step, attempt: 1, .. } => of_step(run, step, format!("{step}{BEGINS}")),
        Progress::ActStarted { run, step, act, attempt } => {
            of_step(run, step, format!("{step}: {act}, try {attempt}"))
        }
        Progress::Waiting { run, step, reason } => of_step(run, step, format!("{step} waits: {reason}")),
        Progress::Retrying { run, step, reason, .. } => of_step(run, step, format!("{step}: {reason}")),
        Progress::StepEnded { run, step, outcome, .. } => {
            of_step(run, step, format!("{step} {}", with_reason(outcome)))
        }
        Progress::RunEnded { run, workflow, outcome } => {
            Some((*run, None, format!("{workflow} {}", with_reason(outcome))))
        }
        _ => None,
    }
}

fn with_reason(outcome: &mainstay_journal::Outcome) -> String {
    let reason = outcome.reason().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("{}{reason}", outcome.word())
}
