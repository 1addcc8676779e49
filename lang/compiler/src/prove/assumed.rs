//! What proofs about time take for granted, beyond what can be read off a policy.

use mainstay_calendar::events_only;
use mainstay_ir::{Ir, Overlap, Trigger, Work};

/// What every proof about time takes for granted.
pub(super) const ASSUMED: &str = "every run ends well and in time, and the machine is on";

/// What is taken for granted of some workflows beside [`ASSUMED`].
pub(super) fn of_workflows<'a>(ir: &Ir, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut all = Vec::new();
    for name in names {
        let found = ir.work(name).into_iter().flat_map(|(name, work)| of_one(name, work));
        for line in found {
            if !all.contains(&line) {
                all.push(line);
            }
        }
    }
    all
}

fn of_one(name: &str, workflow: Work<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    if workflow.other.contains_key("needs") {
        lines.push(format!("what `{name}` needs is there when it is due"));
    }
    if workflow.other.contains_key("window") {
        lines.push(format!("`{name}` is due inside its window, with time to end"));
    }
    let events = workflow.triggers.iter().any(|trigger| events_only(std::slice::from_ref(trigger)).is_some());
    let timed = workflow.triggers.iter().any(|trigger| !matches!(trigger, Trigger::Event { .. }));
    if events && timed && matches!(workflow.overlap, Overlap::Skip | Overlap::Replace) {
        lines.push(format!(
            "no event comes while a run of `{name}` is due or under way: it would {}",
            match workflow.overlap {
                Overlap::Skip => "leave the timed run out",
                _ => "cancel the timed run",
            }
        ));
    }
    lines
}
