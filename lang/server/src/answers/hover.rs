//! What a name means: how it is declared, what its author wrote about it, and what follows from it.

use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind, Position};
use mainstay_compiler::query::{Analysis, Declared};

use super::View;

/// What is shown for the name, or else the expression, at a position. `facts` tells what follows from a declaration
/// of this kind and full name.
pub(crate) fn hover(
    view: &View,
    position: Position,
    facts: impl FnOnce(&Topic) -> Vec<String>,
) -> Option<Hover> {
    let offset = view.offset(position)?;
    let places = view.places();
    if let Some(named) = view.analysis.name_at(offset)
        && let Some(declared) = view.analysis.declaration(named.declared)
    {
        let topic = topic(&view.analysis, declared, offset);
        let text = described(&view.analysis, declared, &facts(&topic));
        return Some(shown(text, places.range(named.at)));
    }
    let (span, ty) = view.analysis.type_at(offset)?;
    Some(shown(format!("`{ty}`"), places.range(span)))
}

fn shown(value: String, range: Option<lsp_types::Range>) -> Hover {
    let contents = HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value });
    Hover { contents, range }
}

/// What facts are wanted of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Topic {
    /// `workflow`, `source`, `field`.
    pub(crate) kind: &'static str,
    /// As the IR calls it: `house.oncall`; of a step, its own name.
    pub(crate) name: String,
    /// The workflow or objective around the place, as the IR calls it.
    pub(crate) inside: Option<String>,
}

fn topic(analysis: &Analysis, declared: &Declared, offset: u32) -> Topic {
    let name = analysis.full_name(declared.named).unwrap_or_else(|| declared.name.clone());
    let holder = declared.holder.filter(|_| declared.kind == "step");
    let holder = holder.and_then(|holder| analysis.declarations().get(holder));
    let around = analysis.declarations().iter().find(|one| {
        matches!(one.kind, "workflow" | "objective") && one.whole.start <= offset && offset <= one.whole.end
    });
    let inside = holder.or(around).and_then(|one| analysis.full_name(one.named));
    Topic { kind: declared.kind, name, inside }
}

/// Markdown: the declaration, its documentation, and what follows.
pub(crate) fn described(analysis: &Analysis, declared: &Declared, facts: &[String]) -> String {
    let mut parts = vec![format!("```policy\n{}\n```", analysis.head(declared))];
    if !declared.docs.is_empty() {
        parts.push(declared.docs.iter().map(|line| line.trim_start()).collect::<Vec<_>>().join("\n"));
    }
    parts.extend(facts.iter().cloned());
    parts.join("\n\n")
}
