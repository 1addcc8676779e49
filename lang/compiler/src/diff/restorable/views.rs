//! Which slots of a part are always alike, and where sources are compared.
//!
//! Most slots of a large part are always alike: what a run puts into a hundred repos is in all of them of one instant. So
//! slots that the same runs fill with the same are one, and sources that lie in the same of those are compared once: again
//! only when one of those slots is filled.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::course::{Of, World};
use super::model::Turn;
use super::part::{Dead, Part};
use super::run::{NEVER, Sim};
use super::stage::{Clocks, Slot};
use super::{Cause, Finding};

/// Runs that look into more slots than these are not asked which slots they fill alike: each of these may be empty or not.
const MOST_READS: usize = 3;

/// A simulation of a part in each policy, the old one first.
pub(super) type Both<'s, 'p, 'a> = [Sim<'s, 'p, 'a>; 2];

/// When anything happens next in either.
pub(super) fn next(both: &Both<'_, '_, '_>) -> Option<i64> {
    both.iter().filter_map(Sim::peek).min()
}

/// Lets all happen up to an instant; how much that was.
pub(super) fn advance(both: &mut Both<'_, '_, '_>, at: i64) -> usize {
    both.iter_mut().map(|sim| sim.advance(at)).sum()
}

/// What was found so far, by source of the part.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub of: Vec<Option<Finding>>,
    open: usize,
}

impl Found {
    pub fn new(sources: usize) -> Self {
        Self { of: vec![None; sources], open: sources }
    }

    /// Whether there is something of each source.
    pub fn is_done(&self) -> bool {
        self.open == 0
    }

    fn is_open(&self, source: usize) -> bool {
        self.of.get(source).is_some_and(Option::is_none)
    }

    fn add(&mut self, source: usize, finding: &Finding) {
        if let Some(open) = self.of.get_mut(source).filter(|known| known.is_none()) {
            *open = Some(finding.clone());
            self.open -= 1;
        }
    }
}

/// A part of both policies in which something is lost from the beginning, or a state ends otherwise each time.
pub(super) struct Ground<'p, 'a> {
    pub part: &'p Part<'a>,
    worlds: [World<'p, 'a>; 2],
    merged: [Merged; 2],
}

impl<'p, 'a> Ground<'p, 'a> {
    /// What is in repos of different numbers in `apart` is not made one; without a number it is 0.
    pub fn new(part: &'p Part<'a>, dead: &'p Dead, turn: Option<&'p Turn>, apart: &[usize]) -> Self {
        let [old, new] = &part.stages;
        let [old_dead, new_dead] = dead;
        let world = |stage, dead| World::new(stage, part.repo_of.len(), dead, turn);
        let [old, new] = [world(old, old_dead), world(new, new_dead)];
        let merged = [Merged::of(part, 0, &old, apart), Merged::of(part, 1, &new, apart)];
        let [old_merged, new_merged] = &merged;
        Self { part, worlds: [old_merged.world(old), new_merged.world(new)], merged }
    }

    /// From the beginning; `casts` say which jobs run.
    pub fn sims<'s>(&'s self, clocks: &'s Clocks, casts: &'s [Vec<bool>; 2]) -> Both<'s, 'p, 'a> {
        let ([old, new], [old_cast, new_cast]) = (&self.worlds, casts);
        [Sim::new(old, clocks, old_cast), Sim::new(new, clocks, new_cast)]
    }

    /// What a slot is one with, in both policies.
    pub fn places(&self, slot: Slot) -> [Slot; 2] {
        self.merged.each_ref().map(|merged| merged.numbers.get(slot).copied().unwrap_or(slot))
    }

    /// What is left of the slots of a source, sorted.
    fn alive(&self, side: usize, slots: &[Slot], dead: Option<&Vec<usize>>) -> Vec<Slot> {
        let is_dead = |slot: &Slot| {
            let repo = self.part.repo_of.get(*slot);
            repo.zip(dead).is_some_and(|(repo, dead)| dead.binary_search(repo).is_ok())
        };
        let numbers = self.merged.get(side).map(|merged| &merged.numbers);
        let place = |slot: &Slot| numbers.and_then(|numbers| numbers.get(*slot)).copied();
        let mut found: Vec<Slot> = slots.iter().filter(|slot| !is_dead(slot)).filter_map(place).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    fn newest(&self, sim: &Sim<'_, '_, '_>, side: usize, view: &View) -> i64 {
        let bases = self.merged.get(side).map(|merged| &merged.bases);
        let base = |slot: Slot| bases.and_then(|bases| bases.get(slot)).copied().flatten();
        let slots = view.slots.get(side).into_iter().flatten();
        slots.map(|slot| sim.restorable(*slot, base(*slot))).max().unwrap_or(NEVER)
    }
}

/// Where each source lies when nothing is lost.
pub(super) struct Whole {
    /// By source and policy: how many slots are each one.
    counts: Vec<[BTreeMap<Slot, usize>; 2]>,
    /// By repo: the sources that lie there, and what their slots are one with in each policy.
    lying: HashMap<usize, Vec<(usize, [Slot; 2])>>,
}

impl Whole {
    pub fn new(ground: &Ground<'_, '_>) -> Self {
        let mut whole = Self { counts: Vec::new(), lying: HashMap::new() };
        for (source, (_, slots)) in ground.part.sources.iter().enumerate() {
            let mut counts: [BTreeMap<Slot, usize>; 2] = Default::default();
            for slot in slots {
                let places = ground.places(*slot);
                for (counts, place) in counts.iter_mut().zip(places) {
                    *counts.entry(place).or_default() += 1;
                }
                let repo = ground.part.repo_of.get(*slot).copied().unwrap_or_default();
                whole.lying.entry(repo).or_default().push((source, places));
            }
            whole.counts.push(counts);
        }
        whole
    }

    /// The sources of which anything is lost that nothing else is one with, and what is left of each.
    fn less(&self, dead: &Dead) -> BTreeMap<usize, [Vec<Slot>; 2]> {
        let mut lost: BTreeMap<usize, [BTreeMap<Slot, usize>; 2]> = BTreeMap::new();
        for (side, repos) in dead.iter().enumerate() {
            for (source, places) in repos.iter().filter_map(|repo| self.lying.get(repo)).flatten() {
                if let (Some(lost), Some(place)) =
                    (lost.entry(*source).or_default().get_mut(side), places.get(side))
                {
                    *lost.entry(*place).or_default() += 1;
                }
            }
        }
        let mut less = BTreeMap::new();
        for (source, mut lost) in lost {
            let Some(counts) = self.counts.get(source) else { continue };
            for (lost, counts) in lost.iter_mut().zip(counts) {
                lost.retain(|place, count| counts.get(place) == Some(count));
            }
            if lost.iter().any(|lost| !lost.is_empty()) {
                let [old, new] = [0, 1].map(|side| {
                    let all = counts.get(side).into_iter().flat_map(BTreeMap::keys).copied();
                    all.filter(|place| lost.get(side).is_some_and(|lost| !lost.contains_key(place))).collect()
                });
                less.insert(source, [old, new]);
            }
        }
        less
    }
}

/// Where sources are compared that lie in the same slots.
#[derive(Debug)]
struct View {
    cause: Cause,
    /// The slots of each policy.
    slots: [Vec<Slot>; 2],
    sources: Vec<usize>,
}

/// All that is compared.
#[derive(Debug, Default)]
pub(super) struct Watch {
    views: Vec<View>,
    /// By policy and slot.
    of_slot: [HashMap<Slot, Vec<usize>>; 2],
    /// What was added: one cause after another finds the same where the same slots are left.
    seen: HashSet<(usize, [Vec<Slot>; 2])>,
}

impl Watch {
    /// The sources without a finding, where they lie that is not dead.
    pub fn add(&mut self, ground: &Ground<'_, '_>, dead: &Dead, found: &Found, cause: &Cause) {
        let mut views: BTreeMap<[Vec<Slot>; 2], Vec<usize>> = BTreeMap::new();
        let sources = ground.part.sources.iter().enumerate();
        for (source, (_, slots)) in sources.filter(|(source, _)| found.is_open(*source)) {
            let slots = [ground.alive(0, slots, dead.first()), ground.alive(1, slots, dead.get(1))];
            if self.seen.insert((source, slots.clone())) {
                views.entry(slots).or_default().push(source);
            }
        }
        self.push(views, cause);
    }

    /// The same for what is lost of something that was added whole: again only where anything is less than it was.
    pub fn add_loss(&mut self, whole: &Whole, dead: &Dead, found: &Found, cause: &Cause) {
        let mut views: BTreeMap<[Vec<Slot>; 2], Vec<usize>> = BTreeMap::new();
        for (source, slots) in whole.less(dead).into_iter().filter(|(source, _)| found.is_open(*source)) {
            if self.seen.insert((source, slots.clone())) {
                views.entry(slots).or_default().push(source);
            }
        }
        self.push(views, cause);
    }

    fn push(&mut self, views: BTreeMap<[Vec<Slot>; 2], Vec<usize>>, cause: &Cause) {
        for (slots, sources) in views {
            for (of_slot, slots) in self.of_slot.iter_mut().zip(&slots) {
                slots.iter().for_each(|slot| of_slot.entry(*slot).or_default().push(self.views.len()));
            }
            self.views.push(View { cause: cause.clone(), slots, sources });
        }
    }

    /// Compares where anything was filled or damaged last; how many slots were looked at. What goes wrong counts before
    /// what the views say.
    pub fn compare(
        &self,
        ground: &Ground<'_, '_>,
        both: &Both<'_, '_, '_>,
        at: i64,
        cause: Option<&Cause>,
        found: &mut Found,
    ) -> usize {
        let touched = both.iter().zip(&self.of_slot).flat_map(|(sim, of_slot)| {
            sim.changed.iter().filter_map(|slot| of_slot.get(slot)).flatten().copied()
        });
        let (touched, mut looked_at): (BTreeSet<usize>, _) = (touched.collect(), 0);
        for view in touched.into_iter().filter_map(|view| self.views.get(view)) {
            let [old, new] = both;
            let (before, after) = (ground.newest(old, 0, view), ground.newest(new, 1, view));
            looked_at += view.slots.iter().map(Vec::len).sum::<usize>();
            if after < before {
                let cause = cause.unwrap_or(&view.cause).clone();
                let finding = Finding { at, cause, before, after };
                view.sources.iter().for_each(|source| found.add(*source, &finding));
            }
        }
        looked_at
    }
}

/// Which slots are one.
struct Merged {
    /// By slot.
    numbers: Vec<Slot>,
    /// Of those: the base without which nothing of it can be restored.
    bases: Vec<Option<Slot>>,
}

impl Merged {
    /// Slots are told apart by each run that fills one of them otherwise than the other, whatever it looks into.
    fn of(part: &Part<'_>, side: usize, world: &World<'_, '_>, apart: &[usize]) -> Self {
        let count = part.repo_of.len();
        if world.stage.jobs.iter().any(|job| job.reads.len() > MOST_READS) {
            return Self { numbers: (0..count).collect(), bases: part.base_of.clone() };
        }
        let of: Vec<usize> = part.repo_of.iter().map(|repo| apart.get(*repo).copied().unwrap_or(0)).collect();
        let fresh = of.iter().max().map_or(0, |most| most + 1);
        let mut classes = Classes { of, known: HashMap::new(), last: None, count: fresh };
        for (kind, job) in part.leading(side) {
            for pattern in 0..1_usize << job.reads.len() {
                let empty: Vec<bool> = (0..job.reads.len()).map(|bit| pattern >> bit & 1 == 1).collect();
                for (slot, of) in world.fresh(job, &empty).brought {
                    classes.tell(slot, (kind, pattern, of));
                }
            }
        }
        classes.merged(&part.base_of)
    }

    fn world<'p, 'a>(&self, world: World<'p, 'a>) -> World<'p, 'a> {
        world.merged(self.bases.len(), self.numbers.clone())
    }
}

/// Slots by all that fills them.
struct Classes {
    /// By slot.
    of: Vec<usize>,
    known: HashMap<(usize, Filled), usize>,
    /// What was asked for last, and what that is.
    last: Option<((usize, Filled), usize)>,
    count: usize,
}

/// By which job, when which of what it looks into is empty, and with what.
type Filled = (usize, usize, Of);

impl Classes {
    fn tell(&mut self, slot: Slot, filled: Filled) {
        let Some(class) = self.of.get_mut(slot) else { return };
        let key = (*class, filled);
        *class = match &self.last {
            Some((last, found)) if *last == key => *found,
            _ => {
                let count = &mut self.count;
                *self.known.entry(key).or_insert_with(|| {
                    *count += 1;
                    *count - 1
                })
            }
        };
        self.last = Some((key, *class));
    }

    /// What can be restored of a link depends on its base, too.
    fn merged(self, base_of: &[Option<Slot>]) -> Merged {
        let mut known: BTreeMap<(usize, Option<usize>), Slot> = BTreeMap::new();
        let mut merged = Merged { numbers: Vec::new(), bases: Vec::new() };
        let base_class = |base: &Option<Slot>| base.and_then(|base| self.of.get(base)).copied();
        for (class, base) in self.of.iter().zip(base_of) {
            let fresh = known.len();
            merged.numbers.push(*known.entry((*class, base_class(base))).or_insert(fresh));
        }
        merged.bases = vec![None; known.len()];
        for (number, base) in merged.numbers.iter().zip(base_of) {
            let base = base.and_then(|base| merged.numbers.get(base)).copied();
            merged.bases.get_mut(*number).into_iter().for_each(|of| *of = base);
        }
        merged
    }
}
