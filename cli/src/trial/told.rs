//! What a test found, as diagnostics.

use std::collections::BTreeSet;

use mainstay_diagnostics::codes::trials;
use mainstay_diagnostics::{Diagnostic, Span};
use mainstay_engine::simulate::{Moment, RunRecord, Shown, SimulateError, Simulated, Verdict, timeline};
use mainstay_ir::DurationMs;
use mainstay_ir::test::{Site, Term, TermKind};
use mainstay_journal::Outcome;

/// More lines of a run are not read by anybody who looks for what went wrong.
const MOST_LINES: usize = 24;

/// A simulation that cannot be.
pub(super) fn not_simulated(error: &SimulateError, at: Span) -> Diagnostic {
    Diagnostic::error(trials::NOT_SIMULATED, error.to_string(), at, "cannot be simulated")
}

/// What is to be said of an `expect`; nothing when it holds.
pub(super) fn verdict(
    verdict: &Verdict,
    term: &Term,
    runs: &[Simulated],
    told: &mut BTreeSet<usize>,
    place: impl Fn(Site) -> Span,
) -> Option<Diagnostic> {
    let found = match verdict {
        Verdict::Holds => return None,
        Verdict::Fails(parts) => fails(term, parts, &place),
        Verdict::Unknown { part, steps } => return Some(unknown(part, steps, &place)),
        Verdict::NoValue(part) => {
            let message = format!("`{}` has no value: {}", part.text, part.value);
            return Some(Diagnostic::error(trials::NOT_SIMULATED, message, place(part.site), "has no value"));
        }
    };
    // The history of a simulation is told once in a test.
    let asked = asked(term).filter(|number| told.insert(*number)).and_then(|number| runs.get(number));
    Some(match asked.and_then(history) {
        Some(history) => found.note(history),
        None => found,
    })
}

/// Each part with its value; an `expect` that is nothing but a name is shown by itself.
fn fails(term: &Term, parts: &[Shown], place: &impl Fn(Site) -> Span) -> Diagnostic {
    let message = format!("`{}` does not hold", term.text);
    let mut parts = parts.iter();
    let first = parts.next();
    let (at, text) = first
        .map_or((place(term.site), "is false".to_owned()), |part| (place(part.site), part.value.clone()));
    let found = Diagnostic::error(trials::FAILS, message, at, text);
    parts.fold(found, |found, part| found.label(place(part.site), part.value.clone()))
}

fn unknown(part: &Shown, steps: &[String], place: &impl Fn(Site) -> Span) -> Diagnostic {
    let message = format!("`{}` is unknown: no time is given for {}", part.text, list(steps));
    let givens: Vec<String> = steps.iter().map(|step| format!("given took({step}, 10min)")).collect();
    Diagnostic::error(trials::UNKNOWN_TIME, message, place(part.site), "depends on a time that is not given")
        .help(format!("say it, as in:\n{}", givens.join("\n")))
}

fn list(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [but_last @ .., last] if !but_last.is_empty() => format!("{} and {last}", but_last.join(", ")),
        _ => quoted.join(""),
    }
}

/// The first run that a term asks about.
fn asked(term: &Term) -> Option<usize> {
    match &term.kind {
        TermKind::Fact { run, .. } => Some(*run),
        TermKind::Not(inner) => asked(inner),
        TermKind::Logic { sides, .. }
        | TermKind::Compare { sides, .. }
        | TermKind::Arithmetic { sides, .. } => sides.iter().find_map(asked),
        TermKind::Value(_) => None,
    }
}

/// The runs with their ends, and of the one that went worst, the first of these, each step.
fn history(simulated: &Simulated) -> Option<String> {
    let worst = simulated
        .runs
        .iter()
        .reduce(|worst, next| if next.outcome.rank() > worst.outcome.rank() { next } else { worst })?;
    let mut lines = if simulated.runs.len() > 1 { runs(simulated) } else { Vec::new() };
    if lines.is_empty() || !matches!(worst.outcome, Outcome::Ok) {
        lines.extend(steps(simulated, worst));
    }
    Some(lines.join("\n"))
}

fn runs(simulated: &Simulated) -> Vec<String> {
    let line = |run: &RunRecord| {
        let (started, took) = (simulated.shown(run.started_ms), span(run.ended_ms, run.started_ms));
        format!("  {started}  {}, {took}", run.outcome.word())
    };
    let from = simulated.shown(simulated.from_ms);
    let mut lines = vec![format!("the runs, from {from} on:")];
    lines.extend(simulated.runs.iter().take(MOST_LINES).map(line));
    cut(&mut lines, simulated.runs.len());
    lines
}

fn steps(simulated: &Simulated, run: &RunRecord) -> Vec<String> {
    let moments = timeline(simulated, run.run);
    let mut lines = vec![format!("what happened from {} on:", simulated.shown(run.started_ms))];
    let line = |moment: &Moment| format!("{:>14}  {}", span(moment.at_ms, run.started_ms), moment.text);
    lines.extend(moments.iter().take(MOST_LINES).map(line));
    cut(&mut lines, moments.len());
    lines
}

fn cut(lines: &mut Vec<String>, all: usize) {
    if all > MOST_LINES {
        lines.push(format!("  ... and {} more", all - MOST_LINES));
    }
}

fn span(to_ms: i64, from_ms: i64) -> String {
    DurationMs(u64::try_from(to_ms.saturating_sub(from_ms)).unwrap_or(0)).to_string()
}
