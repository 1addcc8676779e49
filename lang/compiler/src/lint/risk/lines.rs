//! Work that hangs on other work without a reason.

use std::collections::BTreeSet;

use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::risk;
use mainstay_ir::{Value, Workflow};

use crate::lint::walk::{Place, Written, demanded, rounds, steps};
use crate::prove::policy::Policy;

/// Two sources in a line may stand so for a reason; with the third, it is a script.
const HANGING_SOURCES: usize = 2;

/// Blocks whose steps belong together: all of them, or none.
const TOGETHER: [&str; 2] = ["bracket", "group"];

pub(super) fn look(policy: &Policy<'_>, written: &[Written<'_>], found: &mut Vec<Diagnostic>) {
    found.extend(written.iter().filter_map(|workflow| monolith(policy, workflow)));
}

/// Sources one after another, each left out when one before it fails, though nothing ties them.
fn monolith(policy: &Policy<'_>, workflow: &Written<'_>) -> Option<Diagnostic> {
    if workflow.compiled.triggers.is_empty() {
        return None;
    }
    let places = steps(workflow.body);
    let hanging: Vec<(&str, &Place<'_>, String)> = places
        .iter()
        .filter_map(|place| hangs(workflow.compiled, place).map(|(source, on)| (source, place, on)))
        .collect();
    let sources: BTreeSet<&str> = hanging.iter().map(|(source, _, _)| *source).collect();
    if sources.len() < HANGING_SOURCES {
        return None;
    }
    let (_, place, first) = hanging.first()?;
    let names: Vec<String> = sources.iter().map(|source| format!("`{source}`")).collect();
    let name = &workflow.name;
    let message =
        format!("when step `{first}` of `{name}` fails, {} are not protected either", names.join(", "));
    let span = place.step.name.as_ref().map(|name| name.span)?;
    let mut said =
        Diagnostic::warning(risk::MONOLITH, message, span, "skipped then, and what follows it too")
            .label(policy.span(&format!("workflow.{name}.step.{first}")), "whatever becomes of this");
    for (_, place, _) in hanging.iter().skip(1) {
        said = said.label(place.step.name.as_ref().map(|name| name.span)?, "and this");
    }
    Some(
        said.note("a statement that takes no value of another one runs only when all of the one before went well")
            .help("put them into `parallel(limit: 1) { }`: one at a time, each for itself; or into workflows of their own"),
    )
}

/// The source that a step protects, and the step of another source that it hangs on by its place alone.
fn hangs<'a>(workflow: &'a Workflow, place: &Place<'a>) -> Option<(&'a str, String)> {
    let name = place.step.name.as_ref()?;
    if place.step.after.is_some() || place.around.iter().any(|keyword| TOGETHER.contains(keyword)) {
        return None;
    }
    let (_, step) = rounds(workflow, &name.text).next()?;
    let source = protected(workflow, &name.text)?;
    let mut needs = Vec::new();
    demanded(&step.needs, &mut needs);
    let other = needs.into_iter().find(|id| {
        protected(workflow, super::super::walk::base(id)).is_some_and(|other| other != source)
            || copied(workflow, id).is_some_and(|other| other != source)
    })?;
    Some((source, other.to_owned()))
}

/// The source that a step reads and stores.
fn protected<'a>(workflow: &'a Workflow, name: &str) -> Option<&'a str> {
    let step =
        workflow.steps.iter().find(|(id, _)| super::super::walk::base(id) == name).map(|(_, step)| step)?;
    let calls = step.calls();
    let stores = calls.iter().any(|call| call.name == "store");
    match calls.iter().find_map(|call| call.args.get("of")) {
        Some(Value::Thing(_, source)) if stores => Some(source),
        _ => None,
    }
}

/// The source of a copy that a step carries on.
fn copied<'a>(workflow: &'a Workflow, id: &str) -> Option<&'a str> {
    let step = workflow.steps.get(id)?;
    let of = step.calls().iter().find_map(|call| call.args.get("of"))?;
    match of {
        Value::Step(from) => {
            protected(workflow, super::super::walk::base(from)).or_else(|| copied(workflow, from))
        }
        _ => None,
    }
}
