use mainstay_ir::{Action, Call, DurationMs, Ir, Step, Trigger, Value, Workflow};

use super::*;

fn thing(kind: &str, name: &str) -> Value {
    Value::Thing(kind.into(), name.into())
}

fn call(name: &str, args: &[(&str, Value)]) -> Call {
    let args = args.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Call { name: name.into(), args, within: None }
}

fn workflow(hours: u64, calls: Vec<Call>) -> Workflow {
    let step = Step::new(Action::Stages(calls));
    let every = Trigger::Every { interval: DurationMs::hours(hours), jitter: DurationMs(0) };
    let steps = [("step".to_owned(), step)].into();
    Workflow { triggers: vec![every], within: Some(DurationMs::hours(1)), steps, ..Workflow::default() }
}

fn store(repo: &str) -> Vec<Call> {
    vec![call("discover", &[("of", thing("source", "s"))]), call("store", &[("to", thing("repo", repo))])]
}

fn carry(from: &str, to: &str) -> Vec<Call> {
    let latest = call("latest", &[("of", thing("source", "s")), ("in", thing("repo", from))]);
    vec![latest, call("replicate", &[("to", thing("repo", to))])]
}

fn hours(age: &Age<'_>) -> Option<u64> {
    age.as_ref().ok().map(|parts| total(parts).0 / 3_600_000)
}

#[test]
fn the_shortest_way_counts_and_circles_do_no_harm() {
    let mut ir = Ir::new("p", 2026, "2026a");
    let mut put =
        |name: &str, hours, calls| drop(ir.workflows.insert(name.to_owned(), workflow(hours, calls)));
    put("long", 5, carry("b", "c"));
    put("back", 2, carry("c", "a"));
    put("first", 4, store("a"));
    put("second", 3, carry("a", "b"));
    put("short", 20, carry("a", "c"));
    put("lost", 1, carry("x", "y"));
    put("round", 1, carry("y", "z"));
    let table = Timetable::new(&ir);
    let ages = table.ages();
    // first 4 + 1; second + 3 + 1; long + 5 + 1; back + 2 + 1; short 5 + 20 + 1.
    let found: Vec<_> = ages.iter().map(hours).collect();
    assert_eq!(found, [Some(15), Some(18), Some(5), Some(9), Some(26), None, None]);
    assert_eq!(ages[5].as_ref().unwrap_err(), &Unprovable::NoMaker { source_name: "s", repo: "x" });
}

#[test]
fn what_cannot_be_said_of_one_cannot_be_said_of_its_copies() {
    let mut ir = Ir::new("p", 2026, "2026a");
    let mut endless = workflow(4, store("a"));
    endless.within = None;
    ir.workflows.insert("carry".into(), workflow(3, carry("a", "b")));
    ir.workflows.insert("endless".into(), endless);
    let table = Timetable::new(&ir);
    assert!(table.ages().iter().all(|age| age.as_ref().unwrap_err() == &Unprovable::NoWithin("endless")));
}

/// Each repo is copied to each other: ways through it are more than can be counted.
#[test]
fn many_ways_cost_no_more_than_many_copies() {
    let mut ir = Ir::new("p", 2026, "2026a");
    ir.workflows.insert("first".into(), workflow(1, store("r0")));
    let repos: Vec<String> = (0..40).map(|n| format!("r{n}")).collect();
    for (from, to) in repos.iter().flat_map(|from| repos.iter().map(move |to| (from, to))) {
        if from != to {
            ir.workflows.insert(format!("{from}_{to}"), workflow(1, carry(from, to)));
        }
    }
    let table = Timetable::new(&ir);
    assert!(table.ages().iter().all(|age| hours(age).is_some_and(|hours| hours <= 6)));
}
