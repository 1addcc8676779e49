//! Pools and cycles.

use super::*;

fn body(steps: Vec<(&str, Step)>) -> Built {
    let mut built = Built::new();
    built.workflow("nightly", Vec::new(), None, steps);
    built
}

#[test]
fn nobody_gets_more_slots_than_there_are() {
    let mut asking = protect("home", "shelf", days(14));
    asking.claims.insert("disk".into(), 3);
    let mut built = body(vec![("backup", asking)]);
    built.put("pool.disk.slots");
    let pool = |slots, reserve| Pool {
        slots: Some(slots),
        other: [("reserve".to_owned(), Value::Int(reserve))].into(),
    };
    built.ir.pools.insert("disk".into(), pool((1, 3), 0));
    assert_eq!(built.shown(), "");
    built.ir.pools.insert("disk".into(), pool((1, 3), 1));
    insta::assert_snapshot!(built.shown(), @r#"
    error[E0601]: step `backup` needs 3 slots of `disk` at once, and the pool has 2 to give
      at workflow.nightly.step.backup: it would wait for ever
      at pool.disk.slots: 2 slots for work like this
      help: claim 2 at most, or give the pool 3 slots
    "#);
    built.ir.pools.insert("disk".into(), Pool::default());
    assert_eq!(built.shown(), "");
}

fn waiting(on: &str) -> Step {
    let mut waits = step(Vec::new());
    waits.needs = Rule::All(vec![Rule::Well(on.to_owned())]);
    waits
}

#[test]
fn steps_wait_for_earlier_ones_only() {
    assert_eq!(body(vec![("one", step(Vec::new())), ("two", waiting("one"))]).shown(), "");
    insta::assert_snapshot!(body(vec![("one", waiting("two")), ("two", step(Vec::new()))]).shown(), @r#"
    error[E0602]: step `one` waits for `two`, which stands after it
      at workflow.nightly.step.one: waits for `two`
      at workflow.nightly.step.two: stands here
      help: move `two` before `one`: a body is carried out from top to bottom
    "#);
    insta::assert_snapshot!(body(vec![("one", waiting("two")), ("two", waiting("one"))]).shown(), @r#"
    error[E0602]: steps `one` and `two` wait for each other
      at workflow.nightly.step.one: `one` waits for `two`
      at workflow.nightly.step.two: `two` waits for `one`
      help: leave one of the two out: neither could ever start
    "#);
    insta::assert_snapshot!(body(vec![("one", waiting("one"))]).shown(), @r#"
    error[E0602]: step `one` waits for itself
      at workflow.nightly.step.one: it could never start
      help: leave that out
    "#);
}

#[test]
fn workflows_do_not_start_each_other_in_a_circle() {
    let mut built = Built::new();
    built.workflow("a", vec![after_success("b")], None, Vec::new());
    built.workflow("b", vec![after_success("c")], None, Vec::new());
    built.workflow("c", vec![daily(90)], None, Vec::new());
    assert_eq!(built.shown(), "");
    built.ir.workflows["c"].triggers = vec![after_success("a")];
    insta::assert_snapshot!(built.shown(), @r#"
    error[E0602]: workflows start each other in a circle: `a` after `b` after `c` after `a`
      at workflow.a.trigger: starts when the next has ended well
      at workflow.b.trigger: and so does this one
      at workflow.c.trigger: and so does this one
      help: start one of them by the clock
    "#);
}

#[test]
fn what_no_reader_would_take_does_not_compile() {
    let deep = (0..60).fold(Value::Int(1), |inner, _| Value::List(vec![inner]));
    let mut built = Built::new();
    built.ir.params.insert("deep".into(), deep);
    assert_eq!(built.codes(), ["E0603"]);
}
