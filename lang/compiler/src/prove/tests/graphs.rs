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
        other: [("reserve".to_owned(), Value::Int(reserve))].into_iter().collect(),
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

fn pool(fields: &[(&str, Value)]) -> Pool {
    Pool {
        slots: None,
        other: fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
    }
}

fn by_time(branches: &[(u16, u16, Value)], otherwise: Value) -> Value {
    let names = ["first", "second", "third", "fourth"];
    let mut fields: IndexMap<String, Value> = IndexMap::default();
    for (name, (from, to, value)) in names.iter().zip(branches) {
        let branch = repo("during", &[("window", Value::Window(*from, *to)), ("value", value.clone())]);
        fields.insert((*name).into(), Value::Constructed(branch.into()));
    }
    fields.insert("otherwise".into(), otherwise);
    Value::Constructed(Constructed { constructor: "by_time".into(), fields }.into())
}

#[test]
fn the_best_branch_of_a_pool_counts() {
    let mut asking = protect("home", "shelf", days(14));
    asking.claims.insert("disk".into(), 8);
    let mut built = body(vec![("backup", asking)]);
    built.put("pool.disk.slots");
    let night = |slots| by_time(&[(1320, 360, Value::Int(slots))], Value::Int(2));
    built.ir.pools.insert("disk".into(), pool(&[("slots", night(8))]));
    assert_eq!(built.shown(), "");
    built.ir.pools.insert("disk".into(), pool(&[("slots", night(7))]));
    assert_eq!(built.codes(), ["E0601"]);
}

#[test]
fn a_pool_can_work_as_written() {
    let mut built = body(Vec::new());
    built.put("pool.disk.slots");
    built.put("pool.disk.rate");
    let mut with = |fields: &[(&str, Value)]| {
        built.ir.pools.insert("disk".into(), pool(fields));
        built.shown()
    };
    assert_eq!(with(&[("slots", by_time(&[(1320, 360, Value::Int(8))], Value::Int(0)))]), "");
    insta::assert_snapshot!(with(&[("slots", by_time(&[(1320, 360, Value::Rate(8))], Value::Int(2)))]), @r#"
    error[E0604]: the `slots` of `disk` are given as a rate in one of its branches
      at pool.disk.slots: wants a number
      help: write a number in each branch and in `otherwise`
    "#);
    insta::assert_snapshot!(with(&[("rate", by_time(&[(1320, 360, Value::Rate(0))], Value::Rate(0)))]), @r#"
    error[E0604]: no branch of `disk` ever lets anybody work
      at pool.disk.rate: nothing in each of them
      help: give one of the branches more than nothing
    "#);
    let range = |low, high| Value::Range(Some(Box::new(Value::Rate(low))), Some(Box::new(Value::Rate(high))));
    assert_eq!(with(&[("rate", range(1, 8))]), "");
    insta::assert_snapshot!(with(&[("rate", range(8, 1))]), @r#"
    error[E0604]: the `rate` of `disk` runs backwards
      at pool.disk.rate: from the least to the most
      help: write the smaller end first, and at least one
    "#);
    let wide = [(1200, 480, Value::Int(4)), (1320, 360, Value::Int(8))];
    insta::assert_snapshot!(with(&[("slots", by_time(&wide, Value::Int(2)))]), @r#"
    error[E0605]: the branch `during(22:00..06:00, ..)` of `disk` is never taken
      at pool.disk.slots: the first branch that holds counts
      = whenever it holds, `during(20:00..08:00, ..)` before it holds too
      help: put the narrower branch first, or take it out
    "#);
    let narrow = [(1320, 360, Value::Int(8)), (1200, 480, Value::Int(4))];
    assert_eq!(with(&[("slots", by_time(&narrow, Value::Int(2)))]), "");
}

#[test]
fn a_share_is_one_of_a_rate() {
    let shown = |share: u64, fields: &[(&str, Value)]| {
        let mut asking = protect("home", "shelf", days(14));
        asking.claims.insert("line".into(), 1);
        asking.shares.insert("line".into(), share);
        let mut built = body(vec![("backup", asking)]);
        built.put("pool.line");
        built.ir.pools.insert("line".into(), pool(fields));
        built.shown()
    };
    let rate = [("rate", Value::Rate(8_000_000))];
    assert_eq!(shown(500_000, &rate), "");
    insta::assert_snapshot!(shown(1_500_000, &rate), @r#"
    error[E0601]: step `backup` asks for 150% of the rate of `line`
      at workflow.nightly.step.backup: no such share
      at pool.line: of this pool
      help: a share is more than nothing and at most `100%`
    "#);
    insta::assert_snapshot!(shown(500_000, &[]), @r#"
    error[E0601]: step `backup` asks for a share of the rate of `line`, which has none
      at workflow.nightly.step.backup: no such share
      at pool.line: of this pool
      help: give `line` a `rate`, or leave `each` out
    "#);
}

#[test]
fn who_waits_holds_no_slot() {
    let mut ask = Step::new(Action::Verb(call("approval", &[("from", thing("channel", "owner"))])));
    ask.claims.insert("disk".into(), 1);
    let mut built = body(vec![("ask", ask)]);
    built.put("pool.disk");
    built.ir.pools.insert("disk".into(), Pool::default());
    insta::assert_snapshot!(built.shown(), @r#"
    error[E0606]: step `ask` would hold a slot of `disk` while it waits
      at workflow.nightly.step.ask: it waits here
      at pool.disk: others wait for this meanwhile
      = what it waits for may need the slot itself: then neither could ever go on
      help: claim the pool in the step that does the work
    "#);
}

/// The argument at the head of `pools.rs` rests on it: slots are claimed by what acts, for as long as it acts, and by
/// nothing that stands around something else (a block, a close, a workflow, a machine, a state).
///
/// - In the IR, claims are fields of a step; and all else that names a pool is an argument of a `Call` or a field of a
///   thing. So this list names whatever holds a call, and `pools::check` looks at each of them, which
///   `machines::whatever_acts_asks_a_pool_for_what_there_is_and_never_waits_with_it` holds.
/// - In the language, a pool is named by these fields and parameters only: none of them is one of a block or of work.
///
/// What changes one of the lists lets something else hold slots: then circles of those who hold and wait have to be
/// looked for.
#[test]
fn nothing_but_what_acts_can_hold_a_pool() {
    let words = ["pool", "claim", "share", "slot"];
    let named = fields(|field, _| words.iter().any(|word| field.contains(word)));
    assert_eq!(named, ["Ir.pools", "Pool.slots", "Step.claims", "Step.shares"]);
    let calls = fields(|_, inner| refers_to_a_call(inner));
    assert_eq!(
        calls,
        [
            "Action.stages",
            "Action.verb",
            "Block.acquire",
            "Block.release",
            "State.enter",
            "State.leave",
            "Step.undo"
        ]
    );
    let named = ["Repo.pool", "Source.pool", "Stage.pool", "Verb.pool", "claim.of", "slow.pool"];
    assert_eq!(who_names_a_pool(), named);
}

/// The fields of the IR that are like this, with the type that has them; those of a variant with the name of the variant.
fn fields(is_it: impl Fn(&str, &serde_json::Value) -> bool) -> Vec<String> {
    let schema = mainstay_ir::schema();
    let defs = schema.get("$defs").and_then(|defs| defs.as_object()).unwrap();
    let mut open: Vec<_> = defs.iter().map(|(name, ty)| (name.as_str(), ty)).collect();
    open.push(("Ir", &schema));
    let mut found = Vec::new();
    while let Some((name, node)) = open.pop() {
        let fields = node.get("properties").and_then(|fields| fields.as_object());
        for (field, inner) in fields.into_iter().flatten().filter(|(_, inner)| is_leaf(inner)) {
            if is_it(field, inner) {
                found.push(format!("{name}.{field}"));
            }
        }
        let inner = node.as_object().into_iter().flatten();
        let inner = inner.filter(|(key, _)| *key != "$defs").map(|(_, inner)| inner);
        open.extend(inner.chain(node.as_array().into_iter().flatten()).map(|inner| (name, inner)));
    }
    found.sort();
    found
}

/// What only holds fields is none itself: the wrapping of a variant.
fn is_leaf(node: &serde_json::Value) -> bool {
    node.get("properties").is_none()
}

fn refers_to_a_call(node: &serde_json::Value) -> bool {
    node.to_string().contains("#/$defs/Call\"")
}

/// The fields of types and the parameters of what is called, in the library, that take a pool or a claim of one.
fn who_names_a_pool() -> Vec<String> {
    let library = crate::library::library();
    let types =
        library.types.iter().flat_map(|(name, ty)| ty.fields.iter().flatten().map(move |it| (*name, it)));
    let constructors = library.constructors.values().flatten();
    let called = library.stages.values().chain(library.verbs.values()).chain(constructors);
    let params = called.flat_map(|of| of.params.iter().take(of.own).map(move |it| (of.name, it)));
    let takes =
        |ty: String| ty.split([' ', '|', '<', '>', '`']).any(|word| word == "Pool" || word == "Claim");
    let mut found: Vec<String> = types
        .chain(params)
        .filter(|(_, it)| takes(it.ty.to_string()))
        .map(|(name, it)| format!("{name}.{}", it.name))
        .collect();
    found.sort();
    found
}
