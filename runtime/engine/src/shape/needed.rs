//! Which steps a step cannot do without.

use mainstay_ir::{Name, Rule};

use super::{Shape, StepShape};

/// These steps and those whose values or good ends they need, in the order of the workflow.
pub(crate) fn needed<'a>(shape: &Shape, wanted: impl Iterator<Item = &'a Name>) -> Vec<Name> {
    let mut marked: Vec<Name> = wanted.cloned().collect();
    let mut at = 0;
    while let Some(name) = marked.get(at).cloned() {
        at = at.saturating_add(1);
        let Some(step) = shape.steps.get(&name) else { continue };
        for before in before(step) {
            if !marked.contains(&before) {
                marked.push(before);
            }
        }
    }
    shape.steps.keys().filter(|name| marked.contains(*name)).cloned().collect()
}

fn before(step: &StepShape) -> Vec<Name> {
    let mut names = Vec::new();
    well(&step.needs, &mut names);
    names.extend(step.acts.iter().filter_map(|act| act.kind.from().cloned()));
    names
}

fn well(rule: &Rule, into: &mut Vec<Name>) {
    match rule {
        Rule::Well(name) => into.push(name.clone()),
        Rule::All(rules) => rules.iter().for_each(|rule| well(rule, into)),
        Rule::Always | Rule::Failed(_) | Rule::Ended(_) | Rule::Any(_) => {}
    }
}
