//! Retention: what each copy keeps, and what all of them together must keep.

use mainstay_diagnostics::codes::goals;
use mainstay_diagnostics::{Diagnostic, MOST_LABELS, Span};
use mainstay_ir::{DurationMs, IndexSet, Kept, Retention, SourceCopy, Value};

use super::effective::{About, BUCKETS, held};
use super::fields::only_adds;
use super::policy::Policy;
use super::report::Report;

pub(super) fn check(policy: &Policy<'_>, report: &mut Report) {
    promises(policy, report);
    steps(policy, report);
    without(policy, report);
    covered(policy, report);
}

/// Whether it keeps nothing at all.
fn is_empty(keep: &Retention) -> bool {
    *keep == Retention { within: Some(DurationMs(0)), ..Retention::default() }
        || *keep == Retention::default()
}

fn promises(policy: &Policy<'_>, report: &mut Report) {
    for (name, objective) in &policy.ir.objectives {
        if objective.keep.as_ref().is_some_and(is_empty) {
            let span = policy.span(&format!("objective.{name}.keep"));
            let said = Diagnostic::error(
                goals::KEEPS_NOTHING,
                format!("the `keep` of `{name}` keeps nothing"),
                span,
                "every bucket is 0",
            )
            .help("say what must be restorable, such as `gfs(daily: 14, monthly: 6)`");
            report.add("nothing", format!("`{name}`"), said);
        }
    }
}

fn steps(policy: &Policy<'_>, report: &mut Report) {
    for (name, steps) in policy.steps() {
        let calls = steps.into_iter().flat_map(|(id, step)| step.calls().iter().map(move |call| (id, call)));
        for (id, call) in calls.filter(|(_, call)| call.name == "retain") {
            let Some(Value::Retention(keep)) = call.args.get("keep") else { continue };
            if is_empty(keep) {
                let span = policy.span(&format!("workflow.{name}.step.{id}.retain.keep"));
                let said = Diagnostic::error(
                    goals::KEEPS_NOTHING,
                    format!("step `{id}` keeps nothing of what it stored"),
                    span,
                    "every bucket is 0",
                )
                .help("say what the repo holds, such as `gfs(daily: 14, monthly: 6)`, or `keep_all`");
                report.add("nothing", format!("`{id}`"), said);
            }
        }
    }
}

/// A copy of which nobody says how long it lives. Only a promise asks: what no objective speaks of is kept for ever.
fn without<'a>(policy: &Policy<'a>, report: &mut Report) {
    let promised = |copy: &&SourceCopy| policy.ir.objective_of(copy.workflow).is_some();
    // A writer's key forgets nothing: that is said where the other key of the store is.
    let unsaid = |copy: &&SourceCopy<'a>| policy.keeps(copy).is_none() && !only_adds(policy.ir, copy.repo);
    for copy in policy.flows().copies.iter().filter(unsaid).filter(promised) {
        let SourceCopy { source, repo, workflow, step, .. } = copy;
        let message = format!("nobody says what `{repo}` keeps of `{source}`");
        let span = policy.span(&format!("workflow.{workflow}.step.{step}"));
        let said = Diagnostic::error(goals::NO_RETAIN, message, span, "this copy has no `retain`")
            .help("end the step with `|> verify() |> retain(gfs(daily: 14))`, or with `retain(keep_all)` to keep each snapshot for ever");
        report.add("no retain", format!("`{source}` in `{repo}`"), said);
    }
}

fn covered(policy: &Policy<'_>, report: &mut Report) {
    for (name, objective) in &policy.ir.objectives {
        let Some(keep) = &objective.keep else { continue };
        for (source, repos) in policy.by_source(name) {
            let copies = policy.numbered(repos.values().flatten());
            // Nor is it known what the copy would keep that goes nowhere.
            if policy.in_place.contains(source) {
                continue;
            }
            // A copy without `retain` is a mistake of its own, and nothing is known of the sum; one that a writer makes is
            // taken to be kept.
            if copies.iter().all(|copy| policy.keeps(copy).is_some()) {
                cover(policy, name, keep, source, &copies, report);
            }
        }
    }
}

fn cover<'a>(
    policy: &Policy<'a>,
    objective: &str,
    keep: &Retention,
    source: &str,
    copies: &[&SourceCopy<'a>],
    report: &mut Report,
) {
    let mut missing = Vec::new();
    let kept: Vec<Retention> = places(copies).filter_map(|about| policy.said.effective(about)).collect();
    for bucket @ (name, count, _) in BUCKETS {
        let wanted = count(keep);
        let most = kept.iter().map(|kept| held(kept, bucket)).max().unwrap_or(0);
        if most < wanted {
            missing.push(format!("`{name}: {wanted}`, and the most that a copy keeps is {most}"));
        }
    }
    let all = kept.iter().any(|kept| kept.all);
    if !all && keep.all {
        missing.push("everything, and no copy does".to_owned());
    }
    let window = kept.iter().filter_map(|kept| kept.within).max().unwrap_or_default();
    if let Some(wanted) = keep.within.filter(|wanted| !all && *wanted > window) {
        missing.push(format!("`within: {}`, and the most that a copy keeps is {window}", wanted.literal()));
    }
    if !missing.is_empty() {
        uncovered(policy, objective, source, copies, &missing, report);
    }
}

fn uncovered<'a>(
    policy: &Policy<'a>,
    objective: &str,
    source: &str,
    copies: &[&SourceCopy<'a>],
    missing: &[String],
    report: &mut Report,
) {
    let promise = policy.span(&format!("objective.{objective}.keep"));
    let message = format!("the copies of `{source}` together do not keep what `{objective}` promises");
    let mut labels = places(copies).flat_map(|about| shown(policy, about));
    let Some((first, text)) = labels.next() else { return };
    let mut said = Diagnostic::error(goals::NOT_COVERED, message, first, text);
    // Found anew for each promise, so what is not shown is not put into words either. The promise itself is.
    let shown = MOST_LABELS - 2;
    for (place, text) in labels.take(shown) {
        said = said.label(place, text);
    }
    let sayings: usize = places(copies).map(|about| policy.said.about(about).len()).sum();
    said = said.label(promise, "promised here").more_places(sayings.saturating_sub(shown + 1));
    for bucket in missing {
        said = said.note(format!("`{objective}` keeps {bucket}"));
    }
    let said = said.help(format!("let one of the copies keep it: `keep: {objective}.keep`"));
    report.add(format!("uncovered {objective}"), format!("`{source}`"), said);
}

/// Sources and repos, and whether their logs are meant, each once.
fn places<'a>(copies: &[&SourceCopy<'a>]) -> impl Iterator<Item = About<'a>> {
    copies
        .iter()
        .map(|copy| (copy.source, copy.repo, copy.base.is_some()))
        .collect::<IndexSet<_>>()
        .into_iter()
}

/// All that is said of what a repo keeps of a source, and where.
fn shown<'p>(
    policy: &'p Policy<'_>,
    about @ (_, repo, _): About<'p>,
) -> impl Iterator<Item = (Span, String)> + 'p {
    let text = move |number| match number {
        0 => format!("what `{repo}` keeps of it"),
        _ => format!("what this does not keep is gone from `{repo}` too"),
    };
    let place = move |kept: &Kept<'_>| {
        policy.span(&format!("workflow.{}.step.{}.retain.keep", kept.workflow, kept.step))
    };
    let all = policy.said.about(about).iter().enumerate();
    all.map(move |(number, kept)| (place(kept), text(number)))
}
