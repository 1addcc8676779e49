//! What the simulation knows of a policy: when its workflows start, how long a run of each takes at most, what each step
//! makes of what, and which repos go together when a site or an account is lost.

use std::collections::{BTreeSet, HashSet};

use indexmap::IndexMap;
use mainstay_calendar::{Schedule, follows};
use mainstay_ir::{DurationMs, Ir, Origin, Rule, SourceCopy, Step, Trigger, Value, Workflow};

use crate::prove::policy::{record, text};

/// A run of a workflow without a `within` is counted as taking this long: more than any that has one.
const UNBOUNDED: DurationMs = DurationMs::hours(30 * 24);

/// A policy as the simulation sees it.
#[derive(Debug)]
pub(super) struct Model<'a> {
    pub ir: &'a Ir,
    /// By name, in source order.
    pub works: IndexMap<&'a str, Work<'a>>,
}

/// A workflow.
#[derive(Debug, PartialEq)]
pub(super) struct Work<'a> {
    pub rhythm: Rhythm<'a>,
    pub steps: Vec<Doing<'a>>,
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

/// A step.
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
        let mut made: IndexMap<(&str, &str), Vec<SourceCopy<'a>>> = IndexMap::new();
        for copy in ir.copies() {
            made.entry((copy.workflow, copy.step)).or_default().push(copy);
        }
        let work = |(name, workflow): (&'a String, &'a Workflow)| {
            let doing = |(id, step): (&'a String, &'a Step)| Doing {
                id,
                needs: &step.needs,
                repos: named(step),
                makes: made.swap_remove(&(name.as_str(), id.as_str())).unwrap_or_default(),
            };
            (
                name.as_str(),
                Work { rhythm: Rhythm::new(workflow), steps: workflow.steps.iter().map(doing).collect() },
            )
        };
        let works = ir.workflows.iter().map(work).collect();
        Self { ir, works }
    }

    /// Everything that a simulation of this source depends on: what makes it, what that follows, and what makes all that
    /// such a workflow copies.
    pub fn about<'m>(&'m self, source: &'m str) -> IndexMap<&'a str, &'m Work<'a>> {
        let (mut sources, mut seen) = (BTreeSet::new(), HashSet::new());
        let (mut next, mut names) = (vec![source], Vec::new());
        while let Some(source) = next.pop() {
            let makes = |work: &Work<'_>| work.copies().any(|copy| copy.source == source);
            names.extend(self.works.iter().filter(|(_, work)| makes(work)).map(|(name, _)| *name));
            while let Some(name) = names.pop() {
                let Some(work) = self.works.get(name).filter(|_| seen.insert(name)) else { continue };
                names.extend(work.rhythm.follows.iter().copied());
                next.extend(work.copies().map(|copy| copy.source).filter(|source| sources.insert(*source)));
            }
        }
        self.works.iter().filter(|(name, _)| seen.contains(*name)).map(|(name, work)| (*name, work)).collect()
    }

    /// A text of the place of a repo.
    pub fn place(&self, repo: &str, field: &str) -> Option<&'a str> {
        text(record(self.ir.repos.get(repo)?.fields.get("place")?)?.get(field)?)
    }

    /// Whether nobody reaches what lies in a repo unless it is brought back.
    pub fn is_offline(&self, repo: &str) -> bool {
        self.ir.repos.get(repo).and_then(|repo| repo.fields.get("tier")).and_then(text) == Some("offline")
    }

    /// The accounts that can delete a repo; none when that is not said.
    pub fn accounts(&self, repo: &str) -> Option<BTreeSet<&'a str>> {
        let account = self.place(repo, "account")?;
        let place = record(self.ir.repos.get(repo)?.fields.get("place")?)?;
        let deleters = match place.get("deleters") {
            Some(Value::List(names)) => names.iter().filter_map(text).collect(),
            _ => Vec::new(),
        };
        Some(deleters.into_iter().chain([account]).collect())
    }
}

impl<'a> Work<'a> {
    pub fn copies(&self) -> impl Iterator<Item = &SourceCopy<'a>> {
        self.steps.iter().flat_map(|step| &step.makes)
    }

    /// Whether they make the same of the same at the same times.
    pub fn is_like(&self, other: &Self) -> bool {
        let essence = |work: &Self| -> Vec<_> {
            let made = |copy: &SourceCopy<'a>| (copy.source, copy.repo, copy.origin);
            let step = |step: &Doing<'a>| {
                (step.id, step.needs, step.repos.clone(), step.makes.iter().map(made).collect::<Vec<_>>())
            };
            work.steps.iter().map(step).collect()
        };
        self.rhythm == other.rhythm && essence(self) == essence(other)
    }
}

impl<'a> Rhythm<'a> {
    fn new(workflow: &'a Workflow) -> Self {
        let timed: Vec<Trigger> = workflow.triggers.iter().filter_map(timed).collect();
        let schedule = Schedule::new(&timed).ok().filter(Schedule::is_timed);
        let jitter = schedule.as_ref().map_or(DurationMs(0), Schedule::jitter);
        let delay = jitter.0.saturating_add(workflow.within.unwrap_or(UNBOUNDED).0);
        Self {
            schedule,
            follows: workflow.triggers.iter().filter_map(follows).collect(),
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

/// What can be lost at once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Loss {
    Repo(String),
    Site(String),
    Account(String),
}

impl Loss {
    /// All that either policy names.
    pub fn all(models: &[&Model<'_>]) -> Vec<Self> {
        let mut found = BTreeSet::new();
        for model in models {
            for repo in model.ir.repos.keys() {
                found.insert(Self::Repo(repo.clone()));
                found.extend(model.place(repo, "site").map(|site| Self::Site(site.to_owned())));
                found.extend(
                    model
                        .accounts(repo)
                        .into_iter()
                        .flatten()
                        .map(|account| Self::Account(account.to_owned())),
                );
            }
        }
        found.into_iter().collect()
    }

    /// Whether it takes a repo. One that does not say where it is, or whose, may be anywhere and anybody's; what is
    /// offline is out of the reach of every account.
    pub fn takes(&self, model: &Model<'_>, repo: &str) -> bool {
        match self {
            Self::Repo(name) => name == repo,
            Self::Site(site) => model.place(repo, "site").is_none_or(|place| place == site),
            Self::Account(account) => {
                !model.is_offline(repo)
                    && model.accounts(repo).is_none_or(|accounts| accounts.contains(account.as_str()))
            }
        }
    }
}

/// The repo that a copy is read from.
pub(super) fn read_from<'a>(copy: &SourceCopy<'a>) -> Option<&'a str> {
    match copy.origin {
        Origin::Source => None,
        Origin::Copy { repo } | Origin::Latest { repo } => Some(repo),
    }
}
