use mainstay_engine::report::{
    ActPlan, ArtefactState, CopyPlan, DryRun, Effect, NEW_SNAPSHOT, Plan, RetainLine, StepPlan, WorkflowPlan,
};

use super::Look;
use crate::report::table::{Table, clean};
use crate::report::words;

/// How many characters of the hash of a policy people see.
const HASH_DIGITS: usize = 12;

/// What the next runs would do.
pub fn plan(plan: &Plan, look: &Look) -> Vec<String> {
    let hash = plan.policy_hash.get(..HASH_DIGITS).unwrap_or(&plan.policy_hash);
    let mut lines =
        vec![format!("{} on {}    policy {hash}    read only: nothing was written", plan.policy, plan.host)];
    for workflow in &plan.workflows {
        lines.push(String::new());
        lines.extend(one(workflow, look));
    }
    if plan.workflows.is_empty() {
        lines.push("the policy has no workflow".to_owned());
    }
    lines
}

fn one(workflow: &WorkflowPlan, look: &Look) -> Vec<String> {
    let goal = workflow.objective.as_ref().map(|name| format!(" for {name}")).unwrap_or_default();
    let mut lines = vec![format!("{}{goal}", workflow.workflow)];
    lines.extend(workflow.docs.iter().map(|doc| format!("  {}", doc.trim())));
    let bound = |name: &str, ms: Option<u64>| {
        ms.map(|ms| format!("  {name} {}", words::span(ms))).unwrap_or_default()
    };
    let next = match workflow.next_ms.first() {
        Some(at) => format!("next {} ({})", look.minute(*at), look.age(*at)),
        None => "runs by hand only".to_owned(),
    };
    lines.push(format!("  {next}{}{}", bound("RPO", workflow.rpo_ms), bound("within", workflow.within_ms)));
    lines.extend(steps(workflow, look).lines().into_iter().map(|line| format!("  {line}")));
    lines.extend(due(workflow, look));
    lines.push(format!("  mode: {}: {}", workflow.mode.word(), workflow.why));
    for copy in &workflow.copies {
        let verified = if copy.is_verified { "read back" } else { "never read back" };
        lines.push(format!("  copy: {} in {}, made by {}, {verified}", copy.source, copy.repo, copy.step));
        lines.extend(copy.worst_ms.map(|worst| age(worst, copy)));
    }
    lines.extend(workflow.retention.iter().filter_map(retention));
    lines
}

/// How old a copy can be, and how much of that is in reserve.
fn age(worst_ms: u64, copy: &CopyPlan) -> String {
    let reserve = match copy.survives {
        None => String::new(),
        Some(0) => "; one failed run breaks the promise".to_owned(),
        Some(failed) => {
            format!("; {} in a row keep the promise", words::counted(u64::from(failed), "failed run"))
        }
    };
    format!("    at worst {} old ({}){reserve}", words::span(worst_ms), copy.worst_sum)
}

fn steps(workflow: &WorkflowPlan, look: &Look) -> Table {
    let mut table = Table::new(&[">#", "step", "after", "usually", "data", "pools", "does"]);
    for step in &workflow.steps {
        let after = step.after.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
        let pools =
            step.pools.iter().map(|(pool, slots)| format!("{pool} {slots}")).collect::<Vec<_>>().join(", ");
        let dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
        table.row([
            step.number.to_string(),
            step.step.clone(),
            dash(after),
            step.usual_ms.map_or("unknown".to_owned(), words::span),
            step.last_bytes.map_or("unknown".to_owned(), words::bytes),
            dash(pools),
            acts(step, look),
        ]);
    }
    table
}

fn acts(step: &StepPlan, look: &Look) -> String {
    let act = |act: &ActPlan| {
        let effect = done(act, look).unwrap_or_else(|| {
            match act.effect {
                Effect::Reads => "",
                Effect::Adds => " (adds)",
                Effect::Forgets => " (forgets)",
                Effect::Runs => " (runs a program)",
            }
            .to_owned()
        });
        let on = if act.on.is_empty() { String::new() } else { format!(" {}", clean(&act.on)) };
        format!("{}{on}{effect}", act.act)
    };
    step.acts.iter().map(act).collect::<Vec<_>>().join(", ")
}

/// What is there of an act that has nothing new to do.
fn done(act: &ActPlan, look: &Look) -> Option<String> {
    let made = act.artefact.as_ref().filter(|made| made.state == ArtefactState::There)?;
    let (snapshot, at) = (made.snapshot.as_deref()?, look.minute(made.at_ms?));
    Some(match act.effect {
        Effect::Adds => format!(" (is there: {snapshot} of {at})"),
        Effect::Reads => format!(" (done: {snapshot} at {at})"),
        Effect::Forgets | Effect::Runs => " (nothing to forget)".to_owned(),
    })
}

/// What is still to be made in the slot that the plan's moment lies in.
fn due(workflow: &WorkflowPlan, look: &Look) -> Vec<String> {
    let steps = |state| {
        let of = workflow.steps.iter().filter(move |step| step.artefact == Some(state));
        of.map(|step| step.step.as_str()).collect::<Vec<_>>().join(", ")
    };
    let (due, unknown) = (steps(ArtefactState::Due), steps(ArtefactState::Unknown));
    let since = workflow.slot_ms.map_or("now".to_owned(), |at| format!("slot since {}", look.minute(at)));
    let unread = (!unknown.is_empty()).then(|| format!("  {since}: unknown what is there of {unknown}"));
    let said = match (due.is_empty(), unknown.is_empty()) {
        (false, _) => Some(format!("  {since}: to be made: {due}")),
        (true, true) if !steps(ArtefactState::There).is_empty() => {
            Some(format!("  {since}: nothing new: what its steps make is there"))
        }
        _ => None,
    };
    said.into_iter().chain(unread).collect()
}

fn retention(line: &RetainLine) -> Option<String> {
    if let Some(fault) = &line.fault {
        let fault = clean(fault);
        return Some(format!("  retention: unknown for {} in {}: {fault}", line.source, line.repo));
    }
    let (kept, gone) = (line.rulings.len() - line.forgotten(), line.forgotten());
    let (stay, go) = (if kept == 1 { "stays" } else { "stay" }, if gone == 1 { "goes" } else { "go" });
    let new = if line.rulings.iter().any(|ruling| ruling.snapshot == NEW_SNAPSHOT) {
        " with the new one"
    } else {
        ""
    };
    let place = format!("{} in {}", line.source, line.repo);
    (gone > 0).then(|| format!("  retention: {place}: {kept} {stay}{new}, {gone} {go}"))
}

/// What `run --dry-run` found.
pub fn dry_run(dry: &DryRun, look: &Look) -> Vec<String> {
    let mut lines = plan(&dry.plan, look);
    lines.push(String::new());
    for source in &dry.sources {
        let word = look.paint(if source.fault.is_none() { "ok" } else { "failed" });
        let found = match (&source.fault, source.entries, source.bytes) {
            (Some(fault), ..) => clean(fault),
            (None, Some(entries), Some(bytes)) => {
                format!("{}, {}", words::counted(entries, "entry"), words::bytes(bytes))
            }
            (None, ..) => "is there and can be read".to_owned(),
        };
        lines.push(format!("{word}  source {}: {found}", source.source));
    }
    for repo in &dry.repos {
        let word = match (&repo.fault, repo.is_missing) {
            (None, _) => "ok",
            (Some(_), true) => "missing",
            (Some(_), false) => "failed",
        };
        let word = look.paint(word);
        let found = match (&repo.fault, repo.snapshots) {
            (Some(_), _) if repo.is_missing => {
                "is not there yet; `mainstay run --create` makes it".to_owned()
            }
            (Some(fault), _) => clean(fault),
            (None, Some(snapshots)) => words::counted(snapshots, "snapshot"),
            (None, None) => "can be used".to_owned(),
        };
        lines.push(format!("{word}  repo {} at {}: {found}", repo.repo, clean(&repo.place)));
    }
    lines.push("dry run: nothing was written, no program was run".to_owned());
    lines
}
