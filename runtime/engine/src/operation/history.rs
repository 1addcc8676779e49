//! What ran.

use mainstay_journal::RunId;

use super::{Engine, StateError};
use crate::report::{HistoryReport, RunReport, StepReport};
use crate::state::{Phase, Run, State, StepState};

impl Engine {
    /// The newest runs of the policy, the newest first.
    ///
    /// # Errors
    /// [`StateError`] if the journal cannot be read.
    pub fn history(&self, limit: usize) -> Result<HistoryReport, StateError> {
        let policy = &self.config.ir.policy;
        let state = self.look_at_memory()?.state(policy)?;
        let all: Vec<&Run> = state.runs().rev().filter(|run| run.policy == *policy).collect();
        let runs: Vec<RunReport> = all.iter().take(limit).map(|run| report(run)).collect();
        let left_off = all.len().saturating_sub(runs.len());
        Ok(HistoryReport { runs, left_off })
    }
}

/// Reports of these runs.
pub(super) fn reports(state: &State, runs: &[RunId]) -> Vec<RunReport> {
    runs.iter().filter_map(|run| state.run(run)).map(report).collect()
}

/// What is known of a run.
pub(super) fn report(run: &Run) -> RunReport {
    RunReport {
        run: run.id,
        policy: run.policy.clone(),
        policy_hash: run.policy_hash.clone(),
        workflow: run.workflow.clone(),
        cause: run.cause,
        host: run.host.clone(),
        slot_ms: run.slot_ms,
        started_ms: run.started_ms,
        ended_ms: run.ended.as_ref().map(|(at, _)| *at),
        outcome: run.ended.as_ref().map(|(_, outcome)| outcome.clone()),
        steps: run.steps.iter().map(|(name, step)| step_report(run, name, step)).collect(),
    }
}

fn step_report(run: &Run, name: &str, step: &StepState) -> StepReport {
    StepReport {
        step: name.to_owned(),
        outcome: match &step.phase {
            Phase::Ended(outcome) => Some(outcome.clone()),
            // A run whose policy could not be had does not tell which act was the last.
            Phase::Between if run.ended.is_some() => Some(step.so_far.clone()),
            _ => None,
        },
        stored: step.stored.clone(),
        figures: step.figures,
        tries: step.tries,
        took_ms: took_ms(step),
    }
}

fn took_ms(step: &StepState) -> Option<u64> {
    u64::try_from(step.last_ms?.checked_sub(step.first_ms?)?).ok()
}
