use super::*;
use crate::Action;

fn source(name: &str) -> Value {
    Value::Thing("source".into(), name.into())
}

fn repo(name: &str) -> Value {
    Value::Thing("repo".into(), name.into())
}

fn call(name: &str, args: &[(&str, Value)]) -> Call {
    let args = args.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Call { name: name.into(), args, within: None }
}

fn step(calls: Vec<Call>) -> Step {
    Step::new(Action::Stages(calls))
}

fn daily(count: u32) -> Value {
    Value::Retention(Retention { daily: count, ..Retention::default() })
}

fn two_workflows() -> Ir {
    let mut ir = Ir::new("p", 2026, "2026a");
    let mut nightly = Workflow::default();
    let protect = vec![
        call("discover", &[("of", source("home"))]),
        call("snapshot", &[]),
        call("encrypt", &[]),
        call("store", &[("to", repo("shelf"))]),
        call("verify", &[]),
        call("retain", &[("keep", daily(14))]),
    ];
    nightly.steps.insert("kept".into(), step(protect));
    let away = vec![
        call("replicate", &[("of", Value::Step("kept".into())), ("to", repo("away"))]),
        call("verify", &[]),
        call("retain", &[("keep", daily(7))]),
    ];
    nightly.steps.insert("away".into(), step(away));
    let mut month = Workflow::default();
    let filed = vec![
        call("latest", &[("of", source("home")), ("in", repo("shelf"))]),
        call("replicate", &[("to", repo("tape"))]),
    ];
    month.steps.insert("filed".into(), step(filed));
    let drill = vec![call("latest", &[("of", source("home")), ("in", repo("away"))]), call("drill", &[])];
    month.steps.insert("drilled".into(), step(drill));
    ir.workflows.insert("nightly".into(), nightly);
    ir.workflows.insert("month".into(), month);
    ir
}

#[test]
fn follows_store_replicate_and_latest() {
    let ir = two_workflows();
    let flows = ir.flows();
    let seen: Vec<_> =
        flows.copies.iter().map(|c| (c.source, c.repo, c.workflow, c.step, c.origin)).collect();
    assert_eq!(
        seen,
        [
            ("home", "shelf", "nightly", "kept", Origin::Source),
            ("home", "away", "nightly", "away", Origin::Copy { repo: "shelf" }),
            ("home", "tape", "month", "filed", Origin::Latest { repo: "shelf" }),
        ]
    );
    let rehearsal = Rehearsal { source: "home", repo: "away", workflow: "month", step: "drilled" };
    assert_eq!(flows.rehearsals, [rehearsal]);
}

#[test]
fn says_what_each_copy_keeps_and_whether_it_is_verified() {
    let ir = two_workflows();
    let kept: Vec<_> = ir.copies().iter().map(|c| (c.retain.map(|keep| keep.daily), c.verified)).collect();
    assert_eq!(kept, [(Some(14), true), (Some(7), true), (None, false)]);
}

#[test]
fn a_lookup_inside_an_argument_counts_like_one_in_the_chain() {
    let mut ir = two_workflows();
    let latest = Constructed {
        constructor: "latest".into(),
        fields: [("of".to_owned(), source("home")), ("in".to_owned(), repo("shelf"))].into_iter().collect(),
    };
    let nested = vec![call("replicate", &[("of", Value::Constructed(latest.into())), ("to", repo("tape"))])];
    let month = ir.workflows.get_mut("month").unwrap();
    month.steps.insert("filed".into(), step(nested));
    assert_eq!(ir.copies()[2].origin, Origin::Latest { repo: "shelf" });
}

#[test]
fn retain_in_another_workflow_is_found() {
    let mut ir = two_workflows();
    let late = vec![
        call("latest", &[("of", source("home")), ("in", repo("tape"))]),
        call("verify", &[]),
        call("retain", &[("keep", daily(3))]),
    ];
    ir.workflows.get_mut("month").unwrap().steps.insert("tidy".into(), step(late));
    let copies = ir.copies();
    assert_eq!((copies[2].retain.map(|keep| keep.daily), copies[2].verified), (Some(3), true));
}
