//! What the simulation knows of a policy: when its workflows and machines start, how long a run of each takes at most,
//! what each step and state makes of what, and which repos go together when a site or an account is lost.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Debug;

use mainstay_calendar::{Schedule, follows};
use mainstay_ir::{DurationMs, IndexMap, Ir, Machine, Rule, SourceCopy, State, Step, Trigger, Value};

use crate::prove::fields::{place, record, repo_field, text};

/// A run without a `within` is counted as taking this long: more than any that has one.
const UNBOUNDED: DurationMs = DurationMs::hours(30 * 24);

/// A policy as the simulation sees it.
#[derive(Debug)]
pub(super) struct Model<'a> {
    pub ir: &'a Ir,
    /// By name, in source order.
    pub works: IndexMap<&'a str, Work<'a>>,
    /// What makes copies of each source.
    pub makers: HashMap<&'a str, BTreeSet<&'a str>>,
}

/// A workflow, or a machine.
#[derive(Debug, PartialEq)]
pub(super) struct Work<'a> {
    pub rhythm: Rhythm<'a>,
    /// The states, of a machine.
    pub steps: Vec<Doing<'a>>,
    /// How its states lead on; none: the steps follow one another.
    pub machine: Option<&'a Machine>,
}

/// When runs start, and how long after that their copies can be there at the latest.
#[derive(Debug, PartialEq)]
pub(super) struct Rhythm<'a> {
    /// None: by hand only, or by events that nobody can foretell.
    pub schedule: Option<Schedule>,
    /// The workflows whose good end starts it.
    pub follows: BTreeSet<&'a str>,
    /// Jitter and `within`.
    pub delay_ms: i64,
}

/// A step, or a state.
#[derive(Debug, PartialEq)]
pub(super) struct Doing<'a> {
    pub id: &'a str,
    pub needs: &'a Rule,
    /// Repos that it names: it fails when one of them is lost.
    pub repos: BTreeSet<&'a str>,
    pub makes: Vec<SourceCopy<'a>>,
}

impl<'a> Model<'a> {
    pub fn new(ir: &'a Ir) -> Self {
        let mut made: Made<'a> = HashMap::new();
        for copy in ir.copies() {
            made.entry((copy.workflow, copy.step)).or_default().push(copy);
        }
        let mut doing = |work: &'a str, id: &'a str, step: &'a Step| Doing {
            id,
            needs: &step.needs,
            repos: named(step),
            makes: made.remove(&(work, id)).unwrap_or_default(),
        };
        let works = ir.works().map(|(name, work)| {
            let machine = ir.machines.get(name);
            let states = machine.into_iter().flat_map(|machine| &machine.states);
            let states = states.map(|(id, state)| (id, &state.act));
            let steps = ir.workflows.get(name).into_iter().flat_map(|workflow| &workflow.steps);
            let steps = steps.chain(states).map(|(id, step)| doing(name, id, step)).collect();
            (name, Work { rhythm: Rhythm::new(work), steps, machine })
        });
        let works: IndexMap<&str, Work<'a>> = works.collect();
        let mut makers: HashMap<&str, BTreeSet<&str>> = HashMap::new();
        for copy in works.values().flat_map(Work::copies) {
            makers.entry(copy.source).or_default().insert(copy.workflow);
        }
        Self { ir, works, makers }
    }

    /// All that says under which losses a repo is lost: where it is, and who can delete it.
    pub fn is_lost_with(&self, repo: &str) -> impl PartialEq + use<'_, 'a> {
        (place(self.ir, repo, "site"), self.accounts(repo), self.is_offline(repo))
    }

    /// Whether nobody reaches what lies in a repo unless it is brought back.
    pub fn is_offline(&self, repo: &str) -> bool {
        repo_field(self.ir, repo, "tier").and_then(text) == Some("offline")
    }

    /// The accounts that can delete a repo; none when that is not said.
    pub fn accounts(&self, repo: &str) -> Option<BTreeSet<&'a str>> {
        let account = place(self.ir, repo, "account")?;
        let deleters = match record(repo_field(self.ir, repo, "place")?)?.get("deleters") {
            Some(Value::List(names)) => names.iter().filter_map(text).collect(),
            _ => Vec::new(),
        };
        Some(deleters.into_iter().chain([account]).collect())
    }
}

/// What each step or state of each workflow or machine makes.
type Made<'a> = HashMap<(&'a str, &'a str), Vec<SourceCopy<'a>>>;

impl<'a> Work<'a> {
    pub fn copies(&self) -> impl Iterator<Item = &SourceCopy<'a>> {
        self.steps.iter().flat_map(|step| &step.makes)
    }

    /// Whether they make the same of the same at the same times.
    pub fn is_like(&self, other: &Self) -> bool {
        let made = |copy: &SourceCopy<'a>| (copy.source, copy.repo, copy.origin, copy.base);
        let is_like = |(one, other): (&Doing<'a>, &Doing<'a>)| {
            (one.id, one.needs, &one.repos) == (other.id, other.needs, &other.repos)
                && one.makes.iter().map(made).eq(other.makes.iter().map(made))
        };
        self.rhythm == other.rhythm
            && self.steps.len() == other.steps.len()
            && self.steps.iter().zip(&other.steps).all(is_like)
            && self.machine.map(course) == other.machine.map(course)
    }
}

/// Where a machine starts, where each ending and each event leads in each state, and how it ends.
pub(super) fn course(machine: &Machine) -> impl PartialEq + Debug + '_ {
    let ways = machine.states.iter().map(|(id, state)| (id, (&state.on, &state.events)));
    let ends = machine.finals.iter().map(|(id, end)| (id, *end));
    (&machine.start, ways.collect::<BTreeMap<_, _>>(), ends.collect::<BTreeMap<_, _>>())
}

impl<'a> Rhythm<'a> {
    fn new(work: mainstay_ir::Work<'a>) -> Self {
        let timed: Vec<Trigger> = work.triggers.iter().filter_map(timed).collect();
        let schedule = Schedule::new(&timed).ok().filter(Schedule::is_timed);
        let jitter = schedule.as_ref().map_or(DurationMs(0), Schedule::jitter);
        let delay = jitter.0.saturating_add(work.within.unwrap_or(UNBOUNDED).0);
        Self {
            schedule,
            follows: work.triggers.iter().filter_map(follows).collect(),
            delay_ms: i64::try_from(delay).unwrap_or(i64::MAX / 4).min(i64::MAX / 4),
        }
    }
}

/// What fires by the clock: a full log does so at the latest after its `at_most`.
fn timed(trigger: &Trigger) -> Option<Trigger> {
    match trigger {
        Trigger::Event { name, args } => match args.get("at_most") {
            Some(Value::Duration(interval)) if name == "wal" => {
                Some(Trigger::Every { interval: *interval, jitter: DurationMs(0) })
            }
            _ => None,
        },
        timed => Some(timed.clone()),
    }
}

/// The repos among the arguments of a step.
fn named(step: &Step) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    step.calls().iter().flat_map(|call| call.args.values()).for_each(|value| add_repos(value, &mut found));
    found
}

fn add_repos<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    if let Value::Thing(kind, name) = value
        && kind == "repo"
    {
        found.insert(name);
    }
    value.children().for_each(|value| add_repos(value, found));
}

/// A place that can hold copies of a source: its snapshots, or the links of a chain of logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Place<'a> {
    pub source: &'a str,
    pub repo: &'a str,
    pub of_logs: bool,
}

/// Where a copy is put.
pub(super) fn place_of<'a>(copy: &SourceCopy<'a>) -> Place<'a> {
    Place { source: copy.source, repo: copy.repo, of_logs: copy.base.is_some() }
}

/// What can come of a state of a machine in place of `ok`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    pub machine: String,
    pub state: String,
    pub way: Way,
}

/// What leads on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// The state ends so.
    Ending(String),
    /// A message with this subject comes.
    Event(String),
}

impl Turn {
    /// All of a machine.
    pub fn all<'m>(name: &'m str, machine: &'m Machine) -> impl Iterator<Item = Self> + 'm {
        machine.states.iter().flat_map(move |(state, at)| {
            let endings = at.on.keys().filter(|ending| *ending != "ok").cloned().map(Way::Ending);
            let ways = endings.chain(at.events.keys().cloned().map(Way::Event));
            ways.map(move |way| Self { machine: name.to_owned(), state: state.clone(), way })
        })
    }

    /// Whether what the state stores lies there all the same.
    pub fn leaves_a_copy(&self) -> bool {
        self.way == Way::Ending("degraded".to_owned())
    }

    /// Where that leads; none where the state knows no such ending or event.
    pub fn leads<'a>(&self, state: &'a State) -> Option<&'a String> {
        match &self.way {
            Way::Ending(ending) => state.on.get(ending),
            Way::Event(subject) => state.events.get(subject),
        }
    }
}

/// What can be lost at once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Loss {
    Repo(String),
    Site(String),
    Account(String),
}

/// All that can be lost in either of two policies.
#[derive(Debug)]
pub(super) struct Losses {
    pub all: Vec<Loss>,
    numbers: HashMap<Loss, usize>,
    sites: Vec<usize>,
    accounts: Vec<usize>,
}

impl Losses {
    /// All that either policy names.
    pub fn of(models: &[&Model<'_>]) -> Self {
        let mut found = BTreeSet::new();
        for model in models {
            for repo in model.ir.repos.keys() {
                found.insert(Loss::Repo(repo.clone()));
                found.extend(place(model.ir, repo, "site").map(|site| Loss::Site(site.to_owned())));
                let accounts = model.accounts(repo).into_iter().flatten();
                found.extend(accounts.map(|account| Loss::Account(account.to_owned())));
            }
        }
        let all: Vec<Loss> = found.into_iter().collect();
        let of = |is_meant: fn(&Loss) -> bool| {
            (0..all.len()).filter(|at| all.get(*at).is_some_and(is_meant)).collect()
        };
        let (sites, accounts) =
            (of(|loss| matches!(loss, Loss::Site(_))), of(|loss| matches!(loss, Loss::Account(_))));
        let numbers = all.iter().cloned().enumerate().map(|(number, loss)| (loss, number)).collect();
        Self { all, numbers, sites, accounts }
    }

    /// Which take a repo, sorted. One that does not say where it is, or whose, may be anywhere and anybody's; what is
    /// offline is out of the reach of every account. A name that is none in either policy is never lost.
    pub fn that_take(&self, model: &Model<'_>, repo: &str) -> Vec<usize> {
        let number = |loss: Loss| self.numbers.get(&loss).copied();
        let Some(own) = number(Loss::Repo(repo.to_owned())) else { return Vec::new() };
        let mut found = vec![own];
        match place(model.ir, repo, "site") {
            Some(site) => found.extend(number(Loss::Site(site.to_owned()))),
            None => found.extend(&self.sites),
        }
        match model.accounts(repo) {
            _ if model.is_offline(repo) => {}
            Some(accounts) => {
                let accounts = accounts.into_iter().map(|account| Loss::Account(account.to_owned()));
                found.extend(accounts.filter_map(number));
            }
            None => found.extend(&self.accounts),
        }
        found.sort_unstable();
        found
    }
}
