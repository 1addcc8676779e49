//! How much of the graph still lies behind a step.

use std::collections::HashMap;

use mainstay_ir::{IndexMap, Name, Rule};

use super::StepShape;

/// Sets each step's longest path to the end. Dependencies only point backwards, so one pass from the end will do.
pub(crate) fn fill(steps: &mut IndexMap<Name, StepShape>) {
    let mut behind: HashMap<Name, u32> = HashMap::new();
    for (name, step) in steps.iter_mut().rev() {
        step.ahead = behind.get(name).copied().unwrap_or(0).saturating_add(1);
        for before in dependencies(step) {
            let longest = behind.entry(before).or_default();
            *longest = (*longest).max(step.ahead);
        }
    }
}

/// All steps that a step waits for or asks about.
pub(crate) fn dependencies(step: &StepShape) -> Vec<Name> {
    let mut names = step.waits.clone();
    rule_names(&step.needs, &mut names);
    names
}

fn rule_names(rule: &Rule, into: &mut Vec<Name>) {
    match rule {
        Rule::Always => {}
        Rule::Well(name) | Rule::Failed(name) | Rule::Ended(name) => into.push(name.clone()),
        Rule::All(rules) | Rule::Any(rules) => rules.iter().for_each(|rule| rule_names(rule, into)),
    }
}
