//! SELECT: which part of a policy is meant.

use mainstay_ir::{IndexMap, Ir, Name};

use crate::outside::fields::Fields;
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
    #[error("`{0}` cannot be selected by: only `source:`, `repo:`, `tag:`, `objective:`")]
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
            "tag" => self.add_steps(shapes, |step| sources(step).any(|source| has_tag(ir, source, name))),
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
        let mut selected = Selected::default();
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

fn has_tag(ir: &Ir, source: &str, tag: &str) -> bool {
    let made = ir.sources.get(source);
    made.is_some_and(|made| Fields(made).texts("tags").is_ok_and(|tags| tags.iter().any(|one| one == tag)))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::tests::house::{ir, policy};

    fn selected(text: &str) -> Result<Vec<(Name, Vec<Name>)>, SelectError> {
        let protect = "|> snapshot() |> encrypt() |> store(to: shelf) |> verify() |> retain(gfs(last: 1))";
        let text_of = policy(&format!(
            "parallel {{
              step a = discover(home) {protect}
              step b = discover(dump) {protect}
            }}
            step c = replicate(a, to: attic) |> verify() |> retain(gfs(last: 1))"
        ));
        let ir = ir(&text_of.replace("roots: [\"home\"]", "roots: [\"home\"], tags: [\"daily\"]"));
        let shapes: IndexMap<Name, Shape> = ir
            .workflows
            .iter()
            .map(|(name, workflow)| (name.clone(), Shape::of(&ir, name, workflow).unwrap()))
            .collect();
        Ok(select(&ir, &shapes, &[text.to_owned()])?.into_iter().collect())
    }

    fn steps(text: &str) -> Vec<Name> {
        selected(text).unwrap().remove(0).1
    }

    #[test]
    fn each_form_means_what_it_says() {
        assert_eq!(steps("nightly"), Vec::<Name>::new());
        assert_eq!(steps("nightly.b"), ["b"]);
        assert_eq!(steps("nightly.c"), ["a", "c"]);
        assert_eq!(steps("source:dump"), ["b"]);
        assert_eq!(steps("repo:attic"), ["a", "c"]);
        assert_eq!(steps("tag:daily"), ["a"]);
    }

    #[test]
    fn what_means_nothing_is_an_error() {
        for (text, said) in [
            ("nightli", "there is no workflow or step `nightli`"),
            ("nightly.d", "there is no workflow or step `nightly.d`"),
            ("source:x", "no step has to do with `source:x`"),
            ("colour:x", "`colour:` cannot be selected by: only `source:`, `repo:`, `tag:`, `objective:`"),
        ] {
            assert_eq!(selected(text).unwrap_err().to_string(), said);
        }
    }
}
