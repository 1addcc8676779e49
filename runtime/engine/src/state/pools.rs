//! Slots as live leases: who acts now holds them, and nothing is counted anywhere else.

use std::collections::BTreeMap;

use mainstay_ir::Name;

use super::State;
use super::run::{Phase, Run};

/// What is free now. Policies do not share their pools.
#[derive(Debug, Default)]
pub(super) struct Free(BTreeMap<(Name, Name), i64>);

impl Free {
    /// What the attempts under way leave.
    pub(super) fn of(state: &State) -> Self {
        let mut free = Self::default();
        for run in state.open_runs() {
            free.add_pools(run);
        }
        for run in state.open_runs() {
            for (_, step, shape) in run.shaped() {
                if matches!(step.phase, Phase::Acting(_)) {
                    free.take(run, &shape.claims);
                }
            }
        }
        free
    }

    fn add_pools(&mut self, run: &Run) {
        for (pool, slots) in run.shape.iter().flat_map(|shape| &shape.pools) {
            let most = self.0.entry((run.policy.clone(), pool.clone())).or_default();
            *most = (*most).max(i64::from(*slots));
        }
    }

    /// The pools that have too little left for these claims.
    pub(super) fn short(&self, run: &Run, claims: &BTreeMap<Name, u32>) -> Vec<Name> {
        let is_short = |(pool, slots): &(&Name, &u32)| {
            let free = self.0.get(&(run.policy.clone(), (*pool).clone()));
            free.is_some_and(|free| *free < wanted(run, pool, **slots))
        };
        claims.iter().filter(is_short).map(|(pool, _)| pool.clone()).collect()
    }

    /// Takes the claims; also for a step that cannot start yet, so that nothing behind it in the order takes
    /// what it waits for.
    pub(super) fn take(&mut self, run: &Run, claims: &BTreeMap<Name, u32>) {
        for (pool, slots) in claims {
            if let Some(free) = self.0.get_mut(&(run.policy.clone(), pool.clone())) {
                *free = free.saturating_sub(wanted(run, pool, *slots));
            }
        }
    }
}

/// A claim for more than the whole pool takes the whole pool: nothing waits for ever.
fn wanted(run: &Run, pool: &Name, slots: u32) -> i64 {
    let size = run.shape.as_ref().and_then(|shape| shape.pools.get(pool));
    i64::from(size.map_or(slots, |size| slots.min(*size)))
}
