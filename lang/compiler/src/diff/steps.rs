//! Steps: what they do, what they wait for, and how often they try. What a stage does to copies is said of the copies.

use std::collections::BTreeSet;

use mainstay_ir::{Action, Call, DurationMs, IndexMap, Name, Step, Value};

use super::pairs::matched;
use super::walk::Walk;
use super::work::{added, removed};
use super::{Change, Facet, Strength, words};
use Strength::{Neutral, Weaker};

/// What is lost: what it is about, and in words.
pub(super) type Loss = (Facet, &'static str);

/// What steps do that no copy speaks of.
pub(super) fn losses<'a>(steps: impl IntoIterator<Item = &'a Step>) -> Vec<Loss> {
    steps.into_iter().flat_map(|step| step.calls().iter().filter_map(lost_call)).collect()
}

/// What a call does that no copy speaks of.
pub(super) fn lost_call(call: &Call) -> Option<Loss> {
    match call.name.as_str() {
        "hook" => Some((Facet::Care, "a program is not run any more")),
        "check" => Some((Facet::Care, "a repo is not checked any more")),
        "wait_until" => Some((Facet::Care, "a probe is not waited for any more")),
        "approval" => Some((Facet::Control, "nobody is asked any more")),
        "notify" => Some((Facet::Notice, "nobody is told any more")),
        _ => None,
    }
}

/// The steps of a workflow, or of what closes one.
pub(super) fn steps(
    walk: &mut Walk,
    holder: &str,
    before: &IndexMap<Name, Step>,
    after: &IndexMap<Name, Step>,
) {
    for pair in matched(before, after, |step| &step.action) {
        match pair {
            (Some((id, old)), Some((to, new))) => {
                called(walk, &format!("{holder}, step {id}"), id, to);
                step(walk, &format!("{holder}, step {to}"), old, new);
            }
            (Some((id, old)), None) => {
                walk.add(removed(&format!("{holder}, step {id}"), losses([old]), None));
            }
            (None, Some((id, new))) => walk.add(added(&format!("{holder}, step {id}"), &losses([new]))),
            (None, None) => {}
        }
    }
}

/// One that has another name.
pub(super) fn called(walk: &mut Walk, subject: &str, id: &str, to: &str) {
    if id != to {
        walk.add(Change::new(Neutral, Facet::Running, subject).effect(format!("it is called `{to}` now")));
    }
}

/// A step that stays, or what a state does.
pub(super) fn step(walk: &mut Walk, subject: &str, before: &Step, after: &Step) {
    action(walk, subject, &before.action, &after.action);
    span(walk, subject, "Step.within", "within", before.within, after.within);
    let (old, new) = (Value::Backoff(before.retry.clone()), Value::Backoff(after.retry.clone()));
    walk.field(subject, &["Step.retry".into()], "retry", Some(&old), Some(&new));
    let undo = |step: &Step| step.undo.as_ref().map(|call| Value::Member(words::call(call)));
    walk.field(subject, &["Step.undo".into()], "undo", undo(before).as_ref(), undo(after).as_ref());
    let needs = |step: &Step| (!step.needs.is_always()).then(|| words::rule(&step.needs));
    walk.shown(Facet::Running, subject, "after", needs(before), needs(after));
    let waits = |step: &Step| {
        let all: BTreeSet<&Name> = step.waits.iter().collect();
        (!all.is_empty()).then(|| words::list(all.into_iter().cloned()))
    };
    walk.shown(Facet::Running, subject, "waits for", waits(before), waits(after));
    // The numbers of blocks and branches move with those before them; how many at once is what counts.
    let limits = |step: &Step| {
        let mut all: Vec<u32> = step.limits.iter().map(|limit| limit.limit).collect();
        all.sort_unstable();
        (!all.is_empty()).then(|| words::list(all.iter().map(u32::to_string)))
    };
    walk.shown(Facet::Running, subject, "limit", limits(before), limits(after));
    let claims = |step: &Step| {
        let mut all: Vec<String> =
            step.claims.iter().map(|(pool, slots)| format!("{pool}: {slots}")).collect();
        let share = |(pool, each): (&Name, &u64)| format!("{pool}: {}", words::value(&Value::Percent(*each)));
        all.extend(step.shares.iter().map(share));
        all.sort();
        (!all.is_empty()).then(|| words::list(all.into_iter()))
    };
    walk.shown(Facet::Running, subject, "pool", claims(before), claims(after));
}

/// How long something may take.
pub(super) fn span(
    walk: &mut Walk,
    subject: &str,
    key: &str,
    field: &str,
    before: Option<DurationMs>,
    after: Option<DurationMs>,
) {
    let (before, after) = (before.map(Value::Duration), after.map(Value::Duration));
    walk.field(subject, &[key.to_owned()], field, before.as_ref(), after.as_ref());
}

fn action(walk: &mut Walk, subject: &str, before: &Action, after: &Action) {
    match (before, after) {
        (Action::Stages(before), Action::Stages(after)) => stages(walk, subject, before, after),
        (Action::Verb(before), Action::Verb(after)) if before.name == after.name => {
            call(walk, subject, "verb", before, after);
        }
        (before, after) => {
            let lost = match before {
                Action::Verb(call) => lost_call(call),
                Action::Stages(_) => None,
            };
            let strength = if lost.is_some() { Weaker } else { Neutral };
            let facet = lost.map_or(Facet::Running, |(facet, _)| facet);
            let change =
                Change::new(strength, facet, subject).values(Some(chain(before)), Some(chain(after)));
            walk.add(change.effect(lost.map_or("", |(_, words)| words)));
        }
    }
}

fn chain(action: &Action) -> String {
    match action {
        Action::Stages(calls) => names(calls),
        Action::Verb(call) => words::call(call),
    }
}

fn names(calls: &[Call]) -> String {
    calls.iter().map(|call| call.name.as_str()).collect::<Vec<_>>().join(" |> ")
}

/// Stages of the same name, in order; what a stage does to copies is said of the copies.
fn stages(walk: &mut Walk, subject: &str, before: &[Call], after: &[Call]) {
    let key = |calls: &[Call]| -> IndexMap<Name, Call> {
        let mut seen: IndexMap<Name, Call> = IndexMap::default();
        for call in calls {
            let twice = seen.keys().filter(|name| name.split(' ').next() == Some(&call.name)).count();
            let name = if twice == 0 { call.name.clone() } else { format!("{} {}", call.name, twice + 1) };
            seen.insert(name, call.clone());
        }
        seen
    };
    walk.shown(Facet::Running, subject, "stages", Some(names(before)), Some(names(after)));
    let (before, after) = (key(before), key(after));
    for (name, old) in &before {
        if let Some(new) = after.get(name) {
            call(walk, &format!("{subject}, {name}"), "stage", old, new);
        }
    }
}

/// A call of the same stage or verb.
pub(super) fn call(walk: &mut Walk, subject: &str, kind: &str, before: &Call, after: &Call) {
    let own = format!("{kind}.{}", before.name);
    let place_of = |call: &Call| {
        let mut args = call.args.clone();
        // Where a value comes from is a matter of the copies, or of what the steps are called.
        args.retain(|name, value| !(name == "of" && matches!(value, Value::Step(_))));
        args
    };
    // What all stages take, and all verbs.
    let common = if kind == "stage" { "Stage" } else { "Verb" };
    walk.record(subject, &[&own, common], &place_of(before), &place_of(after), &str::to_owned);
    span(walk, subject, "Call.within", "within", before.within, after.within);
}
