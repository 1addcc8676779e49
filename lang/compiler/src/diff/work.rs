//! Workflows and machines: their fields, steps and blocks. When they run is compared by `timing`, what they copy by `kept`.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use mainstay_ir::{Action, Block, Call, Close, DurationMs, Ir, Machine, Name, State, Step, Value, Workflow};

use super::judge::order;
use super::walk::{Walk, names};
use super::{Change, Facet, Strength, words};
use Strength::{Neutral, Stronger, Weaker};

/// All workflows and machines.
pub(super) fn compare(walk: &mut Walk, old: &Ir, new: &Ir) {
    let fresh: Vec<&Name> = new.workflows.keys().filter(|name| !old.workflows.contains_key(*name)).collect();
    for name in names(&old.workflows, &new.workflows) {
        match (old.workflows.get(name), new.workflows.get(name)) {
            (Some(before), Some(after)) => workflow(walk, name, before, after),
            (Some(before), None) => {
                removed(walk, &format!("workflow {name}"), &before.steps);
                if let ([one], Some(last)) = (fresh.as_slice(), walk.changes.last_mut()) {
                    let hint = format!("if it is `{one}` now, `moved {name} => {one}` keeps its history");
                    last.effect =
                        Some(last.effect.take().map_or(hint.clone(), |said| format!("{said}; {hint}")));
                }
            }
            (None, _) => walk.add(added(&format!("workflow {name}"))),
        }
    }
    for name in names(&old.machines, &new.machines) {
        match (old.machines.get(name), new.machines.get(name)) {
            (Some(before), Some(after)) => machine(walk, name, before, after),
            (Some(_), None) => {
                let change = Change::new(Weaker, Facet::Care, format!("machine {name}"));
                walk.add(change.effect("removed: what it did is not done any more"));
            }
            (None, _) => walk.add(added(&format!("machine {name}"))),
        }
    }
}

fn added(subject: &str) -> Change {
    Change::new(Neutral, Facet::Running, subject).effect("added")
}

/// What it copied, verified or rehearsed is said of the copies; all else that it did is said here.
fn removed(walk: &mut Walk, subject: &str, steps: &IndexMap<Name, Step>) {
    let lost: Vec<(Facet, &str)> = steps.values().filter_map(lost_with).collect();
    let worst = lost.iter().map(|(facet, _)| *facet).min();
    let strength = if lost.is_empty() { Neutral } else { Weaker };
    let words: BTreeSet<&str> = lost.iter().map(|(_, words)| *words).collect();
    let parts: Vec<&str> = ["removed"].into_iter().chain(words).collect();
    walk.add(Change::new(strength, worst.unwrap_or(Facet::Running), subject).effect(parts.join("; ")));
}

/// What a step did that no copy speaks of.
fn lost_with(step: &Step) -> Option<(Facet, &'static str)> {
    step.calls().iter().find_map(|call| match call.name.as_str() {
        "hook" => Some((Facet::Care, "a program is not run any more")),
        "check" => Some((Facet::Care, "a repo is not checked any more")),
        "wait_until" => Some((Facet::Care, "a probe is not waited for any more")),
        "approval" => Some((Facet::Control, "nobody is asked any more")),
        "notify" => Some((Facet::Notice, "nobody is told any more")),
        _ => None,
    })
}

fn workflow(walk: &mut Walk, name: &str, before: &Workflow, after: &Workflow) {
    let subject = format!("workflow {name}");
    objective(walk, &subject, before.objective.as_ref(), after.objective.as_ref());
    let word = |text: &str| Value::Member(text.to_owned());
    let overlap = |workflow: &Workflow| word(overlap_word(workflow));
    let missed = |workflow: &Workflow| word(missed_word(workflow));
    walk.field(
        &subject,
        &["Workflow.overlap".into()],
        "overlap",
        Some(&overlap(before)),
        Some(&overlap(after)),
    );
    walk.field(&subject, &["Workflow.missed".into()], "missed", Some(&missed(before)), Some(&missed(after)));
    walk.record(&subject, &["Workflow"], &before.other, &after.other, &str::to_owned);
    steps(walk, &subject, &before.steps, &after.steps);
    body(walk, &subject, &before.body, &after.body);
    closes(walk, &subject, &before.closes, &after.closes);
}

fn objective(walk: &mut Walk, subject: &str, before: Option<&Name>, after: Option<&Name>) {
    let value = |name: Option<&Name>| name.map(|name| Value::Thing("objective".to_owned(), name.clone()));
    let keys = ["Workflow.objective".to_owned()];
    walk.field(subject, &keys, "for", value(before).as_ref(), value(after).as_ref());
}

fn overlap_word(workflow: &Workflow) -> &'static str {
    use mainstay_ir::Overlap::{Allow, QueueOne, Replace, Skip};
    match workflow.overlap {
        QueueOne => "queue_one",
        Skip => "skip",
        Replace => "replace",
        Allow => "allow",
    }
}

fn missed_word(workflow: &Workflow) -> &'static str {
    use mainstay_ir::Missed::{RunAll, RunLatest, Skip};
    match workflow.missed {
        RunLatest => "run_latest",
        RunAll => "run_all",
        Skip => "skip",
    }
}

fn steps(walk: &mut Walk, holder: &str, before: &IndexMap<Name, Step>, after: &IndexMap<Name, Step>) {
    let fresh: Vec<(&Name, &Step)> = after.iter().filter(|(id, _)| !before.contains_key(*id)).collect();
    let mut called: BTreeSet<&Name> = BTreeSet::new();
    for (id, step) in before {
        let subject = format!("{holder}, step {id}");
        let renamed = fresh.iter().find(|(to, new)| new.action == step.action && !called.contains(to));
        match (after.get(id), renamed) {
            (Some(new), _) => self::step(walk, &subject, step, new),
            (None, Some((to, new))) => {
                called.insert(to);
                walk.add(
                    Change::new(Neutral, Facet::Running, &subject).effect(format!("it is called `{to}` now")),
                );
                self::step(walk, &format!("{holder}, step {to}"), step, new);
            }
            (None, None) => removed(walk, &subject, &[(id.clone(), step.clone())].into()),
        }
    }
    for (id, step) in fresh.into_iter().filter(|(id, _)| !called.contains(id)) {
        let strength = if lost_with(step).is_some() { Stronger } else { Neutral };
        let facet = lost_with(step).map_or(Facet::Running, |(facet, _)| facet);
        walk.add(Change::new(strength, facet, format!("{holder}, step {id}")).effect("added"));
    }
}

fn step(walk: &mut Walk, subject: &str, before: &Step, after: &Step) {
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

fn span(
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
                Action::Verb(call) => lost_with(&Step::new(Action::Verb(call.clone()))),
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
        Action::Stages(calls) => calls.iter().map(|call| call.name.as_str()).collect::<Vec<_>>().join(" |> "),
        Action::Verb(call) => words::call(call),
    }
}

/// Stages of the same name, in order; what a stage does to copies is said of the copies.
fn stages(walk: &mut Walk, subject: &str, before: &[Call], after: &[Call]) {
    let key = |calls: &[Call]| -> IndexMap<Name, Call> {
        let mut seen: IndexMap<Name, Call> = IndexMap::new();
        for call in calls {
            let twice = seen.keys().filter(|name| name.split(' ').next() == Some(&call.name)).count();
            let name = if twice == 0 { call.name.clone() } else { format!("{} {}", call.name, twice + 1) };
            seen.insert(name, call.clone());
        }
        seen
    };
    let names = |calls: &[Call]| calls.iter().map(|call| call.name.as_str()).collect::<Vec<_>>().join(" |> ");
    walk.shown(Facet::Running, subject, "stages", Some(names(before)), Some(names(after)));
    let (before, after) = (key(before), key(after));
    for (name, old) in &before {
        if let Some(new) = after.get(name) {
            call(walk, &format!("{subject}, {name}"), "stage", old, new);
        }
    }
}

fn call(walk: &mut Walk, subject: &str, kind: &str, before: &Call, after: &Call) {
    let own = format!("{kind}.{}", before.name);
    let place_of = |call: &Call| {
        let mut args = call.args.clone();
        // Where a value comes from is a matter of the copies, or of what the steps are called.
        args.retain(|name, value| !(name == "of" && matches!(value, Value::Step(_))));
        args
    };
    walk.record(subject, &[&own], &place_of(before), &place_of(after), &str::to_owned);
    span(walk, subject, "Call.within", "within", before.within, after.within);
}

/// What holds around a part of a body, flattened: one line for each.
#[derive(Default)]
struct Held {
    brackets: IndexMap<String, Block>,
    groups: Vec<DurationMs>,
    modes: BTreeSet<String>,
}

impl Held {
    fn of(block: &Block) -> Self {
        let mut held = Self::default();
        held.add(block);
        held.groups.sort_unstable();
        held
    }

    fn add(&mut self, block: &Block) {
        match block {
            Block::Bracket { acquire, .. } => drop(self.brackets.insert(words::call(acquire), block.clone())),
            Block::Group { apart, .. } => self.groups.push(*apart),
            Block::Auto { expect: Some(mode), .. } => drop(self.modes.insert(mode.word().to_owned())),
            _ => {}
        }
        block.children().iter().for_each(|block| self.add(block));
    }
}

fn body(walk: &mut Walk, subject: &str, before: &Block, after: &Block) {
    walk.shown(Facet::Running, subject, "body", Some(words::block(before)), Some(words::block(after)));
    let (old, new) = (Held::of(before), Held::of(after));
    for acquire in names(&old.brackets, &new.brackets) {
        bracket(
            walk,
            &format!("{subject}, bracket {acquire}"),
            old.brackets.get(acquire),
            new.brackets.get(acquire),
        );
    }
    if old.groups != new.groups {
        let fewer = new.groups.len() < old.groups.len();
        let wider = old.groups.iter().zip(&new.groups).any(|(old, new)| new > old);
        let strength = if fewer || wider { Weaker } else { Stronger };
        let shown =
            |all: &[DurationMs]| (!all.is_empty()).then(|| words::list(all.iter().map(|it| it.literal())));
        let change = Change::new(strength, Facet::Care, subject).field("group(apart)");
        let effect =
            if strength == Weaker { "snapshots that belong together may lie further apart" } else { "" };
        walk.add(change.values(shown(&old.groups), shown(&new.groups)).effect(effect));
    }
    let modes = |held: &Held| (!held.modes.is_empty()).then(|| words::list(held.modes.iter().cloned()));
    if old.modes != new.modes {
        let strength = if new.modes.is_superset(&old.modes) { Stronger } else { Weaker };
        let change = Change::new(strength, Facet::Notice, subject).field("auto(expect)");
        walk.add(change.values(modes(&old), modes(&new)));
    }
}

fn bracket(walk: &mut Walk, subject: &str, before: Option<&Block>, after: Option<&Block>) {
    match (before, after) {
        (
            Some(Block::Bracket { release: r0, until: u0, at_most: m0, body: b0, .. }),
            Some(Block::Bracket { release: r1, until: u1, at_most: m1, body: b1, .. }),
        ) => {
            walk.shown(Facet::Care, subject, "release", Some(words::call(r0)), Some(words::call(r1)));
            let until = |until| format!("{until:?}").to_lowercase();
            walk.shown(Facet::Care, subject, "until", Some(until(u0)), Some(until(u1)));
            walk.shown(Facet::Care, subject, "at_most", m0.map(|it| it.literal()), m1.map(|it| it.literal()));
            let held = |body: &[Block]| -> BTreeSet<String> {
                body.iter().flat_map(Block::steps).cloned().collect()
            };
            let (b0, b1) = (held(b0), held(b1));
            if b0 != b1 {
                let strength = if b1.is_superset(&b0) { Neutral } else { Weaker };
                let shown = |steps: BTreeSet<String>| Some(words::list(steps.into_iter()));
                walk.add(
                    Change::new(strength, Facet::Care, subject).field("steps").values(shown(b0), shown(b1)),
                );
            }
        }
        (Some(_), _) => {
            let effect = "removed: what it held still is not held any more";
            walk.add(Change::new(Weaker, Facet::Care, subject).effect(effect));
        }
        _ => walk.add(Change::new(Stronger, Facet::Care, subject).effect("added")),
    }
}

/// What closes, by what it closes on.
fn closes(walk: &mut Walk, subject: &str, before: &[Close], after: &[Close]) {
    let by_ending = |closes: &[Close]| {
        let mut all: IndexMap<String, Vec<Close>> = IndexMap::new();
        for close in closes {
            let mut on: Vec<String> =
                close.on.iter().map(|ending| format!("{ending:?}").to_lowercase()).collect();
            on.sort();
            let name = if on.is_empty() { "finally".to_owned() } else { format!("on {}", on.join(", ")) };
            all.entry(name).or_default().push(close.clone());
        }
        all
    };
    let (before, after) = (by_ending(before), by_ending(after));
    for name in names(&before, &after) {
        let of = |closes: &IndexMap<String, Vec<Close>>| closes.get(name).cloned().unwrap_or_default();
        let (old, new) = (of(&before), of(&after));
        let holder = format!("{subject}, {name}");
        if new.is_empty() {
            walk.add(
                Change::new(Weaker, Facet::Notice, holder).effect("removed: nothing is done then any more"),
            );
        } else if old.is_empty() {
            walk.add(Change::new(Stronger, Facet::Notice, holder).effect("added"));
        } else {
            let steps = |closes: &[Close]| -> IndexMap<Name, Step> {
                closes.iter().flat_map(|close| close.steps.clone()).collect()
            };
            self::steps(walk, &holder, &steps(&old), &steps(&new));
            let bodies =
                |closes: &[Close]| Block::Sequential(closes.iter().map(|close| close.body.clone()).collect());
            body(walk, &holder, &bodies(&old), &bodies(&new));
        }
    }
}

fn machine(walk: &mut Walk, name: &str, before: &Machine, after: &Machine) {
    let subject = format!("machine {name}");
    objective(walk, &subject, before.objective.as_ref(), after.objective.as_ref());
    let (old, new) = (words::triggers(&before.triggers), words::triggers(&after.triggers));
    if old != new {
        let strength = match order(old.as_ref().map(|_| 0), new.as_ref().map(|_| 0)) {
            Stronger => Neutral,
            other => other,
        };
        walk.add(Change::new(strength, Facet::Care, &subject).field("trigger").values(old, new));
    }
    span(walk, &subject, "Machine.within", "within", before.within, after.within);
    walk.record(&subject, &["Machine"], &before.other, &after.other, &str::to_owned);
    walk.shown(Facet::Running, &subject, "start", Some(before.start.clone()), Some(after.start.clone()));
    let finals = |machine: &Machine| {
        let all = machine
            .finals
            .iter()
            .map(|(name, how)| format!("{name} = {}", format!("{how:?}").to_lowercase()));
        let mut all: Vec<String> = all.collect();
        all.sort();
        Some(words::list(all.into_iter()))
    };
    walk.shown(Facet::Running, &subject, "final", finals(before), finals(after));
    for id in names(&before.states, &after.states) {
        let holder = format!("{subject}, state {id}");
        match (before.states.get(id), after.states.get(id)) {
            (Some(before), Some(after)) => state(walk, &holder, before, after),
            (Some(before), None) => removed(walk, &holder, &[(id.clone(), before.act.clone())].into()),
            (None, _) => walk.add(added(&holder)),
        }
    }
    closes(walk, &subject, &before.closes, &after.closes);
}

fn state(walk: &mut Walk, subject: &str, before: &State, after: &State) {
    step(walk, subject, &before.act, &after.act);
    let shown = |call: &Option<Call>| call.as_ref().map(words::call);
    walk.shown(Facet::Care, subject, "enter", shown(&before.enter), shown(&after.enter));
    walk.shown(Facet::Care, subject, "leave", shown(&before.leave), shown(&after.leave));
    walk.shown(
        Facet::Running,
        subject,
        "visits",
        Some(before.visits.to_string()),
        Some(after.visits.to_string()),
    );
    for (field, old, new) in [("on", &before.on, &after.on), ("on event", &before.events, &after.events)] {
        for name in names(old, new) {
            walk.shown(
                Facet::Running,
                subject,
                &format!("{field} {name}"),
                old.get(name).cloned(),
                new.get(name).cloned(),
            );
        }
    }
}
