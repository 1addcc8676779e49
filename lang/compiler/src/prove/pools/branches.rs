//! The rules of a pool that adapts: `by_time(during(..), otherwise:)`, `by_load(probe, below(..), otherwise:)`, ranges.
//!
//! The first branch that holds counts. So one whose window or limit lies inside an earlier one is never taken.

use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::graph;
use mainstay_ir::{Constructed, Pool, Value};

use crate::prove::policy::Policy;
use crate::prove::report::Report;
use crate::words;

/// The names of the branches, in order: four at most.
const BRANCHES: [&str; 4] = ["first", "second", "third", "fourth"];

/// Minutes of a day.
const DAY: u16 = 1440;

/// The most slots that a pool ever has; none where nothing is said.
pub(super) fn most_slots(pool: &Pool) -> Option<u32> {
    let fixed = pool.slots.map(|(_, most)| most);
    fixed.or_else(|| {
        let adaptive = adaptive(pool, "slots")?;
        let counts = values(adaptive).into_iter().filter_map(|value| match value {
            Value::Int(count) => u32::try_from(*count).ok(),
            _ => None,
        });
        counts.max()
    })
}

fn adaptive<'a>(pool: &'a Pool, field: &str) -> Option<&'a Constructed> {
    match pool.other.get(field)? {
        Value::Constructed(made) => Some(made),
        _ => None,
    }
}

fn branches(made: &Constructed) -> impl Iterator<Item = &Constructed> {
    BRANCHES.iter().filter_map(|name| match made.fields.get(*name)? {
        Value::Constructed(branch) => Some(&**branch),
        _ => None,
    })
}

/// What the branches and `otherwise` give.
fn values(made: &Constructed) -> Vec<&Value> {
    let given = branches(made).filter_map(|branch| branch.fields.get("value"));
    given.chain(made.fields.get("otherwise")).collect()
}

pub(super) fn check(policy: &Policy<'_>, name: &str, pool: &Pool, report: &mut Report) {
    ends(policy, name, pool, report);
    for field in ["slots", "rate"] {
        let Some(made) = adaptive(pool, field) else { continue };
        let place = policy.span(&format!("pool.{name}.{field}"));
        let unfit = values(made).into_iter().find_map(|value| unfit(field, value));
        if let Some((found, wanted)) = unfit {
            let message = format!("the `{field}` of `{name}` are given as {found} in one of its branches");
            let said = Diagnostic::error(graph::POOL_VALUE, message, place, format!("wants {wanted}"))
                .help(format!("write {wanted} in each branch and in `otherwise`"));
            report.add("unfit", format!("`{name}`"), said);
        } else if values(made).iter().all(|value| matches!(value, Value::Int(0) | Value::Rate(0))) {
            let message = format!("no branch of `{name}` ever lets anybody work");
            let said = Diagnostic::error(graph::POOL_VALUE, message, place, "nothing in each of them")
                .help("give one of the branches more than nothing");
            report.add("unfit", format!("`{name}`"), said);
        }
        let all: Vec<&Constructed> = branches(made).collect();
        for (number, branch) in all.iter().enumerate() {
            let earlier = all.iter().take(number).find(|earlier| covers(earlier, branch));
            let Some(earlier) = earlier else { continue };
            let message = format!("the branch `{}` of `{name}` is never taken", shown(branch));
            let said =
                Diagnostic::error(graph::NEVER_TAKEN, message, place, "the first branch that holds counts")
                    .note(format!("whenever it holds, `{}` before it holds too", shown(earlier)))
                    .help("put the narrower branch first, or take it out");
            report.add("never", format!("`{name}`"), said);
        }
    }
}

/// A range that runs backwards, or begins with nothing.
fn ends(policy: &Policy<'_>, name: &str, pool: &Pool, report: &mut Report) {
    let slots = pool.slots.map(|(low, high)| ("slots", u64::from(low), u64::from(high)));
    let rate = match pool.other.get("rate") {
        Some(Value::Range(Some(low), Some(high))) => match (&**low, &**high) {
            (Value::Rate(low), Value::Rate(high)) => Some(("rate", *low, *high)),
            _ => None,
        },
        _ => None,
    };
    for (field, low, high) in [slots, rate].into_iter().flatten() {
        let wrong = if low > high {
            "runs backwards"
        } else if low == 0 {
            "may be nothing"
        } else {
            continue;
        };
        let message = format!("the `{field}` of `{name}` {wrong}");
        let place = policy.span(&format!("pool.{name}.{field}"));
        let said = Diagnostic::error(graph::POOL_VALUE, message, place, "from the least to the most")
            .help("write the smaller end first, and at least one");
        report.add("unfit", format!("`{name}`"), said);
    }
}

/// What a value is and what it should be, where it is another.
fn unfit(field: &str, value: &Value) -> Option<(&'static str, &'static str)> {
    match (field, value) {
        ("slots", Value::Rate(_)) => Some(("a rate", "a number")),
        ("rate", Value::Int(_)) => Some(("a number", "a rate, such as `100Mbit/s`")),
        _ => None,
    }
}

/// Whether one branch holds whenever another does.
fn covers(earlier: &Constructed, later: &Constructed) -> bool {
    let field = |branch: &Constructed, name: &str| branch.fields.get(name).cloned();
    match (field(earlier, "window"), field(later, "window")) {
        (Some(Value::Window(from, to)), Some(Value::Window(start, end))) => {
            let after = |minute: u16| (minute + DAY - from) % DAY;
            let length = |from: u16, to: u16| if from == to { DAY } else { (to + DAY - from) % DAY };
            after(start) + length(start, end) <= length(from, to)
        }
        _ => match (field(earlier, "limit"), field(later, "limit")) {
            (Some(Value::Percent(earlier)), Some(Value::Percent(later))) => later <= earlier,
            _ => false,
        },
    }
}

/// A branch as it is written.
fn shown(branch: &Constructed) -> String {
    let condition = branch.fields.get("window").or_else(|| branch.fields.get("limit"));
    let condition = condition.map(words::value).unwrap_or_default();
    format!("{}({condition}, ..)", branch.constructor)
}
