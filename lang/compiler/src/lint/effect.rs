//! Fields that say something of what is not there.

use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::style;

use crate::prove::policy::Policy;
use crate::types::with_article;

/// Fields of a workflow that mean nothing without another one, and why.
const NEEDS: [(&str, &str, &str); 2] = [
    ("at_end", "window", "it says what happens when the window closes"),
    ("missed", "trigger", "it says what happens to runs that were due"),
];

/// Fields that were written, and change nothing.
pub(super) fn look(policy: &Policy<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (name, workflow) in &policy.ir.workflows {
        for (field, needs, why) in NEEDS {
            let has = match needs {
                "trigger" => !workflow.triggers.is_empty(),
                other => workflow.other.contains_key(other),
            };
            let written = policy.exact_span(&format!("workflow.{name}.{field}"));
            if let Some(span) = written.filter(|_| !has) {
                let message = format!("`{field}` changes nothing in `{name}`, which has no `{needs}`");
                found.push(
                    Diagnostic::warning(style::NO_EFFECT, message, span, why)
                        .help(format!("add {}, or take `{field}` out", with_article(needs))),
                );
            }
        }
    }
    found
}
