//! When the workflows of a policy run, and how old its copies can be.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;

use mainstay_ir::{DurationMs, Flows, Ir, Overlap, SourceCopy, Trigger, Work};

use crate::age::{Age, Part, PartKind, Unprovable, follows};
use crate::rhythm::{Order, at_most};
use crate::spread::Path;
use crate::way::{Way, Ways};
use crate::{Extremes, Schedule, spread};

/// When everything of a policy runs, and how old its copies can be.
#[derive(Debug)]
pub struct Timetable<'a> {
    ir: &'a Ir,
    flows: Flows<'a>,
    pub(crate) order: Order<'a>,
    /// By workflow; those that are no schedule are not in it.
    schedules: HashMap<&'a str, Schedule>,
    /// A number for all workflows that have the same timed triggers: they mostly share them, and twenty years are looked at
    /// once for each.
    kinds: HashMap<&'a str, usize>,
    /// By kind.
    extremes: RefCell<HashMap<usize, Option<Extremes>>>,
    /// The same for the runs that may fail: by kind, largest gap and slack.
    pub(crate) skips: RefCell<HashMap<(usize, u64, u64), u32>>,
    /// By workflow: by whose timed triggers or logs it starts, and what those take that run before it.
    roots: RefCell<HashMap<&'a str, Option<(&'a str, DurationMs)>>>,
    pub(crate) ways: Ways<'a>,
    pub(crate) rhythms: OnceCell<Vec<Age<'a>>>,
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
        let schedules: HashMap<_, _> = ir.works().filter_map(schedule).collect();
        let mut known: HashMap<String, usize> = HashMap::new();
        let mut kinds = HashMap::new();
        for (name, work) in ir.works().filter(|(name, _)| schedules.get(name).is_some_and(Schedule::is_timed))
        {
            let fresh = known.len();
            kinds.insert(name, *known.entry(format!("{:?}", work.triggers)).or_insert(fresh));
        }
        let (extremes, skips, roots) = Default::default();
        let (ways, rhythms, ages) = Default::default();
        let (order, flows) = (Order::new(ir), ir.flows());
        Self { ir, flows, order, schedules, kinds, extremes, skips, roots, ways, rhythms, ages }
    }

    /// What flows in the policy.
    pub fn flows(&self) -> &Flows<'a> {
        &self.flows
    }

    /// The timed triggers of a workflow.
    pub fn schedule(&self, workflow: &str) -> Option<&Schedule> {
        self.schedules.get(workflow).filter(|schedule| schedule.is_timed())
    }

    /// The same number for all whose timed triggers are the same.
    pub(crate) fn kind(&self, workflow: &str) -> Option<usize> {
        self.kinds.get(workflow).copied()
    }

    /// The gaps of a workflow's timed triggers.
    pub fn extremes(&self, workflow: &str) -> Option<Extremes> {
        let kind = self.kind(workflow)?;
        let known = self.extremes.borrow().get(&kind).copied();
        known.unwrap_or_else(|| {
            let fresh = self.schedule(workflow).and_then(Schedule::extremes);
            self.extremes.borrow_mut().insert(kind, fresh);
            fresh
        })
    }

    /// The gaps between the starts of a workflow: those of its timed triggers, or of the workflow by whose success alone
    /// it starts, directly or through others.
    pub fn own_gaps(&self, workflow: &str) -> Option<OwnGaps<'a>> {
        let (name, work) = self.ir.work(workflow)?;
        let (root, before) = self.root(name)?;
        let uneven = self.schedule(root).map(Schedule::unevenness).unwrap_or_default();
        let closer = match work.overlap {
            Overlap::Skip | Overlap::Replace => DurationMs(uneven.0.saturating_add(before.0)),
            _ => DurationMs::default(),
        };
        Some(OwnGaps { root, extremes: self.extremes(root)?, closer })
    }

    /// For a workflow that follows others, the first of which is started by logs: that first one, and the longest time from
    /// one of its starts to the next. A run of this workflow that takes longer falls behind, and its copies of the logs get
    /// older than was proved. None for a workflow that logs start directly: a longer run delays its own next start, and its
    /// rhythm counts that.
    pub fn logs_due(&self, workflow: &str) -> Option<(&'a str, DurationMs)> {
        let (name, _) = self.ir.work(workflow)?;
        let (root, _) = self.root(name)?;
        let due = self.triggers(root).iter().filter_map(at_most).min().filter(|_| root != name)?;
        Some((root, self.within(root).map_or(due, |within| within.length.max(due))))
    }

    /// What a run may take at the most, so that it has ended before the next one starts; none where that is not known.
    pub fn most_within(&self, workflow: &str) -> Option<DurationMs> {
        let by_clock = self.own_gaps(workflow).map(|gaps| gaps.shortest());
        by_clock.into_iter().chain(self.logs_due(workflow).map(|(_, due)| due)).min()
    }

    /// By whose timed triggers, or logs, a workflow starts, and what those take that run before it. Each link of a chain is
    /// looked at once, whatever is asked.
    fn root(&self, workflow: &'a str) -> Option<(&'a str, DurationMs)> {
        let mut roots = self.roots.borrow_mut();
        let (mut path, mut at) = (Vec::new(), workflow);
        let mut found = loop {
            if let Some(known) = roots.get(at) {
                break *known;
            }
            if self.extremes(at).is_some() || self.triggers(at).iter().any(|it| at_most(it).is_some()) {
                break *roots.entry(at).or_insert(Some((at, DurationMs::default())));
            }
            // Whoever comes round to it again has no root.
            roots.insert(at, None);
            path.push(at);
            let [trigger] = self.triggers(at) else { break None };
            let Some((before, _)) = follows(trigger).and_then(|before| self.ir.work(before)) else {
                break None;
            };
            at = before;
        };
        for next in path.into_iter().rev() {
            let within = self.ir.work(at).and_then(|(_, work)| work.within).unwrap_or_default();
            found = found.map(|(root, before)| (root, DurationMs(before.0.saturating_add(within.0))));
            roots.insert(next, found);
            at = next;
        }
        found
    }

    /// How old each copy can be, in the order of [`Timetable::flows`].
    pub fn ages(&self) -> &[Age<'a>] {
        self.ages.get_or_init(|| spread::ages(self))
    }

    /// The triggers of a workflow.
    pub(crate) fn triggers(&self, workflow: &str) -> &'a [Trigger] {
        self.ir.work(workflow).map(|(_, work)| work.triggers).unwrap_or_default()
    }

    /// What a way consists of, in the order in which it happens.
    pub fn parts(&self, way: &Way) -> Vec<Part<'a>> {
        self.last_parts(way, usize::MAX)
    }

    /// The last of them, so many at most.
    pub fn last_parts(&self, way: &Way, most: usize) -> Vec<Part<'a>> {
        let within = |at| self.within(self.order.name(at)).ok();
        let back = |path: Path| path.back(&self.order).take(most).filter_map(within).collect();
        self.ways.parts(*way, most, back)
    }

    /// Whether its triggers are a schedule, be it an empty one.
    pub(crate) fn is_schedule(&self, workflow: &str) -> bool {
        self.schedules.contains_key(workflow)
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

#[cfg(test)]
mod tests;
