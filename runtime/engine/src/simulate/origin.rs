//! Which copies a workflow makes: of which source, in which repository, by which step.

use mainstay_ir::Name;

use crate::shape::{ActKind, Shape};

/// Steps with the source and the repository of each copy that they make.
pub(super) fn copies(shape: &Shape) -> Vec<(&Name, &Name, &Name)> {
    let mut found = Vec::new();
    for (name, step) in &shape.steps {
        for (at, act) in step.acts.iter().enumerate() {
            match &act.kind {
                ActKind::Backup { source, repo, .. } => found.push((name, source, repo)),
                ActKind::Replicate { to, .. } => {
                    found.extend(source(shape, name, at).map(|source| (name, source, to)));
                }
                _ => {}
            }
        }
    }
    found
}

/// Whose data an act of a step has in hand. Steps only take from those before them, so this ends.
fn source<'s>(shape: &'s Shape, step: &str, at: usize) -> Option<&'s Name> {
    let acts = &shape.steps.get(step)?.acts;
    let found =
        acts.iter().take(at.saturating_add(1)).enumerate().rev().find_map(|(number, act)| match &act.kind {
            ActKind::Backup { source, .. } | ActKind::Latest { source, .. } => Some((Some(source), number)),
            ActKind::Replicate { from: Some(_), .. } => Some((None, number)),
            _ => None,
        });
    match found? {
        (Some(source), _) => Some(source),
        (None, number) => {
            let from = acts.get(number)?.kind.from().filter(|from| from.as_str() != step)?;
            let before = shape.steps.get(from)?.acts.len().checked_sub(1)?;
            source(shape, from, before)
        }
    }
}
