//! When the workflows of a policy run, and how old its copies can be.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;

use mainstay_ir::{DurationMs, Flows, Ir, Overlap, SourceCopy, Trigger, Value, Work};

use crate::age::{Age, Part, PartKind, Unprovable, events_only, follows, total};
use crate::{Extremes, Schedule, Zone, spread};

/// When everything of a policy runs, and how old its copies can be.
#[derive(Debug)]
pub struct Timetable<'a> {
    ir: &'a Ir,
    flows: Flows<'a>,
    /// By workflow; those that are no schedule are not in it.
    schedules: HashMap<&'a str, Schedule>,
    /// Workflows mostly share their triggers, and twenty years are looked at once for each.
    extremes: RefCell<HashMap<String, Option<Extremes>>>,
    /// The same for the runs that may fail: by triggers, largest gap and slack.
    pub(crate) skips: RefCell<HashMap<(String, u64, u64), u32>>,
    ages: OnceCell<Vec<Age<'a>>>,
}

/// The gaps between the starts of a workflow.
#[derive(Debug, Clone, Copy)]
pub struct OwnGaps<'a> {
    /// The workflow or machine whose timed triggers they are: itself, or the one that it follows.
    pub root: &'a str,
    /// As written.
    pub extremes: Extremes,
    /// By how much two starts may come closer than that, where it matters: a run that is due while one is under way then
    /// is left out, or cancels it, and the gap is larger than the one that was proved. Jitter does it where triggers differ in
    /// it, and so does the time that the workflows before it take. Where such a run waits, the starts as written are enough: with `within` no
    /// longer than their smallest gap, each run ends within it after the latest time at which it may be due, by induction.
    pub closer: DurationMs,
}

impl OwnGaps<'_> {
    /// From one start to the next at the least, on any host.
    pub fn shortest(&self) -> DurationMs {
        DurationMs(self.extremes.smallest.length().0.saturating_sub(self.closer.0))
    }
}

impl<'a> Timetable<'a> {
    /// Of this policy.
    pub fn new(ir: &'a Ir) -> Self {
        let schedule = |(name, work): (&'a str, Work<'a>)| Some((name, Schedule::new(work.triggers).ok()?));
        let schedules = ir.works().filter_map(schedule).collect();
        let (extremes, skips) = Default::default();
        Self { ir, flows: ir.flows(), schedules, extremes, skips, ages: OnceCell::new() }
    }

    /// What flows in the policy.
    pub fn flows(&self) -> &Flows<'a> {
        &self.flows
    }

    /// The timed triggers of a workflow.
    pub fn schedule(&self, workflow: &str) -> Option<&Schedule> {
        self.schedules.get(workflow).filter(|schedule| schedule.is_timed())
    }

    /// The gaps of a workflow's timed triggers.
    pub fn extremes(&self, workflow: &str) -> Option<Extremes> {
        let key = format!("{:?}", self.ir.work(workflow)?.1.triggers);
        let known = self.extremes.borrow().get(&key).copied();
        known.unwrap_or_else(|| {
            let fresh = self.schedule(workflow).and_then(Schedule::extremes);
            self.extremes.borrow_mut().insert(key, fresh);
            fresh
        })
    }

    /// The gaps between the starts of a workflow: those of its timed triggers, or of the workflow by whose success alone
    /// it starts, directly or through others.
    pub fn own_gaps(&self, workflow: &str) -> Option<OwnGaps<'a>> {
        let (mut root, work) = self.ir.work(workflow)?;
        let waits = !matches!(work.overlap, Overlap::Skip | Overlap::Replace);
        let mut before = DurationMs::default();
        for _ in 0..=self.ir.workflows.len() + self.ir.machines.len() {
            if let Some(extremes) = self.extremes(root) {
                let uneven = self.schedule(root).map(Schedule::unevenness).unwrap_or_default();
                let closer =
                    if waits { DurationMs::default() } else { DurationMs(uneven.0.saturating_add(before.0)) };
                return Some(OwnGaps { root, extremes, closer });
            }
            let [trigger] = self.triggers(root) else { return None };
            let work;
            (root, work) = self.ir.work(follows(trigger)?)?;
            before.0 = before.0.saturating_add(work.within.unwrap_or_default().0);
        }
        None
    }

    /// How old each copy can be, in the order of [`Timetable::flows`].
    pub fn ages(&self) -> &[Age<'a>] {
        self.ages.get_or_init(|| spread::ages(self))
    }

    /// The triggers of a workflow.
    pub(crate) fn triggers(&self, workflow: &str) -> &'a [Trigger] {
        self.ir.work(workflow).map(|(_, work)| work.triggers).unwrap_or_default()
    }

    /// From the start of a run to the end of the next one, at most.
    pub fn rhythm(&self, workflow: &'a str) -> Age<'a> {
        self.beat(workflow, &mut Vec::new())
    }

    /// `seen` are the workflows that follow it.
    fn beat(&self, workflow: &'a str, seen: &mut Vec<&'a str>) -> Age<'a> {
        if seen.contains(&workflow) {
            return Err(Unprovable::BadTriggers(workflow));
        }
        seen.push(workflow);
        let starts = self.starts(workflow, seen);
        seen.pop();
        let mut parts = starts?;
        parts.push(self.within(workflow)?);
        Ok(parts)
    }

    /// From the start of one run to that of the next, at most.
    fn starts(&self, workflow: &'a str, seen: &mut Vec<&'a str>) -> Age<'a> {
        let triggers = self.triggers(workflow);
        if events_only(triggers).is_some() || !self.schedules.contains_key(workflow) {
            return Err(Unprovable::BadTriggers(workflow));
        }
        let timed = self.timed(workflow);
        match timed {
            Ok(_) => fresher(timed, self.untimed(workflow, seen)),
            Err(Unprovable::NotTimed(_)) => self.untimed(workflow, seen),
            Err(_) => self.untimed(workflow, seen).or(timed),
        }
    }

    /// The same by its timed triggers alone.
    fn timed(&self, workflow: &'a str) -> Age<'a> {
        let schedule = self.schedule(workflow).ok_or(Unprovable::NotTimed(workflow))?;
        let extremes = self.extremes(workflow).ok_or(Unprovable::Seldom(workflow))?;
        let zone = schedule.zone().cloned().unwrap_or_else(Zone::utc);
        let kind = PartKind::Gap { gap: extremes.largest, zone, exact: extremes.exact };
        let jitter = Part { workflow, kind: PartKind::Jitter, length: schedule.jitter() };
        let gap = Part { workflow, kind, length: extremes.largest.length() };
        Ok([gap, jitter].into_iter().filter(|part| part.length.0 > 0).collect())
    }

    /// The same by the workflows that it follows, and the logs that start it.
    fn untimed(&self, workflow: &'a str, seen: &mut Vec<&'a str>) -> Age<'a> {
        let triggers = self.triggers(workflow);
        let mut best: Age<'a> = Err(Unprovable::NotTimed(workflow));
        for trigger in triggers {
            let found = match (follows(trigger), at_most(trigger)) {
                (Some(before), _) => self.beat(before, seen),
                (None, Some(length)) => Ok(vec![Part { workflow, kind: PartKind::AtMost, length }]),
                (None, None) => continue,
            };
            best = fresher(best, found);
        }
        best
    }

    /// Whether each run that ends well makes this copy. A workflow's does; a machine may have a way around it.
    pub(crate) fn is_made(&self, copy: &SourceCopy<'a>) -> Result<(), Unprovable<'a>> {
        let machine = self.ir.machines.get(copy.workflow);
        match machine.and_then(|machine| machine.way_around(copy.step)) {
            Some(way) => Err(Unprovable::LeftOut { machine: copy.workflow, state: copy.step, way }),
            None => Ok(()),
        }
    }

    /// What a run may take.
    pub(crate) fn within(&self, workflow: &'a str) -> Result<Part<'a>, Unprovable<'a>> {
        let length = self.ir.work(workflow).and_then(|(_, work)| work.within);
        let part = |length| Part { workflow, kind: PartKind::Within, length };
        length.map(part).ok_or(Unprovable::NoWithin(workflow))
    }
}

/// The fresher of two ways; where neither can be proved, what is wrong with the second.
fn fresher<'a>(known: Age<'a>, other: Age<'a>) -> Age<'a> {
    match (known, other) {
        (Ok(known), Ok(other)) if total(&other) < total(&known) => Ok(other),
        (Ok(known), _) => Ok(known),
        (Err(_), other) => other,
    }
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

#[cfg(test)]
mod tests;
