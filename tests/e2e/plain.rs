//! What needs no policy.

use crate::scene::Scene;

#[test]
fn help_lists_verbs_on_stdout_and_usage_errors_go_to_stderr() {
    let scene = Scene::new("");
    let help = scene.run(&["--help"]).expect(0);
    assert!(help.out.contains("explain") && help.err.is_empty(), "{}", help.all());
    let wrong = scene.run(&["protekt"]).expect(2);
    assert!(wrong.out.is_empty() && wrong.err.contains("protekt"), "{}", wrong.all());
}

#[test]
fn a_usage_error_ends_the_json_stream_too() {
    let wrong = Scene::new("").run(&["run", "--no-such-flag", "--json"]).expect(2);
    let end: serde_json::Value = serde_json::from_str(wrong.out.lines().last().unwrap_or_default()).unwrap();
    assert_eq!((end["type"].as_str(), end["exit_code"].as_i64()), (Some("end"), Some(2)), "{}", wrong.all());
}

#[test]
fn an_unknown_code_is_named_with_the_next_step() {
    let wrong = Scene::new("").run(&["explain", "E9999"]).expect(2);
    assert!(wrong.err.contains("`E9999`") && wrong.err.contains("next:"), "{}", wrong.all());
}
