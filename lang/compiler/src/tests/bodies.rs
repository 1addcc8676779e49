//! What waits for what: the blocks of a body as the IR has them.

use foldhash::{HashMap, HashSet};
use mainstay_ir::{Ir, Rule};
use proptest::prelude::*;

use super::{one, told};

const HEAD: &str = r#"edition 2026
policy order
secret key  = file("/k")
source a    = files { roots: ["/a"] }
source b    = files { roots: ["/b"] }
repo shelf  = local { path: "/shelf", key: key, pool: disk }
repo second = local { path: "/second", key: key, pool: disk }
pool disk   { slots: 2 }
"#;

fn ir(body: &str) -> Ir {
    let compiled = one(&format!("{HEAD}\nworkflow w {{\n{body}\n}}\n"));
    assert!(!compiled.has_errors(), "{body}\n{}", told(&compiled));
    let ir = compiled.ir.unwrap();
    ir.validate().unwrap();
    ir
}

/// Each step with what it waits for and needs, a line each.
fn order(body: &str) -> String {
    let ir = ir(body);
    let line = |(id, step): (&String, &mainstay_ir::Step)| {
        let limits: Vec<_> =
            step.limits.iter().map(|limit| format!("{}/{}", limit.block, limit.branch)).collect();
        let limits = if limits.is_empty() { String::new() } else { format!(" limits {}", limits.join(" ")) };
        format!("{id}: waits [{}] needs {}{limits}\n", step.waits.join(" "), shown(&step.needs))
    };
    ir.workflows["w"].steps.iter().map(line).collect()
}

fn shown(rule: &Rule) -> String {
    let joined = |rules: &[Rule], word: &str| rules.iter().map(shown).collect::<Vec<_>>().join(word);
    match rule {
        Rule::Always => "-".to_owned(),
        Rule::Well(step) => step.clone(),
        Rule::Failed(step) => format!("{step}.failed"),
        Rule::Ended(step) => format!("{step}.ended"),
        Rule::All(rules) => format!("({})", joined(rules, " and ")),
        Rule::Any(rules) => format!("({})", joined(rules, " or ")),
    }
}

#[test]
fn a_sequence_waits_and_needs_the_statement_before() {
    let found = order("step x = hook([\"x\"])\nstep y = hook([\"y\"])\nhook([\"z\"])\nhook([\"z\"])");
    assert_eq!(
        found,
        "x: waits [] needs -\ny: waits [x] needs x\nhook.1: waits [y] needs y\nhook.2: waits [hook.1] needs hook.1\n"
    );
}

#[test]
fn who_takes_a_value_needs_that_step_alone() {
    let found = order(
        "step x = hook([\"x\"])\nstep one = latest(a, in: shelf) |> verify()\nstep z = hook([\"z\"]) after x\nstep two = replicate(one, to: second) |> verify()",
    );
    assert_eq!(
        found,
        "x: waits [] needs -\none: waits [x] needs x\nz: waits [one x] needs x\ntwo: waits [z one] needs one\n"
    );
}

#[test]
fn branches_depend_on_what_stands_before_the_block() {
    let found = order(
        "step x = hook([\"x\"])\nparallel {\nstep p = hook([\"p\"])\nsequential {\nstep q = hook([\"q\"])\nstep r = hook([\"r\"])\n}\n}\nstep y = hook([\"y\"])",
    );
    assert_eq!(
        found,
        "x: waits [] needs -\np: waits [x] needs x\nq: waits [x] needs x\nr: waits [q] needs q\ny: waits [p r] needs (p and q and r)\n"
    );
}

#[test]
fn rounds_follow_each_other_and_depend_on_what_stands_before_the_loop() {
    let loop_body = "for s in [a, b] {\nstep k = latest(s, in: shelf) |> verify()\nstep l = replicate(k, to: second) |> verify()\n}";
    assert_eq!(
        order(&format!("step x = hook([\"x\"])\n{loop_body}\nstep y = hook([\"y\"])")),
        "x: waits [] needs -\nk[a]: waits [x] needs x\nl[a]: waits [k[a]] needs k[a]\nk[b]: waits [l[a]] needs x\nl[b]: waits [k[b]] needs k[b]\ny: waits [l[b]] needs (k[a] and l[a] and k[b] and l[b])\n"
    );
    assert_eq!(
        order(&format!("parallel(limit: 1) {{\n{loop_body}\n}}")),
        "k[a]: waits [] needs - limits 0/0\nl[a]: waits [k[a]] needs k[a] limits 0/0\nk[b]: waits [] needs - limits 0/1\nl[b]: waits [k[b]] needs k[b] limits 0/1\n"
    );
}

#[test]
fn other_rules_than_well() {
    let found = order(
        "step x = hook([\"x\"])\nstep y = hook([\"y\"])\nstep z = hook([\"z\"]) after x.failed or y.ended\nstep u = hook([\"u\"]) after [x, y]",
    );
    assert_eq!(
        found,
        "x: waits [] needs -\ny: waits [x] needs x\nz: waits [y x] needs (x.failed or y.ended)\nu: waits [z x y] needs (x and y)\n"
    );
}

#[test]
fn auto_is_ordered_by_what_steps_take_and_name() {
    let found = order(
        "auto {\nstep x = hook([\"x\"])\nstep y = latest(a, in: shelf) |> verify()\nstep z = replicate(y, to: second) |> verify()\nstep u = hook([\"u\"]) after x\n}",
    );
    assert_eq!(
        found,
        "x: waits [] needs -\ny: waits [] needs -\nz: waits [y] needs y\nu: waits [x] needs x\n"
    );
}

#[test]
fn what_when_leaves_out_takes_its_copies_with_it() {
    let found = order(
        "step x = hook([\"x\"])\nstep one = latest(a, in: shelf) |> verify() when 1 > 2\nstep two = replicate(one, to: second) |> verify()\nstep y = hook([\"y\"])",
    );
    assert_eq!(found, "x: waits [] needs -\ny: waits [x] needs x\n");
}

#[test]
fn a_step_holds_each_pool_once_by_its_largest_claim() {
    let ir = ir(
        "step one = latest(a, in: shelf) |> replicate(to: second, pool: claim(disk, slots: 2)) |> verify()\nstep two = latest(a, in: shelf) |> replicate(to: second) |> verify()",
    );
    let steps = &ir.workflows["w"].steps;
    assert_eq!(steps["one"].claims["disk"], 2);
    assert_eq!(steps["two"].claims["disk"], 1);
}

#[test]
fn the_hardest_retry_of_a_step_counts() {
    let ir = ir(
        "step one = latest(a, in: shelf) |> replicate(to: second, retry: backoff(first: 1s, tries: 9)) |> verify(retry: backoff(tries: 2))",
    );
    let retry = &ir.workflows["w"].steps["one"].retry;
    assert_eq!((retry.first.0, retry.most.0, retry.tries), (1_000, 900_000, 9));
}

/// Bodies of nested blocks around numbered steps.
fn body() -> impl Strategy<Value = String> {
    let leaf = Just("STEP".to_owned());
    leaf.prop_recursive(4, 24, 4, |inner| {
        let many = prop::collection::vec(inner, 1..4).prop_map(|parts| parts.join("\n"));
        prop_oneof![
            many.clone().prop_map(|inner| format!("parallel {{\n{inner}\n}}")),
            many.clone().prop_map(|inner| format!("parallel(limit: 2) {{\n{inner}\n}}")),
            many.clone().prop_map(|inner| format!("sequential {{\n{inner}\n}}")),
            many.clone().prop_map(|inner| format!("for v in [a, b] {{\n{inner}\n}}")),
            many,
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    /// Whatever nests: dependencies point backwards and the body holds each step once, which `validate` says; and what
    /// a step needs has ended when it may start.
    #[test]
    fn any_nesting_gives_a_sound_graph(body in body()) {
        let mut text = String::new();
        for (number, part) in body.split("STEP").enumerate() {
            if number > 0 {
                text += &format!("step s{number} = hook([\"h\"])");
            }
            text += part;
        }
        // A loop in a loop would bind `v` twice.
        let mut depth = 0_u32;
        let text: String = text.split_inclusive("for v in").map(|part| {
            depth += 1;
            part.replace("for v in", &format!("for v{depth} in"))
        }).collect();
        let ir = ir(&text);
        let steps = &ir.workflows["w"].steps;
        let mut ended: HashMap<&str, HashSet<&str>> = HashMap::default();
        for (id, step) in steps {
            let mut before: HashSet<&str> = HashSet::default();
            for wait in &step.waits {
                before.insert(wait);
                before.extend(ended[wait.as_str()].iter().copied());
            }
            let mut needed = Vec::new();
            step.needs.names(&mut needed);
            prop_assert!(needed.iter().all(|name| before.contains(name.as_str())), "{id}");
            ended.insert(id, before);
        }
    }
}
