//! Where repos are and who can delete what lies there: what a change of that means for the copies says the simulation.

use std::collections::{BTreeSet, HashMap, HashSet};

use mainstay_ir::{Constructed, IndexMap, Ir, Name, Value};

use super::behind::Touches;
use super::copies::Line;
use super::flows::Copies;
use super::judge::judge;
use super::restorable::{Witness, losses};
use super::settle::{told, zone};
use super::table::Rule;
use super::{Change, Facet, Strength, words};
use crate::prove::policy::record;
use Strength::{Neutral, Stronger, Weaker};

/// Labels that are tried by themselves, a simulation for each: that the copies are worse off is known before.
const MOST_BY_THEMSELVES: usize = 16;

/// A field of a repo that says what is lost together.
#[derive(Debug, Clone)]
pub(super) struct Label {
    repo: Name,
    /// Of its place, or `tier`.
    field: &'static str,
}

/// Where a repo is and who can delete it.
pub(super) fn lines(old: &Ir, new: &Ir, before: &Copies<'_>, after: &Copies<'_>) -> Vec<Line> {
    let mut found = Vec::new();
    let mut lying: HashMap<&str, BTreeSet<String>> = HashMap::new();
    for (source, repo) in before.keys().chain(after.keys()) {
        lying.entry(repo).or_default().insert((*source).to_owned());
    }
    for (repo, was) in &old.repos {
        let Some(is) = new.repos.get(repo) else { continue };
        let touches = || Touches::Sources(lying.get(repo.as_str()).cloned().unwrap_or_default());
        let field = |made: &Constructed, name: &str| {
            let place = made.fields.get("place").and_then(record)?;
            place.get(name).cloned().filter(|value| *value != Value::List(Vec::new()))
        };
        let fields = [("site", Facet::Copies), ("account", Facet::Copies), ("deleters", Facet::Control)];
        for (name, facet) in fields {
            let (was, is) = (field(was, name), field(is, name));
            if was == is {
                continue;
            }
            let rule = if name == "deleters" { Rule::Narrower } else { Rule::Neutral };
            let (strength, said) = judge(rule, was.as_ref(), is.as_ref());
            let change = Change::new(strength, facet, format!("repo {repo}")).field(format!("place.{name}"));
            let shown = (was.as_ref().map(words::value), is.as_ref().map(words::value));
            let change = change.values(shown.0, shown.1);
            let effect = if strength == Weaker { "one more can delete it" } else { "" };
            let change = if said.is_some() { change.effect(effect) } else { change };
            let label = Some(Label { repo: repo.clone(), field: name });
            found.push(Line { change, touches: touches(), by_simulation: true, label, does_more: false });
        }
        let tiers = [was, is].map(|made| made.fields.get("tier").map_or("hot".to_owned(), words::value));
        found.extend(tier(repo, tiers, touches));
    }
    found
}

/// How fast a restore is, and whether an account reaches what lies there: what that means for the copies says the
/// simulation.
fn tier(repo: &str, [was, is]: [String; 2], touches: impl Fn() -> Touches) -> Option<Line> {
    if was == is {
        return None;
    }
    let (facet, strength, effect) = match (was.as_str(), is.as_str()) {
        ("offline", _) => (Facet::Copies, Neutral, "who has its account can delete it"),
        (_, "offline") => (Facet::Copies, Neutral, "no account can delete it unless it is brought back"),
        (_, "cold") => (Facet::Care, Weaker, "a restore takes longer"),
        _ => (Facet::Care, Stronger, ""),
    };
    let change = Change::new(strength, facet, format!("repo {repo}")).field("tier");
    let by_simulation = facet == Facet::Copies;
    let change = change.values(Some(was), Some(is)).effect(effect);
    let label = Some(Label { repo: repo.to_owned(), field: "tier" });
    Some(Line { change, touches: touches(), by_simulation, label, does_more: false })
}

/// One thing that is worse hides another: where a source is worse off, each label that would harm it by itself says so.
pub(super) fn by_themselves(lines: &mut [Line], worse: &[Witness], old: &Ir, new: &Ir) {
    let hurt: HashSet<&str> = worse.iter().map(|witness| witness.source.as_str()).collect();
    let is_worse = |source: &String| hurt.contains(source.as_str());
    let is_open = |line: &Line| {
        let (facet, strength) = (line.change.facet, line.change.strength);
        let Touches::Sources(sources) = &line.touches else { return false };
        (facet, strength) == (Facet::Copies, Neutral) && sources.iter().any(is_worse)
    };
    let zone = zone(old);
    let open = lines.iter_mut().filter(|line| line.label.is_some() && is_open(line));
    for line in open.take(MOST_BY_THEMSELVES) {
        let Some(label) = &line.label else { continue };
        let harm = losses(old, &with(old, new, label));
        if let Some(witness) = harm.iter().find(|witness| is_worse(&witness.source)) {
            line.change.strength = Weaker;
            line.change.example = Some(told(witness, &zone));
        }
    }
}

/// The old policy with one label of the new one.
fn with(old: &Ir, new: &Ir, label: &Label) -> Ir {
    let mut ir = old.clone();
    let Some((made, is)) = ir.repos.get_mut(&label.repo).zip(new.repos.get(&label.repo)) else { return ir };
    if label.field == "tier" {
        set(&mut made.fields, "tier", is.fields.get("tier"));
        return ir;
    }
    let is = is.fields.get("place").and_then(record).and_then(|place| place.get(label.field));
    let place = made.fields.entry("place".to_owned()).or_insert_with(|| Value::Record(Default::default()));
    if let Value::Record(place) = place {
        set(place, label.field, is);
    }
    ir
}

fn set(fields: &mut IndexMap<Name, Value>, name: &str, value: Option<&Value>) {
    match value {
        Some(value) => drop(fields.insert(name.to_owned(), value.clone())),
        None => drop(fields.shift_remove(name)),
    }
}
