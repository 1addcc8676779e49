//! A machine that adds snapshots and can read nothing back.

use std::fs;

use crate::scene::{Ran, Scene};

const OWNER: &str = r#"edition 2026
policy shared
use std.pipelines.protect
secret key  = file("DIR/key")
source data = files { roots: ["DIR/data"] }
repo shelf  = local { path: "DIR/repo", key: key }
workflow w {
  step kept = protect(data, to: shelf, keep: gfs(last: 5))
}
"#;

const WRITER: &str = r#"edition 2026
policy shared
secret key  = file("DIR/writer.key")
source data = files { roots: ["DIR/data"] }
repo shelf  = local { path: "DIR/repo", key: key, role: writer }
workflow w {
  step kept = discover(data) |> snapshot() |> compress() |> encrypt() |> store(shelf)
}
"#;

/// A repository with one snapshot by its owner, and a writer's key and policy beside it.
fn scene() -> Scene {
    let scene = Scene::new(OWNER);
    scene.write("data/file", "first");
    scene.write("writer.stay", &WRITER.replace("DIR", &scene.path("").to_string_lossy()));
    scene.run(&["run", "--create"]).expect(0);
    scene.run(&["key", "new", "writer.key", "--writer-of", "shelf"]).expect(0);
    scene
}

fn run_as_writer(scene: &Scene, verb: &[&str]) -> Ran {
    scene.run(&[verb, &["-p", "writer.stay", "--state", "writer-state"]].concat())
}

#[test]
fn a_writer_adds_what_only_the_owner_reads() {
    let scene = scene();
    let key = fs::read_to_string(scene.path("writer.key")).unwrap();
    assert!(!key.contains("AGE-SECRET-KEY"), "a writer's key file holds no identity");

    scene.write("data/file", "second");
    run_as_writer(&scene, &["run"]).expect(0);
    let denied = run_as_writer(&scene, &["restore", "data", "--to", "stolen"]).expect(12);
    assert!(denied.err.contains("full key") && !scene.path("stolen/file").exists(), "{}", denied.all());
    let issued = run_as_writer(&scene, &["key", "new", "another.key", "--writer-of", "shelf"]);
    assert!(issued.expect(12).err.contains("full key"), "a writer issued a key file");

    scene.run(&["restore", "data", "--to", "out"]).expect(0);
    assert_eq!(fs::read_to_string(scene.path("out/file")).unwrap(), "second");
}

/// A key file that reads no names finds damage, too, and who asks afterwards is told.
#[test]
fn what_a_writers_check_finds_is_known_to_status() {
    let scene = scene();
    let run = |verb: &[&str]| run_as_writer(&scene, verb);
    let packs =
        || -> Vec<_> { fs::read_dir(scene.path("repo/p")).unwrap().map(|one| one.unwrap().path()).collect() };
    let before = packs();
    scene.write("data/file", &"second ".repeat(100));
    run(&["run"]).expect(0);
    run(&["status"]).expect(0);
    packs().iter().filter(|pack| !before.contains(pack)).for_each(|pack| fs::remove_file(pack).unwrap());
    run(&["repo", "check", "shelf"]).expect(13);
    let status = run(&["status"]).expect(1);
    assert!(status.out.contains("was read back and is damaged"), "{}", status.all());
}
