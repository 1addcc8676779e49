//! RPO: how old the newest complete copy can be at the worst moment, for each copy.
//!
//! A copy that a run makes from the source is as old as the run's start. The worst moment is just before the
//! next run ends: one gap after that start, plus the jitter, plus what the next run may take. A copy that a
//! second workflow makes out of the first one's adds its own gap, jitter and `within`; one that starts when
//! the first has ended well adds its `within` only.

use std::collections::HashSet;

use mainstay_calendar::{Gap, Zone, timeline};
use mainstay_ir::{DurationMs, Origin, SourceCopy, Trigger, Value};

use super::policy::{Policy, follows};
use super::report::Report;
use super::timing;

mod broken;

/// What makes a copy old.
#[derive(Debug, Clone)]
pub(super) struct Part<'a> {
    pub workflow: &'a str,
    pub kind: PartKind,
    pub length: DurationMs,
}

#[derive(Debug, Clone)]
pub(super) enum PartKind {
    /// From one run to the next, with the two times and the zone to show them in. Not exact: an upper bound.
    Gap {
        gap: Gap,
        zone: Zone,
        exact: bool,
    },
    /// `wal(source, at_most: 5min)`.
    AtMost,
    Jitter,
    Within,
}

/// Why nothing can be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unprovable<'a> {
    /// A workflow that nothing starts by the clock.
    NotTimed(&'a str),
    /// Its timed triggers fire less than twice in twenty years.
    Seldom(&'a str),
    /// A workflow that may take for ever.
    NoWithin(&'a str),
    /// Nothing puts this source into this repo.
    NoMaker { source: &'a str, repo: &'a str },
    /// It is made out of itself.
    Circular,
    /// A trigger that was reported as such.
    Reported,
}

/// A copy's age at the worst moment.
pub(super) type Age<'a> = Result<Vec<Part<'a>>, Unprovable<'a>>;

pub(super) fn total(parts: &[Part<'_>]) -> DurationMs {
    DurationMs(parts.iter().map(|part| part.length.0).fold(0, u64::saturating_add))
}

pub(super) fn check(policy: &Policy<'_>, report: &mut Report) {
    for (name, objective) in &policy.ir.objectives {
        let Some(rpo) = objective.rpo else { continue };
        let mut late = HashSet::new();
        for (_, repos) in policy.by_source(name) {
            for copies in repos.values() {
                late.extend(check_copy(policy, name, rpo, copies, report));
            }
        }
        // What makes a copy late was said; that it makes runs overlap too is the same mistake.
        for copy in policy.copies_for(name).filter(|copy| !late.contains(copy.workflow)) {
            overlap(policy, name, copy.workflow, report);
        }
    }
}

/// A source in a repo is as fresh as the freshest of those that put it there. Gives the workflow that is late.
fn check_copy<'a>(
    policy: &Policy<'a>,
    objective: &str,
    rpo: DurationMs,
    copies: &[&SourceCopy<'a>],
    report: &mut Report,
) -> Option<&'a str> {
    let ages = copies.iter().map(|copy| (*copy, age(policy, copy, &mut Vec::new())));
    let key = |(_, age): &(&SourceCopy<'a>, Age<'a>)| age.as_ref().map_or(u64::MAX, |parts| total(parts).0);
    let (copy, age) = ages.min_by_key(key)?;
    match age {
        Err(Unprovable::Reported) => {}
        Err(why) => broken::unprovable(policy, objective, copy, &why, report),
        Ok(parts) if total(&parts) > rpo => {
            broken::late(policy, objective, rpo, copy, &parts, report);
            return Some(copy.workflow);
        }
        Ok(_) => {}
    }
    None
}

/// A run that may last longer than the time to the next one: runs would pile up, or be left out.
fn overlap(policy: &Policy<'_>, objective: &str, workflow: &str, report: &mut Report) {
    let within = policy.ir.workflows.get(workflow).and_then(|workflow| workflow.within);
    if let (Some(within), Some(extremes)) = (within, policy.extremes(workflow))
        && within > extremes.smallest.length()
    {
        broken::overlap(policy, objective, workflow, within, &extremes.smallest, report);
    }
}

/// How old a copy can be. `seen` are the copies on the way to it.
pub(super) fn age<'a>(
    policy: &Policy<'a>,
    copy: &SourceCopy<'a>,
    seen: &mut Vec<(&'a str, &'a str, &'a str)>,
) -> Age<'a> {
    let this = (copy.source, copy.repo, copy.workflow);
    if seen.contains(&this) {
        return Err(Unprovable::Circular);
    }
    seen.push(this);
    let age = match copy.origin {
        Origin::Source => beat(policy, copy.workflow, &mut Vec::new()),
        Origin::Copy { repo } => in_the_same_run(policy, copy, repo, seen),
        Origin::Latest { repo } => left_by_another(policy, copy, repo, seen),
    };
    seen.pop();
    age
}

/// A copy of a copy of the same run: it holds what that one holds, and the run's `within` covers both.
fn in_the_same_run<'a>(
    policy: &Policy<'a>,
    copy: &SourceCopy<'a>,
    repo: &str,
    seen: &mut Vec<(&'a str, &'a str, &'a str)>,
) -> Age<'a> {
    let first = policy.flows.copies.iter().find(|other| {
        (other.workflow, other.source, other.repo) == (copy.workflow, copy.source, repo)
            && other.step != copy.step
    });
    match first {
        Some(first) => age(policy, first, seen),
        None => beat(policy, copy.workflow, &mut Vec::new()),
    }
}

/// A copy of what other runs left: as old as that can be, and then this workflow's own time.
fn left_by_another<'a>(
    policy: &Policy<'a>,
    copy: &SourceCopy<'a>,
    repo: &'a str,
    seen: &mut Vec<(&'a str, &'a str, &'a str)>,
) -> Age<'a> {
    let makers = policy.flows.copies.iter().filter(|other| (other.source, other.repo) == (copy.source, repo));
    let mut best: Age<'a> = Err(Unprovable::NoMaker { source: copy.source, repo });
    for maker in makers {
        let made =
            age(policy, maker, seen).and_then(|parts| then(policy, copy.workflow, maker.workflow, parts));
        best = fresher(best, made);
    }
    best
}

/// The fresher of two ways; where neither can be proved, what is wrong with the second.
fn fresher<'a>(known: Age<'a>, other: Age<'a>) -> Age<'a> {
    match (known, other) {
        (Ok(known), Ok(other)) if total(&other) < total(&known) => Ok(other),
        (Ok(known), _) => Ok(known),
        (Err(_), other) => other,
    }
}

/// Adds what a second workflow adds.
fn then<'a>(policy: &Policy<'a>, workflow: &'a str, maker: &str, mut parts: Vec<Part<'a>>) -> Age<'a> {
    let follows_maker = |trigger: &Trigger| follows(trigger) == Some(maker);
    let triggers = policy.ir.workflows.get(workflow).map(|it| it.triggers.as_slice()).unwrap_or_default();
    if workflow != maker && triggers.iter().any(follows_maker) {
        parts.push(within(policy, workflow)?);
    } else {
        parts.extend(beat(policy, workflow, &mut Vec::new())?);
    }
    Ok(parts)
}

/// From the start of a run to the end of the next one, at most.
fn beat<'a>(policy: &Policy<'a>, workflow: &'a str, seen: &mut Vec<&'a str>) -> Age<'a> {
    if seen.contains(&workflow) {
        return Err(Unprovable::Reported);
    }
    seen.push(workflow);
    let last = within(policy, workflow);
    let mut parts = match policy.schedule(workflow) {
        Some(schedule) => {
            let extremes = policy.extremes(workflow).ok_or(Unprovable::Seldom(workflow))?;
            let zone = schedule.zone().cloned().unwrap_or_else(Zone::utc);
            let kind = PartKind::Gap { gap: extremes.largest, zone, exact: extremes.exact };
            let jitter = Part { workflow, kind: PartKind::Jitter, length: schedule.jitter() };
            let gap = Part { workflow, kind, length: extremes.largest.length() };
            [gap, jitter].into_iter().filter(|part| part.length.0 > 0).collect()
        }
        None => untimed(policy, workflow, seen)?,
    };
    parts.push(last?);
    Ok(parts)
}

/// The time between two runs of a workflow that follows another, or that a full log starts.
fn untimed<'a>(policy: &Policy<'a>, workflow: &'a str, seen: &mut Vec<&'a str>) -> Age<'a> {
    let triggers = policy.ir.workflows.get(workflow).map(|it| it.triggers.as_slice()).unwrap_or_default();
    if policy.ir.workflows.get(workflow).is_some_and(timing::is_reported) {
        return Err(Unprovable::Reported);
    }
    let mut best: Age<'a> = Err(Unprovable::NotTimed(workflow));
    for trigger in triggers {
        let found = match (follows(trigger), at_most(trigger)) {
            (Some(before), _) => beat(policy, before, seen),
            (None, Some(length)) => Ok(vec![Part { workflow, kind: PartKind::AtMost, length }]),
            (None, None) => continue,
        };
        best = fresher(best, found);
    }
    best
}

fn at_most(trigger: &Trigger) -> Option<DurationMs> {
    match trigger {
        Trigger::Event { name, args } if name == "wal" => match args.get("at_most") {
            Some(Value::Duration(length)) => Some(*length),
            _ => None,
        },
        _ => None,
    }
}

fn within<'a>(policy: &Policy<'a>, workflow: &'a str) -> Result<Part<'a>, Unprovable<'a>> {
    let length = policy.ir.workflows.get(workflow).and_then(|workflow| workflow.within);
    let part = |length| Part { workflow, kind: PartKind::Within, length };
    length.map(part).ok_or(Unprovable::NoWithin(workflow))
}

/// What the clocks did in between, where they did anything.
fn moved(gap: &Gap, zone: &Zone) -> &'static str {
    let shown = zone.civil(gap.to).duration_since(zone.civil(gap.from));
    match shown.as_millis().cmp(&i128::from(gap.length().0)) {
        std::cmp::Ordering::Less => ", for the clocks go back in between",
        std::cmp::Ordering::Greater => ", for the clocks go forward in between",
        std::cmp::Ordering::Equal => "",
    }
}

impl Part<'_> {
    /// As a line of a counter-example.
    fn line(&self) -> String {
        let workflow = self.workflow;
        match &self.kind {
            PartKind::Gap { gap, zone, exact: true } => {
                format!("`{workflow}` starts {}{}", timeline(gap, zone), moved(gap, zone))
            }
            PartKind::Gap { exact: false, .. } => {
                format!("`{workflow}` starts every {} at the least: its densest trigger alone", self.length)
            }
            PartKind::AtMost => format!("`{workflow}` starts after {} at the latest", self.length),
            PartKind::Jitter => format!("`{workflow}` may start {} later, for its jitter", self.length),
            PartKind::Within => {
                format!("`{workflow}` ends {} after its start, for its `within`", self.length)
            }
        }
    }

    /// As a term of a sum.
    fn term(&self) -> String {
        let word = match self.kind {
            PartKind::Gap { .. } => "gap",
            PartKind::AtMost => "at most",
            PartKind::Jitter => "jitter",
            PartKind::Within => "within",
        };
        format!("{} {word}", self.length)
    }
}
