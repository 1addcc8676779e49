//! What all proofs look at: the IR, its places, what flows, and when.

use std::cell::RefCell;
use std::collections::HashMap;

use indexmap::IndexMap;
use mainstay_calendar::{Extremes, Schedule};
use mainstay_diagnostics::Span;
use mainstay_ir::{Flows, Ir, Name, Objective, SourceCopy, Trigger, Value};

use crate::Places;

/// The policy under proof.
pub(crate) struct Policy<'a> {
    pub ir: &'a Ir,
    pub flows: Flows<'a>,
    places: &'a Places,
    /// By workflow; those that are no schedule are not in it (they are reported as such).
    schedules: HashMap<&'a str, Schedule>,
    /// Workflows mostly share their triggers, and twenty years are looked at once for each.
    extremes: RefCell<HashMap<String, Option<Extremes>>>,
}

impl<'a> Policy<'a> {
    pub fn new(ir: &'a Ir, places: &'a Places) -> Self {
        let schedule = |(name, workflow): (&'a Name, &'a mainstay_ir::Workflow)| {
            Some((name.as_str(), Schedule::new(&workflow.triggers).ok()?))
        };
        let schedules = ir.workflows.iter().filter_map(schedule).collect();
        Self { ir, flows: ir.flows(), places, schedules, extremes: RefCell::default() }
    }

    /// Where something stands, or what holds it.
    pub fn span(&self, key: &str) -> Span {
        self.places.get_or(key).unwrap_or_default()
    }

    /// Where exactly something stands; nothing when only what holds it is known.
    pub fn exact_span(&self, key: &str) -> Option<Span> {
        self.places.get(key)
    }

    /// The timed triggers of a workflow.
    pub fn schedule(&self, workflow: &str) -> Option<&Schedule> {
        self.schedules.get(workflow).filter(|schedule| schedule.is_timed())
    }

    /// The gaps of a workflow's timed triggers.
    pub fn extremes(&self, workflow: &str) -> Option<Extremes> {
        let key = format!("{:?}", self.ir.workflows.get(workflow)?.triggers);
        let known = self.extremes.borrow().get(&key).copied();
        known.unwrap_or_else(|| {
            let fresh = self.schedule(workflow).and_then(Schedule::extremes);
            self.extremes.borrow_mut().insert(key, fresh);
            fresh
        })
    }

    /// The copies that workflows `for` this objective make, in order.
    pub fn copies_for(&self, objective: &str) -> impl Iterator<Item = &SourceCopy<'a>> {
        let serves = move |copy: &&SourceCopy<'a>| {
            let workflow = self.ir.workflows.get(copy.workflow);
            workflow.and_then(|workflow| workflow.objective.as_deref()) == Some(objective)
        };
        self.flows.copies.iter().filter(serves)
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
        self.ir.repos.get(repo)?.fields.get(field)
    }

    /// A field of a repo's place, as text.
    pub fn place(&self, repo: &str, field: &str) -> Option<&'a str> {
        text(record(self.repo_field(repo, "place")?)?.get(field)?)
    }
}

/// The fields of a record, whether it was written as one or by its constructor.
pub(crate) fn record(value: &Value) -> Option<&IndexMap<Name, Value>> {
    match value {
        Value::Record(fields) => Some(fields),
        Value::Constructed(made) => Some(&made.fields),
        _ => None,
    }
}

/// A text or a member of an enumeration.
pub(crate) fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) | Value::Member(text) => Some(text),
        _ => None,
    }
}

/// A field of an objective that the IR keeps among the others.
pub(crate) fn other<'a>(objective: &'a Objective, field: &str) -> Option<&'a Value> {
    objective.other.get(field)
}

/// The workflow that an `after_success` waits for.
pub(crate) fn follows(trigger: &Trigger) -> Option<&str> {
    match trigger {
        Trigger::Event { name, args } if name == "after_success" => {
            args.values().find_map(|value| match value {
                Value::Thing(kind, workflow) if kind == "workflow" => Some(workflow.as_str()),
                _ => None,
            })
        }
        _ => None,
    }
}
