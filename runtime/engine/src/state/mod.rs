//! What is true, as a fold over the journal.
//!
//! Two pure functions are the heart of the engine. [`apply`] folds one record; it cannot fail, and ignores
//! what a stale attempt says. [`next`] names everything that should be under way and is not, and when to look
//! again. A live run appends, applies and asks; a recovery applies all, and asks. Nothing else changes a [`State`],
//! so both must come to the same.

mod apply;
mod ledger;
mod limits;
mod next;
mod pools;
mod resume;
mod retry;
mod rules;
mod run;
mod settle;
mod start;
mod timer;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use mainstay_ir::Name;
use mainstay_journal::{Event, RunId, Seq, Token};

use crate::shape::Shape;

pub use apply::apply;
pub use ledger::{Dated, Ledger, Reading};
pub use next::{Command, next};
pub use run::{Attempt, Phase, Run, StepState};
use timer::Line;
pub use timer::{Timer, due};

/// Shapes of workflows, by the hash of their policy and their name: runs refer to them.
pub type Shapes = HashMap<(String, Name), Arc<Shape>>;

/// The state of all runs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    head: Seq,
    shapes: Shapes,
    runs: BTreeMap<RunId, Run>,
    order: Vec<RunId>,
    /// Those that have not ended, by where they began.
    open: BTreeSet<(Seq, RunId)>,
    /// What the timer of a workflow has to know of its runs, by policy and workflow.
    lines: BTreeMap<(Name, Name), Line>,
    attempts: BTreeMap<Token, Attempt>,
    ledger: Arc<Ledger>,
}

impl State {
    /// Nothing has happened yet. A run whose shape is not among these is remembered, and never carried on.
    pub fn new(shapes: Shapes) -> Self {
        Self { shapes, ..Self::default() }
    }

    /// Makes a workflow's shape known before a run of it starts.
    pub fn know(&mut self, policy_hash: &str, shape: Arc<Shape>) {
        self.shapes.insert((policy_hash.to_owned(), shape.workflow.clone()), shape);
    }

    /// The place up to which everything was applied.
    pub fn head(&self) -> Seq {
        self.head
    }

    /// A run.
    pub fn run(&self, id: &RunId) -> Option<&Run> {
        self.runs.get(id)
    }

    /// All runs in the order in which they started.
    pub fn runs(&self) -> impl DoubleEndedIterator<Item = &Run> {
        self.order.iter().filter_map(|id| self.runs.get(id))
    }

    /// Runs that have not ended.
    pub fn open_runs(&self) -> impl Iterator<Item = &Run> {
        self.open.iter().filter_map(|(_, id)| self.runs.get(id))
    }

    /// Attempts that have not ended.
    pub fn attempts(&self) -> &BTreeMap<Token, Attempt> {
        &self.attempts
    }

    /// What was read back, given up, and seen in repositories.
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    /// What a recovery has to write down first: no process of an earlier life is left.
    pub fn lost(&self) -> Vec<Event> {
        self.attempts
            .iter()
            .filter(|(_, attempt)| !attempt.is_lost)
            .map(|(token, _)| Event::Lost { token: *token })
            .collect()
    }
}
