//! How often copies are looked at. A trigger that says so itself has a line of its own; where another workflow looks now,
//! or where copies that others make hide it, the longest time between two looks is told.

use std::cmp::Reverse;
use std::collections::HashSet;

use mainstay_ir::DurationMs;

use super::copies::{Line, line};
use super::flows::{Copies, Place, Said};
use super::judge::order;
use super::timing::Timing;
use super::{Change, Facet, Strength};

/// What is done to a copy: the field, the words when it is done more seldom, and who does it.
type Look = (&'static str, &'static str, for<'s, 'a> fn(&'s Said<'a>) -> &'s [&'a str]);

const LOOKS: [Look; 2] = [
    ("verified", "damage is found later", |said| &said.verified_by),
    ("drilled", "a restore of it is rehearsed more seldom", |said| &said.drilled_by),
];

/// Appends a line for each copy that is looked at in both policies.
pub(super) fn lines(timing: &Timing<'_>, before: &Copies<'_>, after: &Copies<'_>, lines: &mut Vec<Line>) {
    let mut told: HashSet<(Strength, String)> = lines.iter().flat_map(told_by).collect();
    for (place, was) in before {
        let Some(is) = after.get(place) else { continue };
        for look in &LOOKS {
            if let Some(change) = rarer(timing, *place, [was, is], look, &told) {
                let line = line(change, place.0, false);
                told.extend(told_by(&line));
                lines.push(line);
            }
        }
    }
}

/// Of what a line tells something, and what: of the thing itself, and of the workflow or machine when it is one.
fn told_by(line: &Line) -> impl Iterator<Item = (Strength, String)> + use<> {
    let Change { strength, subject, .. } = &line.change;
    let name = subject.split_once(' ').map(|(_, name)| name.to_owned());
    let strength = *strength;
    [Some(subject.clone()), name].into_iter().flatten().map(move |about| (strength, about))
}

fn rarer(
    timing: &Timing<'_>,
    (source, repo): Place<'_>,
    [was, is]: [&Said<'_>; 2],
    (field, rarer, by): &Look,
    told: &HashSet<(Strength, String)>,
) -> Option<Change> {
    let (old, new) = (by(was), by(is));
    if old.is_empty() || new.is_empty() {
        return None;
    }
    let (before, after) = timing.between_looks(old, new);
    let strength = order(before.map(Reverse), after.map(Reverse));
    if strength == Strength::Neutral {
        return None;
    }
    let subject = format!("`{source}` on `{repo}`");
    let is_told = |about: &str| told.contains(&(strength, about.to_owned()));
    if is_told(&subject) || old.iter().chain(new).any(|work| is_told(work)) {
        return None;
    }
    let effect = if strength == Strength::Weaker { *rarer } else { "" };
    let shown = |gap: Option<DurationMs>| {
        Some(gap.map_or("by hand".to_owned(), |gap| format!("at least each {gap}")))
    };
    let change = Change::new(strength, Facet::Care, subject).field(*field);
    Some(change.values(shown(before), shown(after)).effect(effect))
}
