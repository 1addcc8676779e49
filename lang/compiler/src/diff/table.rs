//! What a change of each field of the IR, and of each field that the standard library declares, does to the protection.
//!
//! This is the only place that says so. A key is `Type.field` for the fields of a struct of the IR or of a type of the
//! library, `Type.variant.field` for those of an enum's variant and of a constructor of that type, `stage.name.parameter`
//! and `verb.name.parameter`. A test fails when a field has no entry, and when an entry has no field.

mod ir;
mod library;

use std::collections::HashMap;
use std::sync::LazyLock;

use super::Facet;

/// How two values of a field compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// It means nothing to the protection and is not shown: comments, docs, positions.
    Nothing,
    /// It is shown.
    Neutral,
    /// The larger, the stronger; absent is the weakest.
    More,
    /// The larger, the stronger; absent is without a limit, and the strongest.
    MoreOrFree,
    /// The smaller, the stronger; absent is the weakest.
    Less,
    /// One of these words, the weakest first; those between bars are as good as each other. Absent is weaker than all.
    Ranked(&'static [&'static [&'static str]]),
    /// A list that means more with each item; absent is empty.
    Wider,
    /// A list that means less with each item; absent is empty.
    Narrower,
    /// A list of what is allowed; absent allows all and is the weakest.
    Only,
    /// A guard: a range inside another is stronger; absent is the weakest.
    Guard,
    /// A time of day in which something may happen: a part of it is weaker; absent is always.
    Open,
    /// That it is there is stronger; another value is shown.
    There,
    /// That it is there is weaker; another value is shown.
    Absent,
    /// Another value means other data or another place: what there was is not there any more.
    Elsewhere,
    /// A list, or all that there are but for some.
    Databases,
    /// Fields of their own, of this type.
    Fields(&'static str),
    /// A number of something that is kept: `gfs(..)`.
    Kept,
    /// `backoff(..)`.
    Tries,
    /// Compared where what it does to copies is known: the simulation, the timetable, the steps.
    Own,
}

/// What is said of a field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub facet: Facet,
    pub rule: Rule,
    /// What it means when it gets weaker; empty: the values say it.
    pub weaker: &'static str,
}

/// Keys with the same entry.
type Row = (&'static [&'static str], Facet, Rule, &'static str);

static TABLE: LazyLock<HashMap<&'static str, Entry>> = LazyLock::new(|| {
    let rows = ir::ROWS.iter().chain(library::ROWS);
    let entries = rows.flat_map(|(keys, facet, rule, weaker)| {
        keys.iter().map(|key| (*key, Entry { facet: *facet, rule: *rule, weaker }))
    });
    entries.collect()
});

/// The entry of a key.
pub(super) fn entry(key: &str) -> Option<Entry> {
    TABLE.get(key).copied()
}

#[cfg(test)]
mod tests;
