//! What the program prints for machines is as its schemas say.

use serde_json::Value;

use crate::scene::Scene;

const POLICY: &str = r#"edition 2026
policy documents
use std.pipelines.protect
secret key  = file("DIR/key")
source data = files { roots: ["DIR/data"] }
repo shelf  = local { path: "DIR/repo", key: key }
objective day { rpo: 2d  keep: gfs(last: 3) }
workflow w for day {
  trigger: daily(at: 01:30, zone: "Europe/Berlin")
  within: 2h
  step kept = protect(data, to: shelf, keep: gfs(last: 3))
}
test "a disk that answers at last" {
  given failure(w.kept, at: store, times: 2)
  let run = simulate(w)
  expect run.kept == ok
}
"#;

/// What is wrong with a value, in the part of JSON Schema that the schemas use.
fn faults(schema: &Value, value: &Value, at: &str) -> Vec<String> {
    if let Some(alternatives) = schema["anyOf"].as_array() {
        let each: Vec<_> = alternatives.iter().map(|one| faults(one, value, at)).collect();
        return if each.iter().any(Vec::is_empty) {
            Vec::new()
        } else {
            each.into_iter().min_by_key(Vec::len).unwrap()
        };
    }
    if let Some(expected) = schema.get("const") {
        return (expected != value).then(|| format!("{at} is {value}, not {expected}")).into_iter().collect();
    }
    if let Some(words) = schema["enum"].as_array() {
        return (!words.contains(value)).then(|| format!("{at} is {value}")).into_iter().collect();
    }
    let fits = match schema["type"].as_str() {
        Some("object") => return faults_of_object(schema, value, at),
        Some("array") => return faults_of_array(schema, value, at),
        Some("string") => value.is_string() && is_time_if_asked(schema, value),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        other => panic!("{at}: the schema says {other:?}"),
    };
    (!fits).then(|| format!("{at} is {value}, not {schema}")).into_iter().collect()
}

fn is_time_if_asked(schema: &Value, value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    schema["format"] != "date-time"
        || (text.len() >= 20 && text.ends_with('Z') && text.as_bytes()[10] == b'T')
}

fn faults_of_object(schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let (Some(fields), Some(properties)) = (value.as_object(), schema["properties"].as_object()) else {
        return vec![format!("{at} is no object")];
    };
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let missing =
        required.filter(|name| !fields.contains_key(*name)).map(|name| format!("{at}.{name} is missing"));
    let mut found: Vec<String> = missing.collect();
    for (name, value) in fields {
        match properties.get(name) {
            Some(schema) => found.extend(faults(schema, value, &format!("{at}.{name}"))),
            None if schema["additionalProperties"] == false => {
                found.push(format!("{at}.{name} is not in the schema"))
            }
            None => {}
        }
    }
    found
}

fn faults_of_array(schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let Some(items) = value.as_array() else { return vec![format!("{at} is no array")] };
    let place = |number: usize| format!("{at}[{number}]");
    let schema_of = |number: usize| schema["prefixItems"].get(number).or(schema.get("items"));
    let each =
        items.iter().enumerate().filter_map(|(number, item)| Some((place(number), schema_of(number)?, item)));
    each.flat_map(|(at, schema, item)| faults(schema, item, &at)).collect()
}

/// Runs a verb and holds its output against the schema that it names.
#[track_caller]
fn fits(scene: &Scene, arguments: &[&str], codes: &[i32]) {
    let answer = scene.run(&[arguments, &["--json"]].concat());
    assert!(codes.contains(&answer.code.unwrap_or(-1)), "{arguments:?}: {}", answer.all());
    let document: Value = serde_json::from_str(&answer.out).unwrap_or_else(|_| panic!("{}", answer.all()));
    let name = document["schema"]
        .as_str()
        .unwrap()
        .trim_start_matches("mainstay.")
        .trim_end_matches("/1")
        .to_owned();
    let schema: Value = serde_json::from_str(&scene.run(&["schema", &name]).expect(0).out).unwrap();
    let found = faults(&schema, &document, &name);
    assert!(found.is_empty(), "{found:#?}\n{document:#}");
}

#[test]
fn documents_are_as_their_schemas_say() {
    let scene = Scene::new(POLICY);
    scene.write("data/file", "content");
    for verb in [
        &["version"][..],
        &["check"],
        &["explain", "E0301"],
        &["explain", "--list"],
        &["test"],
        &["plan"],
        &["run", "--dry-run"],
        &["compile", "--hash"],
        &["compile", "--emit", "facts"],
        &["history"],
        &["key", "list"],
    ] {
        fits(&scene, verb, &[0]);
    }
    fits(&scene, &["status"], &[1, 5]);
    fits(&scene, &["repo", "init", "shelf"], &[0]);
    fits(&scene, &["key", "new", "other"], &[0]);
    scene.run(&["run"]).expect(0);
    for verb in [
        &["plan"][..],
        &["run", "--dry-run"],
        &["status"],
        &["history"],
        &["snapshots"],
        &["restore", "data", "--to", "out"],
        &["verify"],
        &["retain"],
        &["repo", "info", "shelf"],
        &["repo", "check", "shelf"],
        &["key", "check"],
    ] {
        fits(&scene, verb, &[0]);
    }
}

#[test]
fn a_run_is_a_stream_with_a_header_and_an_end() {
    let scene = Scene::new(POLICY);
    scene.write("data/file", "content");
    let schema: Value = serde_json::from_str(&scene.run(&["schema", "run"]).expect(0).out).unwrap();
    for (arguments, code) in [(&["run", "--create", "--json"], 0), (&["run", "nope", "--json"], 2)] {
        let answer = scene.run(arguments).expect(code);
        let lines: Vec<Value> = answer.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for line in &lines {
            let found = faults(&schema, line, "line");
            assert!(found.is_empty(), "{found:#?}\n{line}");
        }
        assert_eq!(
            (lines[0]["type"].as_str(), lines.last().unwrap()["type"].as_str()),
            (Some("header"), Some("end"))
        );
        assert_eq!(lines.last().unwrap()["exit_code"], code);
    }
}

#[test]
fn a_policy_that_does_not_compile_tells_machines_why() {
    let scene = Scene::new("edition 2026\npolicy x\nworkflow w { step s = 1m }\n");
    let answer = scene.run(&["plan", "--json"]).expect(2);
    let end: Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!(end["type"], "end");
    assert!(end["error"]["diagnostics"]["errors"].as_u64() > Some(0), "{end:#}");
}
