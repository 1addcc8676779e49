//! Risks in when and how workflows run.

use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::risk;
use mainstay_ir::{Action, Block, Origin, Trigger, Workflow};

use crate::prove::policy::Policy;

pub(super) fn look(policy: &Policy<'_>, found: &mut Vec<Diagnostic>) {
    for (name, workflow) in &policy.ir.workflows {
        found.extend(either_day(policy, name, workflow));
        found.extend(may_take_forever(policy, name, workflow));
        found.extend(no_pool(policy, name, workflow, &workflow.body));
    }
    found.extend(clock_tied(policy));
}

/// Both day fields of a cron expression say something, and either is enough.
fn either_day(policy: &Policy<'_>, name: &str, workflow: &Workflow) -> Option<Diagnostic> {
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
fn may_take_forever(policy: &Policy<'_>, name: &str, workflow: &Workflow) -> Option<Diagnostic> {
    let objective = workflow.objective.as_ref()?;
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
fn no_pool(policy: &Policy<'_>, name: &str, workflow: &Workflow, block: &Block) -> Option<Diagnostic> {
    let (blocks, open) = match block {
        Block::Step(_) => return None,
        Block::Parallel { limit, branches } => (branches.as_slice(), limit.is_none()),
        other => (other.children(), false),
    };
    let unbounded: Vec<&str> = blocks.iter().filter_map(|branch| first_unbounded(workflow, branch)).collect();
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
    blocks.iter().find_map(|inner| no_pool(policy, name, workflow, inner))
}

/// A step of this branch that moves data and claims nothing.
fn first_unbounded<'a>(workflow: &Workflow, branch: &'a Block) -> Option<&'a str> {
    match branch {
        Block::Step(id) => {
            let step = workflow.steps.get(id)?;
            let moves = matches!(&step.action, Action::Stages(calls) if calls.iter().any(|call| matches!(call.name.as_str(), "store" | "replicate")));
            (moves && step.claims.is_empty()).then_some(id)
        }
        other => other.children().iter().find_map(|inner| first_unbounded(workflow, inner)),
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
        .label(span(first), "may end later one night")
        .note(format!(
            "on the night `{first}` takes longer, yesterday's copy is carried on, and nothing says so"
        ))
        .help(format!("write `trigger: after_success({first})`"))
}

/// Whether both run at a time of each day, or both at one of each week.
fn same_rhythm(policy: &Policy<'_>, first: &str, second: &str) -> bool {
    let rhythm = |workflow: &str| match policy.ir.workflows.get(workflow)?.triggers.as_slice() {
        [Trigger::Daily { .. }] => Some(1),
        [Trigger::Weekly { day, .. }] => Some(7 + u32::from(*day)),
        _ => None,
    };
    rhythm(first).is_some() && rhythm(first) == rhythm(second)
}
