//! What is lost for good, in one part: a repo, a site or an account, at any instant or from the beginning.
//!
//! Most slots of a large part are always alike: what a run puts into a hundred repos is in all of them of one instant. So
//! slots that the same runs fill with the same are one, and sources that lie in the same of those are compared once.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::course::{Of, World};
use super::part::Part;
use super::run::{NEVER, Sim};
use super::stage::{Clocks, Slot};

/// Runs that look into more slots than these are not asked which slots they fill alike: each of these may be empty or not.
const MOST_READS: usize = 3;

/// Where a source is worse off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub at: i64,
    /// By its number in [`Part::losses`]; none: nothing is lost.
    pub loss: Option<usize>,
    pub before: i64,
    pub after: i64,
}

/// By source of the part.
pub(super) type Findings = Vec<Option<Finding>>;

/// Where sources are compared that lie in the same slots.
struct View {
    /// The slots of each policy.
    slots: [Vec<Slot>; 2],
    sources: Vec<usize>,
}

/// A part of both policies with something lost from the beginning.
struct Lost<'p, 'a> {
    worlds: [World<'p, 'a>; 2],
    merged: [Merged; 2],
}

/// Which slots are one.
struct Merged {
    /// By slot.
    numbers: Vec<Slot>,
    /// Of those: the base without which nothing of it can be restored.
    bases: Vec<Option<Slot>>,
}

/// The first witness for each source of the part: at each instant without what is lost then, and then from the beginning
/// without it.
pub(super) fn findings(part: &Part<'_>, clocks: &Clocks) -> Findings {
    let mut search = Search { part, clocks, casts: part.casts(1), found: vec![None; part.sources.len()] };
    search.at_each_instant();
    search.since_the_beginning();
    search.found
}

struct Search<'p, 'a> {
    part: &'p Part<'a>,
    clocks: &'p Clocks,
    casts: [Vec<bool>; 2],
    found: Findings,
}

impl Search<'_, '_> {
    fn at_each_instant(&mut self) {
        let none = [Vec::new(), Vec::new()];
        let lost = Lost::new(self.part, &none);
        let mut seen = HashSet::new();
        let mut all = vec![(None, self.views(&lost, &none, &mut seen))];
        for (number, (_, dead)) in self.part.losses.iter().enumerate() {
            all.push((Some(number), self.views(&lost, dead, &mut seen)));
        }
        self.watch(&lost, &mut all);
    }

    fn since_the_beginning(&mut self) {
        for (number, (_, dead)) in self.part.losses.iter().enumerate() {
            if self.found.iter().all(Option::is_some) {
                return;
            }
            let lost = Lost::new(self.part, dead);
            let views = self.views(&lost, dead, &mut HashSet::new());
            self.watch(&lost, &mut vec![(Some(number), views)]);
        }
    }

    /// Where those without a witness lie that is not dead; what was seen before is left out.
    fn views(
        &self,
        lost: &Lost<'_, '_>,
        dead: &[Vec<bool>; 2],
        seen: &mut HashSet<(usize, [Vec<Slot>; 2])>,
    ) -> Vec<View> {
        let mut views: HashMap<[Vec<Slot>; 2], Vec<usize>> = HashMap::new();
        for (source, (_, slots)) in self.part.sources.iter().enumerate() {
            let alive = |side: usize| lost.alive(self.part, side, slots, dead.get(side));
            let slots = [alive(0), alive(1)];
            if self.found.get(source).is_some_and(Option::is_none) && seen.insert((source, slots.clone())) {
                views.entry(slots).or_default().push(source);
            }
        }
        views.into_iter().map(|(slots, sources)| View { slots, sources }).collect()
    }

    /// Compares at each instant at which anything ends, until there is nothing more to be found.
    fn watch(&mut self, lost: &Lost<'_, '_>, all: &mut Vec<(Option<usize>, Vec<View>)>) {
        let [old_cast, new_cast] = &self.casts;
        let [old_world, new_world] = &lost.worlds;
        all.retain(|(_, views)| !views.is_empty());
        let mut old = Sim::new(old_world, self.clocks, old_cast);
        let mut new = Sim::new(new_world, self.clocks, new_cast);
        while let Some(at) = old.peek().into_iter().chain(new.peek()).min() {
            if at >= self.clocks.to || all.is_empty() {
                return;
            }
            let ended = [old.advance(at), new.advance(at)];
            if ended == [false, false] {
                continue;
            }
            for (loss, views) in all.iter_mut() {
                views.retain(|view| {
                    let [before, after] =
                        [(&old, 0), (&new, 1)].map(|(sim, side)| lost.newest(sim, side, view));
                    let is_worse = after < before;
                    if is_worse {
                        let finding = Finding { at, loss: *loss, before, after };
                        for slot in view.sources.iter() {
                            let open = self.found.get_mut(*slot).filter(|known| known.is_none());
                            open.into_iter().for_each(|open| *open = Some(finding.clone()));
                        }
                    }
                    !is_worse
                        && view.sources.iter().any(|it| self.found.get(*it).is_some_and(Option::is_none))
                });
            }
            all.retain(|(_, views)| !views.is_empty());
        }
    }
}

impl<'p, 'a> Lost<'p, 'a> {
    fn new(part: &'p Part<'a>, dead: &'p [Vec<bool>; 2]) -> Self {
        let [old, new] = &part.stages;
        let [old_dead, new_dead] = dead;
        let world = |stage, dead| World::new(stage, part.repo_of.len(), dead, None);
        let worlds = [world(old, old_dead), world(new, new_dead)];
        let [old, new] = worlds;
        let merged = [Merged::of(part, 0, &old), Merged::of(part, 1, &new)];
        let [old_merged, new_merged] = &merged;
        Self { worlds: [old_merged.world(old), new_merged.world(new)], merged }
    }

    fn alive(&self, part: &Part<'_>, side: usize, slots: &[Slot], dead: Option<&Vec<bool>>) -> Vec<Slot> {
        let is_dead = |slot: &Slot| {
            let repo = part.repo_of.get(*slot);
            repo.and_then(|repo| dead?.get(*repo)).copied().unwrap_or(false)
        };
        let numbers = self.merged.get(side).map(|merged| &merged.numbers);
        let place = |slot: &Slot| numbers.and_then(|numbers| numbers.get(*slot)).copied();
        let mut found: Vec<Slot> = Vec::new();
        for slot in slots.iter().filter(|slot| !is_dead(slot)).filter_map(place) {
            if found.last() != Some(&slot) {
                found.push(slot);
            }
        }
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

impl Merged {
    /// Slots are told apart by each run that fills one of them otherwise than the other, whatever it looks into.
    fn of(part: &Part<'_>, side: usize, world: &World<'_, '_>) -> Self {
        let count = part.repo_of.len();
        if world.stage.jobs.iter().any(|job| job.reads.len() > MOST_READS) {
            return Self { numbers: (0..count).collect(), bases: part.base_of.clone() };
        }
        let mut classes = Classes { of: vec![0; count], known: HashMap::new(), last: None, count: 1 };
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
