//! What all proofs look at: the IR, its places, what flows, and when.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;
use mainstay_calendar::{Age, Timetable};
use mainstay_diagnostics::Span;
use mainstay_ir::{Flows, Ir, Objective, SourceCopy, Value};

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
    /// The workflows that make copies.
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
        let said = Said::of(times.flows());
        let mut served: HashMap<&str, BySource<'_>> = HashMap::new();
        for (number, copy) in times.flows().copies.iter().enumerate() {
            let Some(objective) = objective_of(ir, copy) else { continue };
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
        self.places.get_or(key).unwrap_or_default()
    }

    /// Where exactly something stands; nothing when only what holds it is known.
    pub fn exact_span(&self, key: &str) -> Option<Span> {
        self.places.get(key)
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
        let serves = move |copy: &&SourceCopy<'a>| objective_of(self.ir, copy) == Some(objective);
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

/// The promise that the workflow of a copy serves.
fn objective_of<'a>(ir: &'a Ir, copy: &SourceCopy<'a>) -> Option<&'a str> {
    ir.workflows.get(copy.workflow)?.objective.as_deref()
}

/// What tells a copy from all others.
type Identity<'a> = [&'a str; 4];

fn identity<'a>(copy: &SourceCopy<'a>) -> Identity<'a> {
    [copy.workflow, copy.step, copy.source, copy.repo]
}

/// A field of an objective that the IR keeps among the others.
pub(crate) fn other<'a>(objective: &'a Objective, field: &str) -> Option<&'a Value> {
    objective.other.get(field)
}
