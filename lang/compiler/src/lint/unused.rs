//! Names that nothing uses.

use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::style;
use mainstay_syntax::ast::ItemKind;

use crate::check::Checked;
use crate::resolve::{Bound, Module, Program, item_kind};

/// Imports, params, lets, secrets, hosts, pools and sources of the root file that nothing refers to. What a used
/// file declares may be for others who use it.
pub(super) fn unused(program: &Program, checked: &Checked) -> Vec<Diagnostic> {
    let Some(root) = program.root.and_then(|root| program.module(root)) else { return Vec::new() };
    root.names.iter().filter_map(|(name, bound)| unused_name(program, checked, root, name, *bound)).collect()
}

fn unused_name(
    program: &Program,
    checked: &Checked,
    _root: &Module,
    name: &str,
    bound: Bound,
) -> Option<Diagnostic> {
    let is_used = |id: crate::resolve::DeclId| checked.used.get(id.0).copied().unwrap_or(true);
    match bound {
        Bound::Imported(id, span) if !is_used(id) => {
            let message = format!("`{name}` is imported and never used");
            Some(
                Diagnostic::warning(style::UNUSED_IMPORT, message, span, "unused")
                    .help("take it out of the `use`"),
            )
        }
        Bound::Module(module, span) => {
            let of_module =
                |id: &crate::resolve::DeclId| program.decl(*id).is_some_and(|decl| decl.module == module);
            let workflows = program.ids().filter(of_module).any(|id| {
                let kind = program.item(id).map(|item| &item.kind);
                matches!(kind, Some(ItemKind::Workflow(_) | ItemKind::Machine(_)))
            });
            let used = workflows || program.ids().filter(of_module).any(is_used);
            (!used).then(|| {
                let message = format!("nothing of `{name}` is used");
                Diagnostic::warning(style::UNUSED_IMPORT, message, span, "unused").help("take the `use` out")
            })
        }
        Bound::Own(id) if !is_used(id) => {
            let item = program.item(id)?;
            let span = program.decl(id)?.name_span;
            let matters = matches!(item.kind, ItemKind::Param(_) | ItemKind::Let(_) | ItemKind::Pipeline(_))
                || matches!(
                    item_kind(&item.kind),
                    "secret" | "source" | "repo" | "pool" | "objective" | "probe" | "sandbox"
                );
            let kind = item_kind(&item.kind);
            matters.then(|| {
                let message = format!("{kind} `{name}` is never used");
                Diagnostic::warning(style::UNUSED, message, span, "unused").help("take it out, or use it")
            })
        }
        _ => None,
    }
}
