//! When workflows run, and how old their copies can become by that: the worst gap of twenty years.

use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;
use mainstay_calendar::{Schedule, Timetable, horizon, total};
use mainstay_ir::{DurationMs, Ir, SourceCopy, Trigger, Workflow};

use super::copies::Line;
use super::judge::{both, order};
use super::{Change, Facet, Strength, words};
use Strength::{Neutral, Stronger, Weaker};

/// Times of a schedule that are looked for in the other one.
const MOST_TIMES: usize = 1_000_000;

/// Copies whose worst gaps are written out; the others are counted.
const MOST_GAPS: usize = 3;

/// The timetables of both policies.
pub(super) struct Timing<'a> {
    old: (&'a Ir, Timetable<'a>),
    new: (&'a Ir, Timetable<'a>),
}

impl<'a> Timing<'a> {
    pub fn new(old: &'a Ir, new: &'a Ir) -> Self {
        Self { old: (old, Timetable::new(old)), new: (new, Timetable::new(new)) }
    }

    /// A line for each change of a trigger or of a `within`.
    pub fn lines(&self, looks: impl Fn(&str) -> bool) -> Vec<Line> {
        let mut found = Vec::new();
        for (name, before) in &self.old.0.workflows {
            if let Some(after) = self.new.0.workflows.get(name) {
                let facet = if self.copies(name).is_empty() {
                    if looks(name) { Facet::Care } else { Facet::Running }
                } else {
                    Facet::Copies
                };
                found.extend(self.workflow(name, facet, before, after));
            }
        }
        found
    }

    /// What a workflow copies in either policy.
    fn copies(&self, workflow: &str) -> BTreeSet<&'a str> {
        let tables = [&self.old.1, &self.new.1];
        let copies = tables.into_iter().flat_map(|table| &table.flows().copies);
        copies.filter(|copy| copy.workflow == workflow).map(|copy| copy.source).collect()
    }

    /// The sources whose copies depend on when a workflow runs: its own, and those that are copied from them.
    fn touched(&self, workflow: &str) -> BTreeSet<String> {
        self.copies(workflow).into_iter().map(str::to_owned).collect()
    }

    fn workflow(&self, name: &str, facet: Facet, before: &Workflow, after: &Workflow) -> Vec<Line> {
        let subject = format!("workflow {name}");
        let line = |change: Change| Line {
            change,
            touches: self.touched(name),
            by_simulation: facet == Facet::Copies,
            label: None,
        };
        let (old, new) = (words::triggers(&before.triggers), words::triggers(&after.triggers));
        if old == new && before.within == after.within {
            return Vec::new();
        }
        let mut effect = self.gaps(name);
        let mut found = Vec::new();
        if old != new {
            let strength = trigger_strength(&before.triggers, &after.triggers);
            let change = Change::new(strength, facet, &subject).field("trigger").values(old, new);
            found.push(line(change.effect(std::mem::take(&mut effect))));
        }
        if before.within != after.within {
            let least = |within: Option<DurationMs>| within.map(|within| std::cmp::Reverse(within.0));
            let strength = order(least(before.within), least(after.within));
            let shown = |within: Option<DurationMs>| within.map(DurationMs::literal);
            let change = Change::new(strength, facet, subject).field("within");
            found.push(line(change.values(shown(before.within), shown(after.within)).effect(effect)));
        }
        found
    }

    /// The worst gaps that a change of a workflow moves, in words.
    fn gaps(&self, workflow: &str) -> String {
        let mut all = Vec::new();
        for copy in &self.new.1.flows().copies {
            let (before, after) = (worst(&self.old.1, copy), worst(&self.new.1, copy));
            let comes_from = copy.workflow == workflow || feeds(&self.new.1, workflow, copy);
            if comes_from
                && let (Some(before), Some(after)) = (before, after).to_owned()
                && before != after
            {
                all.push(format!("worst gap of `{}` on `{}`: {before} -> {after}", copy.source, copy.repo));
            }
        }
        all.dedup();
        if all.is_empty() {
            return self.runs(workflow);
        }
        let rest = all.len().saturating_sub(MOST_GAPS);
        all.truncate(MOST_GAPS);
        let more = (rest > 0).then(|| format!("and {rest} more"));
        all.into_iter().chain(more).collect::<Vec<_>>().join("; ")
    }

    /// Where no copy is made: from one run to the next.
    fn runs(&self, workflow: &str) -> String {
        let gap = |table: &Timetable<'_>| Some(table.extremes(workflow)?.largest.length());
        match (gap(&self.old.1), gap(&self.new.1)) {
            (Some(before), Some(after)) if before != after => {
                format!("from one run to the next at most: {before} -> {after}")
            }
            (Some(before), None) => format!("from one run to the next at most: {before} -> without an end"),
            _ => String::new(),
        }
    }
}

/// Whether a workflow makes what a copy of another one is made from, in the end.
fn feeds(table: &Timetable<'_>, workflow: &str, copy: &SourceCopy<'_>) -> bool {
    let copies = &table.flows().copies;
    let (mut wanted, mut seen) = (vec![copy], HashSet::new());
    while let Some(copy) = wanted.pop() {
        let from = match copy.origin {
            mainstay_ir::Origin::Source => continue,
            mainstay_ir::Origin::Copy { repo } | mainstay_ir::Origin::Latest { repo } => repo,
        };
        for maker in copies.iter().filter(|maker| (maker.source, maker.repo) == (copy.source, from)) {
            if maker.workflow == workflow {
                return true;
            }
            if seen.insert((maker.workflow, maker.step, maker.repo)) {
                wanted.push(maker);
            }
        }
    }
    false
}

/// The worst age of a source in a repo, whoever puts it there; without the time of a run where that has no `within`.
fn worst(table: &Timetable<'_>, wanted: &SourceCopy<'_>) -> Option<String> {
    let copies = table.flows().copies.iter().zip(table.ages());
    let of = copies.filter(|(copy, _)| (copy.source, copy.repo) == (wanted.source, wanted.repo));
    let gap = |copy: &SourceCopy<'_>| {
        let gap = table.extremes(copy.workflow)?.largest.length();
        Some(DurationMs(gap.0 + table.schedule(copy.workflow)?.jitter().0))
    };
    let each = of.map(|(copy, age)| age.as_ref().map_or_else(|_| gap(copy), |parts| Some(total(parts))));
    let known: Option<Vec<DurationMs>> = each.collect();
    match known {
        Some(known) => known.into_iter().min().map(|length| length.to_string()),
        None => Some("without an end".to_owned()),
    }
}

/// The times of the one among those of the other, jitter, and the events that start it.
fn trigger_strength(before: &[Trigger], after: &[Trigger]) -> Strength {
    let timed = times(before, after);
    let events = |all: &[Trigger]| -> BTreeSet<String> {
        all.iter().filter(|trigger| matches!(trigger, Trigger::Event { .. })).map(words::trigger).collect()
    };
    let (old, new) = (events(before), events(after));
    let events = match (old == new, old.is_subset(&new)) {
        (true, _) => Neutral,
        (_, true) => Stronger,
        _ => Weaker,
    };
    match (timed, events) {
        (Neutral, other) | (other, Neutral) => other,
        (one, other) => both(one, other),
    }
}

fn times(before: &[Trigger], after: &[Trigger]) -> Strength {
    let schedule = |triggers: &[Trigger]| Schedule::new(triggers).ok().filter(Schedule::is_timed);
    let (before, after) = match (schedule(before), schedule(after)) {
        (Some(before), Some(after)) => (before, after),
        (before, after) => return order(before.map(|_| 0), after.map(|_| 0)),
    };
    if before == after {
        return Neutral;
    }
    let jitter = order(Some(std::cmp::Reverse(before.jitter())), Some(std::cmp::Reverse(after.jitter())));
    let (from, to) = horizon();
    let all = |schedule: &Schedule| -> HashSet<Timestamp> {
        schedule.fires(from).take_while(|at| *at < to).take(MOST_TIMES).collect()
    };
    let (old, new) = (all(&before), all(&after));
    let times = match (old == new, old.is_subset(&new)) {
        (true, _) => Neutral,
        (_, true) => Stronger,
        _ => Weaker,
    };
    match (times, jitter) {
        (Neutral, other) | (other, Neutral) => other,
        (one, other) => both(one, other),
    }
}
