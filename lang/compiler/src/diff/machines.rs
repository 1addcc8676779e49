//! Machines: their states, where those lead, and how it ends. When they run is compared by `timing`, what they copy by
//! `copies`.

use std::collections::BTreeSet;

use mainstay_ir::{Call, IndexMap, Machine, Name, State, Value};

use super::closes::{self, Closes};
use super::pairs::{matched, names};
use super::steps::{Loss, call, called, losses, lost_call, step};
use super::walk::Walk;
use super::work::{added, objective, removed, silence};
use super::{Change, Facet, Strength, words};
use Strength::{Neutral, Stronger, Weaker};

/// All that a machine does that no copy speaks of: in its states, around them, and when it has ended.
pub(super) fn deeds(machine: &Machine) -> Vec<Loss> {
    let mut found = losses(machine.all_steps().map(|(_, step)| step));
    found.extend(machine.states.values().flat_map(around_of).filter_map(lost_call));
    found
}

/// All that is lost with a machine that no copy speaks of.
pub(super) fn losses_of(machine: &Machine) -> Vec<Loss> {
    let mut found = deeds(machine);
    found.extend(silence(&machine.other));
    found
}

/// What is run when a state is entered and left.
fn around_of(state: &State) -> impl Iterator<Item = &Call> {
    state.enter.iter().chain(&state.leave)
}

fn losses_of_state(state: &State) -> Vec<Loss> {
    losses([&state.act]).into_iter().chain(around_of(state).filter_map(lost_call)).collect()
}

/// A machine that stays.
pub(super) fn machine(walk: &mut Walk, subject: &str, before: &Machine, after: &Machine) {
    objective(walk, subject, before.objective.as_ref(), after.objective.as_ref());
    walk.record(subject, &["Machine"], &before.other, &after.other, &str::to_owned);
    walk.shown(Facet::Running, subject, "start", Some(before.start.clone()), Some(after.start.clone()));
    finals(walk, subject, before, after);
    states(walk, subject, before, after);
    let all = |machine| Closes::new(machine, None);
    closes::compare(walk, subject, &all(&before.closes), &all(&after.closes), BTreeSet::new());
}

/// What ended as a failure must still do so.
fn finals(walk: &mut Walk, subject: &str, before: &Machine, after: &Machine) {
    for name in names(&before.finals, &after.finals) {
        let of = |machine: &Machine| machine.finals.get(name).copied();
        let word = |machine: &Machine| of(machine).map(|end| Value::Member(end.word().to_owned()));
        let field = format!("final {name}");
        match (word(before), word(after)) {
            (Some(was), Some(is)) => {
                walk.field(subject, &["Machine.finals".into()], &field, Some(&was), Some(&is));
            }
            (was, is) => {
                let shown = |word: Option<Value>| word.as_ref().map(words::value);
                walk.shown(Facet::Running, subject, &field, shown(was), shown(is));
            }
        }
    }
}

fn states(walk: &mut Walk, holder: &str, before: &Machine, after: &Machine) {
    for pair in matched(&before.states, &after.states, |state| &state.act.action) {
        match pair {
            (Some((id, old)), Some((to, new))) => {
                called(walk, &format!("{holder}, state {id}"), id, to);
                state(walk, &format!("{holder}, state {to}"), old, new);
            }
            (Some((id, old)), None) => {
                walk.add(removed(&format!("{holder}, state {id}"), losses_of_state(old), None));
            }
            (None, Some((id, new))) => {
                walk.add(added(&format!("{holder}, state {id}"), &losses_of_state(new)))
            }
            (None, None) => {}
        }
    }
}

fn state(walk: &mut Walk, subject: &str, before: &State, after: &State) {
    step(walk, subject, &before.act, &after.act);
    around(walk, subject, "enter", before.enter.as_ref(), after.enter.as_ref());
    around(walk, subject, "leave", before.leave.as_ref(), after.leave.as_ref());
    let visits = |state: &State| Some(Value::Int(i64::from(state.visits)));
    walk.field(subject, &["State.visits".into()], "visits", visits(before).as_ref(), visits(after).as_ref());
    for (field, old, new) in [("on", &before.on, &after.on), ("on event", &before.events, &after.events)] {
        for name in names(old, new) {
            let to = |ways: &IndexMap<String, Name>| ways.get(name).cloned();
            walk.shown(Facet::Running, subject, &format!("{field} {name}"), to(old), to(new));
        }
    }
}

/// What is run when a state is entered or left.
fn around(walk: &mut Walk, subject: &str, field: &str, before: Option<&Call>, after: Option<&Call>) {
    match (before, after) {
        (Some(old), Some(new)) if old.name == new.name => {
            call(walk, &format!("{subject}, {field}"), "verb", old, new);
        }
        (old, new) if old != new => {
            let (lost, won) = (old.and_then(lost_call), new.and_then(lost_call));
            let strength = if lost.is_some() {
                Weaker
            } else if won.is_some() {
                Stronger
            } else {
                Neutral
            };
            let facet = lost.or(won).map_or(Facet::Running, |(facet, _)| facet);
            let change = Change::new(strength, facet, subject).field(field);
            let change = change.values(old.map(words::call), new.map(words::call));
            walk.add(change.effect(lost.map_or("", |(_, words)| words)));
        }
        _ => {}
    }
}
