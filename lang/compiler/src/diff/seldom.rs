//! How often copies are looked at. A trigger that says so itself has a line of its own; where another workflow looks now,
//! or where copies that others make hide it, the longest time between two looks is told.

use std::cmp::Reverse;

use mainstay_ir::DurationMs;

use super::copies::{Line, line};
use super::flows::{Place, Said};
use super::judge::order;
use super::timing::Timing;
use super::{Change, Facet, Strength};

/// What is done to a copy: the field, the words when it is done more seldom, and who does it.
type Look = (&'static str, &'static str, for<'s, 'a> fn(&'s Said<'a>) -> &'s [&'a str]);

const LOOKS: [Look; 2] = [
    ("verified", "damage is found later", |said| &said.verified_by),
    ("drilled", "a restore of it is rehearsed more seldom", |said| &said.drilled_by),
];

/// For a copy that is looked at in both policies.
pub(super) fn lines(
    timing: &Timing<'_>,
    place: Place<'_>,
    was: &Said<'_>,
    is: &Said<'_>,
    lines: &mut Vec<Line>,
) {
    let (source, repo) = place;
    let subject = format!("`{source}` on `{repo}`");
    for (field, rarer, by) in LOOKS {
        let (old, new) = (by(was), by(is));
        if old.is_empty() || new.is_empty() {
            continue;
        }
        let (before, after) = timing.between_looks(old, new);
        let strength = order(before.map(Reverse), after.map(Reverse));
        let is_told = |line: &Line| {
            let works = [old, new].concat();
            let named =
                works.iter().any(|work| line.change.subject.split_once(' ').is_some_and(|it| it.1 == *work));
            line.change.strength == strength && (named || line.change.subject == subject)
        };
        if strength == Strength::Neutral || lines.iter().any(is_told) {
            continue;
        }
        let effect = if strength == Strength::Weaker { rarer } else { "" };
        let shown = |gap: Option<DurationMs>| {
            Some(gap.map_or("by hand".to_owned(), |gap| format!("at least each {gap}")))
        };
        let change = Change::new(strength, Facet::Care, subject.clone()).field(field);
        lines.push(line(change.values(shown(before), shown(after)).effect(effect), source, false));
    }
}
