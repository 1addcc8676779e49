//! Copies: which there are, what is said of each, and what the simulation says of all of them together.

use std::collections::BTreeSet;

use mainstay_calendar::{Zone, show};
use mainstay_ir::{Ir, Retention, Value};

use super::flows::{Copies, Place, Said, said};
use super::judge::{kept, order};
use super::labels::{self, Label};
use super::restorable::{Failure, Witness, losses};
use super::timing::Timing;
use super::walk::Walk;
use super::{Change, Facet, Strength, words};
use Strength::{Neutral, Stronger, Weaker};

/// Said of a line that looks weaker and whose source is as well off under each failure.
const COVERED: &str = "another copy is as new at every moment, whatever fails";

/// A change that the simulation has a word in.
#[derive(Debug)]
pub(super) struct Line {
    pub change: Change,
    /// The sources whose copies it may touch.
    pub touches: BTreeSet<String>,
    /// Whether the simulation decides what it is.
    pub by_simulation: bool,
    /// Of what is said of a repo's place: which.
    pub label: Option<Label>,
}

/// All about copies. `walk` holds what was found so far: lines about places and locks are among them.
pub(super) fn compare(walk: &mut Walk, old: &Ir, new: &Ir) {
    let (before, after) = (said(old), said(new));
    let looks = |workflow: &str| {
        before.values().chain(after.values()).any(|said| said.looked_at_by.contains(&workflow))
    };
    let mut lines = Timing::new(old, new).lines(looks);
    let places: BTreeSet<Place<'_>> = before.keys().chain(after.keys()).copied().collect();
    for place in places {
        lines.extend(copy(old, new, place, before.get(&place), after.get(&place)));
    }
    lines.extend(labels::lines(old, new, &before, &after));
    lines.extend(locks(old, new, &before, &after));
    lines.extend(recipients(old, new));
    let worse = losses(old, new);
    settle(&mut lines, &worse, losses(new, old), old);
    labels::by_themselves(&mut lines, &worse, old, new);
    walk.changes.extend(lines.into_iter().map(|line| line.change));
}

fn line(change: Change, source: &str, by_simulation: bool) -> Line {
    Line { change, touches: [source.to_owned()].into(), by_simulation, label: None }
}

fn copy(
    old: &Ir,
    new: &Ir,
    place: Place<'_>,
    before: Option<&Said<'_>>,
    after: Option<&Said<'_>>,
) -> Vec<Line> {
    let (source, repo) = place;
    let subject = format!("`{source}` on `{repo}`");
    match (before, after) {
        (Some(_), None) => {
            let gone = ("source", old.sources.contains_key(source) && !new.sources.contains_key(source));
            let effect = if gone.1 {
                "this copy is not made any more: its source is gone"
            } else {
                "this copy is not made any more"
            };
            vec![line(Change::new(Weaker, Facet::Copies, subject).effect(effect), source, false)]
        }
        (None, Some(_)) => {
            vec![line(Change::new(Stronger, Facet::Copies, subject).effect("a new copy"), source, false)]
        }
        (Some(before), Some(after)) => stayed(&subject, source, before, after),
        (None, None) => Vec::new(),
    }
}

/// What changed of a copy that stays.
fn stayed(subject: &str, source: &str, before: &Said<'_>, after: &Said<'_>) -> Vec<Line> {
    let mut found = Vec::new();
    let mut add = |change: Change, by_simulation: bool| found.push(line(change, source, by_simulation));
    if before.makers != after.makers {
        let change = Change::new(Neutral, Facet::Copies, subject).field("made by");
        add(change.values(Some(makers(before)), Some(makers(after))), true);
    }
    if before.sealed != after.sealed {
        let strength = order(Some(before.sealed), Some(after.sealed));
        let shown = |said: &Said<'_>| Some(if said.sealed { "sealed" } else { "not sealed" }.to_owned());
        add(Change::new(strength, Facet::Copies, subject).values(shown(before), shown(after)), false);
    }
    if before.verified != after.verified {
        let strength = verified(before, after);
        let change = Change::new(strength, Facet::Copies, subject).field("verify");
        add(change.values(verifies(before), verifies(after)).effect(look_effect(strength)), false);
    }
    if before.drilled != after.drilled {
        let strength = order(Some(before.drilled.min(1)), Some(after.drilled.min(1)));
        let shown = |said: &Said<'_>| (said.drilled > 0).then(|| format!("{}", said.drilled));
        let change = Change::new(strength, Facet::Care, subject).field("drills");
        let effect = if strength == Weaker { "a restore of it is not rehearsed any more" } else { "" };
        add(change.values(shown(before), shown(after)).effect(effect), false);
    }
    for change in keeps(subject, before, after) {
        add(change, false);
    }
    found
}

/// What each workflow keeps of a copy. Where nobody says what is kept, nothing is forgotten.
fn keeps(subject: &str, before: &Said<'_>, after: &Said<'_>) -> Vec<Change> {
    let endless = Retention { all: true, ..Retention::default() };
    let of = |said: &Said<'_>, workflow: &str| {
        let own = said.keeps.iter().find(|(known, _)| *known == workflow);
        own.map_or_else(|| endless.clone(), |(_, keep)| (*keep).clone())
    };
    let names: BTreeSet<&str> = before.keeps.iter().chain(&after.keeps).map(|(name, _)| *name).collect();
    let mut found: Vec<Change> = Vec::new();
    for name in names {
        let (old, new) = (of(before, name), of(after, name));
        if old == new {
            continue;
        }
        let (strength, effect) = kept(Some(&old), Some(&new));
        let shown = |keep: &Retention| Some(keep.literal());
        let change = Change::new(strength, Facet::History, subject).field("keep");
        let change = change.values(shown(&old), shown(&new)).effect(effect.unwrap_or_default());
        if !found.contains(&change) {
            found.push(change);
        }
    }
    found
}

fn makers(said: &Said<'_>) -> String {
    let one = |(workflow, from): &(&str, Option<&str>)| match from {
        Some(repo) => format!("{workflow}, from {repo}"),
        None => (*workflow).to_owned(),
    };
    said.makers.iter().map(one).collect::<Vec<_>>().join("; ")
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

/// How firmly a copy is locked: by the mode of its repo, and for how long by the promise it is made for.
fn lock_of(ir: &Ir, place: Place<'_>, said: &Said<'_>) -> (Option<u8>, Option<u64>) {
    let mode = ir.repos.get(place.1).and_then(|repo| repo.fields.get("lock_mode")).map(|mode| match mode {
        Value::Member(word) if word == "compliance" => 2,
        _ => 1,
    });
    let length = |(workflow, _): &(&str, Option<&str>)| {
        let objective = ir.objectives.get(ir.workflows.get(*workflow)?.objective.as_ref()?)?;
        match objective.other.get("lock") {
            Some(Value::Duration(length)) => Some(length.0),
            _ => None,
        }
    };
    (mode, mode.and_then(|_| said.makers.iter().filter_map(length).max()))
}

fn locks(old: &Ir, new: &Ir, before: &Copies<'_>, after: &Copies<'_>) -> Vec<Line> {
    let mut found = Vec::new();
    for (place, was) in before {
        let Some(is) = after.get(place) else { continue };
        let (was, is) = (lock_of(old, *place, was), lock_of(new, *place, is));
        if was == is {
            continue;
        }
        let strength = if is.0 < was.0 || is.1 < was.1 { Weaker } else { Stronger };
        let shown = |lock: (Option<u8>, Option<u64>)| {
            let mode = lock.0.map(|mode| if mode == 2 { "compliance" } else { "governance" });
            let length = lock.1.map(|length| format!(", {}", mainstay_ir::DurationMs(length)));
            mode.map(|mode| format!("{mode}{}", length.unwrap_or_default()))
        };
        let change =
            Change::new(strength, Facet::Copies, format!("`{}` on `{}`", place.0, place.1)).field("lock");
        let effect = if strength == Weaker { "it can be deleted earlier, or by more" } else { "" };
        found.push(line(change.values(shown(was), shown(is)).effect(effect), place.0, false));
    }
    for (name, objective) in &old.objectives {
        let Some(new) = new.objectives.get(name) else { continue };
        let (was, is) = (objective.other.get("lock"), new.other.get("lock"));
        if was != is {
            let (strength, _) = super::judge::judge(super::table::Rule::More, was, is);
            let change = Change::new(strength, Facet::Promise, format!("objective {name}")).field("lock");
            let change = change.values(was.map(words::value), is.map(words::value));
            found.push(Line { change, touches: BTreeSet::new(), by_simulation: false, label: None });
        }
    }
    found
}

/// Who can open the snapshots of an archive: with one more, more can read; with one less, fewer can restore.
fn recipients(old: &Ir, new: &Ir) -> Vec<Line> {
    let mut found = Vec::new();
    for (name, was) in &old.repos {
        let list = |made: &mainstay_ir::Constructed| match made.fields.get("recipients") {
            Some(Value::List(items)) => Some(items.iter().map(words::value).collect::<BTreeSet<_>>()),
            _ => None,
        };
        let (Some(was), Some(is)) = (list(was), new.repos.get(name).and_then(list)) else { continue };
        if was == is {
            continue;
        }
        let shown = |keys: &BTreeSet<String>| Some(words::list(keys.iter().cloned()));
        let effect = if is.is_superset(&was) {
            "one more can read it"
        } else {
            "one who could restore it cannot any more"
        };
        let change = Change::new(Weaker, Facet::Control, format!("repo {name}")).field("recipients");
        let change = change.values(shown(&was), shown(&is)).effect(effect);
        found.push(Line { change, touches: BTreeSet::new(), by_simulation: false, label: None });
    }
    found
}

/// Lets the simulation have its word: what it finds is on a line, with an example; what it does not find is not weaker.
fn settle(lines: &mut Vec<Line>, worse: &[Witness], better: Vec<Witness>, old: &Ir) {
    let hurt: BTreeSet<&str> = worse.iter().map(|witness| witness.source.as_str()).collect();
    let of_copies = |line: &&mut Line| line.by_simulation && line.change.facet == Facet::Copies;
    for line in lines.iter_mut().filter(of_copies).filter(|line| line.change.strength == Weaker) {
        if !line.touches.iter().any(|source| hurt.contains(source.as_str())) {
            line.change.strength = Neutral;
            let said = line.change.effect.take();
            line.change.effect = Some(said.map_or(COVERED.to_owned(), |said| format!("{said}; {COVERED}")));
        }
    }
    for witness in worse {
        let example = Some(told(witness, old));
        match pick(lines, &witness.source, &[Weaker, Neutral, Stronger]) {
            Some(line) => {
                (line.change.strength, line.change.facet) = (Weaker, Facet::Copies);
                line.change.example = line.change.example.take().or(example);
            }
            None => {
                let change = Change::new(Weaker, Facet::Copies, format!("source {}", witness.source));
                let change =
                    change.effect("its newest copy can be older than before, or gone").example(example);
                lines.push(line_of(change, &witness.source));
            }
        }
    }
    for witness in better.iter().filter(|witness| !hurt.contains(witness.source.as_str())) {
        match pick(lines, &witness.source, &[Stronger, Neutral]) {
            Some(line) => line.change.strength = Stronger,
            None => {
                let change = Change::new(Stronger, Facet::Copies, format!("source {}", witness.source));
                lines.push(line_of(
                    change.effect("its newest copy is newer than before under some failure"),
                    &witness.source,
                ));
            }
        }
    }
}

fn line_of(change: Change, source: &str) -> Line {
    line(change, source, true)
}

/// The line that a witness speaks of: one about its source, of the first strength that there is.
fn pick<'l>(lines: &'l mut [Line], source: &str, strengths: &[Strength]) -> Option<&'l mut Line> {
    let about = |line: &Line, strength: Strength| {
        line.touches.contains(source)
            && line.change.strength == strength
            && (line.by_simulation || (strength != Neutral && line.change.facet == Facet::Copies))
    };
    let found = strengths.iter().find_map(|strength| lines.iter().position(|line| about(line, *strength)))?;
    lines.get_mut(found)
}

/// The witness in words, on the clocks of the first zone that the old policy names.
pub(super) fn told(witness: &Witness, old: &Ir) -> String {
    let zone = old
        .workflows
        .values()
        .filter_map(|workflow| mainstay_calendar::Schedule::new(&workflow.triggers).ok())
        .find_map(|schedule| schedule.zone().cloned())
        .unwrap_or_else(Zone::utc);
    let Witness { source, at, failure, before, after } = witness;
    let at = show(*at, &zone);
    if let Failure::LateTime(workflow) = failure {
        return format!("{at}: `{workflow}` does not start any more");
    }
    let after = after.map_or(format!("no copy of `{source}`"), |after| {
        format!("the newest copy of `{source}` is of {}", show(after, &zone))
    });
    let before = before.map(|before| format!("; the old policy has one of {}", show(before, &zone)));
    format!("{at}, {}: {after}{}", failed(failure), before.unwrap_or_default())
}

fn failed(failure: &Failure) -> String {
    match failure {
        Failure::Nothing | Failure::LateTime(_) => "without any failure".to_owned(),
        Failure::Repo(name) => format!("with repo `{name}` lost"),
        Failure::Site(name) => format!("with site `{name}` lost"),
        Failure::Account(name) => format!("with account `{name}` lost"),
        Failure::Damage(name) => format!("with `{name}` damaged at that time"),
        Failure::Run(name) => format!("after a run of `{name}` failed"),
    }
}
