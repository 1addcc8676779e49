//! Risks in when and how workflows run.

use foldhash::HashMap;
use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::risk;
use mainstay_ir::{Action, Block, DurationMs, Origin, Step, Trigger, Work};

use crate::prove::policy::Policy;

pub(super) fn look(policy: &Policy<'_>, found: &mut Vec<Diagnostic>) {
    for (name, work) in policy.ir.works() {
        found.extend(either_day(policy, name, work));
        found.extend(may_take_forever(policy, name, work));
    }
    for (name, workflow) in &policy.ir.workflows {
        let bodies = std::iter::once(&workflow.body).chain(workflow.closes.iter().map(|close| &close.body));
        let steps: HashMap<&str, &Step> = workflow.all_steps().collect();
        found.extend(bodies.into_iter().find_map(|body| no_pool(policy, name, &steps, body)));
    }
    found.extend(clock_tied(policy));
}

/// Both day fields of a cron expression say something, and either is enough.
fn either_day(policy: &Policy<'_>, name: &str, workflow: Work<'_>) -> Option<Diagnostic> {
    let (day, weekday) = workflow.triggers.iter().find_map(|trigger| {
        let Trigger::Cron { expression, .. } = trigger else { return None };
        let fields: Vec<&str> = expression.split_ascii_whitespace().collect();
        match fields.as_slice() {
            [_, _, day, _, weekday] if *day != "*" && *weekday != "*" => Some((*day, *weekday)),
            _ => None,
        }
    })?;
    let message =
        format!("this runs on each day `{day}` of the month, and on each `{weekday}` of the week besides");
    let span = policy.span(&format!("workflow.{name}.trigger"));
    Some(
        Diagnostic::warning(risk::EITHER_DAY, message, span, "either day is enough, as in every cron")
            .help("write `*` in one of the two fields, or a trigger for each"),
    )
}

/// A workflow that serves a promise, starts by itself, and may hang. Where an rpo is promised, that is an error.
fn may_take_forever(policy: &Policy<'_>, name: &str, workflow: Work<'_>) -> Option<Diagnostic> {
    let objective = workflow.objective?;
    let promised = policy.ir.objectives.get(objective)?.rpo.is_some() && policy.makes_copies(name);
    if promised || workflow.within.is_some() || workflow.triggers.is_empty() {
        return None;
    }
    let message = format!("nothing says how long a run of `{name}` may take");
    let span = policy.span(&format!("workflow.{name}"));
    Some(
        Diagnostic::warning(risk::MAY_TAKE_FOREVER, message, span, "no `within`")
            .note("a run that hangs is never late, and the next one waits behind it")
            .help("say it: `within: 2h`"),
    )
}

/// The first parallel block with two branches that move data and that no pool bounds.
fn no_pool(
    policy: &Policy<'_>,
    name: &str,
    steps: &HashMap<&str, &Step>,
    block: &Block,
) -> Option<Diagnostic> {
    let (blocks, open) = match block {
        Block::Step(_) => return None,
        Block::Parallel { limit, branches } => (branches.as_slice(), limit.is_none()),
        other => (other.children(), false),
    };
    let unbounded: Vec<&str> = blocks.iter().filter_map(|branch| first_unbounded(steps, branch)).collect();
    if let ([first, second, ..], true) = (unbounded.as_slice(), open) {
        let place = |step: &str| policy.span(&format!("workflow.{name}.step.{step}"));
        let message = format!(
            "{} steps of `{name}` read and write side by side, and no pool bounds them",
            unbounded.len()
        );
        return Some(
            Diagnostic::warning(risk::NO_POOL, message, place(first), "this one")
                .label(place(second), "and this one")
                .help("give their sources or repos a `pool`, or the block a limit: `parallel(limit: 2)`"),
        );
    }
    blocks.iter().find_map(|inner| no_pool(policy, name, steps, inner))
}

/// A step of this branch that moves data and claims nothing.
fn first_unbounded<'a>(steps: &HashMap<&str, &Step>, branch: &'a Block) -> Option<&'a str> {
    match branch {
        Block::Step(id) => {
            let step = steps.get(id.as_str())?;
            let moves = matches!(&step.action, Action::Stages(calls) if calls.iter().any(|call| matches!(call.name.as_str(), "store" | "replicate")));
            (moves && step.claims.is_empty()).then_some(id)
        }
        other => other.children().iter().find_map(|inner| first_unbounded(steps, inner)),
    }
}

/// A second workflow that copies what a first one left, both at a time of the day: only the clock keeps them apart.
fn clock_tied(policy: &Policy<'_>) -> Vec<Diagnostic> {
    let mut found: Vec<(String, Diagnostic)> = Vec::new();
    for copy in &policy.flows().copies {
        let Origin::Latest { repo } = copy.origin else { continue };
        let makers = policy.flows().copies.iter().filter(|other| {
            (other.source, other.repo) == (copy.source, repo) && other.workflow != copy.workflow
        });
        for maker in makers.filter(|maker| same_rhythm(policy, maker.workflow, copy.workflow)) {
            if !found.iter().any(|(workflow, _)| workflow == copy.workflow) {
                found.push((copy.workflow.to_owned(), tied(policy, maker.workflow, copy.workflow, repo)));
            }
        }
    }
    found.into_iter().map(|(_, said)| said).collect()
}

fn tied(policy: &Policy<'_>, first: &str, second: &str, repo: &str) -> Diagnostic {
    let span = |workflow: &str| policy.span(&format!("workflow.{workflow}.trigger"));
    let message = format!(
        "`{second}` copies what `{first}` left in `{repo}`, and only the clock says that it is there"
    );
    Diagnostic::warning(risk::CLOCK_TIED, message, span(second), "hopes that the other has ended")
        .label(span(first), "may end later one day")
        .note(format!(
            "when `{first}` takes longer once, the copy of its last run is carried on, and nothing says so"
        ))
        .help(format!("write `trigger: after_success({first})`"))
}

/// How often a workflow starts by the clock alone.
#[derive(PartialEq, Eq)]
enum Rhythm {
    Each(DurationMs),
    Daily,
    Weekly(u8),
    Monthly(u8),
}

/// Whether both run at a time of each day, of the same day of each week or month, or after the same time each.
fn same_rhythm(policy: &Policy<'_>, first: &str, second: &str) -> bool {
    let rhythm = |workflow: &str| match policy.ir.work(workflow)?.1.triggers {
        [Trigger::Every { interval, .. }] => Some(Rhythm::Each(*interval)),
        [Trigger::Daily { .. }] => Some(Rhythm::Daily),
        [Trigger::Weekly { day, .. }] => Some(Rhythm::Weekly(*day)),
        [Trigger::Monthly { day, .. }] => Some(Rhythm::Monthly(*day)),
        [Trigger::Cron { expression, .. }] => rhythm_of_cron(expression),
        _ => None,
    };
    rhythm(first).is_some() && rhythm(first) == rhythm(second)
}

/// That of `30 2 * * *` and `30 2 * * 0`: one time of each day, or of one day of each week.
fn rhythm_of_cron(expression: &str) -> Option<Rhythm> {
    let fields: Vec<&str> = expression.split_ascii_whitespace().collect();
    let [minute, hour, "*", "*", weekday] = fields.as_slice() else { return None };
    let one = |field: &str| field.parse::<u8>().ok();
    one(minute).and(one(hour))?;
    match *weekday {
        "*" => Some(Rhythm::Daily),
        // Sunday is 0 or 7 there, and 7 in the IR.
        day => Some(Rhythm::Weekly((one(day)? + 6) % 7 + 1)),
    }
}
