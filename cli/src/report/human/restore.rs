use mainstay_engine::report::{RestoreReport, SnapshotLine};

use super::doubts::{unreached, unread};
use super::verify::problems;
use super::{Look, amount};
use crate::report::table::clean;
use crate::report::words;

/// What a restore did. `flag` names the policy in the commands that follow.
pub fn restore(report: &RestoreReport, look: &Look, flag: &str) -> Vec<String> {
    let line = &report.snapshot;
    let from = format!(
        "{} as of {} ({}), snapshot {}",
        line.source,
        look.minute(line.time_ms),
        look.age(line.time_ms),
        line.short
    );
    let mut lines = vec![format!("from: {from} in {}, taken on {}", line.repo, clean(&line.host))];
    let (handled, to) = (amount(&report.figures), clean(&report.to.to_string_lossy()));
    if report.dry_run {
        lines.push(format!("would restore {handled} to `{to}`; nothing was written"));
    } else {
        let word = look.paint(if report.problems.is_empty() { "ok" } else { "degraded" });
        lines.push(format!("{word}  {handled} in {}", words::span(report.took_ms)));
        lines.push(format!("to: {to}"));
    }
    lines.extend(report.newer_partial.iter().map(|newer| passed_over(newer, look)));
    lines.extend(notes(report));
    lines.extend(unread(&report.unread, look));
    lines.extend(unreached(&report.unreached, "a newer snapshot", look));
    if !line.whole {
        lines.push(format!(
            "note: this snapshot is not whole, {} were missing when it was taken",
            words::counted(line.faults, "file")
        ));
    }
    if !report.problems.is_empty() {
        lines.push(format!(
            "{} could not be restored as it was:",
            words::counted(report.problems.len() as u64, "thing")
        ));
        lines.extend(problems(&report.problems, look));
    }
    lines.extend(next(report, flag));
    lines
}

/// What to do about what is not as it should be.
fn next(report: &RestoreReport, flag: &str) -> Option<String> {
    let line = &report.snapshot;
    let again = format!("mainstay restore {}{flag}", line.source);
    if let (false, Some(other)) = (report.problems.is_empty(), report.elsewhere.first()) {
        return Some(format!(
            "next: the same snapshot lies in `{other}` too: `{again} --from {other}` into another folder"
        ));
    }
    let away: Vec<String> =
        report.unreached.iter().filter(|one| one.may_hold).map(|one| format!("`{}`", one.repo)).collect();
    match (report.unread.is_empty(), away.is_empty()) {
        (true, true) => None,
        (true, false) => Some(format!(
            "next: `--from {}` if this is the one that you mean; else make {} reachable and restore again into another folder",
            line.repo,
            away.join(", ")
        )),
        (false, _) => Some(format!(
            "next: `--snapshot {}` if this is the one that you mean; `mainstay repo check {}{flag}` says more",
            line.short, line.repo
        )),
    }
}

/// Who restores the last whole copy must hear that there is a newer one: it may hold all that he looks for.
fn passed_over(newer: &SnapshotLine, look: &Look) -> String {
    format!(
        "note: {} as of {} is newer and not whole, {} missing: `--partial` takes it",
        newer.short,
        look.minute(newer.time_ms),
        words::count(newer.faults)
    )
}

/// What else is to be known of it.
fn notes(report: &RestoreReport) -> Vec<String> {
    let mut notes = Vec::new();
    if report.resumed {
        notes.push("note: a restore that was broken off was gone on with".to_owned());
    }
    if report.verified && report.problems.is_empty() {
        notes.push("verified: what was restored was compared with the snapshot, and is the same".to_owned());
    }
    if report.withheld > 0 {
        let count = words::count(report.withheld);
        notes.push(format!(
            "note: {count} left out or without powers: setuid, capabilities and devices need `--special`; sockets are never restored"
        ));
    }
    notes
}
