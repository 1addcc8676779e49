//! Names that nothing uses.

use mainstay_diagnostics::codes::style;
use mainstay_diagnostics::{Diagnostic, Span};
use mainstay_syntax::ast::{Item, ItemKind, Use};

use crate::check::Checked;
use crate::resolve::{Bound, DeclId, ModuleId, Program, item_kind};

/// Things that protect nobody while nothing uses them. Hosts and channels may be for other policies; an objective
/// that no workflow is for is a broken promise, and told as such.
const MATTER: &[&str] = &["secret", "source", "repo", "pool", "probe", "sandbox"];

/// Imports, params, lets and things of the root file that nothing refers to. What a used file declares may be for
/// others who use it.
pub(super) fn unused(program: &Program, checked: &Checked) -> Vec<Diagnostic> {
    let Some(root) = program.root.and_then(|root| program.module(root)) else { return Vec::new() };
    let is_used = |id: DeclId| checked.used.get(id.0).copied().unwrap_or(true);
    let told = |(name, bound): (&String, &Bound)| match *bound {
        Bound::Imported(id, span) if !is_used(id) => Some(import(program, name, span)),
        Bound::Module(module, span) if !is_module_used(program, module, is_used) => {
            Some(file(program, name, span))
        }
        Bound::Own(id) if !is_used(id) => declared(program, name, id),
        _ => None,
    };
    root.names.iter().filter_map(told).collect()
}

fn import(program: &Program, name: &str, span: Span) -> Diagnostic {
    let message = format!("`{name}` is imported and never used");
    let found =
        Diagnostic::warning(style::UNUSED_IMPORT, message, span, "unused").help("take it out of the `use`");
    match without_name(program, span) {
        Some((span, text)) => found.fix("take it out of the `use`", span, text, true),
        None => found,
    }
}

fn file(program: &Program, name: &str, span: Span) -> Diagnostic {
    let message = format!("nothing of `{name}` is used");
    let found = Diagnostic::warning(style::UNUSED_IMPORT, message, span, "unused").help("take the `use` out");
    match used_item(program, span).and_then(|item| whole_line(program, item)) {
        Some(span) => found.fix("take the `use` out", span, "", true),
        None => found,
    }
}

/// The `use` of the root file that holds a place.
fn used_item(program: &Program, span: Span) -> Option<&Item> {
    let items = &program.module(program.root?)?.file.items;
    let mut uses = items.iter().filter(|item| matches!(item.kind, ItemKind::Use(_)));
    uses.find(|item| item.span.start <= span.start && span.end <= item.span.end)
}

/// A `use` without one of its names; without its only one, nothing is left of it.
fn without_name(program: &Program, span: Span) -> Option<(Span, String)> {
    let item = used_item(program, span)?;
    let ItemKind::Use(Use::Std { module, names }) = &item.kind else { return None };
    let kept: Vec<&str> =
        names.iter().filter(|name| name.span != span).map(|name| name.text.as_str()).collect();
    if kept.is_empty() {
        return Some((whole_line(program, item)?, String::new()));
    }
    let list = Span::new(module.span.end, item.span.end);
    if program.map.text(list)?.contains("//") {
        return None;
    }
    let text = match kept.as_slice() {
        [one] => format!(".{one}"),
        many => format!(".{{{}}}", many.join(", ")),
    };
    Some((list, text))
}

/// An item with its line, when nothing belongs to it that would be left behind.
fn whole_line(program: &Program, item: &Item) -> Option<Span> {
    let bare = item.docs.is_empty() && item.allows.is_empty();
    bare.then(|| super::edits::with_line(&program.map, item.span))
}

/// The workflows of a used file count by themselves.
fn is_module_used(program: &Program, module: ModuleId, is_used: impl Fn(DeclId) -> bool) -> bool {
    let of_module = |id: &DeclId| program.decl(*id).is_some_and(|decl| decl.module == module);
    program.ids().filter(of_module).any(|id| {
        let kind = program.item(id).map(|item| &item.kind);
        is_used(id) || matches!(kind, Some(ItemKind::Workflow(_) | ItemKind::Machine(_)))
    })
}

fn declared(program: &Program, name: &str, id: DeclId) -> Option<Diagnostic> {
    let item = program.item(id)?;
    let kind = item_kind(&item.kind);
    let matters = matches!(item.kind, ItemKind::Param(_) | ItemKind::Let(_) | ItemKind::Pipeline(_));
    if !matters && !MATTER.contains(&kind) {
        return None;
    }
    let message = format!("{kind} `{name}` is never used");
    let span = program.decl(id)?.name_span;
    Some(Diagnostic::warning(style::UNUSED, message, span, "unused").help("take it out, or use it"))
}
