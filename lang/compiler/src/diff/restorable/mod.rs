//! What can be restored, of which age, when one thing goes wrong: both policies are simulated side by side over
//! 400 days, and no failure may leave an older copy than before, or none.
//!
//! The failures: the loss of a repo, of a site or of an account, at any instant; damage to what a repo holds, at any
//! start of a run; a run that fails, each of them; and a state of a machine that ends otherwise in each run. A loss at an instant is worst either right then, when all that was
//! copied out of what is lost is still there, or long after, when all of that is old; so two comparisons stand for the
//! losses at all instants: at each instant without what is lost, and from the beginning without it.

mod model;
mod run;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use mainstay_calendar::{Schedule, horizon};
use mainstay_ir::Ir;

use model::{Loss, Model, Place, Turn, place_of};
use run::{NEVER, Sim, Stage, Wrong};

pub use model::Way;

/// How long is simulated: more than a year, so that each transition of a zone and each month is in it.
pub(super) const SIMULATED_DAYS: i64 = 400;

/// Events after which no further instants of failure are tried: a fraction of a second. A daily policy of three repos has
/// 10,000 of them; of one that runs each minute, the first days are tried, and what follows is the same again.
const MOST_EVENTS: usize = 100_000;

/// Times of a schedule that are looked for in the other over twenty years.
pub(super) const MOST_TIMES: usize = 1_000_000;

/// The failure under which a copy is older than before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// None at all.
    Nothing,
    /// A repo is lost.
    Repo(String),
    /// All repos of a site are.
    Site(String),
    /// All repos that an account can delete are, but for those that are offline.
    Account(String),
    /// What a repo holds is damaged.
    Damage(String),
    /// A run of a workflow or a machine fails.
    Run(String),
    /// A state of a machine ends otherwise than `ok` in each run.
    State {
        /// The machine.
        machine: String,
        /// The state.
        state: String,
        /// How.
        way: Way,
    },
    /// A time of a workflow's schedule beyond the 400 days is not in the new one.
    LateTime(String),
}

/// A moment at which the newest copy of a source is older than it would have been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// Of what.
    pub source: String,
    /// When it is looked at.
    pub at: Timestamp,
    /// What went wrong before that.
    pub failure: Failure,
    /// As of when the newest copy was, or would have been.
    pub before: Option<Timestamp>,
    /// As of when it is now; none: there is no copy.
    pub after: Option<Timestamp>,
}

/// Where the newest copy of a source becomes older by going from one policy to another: the first witness for each
/// source, in the order of the old one's sources. Names that moved must have been replaced before.
pub fn losses(old: &Ir, new: &Ir) -> Vec<Witness> {
    let (old, new) = (Model::new(old), Model::new(new));
    let losses = Loss::all(&[&old, &new]);
    let changed = changed(&old, &new, &losses);
    if changed.is_empty() {
        return Vec::new();
    }
    let names = old.ir.repos.keys().chain(new.ir.repos.keys());
    let unique: BTreeSet<&str> = names.map(String::as_str).collect();
    let repos = unique.into_iter().enumerate().map(|(number, name)| (name, number)).collect();
    let pair = Pair::new(&old, &new, &changed, losses, &repos);
    let mut found = pair.search();
    let mut late = Late { old: &old, new: &new, known: HashMap::new() };
    for source in &changed {
        if !found.contains_key(*source)
            && let Some(witness) = late.witness(source)
        {
            found.insert((*source).to_owned(), witness);
        }
    }
    old.ir.sources.keys().filter_map(|source| found.remove(source)).collect()
}

/// Sources whose copies could have become older: all that matters to a simulation is compared.
fn changed<'a>(old: &Model<'a>, new: &Model<'a>, losses: &[Loss]) -> Vec<&'a str> {
    let mut labels: BTreeMap<&str, bool> = BTreeMap::new();
    let mut same_place = |repo: &'a str| {
        *labels.entry(repo).or_insert_with(|| {
            old.lies_alike(new, repo)
                || losses.iter().all(|loss| loss.takes(old, repo) == loss.takes(new, repo))
        })
    };
    let mut found = Vec::new();
    for source in old.ir.sources.keys() {
        let (before, after) = (old.about(source), new.about(source));
        let alike = before.len() == after.len()
            && before.iter().all(|(name, work)| after.get(name).is_some_and(|after| work.is_like(after)));
        let repos =
            before.values().flat_map(|work| work.steps.iter().flat_map(|step| step.repos.iter().copied()));
        if !(alike && repos.into_iter().all(&mut same_place)) {
            found.push(source.as_str());
        }
    }
    found
}

struct Pair<'m, 'a> {
    old: (&'m Model<'a>, Stage<'m, 'a>),
    new: (&'m Model<'a>, Stage<'m, 'a>),
    sources: Vec<&'a str>,
    /// Source number of each slot.
    source_of: Vec<usize>,
    losses: Vec<Loss>,
    turns: BTreeSet<Turn>,
    from: i64,
    to: i64,
}

/// What is compared: a simulation of each, the old one first.
type Both<'p, 'm, 'a> = (Sim<'p, 'm, 'a>, Sim<'p, 'm, 'a>);

impl<'m, 'a> Pair<'m, 'a> {
    fn new(
        old: &'m Model<'a>,
        new: &'m Model<'a>,
        changed: &[&'a str],
        losses: Vec<Loss>,
        repos: &'m HashMap<&'m str, usize>,
    ) -> Self {
        let relevant = |model: &'m Model<'a>| -> BTreeSet<&'a str> {
            changed.iter().flat_map(|source| model.about(source).into_keys()).collect()
        };
        let works = [(old, relevant(old)), (new, relevant(new))];
        let kept: Vec<_> = works
            .iter()
            .flat_map(|(model, names)| names.iter().filter_map(|name| model.works.get_key_value(name)))
            .collect();
        let places: BTreeSet<Place<'_>> =
            kept.iter().flat_map(|(_, work)| work.copies().map(place_of)).collect();
        let places: Vec<Place<'_>> = places.into_iter().collect();
        let turns = Turn::all(kept.iter().filter_map(|(name, work)| Some((**name, work.machine?))));
        let number = |source: &str| changed.iter().position(|known| *known == source).unwrap_or(usize::MAX);
        let source_of = places.iter().map(|place| number(place.source)).collect();
        let [(_, old_names), (_, new_names)] = &works;
        let (from, _) = horizon();
        let from = from.as_millisecond();
        Self {
            old: (old, Stage::new(old, old_names, &places, repos)),
            new: (new, Stage::new(new, new_names, &places, repos)),
            sources: changed.to_vec(),
            source_of,
            losses,
            turns,
            from,
            to: from + SIMULATED_DAYS * 86_400_000,
        }
    }

    fn sims<'p>(&'p self, wrong: [Wrong<'p>; 2]) -> Both<'p, 'm, 'a> {
        let [old, new] = wrong;
        (Sim::new(&self.old.1, self.from, old), Sim::new(&self.new.1, self.from, new))
    }

    /// Which repos a loss takes of each policy.
    fn taken(&self, loss: &Loss) -> [Vec<bool>; 2] {
        [&self.old, &self.new].map(|(model, stage)| {
            let mut dead = vec![false; stage.repos.len()];
            for (repo, number) in stage.repos {
                if let Some(slot) = dead.get_mut(*number) {
                    *slot = loss.takes(model, repo);
                }
            }
            dead
        })
    }

    fn search(&self) -> BTreeMap<String, Witness> {
        let mut found = Found { pair: self, witnesses: BTreeMap::new(), events: 0 };
        found.without();
        found.lost_from_the_beginning();
        found.otherwise();
        found.each_instant();
        found.witnesses
    }
}

struct Found<'p, 'm, 'a> {
    pair: &'p Pair<'m, 'a>,
    witnesses: BTreeMap<String, Witness>,
    events: usize,
}

impl<'p, 'm, 'a> Found<'p, 'm, 'a> {
    /// Without a failure, and at each instant without what a loss then takes.
    fn without(&mut self) {
        let taken: Vec<_> =
            self.pair.losses.iter().map(|loss| (failure(loss), self.pair.taken(loss))).collect();
        let none = [Vec::new(), Vec::new()];
        let mut both = self.pair.sims(Default::default());
        while let Some(at) = self.next(&both) {
            advance(&mut both, at);
            self.compare(&both, at, &Failure::Nothing, &none);
            for (failure, dead) in &taken {
                self.compare(&both, at, failure, dead);
            }
        }
    }

    fn lost_from_the_beginning(&mut self) {
        for loss in &self.pair.losses {
            let dead = self.pair.taken(loss);
            let wrong = dead.clone().map(|dead| Wrong { dead, ..Wrong::default() });
            let mut both = self.pair.sims(wrong);
            while let Some(at) = self.next(&both) {
                advance(&mut both, at);
                self.compare(&both, at, &failure(loss), &dead);
            }
        }
    }

    /// A state of a machine ends otherwise than `ok`, in each run.
    fn otherwise(&mut self) {
        self.events = 0;
        for turn in &self.pair.turns {
            let wrong = || Wrong { turn: Some(turn), ..Wrong::default() };
            let Turn { machine, state, way } = turn.clone();
            let failure = Failure::State { machine, state, way };
            let mut both = self.pair.sims([wrong(), wrong()]);
            while let Some(at) = self.next(&both).filter(|_| self.events < MOST_EVENTS && !self.is_done()) {
                advance(&mut both, at);
                self.compare(&both, at, &failure, &[Vec::new(), Vec::new()]);
            }
        }
    }

    /// Each run fails, and each repo is damaged at each start.
    fn each_instant(&mut self) {
        let mut both = self.pair.sims(Default::default());
        self.events = 0;
        while let Some(at) = self.next(&both).filter(|_| self.events < MOST_EVENTS && !self.is_done()) {
            let before = both.clone();
            advance(&mut both, at);
            let started: BTreeSet<&str> = both.0.started.iter().chain(&both.1.started).copied().collect();
            for workflow in &started {
                let mut forked = before.clone();
                let failed = Some(((*workflow).to_owned(), at));
                forked.0.wrong.failed.clone_from(&failed);
                forked.1.wrong.failed = failed;
                self.follow(forked, before.clone(), &Failure::Run((*workflow).to_owned()));
            }
            let repos = self.pair.old.1.repos.iter().filter(|_| !started.is_empty());
            for (repo, number) in repos {
                let failure = Failure::Damage((*repo).to_owned());
                let mut forked = both.clone();
                forked.0.damage(*number);
                forked.1.damage(*number);
                self.compare(&forked, at, &failure, &[Vec::new(), Vec::new()]);
                self.follow(forked, both.clone(), &failure);
            }
        }
    }

    /// Until all goes on as if nothing had happened.
    fn follow(&mut self, mut forked: Both<'p, 'm, 'a>, mut sound: Both<'p, 'm, 'a>, failure: &Failure) {
        while let Some(at) = self.next(&forked).filter(|_| self.events < MOST_EVENTS && !self.is_done()) {
            advance(&mut forked, at);
            advance(&mut sound, at);
            self.compare(&forked, at, failure, &[Vec::new(), Vec::new()]);
            if forked.0.is_like(&sound.0) && forked.1.is_like(&sound.1) {
                return;
            }
        }
    }

    /// Whether there is a witness for each source.
    fn is_done(&self) -> bool {
        self.witnesses.len() == self.pair.sources.len()
    }

    /// The next instant at which anything happens in either.
    fn next(&mut self, (old, new): &Both<'_, '_, '_>) -> Option<i64> {
        self.events += 1;
        let at = old.peek().into_iter().chain(new.peek()).min()?;
        (at < self.pair.to).then_some(at)
    }

    fn compare(&mut self, (old, new): &Both<'_, '_, '_>, at: i64, failure: &Failure, dead: &[Vec<bool>; 2]) {
        let [old_dead, new_dead] = dead;
        let before = self.newest(old, old_dead);
        let after = self.newest(new, new_dead);
        for ((source, before), after) in self.pair.sources.iter().zip(before).zip(after) {
            if after < before && !self.witnesses.contains_key(*source) {
                let time = |ms: i64| Timestamp::from_millisecond(ms).ok().filter(|_| ms != NEVER);
                let witness = Witness {
                    source: (*source).to_owned(),
                    at: Timestamp::from_millisecond(at).unwrap_or_default(),
                    failure: failure.clone(),
                    before: time(before),
                    after: time(after),
                };
                self.witnesses.insert((*source).to_owned(), witness);
            }
        }
    }

    /// By source.
    fn newest(&self, sim: &Sim<'_, '_, '_>, dead: &[bool]) -> Vec<i64> {
        let mut newest = vec![NEVER; self.pair.sources.len()];
        let repos = &self.pair.old.1.repo_of;
        for (place, (repo, source)) in repos.iter().zip(&self.pair.source_of).enumerate() {
            if dead.get(*repo) != Some(&true)
                && let Some(slot) = newest.get_mut(*source)
            {
                *slot = (*slot).max(sim.restorable(place));
            }
        }
        newest
    }
}

fn advance((old, new): &mut Both<'_, '_, '_>, at: i64) {
    old.advance(at);
    new.advance(at);
}

fn failure(loss: &Loss) -> Failure {
    match loss {
        Loss::Repo(name) => Failure::Repo(name.clone()),
        Loss::Site(name) => Failure::Site(name.clone()),
        Loss::Account(name) => Failure::Account(name.clone()),
    }
}

/// Times after the 400 days at which a workflow or a machine started, and does not start any more, while all that are in
/// the 400 days are kept: what the simulation cannot see counts against the new policy.
struct Late<'m, 'a> {
    old: &'m Model<'a>,
    new: &'m Model<'a>,
    /// By workflow or machine.
    known: HashMap<&'a str, Option<Timestamp>>,
}

impl<'a> Late<'_, 'a> {
    fn witness(&mut self, source: &str) -> Option<Witness> {
        let names: Vec<&'a str> = self.old.about(source).into_keys().collect();
        let (name, at) = names.into_iter().find_map(|name| Some((name, self.missing(name)?)))?;
        let failure = Failure::LateTime(name.to_owned());
        Some(Witness { source: source.to_owned(), at, failure, before: Some(at), after: None })
    }

    fn missing(&mut self, name: &'a str) -> Option<Timestamp> {
        let schedule = |model: &'_ Model<'a>| model.works.get(name)?.rhythm.schedule.clone();
        let (old, new) = (self.old, self.new);
        *self.known.entry(name).or_insert_with(|| first_missing(&schedule(old)?, &schedule(new)?))
    }
}

/// The first time of the one that is none of the other, if it is after the 400 days.
fn first_missing(before: &Schedule, after: &Schedule) -> Option<Timestamp> {
    if before == after {
        return None;
    }
    let (from, end) = horizon();
    let seen = from + SignedDuration::from_hours(24 * SIMULATED_DAYS);
    let times =
        |of: &Schedule| of.fires(from).take_while(|at| *at < end).take(MOST_TIMES).collect::<Vec<_>>();
    let kept: HashSet<Timestamp> = times(after).into_iter().collect();
    times(before).into_iter().find(|at| !kept.contains(at)).filter(|at| *at >= seen)
}
