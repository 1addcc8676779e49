//! Steps cut into acts.

use mainstay_ir::{Action, Backoff, Call, DurationMs, Ir, Retention, Rule, Step, Value, Workflow};

use super::{ActKind, Shape, ShapeError, ShapeFault, needed};

fn call(name: &str, args: &[(&str, Value)]) -> Call {
    let args = args.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Call { name: name.to_owned(), args, within: None }
}

fn source() -> (&'static str, Value) {
    ("of", Value::Thing("source".into(), "home".into()))
}

fn to() -> (&'static str, Value) {
    ("to", Value::Thing("repo".into(), "shelf".into()))
}

fn protect() -> Vec<Call> {
    vec![
        call("discover", &[source()]),
        call("snapshot", &[]),
        call("compress", &[("codec", Value::Member("zstd".into())), ("level", Value::Int(6))]),
        call("encrypt", &[]),
        call("store", &[to(), ("retry", Value::Backoff(backoff(8)))]),
        call("verify", &[("sample", Value::Percent(50_000)), ("all_within", Value::Duration(DurationMs(9)))]),
        call("retain", &[("keep", Value::Retention(Retention { last: 1, ..Retention::default() }))]),
    ]
}

fn backoff(tries: u32) -> Backoff {
    Backoff { tries, ..Backoff::default() }
}

fn step(action: Action, needs: &[&str]) -> Step {
    Step {
        waits: needs.iter().map(|name| (*name).to_owned()).collect(),
        needs: Rule::All(needs.iter().map(|name| Rule::Well((*name).to_owned())).collect()),
        retry: backoff(3),
        ..Step::new(action)
    }
}

fn cut(steps: Vec<(&str, Step)>) -> Result<Shape, ShapeError> {
    let steps = steps.into_iter().map(|(name, step)| (name.to_owned(), step)).collect();
    let workflow = Workflow { steps, ..Workflow::default() };
    Shape::of(&Ir::new("p", 2026, "2026a"), "w", &workflow)
}

#[test]
fn what_is_not_durable_alone_is_one_act() {
    let shape = cut(vec![("a", step(Action::Stages(protect()), &[]))]).unwrap();
    let acts = &shape.steps["a"].acts;
    let words: Vec<&str> = acts.iter().map(|act| act.kind.word()).collect();
    assert_eq!(words, ["store", "verify", "retain"]);
    assert!(matches!(&acts[0].kind, ActKind::Backup { source, level: Some(6), .. } if source == "home"));
    assert_eq!((acts[0].retry.tries, acts[1].retry.tries), (8, 3));
    assert!(shape.steps["a"].makes_copy());
}

#[test]
fn what_cannot_be_carried_out_is_named_with_its_place() {
    let drill = call("drill", &[source()]);
    let error = cut(vec![("a", step(Action::Stages(vec![drill]), &[]))]).unwrap_err();
    assert_eq!(error.fault, ShapeFault::NotCarried("drill".into()));
    assert_eq!(error.to_string(), "step `a` of workflow `w`: `drill` cannot be carried out yet");
    let open = protect().into_iter().take(4).collect();
    let error = cut(vec![("a", step(Action::Stages(open), &[]))]).unwrap_err();
    assert_eq!(error.fault, ShapeFault::NoStore);
    let hook = call("hook", &[("argv", Value::List(vec![])), ("as", Value::Text("root".into()))]);
    let error = cut(vec![("a", step(Action::Verb(hook), &[]))]).unwrap_err();
    assert_eq!(error.fault, ShapeFault::NotCarried("hook as".into()));
}

#[test]
fn paths_are_as_long_as_what_lies_behind() {
    let hook = || Action::Verb(call("hook", &[]));
    let shape = cut(vec![
        ("a", step(hook(), &[])),
        ("b", step(hook(), &["a"])),
        ("c", step(hook(), &["a"])),
        ("d", step(hook(), &["c"])),
    ])
    .unwrap();
    let ahead: Vec<u32> = shape.steps.values().map(|step| step.ahead).collect();
    assert_eq!(ahead, [3, 1, 2, 1]);
}

#[test]
fn a_step_brings_along_what_it_cannot_do_without() {
    let copy = vec![call("replicate", &[("of", Value::Step("b".into())), to()])];
    let shape = cut(vec![
        ("a", step(Action::Stages(protect()), &[])),
        ("b", step(Action::Stages(protect()), &[])),
        ("c", step(Action::Stages(copy), &[])),
    ])
    .unwrap();
    assert_eq!(needed(&shape, ["c".to_owned()].iter()), ["b", "c"]);
}
