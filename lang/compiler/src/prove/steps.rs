//! All steps of a workflow or a machine, by their ids: those of its body, and behind them those of what closes it.
//!
//! Whoever asks what any step does asks here: a step of a `finally` or of an `on failure` acts as others do.

use mainstay_ir::{Close, Machine, Step, Workflow};

/// The steps of a workflow.
pub(crate) fn of_workflow(workflow: &Workflow) -> impl Iterator<Item = (&str, &Step)> {
    workflow.steps.iter().map(|(id, step)| (id.as_str(), step)).chain(closing(&workflow.closes))
}

/// What the states of a machine do, by their names, and the steps of what closes it.
pub(crate) fn of_machine(machine: &Machine) -> impl Iterator<Item = (&str, &Step)> {
    machine.states.iter().map(|(id, state)| (id.as_str(), &state.act)).chain(closing(&machine.closes))
}

fn closing(closes: &[Close]) -> impl Iterator<Item = (&str, &Step)> {
    closes.iter().flat_map(|close| close.steps.iter().map(|(id, step)| (id.as_str(), step)))
}
