//! Lock is a floor that stores must be able to hold; erase is a ceiling for `keep` and `lock`.

use std::collections::BTreeSet;

use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::goals;
use mainstay_ir::{DurationMs, Objective, Retention, Value};

use super::policy::{Policy, other};
use super::report::Report;
use crate::types::with_article;

/// Constructors of repos whose stores can lock objects.
const CAN_LOCK: [&str; 1] = ["s3"];

pub(super) fn check(policy: &Policy<'_>, report: &mut Report) {
    stores(policy, report);
    for (name, objective) in &policy.ir.objectives {
        locked(policy, name, objective, report);
        no_length(policy, name, objective, report);
        erased(policy, name, objective, report);
    }
}

fn stores(policy: &Policy<'_>, report: &mut Report) {
    for (name, repo) in &policy.ir.repos {
        if repo.fields.contains_key("lock_mode") && !CAN_LOCK.contains(&repo.constructor.as_str()) {
            let span = policy.span(&format!("repo.{name}.lock_mode"));
            let kind = with_article(&repo.constructor);
            let message = format!("{kind} repo cannot lock: whoever can write there can delete");
            let said = Diagnostic::error(goals::CANNOT_LOCK, message, span, "no such lock exists")
                .help("keep the locked copy in an `s3` repo, or leave `lock_mode` out");
            report.add("store", format!("`{name}`"), said);
        }
    }
}

/// A lock that no copy of a source has.
fn locked(policy: &Policy<'_>, name: &str, objective: &Objective, report: &mut Report) {
    // Where locked copies are counted, their lack is said there.
    let counted = objective.copies.as_ref().is_some_and(|copies| copies.locked > 0);
    if counted || other(objective, "lock").is_none() {
        return;
    }
    for (source, repos) in policy.by_source(name) {
        if repos.keys().any(|repo| policy.repo_field(repo, "lock_mode").is_some()) {
            continue;
        }
        let message =
            format!("`{name}` promises a lock, and no copy of `{source}` is in a repo with a `lock_mode`");
        let mut said = Diagnostic::error(
            goals::NOT_LOCKED,
            message,
            policy.span(&format!("objective.{name}.lock")),
            "promised here",
        )
        .help("keep a copy in an `s3` repo with `lock_mode: compliance`");
        for repo in repos.keys() {
            said = said.label(policy.span(&format!("repo.{repo}")), "no `lock_mode` here");
        }
        report.add("no lock", format!("`{source}`"), said);
    }
}

/// Locked copies are promised, and for how long they are locked is not. Where a source has too few of them, that is told.
fn no_length(policy: &Policy<'_>, name: &str, objective: &Objective, report: &mut Report) {
    let wanted = objective.copies.as_ref().map_or(0, |copies| copies.locked);
    let is_locked = |repo: &&str| policy.repo_field(repo, "lock_mode").is_some();
    let repos: BTreeSet<&str> = policy.copies_for(name).map(|copy| copy.repo).filter(is_locked).collect();
    if wanted == 0 || other(objective, "lock").is_some() || repos.is_empty() {
        return;
    }
    let message = format!("`{name}` promises a locked copy, and does not say for how long");
    let span = policy.span(&format!("objective.{name}.copies"));
    let mut said = Diagnostic::error(goals::NO_LOCK_LENGTH, message, span, "locked until when?");
    for repo in repos {
        said =
            said.label(policy.span(&format!("repo.{repo}.lock_mode")), "locks what the objective asks for");
    }
    report.add("lock length", format!("`{name}`"), said.help("say it: `lock: 30d`"));
}

/// A span of time that is exact, or one of the calendar; in months or milliseconds.
#[derive(Clone, Copy)]
struct Span {
    shortest: DurationMs,
    longest: DurationMs,
}

const DAY: u64 = 86_400_000;

impl Span {
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Duration(length) => Some(Self { shortest: *length, longest: *length }),
            Value::Period(months) => Some(Self::months(*months)),
            _ => None,
        }
    }

    /// So many months last from 28 days for one up to 31; whole years 365 or 366.
    fn months(count: u32) -> Self {
        let (years, rest) = (u64::from(count / 12), u64::from(count % 12));
        let leap_days = years / 4;
        let shortest = years * 365 + leap_days.saturating_sub(u64::from(years >= 4)) + rest * 28;
        let longest = years * 365 + leap_days + u64::from(years > 0) + rest * 31;
        Self { shortest: DurationMs(shortest * DAY), longest: DurationMs(longest * DAY) }
    }
}

/// The age that a retention lets a snapshot reach, in the calendar's own unit where it has one.
fn oldest(keep: &Retention) -> Option<(String, Span)> {
    let exact = |days: u64| Span { shortest: DurationMs(days * DAY), longest: DurationMs(days * DAY) };
    let bucket = |name: &str, count: u32, span: Span| (count > 0).then(|| (format!("{name}: {count}"), span));
    let buckets = [
        bucket("hourly", keep.hourly, exact(u64::from(keep.hourly) / 24)),
        bucket("daily", keep.daily, exact(u64::from(keep.daily))),
        bucket("weekly", keep.weekly, exact(u64::from(keep.weekly) * 7)),
        bucket("monthly", keep.monthly, Span::months(keep.monthly)),
        bucket("yearly", keep.yearly, Span::months(keep.yearly.saturating_mul(12))),
        keep.within.map(|within| {
            (format!("within: {}", within.literal()), Span { shortest: within, longest: within })
        }),
    ];
    buckets.into_iter().flatten().max_by_key(|(_, span)| span.shortest)
}

/// What lives longer than it may.
fn erased(policy: &Policy<'_>, name: &str, objective: &Objective, report: &mut Report) {
    let Some(erase) = other(objective, "erase").and_then(Span::of) else { return };
    let place = policy.span(&format!("objective.{name}.erase"));
    // Exact lengths are held against the shortest that a period can have; months and years against each other.
    let too_long = |span: Span| {
        let is_exact = span.shortest == span.longest;
        span.shortest > erase.shortest && (is_exact || span.longest > erase.longest)
    };
    if let Some(lock) =
        other(objective, "lock").and_then(Span::of).filter(|lock| lock.shortest > erase.shortest)
    {
        let message = format!(
            "`{name}` locks snapshots for {}, and must erase them before that is over",
            lock.shortest
        );
        let said = Diagnostic::error(
            goals::ERASE,
            message,
            policy.span(&format!("objective.{name}.lock")),
            "nobody can delete it before",
        )
        .label(place, "nothing may live longer than this")
        .help("lock for less long, or erase later");
        report.add("lock", format!("`{name}`"), said);
    }
    let steps = policy.copies_for(name).filter_map(|copy| {
        let key = format!("workflow.{}.step.{}.retain.keep", copy.workflow, copy.step);
        Some((key, format!("`{}` in `{}`", copy.source, copy.repo), copy.retain?))
    });
    let promised =
        objective.keep.iter().map(|keep| (format!("objective.{name}.keep"), format!("`{name}`"), keep));
    // A step that keeps what the objective says is wrong only once.
    let steps = steps.filter(|(_, _, keep)| Some(*keep) != objective.keep.as_ref());
    for (key, subject, keep) in promised.chain(steps) {
        let bucket =
            oldest(keep).filter(|(_, span)| too_long(*span)).map(|(bucket, _)| format!("`{bucket}`"));
        let endless = keep.all.then(|| "`keep_all`".to_owned());
        let Some(bucket) = endless.or(bucket) else { continue };
        let message =
            format!("{bucket} keeps snapshots beyond the age at which `{name}` must have erased them");
        let said = Diagnostic::error(
            goals::ERASE,
            message,
            policy.span(&key),
            format!("{bucket} keeps them longer"),
        )
        .label(place, "nothing may live longer than this")
        .help("keep less, or erase later");
        report.add("keep", subject, said);
    }
}
