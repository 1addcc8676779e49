//! `allow W1203 "reason" until 2027-01-31`: silences that warning in the declaration below it.

use mainstay_diagnostics::codes::style;
use mainstay_diagnostics::{Diagnostic, Severity, Span};
use mainstay_syntax::ast::{Allow, Body, ItemKind, StatementKind};

use crate::resolve::Program;

/// Takes out what is silenced, and reports the silencers that silence nothing. While there are errors nothing is
/// said about silencers: proofs and lints that they are for may not have run.
pub(crate) fn silence(program: &Program, diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let allows = allows(program);
    let mut used = vec![false; allows.len()];
    let broken = diagnostics.iter().any(|found| found.severity == Severity::Error);
    let mut kept = Vec::new();
    for found in diagnostics {
        let silencer = allows.iter().rposition(|(allow, span)| silences(allow, *span, &found));
        match silencer.and_then(|at| used.get_mut(at)) {
            Some(used) => *used = true,
            None => kept.push(found),
        }
    }
    if !broken {
        let needless = allows.iter().zip(used).filter(|(_, used)| !used);
        kept.extend(needless.filter_map(|((allow, _), _)| needless_allow(program, allow)));
    }
    kept
}

/// All silencers, each with what it silences: the declaration, or the statement, below it.
pub(super) fn allows(program: &Program) -> Vec<(&Allow, Span)> {
    let own = program.modules.iter().filter(|module| !module.is_library());
    let mut found = Vec::new();
    for item in own.flat_map(|module| &module.file.items) {
        found.extend(item.allows.iter().map(|allow| (allow, item.span)));
        if let Some(body) = body_of(&item.kind) {
            inside(body, &mut found);
        }
    }
    found
}

fn body_of(item: &ItemKind) -> Option<&Body> {
    match item {
        ItemKind::Workflow(workflow) => Some(&workflow.body),
        ItemKind::Machine(machine) => Some(&machine.body),
        _ => None,
    }
}

fn inside<'a>(body: &'a Body, found: &mut Vec<(&'a Allow, Span)>) {
    for statement in &body.statements {
        found.extend(statement.allows.iter().map(|allow| (allow, statement.span)));
        match &statement.kind {
            StatementKind::Block { body, .. }
            | StatementKind::For { body, .. }
            | StatementKind::Close { body, .. }
            | StatementKind::State { body, .. } => inside(body, found),
            _ => {}
        }
    }
}

fn silences(allow: &Allow, span: Span, found: &Diagnostic) -> bool {
    let here = found.span();
    found.severity != Severity::Error
        && allow.code.as_ref().is_some_and(|code| code.text == found.code.as_str())
        && span.start <= here.start
        && here.end <= span.end
}

fn needless_allow(program: &Program, allow: &Allow) -> Option<Diagnostic> {
    let code = allow.code.as_ref()?;
    let message = format!("nothing below gives `{}`, so there is nothing to silence", code.text);
    let found = Diagnostic::warning(style::NEEDLESS_ALLOW, message, allow.span, "silences nothing")
        .help("take it out");
    Some(found.fix("take it out", super::edits::with_line(&program.map, allow.span), "", true))
}
