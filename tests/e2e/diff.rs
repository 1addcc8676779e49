//! Two policies side by side: paths, revisions of git, forms, and the exit that CI looks at.

use std::process::Command;

use crate::scene::{Scene, ran};

const POLICY: &str = "edition 2026\npolicy laptop\nuse std.pipelines.protect\nuse \"shared.stay\" as shared\n\n\
secret key  = file(\"/etc/key\")\nsource home = files { roots: [\"/home\"] }\n\
repo shelf  = local { path: \"/backup\", key: key }\n\n\
workflow nightly {\n  trigger: daily(at: 01:30, zone: \"Europe/Berlin\")\n\
  step backup = protect(home, to: shelf, keep: gfs(daily: shared.days))\n}\n";

fn git(scene: &Scene, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=a", "-c", "user.email=a@b.example"]).args(arguments);
    command.current_dir(scene.path("")).env_clear().env("HOME", scene.path(""));
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    ran(&mut command).expect(0);
}

fn committed() -> Scene {
    let scene = Scene::new(POLICY);
    scene.write("shared.stay", "edition 2026\nlet days = 14\n");
    git(&scene, &["init", "--quiet"]);
    git(&scene, &["add", "mainstay.stay", "shared.stay"]);
    git(&scene, &["commit", "--quiet", "--message", "first"]);
    scene
}

#[test]
fn a_revision_is_read_with_all_that_it_uses() {
    let scene = committed();
    assert!(scene.run(&["diff", "HEAD", "--fail-on", "any"]).expect(0).out.contains("nothing differs"));
    scene.write("shared.stay", "edition 2026\nlet days = 7\n");
    let less = scene.run(&["diff", "HEAD", "--fail-on", "weaker"]).expect(4);
    assert!(
        less.out.contains("weaker    `home` on `shelf`, keep: gfs(daily: 14) -> gfs(daily: 7)"),
        "{}",
        less.all()
    );
    // The working tree has no say in what a revision holds, and the other way round is no weaker.
    scene.run(&["diff", "mainstay.stay", "HEAD:mainstay.stay", "--fail-on", "weaker"]).expect(0);
    scene.run(&["diff", "HEAD", "HEAD:./mainstay.stay", "--fail-on", "any"]).expect(0);
    let lost = scene.run(&["diff", "nowhere"]).expect(2);
    assert!(lost.err.contains("git knows no revision `nowhere` here"), "{}", lost.all());
    scene.run(&["diff", "--", "--help"]).expect(2);
    let no_file = scene.run(&["diff", "HEAD:other.stay"]).expect(2);
    assert!(no_file.err.contains("`HEAD` has no policy at `other.stay`"), "{}", no_file.all());
}

#[test]
fn markdown_and_json_say_the_same() {
    let scene = committed();
    let weekly = POLICY.replace("daily(at: 01:30,", "weekly(day: sunday, at: 01:30,");
    scene.write("weekly.stay", &weekly);
    let markdown = scene.run(&["diff", "HEAD", "weekly.stay", "--format", "markdown"]).expect(0).out;
    assert!(
        markdown.contains("#### 1 weaker")
            && markdown.contains("worst gap of `home` on `shelf`: 25 h -> 7 d 1 h"),
        "{markdown}"
    );
    let json = scene.run(&["diff", "HEAD", "weekly.stay", "--json", "--fail-on", "weaker"]).expect(4).out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((json["schema"].as_str(), json["weaker"].as_u64()), (Some("mainstay.diff/1"), Some(1)));
    assert_eq!(json["changes"][0]["facet"], "copies");
    let schema = scene.run(&["schema", "diff"]).expect(0).out;
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let fields = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(fields(&schema["properties"]), fields(&json));
    assert_eq!(fields(&schema["properties"]["changes"]["items"]["properties"]), fields(&json["changes"][0]));
}
