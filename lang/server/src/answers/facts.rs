//! What follows from a policy as it was last compiled: when it runs, how old its copies get, what they keep.

use jiff::Timestamp;
use mainstay_calendar::{Timetable, Zone, show};
use mainstay_compiler::prove::{CopyFacts, Facts, Worst, facts_with};
use mainstay_ir::{DurationMs, Ir};

use super::hover::Topic;

/// So many runs are named: enough to see the rhythm, a transition of the clocks now and then.
const NEXT_RUNS: usize = 5;

/// Paragraphs about one thing of a policy.
pub(crate) fn of(ir: &Ir, topic: &Topic, now: Timestamp) -> Vec<String> {
    let name = topic.name.as_str();
    match (topic.kind, topic.inside.as_deref()) {
        ("workflow", _) => workflow(ir, name, now),
        ("field", Some(inside)) if name == "trigger" => workflow(ir, inside, now),
        ("constructor", Some(inside)) if is_trigger(name) => workflow(ir, inside, now),
        ("objective", _) => promise(&known(ir), name),
        ("field", Some(objective)) if matches!(name, "rpo" | "keep" | "copies") => {
            promise(&known(ir), objective)
        }
        ("source", _) => copies(&known(ir), |copy| copy.source == name),
        ("repo", _) => copies(&known(ir), |copy| copy.repo == name),
        ("step", Some(inside)) => copies(&known(ir), |copy| {
            copy.makers.iter().any(|(workflow, step)| workflow == inside && step_name(step) == name)
        }),
        _ => Vec::new(),
    }
}

fn known(ir: &Ir) -> Facts {
    facts_with(ir, &Timetable::new(ir))
}

fn is_trigger(name: &str) -> bool {
    ["every", "daily", "weekly", "monthly", "cron", "change", "event", "webhook", "after_success", "wal"]
        .contains(&name)
}

/// The name of a step without the round of its loop.
fn step_name(id: &str) -> &str {
    id.split_once('[').map_or(id, |(name, _)| name)
}

fn workflow(ir: &Ir, name: &str, now: Timestamp) -> Vec<String> {
    let Some(workflow) = ir.workflows.get(name) else { return Vec::new() };
    let table = Timetable::new(ir);
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
    let facts = facts_with(ir, &table);
    let made_here = |copy: &CopyFacts| copy.makers.iter().any(|(workflow, _)| workflow == name);
    found.extend(copies(&facts, made_here));
    let objective = workflow.objective.as_deref();
    found.extend(objective.and_then(|objective| against(&facts, objective, made_here)));
    found
}

fn promise(facts: &Facts, name: &str) -> Vec<String> {
    let mut found: Vec<String> = against(facts, name, |_| true).into_iter().collect();
    found.extend(copies(facts, |copy| copy.objective.as_deref() == Some(name)));
    found
}

/// How old the copies for an objective can get, against what it promises.
fn against(facts: &Facts, objective: &str, wanted: impl Fn(&CopyFacts) -> bool) -> Option<String> {
    let serves = |copy: &&CopyFacts| copy.objective.as_deref() == Some(objective) && wanted(copy);
    let proved = facts.copies.iter().filter(serves).filter_map(|copy| Some((age(copy)?, copy)));
    let (worst, copy) = proved.max_by_key(|(age, _)| *age)?;
    let rpo = copy.rpo?;
    let verdict = if worst <= rpo { "kept" } else { "**not kept**" };
    let survives = match copy.survives {
        Some(1) => ", also when a run fails".to_owned(),
        Some(count @ 2..) => format!(", also when {count} runs in a row fail"),
        _ => String::new(),
    };
    Some(format!("Worst case: a copy is {worst} old; `{objective}` promises {rpo}: {verdict}{survives}"))
}

fn age(copy: &CopyFacts) -> Option<DurationMs> {
    match &copy.worst {
        Worst::Proved { age, .. } => Some(*age),
        Worst::Unknown { .. } => None,
    }
}

fn copies(facts: &Facts, wanted: impl Fn(&CopyFacts) -> bool) -> Vec<String> {
    let lines: Vec<String> = facts.copies.iter().filter(|copy| wanted(copy)).map(line).collect();
    if lines.is_empty() { Vec::new() } else { vec![format!("Copies:\n{}", listed(&lines))] }
}

fn line(copy: &CopyFacts) -> String {
    let CopyFacts { source, repo, .. } = copy;
    let old = match &copy.worst {
        Worst::Proved { age, sum, .. } => format!("at most {age} old ({sum})"),
        Worst::Unknown { why } => format!("nobody knows how old ({why})"),
    };
    let keeps = copy.retention.as_ref();
    let keeps = keeps.map_or("says nothing of how long".to_owned(), |keep| format!("keeps {keep}"));
    let verified = if copy.is_verified { "" } else { ", never verified" };
    format!("`{source}` in `{repo}`: {old}, {keeps}{verified}")
}

fn listed(lines: &[String]) -> String {
    lines.iter().map(|line| format!("- {line}")).collect::<Vec<_>>().join("\n")
}
