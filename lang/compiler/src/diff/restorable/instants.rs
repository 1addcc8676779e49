//! What goes wrong at an instant: a run fails, or a repo is damaged; and a state of a machine that ends otherwise each time.
//! Each is followed until all goes on as if nothing had happened.
//!
//! Only the parts that something befalls are simulated again. In the others happens what happens anyway: when that is,
//! the timeline knows, and each of its instants counts as an event.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};

use super::course::World;
use super::model::Turn;
use super::part::Part;
use super::run::Sim;
use super::stage::Clocks;
use super::{Failure, MOST_EVENTS, Witnesses};

/// A part of both policies, the old one first.
type Both<'s, 'p, 'a> = [Sim<'s, 'p, 'a>; 2];

/// What all simulations share: of each part the worlds without a failure, and the jobs that run.
pub(super) struct Ground<'p, 'a> {
    pub parts: &'p [Part<'a>],
    pub clocks: &'p Clocks,
    worlds: Vec<[World<'p, 'a>; 2]>,
    casts: Vec<[Vec<bool>; 2]>,
    /// The parts that each repo is in, with its number there.
    repos: BTreeMap<&'p str, Vec<(usize, usize)>>,
}

impl<'p, 'a> Ground<'p, 'a> {
    /// `names` are those of all repos of both policies.
    pub fn new(parts: &'p [Part<'a>], clocks: &'p Clocks, names: impl Iterator<Item = &'p str>) -> Self {
        let worlds = parts.iter().map(|part| worlds(part, None)).collect();
        // One of a kind that fails leaves another that does not.
        let casts = parts.iter().map(|part| part.casts(2)).collect();
        let mut repos: BTreeMap<&str, Vec<(usize, usize)>> = names.map(|name| (name, Vec::new())).collect();
        for (number, part) in parts.iter().enumerate() {
            for (repo, name) in part.repos.iter().enumerate().filter(|(repo, _)| part.repo_of.contains(repo))
            {
                repos.entry(*name).or_default().push((number, repo));
            }
        }
        Self { parts, clocks, worlds, casts, repos }
    }

    fn sims<'s>(&'s self, number: usize, worlds: &'s [World<'p, 'a>; 2]) -> Option<Both<'s, 'p, 'a>> {
        let [old, new] = worlds;
        let [old_cast, new_cast] = self.casts.get(number)?;
        Some([Sim::new(old, self.clocks, old_cast), Sim::new(new, self.clocks, new_cast)])
    }

    fn all_sims(&self) -> Vec<Both<'_, 'p, 'a>> {
        self.worlds.iter().enumerate().filter_map(|(number, worlds)| self.sims(number, worlds)).collect()
    }
}

fn worlds<'p, 'a>(part: &'p Part<'a>, turn: Option<&'p Turn>) -> [World<'p, 'a>; 2] {
    part.stages.each_ref().map(|stage| World::new(stage, part.repo_of.len(), &[], turn))
}

/// When anything happens while nothing goes wrong, and in which parts, sorted; found as far as it is asked for.
struct Timeline<'s, 'p, 'a> {
    sims: Vec<Both<'s, 'p, 'a>>,
    ahead: BinaryHeap<Reverse<(i64, usize)>>,
    known: Vec<(i64, Vec<usize>)>,
    to: i64,
}

impl<'s, 'p, 'a> Timeline<'s, 'p, 'a> {
    fn new(ground: &'s Ground<'p, 'a>) -> Self {
        let sims = ground.all_sims();
        let first = sims.iter().enumerate().filter_map(|(part, both)| Some(Reverse((peek(both)?, part))));
        Self { ahead: first.collect(), sims, known: Vec::new(), to: ground.clocks.to }
    }

    fn get(&mut self, place: usize) -> Option<(i64, &[usize])> {
        while self.known.len() <= place {
            let at = self.ahead.peek().map(|Reverse((at, _))| *at).filter(|at| *at < self.to)?;
            let mut parts = Vec::new();
            while let Some(Reverse((_, part))) = self.ahead.pop_if_at(at) {
                parts.push(part);
                let Some(both) = self.sims.get_mut(part) else { continue };
                advance(both, at);
                self.ahead.extend(peek(both).map(|next| Reverse((next, part))));
            }
            self.known.push((at, parts));
        }
        self.known.get(place).map(|(at, parts)| (*at, parts.as_slice()))
    }
}

/// The next of a heap, if it is of this instant.
trait PopIfAt<T> {
    fn pop_if_at(&mut self, at: i64) -> Option<T>;
}

impl PopIfAt<Reverse<(i64, usize)>> for BinaryHeap<Reverse<(i64, usize)>> {
    fn pop_if_at(&mut self, at: i64) -> Option<Reverse<(i64, usize)>> {
        self.peek().is_some_and(|Reverse((next, _))| *next == at).then(|| self.pop()).flatten()
    }
}

fn peek(both: &Both<'_, '_, '_>) -> Option<i64> {
    both.iter().filter_map(Sim::peek).min()
}

fn advance(both: &mut Both<'_, '_, '_>, at: i64) {
    for sim in both {
        sim.advance(at);
    }
}

/// A part in which something has gone wrong, beside itself as it would have been; without that it is followed to the end.
struct Member<'s, 'p, 'a> {
    part: usize,
    forked: Both<'s, 'p, 'a>,
    sound: Option<Both<'s, 'p, 'a>>,
}

impl Member<'_, '_, '_> {
    fn is_alike(&self) -> bool {
        let Some([old, new]) = &self.sound else { return false };
        let [forked_old, forked_new] = &self.forked;
        forked_old.is_like(old) && forked_new.is_like(new)
    }
}

/// The parts in which something has gone wrong.
struct Fork<'s, 'p, 'a> {
    /// By their numbers among all parts.
    members: HashMap<usize, Member<'s, 'p, 'a>>,
    ahead: BinaryHeap<Reverse<(i64, usize)>>,
    /// The next instant of the timeline.
    place: usize,
}

impl<'s, 'p, 'a> Fork<'s, 'p, 'a> {
    fn new(members: Vec<Member<'s, 'p, 'a>>, place: usize) -> Self {
        let ahead = members.iter().filter_map(|it| Some(Reverse((peek(&it.forked)?, it.part)))).collect();
        Self { members: members.into_iter().map(|it| (it.part, it)).collect(), ahead, place }
    }

    /// The next instant at which anything happens anywhere, and the members in which something does or would have done.
    fn next(&mut self, timeline: &mut Timeline<'s, 'p, 'a>) -> Option<(i64, Vec<usize>)> {
        let own = self.peek().filter(|at| *at < timeline.to);
        let (mut touched, mut found) = (Vec::new(), own);
        while let Some((at, parts)) =
            timeline.get(self.place).filter(|(at, _)| own.is_none_or(|own| *at <= own))
        {
            self.place += 1;
            let own = self.members_among(parts);
            let has_others = own.len() < parts.len();
            touched.extend(own);
            if has_others {
                found = Some(at);
                break;
            }
        }
        let at = found?;
        while let Some(Reverse((_, part))) = self.ahead.pop_if_at(at) {
            touched.push(part);
        }
        touched.sort_unstable();
        touched.dedup();
        Some((at, touched))
    }

    /// The members among parts that are sorted: mostly there are few of the one or of the other.
    fn members_among(&self, parts: &[usize]) -> Vec<usize> {
        if self.members.len() < parts.len() {
            self.members.keys().copied().filter(|part| parts.binary_search(part).is_ok()).collect()
        } else {
            parts.iter().copied().filter(|part| self.members.contains_key(part)).collect()
        }
    }

    /// When anything happens next in what is not as it would have been.
    fn peek(&mut self) -> Option<i64> {
        while let Some(Reverse((at, part))) = self.ahead.peek() {
            if self.members.get(part).and_then(|member| peek(&member.forked)) == Some(*at) {
                return Some(*at);
            }
            self.ahead.pop();
        }
        None
    }
}

/// The search for witnesses.
pub(super) struct Instants<'s, 'p, 'a, 'w> {
    ground: &'s Ground<'p, 'a>,
    timeline: Timeline<'s, 'p, 'a>,
    found: &'s mut Witnesses<'w>,
    events: usize,
}

impl<'s, 'p, 'a, 'w> Instants<'s, 'p, 'a, 'w> {
    pub fn new(ground: &'s Ground<'p, 'a>, found: &'s mut Witnesses<'w>) -> Self {
        Self { ground, timeline: Timeline::new(ground), found, events: 0 }
    }

    /// Each run fails, and each repo is damaged at each start.
    pub fn each(&mut self) {
        self.events = 0;
        let mut current = self.ground.all_sims();
        for place in 0.. {
            self.events += 1;
            let Some((at, parts)) = self.timeline.get(place).map(|(at, parts)| (at, parts.to_vec())) else {
                return;
            };
            if self.is_over() {
                return;
            }
            let mut before = HashMap::new();
            for part in parts {
                if let Some(both) = current.get_mut(part) {
                    before.insert(part, both.clone());
                    advance(both, at);
                }
            }
            let started = self.started(&current, before.keys().copied());
            self.runs_fail(&before, &started, at, place);
            if !started.is_empty() {
                self.damages(&current, at, place + 1);
            }
        }
    }

    /// A state of a machine ends otherwise than `ok`, in each run.
    pub fn otherwise(ground: &Ground<'p, 'a>, found: &mut Witnesses<'w>, turns: &'p [Turn]) {
        let machines: HashMap<&str, usize> = ground
            .parts
            .iter()
            .enumerate()
            .flat_map(|(number, part)| {
                let jobs = part.stages.iter().flat_map(|stage| &stage.jobs);
                jobs.filter(|job| job.machine.is_some()).map(move |job| (job.name, number))
            })
            .collect();
        let mut worlds_of: Vec<(usize, &Turn, [World<'_, '_>; 2])> = Vec::new();
        for turn in turns {
            let number = machines.get(turn.machine.as_str()).copied();
            if let Some((number, part)) = number.and_then(|number| Some((number, ground.parts.get(number)?)))
            {
                worlds_of.push((number, turn, worlds(part, Some(turn))));
            }
        }
        let mut own = Instants::new(ground, found);
        for (part, turn, worlds) in &worlds_of {
            if own.is_over() {
                return;
            }
            let Turn { machine, state, way } = (*turn).clone();
            let failure = Failure::State { machine, state, way };
            let Some(forked) = ground.sims(*part, worlds) else { continue };
            own.follow(Fork::new(vec![Member { part: *part, forked, sound: None }], 0), &failure);
        }
    }

    fn is_over(&self) -> bool {
        self.events >= MOST_EVENTS || self.found.is_done()
    }

    /// What started just now, by name: the part, and the kind in that.
    fn started(
        &self,
        current: &[Both<'s, 'p, 'a>],
        parts: impl Iterator<Item = usize>,
    ) -> BTreeMap<&'a str, (usize, usize)> {
        let mut found = BTreeMap::new();
        for number in parts {
            let Some((part, both)) = self.ground.parts.get(number).zip(current.get(number)) else { continue };
            for (sim, kind_of) in both.iter().zip(&part.kind_of) {
                for kind in sim.started.iter().filter_map(|job| kind_of.get(*job)) {
                    let names = part.kinds.get(*kind).map(|kind| kind.names.as_slice());
                    found.extend(names.into_iter().flatten().map(|name| (*name, (number, *kind))));
                }
            }
        }
        found
    }

    /// Of a kind one fails: what comes of another that does is the same.
    fn runs_fail(
        &mut self,
        before: &HashMap<usize, Both<'s, 'p, 'a>>,
        started: &BTreeMap<&'a str, (usize, usize)>,
        at: i64,
        place: usize,
    ) {
        let mut known: HashMap<(usize, usize), usize> = HashMap::new();
        for (name, (part, kind)) in started {
            if let Some(events) = known.get(&(*part, *kind)) {
                self.events += events;
                continue;
            }
            let first =
                self.ground.parts.get(*part).and_then(|part| part.kinds.get(*kind)).map(|kind| kind.first);
            let Some((jobs, sound)) = first.zip(before.get(part)) else { continue };
            let mut forked = sound.clone();
            for (sim, job) in forked.iter_mut().zip(jobs) {
                sim.failed = job.map(|job| (job, at));
            }
            let events = self.events;
            let member = Member { part: *part, forked, sound: Some(sound.clone()) };
            self.follow(Fork::new(vec![member], place), &Failure::Run((*name).to_owned()));
            known.insert((*part, *kind), self.events - events);
        }
    }

    fn damages(&mut self, current: &[Both<'s, 'p, 'a>], at: i64, place: usize) {
        for (name, parts) in &self.ground.repos {
            let failure = Failure::Damage((*name).to_owned());
            let mut members = Vec::new();
            for (number, repo) in parts {
                let Some((part, sound)) = self.ground.parts.get(*number).zip(current.get(*number)) else {
                    continue;
                };
                let mut forked = sound.clone();
                let is_hit = |slot: usize| part.repo_of.get(slot) == Some(repo);
                forked.iter_mut().for_each(|sim| sim.damage(&is_hit));
                self.compare(*number, &forked, at, &failure);
                let member = Member { part: *number, forked, sound: Some(sound.clone()) };
                if !member.is_alike() {
                    members.push(member);
                }
            }
            self.follow(Fork::new(members, place), &failure);
        }
    }

    /// Until all goes on as if nothing had happened.
    fn follow(&mut self, mut fork: Fork<'s, 'p, 'a>, failure: &Failure) {
        loop {
            self.events += 1;
            let Some((at, touched)) = fork.next(&mut self.timeline) else { return };
            if self.is_over() {
                return;
            }
            for part in touched {
                let Some(member) = fork.members.get_mut(&part) else { continue };
                member.sound.iter_mut().for_each(|sound| advance(sound, at));
                if peek(&member.forked).is_some_and(|own| own <= at) {
                    advance(&mut member.forked, at);
                    self.compare(part, &member.forked, at, failure);
                }
                if member.is_alike() {
                    fork.members.remove(&part);
                } else {
                    fork.ahead.extend(peek(&member.forked).map(|next| Reverse((next, part))));
                }
            }
            if fork.members.is_empty() {
                return;
            }
        }
    }

    fn compare(&mut self, number: usize, both: &Both<'s, 'p, 'a>, at: i64, failure: &Failure) {
        let Some(part) = self.ground.parts.get(number) else { return };
        let [old, new] = both;
        for (source, slots) in &part.sources {
            if !self.found.is_open(*source) {
                continue;
            }
            let base = |slot: usize| part.base_of.get(slot).copied().flatten();
            let newest =
                |sim: &Sim<'_, '_, '_>| slots.iter().map(|slot| sim.restorable(*slot, base(*slot))).max();
            if let Some((before, after)) =
                newest(old).zip(newest(new)).filter(|(before, after)| after < before)
            {
                self.found.add(*source, at, failure.clone(), [before, after]);
            }
        }
    }
}
