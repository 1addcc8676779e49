//! An RPO that is not kept, in words: both places, the timeline, and what would keep it.

use mainstay_calendar::{OwnGaps, Part, Unprovable, Way, Zone, timeline, total};
use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::goals;
use mainstay_ir::{DurationMs, SourceCopy};

use super::mend::{Late, fix};
use crate::prove::assumed::{ASSUMED, of_workflows};
use crate::prove::policy::Policy;
use crate::prove::report::Report;
use crate::prove::suggest::counted_down;

/// Parts of an age that are written out, the last ones. A longer chain is not read link by link, and each of its links can
/// be too late in the same way.
const MOST_PARTS: usize = 64;

/// The copy can be older than promised.
pub(super) fn late<'a>(
    policy: &Policy<'a>,
    objective: &str,
    rpo: DurationMs,
    copy: &SourceCopy<'a>,
    way: &Way,
    report: &mut Report,
) {
    let subject = format!("`{}` in `{}`", copy.source, copy.repo);
    let kind = format!("rpo {objective}");
    let place = policy.span(&format!("workflow.{}.trigger", copy.workflow));
    if report.again(&kind, goals::RPO, place, &subject) {
        return;
    }
    let (age, parts) = (total(way), policy.times.last_parts(way, MOST_PARTS));
    let told: u64 = parts.iter().map(|part| part.length.0).sum();
    let before = DurationMs(age.0.saturating_sub(told));
    let over = DurationMs(age.0.saturating_sub(rpo.0));
    let SourceCopy { source, repo, workflow, .. } = copy;
    let message =
        format!("the copy of `{source}` in `{repo}` can be {age} old, and `{objective}` promises {rpo}");
    let label = format!("the schedule of `{workflow}` is {over} short");
    let mut said = Diagnostic::error(goals::RPO, message, place, label).label(
        policy.span(&format!("objective.{objective}.rpo")),
        format!("an rpo of {rpo} is promised here"),
    );
    if let Some(span) = policy.exact_span(&format!("workflow.{workflow}.within")) {
        said = said.label(span, "a run may take this long");
    }
    if before.0 > 0 {
        said = said.note(format!("what comes before the following takes {before}"));
    }
    for part in &parts {
        said = said.note(part.line());
    }
    let earlier = (before.0 > 0).then(|| format!("{before} before"));
    let terms: Vec<String> = earlier.into_iter().chain(parts.iter().map(Part::term)).collect();
    said = said.note(format!("{} = {age}, {over} more than the rpo", terms.join(" + ")));
    said = said.note(format!("assumed: {ASSUMED}"));
    let names = parts.iter().map(|part| part.workflow);
    for assumed in of_workflows(policy.ir, names) {
        said = said.note(format!("assumed: {assumed}"));
    }
    let said = Late { policy, rpo, copy, age, parts: &parts, is_whole: before.0 == 0 }.mend(said);
    report.add(kind, subject, said);
}

/// Nothing can be said of the copy's age.
pub(super) fn unprovable(
    policy: &Policy<'_>,
    objective: &str,
    copy: &SourceCopy<'_>,
    why: &Unprovable<'_>,
    report: &mut Report,
) {
    let promise = policy.span(&format!("objective.{objective}.rpo"));
    let SourceCopy { source, repo, workflow, step, .. } = copy;
    let said = match why {
        Unprovable::NotTimed(name) => {
            let message = format!(
                "`{objective}` promises an rpo, and nothing starts {} by the clock",
                policy.named(name)
            );
            Diagnostic::error(goals::NOT_TIMED, message, trigger_or_name(policy, name), "no timed trigger")
                .help("add a `trigger`, such as `daily(at: 01:30, zone: \"Europe/Berlin\")` or `every(6h)`")
        }
        Unprovable::Seldom(name) => {
            let message = format!(
                "`{objective}` promises an rpo, and {} starts less than twice in twenty years",
                policy.named(name)
            );
            Diagnostic::error(goals::NOT_TIMED, message, trigger_or_name(policy, name), "hardly ever")
                .help("choose a trigger that comes back, such as `every(6h)`")
        }
        Unprovable::NoWithin(name) => {
            let message =
                format!("`{objective}` promises an rpo, and {} may take for ever", policy.named(name));
            let span = policy.span(&format!("workflow.{name}"));
            Diagnostic::error(goals::NO_WITHIN, message, span, "no `within`")
                .help(format!("say how long a run of `{name}` may take: `within: 2h`"))
        }
        Unprovable::NoMaker { source_name: source, repo } => {
            let message =
                format!("nothing ever stores `{source}` in `{repo}`, and `{workflow}` copies it from there");
            let span = policy.span(&format!("workflow.{workflow}.step.{step}"));
            Diagnostic::error(goals::NO_ORIGIN, message, span, "copied from a repo that stays empty")
                .help(format!("store `{source}` in `{repo}` first, or copy it from a repo that has it"))
        }
        Unprovable::LeftOut { machine, state, way } => {
            left_out(policy, objective, copy, (machine, state, way))
        }
        Unprovable::Circular | Unprovable::BadTriggers(_) => {
            let message = format!("the copy of `{source}` in `{repo}` is made out of itself");
            let span = policy.span(&format!("workflow.{workflow}.step.{step}"));
            Diagnostic::error(goals::NO_ORIGIN, message, span, "no step stores it from its source")
                .help(format!("store `{source}` itself in one of the repos"))
        }
    };
    let said = said.label(promise, "the promise");
    report.add(format!("unprovable {objective}"), format!("`{source}` in `{repo}`"), said);
}

/// A machine that makes the copy, and that may end well without it.
fn left_out(
    policy: &Policy<'_>,
    objective: &str,
    copy: &SourceCopy<'_>,
    (machine, state, way): (&str, &str, &[&str]),
) -> Diagnostic {
    let SourceCopy { source, repo, .. } = copy;
    let message = format!(
        "`{objective}` promises an rpo, and `{machine}` may end well without the copy of `{source}` in `{repo}`"
    );
    let way: Vec<String> = way.iter().map(|state| format!("`{state}`")).collect();
    let span = policy.span(&format!("workflow.{machine}.step.{state}"));
    Diagnostic::error(goals::LEFT_OUT, message, span, "a run may end well without this")
        .note(format!("one way: {}", way.join(" -> ")))
        .help("lead each way to a `final` that is `ok` or `degraded` through the `ok` of this state, or make the copy in a workflow")
}

fn trigger_or_name(policy: &Policy<'_>, workflow: &str) -> mainstay_diagnostics::Span {
    policy.span(&format!("workflow.{workflow}.trigger"))
}

/// A run may last until after the next one is due.
pub(super) fn overlap(
    policy: &Policy<'_>,
    objective: &str,
    workflow: &str,
    within: DurationMs,
    gaps: &OwnGaps<'_>,
    report: &mut Report,
) {
    let (root, smallest) = (gaps.root, gaps.shortest());
    let zone =
        policy.times.schedule(root).and_then(|schedule| schedule.zone().cloned()).unwrap_or_else(Zone::utc);
    let message =
        format!("a run of `{workflow}` may take {within}, and the next one can start after {smallest}");
    let mut said = Diagnostic::error(
        goals::WITHIN_GAP,
        message,
        policy.span(&format!("workflow.{workflow}.within")),
        "longer than the smallest gap",
    )
    .label(
        policy.span(&format!("workflow.{root}.trigger")),
        format!("{smallest} from one start to the next, at the least"),
    )
    .label(
        policy.span(&format!("objective.{objective}.rpo")),
        "the rpo counts on each run's end before the next one starts",
    )
    .note(timeline(&gaps.extremes.smallest, &zone));
    said = closer(said, workflow, gaps);
    said = match counted_down(smallest).map(DurationMs::literal) {
        Some(value) => fix(said.help(format!("`within: {value}` fits")), policy, workflow, "within", &value),
        // Runs that take their time come closer whatever the jitter.
        None if root != workflow => said.help("leave `overlap` out"),
        None => said.help(format!("leave `overlap` out, or give all triggers of `{root}` the same `jitter`")),
    };
    report.add("overlap", format!("`{workflow}`"), said);
}

/// A run may last until after its logs are due again.
pub(super) fn behind(
    policy: &Policy<'_>,
    objective: &str,
    workflow: &str,
    within: DurationMs,
    (root, due): (&str, DurationMs),
    report: &mut Report,
) {
    let message = format!("a run of `{workflow}` may take {within}, and its logs are due again after {due}");
    let place = policy.span(&format!("workflow.{workflow}.within"));
    let said = Diagnostic::error(goals::WITHIN_GAP, message, place, "longer than that")
        .label(trigger_or_name(policy, root), format!("{due} at the latest"))
        .label(
            policy.span(&format!("objective.{objective}.rpo")),
            "the rpo counts on each run's end before logs are due again",
        );
    let said = match counted_down(due).map(DurationMs::literal) {
        Some(value) => fix(said.help(format!("`within: {value}` fits")), policy, workflow, "within", &value),
        None => said.help("ask for logs less often: a larger `at_most`"),
    };
    report.add("behind", format!("`{workflow}`"), said);
}

/// Why two starts may come closer than the smallest gap as written, and that this matters for the sake of `overlap`.
fn closer(said: Diagnostic, workflow: &str, gaps: &OwnGaps<'_>) -> Diagnostic {
    if gaps.closer.0 == 0 {
        return said;
    }
    let closer = gaps.closer;
    said.note(format!(
        "two starts may come {closer} closer, by jitter that differs or by runs before that take their time"
    ))
    .note(format!(
        "`overlap` of `{workflow}` then costs a run: with `queue_one`, the default, the next one waits"
    ))
}
