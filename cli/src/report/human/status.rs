use mainstay_engine::report::{OpenRun, StatusLine, StatusReport};
use mainstay_journal::Outcome;

use super::Look;
use crate::report::table::clean;
use crate::report::words;

/// How things stand, worst first.
pub fn status(report: &StatusReport, look: &Look) -> Vec<String> {
    let mut lines = vec![format!("{}  {}", report.policy, look.paint(report.worst().word()))];
    for line in &report.lines {
        lines.extend(copy(line, look));
    }
    if report.lines.is_empty() {
        lines.push("  the policy makes no copies".to_owned());
    }
    lines.extend(report.open.iter().map(|run| open(run, look)));
    lines
}

fn copy(line: &StatusLine, look: &Look) -> Vec<String> {
    let what = match (&line.source, &line.repo) {
        (Some(source), Some(repo)) => format!("{source} in {repo}"),
        _ => line.workflow.clone(),
    };
    let missed = if line.is_missed { format!(", objective {}", look.paint("missed")) } else { String::new() };
    let mut lines = vec![format!("  {}  {what}{missed}", look.paint(line.health.word()))];
    if !line.reason.is_empty() {
        lines.push(format!("      why: {}", words::plain(&clean(&line.reason))));
    }
    if line.source.is_some() {
        lines.push(format!("      last good: {}", last_good(line, look)));
    }
    if let Some((run, started, outcome)) = &line.last_run {
        let word = outcome.as_ref().map_or("open", Outcome::word);
        lines.push(format!("      last run: {word}, {}, run {}", look.age(*started), run.short()));
    }
    if let Some(since) = line.overdue_since_ms {
        lines.push(format!("      due since: {} ({})", look.minute(since), look.age(since)));
    }
    let next = line
        .next_ms
        .map_or("by hand only".to_owned(), |at| format!("{} ({})", look.minute(at), look.age(at)));
    lines.push(format!("      next run: {next}, workflow {}", line.workflow));
    lines
}

fn last_good(line: &StatusLine, look: &Look) -> String {
    let Some(at) = line.last_good_ms else { return "never".to_owned() };
    let age = line.age_ms.map_or("after now".to_owned(), |age| format!("{} old", words::span(age)));
    let bound = line.rpo_ms.map(|rpo| format!(" of {} allowed", words::span(rpo))).unwrap_or_default();
    let verified = match line.verified_ms {
        Some(at) => format!("verified {}", look.age(at)),
        None => "never read back".to_owned(),
    };
    format!("{}, {age}{bound}, {verified}", look.minute(at))
}

fn open(run: &OpenRun, look: &Look) -> String {
    let at: Vec<String> = run.at.iter().map(|(step, act)| format!("{step}.{act}")).collect();
    let at = if at.is_empty() { String::new() } else { format!(" at {}", at.join(", ")) };
    if run.is_alive {
        let since = words::span(look.now.0.abs_diff(run.started_ms));
        format!("  running  {} for {since}{at}, run {}", run.workflow, run.run.short())
    } else {
        format!(
            "  broken off  {} begun {}{at}; `mainstay run --resume {}` goes on",
            run.workflow,
            look.age(run.started_ms),
            run.run.short()
        )
    }
}
