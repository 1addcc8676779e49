//! A policy cut down to numbers: when what starts, and what its steps and states do. It shares nothing with the comparison
//! of the compiler but the IR and the calendar's next time.

use std::collections::{BTreeMap, BTreeSet};

use mainstay_calendar::Schedule;
use mainstay_ir::{Call, DurationMs, Final, Ir, Rule, State, Trigger, Value, Workflow};

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
    pub works: Vec<Work>,
    pub sources: usize,
    pub repos: usize,
}

/// A workflow, or a machine.
#[derive(PartialEq)]
pub struct Work {
    pub name: String,
    pub starts: Vec<i64>,
    /// How long after its start its copies are there at the latest.
    pub takes: i64,
    /// The states, of a machine.
    pub steps: Vec<Step>,
    /// How a machine goes from state to state.
    pub course: Option<Course>,
    /// Those that its good end starts.
    pub behind: Vec<usize>,
    /// Whether what it brings depends on what was there before.
    pub reads: bool,
}

/// Where a machine starts, and where it ends well.
#[derive(PartialEq)]
pub struct Course {
    pub start: String,
    pub well: BTreeMap<String, bool>,
}

#[derive(PartialEq)]
pub struct Step {
    pub id: String,
    pub needs: Rule,
    pub acts: Vec<Act>,
    /// Of a state: where each ending leads, and each event.
    pub ways: BTreeMap<Way, String>,
}

/// What comes of a state: an ending, or an event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    Ends(String),
    Event(String),
}

/// Of a machine, a state, and what comes of that in each run.
pub type Turn = (String, String, Way);

#[derive(PartialEq)]
pub enum Act {
    /// The value is a source, or that of a step.
    Source(usize),
    Step(usize),
    /// The value is the newest copy in a repo.
    Latest(usize),
    /// The value is a link of a chain whose base lies in a repo.
    Link(usize),
    /// A copy of the value is made.
    Put(usize),
    /// A repo is used, whatever for.
    Use(usize),
}

/// A workflow or a machine of the IR.
struct Given<'a> {
    triggers: &'a [Trigger],
    within: Option<DurationMs>,
    steps: Vec<Step>,
    course: Option<Course>,
}

impl Plot {
    pub fn of(ir: &Ir, names: &Names<'_>) -> Self {
        let mut sorted: BTreeMap<&String, Given<'_>> = BTreeMap::new();
        for (name, workflow) in &ir.workflows {
            let steps = workflow.steps.iter().map(|(id, step)| plotted(id, step, names, workflow)).collect();
            let (triggers, within) = (workflow.triggers.as_slice(), workflow.within);
            sorted.insert(name, Given { triggers, within, steps, course: None });
        }
        for (name, machine) in &ir.machines {
            let (triggers, within) = (machine.triggers.as_slice(), machine.within);
            let well = |end: &Final| *end != Final::Failed;
            let well = machine.finals.iter().map(|(name, end)| (name.clone(), well(end))).collect();
            let course = Some(Course { start: machine.start.clone(), well });
            let steps = machine.states.iter().map(|(id, state)| state_of(id, state, names)).collect();
            sorted.insert(name, Given { triggers, within, steps, course });
        }
        let order: Vec<&String> = sorted.keys().copied().collect();
        let behind = |name: &String| -> Vec<usize> {
            let after = |other: &&String| sorted[*other].triggers.iter().any(|it| followed(it) == Some(name));
            (0..order.len()).filter(|other| after(&order[*other])).collect()
        };
        let behind: Vec<Vec<usize>> = order.iter().map(|name| behind(name)).collect();
        let works = sorted.into_iter().zip(behind).map(|((name, given), behind)| Work {
            name: name.clone(),
            starts: starts(given.triggers),
            takes: takes(given.triggers, given.within),
            reads: given.steps.iter().flat_map(|step| &step.acts).any(reads),
            steps: given.steps,
            course: given.course,
            behind,
        });
        Self { works: works.collect(), sources: names.sources.len(), repos: names.repos.len() }
    }

    pub fn work(&self, name: &str) -> Option<usize> {
        self.works.iter().position(|work| work.name == name)
    }

    pub fn name(&self, work: usize) -> &str {
        &self.works[work].name
    }

    /// All that can come of the states of machines but that they end `ok`.
    pub fn turns(&self) -> BTreeSet<Turn> {
        let mut found = BTreeSet::new();
        for work in &self.works {
            for step in &work.steps {
                let other = step.ways.keys().filter(|way| **way != Way::Ends("ok".to_owned()));
                found.extend(other.map(|way| (work.name.clone(), step.id.clone(), way.clone())));
            }
        }
        found
    }
}

fn reads(act: &Act) -> bool {
    matches!(act, Act::Latest(_) | Act::Link(_))
}

/// By the clock; what nothing starts is started by hand, twice.
fn starts(triggers: &[Trigger]) -> Vec<i64> {
    let timed: Vec<Trigger> = triggers.iter().filter_map(timed).collect();
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

/// A log counts as full at each end of its time.
fn timed(trigger: &Trigger) -> Option<Trigger> {
    let Trigger::Event { name, args } = trigger else { return Some(trigger.clone()) };
    match args.get("at_most") {
        Some(Value::Duration(interval)) if name == "wal" => {
            Some(Trigger::Every { interval: *interval, jitter: DurationMs(0) })
        }
        _ => None,
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

fn takes(triggers: &[Trigger], within: Option<DurationMs>) -> i64 {
    let jitter = |trigger: &Trigger| match trigger {
        Trigger::Every { jitter, .. }
        | Trigger::Daily { jitter, .. }
        | Trigger::Weekly { jitter, .. }
        | Trigger::Monthly { jitter, .. }
        | Trigger::Cron { jitter, .. } => jitter.0,
        Trigger::Event { .. } => 0,
    };
    let most = triggers.iter().map(jitter).max().unwrap_or(0);
    (most + within.unwrap_or(DurationMs(30 * DAY as u64)).0) as i64
}

fn plotted(id: &str, step: &mainstay_ir::Step, names: &Names<'_>, within: &Workflow) -> Step {
    let number = |id: &String| within.steps.get_index_of(id).unwrap();
    let acts = step.calls().iter().flat_map(|call| acts(call, names, &number)).collect();
    Step { id: id.to_owned(), needs: step.needs.clone(), acts, ways: BTreeMap::new() }
}

fn state_of(id: &str, state: &State, names: &Names<'_>) -> Step {
    let none = |id: &String| -> usize { panic!("a state takes the value of {id}") };
    let acts = state.act.calls().iter().flat_map(|call| acts(call, names, &none)).collect();
    let ends = state.on.iter().map(|(ending, to)| (Way::Ends(ending.clone()), to.clone()));
    let events = state.events.iter().map(|(subject, to)| (Way::Event(subject.clone()), to.clone()));
    Step { id: id.to_owned(), needs: Rule::Always, acts, ways: ends.chain(events).collect() }
}

fn acts(call: &Call, names: &Names<'_>, number: &dyn Fn(&String) -> usize) -> Vec<Act> {
    let of = |value: &Value| match value {
        Value::Thing(kind, name) if kind == "source" => Some(Act::Source(names.source(name))),
        Value::Step(id) => Some(Act::Step(number(id))),
        _ => None,
    };
    let mut acts: Vec<Act> = call.args.get("of").and_then(of).into_iter().collect();
    for (name, value) in &call.args {
        match value {
            Value::Thing(kind, repo) if kind == "repo" => {
                let repo = names.repo(repo);
                acts.push(match (call.name.as_str(), name.as_str()) {
                    ("latest" | "oldest" | "random", "in") => Act::Latest(repo),
                    ("store" | "replicate", "to") => Act::Put(repo),
                    _ => Act::Use(repo),
                });
            }
            Value::Constructed(made) if name == "since" => match made.fields.get("in") {
                Some(Value::Thing(_, repo)) => acts.push(Act::Link(names.repo(repo))),
                other => panic!("a base in {other:?}"),
            },
            _ => {}
        }
    }
    acts
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
