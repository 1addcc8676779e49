use super::*;
use crate::{Action, Ending};

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
    let drills: Vec<_> =
        flows.rehearsals.iter().map(|it| (it.source, it.repo, it.workflow, it.step)).collect();
    assert_eq!(drills, [("home", "away", "month", "drilled")]);
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

/// `finally` verifies and copies on, `on failure` verifies, rehearses and keeps less.
fn closed() -> Ir {
    let mut ir = two_workflows();
    let month = ir.workflows.get_mut("month").unwrap();
    month.steps.shift_remove("drilled");
    let tape = |calls: &[Call]| {
        let latest = call("latest", &[("of", source("home")), ("in", repo("tape"))]);
        step([&[latest], calls].concat())
    };
    let close = |on: &[Ending], steps: Vec<(&str, Step)>| Close {
        on: on.to_vec(),
        steps: steps.into_iter().map(|(id, step)| (id.to_owned(), step)).collect(),
        ..Close::default()
    };
    let on = vec![
        call("replicate", &[("of", Value::Step("filed".into())), ("to", repo("attic"))]),
        call("verify", &[]),
    ];
    let drill = tape(&[call("drill", &[]), call("retain", &[("keep", daily(2))])]);
    month.closes = vec![
        close(&[], vec![("looked", tape(&[call("verify", &[])])), ("on", step(on))]),
        close(&[Ending::Failure], vec![("tried", drill)]),
    ];
    ir
}

#[test]
fn what_closes_copies_nothing_that_a_promise_counts_on() {
    let ir = closed();
    let flows = ir.flows();
    let made = |copy: &SourceCopy<'_>| (copy.repo.to_owned(), copy.step.to_owned());
    assert_eq!(flows.copies.len(), 3);
    let closing: Vec<_> = flows.closing.iter().map(|it| (made(&it.copy), it.when)).collect();
    assert_eq!(closing, [(("attic".to_owned(), "on".to_owned()), When::Finally)]);
    assert_eq!(flows.closing[0].copy.origin, Origin::Copy { repo: "tape" });
    assert!(flows.closing[0].copy.verified && flows.copies[2].verified);
}

#[test]
fn what_is_done_on_a_failure_only_reads_nothing_back_and_forgets_all_the_same() {
    let mut ir = closed();
    let tape = |ir: &Ir| {
        let flows = ir.flows();
        let kept: Vec<u32> = flows.kept.iter().map(|kept| kept.keep.daily).collect();
        (flows.rehearsals.len(), flows.copies[2].verified, flows.copies[2].retain.map(|it| it.daily), kept)
    };
    assert_eq!(tape(&ir), (0, true, Some(2), vec![14, 7, 2]));
    let closes = &mut ir.workflows.get_mut("month").unwrap().closes;
    closes[0].on = vec![Ending::Late];
    closes[1].on.clear();
    assert_eq!(tape(&ir), (1, false, Some(2), vec![14, 7, 2]));
}

#[test]
fn what_is_not_encrypted_on_its_way_is_not_sealed() {
    let mut ir = two_workflows();
    let sealed = |ir: &Ir| ir.copies().iter().map(|copy| copy.sealed).collect::<Vec<_>>();
    assert_eq!(sealed(&ir), [true, true, true]);
    let Action::Stages(calls) = &mut ir.workflows.get_mut("nightly").unwrap().steps["kept"].action else {
        panic!()
    };
    calls.retain(|call| call.name != "encrypt");
    assert_eq!(sealed(&ir), [false, false, true]);
}
