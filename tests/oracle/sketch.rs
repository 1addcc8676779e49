//! Small policies made at random, and random edits of them.

use indexmap::IndexMap;
use mainstay_ir::{
    Action, Block, Call, Constructed, DurationMs, Ir, Objective, Rule, Step, Trigger, Value, Workflow,
};
use mainstay_kit::SeededRandom;

const SITES: [&str; 3] = ["berlin", "cork", "oslo"];
const ACCOUNTS: [&str; 3] = ["ops", "vault", "root"];
const ZONES: [&str; 3] = ["Europe/Berlin", "America/New_York", "UTC"];

#[derive(Clone)]
struct Repo {
    name: String,
    site: Option<usize>,
    account: Option<usize>,
    deleters: Vec<usize>,
    lock: u8,
    path: usize,
}

#[derive(Clone)]
enum Makes {
    Store { source: usize, repo: usize },
    Replicate { step: usize, repo: usize },
    Away { source: usize, from: usize, repo: usize },
    Look { source: usize, repo: usize },
}

#[derive(Clone)]
struct Doing {
    id: usize,
    makes: Makes,
    /// A second copy in the same step.
    also: Option<usize>,
    verify: Option<(u64, u64)>,
    /// The step before, when it must have ended well.
    after: bool,
}

#[derive(Clone)]
struct Work {
    name: String,
    triggers: Vec<Trigger>,
    within_hours: Option<u64>,
    promised: bool,
    steps: Vec<Doing>,
}

/// A policy of a few things.
#[derive(Clone)]
pub struct Sketch {
    sources: usize,
    repos: Vec<Repo>,
    works: Vec<Work>,
    lock_days: u64,
    next_id: usize,
    moved: Vec<(String, String)>,
}

impl Sketch {
    pub fn random(random: &SeededRandom) -> Self {
        let mut sketch = Self {
            sources: 1 + random.below(2),
            repos: Vec::new(),
            works: Vec::new(),
            lock_days: 7 + random.below(30) as u64,
            next_id: 0,
            moved: Vec::new(),
        };
        for number in 0..1 + random.below(3) {
            sketch.repos.push(Repo::random(format!("repo{number}"), random));
        }
        for _ in 0..1 + random.below(3) {
            sketch.add_work(random);
        }
        sketch
    }

    /// Something is changed; now and then, nothing that means anything.
    pub fn edit(&mut self, random: &SeededRandom) {
        let work = random.below(self.works.len());
        let repo = random.below(self.repos.len());
        match random.below(20) {
            0 => self.works[work].triggers = triggers(random),
            1 => self.works[work].triggers.push(timed(random)),
            2 => drop(self.works[work].triggers.pop()),
            3 => self.works[work].within_hours = within(random),
            4 => self.works[work]
                .triggers
                .iter_mut()
                .for_each(|trigger| set_jitter(trigger, random.below(3) as u64 * 10)),
            5 => self.repos[repo].site = place(random),
            6 => self.repos[repo].account = place(random),
            7 => {
                self.repos[repo].deleters = if random.one_in(2) { Vec::new() } else { vec![random.below(3)] }
            }
            8 => self.repos[repo].lock = random.below(3) as u8,
            9 => self.lock_days = 7 + random.below(30) as u64,
            10 => {
                let steps = self.works[work].steps.len();
                self.works[work].steps.remove(random.below(steps.max(1)).min(steps.saturating_sub(1)));
                self.works[work].mend();
            }
            11 | 12 => self.add_step(work, random),
            13 => self.add_work(random),
            14 if self.works.len() > 1 => drop(self.works.remove(work)),
            15 => self.works.reverse(),
            16 => {
                // The same once more, under another name.
                let mut copy = self.works[work].clone();
                copy.name = format!("work{}", self.fresh());
                self.works.push(copy);
            }
            17 => {
                let name = format!("repo{}", 10 + self.fresh());
                self.moved.push((std::mem::replace(&mut self.repos[repo].name, name.clone()), name));
            }
            18 => {
                for step in &mut self.works[work].steps {
                    step.verify = verify(random);
                }
            }
            _ => self.works[work].promised ^= true,
        }
        self.works.retain(|work| !work.steps.is_empty());
        if self.works.is_empty() {
            self.add_work(random);
        }
    }

    fn fresh(&mut self) -> usize {
        self.next_id += 1;
        self.next_id
    }

    fn add_work(&mut self, random: &SeededRandom) {
        let name = format!("work{}", self.fresh());
        let triggers = match self.works.last() {
            Some(before) if random.one_in(4) => vec![after_success(&before.name)],
            _ => triggers(random),
        };
        let within_hours = within(random);
        self.works.push(Work { name, triggers, within_hours, promised: random.one_in(2), steps: Vec::new() });
        for _ in 0..1 + random.below(2) {
            self.add_step(self.works.len() - 1, random);
        }
    }

    fn add_step(&mut self, work: usize, random: &SeededRandom) {
        let id = self.fresh();
        let (source, repo) = (random.below(self.sources), random.below(self.repos.len()));
        let other = random.below(self.repos.len());
        let steps = &mut self.works[work].steps;
        let stored: Vec<usize> = steps
            .iter()
            .filter(|step| !matches!(step.makes, Makes::Look { .. }))
            .map(|step| step.id)
            .collect();
        let makes = match random.below(6) {
            0 if !stored.is_empty() => Makes::Replicate { step: stored[random.below(stored.len())], repo },
            1 if other != repo => Makes::Away { source, from: other, repo },
            2 => Makes::Look { source, repo },
            _ => Makes::Store { source, repo },
        };
        let also =
            (random.one_in(5) && other != repo && !matches!(makes, Makes::Look { .. })).then_some(other);
        steps.push(Doing { id, makes, also, verify: verify(random), after: random.one_in(2) });
    }

    pub fn ir(&self) -> Ir {
        let mut ir = Ir::new("oracle", 2026, "2026a");
        for source in 0..self.sources {
            let fields = [("roots".to_owned(), Value::List(vec![text(&format!("/srv/{source}"))]))];
            ir.sources.insert(source_name(source), made("files", fields));
        }
        ir.repos = self.repos.iter().map(|repo| (repo.name.clone(), repo.made())).collect();
        let lock = [("lock".to_owned(), Value::Duration(DurationMs::hours(24 * self.lock_days)))];
        ir.objectives.insert("gold".to_owned(), Objective { other: lock.into(), ..Objective::default() });
        let known: Vec<&str> = self.works.iter().map(|work| work.name.as_str()).collect();
        ir.workflows =
            self.works.iter().map(|work| (work.name.clone(), self.workflow(work, &known))).collect();
        ir.moved = self.moved.iter().cloned().collect();
        ir
    }

    fn workflow(&self, work: &Work, known: &[&str]) -> Workflow {
        let follows_one = |trigger: &&Trigger| match trigger {
            Trigger::Event { args, .. } => match args.get("of") {
                Some(Value::Thing(_, name)) => known.contains(&name.as_str()) && *name != work.name,
                _ => true,
            },
            _ => true,
        };
        let mut steps = IndexMap::new();
        let mut before: Option<String> = None;
        for doing in &work.steps {
            let name = step_name(doing.id);
            steps.insert(name.clone(), self.step(doing, before.as_ref()));
            before = Some(name);
        }
        let body = Block::Sequential(steps.keys().cloned().map(Block::Step).collect());
        Workflow {
            objective: work.promised.then(|| "gold".to_owned()),
            triggers: work.triggers.iter().filter(follows_one).cloned().collect(),
            within: work.within_hours.map(DurationMs::hours),
            steps,
            body,
            ..Workflow::default()
        }
    }

    fn step(&self, doing: &Doing, before: Option<&String>) -> Step {
        let repo = |number: usize| thing("repo", &self.repos[number].name);
        let source = |number: usize| thing("source", &source_name(number));
        let mut needs = Vec::new();
        let mut calls = match doing.makes {
            Makes::Store { source: of, repo: to } => {
                vec![
                    call("discover", vec![("of", source(of))]),
                    call("snapshot", vec![]),
                    call("encrypt", vec![]),
                    call("store", vec![("to", repo(to))]),
                ]
            }
            Makes::Replicate { step, repo: to } => {
                needs.push(Rule::Well(step_name(step)));
                vec![call("replicate", vec![("of", Value::Step(step_name(step))), ("to", repo(to))])]
            }
            Makes::Away { source: of, from, repo: to } => {
                vec![
                    call("latest", vec![("of", source(of)), ("in", repo(from))]),
                    call("replicate", vec![("to", repo(to))]),
                ]
            }
            Makes::Look { source: of, repo: at } => {
                vec![call("latest", vec![("of", source(of)), ("in", repo(at))])]
            }
        };
        let verify = |calls: &mut Vec<Call>| {
            calls.extend(doing.verify.map(|(sample, days)| {
                let span = Value::Duration(DurationMs::hours(24 * days));
                call("verify", vec![("sample", Value::Percent(sample * 10_000)), ("all_within", span)])
            }));
        };
        verify(&mut calls);
        if let Some(also) = doing.also {
            calls.push(call("replicate", vec![("to", repo(also))]));
            verify(&mut calls);
        }
        needs.extend(before.filter(|_| doing.after && needs.is_empty()).map(|id| Rule::Well(id.clone())));
        let needs = if needs.is_empty() { Rule::Always } else { Rule::All(needs) };
        Step { needs, ..Step::new(Action::Stages(calls)) }
    }
}

impl Work {
    /// Without steps that take the value of one that is gone.
    fn mend(&mut self) {
        let ids: Vec<usize> = self.steps.iter().map(|step| step.id).collect();
        self.steps
            .retain(|doing| !matches!(doing.makes, Makes::Replicate { step, .. } if !ids.contains(&step)));
    }
}

impl Repo {
    fn random(name: String, random: &SeededRandom) -> Self {
        let deleters = if random.one_in(4) { vec![random.below(3)] } else { Vec::new() };
        let lock = if random.one_in(3) { 1 + random.below(2) as u8 } else { 0 };
        Self { path: random.below(1000), name, site: place(random), account: place(random), deleters, lock }
    }

    fn made(&self) -> Constructed {
        let mut at: IndexMap<String, Value> = IndexMap::new();
        at.extend(self.site.map(|site| ("site".to_owned(), text(SITES[site]))));
        at.extend(self.account.map(|account| ("account".to_owned(), text(ACCOUNTS[account]))));
        let deleters = self.deleters.iter().map(|who| text(ACCOUNTS[*who])).collect();
        at.insert("deleters".to_owned(), Value::List(deleters));
        let mut repo = made("local", [("path".to_owned(), text(&format!("/backup/{}", self.path)))]);
        repo.fields.insert("place".to_owned(), Value::Record(at));
        if self.lock > 0 {
            let mode = if self.lock == 2 { "compliance" } else { "governance" };
            repo.fields.insert("lock_mode".to_owned(), Value::Member(mode.to_owned()));
        }
        repo
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn thing(kind: &str, name: &str) -> Value {
    Value::Thing(kind.to_owned(), name.to_owned())
}

fn source_name(number: usize) -> String {
    format!("source{number}")
}

fn step_name(id: usize) -> String {
    format!("step{id}")
}

fn made<const N: usize>(constructor: &str, fields: [(String, Value); N]) -> Constructed {
    Constructed { constructor: constructor.to_owned(), fields: fields.into() }
}

fn call(name: &str, args: Vec<(&str, Value)>) -> Call {
    let args = args.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Call { name: name.to_owned(), args, within: None }
}

fn place(random: &SeededRandom) -> Option<usize> {
    (!random.one_in(4)).then(|| random.below(3))
}

fn verify(random: &SeededRandom) -> Option<(u64, u64)> {
    (!random.one_in(3)).then(|| (1 + random.below(3) as u64, 10 * (1 + random.below(3) as u64)))
}

fn within(random: &SeededRandom) -> Option<u64> {
    (!random.one_in(8)).then(|| 1 + random.below(5) as u64)
}

fn after_success(name: &str) -> Trigger {
    Trigger::Event {
        name: "after_success".to_owned(),
        args: [("of".to_owned(), thing("workflow", name))].into(),
    }
}

fn triggers(random: &SeededRandom) -> Vec<Trigger> {
    let count = [0, 1, 1, 1, 1, 1, 1, 2][random.below(8)];
    (0..count).map(|_| timed(random)).collect()
}

/// Not too often, so that all failures of all runs can be tried.
fn timed(random: &SeededRandom) -> Trigger {
    let (at, zone) = (60 * random.below(24) as u16, ZONES[random.below(3)].to_owned());
    let jitter = DurationMs::minutes(10 * random.below(2) as u64);
    match random.below(8) {
        0 => Trigger::Every { interval: DurationMs::hours([36, 48, 72, 96, 168][random.below(5)]), jitter },
        1 => Trigger::Daily { at, zone, jitter },
        2..=4 => Trigger::Weekly { day: 1 + random.below(7) as u8, at, zone, jitter },
        5 | 6 => Trigger::Monthly { day: 1 + random.below(31) as u8, at, zone, jitter },
        _ => Trigger::Cron { expression: format!("30 {} * * {}", at / 60, random.below(7)), zone, jitter },
    }
}

fn set_jitter(trigger: &mut Trigger, minutes: u64) {
    match trigger {
        Trigger::Every { jitter, .. }
        | Trigger::Daily { jitter, .. }
        | Trigger::Weekly { jitter, .. }
        | Trigger::Monthly { jitter, .. }
        | Trigger::Cron { jitter, .. } => *jitter = DurationMs::minutes(minutes),
        Trigger::Event { .. } => {}
    }
}
