//! `restore` overwrites: what it puts into a source waits for a yes.
//!
//! A yes counts when the step cannot act without it: it is asked of what the step needs, over any number of steps, and
//! not of what merely stands before it.

use foldhash::HashSet;
use mainstay_diagnostics::codes::stages;
use mainstay_diagnostics::{Diagnostic, Span};
use mainstay_ir::{Action, Call, Ir, Rule, Step, Value, Workflow};

use crate::places::Places;

/// The restores into sources that nobody was asked about, in all workflows. Those of machines are looked at with their
/// states.
pub(crate) fn unasked(ir: &Ir, places: &Places) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    // With a trigger it never restores, which was told.
    let by_hand = ir.workflows.iter().filter(|(_, workflow)| workflow.triggers.is_empty());
    for (name, workflow) in by_hand.filter(|(_, workflow)| is_whole(workflow)) {
        let span = |id: &str, part: &str| {
            places.get_or(&format!("workflow.{name}.step.{id}{part}")).unwrap_or_default()
        };
        let mut asked = Asked::default();
        for (id, step) in workflow.all_steps() {
            asked.add(id, step);
            let mut calls = step.calls().iter().filter(|call| call.name == "restore");
            if calls.any(overwrites_source) && !asked.behind.contains(id) {
                let approval = asked.approvals.first().map(|approval| span(approval, ""));
                found.push(nobody_asked(span(id, ".restore"), approval));
            }
        }
    }
    found
}

/// Whether nothing of it was left out for a mistake.
fn is_whole(workflow: &Workflow) -> bool {
    !workflow.all_steps().any(|(_, step)| step.calls().is_empty())
}

/// Which steps stand behind a yes.
#[derive(Default)]
struct Asked<'a> {
    approvals: Vec<&'a str>,
    /// They act only when somebody said yes.
    behind: HashSet<&'a str>,
}

impl<'a> Asked<'a> {
    fn add(&mut self, id: &'a str, step: &'a Step) {
        if self.assures(&step.needs) {
            self.behind.insert(id);
        }
        if matches!(&step.action, Action::Verb(call) if call.name == "approval") {
            self.approvals.push(id);
        }
    }

    /// Whether a rule holds only when somebody said yes.
    fn assures(&self, rule: &Rule) -> bool {
        match rule {
            // What was skipped has ended too.
            Rule::Always | Rule::Ended(_) => false,
            Rule::Well(step) => {
                self.behind.contains(step.as_str()) || self.approvals.contains(&step.as_str())
            }
            // What failed has acted; an approval that failed was no yes.
            Rule::Failed(step) => self.behind.contains(step.as_str()),
            Rule::All(rules) => rules.iter().any(|rule| self.assures(rule)),
            Rule::Any(rules) => !rules.is_empty() && rules.iter().all(|rule| self.assures(rule)),
        }
    }
}

fn overwrites_source(call: &Call) -> bool {
    matches!(call.args.get("to"), Some(Value::Thing(kind, _)) if kind == "source")
}

fn nobody_asked(span: Span, approval: Option<Span>) -> Diagnostic {
    let message = "a source is overwritten only after somebody said yes";
    let found = Diagnostic::error(stages::RESTORE, message, span, "acts without a yes");
    match approval {
        Some(approval) => found
            .label(approval, "this is asked, and the restore does not need its answer")
            .help("let the restore wait for it: `after` the approval"),
        None => found.help("put `step asked = approval(from: CHANNEL)` before it, or restore into a sandbox"),
    }
}
