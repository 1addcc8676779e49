//! Where the result goes: a full disk is told, a reader that went away is not.

use std::fs::OpenOptions;
use std::io::Read as _;
use std::process::Stdio;

use crate::scene::{Scene, ran};

const POLICY: &str = r#"edition 2026
policy outputs
source home = files { roots: ["DIR/home"] }
"#;

#[test]
fn a_result_that_could_not_be_written_is_not_green() {
    let scene = Scene::new(POLICY);
    for arguments in [&["compile"][..], &["explain", "--list"], &["schema", "ir"]] {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = scene.command(arguments);
        let child = command.stdout(Stdio::from(full)).stderr(Stdio::piped()).spawn().unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(15), "{arguments:?}: {said}");
        assert!(said.contains("not all of the result could be written"), "{arguments:?}: {said}");
    }
}

#[test]
fn a_reader_that_went_away_has_what_it_wanted() {
    let scene = Scene::new(POLICY);
    let mut command = scene.command(&["explain", "--list"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}

#[test]
fn a_pattern_that_names_nothing_says_what_patterns_are() {
    let scene = Scene::new(
        "edition 2026\npolicy outputs\nsecret key = file(\"DIR/key\")\nsource home = files { roots: [\"DIR/home\"] }\n\
         repo shelf = local { path: \"DIR/shelf\", key: key }\nworkflow now {\n  step kept = discover(home) |> snapshot() |> encrypt() |> store(to: shelf)\n}\n",
    );
    scene.write("home/letter", "dear all");
    scene.run(&["run", "--create"]).expect(0);
    let none =
        ran(&mut scene.command(&["restore", "home", "--to", "back", "--include", "home/letter"])).expect(1);
    assert!(none.err.contains("below the top of the source"), "{}", none.all());
    assert!(!scene.path("back").exists());
}
