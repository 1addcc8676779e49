//! What follows from a policy as it was last compiled: when it runs, how old its copies get, what they keep.

use jiff::Timestamp;
use mainstay_calendar::{Timetable, Zone, show, total};
use mainstay_ir::{Ir, Retention, SourceCopy};

use super::hover::Topic;
use super::words::kept;

/// So many runs are named: enough to see the rhythm, a transition of the clocks now and then.
const NEXT_RUNS: usize = 5;

/// Paragraphs about one thing of a policy.
pub(crate) fn of(ir: &Ir, topic: &Topic, now: Timestamp) -> Vec<String> {
    let table = Timetable::new(ir);
    let about = |workflow: &str| workflow_facts(ir, &table, workflow, now);
    match (topic.kind, topic.inside.as_deref()) {
        ("workflow", _) => about(&topic.name),
        ("field", Some(workflow)) if topic.name == "trigger" => about(workflow),
        ("constructor", Some(workflow)) if is_trigger(&topic.name) => about(workflow),
        ("objective", _) => promise(ir, &table, &topic.name),
        ("field", Some(objective)) if matches!(topic.name.as_str(), "rpo" | "keep" | "copies") => {
            promise(ir, &table, objective)
        }
        ("source", _) => copies(&table, |copy| copy.source == topic.name),
        ("repo", _) => copies(&table, |copy| copy.repo == topic.name),
        ("step", Some(workflow)) => {
            copies(&table, |copy| copy.workflow == workflow && step_name(copy.step) == topic.name)
        }
        _ => Vec::new(),
    }
}

fn is_trigger(name: &str) -> bool {
    ["every", "daily", "weekly", "monthly", "cron", "change", "event", "webhook", "after_success", "wal"]
        .contains(&name)
}

/// The name of a step without the round of its loop.
fn step_name(id: &str) -> &str {
    id.split_once('[').map_or(id, |(name, _)| name)
}

fn workflow_facts(ir: &Ir, table: &Timetable<'_>, name: &str, now: Timestamp) -> Vec<String> {
    let Some(workflow) = ir.workflows.get(name) else { return Vec::new() };
    let mut found = Vec::new();
    if let Some(schedule) = table.schedule(name) {
        let zone = schedule.zone().cloned().unwrap_or_else(Zone::utc);
        let runs: Vec<String> = schedule.fires(now).take(NEXT_RUNS).map(|at| show(at, &zone)).collect();
        if !runs.is_empty() {
            found.push(format!("Next runs:\n{}", listed(&runs)));
        }
        if let Some(extremes) = table.extremes(name) {
            let bound = if extremes.exact { "" } else { " at most" };
            found.push(format!("Widest gap{bound}: {}", extremes.largest.length()));
        }
    } else if workflow.triggers.is_empty() {
        found.push("Runs by hand only.".to_owned());
    }
    found.extend(copies(table, |copy| copy.workflow == name));
    found.extend(workflow.objective.iter().filter_map(|objective| against(ir, table, objective, Some(name))));
    found
}

fn promise(ir: &Ir, table: &Timetable<'_>, name: &str) -> Vec<String> {
    let mut found: Vec<String> = against(ir, table, name, None).into_iter().collect();
    let serves = |copy: &SourceCopy<'_>| ir.objective_of(copy.workflow) == Some(name);
    found.extend(copies(table, serves));
    found
}

/// How old the copies for an objective can get, against what it promises.
fn against(ir: &Ir, table: &Timetable<'_>, objective: &str, workflow: Option<&str>) -> Option<String> {
    let rpo = ir.objectives.get(objective)?.rpo?;
    let copies = table.flows().copies.iter().zip(table.ages());
    let serves = |copy: &SourceCopy<'_>| {
        ir.objective_of(copy.workflow) == Some(objective)
            && workflow.is_none_or(|workflow| copy.workflow == workflow)
    };
    let ages = copies.filter(|(copy, _)| serves(copy)).filter_map(|(_, age)| age.as_ref().ok());
    let worst = ages.map(|parts| total(parts)).max()?;
    let verdict = if worst <= rpo { "kept" } else { "**not kept**" };
    Some(format!("Worst case: a copy is {worst} old; `{objective}` promises {rpo}: {verdict}"))
}

fn copies(table: &Timetable<'_>, wanted: impl Fn(&SourceCopy<'_>) -> bool) -> Vec<String> {
    let all = table.flows().copies.iter().zip(table.ages());
    let lines: Vec<String> = all
        .filter(|(copy, _)| wanted(copy))
        .map(|(copy, age)| {
            let keeps = copy.retain.map_or("says nothing of how long".to_owned(), retained);
            let verified = if copy.verified { "" } else { ", never verified" };
            let old = match age {
                Ok(parts) => format!("at most {} old", total(parts)),
                Err(_) => "its age cannot be proved".to_owned(),
            };
            format!("`{}` in `{}`: {old}, {keeps}{verified}", copy.source, copy.repo)
        })
        .collect();
    if lines.is_empty() { Vec::new() } else { vec![format!("Copies:\n{}", listed(&lines))] }
}

fn retained(keep: &Retention) -> String {
    format!("keeps {}", kept(keep))
}

fn listed(lines: &[String]) -> String {
    lines.iter().map(|line| format!("- {line}")).collect::<Vec<_>>().join("\n")
}
