//! What runs by itself or by hand: workflows and machines, as far as they are alike.

use crate::{DurationMs, IndexMap, Ir, Machine, Name, Overlap, Trigger, Value, Workflow};

/// A workflow, or a machine: when it runs, for how long, and for whom.
#[derive(Debug, Clone, Copy)]
pub struct Work<'a> {
    /// `workflow` or `machine`.
    pub kind: &'static str,
    /// After `for`.
    pub objective: Option<&'a str>,
    /// When it runs; empty: by hand only.
    pub triggers: &'a [Trigger],
    /// At most this long.
    pub within: Option<DurationMs>,
    /// What happens to a run that is due while one is under way.
    pub overlap: Overlap,
    /// All other fields, by name.
    pub other: &'a IndexMap<Name, Value>,
}

impl Ir {
    /// The workflows, and then the machines, each in source order. No two of them have the same name.
    pub fn works(&self) -> impl Iterator<Item = (&str, Work<'_>)> {
        let workflows = self.workflows.iter().map(|(name, workflow)| (name.as_str(), Work::from(workflow)));
        let machines = self.machines.iter().map(|(name, machine)| (name.as_str(), Work::from(machine)));
        workflows.chain(machines)
    }

    /// The workflow or the machine of this name.
    pub fn work(&self, name: &str) -> Option<(&str, Work<'_>)> {
        let workflow = self.workflows.get_key_value(name).map(|(name, it)| (name.as_str(), Work::from(it)));
        workflow
            .or_else(|| self.machines.get_key_value(name).map(|(name, it)| (name.as_str(), Work::from(it))))
    }

    /// The objective that a workflow or a machine is for.
    pub fn objective_of(&self, work: &str) -> Option<&str> {
        self.work(work)?.1.objective
    }
}

impl<'a> From<&'a Workflow> for Work<'a> {
    fn from(workflow: &'a Workflow) -> Self {
        Self {
            kind: "workflow",
            objective: workflow.objective.as_deref(),
            triggers: &workflow.triggers,
            within: workflow.within,
            overlap: workflow.overlap,
            other: &workflow.other,
        }
    }
}

impl<'a> From<&'a Machine> for Work<'a> {
    fn from(machine: &'a Machine) -> Self {
        Self {
            kind: "machine",
            objective: machine.objective.as_deref(),
            triggers: &machine.triggers,
            within: machine.within,
            overlap: Overlap::default(),
            other: &machine.other,
        }
    }
}
