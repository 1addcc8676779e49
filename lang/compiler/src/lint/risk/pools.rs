//! Pools that follow too many rules.

use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::risk;
use mainstay_syntax::ast::{Arg, Expr, ItemKind, RecordEntry};

use crate::resolve::Program;

/// A rule with so many branches has been tuned, not designed. More cannot be written.
const MANY_BRANCHES: usize = 4;

/// What makes a branch.
const BRANCHES: [&str; 2] = ["during", "below"];

pub(super) fn look(program: &Program, found: &mut Vec<Diagnostic>) {
    for item in program.ids().filter_map(|id| program.item(id)) {
        let ItemKind::Promise(promise) = &item.kind else { continue };
        for entry in &promise.body.entries {
            if let RecordEntry::Field(field) = entry {
                found.extend(too_many_branches(&field.value));
            }
        }
    }
}

fn too_many_branches(value: &Expr) -> Option<Diagnostic> {
    let Expr::Call { callee, args, .. } = value else { return None };
    let rule = callee.parts.last().filter(|name| matches!(name.text.as_str(), "by_time" | "by_load"))?;
    // The probe of `by_load` is no branch, and neither is what holds otherwise.
    let is_branch = |arg: &&Arg| matches!(&arg.value, Expr::Call { callee, .. } if callee.parts.last().is_some_and(|name| BRANCHES.contains(&name.text.as_str())));
    let branches: Vec<&Arg> = args.iter().filter(is_branch).collect();
    if branches.len() < MANY_BRANCHES {
        return None;
    }
    let message =
        format!("this pool has {} modes, and each step behaves differently in each", branches.len() + 1);
    let span = branches.first()?.span.to(branches.last()?.span);
    Some(
        Diagnostic::warning(risk::TOO_MANY_BRANCHES, message, span, format!("{} branches of `{}`", branches.len(), rule.text))
            .note("nobody can say before a night in which modes it will pass, and no night is like the one that was tested")
            .help("two say most: one for the night, or the idle link, and `otherwise`"),
    )
}
