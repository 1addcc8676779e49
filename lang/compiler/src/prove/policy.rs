//! What all proofs look at: the IR, its places, what flows, and when.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;
use mainstay_calendar::{Age, Timetable};
use mainstay_diagnostics::Span;
use mainstay_ir::{Flows, Ir, Objective, Retention, SourceCopy, Step, Value};

use super::effective::Said;
use super::fields;
pub(crate) use super::fields::{record, text};
use crate::Places;

/// The policy under proof.
pub(crate) struct Policy<'a> {
    pub ir: &'a Ir,
    pub times: Timetable<'a>,
    /// Where each copy stands among those that flow.
    numbers: HashMap<Identity<'a>, usize>,
    /// The workflows and machines that make copies.
    makers: HashSet<&'a str>,
    /// What stays of what.
    pub said: Said<'a>,
    /// The copies for each objective.
    served: HashMap<&'a str, BySource<'a>>,
    places: &'a Places,
}

impl<'a> Policy<'a> {
    pub fn new(ir: &'a Ir, places: &'a Places) -> Self {
        let times = Timetable::new(ir);
        let copies = times.flows().copies.iter().enumerate();
        let numbers = copies.map(|(number, copy)| (identity(copy), number)).collect();
        let makers = times.flows().copies.iter().map(|copy| copy.workflow).collect();
        let said = Said::of(ir, times.flows());
        let mut served: HashMap<&str, BySource<'_>> = HashMap::new();
        for (number, copy) in times.flows().copies.iter().enumerate() {
            let Some(objective) = ir.objective_of(copy.workflow) else { continue };
            let repos = served.entry(objective).or_default().entry(copy.source).or_default();
            repos.entry(copy.repo).or_default().push(number);
        }
        Self { ir, times, numbers, makers, said, served, places }
    }

    /// Whether a workflow makes any copy.
    pub fn makes_copies(&self, workflow: &str) -> bool {
        self.makers.contains(workflow)
    }

    /// Where something stands, or what holds it.
    pub fn span(&self, key: &str) -> Span {
        self.places.get_or(&self.place_key(key)).unwrap_or_default()
    }

    /// Where exactly something stands; nothing when only what holds it is known.
    pub fn exact_span(&self, key: &str) -> Option<Span> {
        self.places.get(&self.place_key(key))
    }

    /// What is said of a workflow and its steps holds for a machine and its states.
    fn place_key<'k>(&self, key: &'k str) -> Cow<'k, str> {
        let Some(rest) = key.strip_prefix("workflow.") else { return Cow::Borrowed(key) };
        let part = |name: &String| {
            rest.strip_prefix(name.as_str()).filter(|it| it.is_empty() || it.starts_with('.'))
        };
        let Some((name, part)) = self.ir.machines.keys().find_map(|name| Some((name, part(name)?))) else {
            return Cow::Borrowed(key);
        };
        Cow::Owned(match part.strip_prefix(".step.") {
            Some(state) => format!("machine.{name}.state.{state}"),
            None => format!("machine.{name}{part}"),
        })
    }

    /// A workflow or a machine, as a message names it: "machine `cutover`".
    pub fn named(&self, work: &str) -> String {
        let kind = self.ir.work(work).map_or("workflow", |(_, work)| work.kind);
        format!("{kind} `{work}`")
    }

    /// What flows in it.
    pub fn flows(&self) -> &Flows<'a> {
        self.times.flows()
    }

    /// How old one of the policy's copies can be.
    pub fn age(&self, copy: &SourceCopy<'a>) -> Option<&Age<'a>> {
        self.times.ages().get(*self.numbers.get(&identity(copy))?)
    }

    /// The copies that workflows `for` this objective make, in order.
    pub fn copies_for(&self, objective: &str) -> impl Iterator<Item = &SourceCopy<'a>> {
        let serves = move |copy: &&SourceCopy<'a>| self.ir.objective_of(copy.workflow) == Some(objective);
        self.flows().copies.iter().filter(serves)
    }

    /// The copies for an objective, by source and then by repo: a source is in a repo once, whoever puts it there.
    pub fn by_source(&self, objective: &str) -> impl Iterator<Item = (&'a str, &Repos<'a>)> {
        self.served.get(objective).into_iter().flatten().map(|(source, repos)| (*source, repos))
    }

    /// The copies of these numbers.
    pub fn numbered<'n>(&self, numbers: impl IntoIterator<Item = &'n usize>) -> Vec<&SourceCopy<'a>> {
        numbers.into_iter().filter_map(|number| self.flows().copies.get(*number)).collect()
    }

    /// What a copy's repo keeps of it; none when nothing in this policy says it.
    pub fn keeps(&self, copy: &SourceCopy<'a>) -> Option<Retention> {
        self.said.effective(copy.source, copy.repo).or_else(|| copy.retain.cloned())
    }

    /// The steps of each workflow, and what each state of each machine does.
    pub fn steps(&self) -> Vec<(&'a str, Vec<(&'a str, &'a Step)>)> {
        let workflows = self.ir.workflows.iter().map(|(name, workflow)| {
            let steps = workflow.steps.iter().map(|(id, step)| (id.as_str(), step)).collect();
            (name.as_str(), steps)
        });
        let machines = self.ir.machines.iter().map(|(name, machine)| {
            let states = machine.states.iter().map(|(id, state)| (id.as_str(), &state.act)).collect();
            (name.as_str(), states)
        });
        workflows.chain(machines).collect()
    }

    /// A field of a repo.
    pub fn repo_field(&self, repo: &str, field: &str) -> Option<&'a Value> {
        fields::repo_field(self.ir, repo, field)
    }

    /// A field of a repo's place, as text.
    pub fn place(&self, repo: &str, field: &str) -> Option<&'a str> {
        fields::place(self.ir, repo, field)
    }
}

/// The numbers of copies, by their source and then by their repo.
type BySource<'a> = IndexMap<&'a str, Repos<'a>>;

/// The numbers of copies of one source, by their repo.
pub(crate) type Repos<'a> = IndexMap<&'a str, Vec<usize>>;

/// What tells a copy from all others.
type Identity<'a> = [&'a str; 4];

fn identity<'a>(copy: &SourceCopy<'a>) -> Identity<'a> {
    [copy.workflow, copy.step, copy.source, copy.repo]
}

/// A field of an objective that the IR keeps among the others.
pub(crate) fn other<'a>(objective: &'a Objective, field: &str) -> Option<&'a Value> {
    objective.other.get(field)
}
