//! How firmly copies are locked, and who can open them.

use std::collections::BTreeSet;

use mainstay_ir::{Constructed, DurationMs, Ir, Value};

use super::behind::Touches;
use super::copies::{Line, line};
use super::flows::{Copies, Place, Said};
use super::judge::judge;
use super::table::Rule;
use super::{Change, Facet, Strength, words};
use crate::prove::fields::{repo_field, text};
use Strength::{Stronger, Weaker};

/// All that differs.
pub(super) fn lines(old: &Ir, new: &Ir, before: &Copies<'_>, after: &Copies<'_>) -> Vec<Line> {
    [locks(old, new, before, after), promised(old, new), recipients(old, new)].concat()
}

/// The mode, the better one the larger, and for how long in milliseconds.
type Lock = (Option<u8>, Option<u64>);

/// How firmly a copy is locked: by the mode of its repo, and for how long by the promise it is made for.
fn lock_of(ir: &Ir, place: Place<'_>, said: &Said<'_>) -> Lock {
    let mode = repo_field(ir, place.1, "lock_mode").map(|mode| match text(mode) {
        Some("compliance") => 2,
        _ => 1,
    });
    let length =
        |(work, _): &(&str, Option<&str>)| match ir.objectives.get(ir.objective_of(work)?)?.other.get("lock")
        {
            Some(Value::Duration(length)) => Some(length.0),
            _ => None,
        };
    let makers = said.makers.iter().chain(&said.closing);
    (mode, mode.and_then(|_| makers.filter_map(length).max()))
}

fn locks(old: &Ir, new: &Ir, before: &Copies<'_>, after: &Copies<'_>) -> Vec<Line> {
    let both = before.iter().filter_map(|(place, was)| Some((*place, was, after.get(place)?)));
    let locks = both.map(|(place, was, is)| (place, lock_of(old, place, was), lock_of(new, place, is)));
    let other = locks.filter(|(_, was, is)| was != is);
    other
        .map(|((source, repo), was, is)| {
            line(lock(&format!("`{source}` on `{repo}`"), was, is), source, false)
        })
        .collect()
}

fn lock(subject: &str, was: Lock, is: Lock) -> Change {
    let strength = if is.0 < was.0 || is.1 < was.1 { Weaker } else { Stronger };
    let shown = |lock: Lock| {
        let mode = lock.0.map(|mode| if mode == 2 { "compliance" } else { "governance" });
        let length = lock.1.map(|length| format!(", {}", DurationMs(length)));
        mode.map(|mode| format!("{mode}{}", length.unwrap_or_default()))
    };
    let effect = if strength == Weaker { "it can be deleted earlier, or by more" } else { "" };
    let change = Change::new(strength, Facet::Copies, subject).field("lock");
    change.values(shown(was), shown(is)).effect(effect)
}

/// What objectives promise of it.
fn promised(old: &Ir, new: &Ir) -> Vec<Line> {
    let both = old.objectives.iter().filter_map(|(name, was)| Some((name, was, new.objectives.get(name)?)));
    let locks = both.map(|(name, was, is)| (name, was.other.get("lock"), is.other.get("lock")));
    let other = locks.filter(|(_, was, is)| was != is);
    let change = |(name, was, is): (&String, Option<&Value>, Option<&Value>)| {
        let (strength, _) = judge(Rule::More, was, is);
        let change = Change::new(strength, Facet::Promise, format!("objective {name}")).field("lock");
        about_no_copy(change.values(was.map(words::value), is.map(words::value)))
    };
    other.map(change).collect()
}

fn about_no_copy(change: Change) -> Line {
    Line {
        change,
        touches: Touches::Sources(BTreeSet::new()),
        by_simulation: false,
        label: None,
        does_more: false,
    }
}

/// Who can open the snapshots of an archive: with one more, more can read; with one less, fewer can restore.
fn recipients(old: &Ir, new: &Ir) -> Vec<Line> {
    let list = |made: &Constructed| match made.fields.get("recipients") {
        Some(Value::List(items)) => Some(items.iter().map(words::value).collect::<BTreeSet<_>>()),
        _ => None,
    };
    let both =
        old.repos.iter().filter_map(|(name, was)| Some((name, list(was)?, list(new.repos.get(name)?)?)));
    let other = both.filter(|(_, was, is)| was != is);
    let change = |(name, was, is): (&String, BTreeSet<String>, BTreeSet<String>)| {
        let effect = if is.is_superset(&was) {
            "one more can read it"
        } else {
            "one who could restore it cannot any more"
        };
        let shown = |keys: BTreeSet<String>| Some(words::list(keys.into_iter()));
        let change = Change::new(Weaker, Facet::Control, format!("repo {name}")).field("recipients");
        about_no_copy(change.values(shown(was), shown(is)).effect(effect))
    };
    other.map(change).collect()
}
