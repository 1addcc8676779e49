//! A model of copies of its own. A policy is cut down to numbers; a world of it is let run from instant to instant, and
//! anything can go wrong in it at any of them. It shares nothing with the comparison of the compiler but the IR and the
//! calendar's next time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use mainstay_calendar::Schedule;
use mainstay_ir::{Call, DurationMs, Ir, Rule, Trigger, Value, Workflow};

pub const DAY: i64 = 86_400_000;

/// 2026-01-01 00:00 UTC.
pub const FROM: i64 = 1_767_225_600_000;

/// How long is simulated.
pub const DAYS: i64 = 400;

/// The end of it.
pub const END: i64 = FROM + DAYS * DAY;

/// No copy: older than any.
pub const NEVER: i64 = i64::MIN;

/// Sources and repos of two policies, by number.
pub struct Names<'a> {
    pub sources: Vec<&'a str>,
    pub repos: Vec<&'a str>,
}

impl<'a> Names<'a> {
    pub fn of(both: [&'a Ir; 2]) -> Self {
        let sources: BTreeSet<&str> =
            both.iter().flat_map(|ir| ir.sources.keys()).map(String::as_str).collect();
        let repos: BTreeSet<&str> = both.iter().flat_map(|ir| ir.repos.keys()).map(String::as_str).collect();
        Self { sources: sources.into_iter().collect(), repos: repos.into_iter().collect() }
    }

    fn source(&self, name: &str) -> usize {
        self.sources.binary_search(&name).unwrap()
    }

    fn repo(&self, name: &str) -> usize {
        self.repos.binary_search(&name).unwrap()
    }
}

/// A policy in numbers.
#[derive(PartialEq)]
pub struct Plot {
    /// By name.
    works: Vec<Work>,
    sources: usize,
    repos: usize,
}

#[derive(PartialEq)]
struct Work {
    name: String,
    starts: Vec<i64>,
    /// How long after its start its copies are there at the latest.
    takes: i64,
    steps: Vec<Step>,
    /// Those that its good end starts.
    behind: Vec<usize>,
    /// Whether what it brings depends on what was there before.
    reads: bool,
}

#[derive(PartialEq)]
struct Step {
    id: String,
    needs: Rule,
    acts: Vec<Act>,
}

#[derive(PartialEq)]
enum Act {
    /// The value is a source, or that of a step.
    Source(usize),
    Step(usize),
    /// The value is the newest copy in a repo.
    Latest(usize),
    /// A copy of the value is made.
    Put(usize),
    /// A repo is used, whatever for.
    Use(usize),
}

impl Plot {
    pub fn of(ir: &Ir, names: &Names<'_>) -> Self {
        let sorted: BTreeMap<&String, &Workflow> = ir.workflows.iter().collect();
        let order: Vec<&String> = sorted.keys().copied().collect();
        let works = sorted.iter().map(|(name, workflow)| {
            let steps: Vec<Step> = steps(workflow, names);
            let behind = |other: &&String| {
                sorted[*other].triggers.iter().any(|trigger| followed(trigger) == Some(name))
            };
            Work {
                name: (*name).clone(),
                starts: starts(&workflow.triggers),
                takes: takes(workflow),
                reads: steps.iter().flat_map(|step| &step.acts).any(|act| matches!(act, Act::Latest(_))),
                steps,
                behind: (0..order.len()).filter(|other| behind(&order[*other])).collect(),
            }
        });
        Self { works: works.collect(), sources: names.sources.len(), repos: names.repos.len() }
    }

    pub fn work(&self, name: &str) -> Option<usize> {
        self.works.iter().position(|work| work.name == name)
    }

    pub fn name(&self, work: usize) -> &str {
        &self.works[work].name
    }
}

/// By the clock; what nothing starts is started by hand, twice.
fn starts(triggers: &[Trigger]) -> Vec<i64> {
    let timed: Vec<Trigger> =
        triggers.iter().filter(|trigger| !matches!(trigger, Trigger::Event { .. })).cloned().collect();
    let schedule = Schedule::new(&timed).unwrap();
    if !schedule.is_timed() {
        let follows = triggers.iter().any(|trigger| followed(trigger).is_some());
        return if follows { Vec::new() } else { vec![FROM + 30 * DAY, FROM + 60 * DAY] };
    }
    let (mut found, mut at) = (Vec::new(), jiff::Timestamp::from_millisecond(FROM - 1).unwrap());
    while let Some(next) = schedule.next(at).filter(|next| next.as_millisecond() < END) {
        found.push(next.as_millisecond());
        at = next;
    }
    found
}

fn followed(trigger: &Trigger) -> Option<&str> {
    match trigger {
        Trigger::Event { name, args } if name == "after_success" => match args.get("of") {
            Some(Value::Thing(_, workflow)) => Some(workflow),
            _ => None,
        },
        _ => None,
    }
}

fn takes(workflow: &Workflow) -> i64 {
    let jitter = |trigger: &Trigger| match trigger {
        Trigger::Every { jitter, .. }
        | Trigger::Daily { jitter, .. }
        | Trigger::Weekly { jitter, .. }
        | Trigger::Monthly { jitter, .. }
        | Trigger::Cron { jitter, .. } => jitter.0,
        Trigger::Event { .. } => 0,
    };
    let most = workflow.triggers.iter().map(jitter).max().unwrap_or(0);
    let within = workflow.within.unwrap_or(DurationMs(30 * DAY as u64));
    (most + within.0) as i64
}

fn steps(workflow: &Workflow, names: &Names<'_>) -> Vec<Step> {
    let number = |id: &String| workflow.steps.get_index_of(id).unwrap();
    let of = |value: &Value| match value {
        Value::Thing(kind, name) if kind == "source" => Some(Act::Source(names.source(name))),
        Value::Step(id) => Some(Act::Step(number(id))),
        _ => None,
    };
    let acts = |call: &Call| -> Vec<Act> {
        let mut acts: Vec<Act> = call.args.get("of").and_then(of).into_iter().collect();
        for (name, value) in &call.args {
            let Value::Thing(kind, repo) = value else { continue };
            if kind == "repo" {
                let repo = names.repo(repo);
                acts.push(match (call.name.as_str(), name.as_str()) {
                    ("latest" | "oldest" | "random", "in") => Act::Latest(repo),
                    ("store" | "replicate", "to") => Act::Put(repo),
                    _ => Act::Use(repo),
                });
            }
        }
        acts
    };
    let step = |(id, step): (&String, &mainstay_ir::Step)| Step {
        id: id.clone(),
        needs: step.needs.clone(),
        acts: step.calls().iter().flat_map(&acts).collect(),
    };
    workflow.steps.iter().map(step).collect()
}

/// Repos, one bit each.
pub type Repos = u64;

/// The repos that are lost with something.
pub fn taken(ir: &Ir, names: &Names<'_>, what: &(&'static str, String)) -> Repos {
    let known = names.repos.iter().enumerate().filter(|(_, repo)| ir.repos.contains_key(**repo));
    known.filter(|(_, repo)| takes_repo(ir, repo, what)).fold(0, |all, (number, _)| all | 1 << number)
}

fn takes_repo(ir: &Ir, repo: &str, (what, label): &(&'static str, String)) -> bool {
    let fields = &ir.repos[repo].fields;
    let place = match fields.get("place") {
        Some(Value::Record(fields)) => fields.clone(),
        _ => Default::default(),
    };
    let is = |name: &str| match place.get(name) {
        Some(Value::Text(text)) => text == label,
        _ => true,
    };
    match *what {
        "repo" => repo == label,
        "site" => is("site"),
        // Nobody deletes what is not connected.
        _ if fields.get("tier") == Some(&Value::Member("offline".to_owned())) => false,
        _ => {
            let deletes = match place.get("deleters") {
                Some(Value::List(names)) => names.contains(&Value::Text(label.clone())),
                _ => false,
            };
            deletes || is("account")
        }
    }
}

/// A run that has not ended.
#[derive(Clone, PartialEq)]
struct Run {
    end: i64,
    start: i64,
    work: usize,
    /// What was newest everywhere when it started; empty where that does not matter.
    knew: Vec<i64>,
    brought: Vec<(usize, i64)>,
    well: bool,
}

/// What is so far, and what is under way.
#[derive(Clone)]
pub struct World<'p> {
    plot: &'p Plot,
    /// As of when the newest copy is: of each source in each repo.
    newest: Vec<i64>,
    next: Vec<usize>,
    under_way: VecDeque<Run>,
    lost: Repos,
    /// A run that fails.
    pub fails: Option<(usize, i64)>,
    /// What started at the last instant.
    pub started: Vec<usize>,
}

impl<'p> World<'p> {
    pub fn new(plot: &'p Plot) -> Self {
        Self {
            plot,
            newest: vec![NEVER; plot.sources * plot.repos],
            next: vec![0; plot.works.len()],
            under_way: VecDeque::new(),
            lost: 0,
            fails: None,
            started: Vec::new(),
        }
    }

    /// When something happens next.
    pub fn peek(&self) -> Option<i64> {
        let starts = self.plot.works.iter().zip(&self.next).filter_map(|(work, next)| work.starts.get(*next));
        starts.copied().chain(self.under_way.front().map(|run| run.end)).min().filter(|at| *at < END)
    }

    /// All that happens up to an instant, itself included.
    pub fn advance(&mut self, to: i64) {
        self.started.clear();
        while let Some(at) = self.peek().filter(|at| *at <= to) {
            self.instant(at);
        }
    }

    /// Ends come before starts: what is there then can be read.
    fn instant(&mut self, at: i64) {
        let mut starting: Vec<usize> = Vec::new();
        while let Some(run) = self.under_way.pop_front_if(|run| run.end <= at) {
            for (place, of) in &run.brought {
                self.newest[*place] = self.newest[*place].max(*of);
            }
            if run.well {
                starting.extend(&self.plot.works[run.work].behind);
            }
        }
        for (number, work) in self.plot.works.iter().enumerate() {
            if work.starts.get(self.next[number]) == Some(&at) {
                self.next[number] += 1;
                starting.push(number);
            }
        }
        for number in starting {
            self.started.push(number);
            if self.fails != Some((number, at)) {
                self.start(number, at);
            }
        }
    }

    fn start(&mut self, number: usize, start: i64) {
        let work = &self.plot.works[number];
        let knew = if work.reads { self.newest.clone() } else { Vec::new() };
        let (brought, well) = self.body(work, start, &knew);
        let run = Run { end: start + work.takes, start, work: number, knew, brought, well };
        let place = self.under_way.partition_point(|other| other.end <= run.end);
        self.under_way.insert(place, run);
    }

    /// What repos hold of runs that have started is damaged.
    pub fn damage(&mut self, repo: usize) {
        let repos = self.plot.repos;
        self.newest.iter_mut().skip(repo).step_by(repos).for_each(|of| *of = NEVER);
        self.under_way.iter_mut().for_each(|run| run.brought.retain(|(place, _)| place % repos != repo));
    }

    /// Repos are lost: what is under way cannot read or write them any more.
    pub fn lose(&mut self, lost: Repos) {
        self.lost |= lost;
        for repo in (0..self.plot.repos).filter(|repo| lost >> repo & 1 == 1) {
            self.newest.iter_mut().skip(repo).step_by(self.plot.repos).for_each(|of| *of = NEVER);
        }
        let mut under_way = std::mem::take(&mut self.under_way);
        for run in &mut under_way {
            (run.brought, run.well) = self.body(&self.plot.works[run.work], run.start, &run.knew);
        }
        self.under_way = under_way;
    }

    /// As of when the newest copy of a source is.
    pub fn newest(&self, source: usize) -> i64 {
        let repos = self.plot.repos;
        self.newest[source * repos..(source + 1) * repos].iter().copied().max().unwrap_or(NEVER)
    }

    /// Whether both go on alike.
    pub fn is_like(&self, other: &Self) -> bool {
        let lies = |run: &Run| (run.end, run.start, run.work, run.well);
        self.newest == other.newest
            && self.under_way.len() == other.under_way.len()
            && self.under_way.iter().zip(&other.under_way).all(|(one, other)| {
                lies(one) == lies(other) && one.brought == other.brought && one.knew == other.knew
            })
    }

    /// What a run brings, and whether it ends well.
    fn body(&self, work: &Work, start: i64, knew: &[i64]) -> (Vec<(usize, i64)>, bool) {
        let mut brought: Vec<(usize, i64)> = Vec::new();
        let mut values: Vec<Option<Data>> = vec![None; work.steps.len()];
        let mut came: Vec<Came> = Vec::with_capacity(work.steps.len());
        for (number, step) in work.steps.iter().enumerate() {
            if !holds(&step.needs, &work.steps, &came) {
                came.push(Came::Skipped);
                continue;
            }
            let mut value = None;
            let well = step.acts.iter().all(|act| match act {
                Act::Source(source) => {
                    value = Some(Data { source: *source, of: start, repo: None });
                    true
                }
                Act::Step(step) => {
                    value = values[*step];
                    true
                }
                Act::Latest(repo) => {
                    value = value.map(|data| Data {
                        of: knew[data.source * self.plot.repos + repo],
                        repo: Some(*repo),
                        ..data
                    });
                    !self.is_lost(*repo)
                }
                Act::Use(repo) => !self.is_lost(*repo),
                Act::Put(repo) => self.put(&mut value, *repo, &mut brought),
            });
            values[number] = value;
            came.push(if well { Came::Well } else { Came::Failed });
        }
        (brought, came.iter().all(|came| *came == Came::Well))
    }

    fn put(&self, value: &mut Option<Data>, to: usize, brought: &mut Vec<(usize, i64)>) -> bool {
        let Some(data) = value.filter(|data| data.of != NEVER) else { return false };
        if self.is_lost(to) || data.repo.is_some_and(|from| self.is_lost(from)) {
            return false;
        }
        brought.push((data.source * self.plot.repos + to, data.of));
        *value = Some(Data { repo: Some(to), ..data });
        true
    }

    fn is_lost(&self, repo: usize) -> bool {
        self.lost >> repo & 1 == 1
    }
}

/// A value in a run: of what, as of when, and where it lies.
#[derive(Clone, Copy)]
struct Data {
    source: usize,
    of: i64,
    repo: Option<usize>,
}

#[derive(Clone, Copy, PartialEq)]
enum Came {
    Well,
    Failed,
    Skipped,
}

fn holds(rule: &Rule, steps: &[Step], came: &[Came]) -> bool {
    let ended = |name: &String| came.get(steps.iter().position(|step| step.id == *name).unwrap()).copied();
    match rule {
        Rule::Always => true,
        Rule::Well(name) => ended(name) == Some(Came::Well),
        Rule::Failed(name) => ended(name) == Some(Came::Failed),
        Rule::Ended(name) => ended(name).is_some(),
        Rule::All(all) => all.iter().all(|rule| holds(rule, steps, came)),
        Rule::Any(any) => any.iter().any(|rule| holds(rule, steps, came)),
    }
}
