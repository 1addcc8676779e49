//! Twenty secrets at trace level: none leaves the process but to the child that is given it.

use std::fs;
use std::path::Path;

use crate::scene::Scene;

const COUNT: usize = 20;

fn secret(number: usize) -> String {
    format!("s3cr3t-{number:02}-{:08x}", 0x9e37_79b9_u32.wrapping_mul(number as u32 + 7))
}

/// A policy whose hooks are each handed one secret of the environment or of a file.
fn policy() -> String {
    let mut text = String::from(
        "edition 2026\npolicy secrets\nuse std.pipelines.protect\nsecret key = file(\"DIR/key\")\n",
    );
    for number in 0..COUNT {
        let from = if number % 2 == 0 {
            format!("env_var(\"SECRET_{number}\")")
        } else {
            format!("file(\"DIR/secret-{number}\")")
        };
        text += &format!("secret s{number} = {from}\n");
    }
    text += "source data = files { roots: [\"DIR/data\"] }\nrepo shelf = local { path: \"DIR/repo\", key: key }\nworkflow w {\n";
    for number in 0..COUNT {
        text += &format!(
            "  step h{number} = hook([\"./look\", \"{number}\"], with: [env(\"MINE\", s{number})])\n"
        );
    }
    text + "  step kept = protect(data, to: shelf, keep: gfs(last: 3))\n}\n"
}

fn every_file(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            every_file(&path, found);
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
}

#[test]
fn a_secret_reaches_the_child_that_needs_it_and_nothing_else() {
    let scene = Scene::new(&policy());
    scene.write("data/file", "content");
    scene.write("look", "#!/bin/sh\ntr '\\0' '\\n' < /proc/$$/environ > \"seen-$1\"\ntr '\\0' ' ' < /proc/$PPID/cmdline >> argv\n");
    fs::set_permissions(scene.path("look"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    for number in (1..COUNT).step_by(2) {
        scene.write(&format!("secret-{number}"), &format!("{}\n", secret(number)));
    }
    let verbs: [&[&str]; 8] = [
        &["check"],
        &["compile"],
        &["plan"],
        &["run", "--dry-run"],
        &["run", "--create"],
        &["status"],
        &["history"],
        &["snapshots"],
    ];
    let mut shown = String::new();
    for verb in verbs {
        let mut command = scene.command(verb);
        command.env("MAINSTAY_LOG", "trace");
        for number in (0..COUNT).step_by(2) {
            command.env(format!("SECRET_{number}"), secret(number));
        }
        shown += &crate::scene::ran(&mut command).expect(0).all();
    }
    for number in 0..COUNT {
        assert!(!shown.contains(&secret(number)), "secret {number} was printed");
        let seen = fs::read_to_string(scene.path(&format!("seen-{number}"))).unwrap();
        for other in 0..COUNT {
            assert_eq!(
                seen.contains(&secret(other)),
                other == number,
                "hook {number} and secret {other}: {seen}"
            );
        }
    }
    let mut files = Vec::new();
    for folder in ["state", "repo"] {
        every_file(&scene.path(folder), &mut files);
    }
    files.push(("argv".to_owned(), fs::read(scene.path("argv")).unwrap()));
    let key = fs::read_to_string(scene.path("key")).unwrap();
    let identity =
        key.lines().find(|line| line.starts_with("AGE-SECRET-KEY-")).unwrap_or("AGE-SECRET-KEY-").to_owned();
    for (name, bytes) in &files {
        for needle in (0..COUNT).map(secret).chain([identity.clone()]) {
            assert!(!contains(bytes, needle.as_bytes()), "a secret lies in {name}");
        }
    }
    assert!(!shown.contains(&identity), "the key was printed");
}

fn contains(hay: &[u8], needle: &[u8]) -> bool {
    hay.windows(needle.len()).any(|window| window == needle)
}
