//! `parallel(limit: n)`: how many branches of a block are under way.

use std::collections::{BTreeMap, BTreeSet};

use mainstay_ir::BlockLimit;
use mainstay_journal::RunId;

use super::State;
use super::run::Run;

/// The branches that have begun and not ended, by run and block.
#[derive(Debug, Default)]
pub(super) struct Branches(BTreeMap<(RunId, u32), BTreeSet<u32>>);

/// What is known of a branch.
#[derive(Default)]
struct Seen {
    has_begun: bool,
    is_open: bool,
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
                let branch = seen.entry((limit.block, limit.branch)).or_default();
                branch.has_begun |= step.has_begun();
                branch.is_open |= step.outcome().is_none();
            }
        }
        for ((block, branch), seen) in seen {
            if seen.has_begun && seen.is_open {
                self.0.entry((run.id, block)).or_default().insert(branch);
            }
        }
    }

    /// Whether a step in these blocks may act: its branch is under way, or there is room for one more.
    pub(super) fn allow(&self, run: &Run, limits: &[BlockLimit]) -> bool {
        limits.iter().all(|limit| match self.0.get(&(run.id, limit.block)) {
            None => limit.limit > 0,
            Some(active) => {
                let count = u32::try_from(active.len()).unwrap_or(u32::MAX);
                active.contains(&limit.branch) || count < limit.limit
            }
        })
    }

    /// A step of these branches acts.
    pub(super) fn enter(&mut self, run: &Run, limits: &[BlockLimit]) {
        for limit in limits {
            self.0.entry((run.id, limit.block)).or_default().insert(limit.branch);
        }
    }
}
