//! The tests inside policies, as the command line carries them out.

use serde_json::Value;

use crate::scene::Scene;

const HEAD: &str = r#"edition 2026
policy trials
use std.pipelines.protect
param env:  "staging" | "production" = "staging"
param days: Duration
secret key  = file("DIR/key")
source data = files { roots: ["DIR/data"] }
repo shelf  = local { path: "DIR/${env}", key: key }
workflow w {
  trigger: daily(at: 01:30, zone: "Europe/Berlin")
  within: days
  step kept = protect(data, to: shelf, keep: gfs(last: 3))
}
"#;

const GOOD: &str = r#"
test "good" {
  given env = "production"
  given days = 2h
  given took(w.kept, 90min)
  let run = simulate(w)
  expect run.kept == ok and run.took <= 90min
}
"#;

const BAD: &str = r#"
test "bad & <late>" {
  given days = 1h
  given took(w.kept, 90min)
  let run = simulate(w)
  expect run.kept == ok
  expect run.took * 2 < 1h
}
"#;

fn scene(tests: &str) -> Scene {
    Scene::new(&format!("{HEAD}{tests}"))
}

#[test]
fn a_test_sets_params_that_have_no_value_otherwise() {
    let ran = scene(GOOD).run(&["test"]).expect(0);
    assert_eq!(ran.out, "ok      trials: good\n");
    assert!(ran.err.contains("1 test in 1 policy") && ran.err.contains("all hold"), "{}", ran.all());
}

#[test]
fn what_does_not_hold_is_shown_with_its_parts_and_ends_with_4() {
    let ran = scene(&format!("{GOOD}{BAD}")).run(&["test"]).expect(4);
    for part in [
        "ok      trials: good",
        "failed  trials: bad & <late>",
        "error[E0801]: `run.kept == ok` does not hold",
        "failed: the time that `within` gives the workflow is over",
        "╰── 2 h",
        "╰── 1 h",
        "what happened from 2026-01-01 01:00 CET on:",
        "1 h  kept failed",
    ] {
        assert!(ran.out.contains(part), "{part}\n{}", ran.all());
    }
    assert_eq!(ran.out.matches("what happened").count(), 1, "once for a simulation: {}", ran.all());
}

#[test]
fn a_filter_chooses_and_one_that_chooses_nothing_is_a_mistake() {
    let scene = scene(&format!("{GOOD}{BAD}"));
    assert_eq!(scene.run(&["test", "--filter", "goo"]).expect(0).out, "ok      trials: good\n");
    scene.run(&["test", "--filter", "nothing"]).expect(2);
}

#[test]
fn errors_that_are_expected_must_come_and_no_others() {
    let expecting = |code: &str, items: &str| {
        scene(&format!("test \"t\" {{ given days = 1h  expect error {code} {{ {items} }} }}")).run(&["test"])
    };
    expecting("E0303", "repo third = local { path: \"/t\" }").expect(0);
    let another = expecting("E0303", "repo third = local { path: \"/t\", key: kee }").expect(4);
    assert!(another.out.contains("E0201 comes"), "{}", another.all());
    let none = expecting("E0303", "repo third = local { path: \"/t\", key: key }").expect(4);
    assert!(none.out.contains("these declarations compile"), "{}", none.all());
    expecting("E0999", "").expect(2);
}

#[test]
fn a_policy_that_run_refuses_is_refused_in_the_same_words() {
    let scene = Scene::new(
        "edition 2026\npolicy p\nuse std.pipelines.protect\nsecret key = file(\"DIR/key\")\n\
         source data = postgres { host: \"db\", databases: [\"a\"], globals: true, user: \"u\" }\n\
         repo shelf = local { path: \"DIR/repo\", key: key }\n\
         workflow w { step kept = protect(data, to: shelf, keep: gfs(last: 3)) }\n\
         test \"t\" { let run = simulate(w)  expect run.kept == ok }\n",
    );
    let refused = scene.run(&["run"]).expect(2);
    let words = refused.err.lines().next().unwrap().trim_start_matches("error: ").to_owned();
    let ran = scene.run(&["test"]).expect(2);
    assert!(ran.out.contains("refused p: t") && ran.out.contains(&words), "{words}\n{}", ran.all());
    assert!(ran.out.contains("mainstay.stay:5"), "{}", ran.all());
}

#[test]
fn a_policy_without_tests_says_so_and_one_that_does_not_compile_too() {
    let ran = Scene::new("edition 2026\npolicy p\n").run(&["test"]).expect(0);
    assert!(ran.err.contains("there is nothing to run"), "{}", ran.all());
    Scene::new("edition 2026\npolicy p\nworkflow w { step s = 1m }\n").run(&["test"]).expect(2);
}

#[test]
fn a_test_that_changes_leaves_the_policy_as_it_is() {
    let hash = |tests: &str| scene(tests).run(&["compile", "--hash", "--set", "days=1h"]).expect(0).out;
    let in_place = |text: String| text.split_whitespace().last().unwrap().to_owned();
    let scene = scene("");
    let before = in_place(scene.run(&["compile", "--hash", "--set", "days=1h"]).expect(0).out);
    let text = std::fs::read_to_string(scene.path("mainstay.stay")).unwrap();
    scene.write("mainstay.stay", &format!("{text}{GOOD}"));
    assert_eq!(in_place(scene.run(&["compile", "--hash", "--set", "days=1h"]).expect(0).out), before);
    assert!(!hash(GOOD).is_empty());
}

/// Names, attributes and nesting of an XML document, read strictly: enough for what a report may hold.
fn elements(text: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut rest = text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").unwrap();
    let (mut found, mut open) = (Vec::new(), Vec::new());
    while let Some(at) = rest.find('<') {
        assert!(!rest[..at].contains('>'), "{}", &rest[..at]);
        let end = rest.find('>').unwrap();
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let (tag, closed) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, mut attributes) = tag.split_once(' ').unwrap();
        let mut read = Vec::new();
        while let Some((key, more)) = attributes.split_once("=\"") {
            let (value, more) = more.split_once('"').unwrap();
            read.push((key.trim().to_owned(), value.to_owned()));
            attributes = more;
        }
        assert!(attributes.trim().is_empty(), "{attributes}");
        found.push((name.to_owned(), read));
        if !closed {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty(), "{open:?}");
    found
}

#[test]
fn junit_is_what_its_readers_take() {
    let scene = scene(&format!("{GOOD}{BAD}"));
    scene.run(&["test", "--junit", "out.xml"]).expect(4);
    let found = elements(&std::fs::read_to_string(scene.path("out.xml")).unwrap());
    let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["testsuites", "testsuite", "testcase", "testcase", "failure"]);
    let value = |element: usize, key: &str| {
        let (_, attributes) = &found[element];
        attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone()).unwrap()
    };
    for (key, expected) in
        [("name", "trials"), ("tests", "2"), ("failures", "1"), ("errors", "0"), ("skipped", "0")]
    {
        assert_eq!(value(1, key), expected);
    }
    assert_eq!(value(1, "timestamp").len(), "2027-01-01T00:00:00".len());
    assert_eq!((value(3, "name").as_str(), value(3, "line").as_str()), ("bad &amp; &lt;late&gt;", "23"));
    assert_eq!((value(3, "classname").as_str(), value(3, "file").as_str()), ("trials", "mainstay.stay"));
    assert!(value(2, "time").parse::<f64>().is_ok());
    assert_eq!(value(4, "type"), "E0801");
}

#[test]
fn machines_read_the_same() {
    let answer = scene(&format!("{GOOD}{BAD}")).run(&["test", "--json"]).expect(4);
    let document: Value = serde_json::from_str(&answer.out).unwrap();
    let outcomes: Vec<_> =
        document["tests"].as_array().unwrap().iter().map(|test| &test["outcome"]).collect();
    assert_eq!(outcomes, ["ok", "failed"]);
    assert_eq!(document["tests"][1]["diagnostics"][0]["code"], "E0801");
}

/// A file of values, and a single one that counts more; what cannot be read is told with the form that it should have.
#[test]
fn params_come_from_a_file_and_from_the_line() {
    let scene = scene("");
    scene.write("values.json", "{\"env\": \"production\", \"days\": \"2h\"}");
    let compiled = |more: &[&str]| {
        let ran = scene.run(&[&["compile", "--params", "values.json"], more].concat()).expect(0);
        serde_json::from_str::<Value>(&ran.out).unwrap()["params"].clone()
    };
    assert_eq!(compiled(&[])["days"], serde_json::json!({ "duration": 7_200_000 }));
    assert_eq!(compiled(&["--set", "days=3h"])["days"], serde_json::json!({ "duration": 10_800_000 }));
    assert_eq!(compiled(&[])["env"], serde_json::json!({ "text": "production" }));
    scene.write("wrong.json", "[1]");
    for file in ["wrong.json", "missing.json"] {
        let told = scene.run(&["check", "--params", file]).expect(2);
        assert!(
            told.err.contains("holds no values for params") && told.err.contains("JSON object"),
            "{}",
            told.all()
        );
    }
    scene.write("unknown.json", "{\"days\": \"2h\", \"nights\": 3}");
    let told = scene.run(&["check", "--params", "unknown.json"]).expect(4);
    assert!(told.all().contains("E0209"), "{}", told.all());
}
