//! What goes wrong is said once, clearly, with the right exit code, and nothing that exists is changed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::scene::{Scene, ran};

const POLICY: &str = r#"edition 2026
policy errors
use std.pipelines.protect
secret key  = file("DIR/key")
source data = files { roots: ["DIR/data"] }
repo shelf  = local { path: "DIR/repo", key: key }
workflow w {
  step kept = protect(data, to: shelf, keep: gfs(last: 3))
}
"#;

/// A scene with one good snapshot.
fn kept() -> Scene {
    let scene = Scene::new(POLICY);
    scene.write("data/file", "content");
    scene.run(&["run", "--create"]).expect(0);
    scene
}

/// Every object of a folder with its bytes.
fn objects(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push((path.display().to_string(), fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// Runs a change, then each command, which must end with the code and the words, and leave every object as it was.
#[track_caller]
fn refuses(scene: &Scene, commands: &[&[&str]], code: i32, words: &str) {
    let before = objects(&scene.path("repo"));
    for command in commands {
        let answer = scene.run(command).expect(code);
        assert!(answer.err.contains(words), "`{words}` is not in: {}", answer.all());
        assert_eq!(answer.err.matches("error").count(), 1, "one error: {}", answer.all());
    }
    let after = objects(&scene.path("repo"));
    for object in &before {
        assert!(after.contains(object), "{} was changed or removed", object.0);
    }
}

#[test]
fn a_wrong_key_file() {
    let scene = kept();
    scene.run(&["key", "new", "other.key"]).expect(0);
    fs::copy(scene.path("other.key"), scene.path("key")).unwrap();
    refuses(&scene, &[&["run"], &["snapshots"], &["repo", "check", "shelf"]], 12, "key");
}

#[test]
fn a_damaged_key_file() {
    let scene = kept();
    scene.write("key", "no key at all");
    refuses(&scene, &[&["run"], &["snapshots"]], 12, "key");
}

#[test]
fn a_missing_key_file_says_what_creates_one() {
    let scene = kept();
    fs::remove_file(scene.path("key")).unwrap();
    refuses(&scene, &[&["snapshots"]], 12, "key");
}

#[test]
fn a_foreign_repository() {
    let scene = kept();
    let foreign = Scene::new(POLICY);
    foreign.write("data/file", "other");
    foreign.run(&["run", "--create"]).expect(0);
    fs::rename(scene.path("repo"), scene.path("old-repo")).unwrap();
    ran(Command::new("cp").arg("-a").arg(foreign.path("repo")).arg(scene.path("repo"))).expect(0);
    refuses(&scene, &[&["run"], &["snapshots"]], 12, "key");
}

#[test]
fn a_missing_repository_names_the_command_that_makes_one() {
    let scene = Scene::new(POLICY);
    scene.write("data/file", "content");
    scene.run(&["key", "new", "key"]).expect(0);
    let answer = scene.run(&["run"]).expect(10);
    assert!(answer.err.contains("repo init shelf") || answer.err.contains("--create"), "{}", answer.all());
    assert!(!scene.path("repo").exists());
}

#[test]
fn a_missing_policy_and_one_of_100_mb() {
    let scene = kept();
    refuses(&scene, &[&["run", "-p", "nowhere"], &["check", "-p", "nowhere"]], 2, "nowhere");
    scene.write("big.stay", &"// a line of comment that goes on\n".repeat(3_000_000));
    let answer = scene.run(&["check", "-p", "big.stay"]).expect(4);
    assert!(answer.out.contains("16 MiB") || answer.err.contains("16 MiB"), "{}", answer.all());
    scene.run(&["run", "-p", "big.stay"]).expect(2);
}

#[test]
fn nesting_of_100_000() {
    let scene = Scene::new("");
    for open in ["[", "(", "{", "parallel { "] {
        scene.write("deep.stay", &format!("edition 2026\npolicy deep\nlet x = {}\n", open.repeat(100_000)));
        let answer = scene.run(&["check", "-p", "deep.stay"]).expect(4);
        assert!(answer.all().contains("128"), "{}", &answer.all()[..500.min(answer.all().len())]);
    }
}

#[test]
fn a_name_that_does_not_exist_has_a_suggestion() {
    let scene = kept();
    for command in [
        &["restore", "dato", "--to", "x"][..],
        &["run", "v"],
        &["snapshots", "dato"],
        &["repo", "check", "shelv"],
    ] {
        let answer = scene.run(command).expect(2);
        assert!(answer.err.contains("error:") && answer.err.contains('`'), "{}", answer.all());
    }
    assert!(scene.run(&["restore", "dato", "--to", "x"]).err.contains("`data`"));
    assert!(!scene.path("x").exists());
}

#[test]
fn a_restore_never_writes_over_what_is_there() {
    let scene = kept();
    scene.write("there/mine", "precious");
    let answer = scene.run(&["restore", "data", "--to", "there"]);
    assert_ne!(answer.code, Some(0), "{}", answer.all());
    assert_eq!(fs::read_to_string(scene.path("there/mine")).unwrap(), "precious");
    assert!(!scene.path("there/file").exists());
}

#[test]
fn a_restore_into_what_makes_copies_is_refused() {
    let scene = kept();
    std::os::unix::fs::symlink(scene.path("repo"), scene.path("named")).unwrap();
    for (to, what) in [
        ("repo/out", "the repository `shelf`"),
        ("named/a/b", "the repository `shelf`"),
        ("state/out", "the state folder"),
    ] {
        for more in [&[][..], &["--dry-run"]] {
            let answer = scene.run(&[&["restore", "data", "--to", to], more].concat()).expect(2);
            assert!(
                answer.err.contains(what) && answer.err.contains("nothing was written"),
                "{}",
                answer.all()
            );
            assert!(!scene.path(to).exists());
        }
    }
    scene.run(&["restore", "data", "--to", "repository"]).expect(0);
}

#[test]
fn a_newer_format_is_named() {
    let scene = kept();
    let name = scene.path("repo/format");
    let mut bytes = fs::read(&name).unwrap();
    let content = bytes.len() - 16;
    bytes[8] = 0xfe;
    let sum = blake3::Hasher::new().update(b"mainstay format\0").update(&bytes[..content]).finalize();
    bytes[content..].copy_from_slice(&sum.as_bytes()[..16]);
    fs::set_permissions(&name, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&name, bytes).unwrap();
    refuses(&scene, &[&["snapshots"], &["run"], &["repo", "check", "shelf"]], 1, "newer");
    // A newer layout need not be as long as ours, nor keep its checksum where ours is.
    fs::write(&name, [&b"MAINSTAY\x02\x00"[..], &[9; 300]].concat()).unwrap();
    refuses(&scene, &[&["snapshots"], &["run"], &["verify"]], 1, "newer");
}

#[test]
fn a_journal_of_another_version_is_named_and_is_no_damage() {
    let scene = kept();
    let journal = rusqlite::Connection::open(scene.path("state/journal.sqlite")).unwrap();
    journal.pragma_update(None, "user_version", 99).unwrap();
    refuses(&scene, &[&["run"], &["status"], &["history"]], 1, "format 99");
    let said = scene.run(&["status"]).expect(1);
    assert!(said.err.contains("--state") && !said.err.contains("damage"), "{}", said.all());
    journal.pragma_update(None, "user_version", 1).unwrap();
    scene.run(&["run"]).expect(0);
    let taken: u32 = journal.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(taken, mainstay_journal::FORMAT);
}

/// Another repository under the same key file, at the place of the first.
fn replaced() -> Scene {
    let scene = kept();
    fs::rename(scene.path("repo"), scene.path("old-repo")).unwrap();
    scene.run(&["repo", "init", "shelf", "--state", "other-state"]).expect(0);
    scene
}

#[test]
fn a_replaced_repository_is_refused_until_its_guard_is_set_aside() {
    let scene = replaced();
    for command in [&["run"][..], &["run", "--force=rolled-back-repo:shelf"], &["run", "--resume"]] {
        let refused = scene.run(command).expect(12);
        assert!(refused.err.contains("another repository stands there"), "{}", refused.all());
        assert!(refused.err.contains("--force=replaced-repo:shelf"), "{}", refused.all());
    }
    assert!(scene.run(&["snapshots", "--json"]).out.contains(r#""snapshots": []"#));
    scene.run(&["run", "--force=replaced-repo:shelv"]).expect(2);
    scene.run(&["run", "--force=shelf"]).expect(2);
    let taken = scene.run(&["run", "--force=replaced-repo:shelf"]).expect(0);
    assert!(taken.err.contains("`shelf` is taken as it stands"), "{}", taken.all());
    let again = scene.run(&["run", "--force=replaced-repo:shelf"]).expect(0);
    assert!(!again.err.contains("is taken as it stands"), "nothing is left to accept: {}", again.all());
    scene.run(&["run"]).expect(0);
}

#[test]
fn a_run_that_was_refused_is_resumed_once_its_guard_is_set_aside() {
    let scene = replaced();
    scene.run(&["run"]).expect(12);
    scene.run(&["run", "--resume", "--force", "replaced-repo:shelf"]).expect(0);
    scene.run(&["run"]).expect(0);
}

#[test]
fn a_repository_that_was_taken_back_is_refused_until_its_guard_is_set_aside() {
    let scene = kept();
    ran(Command::new("cp").arg("-a").arg(scene.path("repo")).arg(scene.path("older"))).expect(0);
    scene.run(&["run"]).expect(0);
    fs::rename(scene.path("repo"), scene.path("newer")).unwrap();
    fs::rename(scene.path("older"), scene.path("repo")).unwrap();
    for command in [&["run"][..], &["run", "--force=replaced-repo:shelf"]] {
        let refused = scene.run(command).expect(13);
        assert!(refused.err.contains("--force=rolled-back-repo:shelf"), "{}", refused.all());
    }
    scene.run(&["run", "--force=rolled-back-repo:shelf"]).expect(0);
    scene.run(&["run"]).expect(0);
}

#[test]
fn a_full_disk_and_a_read_only_target() {
    if !is_root() {
        crate::scene::skipped("mounting a small file system needs root");
        return;
    }
    let scene = kept();
    let small = scene.path("small");
    fs::create_dir(&small).unwrap();
    let mount =
        |options: &str| ran(Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&small));
    if mount("size=2m").code != Some(0) {
        crate::scene::skipped("this machine does not let us mount a tmpfs");
        return;
    }
    let policy = POLICY
        .replace("policy errors", "policy small")
        .replace("DIR/repo", "DIR/small/repo")
        .replace("DIR", &scene.path("").to_string_lossy());
    scene.write("small.stay", &policy);
    scene.run(&["run", "-p", "small.stay", "--create"]).expect(0);
    let noise = mainstay_kit::SeededRandom::new(9).bytes(8_000_000);
    fs::write(scene.path("data/noise"), noise).unwrap();
    let full = scene.run(&["run", "-p", "small.stay"]).expect(15);
    assert!(full.err.contains("space") && !full.err.contains("tried again"), "{}", full.all());
    scene.run(&["restore", "data", "--to", "from-full", "-p", "small.stay"]).expect(0);
    assert_eq!(fs::read_to_string(scene.path("from-full/file")).unwrap(), "content");
    mount("remount,ro");
    fs::remove_file(scene.path("data/noise")).unwrap();
    let denied = scene.run(&["run", "-p", "small.stay"]);
    let into = scene.run(&["restore", "data", "--to", "small/out"]);
    ran(Command::new("umount").arg(&small)).expect(0);
    assert!(!matches!(denied.code, Some(0 | 70)) && denied.err.contains("read-only"), "{}", denied.all());
    assert!(!denied.err.contains("tried again"), "{}", denied.all());
    assert!(!matches!(into.code, Some(0 | 70)) && into.err.contains("read-only"), "{}", into.all());
}

fn is_root() -> bool {
    ran(Command::new("id").arg("-u")).out.trim() == "0"
}

#[test]
fn names_with_new_lines_and_control_codes_stay_on_one_line_of_an_error() {
    let scene = Scene::new(&POLICY.replace("DIR/data", "DIR/da\\nta\\u{1b}[31m"));
    let run = scene.run(&["run", "--dry-run"]).expect(1);
    assert!(!run.err.contains('\u{1b}') && !run.out.contains('\u{1b}'), "{}", run.all());
    assert!(run.all().contains("da\\nta"), "{}", run.all());
    let named = scene.run(&["run", "a\n\u{1b}[31mb"]).expect(2);
    assert!(!named.err.contains('\u{1b}'), "{}", named.all());
}

#[test]
fn what_a_killed_run_left_is_not_decided_in_another_repository() {
    let policy = POLICY.replace(
        r#"files { roots: ["DIR/data"] }"#,
        r#"command { argv: ["sh", "-c", "[ ! -e DIR/slow ] || { echo x > DIR/begun; cat DIR/never; }; echo content"] }"#,
    );
    let scene = Scene::new(&policy);
    scene.run(&["run", "--create"]).expect(0);
    for pipe in ["begun", "never"] {
        ran(Command::new("mkfifo").arg(scene.path(pipe))).expect(0);
    }
    scene.write("slow", "");
    let mut run = scene.command(&["run", "--progress", "none"]).spawn().unwrap();
    fs::read(scene.path("begun")).unwrap();
    run.kill().unwrap();
    run.wait().unwrap();
    fs::remove_file(scene.path("slow")).unwrap();
    fs::rename(scene.path("repo"), scene.path("old-repo")).unwrap();
    scene.run(&["repo", "init", "shelf", "--state", "other-state"]).expect(0);
    refuses(&scene, &[&["run"]], 12, "another repository stands there");
    assert_eq!(fs::read_dir(scene.path("repo/c")).unwrap().count(), 0, "nothing was written there");
    fs::rename(scene.path("repo"), scene.path("new-repo")).unwrap();
    fs::rename(scene.path("old-repo"), scene.path("repo")).unwrap();
    let closed = scene.run(&["run"]).expect(0);
    assert!(closed.all().contains("broken off"), "{}", closed.all());
}

#[test]
fn a_repository_that_lost_a_folder_is_not_taken_for_none_and_made_anew() {
    let scene = kept();
    fs::rename(scene.path("repo/p"), scene.path("packs")).unwrap();
    refuses(&scene, &[&["snapshots"], &["repo", "init", "shelf"]], 14, "`p`");
    assert!(!scene.path("repo/p").exists(), "an empty folder would pass for packs that are lost");
    fs::rename(scene.path("packs"), scene.path("repo/p")).unwrap();
    scene.run(&["run"]).expect(0);
}
