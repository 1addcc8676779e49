//! Small policies made at random, as text: whatever the language has a say in is compiled.

use std::collections::BTreeSet;
use std::sync::Arc;

use mainstay_compiler::{Params, World, WorldError, compile};
use mainstay_ir::{Action, Ir};
use mainstay_kit::SeededRandom;

use super::text::step_name;

pub const SITES: [&str; 3] = ["berlin", "cork", "oslo"];
pub const ACCOUNTS: [&str; 3] = ["ops", "vault", "root"];
pub const ROOTS: [&str; 3] = ["mail", "papers", "photos"];
pub const PATTERNS: [&str; 4] = ["**/*.tmp", "**/*.old", "**/.cache/**", "**/*.bak"];

#[derive(Clone)]
pub struct Source {
    pub name: String,
    /// A database, of which there are logs.
    pub logs: bool,
    pub roots: BTreeSet<usize>,
    pub exclude: BTreeSet<usize>,
}

#[derive(Clone)]
pub struct Repo {
    pub name: String,
    /// Of a store that can lock.
    pub bucket: bool,
    pub site: Option<usize>,
    pub account: Option<usize>,
    pub deleters: BTreeSet<usize>,
    pub lock: usize,
    pub tier: usize,
    pub path: usize,
}

#[derive(Clone)]
pub enum Makes {
    Store {
        source: usize,
        repo: usize,
    },
    Replicate {
        step: usize,
        repo: usize,
    },
    Away {
        source: usize,
        from: usize,
        repo: usize,
    },
    Link {
        source: usize,
        repo: usize,
    },
    /// With so many checks more than none of a drill.
    Look {
        source: usize,
        repo: usize,
        drill: Option<usize>,
    },
    Hook {
        program: usize,
    },
    /// In machines only.
    Ask,
}

/// Where a state of a machine leads.
#[derive(Clone, Copy)]
pub enum To {
    /// A state, by its place among as many as there are.
    State(usize),
    Well,
    Badly,
}

/// Where each ending of a state leads, and an event.
#[derive(Clone, Copy)]
pub struct Ways {
    pub well: To,
    pub badly: To,
    pub event: Option<To>,
}

#[derive(Clone)]
pub struct Doing {
    pub id: usize,
    pub makes: Makes,
    /// A second copy in the same step.
    pub also: Option<usize>,
    pub verify: Option<(usize, usize)>,
    /// Hourly, daily, weekly, monthly, yearly, last, days.
    pub keep: Option<[usize; 7]>,
    /// By a pipeline of the standard library.
    pub piped: bool,
    /// Whether the step before must have ended well.
    pub after: bool,
    /// Taken out of the compiled policy: no text of the language stores what is not sealed.
    pub unsealed: bool,
    /// Of a state.
    pub ways: Ways,
}

#[derive(Clone)]
pub enum When {
    Every { hours: usize, jitter: usize },
    Daily { at: usize, zone: usize, jitter: usize },
    Weekly { day: usize, at: usize, zone: usize, jitter: usize },
    Monthly { day: usize, at: usize, zone: usize, jitter: usize },
    Cron { expression: String, zone: usize, jitter: usize },
    Change { source: usize },
    AfterSuccess { work: String },
    Wal { source: usize, hours: usize },
}

#[derive(Clone)]
pub struct Work {
    pub name: String,
    pub triggers: Vec<When>,
    pub within_hours: Option<usize>,
    pub promised: bool,
    /// Side by side, where no step takes the value of another.
    pub parallel: bool,
    /// What is held around all steps: by which program, and for how many minutes.
    pub bracket: Option<(usize, usize)>,
    pub steps: Vec<Doing>,
    /// A machine, whose states the steps are: where it starts, and which of its ends are called what.
    pub machine: Option<Machine>,
}

#[derive(Clone, Copy)]
pub struct Machine {
    pub start: usize,
    /// Of the good end and of the bad one: ok, degraded, failed.
    pub ends: [usize; 2],
}

/// A policy of a few things.
#[derive(Clone)]
pub struct Sketch {
    pub policy: String,
    pub sources: Vec<Source>,
    pub repos: Vec<Repo>,
    pub works: Vec<Work>,
    pub lock_days: usize,
    pub next_id: usize,
    pub moved: Vec<(String, String)>,
    /// How it is written: in which order, with which comments, formatted or not.
    pub order: u64,
    pub commented: bool,
    pub formatted: bool,
}

struct OneFile(String);

impl World for OneFile {
    fn read(&self, path: &str) -> Result<Arc<str>, WorldError> {
        if path == "mainstay.stay" { Ok(self.0.as_str().into()) } else { Err(WorldError::Missing) }
    }
}

impl Sketch {
    pub fn random(random: &SeededRandom) -> Self {
        let mut sketch = Self {
            policy: "oracle".to_owned(),
            sources: Vec::new(),
            repos: Vec::new(),
            works: Vec::new(),
            lock_days: 7 + random.below(30),
            next_id: 0,
            moved: Vec::new(),
            order: 0,
            commented: false,
            formatted: false,
        };
        for number in 0..1 + random.below(2) {
            sketch.sources.push(Source {
                name: format!("source{number}"),
                logs: random.one_in(4),
                roots: some(random, ROOTS.len()).into_iter().chain([0]).collect(),
                exclude: some(random, PATTERNS.len()),
            });
        }
        for number in 0..1 + random.below(3) {
            sketch.repos.push(Repo::random(format!("repo{number}"), random));
        }
        for _ in 0..1 + random.below(3) {
            sketch.add_work(random);
        }
        if let Some(source) = sketch.sources.iter().position(|source| source.logs) {
            sketch.add_chain(source, random);
        }
        sketch
    }

    /// A base of logs, and what links to it.
    fn add_chain(&mut self, source: usize, random: &SeededRandom) {
        let repo = random.below(self.repos.len());
        for makes in [Makes::Store { source, repo }, Makes::Link { source, repo }] {
            self.add_work(random);
            let work = self.works.len() - 1;
            if let (Makes::Link { .. }, true) = (&makes, random.one_in(2)) {
                let hours = [8, 12, 36][random.below(3)];
                self.works[work].triggers = vec![When::Wal { source, hours }];
            }
            if let Some(first) = self.works[work].steps.first_mut() {
                (first.makes, first.also) = (makes, None);
            }
            self.works[work].mend();
        }
    }

    pub fn fresh(&mut self) -> usize {
        self.next_id += 1;
        self.next_id
    }

    pub fn add_work(&mut self, random: &SeededRandom) {
        let name = format!("work{}", self.fresh());
        let triggers = match self.works.last() {
            Some(before) if random.one_in(4) && before.machine.is_none() => {
                vec![When::AfterSuccess { work: before.name.clone() }]
            }
            _ => self.triggers(random),
        };
        let machine = random.one_in(3).then(|| Machine { start: 0, ends: ends(random) });
        self.works.push(Work {
            name,
            triggers,
            within_hours: within(random),
            promised: random.one_in(2),
            parallel: random.one_in(3),
            bracket: bracket(random),
            steps: Vec::new(),
            machine,
        });
        for _ in 0..1 + random.below(2) + 2 * usize::from(machine.is_some()) {
            self.add_step(self.works.len() - 1, random);
        }
    }

    pub fn add_step(&mut self, work: usize, random: &SeededRandom) {
        let id = self.fresh();
        let (source, repo) = (random.below(self.sources.len()), random.below(self.repos.len()));
        let other = random.below(self.repos.len());
        let is_machine = self.works[work].machine.is_some();
        let steps = &mut self.works[work].steps;
        let stored: Vec<usize> = steps.iter().filter(|step| step.copies()).map(|step| step.id).collect();
        let makes = match random.below(9) {
            0 | 1 if !stored.is_empty() && !is_machine => {
                Makes::Replicate { step: stored[random.below(stored.len())], repo }
            }
            0 if is_machine => Makes::Ask,
            2 if other != repo => Makes::Away { source, from: other, repo },
            3 => Makes::Look { source, repo, drill: random.one_in(2).then(|| random.below(3)) },
            4 => Makes::Hook { program: random.below(3) },
            5 if self.sources[source].logs => Makes::Link { source, repo },
            _ => Makes::Store { source, repo },
        };
        let verify = verify(random);
        let mut doing = Doing {
            id,
            makes,
            also: None,
            verify,
            keep: None,
            piped: random.one_in(3),
            after: random.one_in(2),
            unsealed: false,
            ways: ways(random),
        };
        let copies = doing.copies();
        doing.also = (random.one_in(5) && other != repo && copies).then_some(other);
        doing.keep = verify.filter(|_| copies && random.one_in(2)).map(|_| keep(random));
        steps.push(doing);
    }

    pub fn triggers(&self, random: &SeededRandom) -> Vec<When> {
        let count = [0, 1, 1, 1, 1, 1, 1, 2][random.below(8)];
        (0..count).map(|_| self.timed(random)).collect()
    }

    /// Not too often, so that all failures of all runs can be tried.
    pub fn timed(&self, random: &SeededRandom) -> When {
        let (at, zone) = (random.below(48) * 30, random.below(3));
        let jitter = 10 * random.below(2);
        match random.below(10) {
            0 | 1 => When::Every { hours: [8, 12, 36, 48, 72, 168][random.below(6)], jitter },
            2 | 3 => When::Daily { at, zone, jitter },
            4 | 5 => When::Weekly { day: random.below(7), at, zone, jitter },
            6 => When::Monthly { day: 1 + random.below(31), at, zone, jitter },
            7 => When::Change { source: random.below(self.sources.len()) },
            _ => {
                let hours = [format!("{}", at / 60), "4,16".to_owned()][random.below(2)].clone();
                let days = [format!("{}", random.below(7)), "1-5".to_owned(), "1,3,6".to_owned()]
                    [random.below(3)]
                .clone();
                When::Cron { expression: format!("30 {hours} * * {days}"), zone, jitter }
            }
        }
    }

    /// None where it does not compile.
    pub fn ir(&self) -> Option<Ir> {
        let text = self.text();
        let text = if self.formatted { mainstay_syntax::format(&text).ok()? } else { text };
        let mut ir = compile(&OneFile(text), "mainstay.stay", &Params::none()).ir?;
        for doing in self.works.iter().flat_map(|work| &work.steps).filter(|doing| doing.unsealed) {
            let id = step_name(doing.id);
            let states = ir.machines.values_mut().filter_map(|machine| machine.states.get_mut(&id));
            let steps = ir.workflows.values_mut().filter_map(|workflow| workflow.steps.get_mut(&id));
            for step in steps.chain(states.map(|state| &mut state.act)) {
                if let Action::Stages(calls) = &mut step.action {
                    calls.retain(|call| call.name != "encrypt");
                }
            }
        }
        Some(ir)
    }
}

impl Doing {
    /// Whether it makes a copy.
    pub fn copies(&self) -> bool {
        !matches!(self.makes, Makes::Look { .. } | Makes::Hook { .. } | Makes::Ask)
    }
}

impl Work {
    /// Without steps that take the value of one that is gone.
    pub fn mend(&mut self) {
        let mut known: Vec<usize> = Vec::new();
        self.steps.retain(|doing| {
            let stays = !matches!(doing.makes, Makes::Replicate { step, .. } if !known.contains(&step));
            known.extend(stays.then_some(doing.id));
            stays
        });
    }
}

impl Repo {
    fn random(name: String, random: &SeededRandom) -> Self {
        let deleters = if random.one_in(4) { [random.below(3)].into() } else { BTreeSet::new() };
        let (bucket, path) = (random.one_in(2), random.below(1000));
        let lock = if bucket && random.one_in(2) { 1 + random.below(2) } else { 0 };
        let tier = [0, 0, 0, 1, 2, 2][random.below(6)];
        Self { name, bucket, site: place(random), account: place(random), deleters, lock, tier, path }
    }
}

fn some(random: &SeededRandom, of: usize) -> BTreeSet<usize> {
    (0..of).filter(|_| random.one_in(2)).collect()
}

pub fn place(random: &SeededRandom) -> Option<usize> {
    (!random.one_in(4)).then(|| random.below(3))
}

pub fn verify(random: &SeededRandom) -> Option<(usize, usize)> {
    (!random.one_in(3)).then(|| (1 + random.below(3), 10 * (1 + random.below(3))))
}

pub fn keep(random: &SeededRandom) -> [usize; 7] {
    let mut keep = [24, 7, 4, 6, 2, 3, 30].map(|usual| if random.one_in(3) { usual } else { 0 });
    keep[random.below(keep.len())] = 1 + random.below(9);
    keep
}

pub fn ways(random: &SeededRandom) -> Ways {
    let to = |well: bool| match (random.below(4), well) {
        (0 | 1, _) => To::State(random.below(6)),
        (2, true) => To::Badly,
        (2, false) | (_, true) => To::Well,
        _ => To::Badly,
    };
    Ways { well: to(true), badly: to(false), event: random.one_in(5).then(|| to(true)) }
}

pub fn ends(random: &SeededRandom) -> [usize; 2] {
    [random.below(2), 2 - usize::from(random.one_in(6))]
}

pub fn bracket(random: &SeededRandom) -> Option<(usize, usize)> {
    random.one_in(6).then(|| (random.below(2), 10 * random.below(3)))
}

pub fn within(random: &SeededRandom) -> Option<usize> {
    (!random.one_in(8)).then(|| 1 + random.below(5))
}
