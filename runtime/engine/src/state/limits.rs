//! `parallel(limit: n)`: how many branches of a block are under way.
//!
//! A branch holds its place while one of its steps has begun and not ended, and keeps it against branches that
//! have not begun as long as its next step could act. A branch that waits for something outside of itself gives
//! its place away, so no two can wait for each other.

use std::collections::{BTreeMap, BTreeSet};

use mainstay_ir::BlockLimit;
use mainstay_journal::RunId;

use super::State;
use super::rules::{Verdict, verdict};
use super::run::{Phase, Run, StepState};
use crate::shape::StepShape;

/// The branches of all open runs, by run and block.
#[derive(Debug, Default)]
pub(super) struct Branches(BTreeMap<(RunId, u32), Block>);

/// The branches of one block.
#[derive(Debug, Default)]
struct Block {
    /// Those with a step that has begun and not ended.
    holding: BTreeSet<u32>,
    /// Those, and the ones that have begun and could go on.
    active: BTreeSet<u32>,
}

/// What is known of a branch.
#[derive(Default)]
struct Seen {
    has_begun: bool,
    is_holding: bool,
    could_go_on: bool,
}

impl Branches {
    /// Those of all open runs.
    pub(super) fn of(state: &State) -> Self {
        let mut branches = Self::default();
        for run in state.open_runs() {
            branches.add(run);
        }
        branches
    }

    fn add(&mut self, run: &Run) {
        let mut seen: BTreeMap<(u32, u32), Seen> = BTreeMap::new();
        for (_, step, shape) in run.shaped() {
            for limit in &shape.limits {
                seen.entry((limit.block, limit.branch)).or_default().look(run, step, shape);
            }
        }
        for ((block, branch), seen) in seen {
            let block = self.0.entry((run.id, block)).or_default();
            if seen.is_holding {
                block.holding.insert(branch);
            }
            if seen.is_holding || seen.has_begun && seen.could_go_on {
                block.active.insert(branch);
            }
        }
    }

    /// Whether a step in these blocks may act.
    pub(super) fn allow(&self, run: &Run, limits: &[BlockLimit]) -> bool {
        limits.iter().all(|limit| self.0.get(&(run.id, limit.block)).is_none_or(|block| block.allows(limit)))
    }

    /// A step of these branches acts.
    pub(super) fn enter(&mut self, run: &Run, limits: &[BlockLimit]) {
        for limit in limits {
            let block = self.0.entry((run.id, limit.block)).or_default();
            block.holding.insert(limit.branch);
            block.active.insert(limit.branch);
        }
    }
}

impl Block {
    fn allows(&self, limit: &BlockLimit) -> bool {
        let rivals = if self.active.contains(&limit.branch) { &self.holding } else { &self.active };
        let others = rivals.iter().filter(|branch| **branch != limit.branch).count();
        u32::try_from(others).unwrap_or(u32::MAX) < limit.limit
    }
}

impl Seen {
    fn look(&mut self, run: &Run, step: &StepState, shape: &StepShape) {
        self.has_begun |= step.has_begun();
        match step.phase {
            Phase::Ended(_) => {}
            Phase::Waiting => self.could_go_on |= verdict(run, shape) == Verdict::Act,
            _ => self.is_holding = true,
        }
    }
}
