//! What goes wrong at an instant, in one part: a run fails, or a repo is damaged; and a state of a machine that ends
//! otherwise each time. Each is followed until all goes on as if nothing had happened.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Cause;
use super::model::Turn;
use super::part::Part;
use super::run::Sim;
use super::stage::{Clocks, Slot};
use super::views::{Both, Found, Ground, Watch, advance, next};

/// What is copied or compared in the time of one event.
const ITEMS_PER_STEP: usize = 32;

/// Looks for witnesses for the sources of a part that have none, in so many steps at most; how many are left.
pub(super) fn search(part: &Part<'_>, clocks: &Clocks, most_steps: usize, found: &mut Found) -> usize {
    let none = [Vec::new(), Vec::new()];
    // One of a kind that fails leaves another that does not.
    let casts = part.casts(2);
    let mut left = most_steps;
    for (turn, cause) in turns(part) {
        let ground = Ground::new(part, &none, Some(&turn), &[]);
        let mut search = Search::new(&ground, clocks, found, left);
        search.otherwise(ground.sims(clocks, &casts), &cause);
        left = search.left;
    }
    let unlike = unlike(part);
    let mut apart = vec![0; part.repos.len()];
    for (number, repo) in unlike.iter().enumerate() {
        apart.get_mut(*repo).into_iter().for_each(|of| *of = number + 1);
    }
    let ground = Ground::new(part, &none, None, &apart);
    let mut search = Search::new(&ground, clocks, found, left);
    search.each(ground.sims(clocks, &casts), &unlike);
    search.left
}

/// All that can come of the states of machines but that they end `ok`.
fn turns(part: &Part<'_>) -> BTreeMap<Turn, Cause> {
    let jobs =
        part.stages.iter().zip(&part.kind_of).flat_map(|(stage, kind_of)| stage.jobs.iter().zip(kind_of));
    let machines = jobs.filter_map(|(job, kind)| Some((job.name, job.machine.as_ref()?.0, *kind)));
    let turns = machines.flat_map(|(name, machine, kind)| {
        Turn::all(name, machine).map(move |turn| {
            let cause = Cause::State { kind, state: turn.state.clone(), way: turn.way.clone() };
            (turn, cause)
        })
    });
    turns.collect()
}

/// The repos of which damage is to be tried. What lies in another one just the same, in both policies, can be restored
/// from there; and where no run looks into it, all goes on as it would have.
fn unlike(part: &Part<'_>) -> Vec<usize> {
    let holding: BTreeSet<usize> = part.repo_of.iter().copied().collect();
    if holding.len() == 1 {
        return holding.into_iter().collect();
    }
    let none = [Vec::new(), Vec::new()];
    let ground = Ground::new(part, &none, None, &[]);
    let repo_of = |slot: &Slot| part.repo_of.get(*slot).copied();
    let jobs = part.stages.iter().flat_map(|stage| &stage.jobs);
    let read: BTreeSet<usize> = jobs.flat_map(|job| &job.reads).filter_map(repo_of).collect();
    let mut held: BTreeMap<usize, Vec<(usize, [Slot; 2])>> = BTreeMap::new();
    for (source, slots) in &part.sources {
        for (slot, repo) in slots.iter().filter_map(|slot| Some((slot, repo_of(slot)?))) {
            held.entry(repo).or_default().push((*source, ground.places(*slot)));
        }
    }
    let mut alike: HashMap<&[(usize, [Slot; 2])], usize> = HashMap::new();
    for (_, held) in held.iter().filter(|(repo, _)| !read.contains(*repo)) {
        *alike.entry(held).or_default() += 1;
    }
    let has_a_like = |repo: &usize| {
        !read.contains(repo)
            && held.get(repo).is_none_or(|own| alike.get(own.as_slice()).is_some_and(|count| *count > 1))
    };
    holding.into_iter().filter(|repo| !has_a_like(repo)).collect()
}

struct Search<'s, 'p, 'a> {
    ground: &'s Ground<'p, 'a>,
    clocks: &'s Clocks,
    watch: Watch,
    found: &'s mut Found,
    /// Steps.
    left: usize,
}

/// A part in which something has gone wrong, beside itself as it would have been.
struct Fork<'s, 'p, 'a> {
    forked: Both<'s, 'p, 'a>,
    sound: Both<'s, 'p, 'a>,
    /// The slots of each policy that are not alike.
    differing: [BTreeSet<Slot>; 2],
}

impl<'s, 'p, 'a> Fork<'s, 'p, 'a> {
    fn new(sound: &Both<'s, 'p, 'a>) -> Self {
        Self { forked: sound.clone(), sound: sound.clone(), differing: Default::default() }
    }

    fn next(&self) -> Option<i64> {
        next(&self.forked).into_iter().chain(next(&self.sound)).min()
    }

    fn advance(&mut self, at: i64) -> usize {
        let steps = advance(&mut self.forked, at) + advance(&mut self.sound, at);
        self.note();
        steps
    }

    /// Looks again at all slots that were filled or damaged last.
    fn note(&mut self) {
        for ((forked, sound), differing) in self.forked.iter().zip(&self.sound).zip(&mut self.differing) {
            for slot in forked.changed.iter().chain(&sound.changed) {
                if forked.newest.get(*slot) == sound.newest.get(*slot) {
                    differing.remove(slot);
                } else {
                    differing.insert(*slot);
                }
            }
        }
    }

    fn is_alike(&self) -> bool {
        self.differing.iter().all(BTreeSet::is_empty)
            && self.forked.iter().zip(&self.sound).all(|(forked, sound)| forked.goes_on_like(sound))
    }
}

impl<'s, 'p, 'a> Search<'s, 'p, 'a> {
    fn new(ground: &'s Ground<'p, 'a>, clocks: &'s Clocks, found: &'s mut Found, left: usize) -> Self {
        let mut watch = Watch::default();
        watch.add(ground, &[Vec::new(), Vec::new()], found, &Cause::Nothing);
        Self { ground, clocks, watch, found, left }
    }

    fn is_over(&self) -> bool {
        self.left == 0 || self.found.is_done()
    }

    fn spend(&mut self, steps: usize) {
        self.left = self.left.saturating_sub(steps);
    }

    /// A state of a machine ends otherwise than `ok`, in each run.
    fn otherwise(&mut self, mut both: Both<'s, 'p, 'a>, cause: &Cause) {
        while let Some(at) = next(&both).filter(|at| *at < self.clocks.to && !self.is_over()) {
            let steps = advance(&mut both, at);
            self.spend(steps);
            self.compare(&both, at, cause);
        }
    }

    /// Each run fails, and each of these repos is damaged at each start.
    fn each(&mut self, mut current: Both<'s, 'p, 'a>, repos: &[usize]) {
        while let Some(at) = next(&current).filter(|at| *at < self.clocks.to && !self.is_over()) {
            let before = current.clone();
            let steps = advance(&mut current, at) + size(&before);
            self.spend(steps);
            let started = self.started(&current);
            started.iter().for_each(|kind| self.run_fails(*kind, &before, at));
            if !started.is_empty() {
                repos.iter().for_each(|repo| self.damage(*repo, &current, at));
            }
        }
    }

    /// The kinds of what started just now.
    fn started(&self, current: &Both<'s, 'p, 'a>) -> BTreeSet<usize> {
        let sides = current.iter().zip(&self.ground.part.kind_of);
        sides
            .flat_map(|(sim, kind_of)| sim.started.iter().filter_map(|job| kind_of.get(*job)))
            .copied()
            .collect()
    }

    /// Of a kind one fails: what comes of another that does is the same.
    fn run_fails(&mut self, kind: usize, before: &Both<'s, 'p, 'a>, at: i64) {
        let Some(jobs) = self.ground.part.kinds.get(kind).map(|kind| kind.first).filter(|_| !self.is_over())
        else {
            return;
        };
        let mut fork = Fork::new(before);
        for (sim, job) in fork.forked.iter_mut().zip(jobs) {
            sim.failed = job.map(|job| (job, at));
        }
        self.spend(2 * size(before));
        self.follow(fork, &Cause::Run(kind));
    }

    fn damage(&mut self, repo: usize, current: &Both<'s, 'p, 'a>, at: i64) {
        if self.is_over() {
            return;
        }
        let mut fork = Fork::new(current);
        let slots = self.ground.part.repo_of.iter().enumerate().filter(|(_, of)| **of == repo);
        let hit: Vec<[Slot; 2]> = slots.map(|(slot, _)| self.ground.places(slot)).collect();
        for (side, sim) in fork.forked.iter_mut().enumerate() {
            sim.damage(&hit.iter().filter_map(|places| places.get(side)).copied().collect());
        }
        self.spend(2 * size(current));
        fork.note();
        self.compare(&fork.forked, at, &Cause::Damage(repo));
        if !fork.is_alike() {
            self.follow(fork, &Cause::Damage(repo));
        }
    }

    /// Until all goes on as if nothing had happened.
    fn follow(&mut self, mut fork: Fork<'s, 'p, 'a>, cause: &Cause) {
        while let Some(at) = fork.next().filter(|at| *at < self.clocks.to && !self.is_over()) {
            let steps = fork.advance(at);
            self.spend(steps);
            self.compare(&fork.forked, at, cause);
            if fork.is_alike() {
                return;
            }
        }
    }

    fn compare(&mut self, both: &Both<'s, 'p, 'a>, at: i64, cause: &Cause) {
        let looked_at = self.watch.compare(self.ground, both, at, Some(cause), self.found);
        self.spend(looked_at / ITEMS_PER_STEP);
    }
}

/// The steps in whose time both are copied.
fn size(both: &Both<'_, '_, '_>) -> usize {
    1 + both.iter().map(Sim::size).sum::<usize>() / ITEMS_PER_STEP
}

#[cfg(test)]
mod tests {
    use super::super::model::{Losses, Model};
    use super::super::part::parts;
    use super::*;

    const STORES: &str = r#"edition 2026
policy stores
secret key  = file("/k")
source home = files { roots: ["/home"] }
repo a = local { path: "/a", key: key }
repo b = local { path: "/b", key: key }
repo c = local { path: "/c", key: key }
repo d = local { path: "/d", key: key }
workflow w {
  trigger: daily(at: 01:00, zone: "UTC")
  within: 1h
  step in_a = discover(home) |> snapshot() |> encrypt() |> store(a)
  step in_b = discover(home) |> snapshot() |> encrypt() |> store(b)
  step in_c = discover(home) |> snapshot() |> encrypt() |> store(c)
  step in_d = discover(home) |> snapshot() |> encrypt() |> store(d)
}
"#;

    /// The repos of which damage is tried, of a policy and one with something instead, and something besides.
    fn tried(replaced: (&str, &str), besides: &str) -> Vec<String> {
        let new = format!(
            "{}{besides}",
            if replaced.0.is_empty() { STORES.to_owned() } else { STORES.replace(replaced.0, replaced.1) }
        );
        let [old, new] = [STORES.to_owned(), new].map(|text| {
            let compiled = crate::tests::one(&text);
            let said = crate::tests::told(&compiled);
            compiled.ir.unwrap_or_else(|| panic!("{said}"))
        });
        let models = [&Model::new(&old), &Model::new(&new)];
        let mut clocks = Clocks::new(0, 1);
        let found = parts(models, &["home"], &Losses::of(&models), &mut clocks);
        let of = |part: &Part<'_>| {
            unlike(part).into_iter().map(|repo| part.repos[repo].to_owned()).collect::<Vec<_>>()
        };
        found.iter().flat_map(of).collect()
    }

    #[test]
    fn what_lies_elsewhere_too_is_not_damaged_by_itself() {
        assert_eq!(tried(("", ""), ""), Vec::<String>::new());
        // One that is not filled any more is like none.
        assert_eq!(
            tried(("  step in_d = discover(home) |> snapshot() |> encrypt() |> store(d)\n", ""), ""),
            ["d"]
        );
        // Nor is one that a run looks into.
        let reading = "workflow r {\n  trigger: daily(at: 03:00, zone: \"UTC\")\n  within: 1h\n  \
                       step away = latest(home, in: b) |> replicate(to: c)\n}\n";
        assert_eq!(tried(("", ""), reading), ["b", "c"]);
    }
}
