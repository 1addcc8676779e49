//! Workflows: their fields. When they run is compared by `timing`, what they copy by `copies`.

use std::collections::BTreeSet;

use mainstay_ir::{IndexMap, Ir, Name, Value, Workflow};

use super::closes::{self, Closes};
use super::pairs::names;
use super::steps::{Loss, losses, steps};
use super::walk::{Walk, if_moved};
use super::{Change, Facet, Strength, blocks, machines};
use Strength::{Neutral, Stronger, Weaker};

/// All workflows and machines.
pub(super) fn compare(walk: &mut Walk, old: &Ir, new: &Ir) {
    each(walk, "workflow", &old.workflows, &new.workflows, workflow, losses_of);
    each(walk, "machine", &old.machines, &new.machines, machines::machine, machines::losses_of);
}

/// Of one kind: those that are there no more, those that are new, and what differs in the others.
fn each<T>(
    walk: &mut Walk,
    kind: &str,
    old: &IndexMap<Name, T>,
    new: &IndexMap<Name, T>,
    compared: impl Fn(&mut Walk, &str, &T, &T),
    losses: impl Fn(&T) -> Vec<Loss>,
) {
    let fresh: Vec<&Name> = new.keys().filter(|name| !old.contains_key(*name)).collect();
    for name in names(old, new) {
        let subject = format!("{kind} {name}");
        match (old.get(name), new.get(name)) {
            (Some(before), Some(after)) => compared(walk, &subject, before, after),
            (Some(before), None) => {
                walk.add(removed(&subject, losses(before), if_moved(name, &fresh)));
            }
            (None, _) => walk.add(added(&subject, &[])),
        }
    }
}

/// All that a workflow does that no copy speaks of: in its body, and when it has ended.
pub(super) fn deeds(workflow: &Workflow) -> Vec<Loss> {
    losses(workflow.all_steps().map(|(_, step)| step))
}

/// All that is lost with a workflow that no copy speaks of. What a bracket held still needs it no more.
fn losses_of(workflow: &Workflow) -> Vec<Loss> {
    let mut found = deeds(workflow);
    found.extend(silence(&workflow.other));
    found
}

/// Whether somebody waits for a sign of life.
pub(super) fn silence(other: &IndexMap<Name, Value>) -> Option<Loss> {
    other.contains_key("alive").then_some((Facet::Notice, "silence is no alarm any more"))
}

/// What is new, with what it does that is more than copies.
pub(super) fn added(subject: &str, won: &[Loss]) -> Change {
    let facet = won.iter().map(|(facet, _)| *facet).min();
    let strength = if facet.is_some() { Stronger } else { Neutral };
    Change::new(strength, facet.unwrap_or(Facet::Running), subject).effect("added")
}

/// What it copied, verified or rehearsed is said of the copies; all else that it did is said here.
pub(super) fn removed(subject: &str, lost: Vec<Loss>, hint: Option<String>) -> Change {
    let facet = lost.iter().map(|(facet, _)| *facet).min();
    let strength = if facet.is_some() { Weaker } else { Neutral };
    let words: BTreeSet<&str> = lost.into_iter().map(|(_, words)| words).collect();
    let parts = std::iter::once("removed").chain(words).map(str::to_owned).chain(hint);
    let effect = parts.collect::<Vec<_>>().join("; ");
    Change::new(strength, facet.unwrap_or(Facet::Running), subject).effect(effect)
}

fn workflow(walk: &mut Walk, subject: &str, before: &Workflow, after: &Workflow) {
    objective(walk, subject, before.objective.as_ref(), after.objective.as_ref());
    let mut word = |field: &str, before: &str, after: &str| {
        let (before, after) = (Value::Member(before.to_owned()), Value::Member(after.to_owned()));
        walk.field(subject, &[format!("Workflow.{field}")], field, Some(&before), Some(&after));
    };
    word("overlap", before.overlap.word(), after.overlap.word());
    word("missed", before.missed.word(), after.missed.word());
    walk.record(subject, &["Workflow"], &before.other, &after.other, &str::to_owned);
    steps(walk, subject, &before.steps, &after.steps);
    blocks::body(walk, subject, &before.body, &after.body);
    let old = Closes::new(&before.closes, Some(&before.body));
    let new = Closes::new(&after.closes, Some(&after.body));
    let both = before.steps.keys().filter(|step| after.steps.contains_key(*step)).map(String::as_str);
    closes::compare(walk, subject, &old, &new, both.collect());
}

/// What a workflow or a machine is for.
pub(super) fn objective(walk: &mut Walk, subject: &str, before: Option<&Name>, after: Option<&Name>) {
    let value = |name: Option<&Name>| name.map(|name| Value::Thing("objective".to_owned(), name.clone()));
    let keys = ["Workflow.objective".to_owned()];
    walk.field(subject, &keys, "for", value(before).as_ref(), value(after).as_ref());
}
