//! When workflows and machines run, and how old their copies can become by that: the worst gap of twenty years.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use mainstay_calendar::{Schedule, Timetable, follows, horizon, total};
use mainstay_ir::{Closing, DurationMs, Ir, SourceCopy, Trigger, Work};

use super::copies::Line;
use super::judge::{both, grown, order};
use super::restorable::MOST_TIMES;
use super::work::deeds;
use super::{Change, Facet, Strength, machines, words};
use Strength::{Neutral, Weaker};

/// Copies whose worst gaps are written out; the others are counted.
const MOST_GAPS: usize = 3;

/// What a longer `within` means where no copy depends on it.
const HANGS: &str = "a run that hangs is noticed later";

/// The timetables of both policies.
pub(super) struct Timing<'a> {
    old: (&'a Ir, Timetable<'a>),
    new: (&'a Ir, Timetable<'a>),
    /// What each workflow and machine copies in either.
    copied: HashMap<&'a str, BTreeSet<&'a str>>,
    /// What the good end of each starts in either.
    followers: HashMap<&'a str, BTreeSet<&'a str>>,
}

impl<'a> Timing<'a> {
    pub fn new(old: &'a Ir, new: &'a Ir) -> Self {
        let (old, new) = ((old, Timetable::new(old)), (new, Timetable::new(new)));
        let mut copied: HashMap<_, BTreeSet<_>> = HashMap::new();
        let mut followers: HashMap<_, BTreeSet<_>> = HashMap::new();
        for (ir, table) in [&old, &new] {
            for copy in &table.flows().copies {
                copied.entry(copy.workflow).or_default().insert(copy.source);
            }
            for (name, work) in ir.works() {
                for before in work.triggers.iter().filter_map(follows) {
                    followers.entry(before).or_default().insert(name);
                }
            }
        }
        Self { old, new, copied, followers }
    }

    /// A line for each change of a trigger or of a `within`; `looks` are those that verify or rehearse anything.
    pub fn lines(&self, looks: &HashSet<&str>) -> Vec<Line> {
        let mut found = Vec::new();
        for (name, before) in self.old.0.works() {
            if let Some((_, after)) = self.new.0.work(name) {
                found.extend(self.work(name, looks.contains(name), before, after));
            }
        }
        found
    }

    /// The sources whose copies depend on when this runs: those that it copies, whoever copies on from there, and those
    /// of all that its good end starts.
    fn touched(&self, name: &'a str) -> BTreeSet<String> {
        let (mut names, mut seen) = (vec![name], BTreeSet::from([name]));
        while let Some(before) = names.pop() {
            let behind = self.followers.get(before).into_iter().flatten();
            names.extend(behind.copied().filter(|name| seen.insert(name)));
        }
        let copied = seen.into_iter().filter_map(|name| self.copied.get(name)).flatten();
        copied.map(|source| (*source).to_owned()).collect()
    }

    /// From one look at a copy to the next at most, when these look at it; none: by hand only, or too seldom to say.
    /// Nothing is asked of twenty years when no trigger is another.
    pub fn between_looks(&self, old: &[&str], new: &[&str]) -> (Option<DurationMs>, Option<DurationMs>) {
        let mut works = self.old.0.works();
        let alike = |(name, work): (&str, Work<'_>)| {
            self.new.0.work(name).is_some_and(|(_, other)| other.triggers == work.triggers)
        };
        if old == new && works.all(alike) {
            return (None, None);
        }
        let gap = |table: &Timetable<'_>, works: &[&str]| {
            works.iter().filter_map(|work| Some(table.own_gaps(work)?.extremes.largest.length())).min()
        };
        (gap(&self.old.1, old), gap(&self.new.1, new))
    }

    fn work(&self, name: &'a str, looks: bool, before: Work<'a>, after: Work<'a>) -> Vec<Line> {
        let (old, new) = (words::triggers(before.triggers), words::triggers(after.triggers));
        if old == new && before.within == after.within {
            return Vec::new();
        }
        let touches = self.touched(name);
        let facet = match (touches.is_empty(), looks) {
            (false, _) => Facet::Copies,
            (true, true) => Facet::Care,
            (true, false) => Facet::Running,
        };
        let subject = format!("{} {name}", after.kind);
        let by_simulation = facet == Facet::Copies;
        let does_more = does_more(self.old.0, &self.old.1.flows().closing, name);
        let line =
            |change: Change| Line { change, touches: touches.clone(), by_simulation, label: None, does_more };
        let mut effect = self.gaps(name);
        let mut found = Vec::new();
        if old != new {
            let strength = trigger_strength(before.triggers, after.triggers);
            let change = Change::new(strength, facet, &subject).field("trigger").values(old, new);
            found.push(line(change.effect(std::mem::take(&mut effect))));
        }
        if before.within != after.within {
            let least = |within: Option<DurationMs>| within.map(|within| Reverse(within.0));
            let strength = order(least(before.within), least(after.within));
            let shown = |within: Option<DurationMs>| within.map(DurationMs::literal);
            let change = Change::new(strength, facet, subject).field("within");
            let hangs = strength == Weaker && effect.is_empty() && !by_simulation;
            let effect = if hangs { HANGS.to_owned() } else { effect };
            found.push(line(change.values(shown(before.within), shown(after.within)).effect(effect)));
        }
        found
    }

    /// The worst gaps that a change of a workflow moves, in words.
    fn gaps(&self, workflow: &str) -> String {
        let mut all = Vec::new();
        for copy in &self.new.1.flows().copies {
            let comes_from = copy.workflow == workflow || feeds(&self.new.1, workflow, copy);
            if comes_from
                && let (Some(before), Some(after)) = (worst(&self.old.1, copy), worst(&self.new.1, copy))
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

/// Whether this does anything that no simulation speaks of.
fn does_more(ir: &Ir, closing: &[Closing<'_>], name: &str) -> bool {
    let found = ir.workflows.get(name).map(deeds);
    let found = found.or_else(|| ir.machines.get(name).map(machines::deeds));
    found.is_some_and(|all| !all.is_empty()) || closing.iter().any(|it| it.copy.workflow == name)
}

/// Whether a workflow makes what a copy of another one is made from, in the end.
fn feeds(table: &Timetable<'_>, workflow: &str, copy: &SourceCopy<'_>) -> bool {
    let copies = &table.flows().copies;
    let (mut wanted, mut seen) = (vec![copy], HashSet::new());
    while let Some(copy) = wanted.pop() {
        let Some(from) = copy.origin.repo() else { continue };
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
    both(timed, grown(&events(before), &events(after)))
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
    let jitter = order(Some(Reverse(before.jitter())), Some(Reverse(after.jitter())));
    let (from, to) = horizon();
    let all = |schedule: &Schedule| -> BTreeSet<Timestamp> {
        schedule.fires(from).take_while(|at| *at < to).take(MOST_TIMES).collect()
    };
    both(grown(&all(&before), &all(&after)), jitter)
}
