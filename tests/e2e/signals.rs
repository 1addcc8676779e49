//! A signal comes to a clean stop with its own exit code, and what was started ends with the program.

use std::fs;
use std::process::{Child, Command, Stdio};

use crate::scene::{Scene, ran};

const POLICY: &str = r#"edition 2026
policy signals
use std.pipelines.protect
secret key  = file("DIR/key")
source slow = command { argv: ["./slow"] }
repo shelf  = local { path: "DIR/repo", key: key }
workflow w {
  step kept = protect(slow, to: shelf, keep: gfs(last: 3))
}
"#;

/// A run whose program has begun: it says so through one pipe, and waits for ever at another.
fn begun(scene: &Scene) -> Child {
    let mut command = scene.command(&["run", "--create", "--progress", "none"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    fs::read(scene.path("begun")).unwrap();
    child
}

fn scene() -> Scene {
    let scene = Scene::new(POLICY);
    ran(Command::new("mkfifo").arg(scene.path("begun")).arg(scene.path("never"))).expect(0);
    scene.write("slow", "#!/bin/sh\necho $$ > pid\necho yes > begun\ncat never\n");
    fs::set_permissions(scene.path("slow"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    scene
}

fn signal(name: &str, child: &Child) {
    ran(Command::new("kill").arg(name).arg(child.id().to_string())).expect(0);
}

#[test]
fn a_signal_stops_the_run_and_what_it_started() {
    let scene = scene();
    for (name, code) in [("-INT", 130), ("-TERM", 143)] {
        let child = begun(&scene);
        signal(name, &child);
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains("was stopped") && said.contains("--resume"), "{said}");
        let pid = fs::read_to_string(scene.path("pid")).unwrap();
        assert!(!fs::exists(format!("/proc/{}", pid.trim())).unwrap(), "the program outlived its run");
    }
    assert!(scene.run(&["snapshots"]).expect(0).out.contains("nothing is stored"));
}

#[test]
fn two_runs_do_not_share_a_state_folder() {
    let scene = scene();
    let child = begun(&scene);
    let second = scene.run(&["run"]).expect(11);
    assert!(second.err.contains("in use") && second.err.contains("--state"), "{}", second.all());
    signal("-TERM", &child);
    child.wait_with_output().unwrap();
}
