//! Policies that promise nothing.

use mainstay_diagnostics::codes::risk;
use mainstay_diagnostics::{Diagnostic, Span};
use mainstay_syntax::ast::ItemKind;

use crate::prove::policy::Policy;
use crate::resolve::Program;

/// Copies that are made by the clock, and not one objective: one note says what nobody has promised.
pub(super) fn look(program: &Program, policy: &Policy<'_>) -> Option<Diagnostic> {
    let starts_by_itself =
        |workflow: &str| policy.ir.work(workflow).is_some_and(|(_, work)| !work.triggers.is_empty());
    let makes = policy.flows().all().any(|copy| starts_by_itself(copy.workflow));
    if !policy.ir.objectives.is_empty() || !makes {
        return None;
    }
    let span = policy_name(program)?;
    Some(
        Diagnostic::remark(risk::NOTHING_PROMISED, "nothing is promised here, so nothing is proved", span, "no objective")
            .note("nobody says how old the newest copy may get, how many there are, and how long a restore may take")
            .help("write it down: `objective NAME { rpo: 26h, keep: gfs(daily: 14) }`, and `workflow .. for NAME`"),
    )
}

fn policy_name(program: &Program) -> Option<Span> {
    let root = program.module(program.root?)?;
    root.file.items.iter().find_map(|item| match &item.kind {
        ItemKind::Policy(name) => name.as_ref().map(|name| name.span),
        _ => None,
    })
}
