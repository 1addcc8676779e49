//! A run that was broken off, or that failed, goes on.

use mainstay_journal::Outcome;

use super::run::{Phase, Run, StepState};

/// Steps with acts that are not done have all their tries again; what is done stays done.
pub(super) fn reopen(run: &mut Run, deadline_ms: Option<i64>) {
    run.ended = None;
    run.stopping = None;
    run.deadline_ms = deadline_ms;
    let shape = run.shape.clone();
    for (name, step) in &mut run.steps {
        let acts = shape.as_ref().and_then(|shape| shape.steps.get(name)).map(|step| step.acts.len());
        if usize::try_from(step.act).ok() != acts {
            again(step);
        }
    }
}

fn again(step: &mut StepState) {
    step.attempts = 0;
    if matches!(step.phase, Phase::Acting(_) | Phase::Undecided(_)) {
        return;
    }
    step.phase = ready(step);
    step.first_ms = None;
    step.act_ms = None;
    step.queued = None;
    step.misses_copy = false;
    if step.act == 0 {
        step.so_far = Outcome::Ok;
    }
}

/// Where a step is that can begin its next act.
pub(super) fn ready(step: &StepState) -> Phase {
    if step.act > 0 { Phase::Between } else { Phase::Waiting }
}
