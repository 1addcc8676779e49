//! Questions that nobody can answer.

use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::risk;
use mainstay_ir::{Action, Value};

use crate::prove::policy::Policy;

/// An approval asked for in a channel that names nobody who may answer.
pub(super) fn look(policy: &Policy<'_>, found: &mut Vec<Diagnostic>) {
    for (work, steps) in policy.steps() {
        for (id, step) in steps {
            let Action::Verb(call) = &step.action else { continue };
            let Some(Value::Thing(_, channel)) = call.args.get("from").filter(|_| call.name == "approval")
            else {
                continue;
            };
            if members(policy, channel) == 0 {
                let span = policy.span(&format!("workflow.{work}.step.{id}.approval.from"));
                found.push(unanswered(policy, channel, span));
            }
        }
    }
}

fn members(policy: &Policy<'_>, channel: &str) -> usize {
    match policy.ir.channels.get(channel).and_then(|made| made.fields.get("members")) {
        Some(Value::List(members)) => members.len(),
        _ => 0,
    }
}

fn unanswered(policy: &Policy<'_>, channel: &str, span: mainstay_diagnostics::Span) -> Diagnostic {
    let message = format!("nobody of `{channel}` may answer this");
    Diagnostic::warning(risk::NOBODY_ANSWERS, message, span, "asked here")
        .label(policy.span(&format!("channel.{channel}")), "no `members`")
        .note("an approval that nobody may give expires, and what waits for it is never done")
        .help(format!("say who may answer: `members: [\"..\"]` in `{channel}`"))
}
