//! A model of copies of its own: every copy that is ever made is written down first, with the run that made it and the
//! copy that it was made from; each failure then strikes out those that cannot be. It shares nothing with the comparison
//! of the compiler but the IR and the calendar's next time.

use std::collections::{BTreeMap, BTreeSet};

use mainstay_calendar::Schedule;
use mainstay_ir::{Call, DurationMs, Ir, Rule, Trigger, Value, Workflow};

pub const DAY: i64 = 86_400_000;

/// 2026-01-01 00:00 UTC.
pub const FROM: i64 = 1_767_225_600_000;

/// How long is simulated.
pub const DAYS: i64 = 400;

/// What goes wrong, once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mishap {
    None,
    /// A repo, a site or an account is gone from this moment on.
    Lost {
        what: (&'static str, String),
        at: i64,
    },
    /// What runs that started by then put into a repo is damaged.
    Spoilt {
        repo: String,
        at: i64,
    },
    /// The run of a workflow that starts then fails.
    Failed {
        workflow: String,
        at: i64,
    },
}

/// A copy that was made.
#[derive(Debug, Clone, Copy)]
pub struct Made<'a> {
    pub source: &'a str,
    pub repo: &'a str,
    /// The start of the run that made it.
    pub started: i64,
    pub of: i64,
    pub there: i64,
}

/// When the runs of each workflow start by the clock.
pub struct Starts(BTreeMap<String, Vec<i64>>);

impl Starts {
    pub fn of(ir: &Ir) -> Self {
        let starts = |triggers: &[Trigger]| -> Vec<i64> {
            let timed: Vec<Trigger> = triggers
                .iter()
                .filter(|trigger| !matches!(trigger, Trigger::Event { .. }))
                .cloned()
                .collect();
            let schedule = Schedule::new(&timed).unwrap();
            if !schedule.is_timed() {
                let follows = triggers.iter().any(|trigger| followed(trigger).is_some());
                return if follows { Vec::new() } else { vec![FROM + 30 * DAY, FROM + 60 * DAY] };
            }
            let (mut found, mut at) = (Vec::new(), jiff::Timestamp::from_millisecond(FROM - 1).unwrap());
            while let Some(next) = schedule.next(at).filter(|next| next.as_millisecond() < FROM + DAYS * DAY)
            {
                found.push(next.as_millisecond());
                at = next;
            }
            found
        };
        Self(ir.workflows.iter().map(|(name, workflow)| (name.clone(), starts(&workflow.triggers))).collect())
    }

    pub fn of_workflow(&self, name: &str) -> &[i64] {
        self.0.get(name).map(Vec::as_slice).unwrap_or_default()
    }
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

fn takes_as_long_as(workflow: &Workflow) -> i64 {
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

/// The repos that something takes with it.
pub fn taken(ir: &Ir, what: &(&'static str, String), repo: &str) -> bool {
    let place = match ir.repos.get(repo).and_then(|repo| repo.fields.get("place")) {
        Some(Value::Record(fields)) => fields.clone(),
        _ => Default::default(),
    };
    let text = |name: &str| match place.get(name) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    };
    match what.0 {
        "repo" => repo == what.1,
        "site" => text("site").is_none_or(|site| site == what.1),
        _ => {
            let deletes = match place.get("deleters") {
                Some(Value::List(names)) => names.contains(&Value::Text(what.1.clone())),
                _ => false,
            };
            deletes || text("account").is_none_or(|account| account == what.1)
        }
    }
}

/// What goes wrong, and the repos of one policy that it takes.
pub struct Fate<'a> {
    mishap: &'a Mishap,
    lost: BTreeSet<&'a str>,
}

impl<'a> Fate<'a> {
    pub fn of(ir: &'a Ir, mishap: &'a Mishap) -> Self {
        let lost = match mishap {
            Mishap::Lost { what, .. } => {
                ir.repos.keys().filter(|repo| taken(ir, what, repo)).map(String::as_str).collect()
            }
            _ => BTreeSet::new(),
        };
        Self { mishap, lost }
    }

    /// From when on; the beginning where it is no moment.
    pub fn at(&self) -> i64 {
        match self.mishap {
            Mishap::Lost { at, .. } | Mishap::Spoilt { at, .. } => *at,
            _ => FROM,
        }
    }
}

/// All copies that a policy ever makes when this goes wrong, in whole runs, one after another by their starts.
pub fn copies<'a>(ir: &'a Ir, starts: &Starts, fate: &Fate<'_>) -> Vec<Made<'a>> {
    let mut waiting: BTreeSet<(i64, usize)> = BTreeSet::new();
    for (number, name) in ir.workflows.keys().enumerate() {
        waiting.extend(starts.of_workflow(name).iter().map(|at| (*at, number)));
    }
    let mut made: Vec<Made<'a>> = Vec::new();
    while let Some((start, number)) = waiting.pop_first() {
        let (name, workflow) = ir.workflows.get_index(number).unwrap();
        let end = start + takes_as_long_as(workflow);
        if matches!(fate.mishap, Mishap::Failed { workflow, at } if workflow == name && *at == start) {
            continue;
        }
        let (brought, well) = Body { start, end, before: &made, fate }.run(workflow);
        made.extend(brought);
        if well && end < FROM + DAYS * DAY {
            let behind =
                |other: &&Workflow| other.triggers.iter().any(|trigger| followed(trigger) == Some(name));
            let others = ir.workflows.values().enumerate().filter(|(_, other)| behind(other));
            waiting.extend(others.map(|(other, _)| (end, other)));
        }
    }
    made
}

/// Whether a copy can still be restored, or read, at a moment.
pub fn is_there(copy: &Made<'_>, at: i64, fate: &Fate<'_>) -> bool {
    copy.there <= at
        && match fate.mishap {
            Mishap::Lost { at: lost, .. } => at < *lost || !fate.lost.contains(copy.repo),
            Mishap::Spoilt { repo, at: spoilt } => {
                at < *spoilt || copy.repo != repo || copy.started > *spoilt
            }
            _ => true,
        }
}

/// What a value in a run is.
#[derive(Clone, Copy)]
enum Data<'a> {
    Source(&'a str),
    Brought(&'a str, &'a str),
    Latest(&'a str, &'a str),
}

struct Body<'b, 'a> {
    start: i64,
    end: i64,
    before: &'b [Made<'a>],
    fate: &'b Fate<'b>,
}

impl<'a> Body<'_, 'a> {
    /// What is lost while a run is under way is not written and not read any more.
    fn gone(&self, repo: &str) -> bool {
        self.fate.lost.contains(repo) && self.end >= self.fate.at()
    }

    fn run(&self, workflow: &'a Workflow) -> (Vec<Made<'a>>, bool) {
        let mut brought: Vec<Made<'a>> = Vec::new();
        let mut came: BTreeMap<&str, &str> = BTreeMap::new();
        let mut values: BTreeMap<&str, Data<'a>> = BTreeMap::new();
        for (id, step) in &workflow.steps {
            if !holds(&step.needs, &came) {
                came.insert(id, "skipped");
                continue;
            }
            let mut value = None;
            let well = step.calls().iter().all(|call| self.stage(call, &mut value, &values, &mut brought));
            values.extend(value.map(|value| (id.as_str(), value)));
            came.insert(id, if well { "well" } else { "failed" });
        }
        let well = came.values().all(|ended| *ended == "well");
        (brought, well)
    }

    /// Whether it ends well.
    fn stage(
        &self,
        call: &'a Call,
        value: &mut Option<Data<'a>>,
        values: &BTreeMap<&str, Data<'a>>,
        brought: &mut Vec<Made<'a>>,
    ) -> bool {
        match call.args.get("of") {
            Some(Value::Thing(_, source)) => *value = Some(Data::Source(source)),
            Some(Value::Step(step)) => *value = values.get(step.as_str()).copied(),
            _ => {}
        }
        let named = |name: &str| match call.args.get(name) {
            Some(Value::Thing(_, repo)) => Some(repo.as_str()),
            _ => None,
        };
        let (Some(repo), Some(from)) = (named("to").or(named("in")), *value) else { return true };
        if self.gone(repo) {
            return false;
        }
        if let ("latest", Data::Source(source)) = (call.name.as_str(), from) {
            *value = Some(Data::Latest(source, repo));
            return true;
        }
        let (source, of) = match from {
            Data::Source(source) => (source, Some(self.start)),
            Data::Latest(source, from) => (source, self.read(source, from).filter(|_| !self.gone(from))),
            Data::Brought(source, from) => {
                let own = brought.iter().rev().find(|made| (made.source, made.repo) == (source, from));
                (source, own.map(|made| made.of).filter(|_| !self.gone(from)))
            }
        };
        let Some(of) = of else { return false };
        brought.push(Made { source, repo, started: self.start, of, there: self.end });
        *value = Some(Data::Brought(source, repo));
        true
    }

    /// The newest copy of a source in a repo that a run which starts now can read.
    fn read(&self, source: &str, repo: &str) -> Option<i64> {
        // Damage strikes when the runs of that moment have started.
        let sound = Fate { mishap: &Mishap::None, lost: BTreeSet::new() };
        let before = match self.fate.mishap {
            Mishap::Spoilt { at, .. } if *at == self.start => &sound,
            _ => self.fate,
        };
        let of = |made: &&Made<'_>| (made.source, made.repo) == (source, repo);
        let there = self.before.iter().filter(of).filter(|made| is_there(made, self.start, before));
        there.map(|made| made.of).max()
    }
}

fn holds(rule: &Rule, came: &BTreeMap<&str, &str>) -> bool {
    let ended = |name: &str| came.get(name).copied().unwrap_or("never");
    match rule {
        Rule::Always => true,
        Rule::Well(name) => ended(name) == "well",
        Rule::Failed(name) => ended(name) == "failed",
        Rule::Ended(name) => ended(name) != "never",
        Rule::All(all) => all.iter().all(|rule| holds(rule, came)),
        Rule::Any(any) => any.iter().any(|rule| holds(rule, came)),
    }
}
