//! What follows an attempt that did not end well.

use mainstay_ir::Backoff;
use mainstay_journal::{Class, Event, Fault, Outcome, RunId};

use super::run::{Run, StepState};
use crate::shape::{Act, ActKind, StepShape};

/// Says what is hashed for the jitter.
const CONTEXT: &str = "mainstay 2026 retry jitter";

/// Tries again later, or gives up.
pub(super) fn decide(run: &Run, name: &str, step: &StepState, shape: &StepShape, now_ms: i64) -> Event {
    let tried = match &step.phase {
        super::Phase::Tried(outcome) => outcome.clone(),
        _ => return give_up(run, name, step, shape, Outcome::Ok),
    };
    let Some(act) = step.current(shape) else { return give_up(run, name, step, shape, tried) };
    let at_ms = now_ms.saturating_add_unsigned(delay_ms(&act.retry, &run.id, name, step.attempts));
    let has_tries = step.attempts < act.retry.tries;
    let in_time = limit_ms(run, step, shape).is_none_or(|limit| at_ms < limit);
    if may_help(act, &tried) && has_tries && in_time {
        let attempt = step.attempts.saturating_add(1);
        return Event::RetryScheduled { run: run.id, step: name.to_owned(), attempt, at_ms };
    }
    give_up(run, name, step, shape, tried)
}

/// Another try may help what was transient or lost. What cannot be repeated safely is not repeated by itself:
/// nobody knows whether a lost hook has acted.
fn may_help(act: &Act, tried: &Outcome) -> bool {
    match tried {
        Outcome::Failed { class, .. } => *class == Class::Transient,
        Outcome::Lost { .. } => act.kind.is_idempotent(),
        _ => false,
    }
}

/// The end of a step that gave up.
pub(super) fn give_up(run: &Run, name: &str, step: &StepState, shape: &StepShape, tried: Outcome) -> Event {
    let outcome = final_outcome(step, shape, tried);
    Event::DeadLettered { run: run.id, step: name.to_owned(), outcome }
}

/// A copy that was made stays one when a later guarantee is missing; unless what is missing is the copy itself.
fn final_outcome(step: &StepState, shape: &StepShape, tried: Outcome) -> Outcome {
    let word = step.current(shape).map_or("step", |act| act.kind.word());
    let is_damage = matches!(
        tried,
        Outcome::Failed { fault: Fault::Damage | Fault::Replaced | Fault::RolledBack | Fault::Emptied, .. }
    );
    if has_copy(step, shape) && !is_damage {
        let reason = tried.reason().unwrap_or("it did not end");
        return Outcome::Degraded { reason: format!("stored, but not `{word}`: {reason}") };
    }
    match tried {
        Outcome::Lost { reason } => {
            let reason = format!("lost: {reason}");
            Outcome::Failed { class: Class::Permanent, fault: Fault::Other, reason }
        }
        other => other,
    }
}

/// Whether an act of this step that is done made a copy.
fn has_copy(step: &StepState, shape: &StepShape) -> bool {
    let done = usize::try_from(step.act).unwrap_or(usize::MAX);
    let makes = |act: &Act| matches!(act.kind, ActKind::Backup { .. } | ActKind::Replicate { .. });
    shape.acts.iter().take(done).any(makes)
}

/// When the time of the run, the step and the act is over, whichever is first.
pub(super) fn limit_ms(run: &Run, step: &StepState, shape: &StepShape) -> Option<i64> {
    let after = |start: Option<i64>, span: Option<u64>| Some(start?.saturating_add_unsigned(span?));
    let of_step = after(step.first_ms, shape.within_ms);
    let of_act = after(step.act_ms, step.current(shape).and_then(|act| act.within_ms));
    [run.deadline_ms, of_step, of_act].into_iter().flatten().min()
}

/// Full jitter: anything from nothing to the doubled wait, the same for the same attempt.
pub(super) fn delay_ms(backoff: &Backoff, run: &RunId, step: &str, attempt: u32) -> u64 {
    let doublings = attempt.saturating_sub(1);
    let factor = 1u64.checked_shl(doublings).unwrap_or(u64::MAX);
    let longest = backoff.first.0.saturating_mul(factor).min(backoff.most.0);
    let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
    hasher.update(&run.0).update(&attempt.to_le_bytes()).update(step.as_bytes());
    let mut number = [0; 8];
    hasher.finalize_xof().fill(&mut number);
    u64::from_le_bytes(number).checked_rem(longest.saturating_add(1)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use mainstay_ir::DurationMs;

    use super::*;

    #[test]
    fn jitter_is_full_bounded_and_the_same_each_time() {
        let backoff = Backoff { first: DurationMs(1_000), most: DurationMs(5_000), tries: 9 };
        let delays = |attempt| -> Vec<u64> {
            (0..200).map(|run| delay_ms(&backoff, &RunId([run; 32]), "a", attempt)).collect()
        };
        for (attempt, longest) in [(1, 1_000), (2, 2_000), (3, 4_000), (4, 5_000), (90, 5_000)] {
            let delays = delays(attempt);
            assert!(delays.iter().all(|delay| *delay <= longest));
            assert!(delays.iter().any(|delay| *delay < longest / 5));
            assert!(delays.iter().any(|delay| *delay > longest / 5 * 4));
        }
        assert_eq!(delays(2), delays(2));
        assert_ne!(delays(2), delays(3));
    }
}
