//! What is damaged is told, never passed over; and the next run makes good what it can.

use std::fs;
use std::path::{Path, PathBuf};

use crate::scene::{Scene, differences, flip};

const POLICY: &str = r#"edition 2026
policy damaged
use std.pipelines.protect
secret key = file("DIR/home.key")
source home = files { roots: ["DIR/home"] }
repo shelf = local { path: "DIR/shelf", key: key }
repo attic = local { path: "DIR/attic", key: key }
workflow nightly {
  trigger: daily(at: 01:30, zone: "UTC")
  step backup = protect(home, to: shelf, keep: gfs(last: 5))
}
workflow weekly {
  trigger: weekly(sunday, at: 05:00, zone: "UTC")
  step away = latest(home, in: shelf) |> replicate(to: attic) |> verify() |> retain(gfs(last: 5))
}
"#;

/// Two snapshots.
pub(super) fn scene() -> Scene {
    let scene = Scene::new(POLICY);
    scene.write("home/letter", "dear all");
    scene.write("home/diary", "a long day");
    scene.run(&["run", "nightly", "--create"]).expect(0);
    scene.write("home/letter", "dear all, again");
    scene.run(&["run", "nightly"]).expect(0);
    scene.run(&["repo", "init", "attic"]).expect(0);
    scene
}

fn newest(folder: &Path) -> PathBuf {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.max_by_key(|path| fs::metadata(path).unwrap().modified().unwrap()).unwrap()
}

/// Every byte of it: one alone may lie where nothing is.
fn wreck(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let bytes: Vec<u8> = fs::read(path).unwrap().iter().map(|byte| !byte).collect();
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(path, bytes).unwrap();
}

/// What stands for the newest snapshot cannot be read, or is gone: nobody takes the one before it for the newest.
#[test]
fn a_newer_snapshot_that_cannot_be_read_is_told() {
    for (spoil, weekly) in [(flip as fn(&Path), 3), ((|path| fs::remove_file(path).unwrap()), 13)] {
        let scene = scene();
        let record = newest(&scene.path("shelf/c"));
        spoil(&record);

        let restored = scene.run(&["restore", "home", "--to", "back"]).expect(3);
        assert!(restored.out.contains("a newer snapshot than the newest"), "{}", restored.all());
        assert_eq!(fs::read_to_string(scene.path("back/letter")).unwrap(), "dear all");
        let verified = scene.run(&["verify"]).expect(13);
        assert!(verified.out.contains("a newer snapshot than the newest"), "{}", verified.all());
        let looked = scene.run(&["run", "weekly"]).expect(weekly);
        assert!(looked.all().contains("snapshot"), "{}", looked.all());
        // Who says which one is meant is not asked about others.
        let list: serde_json::Value =
            serde_json::from_str(&scene.run(&["snapshots", "--json", "--repo", "shelf"]).out).unwrap();
        let id = list["snapshots"][0]["id"].as_str().unwrap();
        scene.run(&["restore", "home", "--snapshot", id, "--to", "named"]).expect(0);
    }
}

/// A repository that is there and holds nothing of a source is not one that is missing; what cannot be read may be it.
#[test]
fn a_step_that_finds_no_snapshot_says_what_is_to_be_done() {
    let scene = Scene::new(POLICY);
    scene.write("home/letter", "dear all");
    let none = scene.run(&["run", "weekly", "--create"]).expect(1);
    assert!(none.all().contains("the workflow that stores it there has to run first"), "{}", none.all());
    assert!(!none.all().contains("mount it"), "{}", none.all());
    scene.run(&["run", "nightly"]).expect(0);
    let records = fs::read_dir(scene.path("shelf/c")).unwrap();
    records.for_each(|record| flip(&record.unwrap().path()));
    let damaged = scene.run(&["run", "weekly"]).expect(13);
    assert!(damaged.all().contains("that can be read: `c/"), "{}", damaged.all());
}

/// A repository that cannot be looked into may hold a newer one, unless another is asked for by its name.
#[test]
fn a_repository_that_is_not_there_is_told_by_a_restore() {
    let scene = scene();
    scene.run(&["run", "weekly"]).expect(0);
    scene.write("home/letter", "dear all, once more");
    scene.run(&["run", "nightly"]).expect(0);
    fs::rename(scene.path("shelf"), scene.path("gone")).unwrap();
    let restored = scene.run(&["restore", "home", "--to", "back", "--progress", "none"]).expect(3);
    assert!(restored.out.contains("`shelf`: there is no repository"), "{}", restored.all());
    assert_eq!(fs::read_to_string(scene.path("back/letter")).unwrap(), "dear all, again");
    scene.run(&["restore", "home", "--from", "attic", "--to", "meant"]).expect(0);
}

/// Once a later run has seen it, it is known to be older.
#[test]
fn an_older_snapshot_that_cannot_be_read_is_no_reason_to_doubt_a_newer_one() {
    let scene = scene();
    let record = newest(&scene.path("shelf/c"));
    scene.run(&["run", "nightly"]).expect(0);
    flip(&record);
    scene.run(&["restore", "home", "--to", "back"]).expect(0);
    scene.run(&["verify"]).expect(0);
    scene.run(&["run", "weekly"]).expect(0);
    scene.run(&["snapshots"]).expect(13);
}

/// A record that the next run found unreadable is older than what that run stored, of whatever source it was.
#[test]
fn one_record_that_cannot_be_read_is_doubted_until_the_next_run() {
    let scene = scene();
    flip(&newest(&scene.path("shelf/c")));
    scene.run(&["restore", "home", "--to", "doubted"]).expect(3);
    scene.write("home/letter", "dear all, once more");
    scene.run(&["run", "nightly"]).expect(0);
    scene.run(&["restore", "home", "--to", "back"]).expect(0);
    assert_eq!(fs::read_to_string(scene.path("back/letter")).unwrap(), "dear all, once more");
    scene.run(&["verify"]).expect(0);
    scene.run(&["run", "weekly"]).expect(0);
    scene.run(&["status"]).expect(0);
    // It is told for as long as it is there.
    scene.run(&["repo", "check", "shelf"]).expect(13);
}

/// Oldest first, without the newest: where all packs are gone, a disk is missing.
fn older_packs(scene: &Scene, repo: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(scene.path(repo).join("p")).unwrap();
    let mut packs: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    packs.sort_by_key(|path| fs::metadata(path).unwrap().modified().unwrap());
    packs.pop();
    packs
}

/// A copy of which something was lost is not taken for one, though the snapshot that it is of is still the newest.
#[test]
fn a_damaged_copy_is_made_good_by_the_next_copying() {
    for spoil in [flip as fn(&Path), |path| fs::remove_file(path).unwrap()] {
        let scene = scene();
        let policy = fs::read_to_string(scene.path("mainstay.stay")).unwrap();
        scene.write(
            "mainstay.stay",
            &policy.replace("trigger: weekly(sunday, at: 05:00, zone: \"UTC\")\n", ""),
        );
        scene.run(&["run", "weekly"]).expect(0);
        scene.write("home/letter", "dear all, once more");
        scene.run(&["run", "nightly"]).expect(0);
        scene.run(&["run", "weekly"]).expect(0);
        let settled = "nothing new: what its steps make is there";
        let plan = scene.run(&["plan", "weekly"]).expect(0);
        assert!(plan.out.contains(settled), "{}", plan.all());
        older_packs(&scene, "attic").iter().for_each(|pack| spoil(pack));
        scene.run(&["repo", "check", "attic", "--read-data"]).expect(13);

        let plan = scene.run(&["plan", "weekly"]).expect(0);
        assert!(!plan.out.contains(settled), "{}", plan.all());
        scene.run(&["run", "weekly"]).expect(0);
        scene.run(&["status"]).expect(0);
        scene.run(&["verify"]).expect(0);
        scene.run(&["restore", "home", "--from", "attic", "--to", "back", "--verify"]).expect(0);
        assert_eq!(differences(&scene.path("home"), &scene.path("back")), Vec::<String>::new());
        let copies = scene.run(&["snapshots", "--repo", "attic", "--json"]).expect(0);
        let copies: serde_json::Value = serde_json::from_str(&copies.out).unwrap();
        assert_eq!(copies["snapshots"].as_array().unwrap().len(), 2, "made good in its place: {copies}");
        // And again there is nothing to copy.
        let plan = scene.run(&["plan", "weekly"]).expect(0);
        assert!(plan.out.contains(settled), "{}", plan.all());
    }
}

/// Where no step reads a copy back, one that was made good is not taken for whole, and what is to be done is said.
#[test]
fn a_copy_that_was_made_good_is_whole_once_it_is_read_back() {
    let scene = scene();
    let policy = fs::read_to_string(scene.path("mainstay.stay")).unwrap();
    scene.write("mainstay.stay", &policy.replace(" |> verify() |> retain(gfs(last: 5))", ""));
    scene.run(&["run", "weekly"]).expect(0);
    scene.write("home/letter", "dear all, once more");
    scene.run(&["run", "nightly"]).expect(0);
    scene.run(&["run", "weekly"]).expect(0);
    older_packs(&scene, "attic").iter().for_each(|pack| wreck(pack));
    scene.run(&["repo", "check", "attic", "--read-data"]).expect(13);
    let next = "`mainstay verify --repo attic` tells whether all is there";
    let damaged = scene.run(&["status"]).expect(1);
    assert!(damaged.out.contains("is damaged") && !damaged.out.contains(next), "{}", damaged.all());
    scene.run(&["run", "weekly"]).expect(0);
    let made_good = scene.run(&["status"]).expect(1);
    assert!(made_good.out.contains(next), "{}", made_good.all());
    // A run that finds nothing to copy changes nothing of that.
    scene.run(&["run", "weekly"]).expect(0);
    scene.run(&["status"]).expect(1);
    scene.run(&["verify", "--repo", "attic"]).expect(0);
    scene.run(&["status"]).expect(0);
}

/// A source whose program has the repository checked while the backup goes on: what the check finds is not what this
/// run counted on when it began.
#[test]
fn damage_that_is_found_while_a_run_goes_on_is_not_committed_over() {
    let slow = r#"source slow = command { argv: ["/bin/sh", "-c", "MAINSTAY_STATE=DIR/state PROGRAM repo check shelf --read-data >> checks; cat home/diary"] }
workflow other {
  step b = discover(slow) |> snapshot() |> encrypt() |> store(to: shelf, retry: backoff(first: 1s, tries: 2))
}
"#;
    let program = crate::scene::program();
    let scene = Scene::new(&format!("{POLICY}{}", slow.replace("PROGRAM", &program.to_string_lossy())));
    scene.write("home/diary", "a long day");
    scene.run(&["run", "nightly", "--create"]).expect(0);
    scene.write("home/letter", "dear all");
    scene.run(&["run", "nightly"]).expect(0);
    older_packs(&scene, "shelf").iter().for_each(|pack| wreck(pack));

    scene.run(&["run", "other"]).expect(0);
    let checks = fs::read_to_string(scene.path("checks")).unwrap();
    assert_eq!(checks.matches("now in quarantine").count(), 1, "{checks}");
    // The run has the journal meanwhile.
    assert!(checks.contains("which snapshots are damaged is not written down"), "{checks}");
    assert_eq!(checks.matches("--read-data").count() + checks.matches("read back").count(), 2, "{checks}");
    scene.run(&["restore", "slow", "--from", "shelf", "--to", "back", "--verify"]).expect(0);
}

/// What a reading finds damaged is not counted on any more, and the status says so until there is a good copy.
#[test]
fn a_damaged_pack_is_made_good_by_the_next_run() {
    for spoil in [flip as fn(&Path), |path| fs::remove_file(path).unwrap()] {
        let scene = scene();
        scene.run(&["run", "weekly"]).expect(0);
        scene.run(&["status"]).expect(0);
        older_packs(&scene, "shelf").iter().for_each(|pack| spoil(pack));

        let verified = scene.run(&["verify"]).expect(13);
        assert!(verified.out.contains("now in quarantine: "), "{}", verified.all());
        let status = scene.run(&["status"]).expect(1);
        assert!(status.out.contains("was read back and is damaged"), "{}", status.all());

        // What lies below a damaged folder is seen by a check of everything.
        scene.run(&["repo", "check", "shelf", "--read-data"]).expect(13);

        scene.run(&["run", "nightly"]).expect(0);
        scene.run(&["status"]).expect(0);
        scene.run(&["verify"]).expect(0);
        scene.run(&["restore", "home", "--to", "back", "--verify"]).expect(0);
        assert_eq!(differences(&scene.path("home"), &scene.path("back")), Vec::<String>::new());
        // What only the damaged packs held stays lost, and is told as long as a snapshot needs it.
        let checked = scene.run(&["repo", "check", "shelf", "--read-data"]).expect(13);
        assert!(!checked.out.contains("now in quarantine"), "once: {}", checked.all());
    }
}

/// A check of everything does the same for packs that no newest snapshot needs.
#[test]
fn a_check_puts_what_is_damaged_into_quarantine() {
    let scene = scene();
    let pack =
        fs::read_dir(scene.path("shelf/p")).unwrap().map(|entry| entry.unwrap().path()).next().unwrap();
    flip(&pack);
    assert_eq!(fs::read_dir(scene.path("shelf/q")).unwrap().count(), 0);
    scene.run(&["repo", "check", "shelf", "--read-data"]).expect(13);
    let name = pack.file_name().unwrap();
    assert!(scene.path("shelf/q").join(name).exists(), "{name:?}");
    let document = scene.run(&["repo", "check", "shelf", "--read-data", "--json"]).expect(13);
    let document: serde_json::Value = serde_json::from_str(&document.out).unwrap();
    assert_eq!(document["quarantined"], 0, "{document}");
}

/// What a check of everything finds is known to who asks afterwards, as what a reading of one snapshot finds.
#[test]
fn a_check_is_remembered() {
    let scene = scene();
    scene.run(&["run", "weekly"]).expect(0);
    scene.run(&["verify"]).expect(0);
    scene.run(&["status"]).expect(0);
    older_packs(&scene, "shelf").iter().for_each(|pack| wreck(pack));
    scene.run(&["repo", "check", "shelf", "--read-data"]).expect(13);
    let status = scene.run(&["status"]).expect(1);
    assert!(status.out.contains("was read back and is damaged"), "{}", status.all());
    let listed = scene.run(&["snapshots", "--repo", "shelf"]);
    assert_eq!(listed.out.matches("damaged").count(), 2, "{}", listed.all());
    scene.run(&["run", "nightly"]).expect(0);
    scene.run(&["status"]).expect(0);
}

/// A run that failed after the damage was found does not hide it.
#[test]
fn damage_is_told_beside_a_run_that_failed() {
    let scene = scene();
    wreck(&newest(&scene.path("shelf/p")));
    scene.run(&["verify", "--repo", "shelf"]).expect(13);
    fs::rename(scene.path("home.key"), scene.path("away.key")).unwrap();
    scene.run(&["run", "nightly"]).expect(12);
    let checked = scene.run(&["key", "check"]).expect(12);
    assert!(checked.out.contains("failed  key (unknown) does not open shelf"), "{}", checked.all());
    let status = scene.run(&["status"]).expect(1);
    let told = ["`key` is not there", "was read back and is damaged"];
    assert!(told.iter().all(|told| status.out.contains(told)), "{}", status.all());
    fs::rename(scene.path("away.key"), scene.path("home.key")).unwrap();
    let made = scene.run(&["repo", "init", "shelf"]).expect(0);
    assert!(made.out.contains("`shelf` is there already"), "{}", made.all());
}

/// A process that may open too few files says nothing of what is stored.
#[test]
fn too_few_descriptors_are_no_damage() {
    let scene = scene();
    // Large enough that several packs are read at a time, each through a descriptor.
    for number in 0..4 {
        let content = std::iter::successors(Some(number + 1_u64), |last| {
            Some(last.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1))
        });
        let content: String = content.take(800_000).map(|number| format!("{number:x}")).collect();
        scene.write(&format!("home/photo{number}"), &content);
    }
    scene.run(&["run", "nightly"]).expect(0);
    let limited = |most: u32| {
        let script = format!("ulimit -n {most}; exec \"$0\" verify --repo shelf");
        let command = scene.command(&[]);
        let mut shell = std::process::Command::new("/bin/sh");
        shell.args(["-c", &script]).arg(crate::scene::program()).current_dir(scene.path(""));
        shell.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        crate::scene::ran(&mut shell)
    };
    // Several readers are at the packs at a time only where there are several cores; on one it is the opening that fails.
    let mut unreached = 0;
    for most in 8..32 {
        let ran = limited(most);
        assert!(!ran.all().contains("quarantine") && ran.code != Some(13), "{most}: {}", ran.all());
        if ran.all().contains("shelf`: Too many") || ran.all().contains("shelf/") {
            assert_eq!(ran.code, Some(14), "{most}: {}", ran.all());
            unreached += 1;
        }
    }
    assert!(unreached > 0, "no limit was as low as that of a repository that cannot be opened");
    assert_eq!(fs::read_dir(scene.path("shelf/q")).unwrap().count(), 0);
    scene.run(&["verify"]).expect(0);
}
