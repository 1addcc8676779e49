//! Work that hangs on other work without a reason.

use std::collections::BTreeSet;

use foldhash::HashMap;
use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::risk;
use mainstay_ir::Value;
use mainstay_syntax::ast::Body;

use crate::lint::walk::{Place, Written, base, bodies, demanded, steps};
use crate::prove::policy::Policy;

/// Two sources in a line may stand so for a reason; with the third, it is a script.
const HANGING_SOURCES: usize = 2;

/// Blocks whose steps belong together: all of them, or none.
const TOGETHER: [&str; 2] = ["bracket", "group"];

pub(super) fn look(policy: &Policy<'_>, written: &[Written<'_>], found: &mut Vec<Diagnostic>) {
    // What has no trigger is run by somebody who looks on.
    for workflow in written.iter().filter(|workflow| !workflow.compiled.triggers.is_empty()) {
        let carried = carried(workflow);
        let told = |body| monolith(policy, workflow, &carried, body);
        found.extend(bodies(workflow.body).into_iter().filter_map(told));
    }
}

/// Sources one after another, each left out when one before it fails, though nothing ties them.
fn monolith<'a>(
    policy: &Policy<'_>,
    workflow: &Written<'a>,
    carried: &HashMap<&'a str, &'a str>,
    body: &'a Body,
) -> Option<Diagnostic> {
    let places = steps(body);
    let hanging: Vec<(&str, &Place<'_>, String)> = places
        .iter()
        .filter_map(|place| hangs(workflow, carried, place).map(|(source, on)| (source, place, on)))
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
fn hangs<'a>(
    workflow: &Written<'a>,
    carried: &HashMap<&'a str, &'a str>,
    place: &Place<'a>,
) -> Option<(&'a str, String)> {
    let name = place.step.name.as_ref()?;
    if place.step.after.is_some() || place.around.iter().any(|keyword| TOGETHER.contains(keyword)) {
        return None;
    }
    let (_, step) = workflow.rounds.named(&name.text).first()?;
    let source = protected(workflow, &name.text)?;
    let mut needs = Vec::new();
    demanded(&step.needs, &mut needs);
    let is_other = |of: Option<&str>| of.is_some_and(|other| other != source);
    let other = needs
        .into_iter()
        .find(|id| is_other(protected(workflow, base(id))) || is_other(carried.get(id).copied()))?;
    Some((source, other.to_owned()))
}

/// The source that a step reads and stores, in its first round.
fn protected<'a>(workflow: &Written<'a>, name: &str) -> Option<&'a str> {
    let (_, step) = workflow.rounds.named(name).first()?;
    let calls = step.calls();
    let stores = calls.iter().any(|call| call.name == "store");
    match calls.iter().find_map(|call| call.args.get("of")) {
        Some(Value::Thing(_, source)) if stores => Some(source),
        _ => None,
    }
}

/// The source of the copy that each step carries on. What a step takes stands before it, so once through is enough.
fn carried<'a>(workflow: &Written<'a>) -> HashMap<&'a str, &'a str> {
    let mut found = HashMap::default();
    for (id, step) in workflow.compiled.all_steps() {
        let of = step.calls().iter().find_map(|call| call.args.get("of"));
        if let Some(Value::Step(from)) = of
            && let Some(source) =
                protected(workflow, base(from)).or_else(|| found.get(from.as_str()).copied())
        {
            found.insert(id, source);
        }
    }
    found
}
