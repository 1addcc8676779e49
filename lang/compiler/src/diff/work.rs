//! Workflows: their fields. When they run is compared by `timing`, what they copy by `copies`.

use indexmap::IndexMap;
use mainstay_ir::{Ir, Name, Step, Value, Workflow};

use super::pairs::names;
use super::steps::{lost, steps};
use super::walk::{Walk, if_moved};
use super::{Change, Facet, Strength, blocks, machines};
use Strength::{Neutral, Stronger, Weaker};

/// All workflows and machines.
pub(super) fn compare(walk: &mut Walk, old: &Ir, new: &Ir) {
    each(walk, "workflow", &old.workflows, &new.workflows, workflow, |it| {
        it.steps.values().cloned().collect()
    });
    each(walk, "machine", &old.machines, &new.machines, machines::machine, machines::acts);
}

/// Of one kind: those that are there no more, those that are new, and what differs in the others.
fn each<T>(
    walk: &mut Walk,
    kind: &str,
    old: &IndexMap<Name, T>,
    new: &IndexMap<Name, T>,
    compared: impl Fn(&mut Walk, &str, &T, &T),
    steps: impl Fn(&T) -> Vec<Step>,
) {
    let fresh: Vec<&Name> = new.keys().filter(|name| !old.contains_key(*name)).collect();
    for name in names(old, new) {
        let subject = format!("{kind} {name}");
        match (old.get(name), new.get(name)) {
            (Some(before), Some(after)) => compared(walk, &subject, before, after),
            (Some(before), None) => {
                walk.add(removed(&subject, &steps(before), if_moved(name, &fresh)));
            }
            (None, _) => walk.add(added(&subject, &[])),
        }
    }
}

/// What is new, with what it does that is more than copies.
pub(super) fn added(subject: &str, steps: &[Step]) -> Change {
    let (facet, _) = lost(steps);
    let strength = if facet.is_some() { Stronger } else { Neutral };
    Change::new(strength, facet.unwrap_or(Facet::Running), subject).effect("added")
}

/// What it copied, verified or rehearsed is said of the copies; all else that it did is said here.
pub(super) fn removed(subject: &str, steps: &[Step], hint: Option<String>) -> Change {
    let (facet, mut parts) = lost(steps);
    let strength = if facet.is_some() { Weaker } else { Neutral };
    parts.insert(0, "removed".to_owned());
    parts.extend(hint);
    Change::new(strength, facet.unwrap_or(Facet::Running), subject).effect(parts.join("; "))
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
    blocks::closes(walk, subject, &before.closes, &after.closes);
}

/// What a workflow or a machine is for.
pub(super) fn objective(walk: &mut Walk, subject: &str, before: Option<&Name>, after: Option<&Name>) {
    let value = |name: Option<&Name>| name.map(|name| Value::Thing("objective".to_owned(), name.clone()));
    let keys = ["Workflow.objective".to_owned()];
    walk.field(subject, &keys, "for", value(before).as_ref(), value(after).as_ref());
}
