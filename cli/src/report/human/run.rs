use mainstay_engine::report::{HistoryReport, RepoCreated, RunReport, StepReport};
use mainstay_journal::{Fault, Outcome};

use super::{Look, figures};
use crate::failures::accept;
use crate::report::table::clean;
use crate::report::words;

/// How many things that could not be had are named unless all are asked for.
const SHOWN_FAULTS: usize = 100;

/// What a run did: a line for the run, one for each step.
pub fn run(run: &RunReport, look: &Look) -> Vec<String> {
    let took = run
        .ended_ms
        .map(|end| format!(" in {}", words::span(end.abs_diff(run.started_ms))))
        .unwrap_or_default();
    let head =
        format!("{}  {}{took}, run {}", look.outcome(run.outcome.as_ref()), run.workflow, run.run.short());
    let width = run.steps.iter().map(|step| step.step.chars().count()).max().unwrap_or(0);
    let steps = run.steps.iter().map(|step| format!("  {}", step_line(step, width, look)));
    std::iter::once(head).chain(steps).collect()
}

/// What a step did, in a line.
pub fn step_line(step: &StepReport, width: usize, look: &Look) -> String {
    let took = step.took_ms.map(words::span).unwrap_or_default();
    let mut line = format!("{}  {:width$}  {took:>6}", look.outcome(step.outcome.as_ref()), step.step);
    let handled = figures(&step.figures);
    if !handled.is_empty() {
        line.push_str(&format!("  {handled}"));
    }
    if let Some(stored) = &step.stored {
        line.push_str(&format!("  -> {} {}", stored.repo, short(&stored.snapshot)));
    }
    if let Some(reason) = step.outcome.as_ref().and_then(Outcome::reason) {
        line.push_str(&format!("\n        {}", words::plain(&clean(reason))));
    }
    line
}

/// The part of a snapshot's id that people write: what stands behind its position in the log.
fn short(snapshot: &str) -> &str {
    snapshot.get(16..24).unwrap_or(snapshot)
}

/// What was made because it was not there.
pub fn created(made: &RepoCreated) -> Vec<String> {
    let place = words::place(&made.place);
    let mut lines = vec![format!("made the {} `{}`: {place}", made.what, made.name)];
    if made.what == "key file" {
        lines.push(
            "  keep a second copy of it elsewhere: without it nobody can restore, and nobody can replace it"
                .to_owned(),
        );
    }
    lines
}

/// What ran, the newest first.
pub fn history(report: &HistoryReport, look: &Look) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for one in &report.runs {
        let took = one.ended_ms.map(|end| words::span(end.abs_diff(one.started_ms))).unwrap_or_default();
        lines.push(format!(
            "{}  {}  {:>8}  {}  run {}",
            look.minute(one.started_ms),
            look.outcome(one.outcome.as_ref()),
            took,
            one.workflow,
            one.run.short()
        ));
        if look.full || !matches!(one.outcome, Some(Outcome::Ok)) {
            let width = one.steps.iter().map(|step| step.step.chars().count()).max().unwrap_or(0);
            let wanted =
                one.steps.iter().filter(|step| look.full || !matches!(step.outcome, Some(Outcome::Ok)));
            lines.extend(wanted.map(|step| format!("    {}", step_line(step, width, look))));
        }
    }
    if report.runs.is_empty() {
        lines.push("nothing has run yet".to_owned());
    }
    if report.left_off > 0 {
        lines.push(format!(
            "... and {} before; `--limit N` shows more",
            words::counted(report.left_off as u64, "run")
        ));
    }
    lines
}

/// What could not be had, each named.
pub fn faults(faults: &[(String, String, String)], look: &Look) -> Vec<String> {
    if faults.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![format!("{} could not be had:", words::counted(faults.len() as u64, "thing"))];
    let shown = if look.full { faults.len() } else { SHOWN_FAULTS };
    let line = |(step, path, message): &(String, String, String)| {
        format!("  {step}: `{}` {}", clean(path), clean(message))
    };
    lines.extend(faults.iter().take(shown).map(line));
    if faults.len() > shown {
        lines.push(format!(
            "  ... and {} more; `--full` names all",
            words::count((faults.len() - shown) as u64)
        ));
    }
    lines
}

/// Why a run did not end well: its steps that did not, with their reasons.
pub fn causes(run: &RunReport) -> Vec<String> {
    let reasons = run.steps.iter().filter_map(|step| {
        let reason = step.outcome.as_ref().filter(|end| !end.is_well())?.reason()?;
        Some(format!("{}: {}", step.step, words::plain(&clean(reason))))
    });
    reasons.take(super::CONCISE).collect()
}

/// What to do about a run that did not end well. `repo` is the repository at fault, where that is known.
pub fn advice(run: &RunReport, outcome: &Outcome, repo: Option<&str>, flag: &str) -> String {
    let workflow = &run.workflow;
    let again = format!("`mainstay run --resume {}{flag}`", run.run.short());
    let Outcome::Failed { fault, .. } = outcome else { return again };
    match fault {
        Fault::Missing => {
            format!(
                "mount it if it should be there; `mainstay run {workflow} --create{flag}` makes a new one"
            )
        }
        Fault::Denied => format!(
            "`mainstay key check{flag}` says what the key files open; if they do, see that the place may be written; then {again}"
        ),
        Fault::Replaced | Fault::RolledBack | Fault::Emptied => {
            accept(*fault, repo.unwrap_or("NAME"), &format!("{workflow}{flag}"))
        }
        Fault::Damage => match repo {
            Some(repo) => format!("`mainstay repo check {repo} --read-data{flag}` says what is damaged"),
            None => format!("`mainstay verify{flag}` says what is damaged"),
        },
        Fault::Cancelled => format!("{again} goes on"),
        Fault::NoSpace => format!("make room there, then {again}"),
        Fault::Unreachable => format!("see that the place can be reached, then {again}"),
        _ => format!("mend the cause, then {again}"),
    }
}

/// What somebody who saw a first run end well wants to type next.
pub fn next_commands(runs: &[RunReport], policy: &str) -> Vec<String> {
    let stored = runs.iter().flat_map(|run| &run.steps).find_map(|step| step.stored.as_ref());
    let Some(stored) = stored else { return Vec::new() };
    vec![
        format!("next: mainstay snapshots{policy}"),
        format!("      mainstay restore {} --to DIR{policy}", stored.source),
    ]
}
