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
    let hang_up = (!hang_up_is_ignored()).then_some(("-HUP", 129));
    for (name, code) in [("-INT", 130), ("-TERM", 143)].into_iter().chain(hang_up) {
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

/// Who runs the tests under `nohup` gives that on to what they start.
fn hang_up_is_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    u64::from_str_radix(mask.trim(), 16).unwrap() & 1 == 1
}

/// Who starts it with `nohup` wants it to outlive the terminal.
#[test]
fn a_hang_up_that_is_ignored_stays_so() {
    let scene = scene();
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' HUP; exec \"$@\"", "sh"]);
    let meant = scene.command(&["run", "--create", "--progress", "none"]);
    command.arg(meant.get_program()).args(meant.get_args()).env_clear();
    command.envs(meant.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.current_dir(meant.get_current_dir().unwrap());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    fs::read(scene.path("begun")).unwrap();
    signal("-HUP", &child);
    // The program goes on; if it were gone, nobody would read this.
    ran(Command::new("timeout").args(["20", "sh", "-c", "echo done > never"]).current_dir(scene.path("")));
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A run that died is as loud as one that failed, though the copy before it is young.
#[test]
fn a_run_that_was_killed_is_loud() {
    let scene = scene();
    let child = begun(&scene);
    fs::write(scene.path("never"), "done").unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
    scene.run(&["status"]).expect(0);
    let child = begun(&scene);
    signal("-KILL", &child);
    child.wait_with_output().unwrap();
    let status = scene.run(&["status"]).expect(1);
    assert!(status.out.contains("the last run was broken off"), "{}", status.all());
    assert!(status.out.contains("`mainstay run --resume "), "{}", status.all());
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
