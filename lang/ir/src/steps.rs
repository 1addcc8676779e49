//! All steps of a workflow or a machine, by their ids: those of its body, and behind them those of what closes it.
//!
//! Whoever asks what any step does asks here: a step of a `finally` or of an `on failure` acts as others do.

use crate::{Close, Machine, Step, Workflow};

impl Workflow {
    /// The steps of the body, and of what closes it or a part of it.
    pub fn all_steps(&self) -> impl Iterator<Item = (&str, &Step)> {
        self.steps.iter().map(|(id, step)| (id.as_str(), step)).chain(closing(&self.closes))
    }
}

impl Machine {
    /// What the states do, by their names, and the steps of what closes it.
    pub fn all_steps(&self) -> impl Iterator<Item = (&str, &Step)> {
        self.states.iter().map(|(id, state)| (id.as_str(), &state.act)).chain(closing(&self.closes))
    }
}

fn closing(closes: &[Close]) -> impl Iterator<Item = (&str, &Step)> {
    closes.iter().flat_map(|close| close.steps.iter().map(|(id, step)| (id.as_str(), step)))
}
