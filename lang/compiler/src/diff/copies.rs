//! Copies: which there are, what is said of each, and what the simulation says of all of them together.

use std::collections::BTreeSet;

use mainstay_ir::{Ir, Retention, Value};

use super::behind::Touches;
use super::flows::{Copies, Maker, Place, Said, on_endings, said};
use super::judge::{grown, kept, order};
use super::labels::{self, Label};
use super::restorable::losses;
use super::settle::settle;
use super::timing::Timing;
use super::walk::Walk;
use super::{Change, Facet, Strength, locks, seldom, words};
use Strength::{Neutral, Stronger, Weaker};

/// A change that the simulation has a word in.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub change: Change,
    /// What it may touch.
    pub touches: Touches,
    /// Whether the simulation decides what it is.
    pub by_simulation: bool,
    /// Of what is said of a repo's place: which.
    pub label: Option<Label>,
    /// Of when work runs: whether that does more than to copy.
    pub does_more: bool,
}

/// All about copies. `walk` holds what was found so far: lines about places and locks are among them.
pub(super) fn compare(walk: &mut Walk, old: &Ir, new: &Ir) {
    let (before, after) = (said(old), said(new));
    let all = before.values().chain(after.values());
    let looks = all.flat_map(|said| said.verified_by.iter().chain(&said.drilled_by)).copied().collect();
    let timing = Timing::new(old, new);
    let mut lines = timing.lines(&looks);
    let places: BTreeSet<Place<'_>> = before.keys().chain(after.keys()).copied().collect();
    let nothing = Said::nothing();
    for place @ (source, repo) in places {
        let (was, is) = (before.get(&place).unwrap_or(&nothing), after.get(&place).unwrap_or(&nothing));
        lines.extend(copy(format!("`{source}` on `{repo}`"), source, was, is));
    }
    lines.extend(on_one_ending((old, &before), (new, &after)));
    lines.extend(labels::lines(old, new, &before, &after));
    lines.extend(locks::lines(old, new, &before, &after));
    let worse = losses(old, new);
    settle(&mut lines, timing.behind(), (&worse, &losses(new, old)), old);
    labels::by_themselves(&mut lines, &worse, old, new);
    seldom::lines(&timing, &before, &after, &mut lines);
    walk.changes.extend(lines.into_iter().map(|line| line.change));
}

pub(super) fn line(change: Change, source: &str, by_simulation: bool) -> Line {
    Line {
        change,
        touches: Touches::Sources([source.to_owned()].into()),
        by_simulation,
        label: None,
        does_more: false,
    }
}

/// What is done only when a run ends otherwise than well. What is done in each run is done then too.
fn on_one_ending((old, before): (&Ir, &Copies<'_>), (new, after): (&Ir, &Copies<'_>)) -> Vec<Line> {
    let (old, new) = (on_endings(old), on_endings(new));
    let nothing = Said::nothing();
    let mut found = Vec::new();
    for key @ (ending, place) in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        let (was, is) = (old.get(key).unwrap_or(&nothing), new.get(key).unwrap_or(&nothing));
        if was == is {
            continue;
        }
        let (was, is) =
            (before.get(place).unwrap_or(&nothing).and(was), after.get(place).unwrap_or(&nothing).and(is));
        let subject = format!("`{}` on `{}`, on {ending}", place.0, place.1);
        for mut line in copy(subject, place.0, &was, &is) {
            // No simulation speaks of it.
            (line.change.facet, line.by_simulation) = (Facet::Care, false);
            line.touches = Touches::Sources(BTreeSet::new());
            found.push(line);
        }
    }
    found
}

fn copy(subject: String, source: &str, before: &Said<'_>, after: &Said<'_>) -> Vec<Line> {
    match (before.is_made(), after.is_made()) {
        (true, false) => {
            let change = Change::new(Weaker, Facet::Copies, subject).effect("this copy is not made any more");
            vec![line(change, source, false)]
        }
        (false, true) => {
            vec![line(Change::new(Stronger, Facet::Copies, subject).effect("a new copy"), source, false)]
        }
        _ => stayed(&subject, source, before, after),
    }
}

/// What changed of a copy that stays.
fn stayed(subject: &str, source: &str, before: &Said<'_>, after: &Said<'_>) -> Vec<Line> {
    let mut found = Vec::new();
    let mut add = |change: Change, by_simulation: bool| found.push(line(change, source, by_simulation));
    if (&before.makers, &before.closing) != (&after.makers, &after.closing) {
        let strength = closing(before, after);
        let change = Change::new(strength, Facet::Copies, subject).field("made by");
        let effect = if strength == Weaker { "it is not made when a run has ended any more" } else { "" };
        let change = change.values(Some(makers(before)), Some(makers(after))).effect(effect);
        add(change, strength == Neutral);
    }
    if before.sealed != after.sealed {
        let strength = order(Some(before.sealed), Some(after.sealed));
        let shown = |said: &Said<'_>| Some(if said.sealed { "sealed" } else { "not sealed" }.to_owned());
        add(Change::new(strength, Facet::Copies, subject).values(shown(before), shown(after)), false);
    }
    if before.verified != after.verified {
        let strength = verified(before, after);
        let facet = if after.is_made() { Facet::Copies } else { Facet::Care };
        let change = Change::new(strength, facet, subject).field("verify");
        add(change.values(verifies(before), verifies(after)).effect(look_effect(strength)), false);
    }
    rehearsed(subject, before, after).into_iter().for_each(|change| add(change, false));
    for change in keeps(subject, before, after) {
        add(change, false);
    }
    found
}

/// Whether restores of it are rehearsed, and what is asked of what was restored.
fn rehearsed(subject: &str, before: &Said<'_>, after: &Said<'_>) -> Vec<Change> {
    let times = |said: &Said<'_>| said.drilled_by.len();
    let mut found = Vec::new();
    if times(before) != times(after) {
        let strength = order(Some(times(before).min(1)), Some(times(after).min(1)));
        let shown = |said: &Said<'_>| (times(said) > 0).then(|| times(said).to_string());
        let effect = if strength == Weaker { "a restore of it is not rehearsed any more" } else { "" };
        let change = Change::new(strength, Facet::Care, subject).field("drills");
        found.push(change.values(shown(before), shown(after)).effect(effect));
    }
    if before.restored_by != after.restored_by {
        let shown = |said: &Said<'_>| (!said.restored_by.is_empty()).then(|| said.restored_by.join(", "));
        let change = Change::new(Neutral, Facet::Care, subject).field("restored by");
        found.push(change.values(shown(before), shown(after)));
    }
    if before.checks != after.checks {
        let strength = grown(&before.checks, &after.checks);
        let shown = |said: &Said<'_>| Some(words::list(said.checks.iter().cloned()));
        let effect = if strength == Weaker { "less is asked of what was restored" } else { "" };
        let change = Change::new(strength, Facet::Care, subject).field("drill check");
        found.push(change.values(shown(before), shown(after)).effect(effect));
    }
    found
}

/// What a repo keeps of a source, of its snapshots and of the links of its chain. Where nobody says it, nothing is
/// forgotten.
fn keeps(subject: &str, before: &Said<'_>, after: &Said<'_>) -> Vec<Change> {
    let endless = Retention { all: true, ..Retention::default() };
    let or_all = |keep: &Option<Retention>| keep.clone().unwrap_or_else(|| endless.clone());
    let of =
        [("keep", &before.keep, &after.keep), ("keep of logs", &before.keep_of_logs, &after.keep_of_logs)];
    let all = of.map(|(field, before, after)| (field, or_all(before), or_all(after)));
    let other = all.into_iter().filter(|(_, before, after)| before != after);
    let change = |(field, before, after): (&str, Retention, Retention)| {
        let (strength, effect) = kept(Some(&before), Some(&after));
        let change = Change::new(strength, Facet::History, subject).field(field);
        change.values(Some(before.literal()), Some(after.literal())).effect(effect.unwrap_or_default())
    };
    let mut found: Vec<Change> = other.map(change).collect();
    if found.is_empty() && before.retains != after.retains {
        let change = Change::new(Neutral, Facet::History, subject).field("keep");
        let shown = |said: &Said<'_>| Some(words::list(said.retains.iter().cloned()));
        found.push(change.values(shown(before), shown(after)).effect("in sum, the same is kept"));
    }
    found
}

/// No simulation knows what makes it when a run has ended: each of these must still be there, or in the run itself.
fn closing(before: &Said<'_>, after: &Said<'_>) -> Strength {
    let makes = |maker: &Maker<'_>| after.closing.contains(maker) || after.makers.contains(maker);
    if before.closing.iter().all(makes) { Neutral } else { Weaker }
}

fn makers(said: &Said<'_>) -> String {
    let one = |(work, from): &Maker<'_>, when: &str| match from {
        Some(repo) => format!("{work}{when}, from {repo}"),
        None => format!("{work}{when}"),
    };
    let closing = said.closing.iter().map(|maker| one(maker, " when it has ended"));
    said.makers.iter().map(|maker| one(maker, "")).chain(closing).collect::<Vec<_>>().join("; ")
}

fn verifies(said: &Said<'_>) -> Option<String> {
    let one = |(sample, within): &(u64, u64)| {
        let span = mainstay_ir::DurationMs(*within).literal();
        format!("{} within {span}", words::value(&Value::Percent(*sample)))
    };
    (!said.verified.is_empty()).then(|| said.verified.iter().map(one).collect::<Vec<_>>().join("; "))
}

fn look_effect(strength: Strength) -> &'static str {
    if strength == Weaker { "damage is found later, or never" } else { "" }
}

/// Each promise of the one must be held by one of the other.
fn verified(before: &Said<'_>, after: &Said<'_>) -> Strength {
    let holds = |some: &Said<'_>, others: &Said<'_>| {
        some.verified.iter().all(|(sample, within)| {
            others.verified.iter().any(|(other, span)| other >= sample && span <= within)
        })
    };
    match (holds(before, after), holds(after, before)) {
        (false, _) => Weaker,
        (true, false) => Stronger,
        (true, true) => Neutral,
    }
}
