//! Each example is checked, formatted, planned, run and restored, as its README says.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::scene::{Scene, workspace};

/// An example with its absolute paths moved into a scratch folder.
fn stage(name: &str, moved: &[&str]) -> Scene {
    let folder = workspace().join("examples").join(name);
    let scene = Scene::new("");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let mut text = fs::read_to_string(&path).unwrap();
        if path.extension().is_some_and(|extension| extension == "stay") {
            for absolute in moved {
                assert_eq!(text.matches(&format!("\"{absolute}")).count(), 1, "{absolute} in {name}");
                let below = scene.path(absolute.trim_start_matches('/'));
                text = text.replace(&format!("\"{absolute}"), &format!("\"{}", below.display()));
                fs::create_dir_all(below.parent().unwrap()).unwrap();
            }
        }
        let target = scene.path(path.file_name().unwrap().to_str().unwrap());
        fs::write(&target, text).unwrap();
        fs::set_permissions(&target, fs::Permissions::from_mode(mode_of(&path))).unwrap();
    }
    scene
}

fn mode_of(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// What every example must bear: no finding, the one style, a plan that writes nothing, a run, and a second run.
fn walk(scene: &Scene) {
    scene.run(&["check", "--deny", "warnings"]).expect(0);
    scene.run(&["fmt", "--check"]).expect(0);
    scene.run(&["test"]).expect(0);
    scene.run(&["run", "--dry-run"]).expect(0);
    scene.run(&["plan"]).expect(0);
    let found = mainstay_kit::survey(&scene.path("")).unwrap();
    assert!(!found.keys().any(|path| path.ends_with(b"/format")), "a plan made a repository");
    scene.run(&["run", "--create"]).expect(0);
    scene.run(&["run"]).expect(0);
}

fn restored(scene: &Scene, source: &str, from: &[&str]) -> std::path::PathBuf {
    let to = scene.path(&format!("restored-{source}{}", from.len()));
    let mut arguments = vec!["restore", source, "--to", to.to_str().unwrap()];
    arguments.extend(from);
    scene.run(&arguments).expect(0);
    to
}

#[test]
fn the_small_sample_runs_with_its_three_paths_replaced() {
    let scene = stage("02-home", &["/etc/mainstay/home.key", "/home", "/backup"]);
    scene.write("home/ana/letter", "dear");
    scene.write("etc/mainstay/readme", "");
    walk(&scene);
    let to = restored(&scene, "home", &[]);
    assert_eq!(fs::read_to_string(to.join("ana/letter")).unwrap(), "dear");
    let listed = scene.run(&["snapshots", "--json"]).expect(0);
    let listed: serde_json::Value = serde_json::from_str(&listed.out).unwrap();
    assert_eq!(
        listed["snapshots"].as_array().map(Vec::len),
        Some(1),
        "14 daily keep one of two made today: {listed}"
    );
}

#[test]
fn two_copies_hold_the_same() {
    let scene = stage(
        "03-two-copies",
        &["/etc/mainstay/papers.key", "/srv/papers", "/backup/papers", "/mnt/second/papers"],
    );
    scene.write("srv/papers/contract", "signed");
    walk(&scene);
    for repo in ["inner_disk", "second_disk"] {
        let to = scene.path(&format!("from-{repo}"));
        scene.run(&["restore", "papers", "--from", repo, "--to", to.to_str().unwrap()]).expect(0);
        assert_eq!(fs::read_to_string(to.join("contract")).unwrap(), "signed");
        scene.run(&["repo", "check", repo, "--read-data"]).expect(0);
    }
}

#[test]
fn a_program_s_output_is_kept_whole_or_not_at_all() {
    let scene = stage("04-command-dump", &["/etc/mainstay/dump.key", "/backup/dump"]);
    walk(&scene);
    let to = restored(&scene, "dump", &[]);
    let dump = fs::read_to_string(to.join("stdout")).unwrap();
    assert!(dump.ends_with("-- dump complete\n"), "{dump}");
    let before = scene.run(&["snapshots", "--json"]).expect(0).out;
    scene.write("dump", "#!/bin/sh\nseq 1 2000\nexit 3\n");
    scene.run(&["run"]).expect(1);
    assert_eq!(scene.run(&["snapshots", "--json"]).expect(0).out, before, "a failed dump left a snapshot");
}

#[test]
fn branches_share_a_pool_and_hooks_run() {
    let moved =
        ["/etc/mainstay/shares.key", "/srv/drawings", "/srv/contracts", "/srv/letters", "/backup/shares"];
    let scene = stage("05-parallel", &moved);
    for share in ["drawings", "contracts", "letters"] {
        scene.write(&format!("srv/{share}/one"), share);
    }
    walk(&scene);
    for share in ["drawings", "contracts", "letters"] {
        let to = restored(&scene, share, &[]);
        assert_eq!(fs::read_to_string(to.join("one")).unwrap(), share);
    }
}

#[test]
fn the_quickstart_says_what_it_did_and_what_to_try() {
    let scene = stage("01-quickstart", &[]);
    let text = fs::read_to_string(scene.path("mainstay.stay"))
        .unwrap()
        .replace("../../target/quickstart", "made")
        .replace("../..", "tree");
    scene.write("mainstay.stay", &text);
    scene.write("tree/README", "read me");
    scene.run(&["check", "--deny", "warnings"]).expect(0);
    scene.run(&["fmt", "--check"]).expect(0);
    let ran = scene.run(&["run", "--create"]).expect(0);
    assert!(ran.out.lines().count() <= 12, "{}", ran.all());
    assert!(ran.out.contains("mainstay snapshots") && ran.out.contains("mainstay restore"), "{}", ran.all());
    let to = restored(&scene, "checkout", &[]);
    assert_eq!(fs::read_to_string(to.join("README")).unwrap(), "read me");
}
