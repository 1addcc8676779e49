//! One scene for each rule.

use std::collections::BTreeMap;
use std::sync::Arc;

use mainstay_ir::Rule;
use mainstay_journal::{Class, Event, Fault, Outcome};

use super::sim::*;
use crate::executor::door::ActError;
use crate::shape::Shape;

fn played(shape: Shape, scripts: &[(&str, Vec<Script>)]) -> Sim {
    let mut sim = Sim::new(&Arc::new(shape), Ground::default(), None);
    for (step, script) in scripts {
        sim.scripts.insert((*step).to_owned(), script.clone());
    }
    sim.start().unwrap();
    sim.go(i64::MAX).unwrap();
    sim
}

fn names(sim: &Sim) -> Vec<String> {
    sim.starts.iter().map(|(_, name, act)| format!("{name}.{act}")).collect()
}

#[test]
fn acts_follow_each_other_and_steps_their_waits() {
    let sim = played(
        shape(vec![("a", step(vec![backup(), verify()], &[])), ("b", step(vec![hook()], &["a"]))]),
        &[],
    );
    assert_eq!(names(&sim), ["a.0", "a.1", "b.0"]);
    assert_eq!(sim.run_outcome(), Outcome::Ok);
}

#[test]
fn a_failure_skips_what_needs_it_and_nothing_else() {
    let sim = played(
        shape(vec![
            ("a", step(vec![backup()], &[])),
            ("b", step(vec![backup()], &["a"])),
            ("c", step(vec![backup()], &[])),
        ]),
        &[("a", vec![Script::fails(Class::Permanent)])],
    );
    assert!(matches!(sim.outcome("b"), Outcome::Skipped { .. }));
    assert_eq!(sim.outcome("b").reason(), Some("`a` ended failed"));
    assert_eq!(sim.outcome("c"), Outcome::Ok);
    assert_eq!(sim.run_outcome().reason(), Some("`a`: as told"));
}

#[test]
fn a_step_for_failures_acts_only_then_and_is_not_missed() {
    let mut tidy = step(vec![hook()], &["a"]);
    tidy.needs = Rule::Failed("a".into());
    let policy = || shape(vec![("a", step(vec![backup()], &[])), ("tidy", tidy.clone())]);
    let sim = played(policy(), &[]);
    assert!(matches!(sim.outcome("tidy"), Outcome::Skipped { .. }));
    assert_eq!(sim.run_outcome(), Outcome::Ok);
    let sim = played(policy(), &[("a", vec![Script::fails(Class::Permanent)])]);
    assert_eq!(sim.outcome("tidy"), Outcome::Ok);
    assert_eq!(sim.run_outcome().word(), "failed");
}

#[test]
fn what_is_transient_is_tried_again_at_the_act_that_failed() {
    let fails = || Script::fails(Class::Transient);
    let sim = played(
        shape(vec![("a", step(vec![backup(), verify()], &[]))]),
        &[("a", vec![Script::ok(5), fails(), fails(), Script::ok(5)])],
    );
    assert_eq!(names(&sim), ["a.0", "a.1", "a.1", "a.1"]);
    assert_eq!(sim.outcome("a"), Outcome::Ok);
    assert_eq!(sim.ground.committed.len(), 1);
}

#[test]
fn tries_end() {
    let fails = || Script::fails(Class::Transient);
    let sim = played(
        shape(vec![("a", step(vec![backup()], &[]))]),
        &[("a", vec![fails(), fails(), fails(), Script::ok(1)])],
    );
    assert_eq!(names(&sim).len(), 3);
    assert_eq!(sim.outcome("a").word(), "failed");
}

#[test]
fn a_copy_without_its_later_guarantee_is_degraded_unless_it_is_damaged() {
    let acts = || shape(vec![("a", step(vec![backup(), verify(), retain()], &[]))]);
    let sim = played(acts(), &[("a", vec![Script::ok(5), Script::fails(Class::Permanent)])]);
    assert_eq!(sim.outcome("a").reason(), Some("stored, but not `verify`: as told"));
    assert_eq!(sim.run_outcome().word(), "degraded");
    let (class, fault) = (Class::Permanent, Fault::Damage);
    let damage = ActError::Failed { class, fault, reason: "a pack is not what it was".into() };
    let sim = played(acts(), &[("a", vec![Script::ok(5), Script { took_ms: 1, end: Err(damage) }])]);
    assert_eq!(sim.run_outcome().word(), "failed");
}

#[test]
fn a_degraded_copy_is_verified_and_copied() {
    let degraded = Outcome::Degraded { reason: "1 file".into() };
    let sim = played(
        shape(vec![("a", step(vec![backup(), verify()], &[])), ("b", step(vec![backup()], &["a"]))]),
        &[("a", vec![Script { took_ms: 1, end: Ok(degraded) }])],
    );
    assert_eq!(names(&sim), ["a.0", "a.1", "b.0"]);
    assert_eq!(sim.outcome("a").word(), "degraded");
    assert_eq!(sim.run_outcome().word(), "degraded");
}

#[test]
fn a_skip_that_costs_a_copy_is_not_ok() {
    let skipped = Outcome::Skipped { reason: "not now".into() };
    let sim = played(
        shape(vec![("gate", step(vec![hook()], &[])), ("a", step(vec![backup()], &["gate"]))]),
        &[("gate", vec![Script { took_ms: 1, end: Ok(skipped) }])],
    );
    assert_eq!(names(&sim), ["gate.0"]);
    assert_eq!(sim.run_outcome().word(), "skipped");
}

#[test]
fn slots_are_shared_and_the_longest_path_goes_first() {
    let mut short = step(vec![hook()], &[]);
    short.claims = BTreeMap::from([("disk".into(), 1)]);
    let mut long = short.clone();
    long.acts = vec![long.acts[0].clone()];
    let mut policy = shape(vec![("short", short), ("long", long), ("after", step(vec![hook()], &["long"]))]);
    policy.pools.insert("disk".into(), 1);
    let sim = played(policy, &[]);
    assert_eq!(names(&sim), ["long.0", "after.0", "short.0"]);
    let queued = sim.records().iter().filter(|record| record.event.name() == "step_scheduled").count();
    assert_eq!(queued, 1);
}

#[test]
fn a_smaller_step_passes_a_blocked_one_only_if_it_does_not_delay_it() {
    let claims = |slots: &[(&str, u32)]| slots.iter().map(|(pool, n)| ((*pool).to_owned(), *n)).collect();
    let with = |slots: &[(&str, u32)]| {
        let mut step = step(vec![hook()], &[]);
        step.claims = claims(slots);
        step
    };
    let mut policy = shape(vec![
        ("holder", with(&[("net", 1)])),
        ("big", with(&[("net", 2)])),
        ("small", with(&[("net", 1)])),
        ("other", with(&[("disk", 1)])),
    ]);
    policy.pools = BTreeMap::from([("net".into(), 2), ("disk".into(), 1)]);
    let sim = played(policy, &[]);
    assert_eq!(names(&sim), ["holder.0", "other.0", "big.0", "small.0"]);
}

#[test]
fn a_claim_for_more_than_there_is_takes_all_of_it() {
    let mut greedy = step(vec![hook()], &[]);
    greedy.claims = BTreeMap::from([("net".into(), 9)]);
    let mut policy = shape(vec![("greedy", greedy)]);
    policy.pools.insert("net".into(), 2);
    assert_eq!(played(policy, &[]).run_outcome(), Outcome::Ok);
}

#[test]
fn a_limited_block_runs_its_branches_one_at_a_time() {
    let in_branch = |branch, waits: &[&str]| {
        let mut step = step(vec![hook()], waits);
        step.limits = vec![limit(0, 1, branch)];
        step
    };
    let sim = played(
        shape(vec![
            ("a1", in_branch(0, &[])),
            ("a2", in_branch(0, &["a1"])),
            ("b1", in_branch(1, &[])),
            ("b2", in_branch(1, &["b1"])),
        ]),
        &[],
    );
    assert_eq!(names(&sim), ["a1.0", "a2.0", "b1.0", "b2.0"]);
}

#[test]
fn within_ends_a_run_and_says_so() {
    let mut policy = shape(vec![("a", step(vec![backup()], &[])), ("b", step(vec![backup()], &["a"]))]);
    policy.within_ms = Some(500);
    let sim = played(policy, &[]);
    assert_eq!(sim.ground.now_ms, 500);
    assert!(matches!(sim.outcome("a"), Outcome::Failed { fault: Fault::Late, .. }));
    assert_eq!(sim.outcome("b").word(), "skipped");
    assert!(matches!(sim.run_outcome(), Outcome::Failed { fault: Fault::Late, .. }));
    assert!(sim.ground.committed.is_empty());
}

#[test]
fn within_of_a_step_holds_for_all_its_tries() {
    let mut policy = shape(vec![("a", step(vec![backup()], &[]))]);
    policy.steps["a"].within_ms = Some(25);
    let fails = || Script::fails(Class::Transient);
    let sim = played(policy, &[("a", vec![fails(), fails(), fails()])]);
    assert!(sim.starts.iter().all(|(at, ..)| *at < 25), "{:?}", sim.starts);
    assert_eq!(sim.run_outcome().word(), "failed");
}

#[test]
fn a_cancelled_run_stops_what_is_under_way_and_begins_nothing() {
    let policy = shape(vec![("a", step(vec![backup()], &[])), ("b", step(vec![hook()], &["a"]))]);
    let mut sim = Sim::new(&Arc::new(policy), Ground::default(), None);
    sim.start().unwrap();
    sim.go(300).unwrap();
    sim.cancel().unwrap();
    sim.go(i64::MAX).unwrap();
    assert!(matches!(sim.run_outcome(), Outcome::Failed { fault: Fault::Cancelled, .. }));
    assert_eq!(names(&sim), ["a.0"]);
    assert!(sim.ground.committed.is_empty());
}

#[test]
fn a_lost_hook_is_not_repeated_by_itself() {
    let policy = Arc::new(shape(vec![("a", step(vec![hook()], &[]))]));
    let mut sim = Sim::new(&policy, Ground::default(), None);
    sim.start().unwrap();
    sim.go(300).unwrap();
    let mut again = Sim::new(&policy, sim.die(0), None);
    again.recover().unwrap();
    again.go(i64::MAX).unwrap();
    assert!(again.starts.is_empty());
    assert_eq!(again.run_outcome().word(), "failed");
}

#[test]
fn a_failed_run_goes_on_where_it_failed() {
    let policy = Arc::new(shape(vec![("a", step(vec![backup(), verify()], &[]))]));
    let mut sim = Sim::new(&policy, Ground::default(), None);
    sim.scripts.insert("a".into(), vec![Script::ok(1), Script::fails(Class::Permanent)]);
    sim.start().unwrap();
    sim.go(i64::MAX).unwrap();
    assert_eq!(sim.run_outcome().word(), "degraded");
    sim.resume();
    sim.go(i64::MAX).unwrap();
    assert_eq!(names(&sim), ["a.0", "a.1", "a.1"]);
    assert_eq!(sim.run_outcome(), Outcome::Ok);
}

#[test]
fn what_a_stale_attempt_says_changes_nothing() {
    let policy = Arc::new(shape(vec![("a", step(vec![backup()], &[]))]));
    let mut sim = Sim::new(&policy, Ground::default(), None);
    sim.start().unwrap();
    sim.go(300).unwrap();
    let mut again = Sim::new(&policy, sim.die(0), None);
    again.recover().unwrap();
    let before = again.state().clone();
    let token = before.attempts().keys().next().copied().unwrap();
    assert!(!again.may_go_on(token));
    again.go(i64::MAX).unwrap();
    let records = again.records();
    let late = Event::AttemptCompleted {
        token,
        outcome: Outcome::Failed { class: Class::Permanent, fault: Fault::Other, reason: String::new() },
        stored: None,
        figures: Default::default(),
    };
    let ended = again.state().run(&RUN).unwrap().clone();
    again.append(late);
    assert_eq!(again.state().run(&RUN).unwrap(), &ended);
    assert_eq!(again.records().len(), records.len() + 1);
}
