//! What is not known for certain is told once, where it matters, with the next step.

use std::fs;
use std::path::{Path, PathBuf};

use crate::scene::{Scene, flip};

const POLICY: &str = r#"edition 2026
policy doubts
secret key = file("DIR/home.key")
source home = files { roots: ["DIR/home"] }
source other = files { roots: ["DIR/other"] }
repo shelf = local { path: "DIR/shelf", key: key }
repo usb = local { path: "DIR/usb", key: key }
workflow nightly {
  trigger: daily(at: 01:30, zone: "UTC")
  step backup = discover(home) |> snapshot() |> encrypt() |> store(to: shelf)
}
workflow rare {
  WORK
}
"#;

const OTHER: &str = "step backup = discover(other) |> snapshot() |> encrypt() |> store(to: usb)";
const MIRROR: &str = "step away = latest(home, in: shelf) |> replicate(to: usb)";

/// One snapshot on the shelf.
fn scene(work: &str) -> Scene {
    let scene = Scene::new(&POLICY.replace("WORK", work));
    scene.write("home/letter", &"dear all ".repeat(9000));
    scene.write("other/note", "to do");
    scene.run(&["run", "nightly", "--create"]).expect(0);
    scene
}

fn change_policy(scene: &Scene, old: &str, new: &str) {
    let text = fs::read_to_string(scene.path("mainstay.stay")).unwrap();
    assert!(text.contains(old));
    fs::write(scene.path("mainstay.stay"), text.replace(old, new)).unwrap();
}

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// An alarm that always sounds is not heard: a restore is green where nothing newer can lie.
#[test]
fn a_restore_is_green_where_nothing_newer_can_lie() {
    let scene = scene(OTHER);
    // Never made, as far as the journal knows.
    let never = scene.run(&["restore", "home", "--to", "never"]).expect(0);
    assert!(never.out.contains("note: not looked into"), "{}", never.all());
    // Made, and never filled with this source.
    scene.run(&["run", "rare", "--create"]).expect(0);
    fs::rename(scene.path("usb"), scene.path("safe")).unwrap();
    scene.run(&["restore", "home", "--to", "other kind"]).expect(0);
    scene.run(&["restore", "other", "--to", "back"]).expect(10);
    // Nobody remembers: anything may lie there.
    fs::rename(scene.path("state"), scene.path("state.away")).unwrap();
    let unknown = scene.run(&["restore", "home", "--to", "unknown"]).expect(3);
    assert!(unknown.out.contains("not looked into  a newer snapshot may lie there:"), "{}", unknown.all());
    assert!(
        unknown.out.contains("next: `--from shelf` if this is the one that you mean"),
        "{}",
        unknown.all()
    );
    assert!(unknown.out.lines().any(|line| line.starts_with("ok  1 file")), "{}", unknown.all());
    scene.run(&["restore", "home", "--from", "shelf", "--to", "meant"]).expect(0);
}

/// What the journal knows to have stored there at one time may lie there, whatever the policy says now.
#[test]
fn a_place_that_had_the_source_under_an_older_policy_is_a_doubt() {
    let scene = scene(MIRROR);
    scene.run(&["run", "rare", "--create"]).expect(0);
    change_policy(&scene, MIRROR, OTHER);
    fs::rename(scene.path("usb"), scene.path("safe")).unwrap();
    scene.run(&["restore", "home", "--to", "back"]).expect(3);
}

/// No engine reaches such a place, nor did one before it.
#[test]
fn a_place_that_no_engine_reaches_is_named_and_is_no_doubt() {
    let scene = scene(OTHER);
    let cloud = r#"repo cloud = s3 { bucket: "v", region: "eu-1", endpoint: "https://s3.example", access_key: key, secret_key: key, key: key }
workflow cloudy { step away = latest(home, in: shelf) |> replicate(to: cloud) }
workflow rare {"#;
    scene.run(&["run", "rare", "--create"]).expect(0);
    change_policy(&scene, "workflow rare {", cloud);
    let named = "`cloud`: `s3` cannot be reached yet";
    for arguments in [&["restore", "home", "--to", "back"][..], &["snapshots"], &["verify"]] {
        let ran = scene.run(arguments).expect(0);
        assert!(ran.out.contains(named), "{}", ran.all());
    }
    scene.run(&["verify", "--repo", "cloud"]).expect(2);
    scene.run(&["snapshots", "--repo", "cloud"]).expect(2);
}

/// Who is told that there is none must hear where nobody looked.
#[test]
fn what_is_not_found_may_lie_where_nothing_was_looked_into() {
    let scene = scene(MIRROR);
    scene.run(&["run", "rare", "--create"]).expect(0);
    fs::rename(scene.path("usb"), scene.path("safe")).unwrap();
    let none = scene.run(&["restore", "home", "--host", "nohost", "--to", "back"]).expect(10);
    assert!(none.err.contains("there is no snapshot of `home` of machine `nohost`\n"), "{}", none.all());
    assert!(none.err.contains("because: not looked into: `usb`: there is no repository"), "{}", none.all());
    assert!(none.err.contains("next: make `usb` reachable"), "{}", none.all());
}

/// What is damaged in one place is told whatever becomes of the others, and a whole copy elsewhere is what is restored.
#[test]
fn damage_in_one_place_hides_no_other_and_is_not_hidden() {
    let scene = scene(MIRROR);
    scene.run(&["run", "rare", "--create"]).expect(0);
    files(&scene.path("shelf/p")).iter().for_each(|pack| flip(pack));
    // Nobody knows yet that it is damaged: what lies elsewhere is named.
    let first = scene.run(&["restore", "home", "--to", "first"]);
    assert_ne!(first.code, Some(0), "{}", first.all());
    fs::rename(scene.path("usb"), scene.path("safe")).unwrap();
    let verified = scene.run(&["verify"]).expect(13);
    assert!(verified.out.contains("damaged  home in shelf"), "{}", verified.all());
    assert!(verified.out.contains("stores or copies into `shelf`"), "{}", verified.all());
    assert!(verified.out.contains("`usb`: there is no repository at"), "{}", verified.all());
    assert!(verified.out.contains("then `mainstay verify --repo usb`"), "{}", verified.all());
    let document = scene.run(&["verify", "--json"]).expect(13);
    let document: serde_json::Value = serde_json::from_str(&document.out).unwrap();
    assert_eq!(
        (&document["schema"], &document["unreached"][0]["repo"]),
        (&"mainstay.verify/1".into(), &"usb".into())
    );
    let listed = scene.run(&["snapshots", "--repo", "shelf"]).expect(0);
    assert!(listed.out.contains("damaged, read back"), "{}", listed.all());

    fs::rename(scene.path("safe"), scene.path("usb")).unwrap();
    let restored = scene.run(&["restore", "home", "--to", "back"]).expect(0);
    assert!(restored.out.contains("in usb, taken on"), "{}", restored.all());
    scene.run(&["verify", "--repo", "usb"]).expect(0);
}

/// A file that cannot be had, and the same snapshot elsewhere.
#[test]
fn a_restore_that_misses_something_names_the_other_copy() {
    let scene = scene(MIRROR);
    scene.write("home/photo", &(0..200_000_u32).map(|number| format!("{number} ")).collect::<String>());
    scene.run(&["run", "nightly"]).expect(0);
    scene.run(&["run", "rare", "--create"]).expect(0);
    let largest =
        files(&scene.path("shelf/p")).into_iter().max_by_key(|pack| fs::metadata(pack).unwrap().len());
    flip(&largest.unwrap());
    let restored = scene.run(&["restore", "home", "--to", "back"]).expect(3);
    assert!(restored.out.contains("could not be restored as it was"), "{}", restored.all());
    let next = "next: the same snapshot lies in `usb` too: `mainstay restore home --from usb`";
    assert!(restored.out.contains(next), "{}", restored.all());
}

/// A listing is what everybody types first: it says when the newest are gone.
#[test]
fn a_listing_says_that_the_newest_are_gone() {
    let scene = scene(OTHER);
    let before = files(&scene.path("shelf/c"));
    scene.run(&["run", "nightly"]).expect(0);
    let record = files(&scene.path("shelf/c")).into_iter().find(|path| !before.contains(path)).unwrap();
    fs::remove_file(record).unwrap();
    let listed = scene.run(&["snapshots", "--repo", "shelf"]).expect(13);
    assert!(listed.err.contains("repo `shelf`: the repository was rolled back"), "{}", listed.all());
    let next = "`mainstay run repo:shelf --force=rolled-back-repo:shelf`";
    assert!(listed.err.contains(next), "{}", listed.all());
    let refused = scene.run(&["run", "nightly"]).expect(13);
    assert!(
        refused.err.contains("`mainstay run nightly --force=rolled-back-repo:shelf`"),
        "{}",
        refused.all()
    );
}

/// A resumed run keeps its policy, and says so where nobody watches.
#[test]
fn a_resumed_run_says_in_its_result_that_its_policy_is_an_older_one() {
    let scene = scene(OTHER);
    scene.run(&["run", "rare"]).expect(10);
    scene.run(&["repo", "init", "usb"]).expect(0);
    change_policy(&scene, "01:30", "02:30");
    let resumed = scene.run(&["run", "--resume", "--progress", "none"]).expect(0);
    assert!(resumed.out.contains("under the policy that it began with"), "{}", resumed.all());
}

/// The next step has the names in it.
#[test]
fn a_key_file_that_others_may_read_is_named_in_the_command() {
    use std::os::unix::fs::PermissionsExt as _;
    let scene = scene(OTHER);
    let key = scene.path("home.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o664)).unwrap();
    let listed = scene.run(&["key", "list"]).expect(0);
    assert!(listed.out.contains(&format!("`chmod o= {}`", key.display())), "{}", listed.all());
}
