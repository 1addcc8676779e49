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
    places: &'a Places,
}

impl<'a> Policy<'a> {
    pub fn new(ir: &'a Ir, places: &'a Places) -> Self {
        let times = Timetable::new(ir);
        let copies = times.flows().copies.iter().enumerate();
        let numbers = copies.map(|(number, copy)| (identity(copy), number)).collect();
        let makers = times.flows().copies.iter().map(|copy| copy.workflow).collect();
        let said = Said::of(times.flows());
        Self { ir, times, numbers, makers, said, places }
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
        let serves = move |copy: &&SourceCopy<'a>| {
            let workflow = self.ir.workflows.get(copy.workflow);
            workflow.and_then(|workflow| workflow.objective.as_deref()) == Some(objective)
        };
        self.flows().copies.iter().filter(serves)
    }

    /// The copies for an objective, by source and then by repo: a source is in a repo once, whoever puts it there.
    pub fn by_source(&self, objective: &str) -> IndexMap<&'a str, IndexMap<&'a str, Vec<&SourceCopy<'a>>>> {
        let mut sources: IndexMap<&str, IndexMap<&str, Vec<&SourceCopy<'a>>>> = IndexMap::new();
        for copy in self.copies_for(objective) {
            sources.entry(copy.source).or_default().entry(copy.repo).or_default().push(copy);
        }
        sources
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

/// What tells a copy from all others.
type Identity<'a> = [&'a str; 4];

fn identity<'a>(copy: &SourceCopy<'a>) -> Identity<'a> {
    [copy.workflow, copy.step, copy.source, copy.repo]
}

/// A field of an objective that the IR keeps among the others.
pub(crate) fn other<'a>(objective: &'a Objective, field: &str) -> Option<&'a Value> {
    objective.other.get(field)
}
