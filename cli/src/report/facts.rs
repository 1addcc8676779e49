//! What was proved of a policy.

use mainstay_compiler::prove::{CopyFacts, DrillFacts, Facts, Worst};
use mainstay_ir::{DurationMs, Retention};
use serde_json::{Value, json};

use super::words;

/// For machines.
pub fn document(facts: &Facts) -> Value {
    json!({
        "schema": "mainstay.facts/1",
        "assumed": facts.assumed,
        "copies": facts.copies.iter().map(copy).collect::<Vec<_>>(),
        "drills": facts.drills.iter().map(drill).collect::<Vec<_>>(),
    })
}

fn seconds(length: DurationMs) -> Value {
    json!(length.0 as f64 / 1000.0)
}

fn copy(copy: &CopyFacts) -> Value {
    let makers: Vec<String> =
        copy.makers.iter().map(|(workflow, step)| format!("{workflow}.{step}")).collect();
    json!({
        "source": copy.source,
        "repo": copy.repo,
        "objective": copy.objective,
        "makers": makers,
        "worst": worst(&copy.worst),
        "assumed": copy.assumed,
        "rpo_seconds": copy.rpo.map(seconds),
        "survives": copy.survives,
        "retention": copy.retention.as_ref().map(Retention::literal),
        "is_verified": copy.is_verified,
        "is_locked": copy.is_locked,
        "is_offline": copy.is_offline,
        "site": copy.site,
        "region": copy.region,
        "deleters": copy.deleters,
        "base": copy.base,
    })
}

fn worst(worst: &Worst) -> Value {
    match worst {
        Worst::Proved { age, chain, timeline, sum } => {
            json!({ "age_seconds": seconds(*age), "chain": chain, "timeline": timeline, "sum": sum, "unknown": null })
        }
        Worst::Unknown { why } => {
            json!({ "age_seconds": null, "chain": [], "timeline": [], "sum": "", "unknown": why })
        }
    }
}

fn drill(drill: &DrillFacts) -> Value {
    let (workflow, step) = &drill.maker;
    json!({
        "source": drill.source,
        "repo": drill.repo,
        "objective": drill.objective,
        "maker": format!("{workflow}.{step}"),
        "worst": worst(&drill.worst),
        "promised_seconds": drill.promised.map(seconds),
    })
}

/// For people.
pub fn lines(facts: &Facts) -> Vec<String> {
    let mut lines = Vec::new();
    for one in &facts.copies {
        lines.extend(copy_lines(one));
    }
    for one in &facts.drills {
        let goal = one.promised.map(|most| format!(", promised every {most}")).unwrap_or_default();
        lines.push(format!(
            "drill of {} out of {}, by {}: {}{goal}",
            one.source,
            one.repo,
            one.maker.0,
            aged(&one.worst)
        ));
    }
    lines.push(format!("assumed: {}", facts.assumed));
    lines
}

fn aged(worst: &Worst) -> String {
    match worst {
        Worst::Proved { age, sum, .. } => format!("at worst {age} ({sum})"),
        Worst::Unknown { why } => format!("nobody knows how old: {why}"),
    }
}

fn copy_lines(copy: &CopyFacts) -> Vec<String> {
    let goal = copy.objective.as_ref().map(|name| format!(" for {name}")).unwrap_or_default();
    let rpo = copy.rpo.map(|rpo| format!(", RPO {rpo}")).unwrap_or_default();
    let mut lines =
        vec![format!("copy of {} in {}{goal}: {}{rpo}", copy.source, copy.repo, aged(&copy.worst))];
    if let Worst::Proved { timeline, .. } = &copy.worst {
        lines.extend(timeline.iter().map(|line| format!("  {line}")));
    }
    if let Some(survives) = copy.survives {
        lines.push(format!(
            "  the promise survives {} in a row",
            words::counted(u64::from(survives), "failed run")
        ));
    }
    lines.extend(copy.assumed.iter().map(|assumed| format!("  assumed: {assumed}")));
    let keeps =
        copy.retention.as_ref().map_or("nobody says what is kept".to_owned(), |keep| format!("keeps {keep}"));
    let read = if copy.is_verified { "read back" } else { "never read back" };
    let deleters = match (copy.is_locked, copy.is_offline, copy.deleters.as_slice()) {
        (true, ..) => "locked".to_owned(),
        (_, true, _) => "offline".to_owned(),
        (.., []) => "nobody says who can delete it".to_owned(),
        (.., names) => format!("deletable by {}", names.join(", ")),
    };
    lines.push(format!("  {keeps}; {read}; {deleters}"));
    lines
}
