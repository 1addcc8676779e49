//! The names of a file: what it declares, what it imports, what stands twice, what stands in the wrong file.

use mainstay_diagnostics::codes::{names, style};
use mainstay_diagnostics::{Diagnostic, Span};
use mainstay_syntax::ast::{Ident, ItemKind};

use super::{Bound, Decl, DeclId, ModuleId, PRELUDE, Program, item_kind, item_name};
use crate::library::library;

/// The one edition that this compiler knows.
pub(crate) const EDITION: i64 = 2026;

/// Binds the names that a file declares, and checks the order of its first items.
pub(super) fn bind_items(program: &mut Program, module: ModuleId) {
    let declared = declarations(program, module);
    for (item, name) in declared {
        let id = DeclId(program.decls.len());
        program.decls.push(Decl { module, item, name: name.text.clone(), name_span: name.span });
        bind(program, module, &name, Bound::Own(id));
    }
    if program.module(module).is_some_and(|module| !module.is_library()) {
        let found = misplaced(program, module);
        program.diagnostics.extend(found);
    }
}

fn declarations(program: &Program, module: ModuleId) -> Vec<(usize, Ident)> {
    let items = program.module(module).map(|module| module.file.items.as_slice()).unwrap_or_default();
    let named = items.iter().enumerate();
    named.filter_map(|(number, item)| Some((number, item_name(&item.kind)?.clone()))).collect()
}

/// Binds a name; the first one counts, a second one is reported with both places.
pub(super) fn bind(program: &mut Program, module: ModuleId, name: &Ident, bound: Bound) {
    let first = program.module(module).and_then(|module| module.names.get(&name.text)).copied();
    if let Some(first) = first {
        let span = bound_span(program, first);
        program.diagnostics.push(duplicate(&name.text, name.span, span));
        if kind(program, first) != kind(program, bound)
            && let Some(module) = program.modules.get_mut(module.0)
        {
            // Which of the two is meant elsewhere is unknown.
            module.names.insert(name.text.clone(), Bound::Broken(span));
        }
    } else if let Some(module) = program.modules.get_mut(module.0) {
        module.names.insert(name.text.clone(), bound);
    }
}

/// What kind of thing a name stands for, where it is one.
fn kind(program: &Program, bound: Bound) -> Option<String> {
    match bound {
        Bound::Own(id) => program.item(id).map(|item| item_kind(&item.kind).to_owned()),
        _ => None,
    }
}

/// Where a name got its meaning in its file.
pub(crate) fn bound_span(program: &Program, bound: Bound) -> Span {
    match bound {
        Bound::Own(id) => program.decl(id).map(|decl| decl.name_span).unwrap_or_default(),
        Bound::Imported(_, span) | Bound::Module(_, span) | Bound::Broken(span) => span,
    }
}

/// Two things of one name.
pub(crate) fn duplicate(name: &str, second: Span, first: Span) -> Diagnostic {
    Diagnostic::error(names::DUPLICATE, format!("`{name}` is declared twice"), second, "again here")
        .label(first, "first declared here")
        .help("give one of them another name")
}

/// `use std.x.name`.
pub(super) fn import(program: &mut Program, module: ModuleId, from: ModuleId, path: &str, name: &Ident) {
    let known = program.module(from).map(|module| &module.names);
    let found = known.and_then(|names| names.get(&name.text)).copied();
    if let Some(Bound::Own(id)) = found {
        return bind(program, module, name, Bound::Imported(id, name.span));
    }
    if from == PRELUDE && library().declares(&name.text) {
        let message = format!("every file has `{}` without a `use`", name.text);
        let found = Diagnostic::warning(style::UNUSED_IMPORT, message, name.span, "known everywhere");
        return program.diagnostics.push(found.help("take it out of the `use`"));
    }
    let candidates: Vec<String> = known.map(|names| names.keys().cloned().collect()).unwrap_or_default();
    let help = super::did_you_mean(&name.text, candidates.iter().map(String::as_str));
    let message = format!("there is no `{}` in `{path}`", name.text);
    program.diagnostics.push(Diagnostic::error(names::UNKNOWN, message, name.span, "unknown").help(help));
    bind(program, module, name, Bound::Broken(name.span));
    let meant = super::nearest(&name.text, candidates.iter().map(String::as_str)).map(str::to_owned);
    if let Some(module) = program.modules.get_mut(module.0) {
        module.damage.lose(&name.text);
        // Whoever uses the right name further down has made one mistake, not two.
        if let Some(meant) = meant {
            module.names.entry(meant).or_insert(Bound::Broken(name.span));
        }
    }
}

/// A policy that is missing or in the wrong place; declarations of the library.
fn misplaced(program: &Program, id: ModuleId) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let Some(module) = program.module(id) else { return found };
    let items = &module.file.items;
    let is_root = module.used_by.is_none();
    let policy = items.iter().any(|item| matches!(item.kind, ItemKind::Policy(_)));
    let head = items.get(1).map_or(module.file.span.end, |second| second.span.end);
    if is_root && !policy && !module.damage.is_before(head) {
        found.push(missing_policy(items.first().map_or(module.file.span.at_start(), |item| item.span)));
    }
    for (number, item) in items.iter().enumerate() {
        match &item.kind {
            ItemKind::Policy(_) if !is_root => found.push(policy_in_used_file(item.span)),
            ItemKind::Policy(_) if number > 1 => {
                found.push(out_of_order(item.keyword));
            }
            ItemKind::Signature(_) | ItemKind::Type(_) | ItemKind::Enum(_) => {
                found.push(of_the_library(item.keyword, item_kind(&item.kind)));
            }
            _ => {}
        }
    }
    found
}

fn missing_policy(span: Span) -> Diagnostic {
    let message = "the root file has no `policy`";
    Diagnostic::error(names::POLICY, message, span, "in the file that starts here").help(
        "write `policy NAME` after the edition: the name is part of each snapshot's identity and stays for good",
    )
}

fn policy_in_used_file(span: Span) -> Diagnostic {
    let message = "a file that others use has no `policy` of its own";
    Diagnostic::error(names::POLICY, message, span, "only the root file has one")
        .help("take this line out: all used files belong to the one policy")
}

fn out_of_order(span: Span) -> Diagnostic {
    let message = "`policy` is the second item of the root file";
    Diagnostic::error(names::POLICY, message, span, "too late").help("move it below the edition")
}

fn of_the_library(span: Span, what: &str) -> Diagnostic {
    let message = format!("only the standard library declares a {what}");
    Diagnostic::error(names::LIBRARY_ONLY, message, span, "not in a policy")
        .help("a `pipeline` or a `let` with parameters names what you want to use again")
}
