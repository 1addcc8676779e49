//! When workflows and machines run, and how old their copies can become by that: the worst gap of twenty years.

use std::cell::{OnceCell, RefCell};
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use mainstay_calendar::{Schedule, Timetable, horizon};
use mainstay_ir::{DurationMs, Ir, Trigger, Work};

use super::behind::{Behind, Touches};
use super::copies::Line;
use super::judge::{both, grown, order};
use super::made::Made;
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
    /// Whose copies depend on which workflow, in either.
    behind: Behind<'a>,
    /// Those on which any does.
    touching: BTreeSet<&'a str>,
    /// Those of the old one that make a copy when a run has ended.
    closing: HashSet<&'a str>,
    /// The copies of both.
    copies: (Made<'a>, Made<'a>),
    /// What other triggers mean, by both: mostly many workflows get the same.
    strengths: RefCell<HashMap<String, Strength>>,
    /// Whether all triggers of the old one are in the new one.
    are_alike: OnceCell<bool>,
}

impl<'a> Timing<'a> {
    pub fn new(old: &'a Ir, new: &'a Ir) -> Self {
        let (old, new) = ((old, Timetable::new(old)), (new, Timetable::new(new)));
        let behind = Behind::new([(old.0, old.1.flows()), (new.0, new.1.flows())]);
        let touching = behind.touching_any();
        let closing = old.1.flows().closing.iter().map(|closing| closing.copy.workflow).collect();
        let copies = (Made::new(old.1.flows()), Made::new(new.1.flows()));
        let (strengths, are_alike) = Default::default();
        Self { old, new, behind, touching, closing, copies, strengths, are_alike }
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

    /// Whose copies depend on which workflow.
    pub fn behind(&self) -> &Behind<'a> {
        &self.behind
    }

    /// From one look at a copy to the next at most, when these look at it; none: by hand only, or too seldom to say.
    /// Nothing is asked of twenty years when no trigger is another.
    pub fn between_looks(&self, old: &[&str], new: &[&str]) -> (Option<DurationMs>, Option<DurationMs>) {
        if old == new && self.are_alike() {
            return (None, None);
        }
        let gap = |table: &Timetable<'_>, works: &[&str]| {
            works.iter().filter_map(|work| Some(table.own_gaps(work)?.extremes.largest.length())).min()
        };
        (gap(&self.old.1, old), gap(&self.new.1, new))
    }

    fn are_alike(&self) -> bool {
        let alike = |(name, work): (&str, Work<'_>)| {
            self.new.0.work(name).is_some_and(|(_, other)| other.triggers == work.triggers)
        };
        *self.are_alike.get_or_init(|| self.old.0.works().all(alike))
    }

    fn work(&self, name: &'a str, looks: bool, before: Work<'a>, after: Work<'a>) -> Vec<Line> {
        let (old, new) = (words::triggers(before.triggers), words::triggers(after.triggers));
        if old == new && before.within == after.within {
            return Vec::new();
        }
        let facet = match (self.touching.contains(name), looks) {
            (true, _) => Facet::Copies,
            (false, true) => Facet::Care,
            (false, false) => Facet::Running,
        };
        let subject = format!("{} {name}", after.kind);
        let by_simulation = facet == Facet::Copies;
        let does_more = self.closing.contains(name) || does_more(self.old.0, name);
        let touches = || Touches::Behind(name.to_owned());
        let line = |change| Line { change, touches: touches(), by_simulation, label: None, does_more };
        let mut effect = self.gaps(name);
        let mut found = Vec::new();
        if old != new {
            let strength = self.trigger_strength(before.triggers, after.triggers);
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
        for copy in self.copies.1.made_from(workflow) {
            let place = (copy.source, copy.repo);
            if let (Some(before), Some(after)) =
                (self.copies.0.worst(&self.old.1, place), self.copies.1.worst(&self.new.1, place))
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

    /// The times of the one among those of the other, jitter, and the events that start it.
    fn trigger_strength(&self, before: &[Trigger], after: &[Trigger]) -> Strength {
        let mut known = self.strengths.borrow_mut();
        *known.entry(format!("{before:?}{after:?}")).or_insert_with(|| trigger_strength(before, after))
    }
}

/// Whether a run of this does anything that no simulation speaks of.
fn does_more(ir: &Ir, name: &str) -> bool {
    let found = ir.workflows.get(name).map(deeds);
    let found = found.or_else(|| ir.machines.get(name).map(machines::deeds));
    found.is_some_and(|all| !all.is_empty())
}

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
