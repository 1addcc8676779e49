//! The parts of two policies that have nothing to do with each other: what happens in one is the same whatever happens in
//! the others, so that each is simulated by itself.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::model::{Losses, Model, Place, Work, place_of};
use super::stage::{Clocks, Does, Job, Numbers, Slot, Stage};

/// A part: of each policy the jobs, and what both know.
#[derive(Debug)]
pub(super) struct Part<'a> {
    /// The old policy's and the new one's.
    pub stages: [Stage<'a>; 2],
    /// Of the sources that are compared, by their numbers among all: the slots.
    pub sources: Vec<(usize, Vec<Slot>)>,
    /// By slot.
    pub repo_of: Vec<usize>,
    /// By slot: where the base lies without which nothing of it can be restored.
    pub base_of: Vec<Option<Slot>>,
    /// The names of its repos.
    pub repos: Vec<&'a str>,
    /// The losses that take any of its repos, by their numbers, and what each takes in each policy. Of those that take the
    /// same the first.
    pub losses: Vec<(usize, Dead)>,
    pub kinds: Vec<Kind<'a>>,
    /// By job of each policy.
    pub kind_of: [Vec<usize>; 2],
}

/// The repos of a part that are lost in each policy, sorted.
pub(super) type Dead = [Vec<usize>; 2];

/// Jobs that do the same at the same times in each policy.
#[derive(Debug, Default)]
pub(super) struct Kind<'a> {
    pub names: Vec<&'a str>,
    /// The first of them and one more, by policy.
    pub first: [Option<usize>; 2],
    pub second: [Option<usize>; 2],
}

/// Both policies, the old one first.
pub(super) type Models<'m, 'a> = [&'m Model<'a>; 2];

impl<'a> Part<'a> {
    /// Which jobs run when of each kind one or two do: one more that does the same makes no difference.
    pub fn casts(&self, most: usize) -> [Vec<bool>; 2] {
        let mut casts = self.stages.each_ref().map(|stage| vec![false; stage.jobs.len()]);
        for kind in &self.kinds {
            for chosen in [kind.first, kind.second].into_iter().take(most) {
                for (cast, job) in casts.iter_mut().zip(chosen) {
                    job.and_then(|job| cast.get_mut(job)).into_iter().for_each(|runs| *runs = true);
                }
            }
        }
        casts
    }

    /// The first job of each kind that one policy has, with the number of the kind.
    pub fn leading(&self, side: usize) -> impl Iterator<Item = (usize, &Job<'a>)> {
        let of = move |kind: &Kind<'a>| {
            let job = kind.first.get(side).copied().flatten()?;
            self.stages.get(side)?.jobs.get(job)
        };
        self.kinds.iter().enumerate().filter_map(move |(number, kind)| Some((number, of(kind)?)))
    }

    /// What a search depends on: it finds the same in parts that are alike but for their names.
    pub fn shape(&self) -> Shape<'_> {
        let does = self.stages.each_ref().map(|stage| stage.jobs.iter().map(|job| &job.does).collect());
        let followers = self.stages.each_ref().map(|stage| stage.followers.as_slice());
        let kinds = self.kind_of.each_ref().map(Vec::as_slice);
        let sources = self.sources.iter().map(|(_, slots)| slots.as_slice()).collect();
        let losses = self.losses.iter().map(|(_, dead)| dead).collect();
        Shape { does, followers, kinds, sources, repos: &self.repo_of, bases: &self.base_of, losses }
    }
}

/// A part without its names.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Shape<'p> {
    does: [Vec<&'p Does>; 2],
    followers: [&'p [Vec<usize>]; 2],
    kinds: [&'p [usize]; 2],
    sources: Vec<&'p [Slot]>,
    repos: &'p [usize],
    bases: &'p [Option<Slot>],
    losses: Vec<&'p Dead>,
}

/// The parts in which these sources are.
pub(super) fn parts<'m, 'a>(
    models: Models<'m, 'a>,
    sources: &[&'a str],
    losses: &Losses,
    clocks: &mut Clocks,
) -> Vec<Part<'a>> {
    let groups = Groups::of(models, sources);
    let numbers: HashMap<&str, usize> =
        sources.iter().enumerate().map(|(number, source)| (*source, number)).collect();
    groups.into_iter().map(|group| part(models, &group, &numbers, losses, clocks)).collect()
}

/// The places of the works of each policy that belong together.
type Group = [Vec<usize>; 2];

fn part<'m, 'a>(
    models: Models<'m, 'a>,
    group: &Group,
    sources: &HashMap<&str, usize>,
    losses: &Losses,
    clocks: &mut Clocks,
) -> Part<'a> {
    let works = || models.into_iter().zip(group).flat_map(|(model, places)| works(model, places));
    let places: BTreeSet<Place<'a>> = works().flat_map(Work::copies).map(place_of).collect();
    let repos: BTreeSet<&'a str> = works().flat_map(named).chain(places.iter().map(|it| it.repo)).collect();
    let repos: Vec<&str> = repos.into_iter().collect();
    let numbers = Numbers {
        slots: places.iter().enumerate().map(|(slot, place)| (*place, slot)).collect(),
        repos: repos.iter().enumerate().map(|(number, repo)| (*repo, number)).collect(),
    };
    let [old, new] = models;
    let [old_places, new_places] = group;
    let stages =
        [Stage::new(old, old_places, &numbers, clocks), Stage::new(new, new_places, &numbers, clocks)];
    let (kinds, kind_of) = kinds(&stages);
    let mut compared: BTreeMap<usize, Vec<Slot>> = BTreeMap::new();
    for (slot, place) in places.iter().enumerate() {
        if let Some(source) = sources.get(place.source) {
            compared.entry(*source).or_default().push(slot);
        }
    }
    let base = |place: &Place<'a>| numbers.slots.get(&Place { of_logs: false, ..*place }).copied();
    Part {
        stages,
        sources: compared.into_iter().collect(),
        repo_of: places.iter().filter_map(|place| numbers.repos.get(place.repo)).copied().collect(),
        base_of: places.iter().map(|place| base(place).filter(|_| place.of_logs)).collect(),
        losses: taken(models, losses, &repos),
        repos,
        kinds,
        kind_of,
    }
}

fn works<'m, 'a>(model: &'m Model<'a>, places: &'m [usize]) -> impl Iterator<Item = &'m Work<'a>> {
    places.iter().filter_map(|place| model.works.get_index(*place)).map(|(_, work)| work)
}

/// The repos that a work names.
fn named<'a>(work: &Work<'a>) -> Vec<&'a str> {
    let copied = work.copies().flat_map(|copy| {
        [Some(copy.repo), copy.origin.repo(), copy.base.map(|base| base.repo)].into_iter().flatten()
    });
    work.steps.iter().flat_map(|step| step.repos.iter().copied()).chain(copied).collect()
}

/// Jobs of one kind have the same tasks, clocks and followers in each policy. A machine is of a kind of its own, and so is
/// what takes no time: there the order within an instant counts.
fn kinds<'a>(stages: &[Stage<'a>; 2]) -> (Vec<Kind<'a>>, [Vec<usize>; 2]) {
    type Same<'s> = Option<(&'s Does, &'s [usize])>;
    let mut jobs: BTreeMap<&'a str, [Option<usize>; 2]> = BTreeMap::new();
    for (side, stage) in stages.iter().enumerate() {
        for (number, job) in stage.jobs.iter().enumerate() {
            jobs.entry(job.name).or_default().get_mut(side).into_iter().for_each(|at| *at = Some(number));
        }
    }
    let mut known: HashMap<[Same<'_>; 2], usize> = HashMap::new();
    let mut kinds: Vec<Kind<'a>> = Vec::new();
    let mut kind_of = stages.each_ref().map(|stage| vec![0; stage.jobs.len()]);
    for (name, numbers) in jobs {
        let [old, new] = stages;
        let both = [(old, numbers[0]), (new, numbers[1])];
        let known_jobs = both.into_iter().filter_map(|(stage, number)| stage.jobs.get(number?));
        let is_plain = known_jobs.into_iter().all(|job| job.machine.is_none() && job.does.delay_ms > 0);
        let key = both.map(|(stage, number)| {
            let does = &stage.jobs.get(number?)?.does;
            Some((does, stage.followers.get(number?)?.as_slice()))
        });
        let kind = if is_plain { *known.entry(key).or_insert(kinds.len()) } else { kinds.len() };
        if kind == kinds.len() {
            kinds.push(Kind { first: numbers, ..Kind::default() });
        }
        let Some(own) = kinds.get_mut(kind) else { continue };
        if own.names.len() == 1 {
            own.second = numbers;
        }
        own.names.push(name);
        for (of, number) in kind_of.iter_mut().zip(numbers) {
            number.and_then(|number| of.get_mut(number)).into_iter().for_each(|of| *of = kind);
        }
    }
    (kinds, kind_of)
}

/// The losses that take any of these repos, and what each takes in each policy. Of those that take the same the first.
fn taken(models: Models<'_, '_>, losses: &Losses, repos: &[&str]) -> Vec<(usize, Dead)> {
    let mut taken: BTreeMap<usize, Dead> = BTreeMap::new();
    for (number, repo) in repos.iter().enumerate() {
        for (side, model) in models.into_iter().enumerate() {
            for loss in losses.that_take(model, repo) {
                let own = taken.entry(loss).or_default().get_mut(side);
                own.into_iter().for_each(|dead| dead.push(number));
            }
        }
    }
    let mut seen = HashSet::new();
    taken.into_iter().filter(|(_, dead)| seen.insert(dead.clone())).collect()
}

/// What belongs together: a work and the sources that it copies, and what it follows.
#[derive(Default)]
struct Groups<'a> {
    numbers: HashMap<Node<'a>, usize>,
    /// By number: one that it belongs to; itself where it is the first.
    parents: Vec<usize>,
}

#[derive(PartialEq, Eq, Hash)]
enum Node<'a> {
    Work(&'a str),
    Source(&'a str),
}

impl<'a> Groups<'a> {
    fn of(models: Models<'_, 'a>, sources: &[&'a str]) -> Vec<Group> {
        let mut groups = Self::default();
        let about = models.map(|model| (model, model.about(sources)));
        for (model, (name, work)) in about.iter().flat_map(|(model, places)| named_works(model, places)) {
            let own = groups.number(Node::Work(name));
            let copied =
                work.copies().flat_map(|copy| [Some(copy.source), copy.base.map(|base| base.source)]);
            for source in copied.flatten() {
                let source = groups.number(Node::Source(source));
                groups.join(own, source);
            }
            for before in work.rhythm.follows.iter().filter(|before| model.works.contains_key(**before)) {
                let before = groups.number(Node::Work(before));
                groups.join(own, before);
            }
        }
        let mut found: BTreeMap<usize, Group> = BTreeMap::new();
        for (side, (model, places)) in about.iter().enumerate() {
            for place in places {
                let Some((name, _)) = model.works.get_index(*place) else { continue };
                let number = groups.number(Node::Work(name));
                let own = found.entry(groups.first(number)).or_default().get_mut(side);
                own.into_iter().for_each(|own| own.push(*place));
            }
        }
        found.into_values().collect()
    }

    fn number(&mut self, node: Node<'a>) -> usize {
        let fresh = self.parents.len();
        let number = *self.numbers.entry(node).or_insert(fresh);
        if number == fresh {
            self.parents.push(fresh);
        }
        number
    }

    fn first(&mut self, mut number: usize) -> usize {
        while let Some(parent) = self.parents.get(number).copied().filter(|parent| *parent != number) {
            let next = self.parents.get(parent).copied().unwrap_or(parent);
            self.parents.get_mut(number).into_iter().for_each(|parent| *parent = next);
            number = next;
        }
        number
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.first(one), self.first(other));
        self.parents.get_mut(one.max(other)).into_iter().for_each(|parent| *parent = one.min(other));
    }
}

fn named_works<'m, 'a>(
    model: &'m Model<'a>,
    places: &'m BTreeSet<usize>,
) -> impl Iterator<Item = (&'m Model<'a>, (&'a str, &'m Work<'a>))> {
    let known = places.iter().filter_map(|place| model.works.get_index(*place));
    known.map(move |(name, work)| (model, (*name, work)))
}
