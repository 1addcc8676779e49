//! What of the journal a person who watches wants to hear.

use mainstay_journal::{Event, Outcome, Record, RunId};

use crate::monitor::{Monitor, Progress};
use crate::state::{Run, State, StepState};

/// Tells the monitor of a record that has been applied.
pub(crate) fn announce(state: &State, record: &Record, monitor: &dyn Monitor) {
    if let Some(progress) = progress(state, &record.event) {
        monitor.event(&progress);
    }
    if let Some(ended) = ended(state, record) {
        monitor.event(&ended);
    }
}

fn progress(state: &State, event: &Event) -> Option<Progress> {
    match event {
        Event::RunStarted { run, workflow, .. } => {
            let steps = state.run(run)?.steps.len();
            Some(Progress::RunStarted { run: *run, workflow: workflow.clone(), steps })
        }
        Event::RunResumed { run, .. } => {
            let known = state.run(run)?;
            let (workflow, steps) = (known.workflow.clone(), known.steps.len());
            Some(Progress::RunStarted { run: *run, workflow, steps })
        }
        Event::AttemptStarted { run, step, attempt, .. } => {
            let act = act_word(state.run(run)?, step)?;
            Some(Progress::ActStarted { run: *run, step: step.clone(), act, attempt: *attempt })
        }
        Event::StepScheduled { run, step, waits_for } => {
            Some(Progress::Waiting { run: *run, step: step.clone(), reason: waits(waits_for) })
        }
        Event::RetryScheduled { run, step, at_ms, .. } => {
            let complaint = state.run(run)?.steps.get(step)?.complaint.clone();
            let reason = complaint.unwrap_or_else(|| "its last attempt was lost".to_owned());
            Some(Progress::Retrying { run: *run, step: step.clone(), at_ms: *at_ms, reason })
        }
        Event::RunEnded { run, outcome } => {
            let workflow = state.run(run)?.workflow.clone();
            Some(Progress::RunEnded { run: *run, workflow, outcome: outcome.clone() })
        }
        _ => None,
    }
}

fn act_word(run: &Run, step: &str) -> Option<&'static str> {
    Some(run.steps.get(step)?.current(run.step_shape(step)?)?.kind.word())
}

fn waits(pools: &[String]) -> String {
    if pools.is_empty() {
        return "its block is at its limit".to_owned();
    }
    let names: Vec<String> = pools.iter().map(|pool| format!("`{pool}`")).collect();
    format!("no free slot in {}", names.join(", "))
}

/// The end of a step, when this record was the one that ended it.
fn ended(state: &State, record: &Record) -> Option<Progress> {
    let (run, name) = ender(state, &record.event)?;
    let step = state.run(&run)?.steps.get(&name)?;
    Some(Progress::StepEnded {
        run,
        step: name,
        outcome: step.outcome()?.clone(),
        stored: step.stored.clone(),
        figures: step.figures,
        took_ms: took_ms(step, record.at_ms),
    })
}

fn ender(state: &State, event: &Event) -> Option<(RunId, String)> {
    match event {
        Event::StepSkipped { run, step, .. } | Event::DeadLettered { run, step, .. } => {
            Some((*run, step.clone()))
        }
        Event::AttemptCompleted {
            token,
            outcome: Outcome::Ok | Outcome::Degraded { .. } | Outcome::Skipped { .. },
            ..
        }
        | Event::Adopted { token, .. } => {
            let mut steps =
                state.open_runs().flat_map(|run| run.steps.iter().map(move |(name, step)| (run, name, step)));
            let (run, name, _) = steps.find(|(_, _, step)| step.last == Some(*token))?;
            Some((run.id, name.clone()))
        }
        _ => None,
    }
}

fn took_ms(step: &StepState, now_ms: i64) -> u64 {
    let first = step.first_ms.unwrap_or(now_ms);
    u64::try_from(now_ms.saturating_sub(first)).unwrap_or(0)
}
