//! Databases and their logs: what must be kept together, in time and in place.

use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::risk;
use mainstay_ir::{Constructed, DurationMs, Origin, Retention, Step, Value};

use super::sources::{DATABASE_FOLDERS, MOMENTS, below, texts};
use crate::prove::policy::{Policy, text};

/// Names of the folders and files in which databases write their log before their data.
const LOGS: [&str; 8] =
    ["pg_wal", "pg_xlog", "ib_logfile", "#innodb_redo", "db-wal", "sqlite-wal", "sqlite3-wal", "-wal"];

/// Names of folders that hold such a log and nothing else.
const LOG_FOLDERS: [&str; 3] = ["pg_wal", "pg_xlog", "#innodb_redo"];

pub(super) fn look(policy: &Policy<'_>, found: &mut Vec<Diagnostic>) {
    for (name, steps) in policy.steps() {
        found.extend(steps.into_iter().filter_map(|(id, step)| logs_too_short(policy, name, id, step)));
    }
    for (name, source) in &policy.ir.sources {
        if source.constructor == "files" {
            found.extend(log_left_out(policy, name, source).or_else(|| two_moments(policy, name, source)));
        }
    }
}

/// Log records that are forgotten before the next base is there: between the two no moment can be restored.
fn logs_too_short(policy: &Policy<'_>, workflow: &str, id: &str, step: &Step) -> Option<Diagnostic> {
    let source = step.calls().iter().find(|call| call.name == "logs")?.args.get("of")?;
    let Value::Thing(_, source) = source else { return None };
    let retain = step.calls().iter().find(|call| call.name == "retain")?;
    let Some(Value::Retention(keep)) = retain.args.get("keep") else { return None };
    let reach = reach(keep)?;
    let (base, gap) = base_of(policy, source)?;
    if reach >= gap {
        return None;
    }
    let span = policy.span(&format!("workflow.{workflow}.step.{id}.retain.keep"));
    let message = format!("log records of `{source}` are kept for {reach}, and a new base comes each {gap}");
    Some(
        Diagnostic::warning(risk::LOGS_TOO_SHORT, message, span, format!("the oldest is {reach} old"))
            .label(policy.span(&format!("workflow.{base}.trigger")), format!("up to {gap} apart"))
            .note("a base without the records that follow it is restored to its own moment, and to no later one")
            .help(format!("keep them longer than a base is apart: `gfs(within: {})`", twice(gap).literal())),
    )
}

/// The workflow that takes whole copies of a source most often, and the longest time between two of them.
fn base_of<'a>(policy: &Policy<'a>, source: &str) -> Option<(&'a str, DurationMs)> {
    let bases = policy
        .flows()
        .copies
        .iter()
        .filter(|copy| copy.source == source && copy.origin == Origin::Source && copy.base.is_none());
    let gaps = bases
        .filter_map(|copy| Some((copy.workflow, policy.times.extremes(copy.workflow)?.largest.length())));
    gaps.min_by_key(|(_, gap)| *gap)
}

/// The age that a retention lets a record reach; unknown where it counts and does not measure.
fn reach(keep: &Retention) -> Option<DurationMs> {
    if keep.all || keep.last > 0 {
        return None;
    }
    let hours = [
        u64::from(keep.hourly),
        u64::from(keep.daily) * 24,
        u64::from(keep.weekly) * 7 * 24,
        u64::from(keep.monthly) * 31 * 24,
        u64::from(keep.yearly) * 366 * 24,
    ];
    hours.into_iter().map(DurationMs::hours).chain(keep.within).max()
}

fn twice(gap: DurationMs) -> DurationMs {
    let day = DurationMs::hours(24).0;
    DurationMs((gap.0 * 2).div_ceil(day) * day)
}

/// Files of a database whose log is excluded: they cannot be started.
fn log_left_out(policy: &Policy<'_>, name: &str, source: &Constructed) -> Option<Diagnostic> {
    let excluded = texts(source.fields.get("exclude"));
    let roots = texts(source.fields.get("roots"));
    let of_sqlite = |pattern: &str| pattern.contains("-wal");
    let holds_database = roots.iter().any(|root| DATABASE_FOLDERS.iter().any(|folder| below(root, folder)));
    let pattern = excluded.into_iter().find(|pattern| {
        LOGS.iter().any(|log| pattern.contains(log)) && (holds_database || of_sqlite(pattern))
    })?;
    let message =
        format!("`{pattern}` leaves the log of a database out, and its files are worth nothing without it");
    let span = policy.span(&format!("source.{name}.exclude"));
    Some(
        Diagnostic::warning(risk::SPLIT_FROM_LOG, message, span, "the log is left out")
            .label(policy.span(&format!("source.{name}.roots")), "the data are taken")
            .note("what the log has and the data have not yet is lost, and the database does not start without it")
            .help("take the log with the data, or let the database dump itself"),
    )
}

/// Data in one snapshot, their log in another: each root is held at a moment of its own, if it lies on a volume of its own.
fn two_moments(policy: &Policy<'_>, name: &str, source: &Constructed) -> Option<Diagnostic> {
    let kind = source.fields.get("snapshot").and_then(text).filter(|kind| MOMENTS.contains(kind))?;
    let roots = texts(source.fields.get("roots"));
    let is_log = |root: &&&str| {
        root.trim_end_matches('/').rsplit('/').next().is_some_and(|end| LOG_FOLDERS.contains(&end))
    };
    let log = roots.iter().find(is_log)?;
    let data = roots
        .iter()
        .find(|root| root != &log && !log.starts_with(&format!("{}/", root.trim_end_matches('/'))))?;
    let message = format!("`{data}` and the log in `{log}` are held at two moments");
    let span = policy.span(&format!("source.{name}.roots"));
    Some(
        Diagnostic::warning(risk::SPLIT_FROM_LOG, message, span, "two volumes, two snapshots")
            .label(
                policy.span(&format!("source.{name}.snapshot")),
                format!("`{kind}` holds one volume at a time"),
            )
            .note("a log that is older or newer than its data does not fit them")
            .help("put both on one volume, or let the database dump itself"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retention_reaches_as_far_as_its_longest_bucket() {
        let keep = Retention { hourly: 30, daily: 1, ..Retention::default() };
        assert_eq!(reach(&keep), Some(DurationMs::hours(30)));
        assert_eq!(
            reach(&Retention { within: Some(DurationMs::hours(50)), ..keep }),
            Some(DurationMs::hours(50))
        );
        assert_eq!(reach(&Retention { all: true, ..Retention::default() }), None);
    }
}
