//! Cycles: steps that wait for later ones, and workflows that start each other.

use std::collections::HashSet;

use mainstay_calendar::follows;
use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::graph;
use mainstay_ir::{MAX_NESTING, Name, Workflow};

use super::policy::Policy;
use super::report::Report;

pub(super) fn check(policy: &Policy<'_>, report: &mut Report) {
    for (name, workflow) in &policy.ir.workflows {
        steps(policy, name, workflow, report);
    }
    workflows(policy, report);
    if let Err(mainstay_ir::Fault::TooDeep { holder }) = policy.ir.validate() {
        let message = format!("{holder} nests deeper than {MAX_NESTING} levels");
        let said = Diagnostic::error(graph::TOO_DEEP, message, policy.span(&key_of(&holder)), "too deep")
            .help("give an inner part a name of its own");
        report.add("deep", holder, said);
    }
}

/// The key of what a fault names: ``step `a` of workflow `b` `` stands where the workflow does.
fn key_of(holder: &str) -> String {
    holder.rsplit(" of ").next().unwrap_or(holder).replace(" `", ".").replace('`', "")
}

/// What a step depends on, whichever way.
fn depends<'a>(workflow: &'a Workflow, id: &str) -> Vec<&'a Name> {
    let Some(step) = workflow.steps.get(id) else { return Vec::new() };
    let mut on: Vec<&Name> = step.waits.iter().collect();
    step.needs.names(&mut on);
    step.calls().iter().flat_map(|call| call.args.values()).for_each(|value| value.steps(&mut on));
    on
}

fn steps(policy: &Policy<'_>, name: &str, workflow: &Workflow, report: &mut Report) {
    let place = |id: &str| workflow.steps.get_index_of(id);
    for (id, _) in &workflow.steps {
        let later = depends(workflow, id).into_iter().find(|on| place(on) >= place(id));
        let Some(on) = later else { continue };
        let span = policy.span(&format!("workflow.{name}.step.{id}.after"));
        let other = policy.span(&format!("workflow.{name}.step.{on}"));
        let said = if on == id {
            Diagnostic::error(
                graph::CYCLE,
                format!("step `{id}` waits for itself"),
                span,
                "it could never start",
            )
            .help("leave that out")
        } else if reaches(workflow, on, id) {
            let message = format!("steps `{id}` and `{on}` wait for each other");
            Diagnostic::error(graph::CYCLE, message, span, format!("`{id}` waits for `{on}`"))
                .label(other, format!("`{on}` waits for `{id}`"))
                .help("leave one of the two out: neither could ever start")
        } else {
            let message = format!("step `{id}` waits for `{on}`, which stands after it");
            Diagnostic::error(graph::CYCLE, message, span, format!("waits for `{on}`"))
                .label(other, "stands here")
                .help(format!("move `{on}` before `{id}`: a body is carried out from top to bottom"))
        };
        report.add("steps", format!("`{id}`"), said);
    }
}

/// Whether one step depends on another, over any number of steps.
fn reaches(workflow: &Workflow, from: &str, to: &str) -> bool {
    let (mut open, mut seen) = (vec![from], HashSet::new());
    while let Some(id) = open.pop() {
        if id == to {
            return true;
        }
        if seen.insert(id) {
            open.extend(depends(workflow, id).into_iter().map(String::as_str));
        }
    }
    false
}

/// `after_success` in a circle: each run would start the next for ever.
fn workflows(policy: &Policy<'_>, report: &mut Report) {
    let mut reported: HashSet<&str> = HashSet::new();
    for name in policy.ir.workflows.keys() {
        let Some(circle) =
            circle(policy, name).filter(|circle| circle.iter().all(|it| !reported.contains(it)))
        else {
            continue;
        };
        reported.extend(&circle);
        let span = |workflow: &str| policy.span(&format!("workflow.{workflow}.trigger"));
        let chain: Vec<String> = circle.iter().chain(circle.first()).map(|it| format!("`{it}`")).collect();
        let message = format!("workflows start each other in a circle: {}", chain.join(" after "));
        let mut said =
            Diagnostic::error(graph::CYCLE, message, span(name), "starts when the next has ended well");
        for other in circle.iter().skip(1) {
            said = said.label(span(other), "and so does this one");
        }
        let said = said.help("start one of them by the clock");
        report.add("workflows", format!("`{name}`"), said);
    }
}

/// The workflows from this one back to itself, each starting after the next.
fn circle<'a>(policy: &Policy<'a>, start: &'a str) -> Option<Vec<&'a str>> {
    fn walk<'a>(
        policy: &Policy<'a>,
        start: &str,
        path: &mut Vec<&'a str>,
        seen: &mut HashSet<&'a str>,
    ) -> bool {
        let Some(workflow) = path.last().and_then(|last| policy.ir.workflows.get(*last)) else {
            return false;
        };
        for before in workflow.triggers.iter().filter_map(follows) {
            if before == start {
                return true;
            }
            if seen.insert(before) {
                path.push(before);
                if walk(policy, start, path, seen) {
                    return true;
                }
                path.pop();
            }
        }
        false
    }
    let mut path = vec![start];
    walk(policy, start, &mut path, &mut HashSet::from([start])).then_some(path)
}
