//! Names that nothing uses.

use mainstay_diagnostics::codes::style;
use mainstay_diagnostics::{Diagnostic, Span};
use mainstay_syntax::ast::ItemKind;

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
        Bound::Imported(id, span) if !is_used(id) => Some(import(name, span)),
        Bound::Module(module, span) if !is_module_used(program, module, is_used) => Some(file(name, span)),
        Bound::Own(id) if !is_used(id) => declared(program, name, id),
        _ => None,
    };
    root.names.iter().filter_map(told).collect()
}

fn import(name: &str, span: Span) -> Diagnostic {
    let message = format!("`{name}` is imported and never used");
    Diagnostic::warning(style::UNUSED_IMPORT, message, span, "unused").help("take it out of the `use`")
}

fn file(name: &str, span: Span) -> Diagnostic {
    let message = format!("nothing of `{name}` is used");
    Diagnostic::warning(style::UNUSED_IMPORT, message, span, "unused").help("take the `use` out")
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
