//! Whether a step may act, in terms of what came of others.

use mainstay_ir::{Name, Rule};
use mainstay_journal::Outcome;

use super::run::{Run, StepState};
use crate::shape::{StepShape, dependencies};

/// What a rule says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Something that it asks about has not ended.
    NotYet,
    /// The step may act.
    Act,
    /// The step is skipped, for this reason.
    Skip {
        /// In words.
        reason: String,
        /// Whether something that should have gone well did not; false when a step that waits for a failure
        /// was not needed.
        is_missed: bool,
    },
}

/// What the waits and needs of a step say now. Steps that are not part of this run are not asked.
pub(super) fn verdict(run: &Run, shape: &StepShape) -> Verdict {
    let dependencies = dependencies(shape);
    let mut part = dependencies.iter().filter_map(|name| run.steps.get(name));
    if part.any(|step| step.outcome().is_none()) {
        return Verdict::NotYet;
    }
    match unmet(run, &shape.needs) {
        None => Verdict::Act,
        Some(Unmet { reason, is_missed }) => Verdict::Skip { reason, is_missed },
    }
}

struct Unmet {
    reason: String,
    is_missed: bool,
}

/// Why a rule does not hold; nothing when it does.
fn unmet(run: &Run, rule: &Rule) -> Option<Unmet> {
    match rule {
        Rule::Always | Rule::Ended(_) => None,
        Rule::Well(name) => not(run, name, true, Outcome::is_well),
        Rule::Failed(name) => not(run, name, false, |outcome| matches!(outcome, Outcome::Failed { .. })),
        Rule::All(rules) => rules.iter().find_map(|rule| unmet(run, rule)),
        Rule::Any(rules) => any(run, rules),
    }
}

fn any(run: &Run, rules: &[Rule]) -> Option<Unmet> {
    let mut first = None;
    for rule in rules {
        let unmet = unmet(run, rule)?;
        first.get_or_insert(unmet);
    }
    first
}

fn not(run: &Run, name: &Name, is_missed: bool, holds: impl Fn(&Outcome) -> bool) -> Option<Unmet> {
    let outcome = run.steps.get(name).and_then(StepState::outcome)?;
    if holds(outcome) {
        return None;
    }
    Some(Unmet { reason: format!("`{name}` ended {}", outcome.word()), is_missed })
}
