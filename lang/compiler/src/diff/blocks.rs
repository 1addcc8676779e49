//! How a body nests, and what holds around a part of it.

use std::collections::BTreeSet;

use mainstay_ir::{Block, DurationMs, IndexMap, Until};

use super::pairs::{differing, names};
use super::steps::span;
use super::walk::Walk;
use super::{Change, Facet, Strength, words};
use Strength::{Neutral, Stronger, Weaker};

/// What holds around a part of a body, flattened.
#[derive(Default)]
struct Held<'a> {
    /// By what they acquire.
    brackets: IndexMap<String, Vec<&'a Block>>,
    groups: Vec<Group<'a>>,
    modes: Vec<&'static str>,
}

/// How far the snapshots of which steps may lie apart.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Group<'a> {
    apart: DurationMs,
    steps: BTreeSet<&'a str>,
}

impl<'a> Held<'a> {
    fn of(block: &'a Block) -> Self {
        let mut held = Self::default();
        held.add(block);
        held.groups.sort_unstable();
        held.modes.sort_unstable();
        held
    }

    fn brackets(&self, acquire: &str) -> Vec<&'a Block> {
        self.brackets.get(acquire).cloned().unwrap_or_default()
    }

    fn add(&mut self, block: &'a Block) {
        match block {
            Block::Bracket { acquire, .. } => {
                self.brackets.entry(words::call(acquire)).or_default().push(block);
            }
            Block::Group { apart, .. } => {
                self.groups.push(Group {
                    apart: *apart,
                    steps: block.steps().into_iter().map(String::as_str).collect(),
                });
            }
            Block::Auto { expect: Some(mode), .. } => self.modes.push(mode.word()),
            _ => {}
        }
        block.children().iter().for_each(|block| self.add(block));
    }
}

/// The nesting of a body.
pub(super) fn body(walk: &mut Walk, subject: &str, before: &Block, after: &Block) {
    walk.shown(Facet::Running, subject, "body", Some(words::block(before)), Some(words::block(after)));
    let (old, new) = (Held::of(before), Held::of(after));
    for acquire in names(&old.brackets, &new.brackets) {
        for (before, after) in differing(old.brackets(acquire), new.brackets(acquire)) {
            bracket(walk, &format!("{subject}, bracket {acquire}"), before, after);
        }
    }
    groups(walk, subject, &old.groups, &new.groups);
    if old.modes != new.modes {
        let missing = !differing(old.modes.iter().collect(), new.modes.iter().collect())
            .iter()
            .all(|it| it.0.is_none());
        let shown = |modes: &[&str]| {
            (!modes.is_empty()).then(|| words::list(modes.iter().map(|it| (*it).to_owned())))
        };
        let strength = if missing { Weaker } else { Stronger };
        let change = Change::new(strength, Facet::Notice, subject).field("auto(expect)");
        walk.add(change.values(shown(&old.modes), shown(&new.modes)));
    }
}

/// What belonged together must still do so, as closely.
fn groups(walk: &mut Walk, subject: &str, before: &[Group<'_>], after: &[Group<'_>]) {
    if before == after {
        return;
    }
    let holds = |some: &[Group<'_>], others: &[Group<'_>]| {
        let held = |one: &Group<'_>| {
            others.iter().any(|other| other.apart <= one.apart && other.steps.is_superset(&one.steps))
        };
        some.iter().all(held)
    };
    let (strength, effect) = match (holds(before, after), holds(after, before)) {
        (true, false) => (Stronger, ""),
        (true, true) => (Neutral, ""),
        (false, _) => (Weaker, "snapshots that belong together may lie further apart"),
    };
    let one = |group: &Group<'_>| {
        let steps: Vec<&str> = group.steps.iter().copied().collect();
        format!("{}: {}", group.apart.literal(), steps.join(", "))
    };
    let shown = |all: &[Group<'_>]| (!all.is_empty()).then(|| words::list(all.iter().map(one)));
    let change = Change::new(strength, Facet::Care, subject).field("group(apart)");
    walk.add(change.values(shown(before), shown(after)).effect(effect));
}

fn bracket(walk: &mut Walk, subject: &str, before: Option<&Block>, after: Option<&Block>) {
    match (before, after) {
        (
            Some(Block::Bracket { release: r0, until: u0, at_most: m0, body: b0, .. }),
            Some(Block::Bracket { release: r1, until: u1, at_most: m1, body: b1, .. }),
        ) => {
            walk.shown(Facet::Care, subject, "release", Some(words::call(r0)), Some(words::call(r1)));
            let word = |until: &Until| Some(until.word().to_owned());
            walk.shown(Facet::Care, subject, "until", word(u0), word(u1));
            span(walk, subject, "Block.bracket.at_most", "at_most", *m0, *m1);
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
