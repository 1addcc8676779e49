//! A source whose roots contain its own repository: what makes copies is in no copy.

use std::fs;
use std::os::unix::fs::symlink;

use crate::scene::Scene;

const POLICY: &str = r#"edition 2026
policy own
use std.pipelines.protect
secret key = file("DIR/key")
source all = files { roots: ["ROOT"] }
repo shelf = local { path: "SHELF", key: key }
workflow w { step kept = protect(all, to: shelf, keep: gfs(last: 3)) }
"#;

fn scene(root: &str, shelf: &str) -> Scene {
    let scene = Scene::new(&POLICY.replace("ROOT", root).replace("SHELF", shelf));
    scene.write("data/file", "content");
    scene
}

#[test]
fn a_run_copies_neither_its_repository_nor_its_state() {
    let scene = scene("DIR", "DIR/by-name/shelf");
    fs::create_dir(scene.path("disk")).unwrap();
    symlink(scene.path("disk"), scene.path("by-name")).unwrap();
    for turn in 0..2 {
        let run = scene.run(&["run", "--create"]).expect(0);
        assert_eq!(
            run.err.matches("leaves out `disk/shelf`: it is the repository `shelf`").count(),
            1,
            "{}",
            run.all()
        );
        assert_eq!(run.err.matches("leaves out `state`: it is the state folder").count(), 1, "{}", run.all());
        let to = format!("../{}-out{turn}", scene.path("").file_name().unwrap().to_str().unwrap());
        scene.run(&["restore", "all", "--to", &to]).expect(0);
        let restored = scene.path(&to);
        assert_eq!(fs::read_to_string(restored.join("data/file")).unwrap(), "content");
        assert!(restored.join("key").exists() && restored.join("disk").exists());
        assert!(!restored.join("disk/shelf").exists() && !restored.join("state").exists());
        fs::remove_dir_all(restored).unwrap();
    }
    let events = scene.run(&["run", "--json"]).expect(0);
    assert_eq!(events.out.matches(r#""type":"left_out""#).count(), 2, "{}", events.all());
}

#[test]
fn a_root_within_the_repository_is_refused_before_anything_is_stored() {
    for root in ["DIR/shelf", "DIR/shelf/p"] {
        let scene = scene(root, "DIR/shelf");
        scene.run(&["key", "new", "key"]).expect(0);
        scene.run(&["repo", "init", "shelf"]).expect(0);
        let run = scene.run(&["run"]).expect(2);
        assert!(run.err.contains("lies within the repository `shelf`"), "{}", run.all());
        assert!(!run.err.contains("tried again"), "{}", run.all());
        let listed = scene.run(&["snapshots", "--json"]);
        assert!(listed.out.contains(r#""snapshots": []"#), "{}", listed.all());
    }
}
