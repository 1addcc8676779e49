//! Pools: nothing asks for more than there is.
//!
//! A step claims all that it needs at once or waits without holding anything, so that two steps or
//! workflows can never wait for each other's slots: there is no hold-and-wait cycle to be found.

use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::graph;
use mainstay_ir::{Pool, Step, Value};

use super::policy::Policy;
use super::report::Report;

pub(super) fn check(policy: &Policy<'_>, report: &mut Report) {
    for (name, workflow) in &policy.ir.workflows {
        for (id, step) in &workflow.steps {
            for (pool_name, claimed) in &step.claims {
                let Some(pool) = policy.ir.pools.get(pool_name) else { continue };
                let restores = step.calls().iter().any(|call| call.name == "restore");
                if let Some(usable) = usable(pool, restores).filter(|usable| claimed > usable) {
                    over(policy, (name, id, step), pool_name, *claimed, usable, report);
                }
            }
        }
    }
}

/// The slots that a step can ever get; none where nothing is said.
fn usable(pool: &Pool, restores: bool) -> Option<u32> {
    let (_, most) = pool.slots?;
    let reserved = match pool.other.get("reserve") {
        Some(Value::Int(reserved)) if !restores => u32::try_from(*reserved).unwrap_or(0),
        _ => 0,
    };
    Some(most.saturating_sub(reserved))
}

fn over(
    policy: &Policy<'_>,
    (workflow, id, _): (&str, &str, &Step),
    pool: &str,
    claimed: u32,
    usable: u32,
    report: &mut Report,
) {
    let slots = |count: u32| if count == 1 { "1 slot".to_owned() } else { format!("{count} slots") };
    let message = format!(
        "step `{id}` needs {} of `{pool}` at once, and the pool has {usable} to give",
        slots(claimed)
    );
    let said = Diagnostic::error(
        graph::OVER_ASKED,
        message,
        policy.span(&format!("workflow.{workflow}.step.{id}")),
        "it would wait for ever",
    )
    .label(policy.span(&format!("pool.{pool}.slots")), format!("{} for work like this", slots(usable)))
    .help(match usable {
        0 => "give the pool a slot beyond those in `reserve`".to_owned(),
        _ => format!("claim {usable} at most, or give the pool {}", slots(claimed)),
    });
    report.add("over", format!("`{id}`"), said);
}
