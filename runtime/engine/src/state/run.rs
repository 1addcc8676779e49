//! A run, its steps and their attempts.

use std::sync::Arc;

use mainstay_ir::{IndexMap, Name};
use mainstay_journal::{Cause, Fault, Figures, Outcome, RunId, Seq, Stored, Token};

use crate::shape::{Act, Shape, StepShape};

/// A run of a workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Its identity.
    pub id: RunId,
    /// The policy's name.
    pub policy: Name,
    /// The policy that it keeps.
    pub policy_hash: String,
    /// Of which workflow.
    pub workflow: Name,
    /// The time that it stands for.
    pub slot_ms: i64,
    /// Why it began.
    pub cause: Cause,
    /// On which machine.
    pub host: String,
    /// Only these steps; empty: all.
    pub only: Vec<Name>,
    /// When it began.
    pub started_ms: i64,
    /// Where in the journal it began.
    pub since: Seq,
    /// When `within` is over.
    pub deadline_ms: Option<i64>,
    /// Why it is to stop.
    pub stopping: Option<(Fault, String)>,
    /// When and how it ended.
    pub ended: Option<(i64, Outcome)>,
    /// Its steps in source order.
    pub steps: IndexMap<Name, StepState>,
    /// Its workflow; none when the policy could not be had.
    pub shape: Option<Arc<Shape>>,
}

/// A step of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct StepState {
    /// Where it is.
    pub phase: Phase,
    /// The next act to do; all before it are done.
    pub act: u32,
    /// How many tries the current act has had.
    pub attempts: u32,
    /// When its first attempt began.
    pub first_ms: Option<i64>,
    /// When the first attempt at its current act began.
    pub act_ms: Option<i64>,
    /// Since when it could start and could not.
    pub queued: Option<Seq>,
    /// The last attempt that it acted under.
    pub last: Option<Token>,
    /// When its last attempt ended.
    pub last_ms: Option<i64>,
    /// The worst of the acts that are done.
    pub so_far: Outcome,
    /// What it stored, or took from another step.
    pub stored: Option<Stored>,
    /// What it handled.
    pub figures: Figures,
    /// How many attempts it has had in all.
    pub tries: u32,
    /// Why its last attempt did not end well, in words.
    pub complaint: Option<String>,
    /// Whether a copy is missing because it was skipped.
    pub misses_copy: bool,
}

/// Where a step is.
#[derive(Debug, Clone, PartialEq)]
pub enum Phase {
    /// It waits for others.
    Waiting,
    /// An act is done, the next one can begin.
    Between,
    /// An attempt is under way.
    Acting(Token),
    /// Its attempt was lost, and the session of that is not decided.
    Undecided(Token),
    /// Its last attempt did not end well; what follows is not decided.
    Tried(Outcome),
    /// It is tried again, not before this.
    Backoff(i64),
    /// It is over.
    Ended(Outcome),
}

/// An attempt that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Of which run.
    pub run: RunId,
    /// Of which step.
    pub step: Name,
    /// When it began.
    pub started_ms: i64,
    /// Its session: repository and id.
    pub session: Option<(Name, String)>,
    /// Whether its process is gone.
    pub is_lost: bool,
}

impl StepState {
    pub(super) fn new(phase: Phase) -> Self {
        Self {
            phase,
            act: 0,
            attempts: 0,
            first_ms: None,
            act_ms: None,
            queued: None,
            last: None,
            last_ms: None,
            so_far: Outcome::Ok,
            stored: None,
            figures: Figures::default(),
            tries: 0,
            complaint: None,
            misses_copy: false,
        }
    }

    /// How it ended.
    pub fn outcome(&self) -> Option<&Outcome> {
        match &self.phase {
            Phase::Ended(outcome) => Some(outcome),
            _ => None,
        }
    }

    /// Whether it has begun to act.
    pub fn has_begun(&self) -> bool {
        self.tries > 0
    }

    /// The act that is next, or under way.
    pub fn current<'a>(&self, shape: &'a StepShape) -> Option<&'a Act> {
        shape.acts.get(usize::try_from(self.act).ok()?)
    }
}

impl Run {
    /// Whether it was told to stop, or its time is over.
    pub fn is_stopping(&self) -> bool {
        self.stopping.is_some()
    }

    /// The shape of a step.
    pub fn step_shape(&self, step: &str) -> Option<&StepShape> {
        self.shape.as_ref()?.steps.get(step)
    }

    /// Steps with their shapes, in source order, that the run is about.
    pub(super) fn shaped(&self) -> impl Iterator<Item = (&Name, &StepState, &StepShape)> {
        self.steps.iter().filter_map(|(name, step)| Some((name, step, self.step_shape(name)?)))
    }
}
