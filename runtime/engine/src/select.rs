//! SELECT: which part of a policy is meant.

use indexmap::IndexMap;
use mainstay_ir::{Ir, Name};

use crate::shape::{ActKind, Shape, StepShape, needed};

/// Nothing of the policy is meant by this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// No workflow or step of this name.
    #[error("there is no workflow or step `{text}`")]
    Unknown {
        /// As written.
        text: String,
        /// Names that could be meant.
        known: Vec<String>,
    },
    /// `kind:name` with a kind that cannot be selected by.
    #[error("`{0}` cannot be selected by: only `source:`, `repo:`, `objective:`")]
    Kind(String),
    /// No step has to do with it.
    #[error("no step has to do with `{0}`")]
    Nothing(String),
    /// The policy has no workflow at all.
    #[error("the policy has no workflow")]
    NoWorkflow,
}

/// Workflows, and of each the steps that are meant; no steps: all of them.
pub(crate) type Selected = IndexMap<Name, Vec<Name>>;

/// Finds what is meant; nothing written: everything. Steps bring those along whose values they need.
pub(crate) fn select(
    ir: &Ir,
    shapes: &IndexMap<Name, Shape>,
    texts: &[String],
) -> Result<Selected, SelectError> {
    if ir.workflows.is_empty() {
        return Err(SelectError::NoWorkflow);
    }
    if texts.is_empty() {
        return Ok(ir.workflows.keys().map(|name| (name.clone(), Vec::new())).collect());
    }
    let mut wanted = Wanted::default();
    for text in texts {
        match text.split_once(':') {
            Some((kind, name)) => wanted.add_kind(ir, shapes, kind, name, text)?,
            None => wanted.add_name(ir, text)?,
        }
    }
    Ok(wanted.closed(shapes))
}

/// What is meant so far; a workflow that is meant as a whole has no steps.
#[derive(Default)]
struct Wanted {
    whole: Vec<Name>,
    steps: Vec<(Name, Name)>,
}

impl Wanted {
    fn add_name(&mut self, ir: &Ir, text: &str) -> Result<(), SelectError> {
        if ir.workflows.contains_key(text) {
            self.whole.push(text.to_owned());
            return Ok(());
        }
        let step = text.rsplit_once('.').filter(|(workflow, step)| {
            ir.workflows.get(*workflow).is_some_and(|workflow| workflow.steps.contains_key(*step))
        });
        let Some((workflow, step)) = step else {
            return Err(SelectError::Unknown { text: text.to_owned(), known: names(ir) });
        };
        self.steps.push((workflow.to_owned(), step.to_owned()));
        Ok(())
    }

    fn add_kind(
        &mut self,
        ir: &Ir,
        shapes: &IndexMap<Name, Shape>,
        kind: &str,
        name: &str,
        text: &str,
    ) -> Result<(), SelectError> {
        let before = (self.whole.len(), self.steps.len());
        match kind {
            "objective" => {
                let of_it =
                    ir.workflows.iter().filter(|(_, workflow)| workflow.objective.as_deref() == Some(name));
                self.whole.extend(of_it.map(|(workflow, _)| workflow.clone()));
            }
            "source" => self.add_steps(shapes, |step| sources(step).any(|source| source == name)),
            "repo" => self.add_steps(shapes, |step| repos(step).any(|repo| repo == name)),
            other => return Err(SelectError::Kind(format!("{other}:"))),
        }
        if before == (self.whole.len(), self.steps.len()) {
            return Err(SelectError::Nothing(text.to_owned()));
        }
        Ok(())
    }

    fn add_steps(&mut self, shapes: &IndexMap<Name, Shape>, is_meant: impl Fn(&StepShape) -> bool) {
        for (workflow, shape) in shapes {
            let steps = shape.steps.iter().filter(|(_, step)| is_meant(step));
            self.steps.extend(steps.map(|(step, _)| (workflow.clone(), step.clone())));
        }
    }

    /// With the steps that are needed, in the order of the policy.
    fn closed(self, shapes: &IndexMap<Name, Shape>) -> Selected {
        let mut selected = Selected::new();
        for (workflow, shape) in shapes {
            if self.whole.contains(workflow) {
                selected.insert(workflow.clone(), Vec::new());
                continue;
            }
            let mut of_it =
                self.steps.iter().filter(|(of, _)| of == workflow).map(|(_, step)| step).peekable();
            if of_it.peek().is_some() {
                let needed = needed(shape, of_it);
                selected.insert(workflow.clone(), needed);
            }
        }
        selected
    }
}

fn names(ir: &Ir) -> Vec<String> {
    let steps = |(name, workflow): (&Name, &mainstay_ir::Workflow)| {
        let steps: Vec<String> = workflow.steps.keys().map(|step| format!("{name}.{step}")).collect();
        std::iter::once(name.clone()).chain(steps)
    };
    ir.workflows.iter().flat_map(steps).collect()
}

/// Sources that a step reads.
pub(crate) fn sources(step: &StepShape) -> impl Iterator<Item = &str> {
    step.acts.iter().filter_map(|act| match &act.kind {
        ActKind::Backup { source, .. } | ActKind::Latest { source, .. } => Some(source.as_str()),
        _ => None,
    })
}

/// Repositories that a step names.
pub(crate) fn repos(step: &StepShape) -> impl Iterator<Item = &str> {
    step.acts.iter().filter_map(|act| match &act.kind {
        ActKind::Backup { repo, .. }
        | ActKind::Latest { repo, .. }
        | ActKind::Replicate { to: repo, .. }
        | ActKind::Check { repo, .. } => Some(repo.as_str()),
        _ => None,
    })
}
