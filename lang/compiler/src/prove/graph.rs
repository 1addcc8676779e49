//! Cycles: steps that wait for later ones, and workflows that start each other.

use foldhash::{HashMap, HashSet};
use mainstay_calendar::follows;
use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::graph;
use mainstay_ir::{Ir, MAX_NESTING, Name, Workflow};

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
    let (mut open, mut seen) = (vec![from], HashSet::default());
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
    let mut reported: HashSet<&str> = HashSet::default();
    for circle in circles(policy.ir) {
        if circle.iter().all(|it| !reported.contains(it)) {
            let first = circle.first().copied().unwrap_or_default();
            report.add("workflows", format!("`{first}`"), in_a_circle(policy, &circle));
            reported.extend(circle);
        }
    }
}

fn in_a_circle(policy: &Policy<'_>, circle: &[&str]) -> Diagnostic {
    let span = |workflow: &str| policy.span(&format!("workflow.{workflow}.trigger"));
    let chain: Vec<String> = circle.iter().chain(circle.first()).map(|it| format!("`{it}`")).collect();
    let message = format!("workflows start each other in a circle: {}", chain.join(" after "));
    let first = circle.first().map(|it| span(it)).unwrap_or_default();
    let mut said = Diagnostic::error(graph::CYCLE, message, first, "starts when the next has ended well");
    for other in circle.iter().skip(1) {
        said = said.label(span(other), "and so does this one");
    }
    said.help("start one of them by the clock")
}

/// A workflow on the way from one to those that it starts after, and those that were not looked at yet.
type OnTheWay<'a> = (&'a str, Vec<&'a str>);

/// The workflows from each that starts after itself back to it, each starting after the next; the one that stands first in
/// the policy comes first. Each workflow is looked at once, and the way is no recursion: estates have long chains.
fn circles(ir: &Ir) -> Vec<Vec<&str>> {
    let (mut found, mut seen): (Vec<Vec<&str>>, HashSet<&str>) = Default::default();
    for start in ir.workflows.keys().map(String::as_str) {
        let (mut path, mut on_path): (Vec<OnTheWay<'_>>, HashMap<&str, usize>) = Default::default();
        let mut next = seen.insert(start).then_some(start);
        loop {
            if let Some(name) = next.take() {
                on_path.insert(name, path.len());
                path.push((name, started_by(ir, name)));
            }
            let Some((name, before)) = path.last_mut() else { break };
            match before.pop() {
                Some(before) if on_path.contains_key(before) => {
                    let from = on_path.get(before).copied().unwrap_or_default();
                    found.push(path.iter().skip(from).map(|(name, _)| *name).collect());
                }
                Some(before) => next = seen.insert(before).then_some(before),
                None => {
                    on_path.remove(*name);
                    path.pop();
                }
            }
        }
    }
    found.iter_mut().for_each(|circle| first_first(ir, circle));
    found
}

/// The workflows after whose success this one starts, the last one first.
fn started_by<'a>(ir: &'a Ir, workflow: &str) -> Vec<&'a str> {
    let triggers = ir.workflows.get(workflow).into_iter().flat_map(|workflow| &workflow.triggers);
    let mut before: Vec<&str> = triggers.filter_map(follows).collect();
    before.reverse();
    before
}

/// Turns a circle until the workflow that the policy names first comes first.
fn first_first(ir: &Ir, circle: &mut [&str]) {
    let place = |(_, name): &(usize, &&str)| ir.workflows.get_index_of(**name);
    let first = circle.iter().enumerate().min_by_key(place).map_or(0, |(at, _)| at);
    circle.rotate_left(first);
}
