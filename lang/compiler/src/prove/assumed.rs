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
        lines.push(events_between(name, workflow));
    }
    lines
}

/// What an event does to a timed run, and what that would cost: decision 0137 says why it is not counted.
fn events_between(name: &str, workflow: Work<'_>) -> String {
    let come = format!("no event comes while a run of `{name}` is due or under way");
    match (workflow.overlap, workflow.within) {
        // A timed run is left out only for one that began less than `within` before it.
        (Overlap::Skip, Some(within)) => {
            format!("{come}: it would leave the timed run out, and copies could be {within} older")
        }
        (Overlap::Skip, None) => format!("{come}: it would leave the timed run out"),
        _ => format!("{come}: it would cancel the timed run, and events that keep coming would cancel each"),
    }
}
