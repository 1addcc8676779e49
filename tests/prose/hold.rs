//! Holds the prose to what it says of a policy.

use std::collections::BTreeMap;

use mainstay_cli::report;
use mainstay_cli::trial::{End, Trial};
use mainstay_compiler::diff::diff;
use mainstay_compiler::prove;
use mainstay_diagnostics::{Diagnostic, Severity};
use serde_json::Value;

use super::block::Block;
use super::case::{Case, ROOT};

/// What is not as the case says.
pub fn faults_of(case: &Case) -> Vec<String> {
    let mut faults = faults_of_codes(case);
    faults.extend(refused(case));
    for block in &case.more {
        let fault = match block.info.kind.as_str() {
            "told" => differs(&told(case, block.text.contains(HELP)), &block.text),
            "ir" => ir(case, block),
            "facts" => facts(case, block),
            "formatted" => formatted(case, block),
            "mended" => differs(&behind_the_head(case, &case.mended()), &block.text),
            "kept" => super::kept::fault(case, block),
            "differs" => compared(case, block),
            other => Some(format!("`{other}` means nothing")),
        };
        faults.extend(fault.map(|fault| format!("{}: {fault}", block.place)));
    }
    faults
}

/// Tests inside a rule's example are carried out, unless the rule is that they are not.
fn refused(case: &Case) -> Vec<String> {
    let rules = &case.policy.info.rules;
    if rules.is_empty()
        || rules.iter().any(|rule| rule == "test.refused")
        || !case.policy.text.contains("test \"")
    {
        return Vec::new();
    }
    let refused = |trial: &Trial| matches!(trial.end, End::Refused(_));
    let place = &case.policy.place;
    let found = case.trials().into_iter().filter(refused);
    found.map(|trial| format!("{place}: the test \"{}\" is not carried out", trial.name)).collect()
}

/// A case with a code gives it and no other; one without gives no error, and a whole one no warning either.
fn faults_of_codes(case: &Case) -> Vec<String> {
    let place = &case.policy.place;
    let wanted = case.policy.info.code.as_deref();
    let given = case.complaints(wanted.unwrap_or_default());
    let shown: Vec<String> = given.iter().map(|one| format!("{} {}", one.code, one.message)).collect();
    let holds = match wanted {
        Some(wanted) => !given.is_empty() && given.iter().all(|one| one.code.as_str() == wanted),
        None => !given.iter().any(|one| one.severity == Severity::Error || case.is_whole()),
    };
    let asked = wanted.unwrap_or("nothing");
    if holds { Vec::new() } else { vec![format!("{place}: wanted {asked}, got {shown:#?}")] }
}

fn differs(given: &str, wanted: &str) -> Option<String> {
    (given.trim_end() != wanted.trim_end()).then(|| format!("is\n{given}"))
}

/// How many lines stand above a snippet in its policy.
fn lines_above(case: &Case) -> usize {
    case.text().lines().count() - case.policy.text.lines().count()
}

/// A changed text without what stands above the snippet.
fn behind_the_head(case: &Case, text: &str) -> String {
    text.lines().skip(lines_above(case)).map(|line| format!("{line}\n")).collect()
}

/// What a line of help begins with.
const HELP: &str = "  help: ";

/// A line for each diagnostic: code, place in the block, message; and its help below it, where that is asked for.
fn told(case: &Case, with_help: bool) -> String {
    let compiled = case.compiled();
    let above = lines_above(case);
    let line = |found: &Diagnostic| {
        let (file, at) = compiled.map.line_column(found.span().start).unwrap();
        let file = &compiled.map.file(file).unwrap().name;
        let (file, above) = if file == ROOT { (String::new(), above) } else { (format!("{file}:"), 0) };
        let help = found.help.as_ref().filter(|_| with_help).map(|help| format!("{HELP}{help}\n"));
        let (line, help) = (at.line as usize - above, help.unwrap_or_default());
        format!("{} {file}{line}:{} {}\n{help}", found.code, at.column, found.message)
    };
    let asked = case.policy.info.code.as_deref().unwrap_or_default();
    let counts = |found: &&Diagnostic| found.severity != Severity::Note || found.code.as_str() == asked;
    compiled.diagnostics.iter().filter(counts).map(line).collect()
}

/// An object of JSON pointers and the values that stand there; null for what is absent.
fn pointers(document: &Value, block: &Block) -> Option<String> {
    let wanted: BTreeMap<String, Value> =
        serde_json::from_str(&block.text).unwrap_or_else(|error| panic!("{}: {error}", block.place));
    assert!(!wanted.is_empty(), "{}: nothing is wanted", block.place);
    let found = |at: &str| document.pointer(at).cloned().unwrap_or(Value::Null);
    let wrong = wanted.iter().find(|(at, value)| found(at) != **value);
    wrong.map(|(at, _)| format!("{at} is {}", found(at)))
}

fn ir(case: &Case, block: &Block) -> Option<String> {
    let Some(ir) = case.compiled().ir else { return Some("it does not compile".to_owned()) };
    pointers(&serde_json::from_str(&ir.to_json()).unwrap(), block)
}

fn facts(case: &Case, block: &Block) -> Option<String> {
    let Some(ir) = case.compiled().ir else { return Some("it does not compile".to_owned()) };
    pointers(&report::facts::document(&prove::facts(&ir)), block)
}

/// The first item of a snippet that is formatted.
const EDITION: &str = "edition 2026\n\n";

/// The policy's block in the one style; doing it again changes nothing.
fn formatted(case: &Case, block: &Block) -> Option<String> {
    let above = if case.is_whole() { "" } else { EDITION };
    let format = |text: &str| {
        let text = mainstay_syntax::format(&format!("{above}{text}")).map_err(|error| error.to_string())?;
        text.strip_prefix(above).map(str::to_owned).ok_or(text)
    };
    match format(&case.policy.text) {
        Err(error) => Some(error),
        Ok(text) if text != block.text => Some(format!("is\n{text}")),
        Ok(text) => format(&text).is_ok_and(|again| again != text).then(|| "is not stable".to_owned()),
    }
}

/// A line for each difference to the policy before: strength, and what holds it with its field.
fn compared(case: &Case, block: &Block) -> Option<String> {
    let older = case.older.as_ref().and_then(|older| older.compiled().ir);
    let (Some(older), Some(newer)) = (older, case.compiled().ir) else {
        return Some("one of the two does not compile".to_owned());
    };
    let mut text = String::new();
    // What waits for an engine says something of the engine.
    let changes = diff(&older, &newer).changes.into_iter();
    for change in changes.filter(|change| change.field.as_deref() != Some("waiting")) {
        let field = change.field.map(|field| format!(": {field}")).unwrap_or_default();
        text += &format!("{} {}{field}\n", report::difference::strength(change.strength), change.subject);
    }
    let text = if text.is_empty() { "nothing differs\n".to_owned() } else { text };
    differs(&text, &block.text)
}
