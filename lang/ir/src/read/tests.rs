use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::{
    Action, Backoff, Block, Call, Close, Constructed, DurationMs, Ending, Estate, Final, IndexMap, Machine,
    Mode, Objective, Pool, Retention, Rule, State, Step, Trigger, Until, Value, Workflow,
};

fn name() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9_]{0,6}"
}

fn map(of: impl Strategy<Value = Value>) -> impl Strategy<Value = IndexMap<String, Value>> {
    vec((name(), of), 0..4).prop_map(|pairs| pairs.into_iter().collect())
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<String>().prop_map(Value::Text),
        any::<i64>().prop_map(Value::Int),
        any::<bool>().prop_map(Value::Bool),
        any::<u64>().prop_map(Value::Bytes),
        any::<u64>().prop_map(|ms| Value::Duration(DurationMs(ms))),
        (any::<u16>(), any::<u16>()).prop_map(|(from, to)| Value::Window(from, to)),
        name().prop_map(Value::Member),
        (any::<u32>(), option::of(any::<u64>())).prop_map(|(daily, within)| {
            Value::Retention(Retention { daily, within: within.map(DurationMs), ..Retention::default() })
        }),
        Just(Value::Backoff(Backoff::default())),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::List),
            map(inner.clone()).prop_map(|fields| Value::Record(fields.into())),
            (option::of(inner.clone()), option::of(inner.clone()))
                .prop_map(|(low, high)| Value::Range(low.map(Box::new), high.map(Box::new))),
            (name(), map(inner)).prop_map(|(constructor, fields)| Value::Constructed(
                Constructed { constructor, fields }.into()
            )),
        ]
    })
}

fn trigger() -> impl Strategy<Value = Trigger> {
    prop_oneof![
        any::<u64>().prop_map(|ms| Trigger::Every { interval: DurationMs(ms), jitter: DurationMs(0) }),
        (0..1440_u16, any::<String>()).prop_map(|(at, zone)| Trigger::Daily {
            at,
            zone,
            jitter: DurationMs(1)
        }),
        (name(), map(value())).prop_map(|(name, args)| Trigger::Event { name, args }),
    ]
}

fn step(calls: Vec<Call>, before: Option<&String>) -> Step {
    Step {
        docs: vec!["a \"line\"\n".into()],
        waits: before.cloned().into_iter().collect(),
        needs: before.map_or(Rule::Always, |name| Rule::All(vec![Rule::Well(name.clone())])),
        within: Some(DurationMs(5)),
        ..Step::new(Action::Stages(calls))
    }
}

fn hook() -> Call {
    Call { name: "hook".into(), args: IndexMap::default(), within: Some(DurationMs(3)) }
}

fn close(id: &str, on: &[Ending]) -> Close {
    let steps = [(id.to_owned(), Step::new(Action::Verb(hook())))].into_iter().collect();
    Close { on: on.to_vec(), steps, body: Block::Step(id.to_owned()) }
}

/// A block in all that can stand around it.
fn around(block: Block) -> Block {
    let group = Block::Group { apart: DurationMs(7), body: vec![block] };
    let auto = Block::Auto { expect: Some(Mode::Hybrid), body: vec![group] };
    let closed = Block::Closed { by: vec![1], body: Box::new(auto) };
    let (until, at_most) = (Until::Snapshots, Some(DurationMs(1)));
    Block::Bracket {
        acquire: Box::new(hook()),
        release: Box::new(hook()),
        until,
        at_most,
        body: vec![closed],
    }
}

fn machine() -> Machine {
    let state = |on: &[(&str, &str)]| State {
        act: Step { undo: Some(hook()), ..Step::new(Action::Verb(hook())) },
        enter: Some(hook()),
        leave: None,
        visits: 2,
        on: on.iter().map(|(ending, to)| ((*ending).to_owned(), (*to).to_owned())).collect(),
        events: [("stop".to_owned(), "gone".to_owned())].into_iter().collect(),
    };
    Machine {
        start: "one".into(),
        states: [("one".to_owned(), state(&[("ok", "done"), ("failed", "one")]))].into_iter().collect(),
        finals: [("done".to_owned(), Final::Ok), ("gone".to_owned(), Final::Failed)].into_iter().collect(),
        closes: vec![close("told", &[Ending::Failure])],
        ..Machine::default()
    }
}

fn workflow() -> impl Strategy<Value = Workflow> {
    let calls = vec((name(), map(value())).prop_map(|(name, args)| Call { name, args, within: None }), 0..3);
    (vec(trigger(), 0..3), vec((name(), calls), 0..4)).prop_map(|(triggers, parts)| {
        let mut workflow = Workflow { triggers, ..Workflow::default() };
        let parts: IndexMap<_, _> = parts.into_iter().collect();
        for (name, calls) in parts {
            let made = step(calls, workflow.steps.keys().last());
            workflow.steps.insert(name, made);
        }
        let branches = workflow.steps.keys().cloned().map(Block::Step).collect();
        workflow.body = Block::Sequential(vec![around(Block::Parallel { limit: Some(2), branches })]);
        workflow.closes = vec![close("told", &[Ending::Late]), close("last", &[])];
        workflow
    })
}

fn ir() -> impl Strategy<Value = Ir> {
    let made =
        || (name(), map(value())).prop_map(|(constructor, fields)| Constructed { constructor, fields });
    let sources = vec((name(), made()), 0..3);
    let pools = vec((name(), option::of((any::<u32>(), any::<u32>())), map(value())), 0..3);
    let workflows = vec((name(), workflow()), 0..3);
    (name(), map(value()), sources, pools, workflows).prop_map(
        |(policy, params, sources, pools, workflows)| {
            let mut ir = Ir::new(policy, 2026, "2026a");
            ir.params = params;
            ir.sources = sources.into_iter().collect();
            let pool = |(name, slots, other)| (name, Pool { slots, other });
            ir.pools = pools.into_iter().map(pool).collect();
            ir.objectives
                .insert("gold".into(), Objective { rpo: Some(DurationMs(1)), ..Objective::default() });
            ir.workflows = workflows.into_iter().collect();
            ir.machines.insert("cutover".into(), machine());
            ir.estates.insert("all".into(), Estate::default());
            ir
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_written_is_read(ir in ir()) {
        prop_assert_eq!(&Ir::read(&ir.canonical()).unwrap(), &ir);
        let again = Ir::read(ir.to_json().as_bytes()).unwrap();
        prop_assert_eq!(again.hash(), ir.hash());
        prop_assert_eq!(again, ir);
    }

    #[test]
    fn damage_is_an_error_or_another_ir(ir in ir(), at in any::<prop::sample::Index>(), bit in 0..8_u32) {
        let mut bytes = ir.canonical();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Ok(other) = Ir::read(&bytes) {
            prop_assert_ne!(other.hash(), ir.hash());
        }
        bytes.truncate(at);
        prop_assert!(Ir::read(&bytes).is_err());
    }

    #[test]
    fn no_bytes_panic(bytes in vec(any::<u8>(), 0..200)) {
        prop_assert!(Ir::read(&bytes).is_err());
    }
}

fn message(json: &str) -> String {
    Ir::read(json.as_bytes()).unwrap_err().to_string()
}

const HEAD: &str = r#""edition":2026,"policy":"p","tzdb":"2026a""#;

#[test]
fn a_newer_format_is_named_before_its_unknown_fields() {
    let json = format!(r#"{{"format":2,{HEAD},"wonders":[]}}"#);
    assert_eq!(
        message(&json),
        "the IR has format 2, this version reads up to 1: use the version that wrote it, or a newer one"
    );
}

#[test]
fn unknown_and_doubled_names_are_refused() {
    assert!(message(&format!(r#"{{"format":1,{HEAD},"wonders":[]}}"#)).contains("unknown field `wonders`"));
    let twice = format!(r#"{{"format":1,{HEAD},"params":{{"n":{{"int":1}},"n":{{"int":2}}}}}}"#);
    assert!(message(&twice).contains("`n` stands twice"), "{}", message(&twice));
    assert!(message(&format!(r#"{{"format":0,{HEAD}}}"#)).contains("format 0"));
}

#[test]
fn depth_and_size_end_early() {
    let deep = format!(r#"{{"format":1,"policy":{}"#, "[".repeat(100_000));
    assert!(matches!(Ir::read(deep.as_bytes()), Err(ReadError::TooDeep { at: 140 })));
    let quoted = format!(r#"{{"format":1,{HEAD},"docs":["\"{}"]}}"#, "[".repeat(1000));
    assert!(Ir::read(quoted.as_bytes()).is_ok());
    let large = vec![b' '; MAX_BYTES + 1];
    assert!(matches!(Ir::read(&large), Err(ReadError::TooLarge { .. })));
}

#[test]
fn a_value_that_people_can_nest_is_read_back() {
    let nest = |levels| {
        (0..levels).fold(Value::Int(1), |inner, _| {
            Value::Constructed(Box::new(Constructed {
                constructor: "c".into(),
                fields: [("f".to_owned(), inner)].into_iter().collect(),
            }))
        })
    };
    let mut ir = Ir::new("p", 2026, "2026a");
    ir.params.insert("deep".into(), nest(crate::MAX_NESTING));
    assert_eq!(Ir::read(&ir.canonical()).unwrap(), ir);
    ir.params.insert("deep".into(), nest(crate::MAX_NESTING + 1));
    assert!(matches!(Ir::read(&ir.canonical()), Err(ReadError::Fault(_))));
}

fn with_steps(second: Step) -> Ir {
    let mut ir = Ir::new("p", 2026, "2026a");
    let mut workflow = Workflow::default();
    workflow.steps.insert("one".into(), step(Vec::new(), None));
    workflow.steps.insert("two".into(), second);
    workflow.body = Block::Sequential(vec![Block::Step("one".into()), Block::Step("two".into())]);
    ir.workflows.insert("w".into(), workflow);
    ir
}

#[test]
fn what_does_not_fit_together_is_named() {
    let fault = |ir: &Ir| Ir::read(&ir.canonical()).unwrap_err().to_string();
    let good = with_steps(step(Vec::new(), Some(&"one".to_owned())));
    assert!(good.validate().is_ok());
    let late = with_steps(step(Vec::new(), Some(&"two".to_owned())));
    assert!(fault(&late).contains("step `two` of workflow `w` depends on `two`"), "{}", fault(&late));
    let mut lost = good.clone();
    lost.workflows["w"].body = Block::Step("one".into());
    assert!(fault(&lost).contains("does not hold step `two` exactly once"));
    let mut dangling = good.clone();
    dangling.workflows["w"].steps["two"].claims.insert("disk".into(), 1);
    assert!(fault(&dangling).contains("refers to pool `disk`, which does not exist"));
    let mut unclosed = good.clone();
    let body = unclosed.workflows["w"].body.clone();
    unclosed.workflows["w"].body = Block::Closed { by: vec![0], body: Box::new(body) };
    assert!(fault(&unclosed).contains("workflow `w` has no close of number 0"));
    unclosed.workflows["w"].closes.push(close("one", &[]));
    assert!(fault(&unclosed).contains("workflow `w` has two of the name `one`"));
    unclosed.workflows["w"].closes[0] = close("three", &[]);
    assert!(unclosed.validate().is_ok());
    let mut promised = good;
    promised.workflows["w"].objective = Some("gold".into());
    assert!(fault(&promised).contains("refers to objective `gold`"));
}

#[test]
fn a_machine_leads_to_states_that_it_has() {
    let mut ir = Ir::new("p", 2026, "2026a");
    ir.machines.insert("m".into(), machine());
    let fault = |change: &dyn Fn(&mut Machine)| {
        let mut ir = ir.clone();
        change(&mut ir.machines["m"]);
        Ir::read(&ir.canonical()).unwrap_err().to_string()
    };
    assert!(ir.validate().is_ok());
    let lost = fault(&|m| drop(m.states["one"].on.insert("ok".into(), "nowhere".into())));
    assert!(lost.contains("machine `m` refers to state `nowhere`"), "{lost}");
    let lost = fault(&|m| m.start = "done".into());
    assert!(lost.contains("machine `m` refers to state `done`"), "{lost}");
    let twice = fault(&|m| m.finals.extend([("one".to_owned(), Final::Ok)]));
    assert!(twice.contains("machine `m` has two of the name `one`"), "{twice}");
}

/// The deepest that a policy may nest, with the deepest arguments there, stays below what a reader takes.
#[test]
fn the_deepest_bracket_is_read_back() {
    let nest = |levels| (0..levels).fold(Value::Int(1), |inner, _| Value::List(vec![inner]));
    let at_depth = |blocks: usize, values: usize| {
        let acquire =
            Box::new(Call { args: [("a".to_owned(), nest(values))].into_iter().collect(), ..hook() });
        let (until, at_most) = (Until::End, None);
        let bracket = Block::Bracket { acquire, release: Box::new(hook()), until, at_most, body: Vec::new() };
        let mut ir = Ir::new("p", 2026, "2026a");
        let body =
            (0..blocks).fold(bracket, |inner, _| Block::Parallel { limit: None, branches: vec![inner] });
        ir.workflows.insert("w".into(), Workflow { body, ..Workflow::default() });
        Ir::read(&ir.canonical()).map(|_| ())
    };
    let deepest = crate::MAX_NESTING - 1;
    assert!(at_depth(deepest, 0).is_ok());
    assert!(at_depth(0, deepest).is_ok());
    assert!(at_depth(deepest / 2, deepest - deepest / 2).is_ok());
    assert!(matches!(at_depth(deepest, 3), Err(ReadError::Fault(_))));
}

#[test]
fn the_hash_is_that_of_the_canonical_bytes_and_stays() {
    let ir = with_steps(step(Vec::new(), Some(&"one".to_owned())));
    assert_eq!(ir.hash().to_string(), blake3::hash(&ir.canonical()).to_hex().as_str());
    assert_eq!(ir.hash().to_string().parse(), Ok(ir.hash()));
    insta::assert_snapshot!(ir.hash().to_string(), @"3fcc5996e98a023058358f4fd4893edf3aa9f48900b9c45e5e285c13f87f69f0");
    insta::assert_snapshot!(String::from_utf8(ir.canonical()).unwrap(), @r#"{"format":1,"edition":2026,"policy":"p","tzdb":"2026a","workflows":{"w":{"overlap":"queue_one","missed":"run_latest","steps":{"one":{"docs":["a \"line\"\n"],"action":{"stages":[]},"within":5,"retry":{"first":30000,"most":900000,"tries":3}},"two":{"docs":["a \"line\"\n"],"action":{"stages":[]},"waits":["one"],"needs":{"all":[{"well":"one"}]},"within":5,"retry":{"first":30000,"most":900000,"tries":3}}},"body":{"sequential":[{"step":"one"},{"step":"two"}]}}}}"#);
}

#[test]
fn the_schema_says_what_the_reader_asks() {
    let schema = crate::schema();
    let required = schema["required"].as_array().unwrap();
    assert_eq!(required, &["format", "edition", "policy", "tzdb"]);
    assert_eq!(schema["additionalProperties"], false);
    assert!(schema["properties"]["workflows"]["additionalProperties"]["$ref"].is_string());
}
