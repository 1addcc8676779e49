//! What came of the tests inside policies, for people and for machines.

use mainstay_diagnostics::render;
use serde_json::{Value, json};

use super::words;
use crate::context::Context;
use crate::trial::{End, Trial, Trials};

/// A line for each test, and below those that do not hold what was found.
pub fn people(all: &[Trials], context: &Context) {
    let style = context.style(context.color_on_stdout());
    for of in all {
        for trial in &of.trials {
            context.print(format!("{:<7} {}: {}", trial.end.word(), of.policy, trial.name));
            if let End::Refused(reason) = &trial.end {
                context.print(format!("        {reason}"));
            }
            if !trial.findings.is_empty() {
                context.print(render::human(&trial.findings, &trial.map, style));
            }
        }
        if let Some((findings, map)) = &of.broken {
            context.print(render::human(findings, map, style));
        }
    }
}

/// `12 tests in 3 policies, 8 ms: 1 failed`.
pub fn summary(all: &[Trials], took_ms: u64) -> String {
    let count =
        |is: fn(&End) -> bool| all.iter().flat_map(|of| &of.trials).filter(|trial| is(&trial.end)).count();
    let tests: usize = all.iter().map(|of| of.trials.len()).sum();
    let broken = count(|end| *end == End::Broken) + all.iter().filter(|of| of.broken.is_some()).count();
    let parts = [
        (count(|end| *end == End::Failed), "failed"),
        (
            count(|end| matches!(end, End::Refused(_))),
            "refused: the engine does not carry the policy out yet",
        ),
        (broken, "cannot be compiled"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let result = match (tests, parts.is_empty()) {
        (0, true) => "there is nothing to run: write `test \"...\" { }` into the policy".to_owned(),
        (_, true) => "all hold".to_owned(),
        (_, false) => parts.join(", "),
    };
    let policies = words::counted(all.len() as u64, "policy");
    format!("{} in {policies}, {took_ms} ms: {result}", words::counted(tests as u64, "test"))
}

/// One document.
pub fn document(all: &[Trials]) -> Value {
    let tests: Vec<Value> =
        all.iter().flat_map(|of| of.trials.iter().map(|trial| test(&of.policy, trial))).collect();
    let broken = all.iter().filter_map(|of| of.broken.as_ref());
    let broken: Vec<Value> = broken.flat_map(|(found, map)| diagnostics(found, map)).collect();
    json!({ "schema": "mainstay.test/1", "tests": tests, "diagnostics": broken })
}

fn test(policy: &str, trial: &Trial) -> Value {
    let reason = match &trial.end {
        End::Refused(reason) => Some(reason),
        _ => None,
    };
    json!({
        "policy": policy,
        "name": trial.name,
        "file": trial.file,
        "line": trial.line,
        "outcome": trial.end.word(),
        "reason": reason,
        "took_seconds": trial.took_ms as f64 / 1_000.0,
        "diagnostics": diagnostics(&trial.findings, &trial.map),
    })
}

fn diagnostics(
    found: &[mainstay_diagnostics::Diagnostic],
    map: &mainstay_diagnostics::SourceMap,
) -> Vec<Value> {
    let document = render::json_value(found, map);
    document.get("diagnostics").and_then(Value::as_array).cloned().unwrap_or_default()
}
