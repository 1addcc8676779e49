//! Trees with everything in them that has ever broken a backup, protected and restored by a user without privileges.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use mainstay_kit::{Compare, TreePlan, differences, make, survey};

use crate::scene::{Ran, Scene, program, ran, skipped};

/// `nobody` and `nogroup`.
const USER: &str = "65534";

const POLICY: &str = r#"edition 2026
policy hostile
use std.pipelines.protect
secret key  = file("DIR/key")
source data = files { roots: ["DIR/data"] }
repo shelf  = local { path: "DIR/repo", key: key }
workflow w {
  step kept = protect(data, to: shelf, keep: gfs(last: 3))
}
"#;

/// A scene that belongs to a user without privileges, with the program in it where that user can start it.
struct Nobody(Scene);

impl Nobody {
    fn new(plan: &TreePlan) -> Option<Self> {
        if ran(Command::new("id").arg("-u")).out.trim() != "0" {
            skipped("becoming another user needs root");
            return None;
        }
        let scene = Scene::new(POLICY);
        fs::set_permissions(scene.path(""), fs::Permissions::from_mode(0o755)).unwrap();
        fs::copy(program(), scene.path("mainstay")).unwrap();
        fs::create_dir(scene.path("data")).unwrap();
        make(&scene.path("data"), plan).unwrap();
        ran(Command::new("chown").args(["-hR", "65534:65534"]).arg(scene.path(""))).expect(0);
        Some(Self(scene))
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let plain = self.0.command(arguments);
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid", USER, "--regid", USER, "--clear-groups"])
            .arg(self.0.path("mainstay"))
            .args(arguments);
        command.env_clear().current_dir(self.0.path(""));
        for (name, value) in plain.get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        ran(&mut command)
    }

    /// Restores the newest snapshot, whole or not, and says how it differs from the tree.
    fn restored(&self, to: &str) -> Vec<String> {
        let answer = self.run(&["restore", "data", "--partial", "--to", to, "--progress", "none"]);
        assert!(matches!(answer.code, Some(0 | 3)), "{}", answer.all());
        let [original, copy] = ["data", to].map(|below| survey(&self.0.path(below)).unwrap());
        differences(&original, &copy, Compare { owners: true, ..Compare::default() })
    }
}

fn equals_its_source(plan: &TreePlan) {
    let Some(nobody) = Nobody::new(plan) else { return };
    // Its owner may not read it; what is unreadable has a test of its own.
    let closed = nobody.0.path("data/attributes/nobody");
    fs::set_permissions(closed, fs::Permissions::from_mode(0o400)).unwrap();
    nobody.run(&["run", "--create", "--progress", "none"]).expect(0);
    let found = nobody.restored("out");
    assert!(found.is_empty(), "{} differences, such as {:#?}", found.len(), &found[..found.len().min(20)]);
}

fn is_degraded_and_named(plan: &TreePlan) {
    let Some(nobody) = Nobody::new(plan) else { return };
    let data = nobody.0.path("data");
    fs::create_dir(data.join("closed")).unwrap();
    fs::write(data.join("closed/inside"), "x").unwrap();
    fs::write(data.join("private"), "x").unwrap();
    for (path, mode) in [("closed", 0o700), ("private", 0o600)] {
        fs::set_permissions(data.join(path), fs::Permissions::from_mode(mode)).unwrap();
    }
    let answer = nobody.run(&["run", "--create", "--progress", "none"]).expect(3);
    let shown = answer.all();
    assert!(shown.contains("degraded"), "{shown}");
    for name in ["closed", "private"] {
        assert!(shown.contains(name), "`{name}` is not named: {shown}");
    }
    let found = nobody.restored("out");
    let unexpected: Vec<_> = found
        .iter()
        .filter(|line| !["private", "closed", "attributes/nobody"].iter().any(|name| line.contains(name)))
        .collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
}

/// Files that vanish while they are read: the run names them or never saw them; what it restores is true.
fn vanishing_files_are_named(plan: &TreePlan) {
    let Some(nobody) = Nobody::new(plan) else { return };
    let stop = AtomicBool::new(false);
    let answer = std::thread::scope(|scope| {
        scope.spawn(|| vanish(&nobody, &stop));
        let answer = nobody.run(&["run", "--create", "--progress", "none"]);
        stop.store(true, Ordering::Relaxed);
        answer
    });
    assert!(matches!(answer.code, Some(0 | 3)), "{}", answer.all());
    nobody.restored("out");
    let [original, copy] = ["data", "out"].map(|below| survey(&nobody.0.path(below)).unwrap());
    let wrong: Vec<_> = original
        .iter()
        .filter(|(path, facts)| facts.kind == "file" && !path.starts_with(b"fleeting"))
        .filter(|(path, facts)| copy.get(*path).is_none_or(|restored| restored.content != facts.content))
        .collect();
    assert!(wrong.is_empty(), "{} files differ", wrong.len());
}

fn vanish(nobody: &Nobody, stop: &AtomicBool) {
    let folder = nobody.0.path("data/fleeting");
    let mut round = 0_u32;
    while !stop.load(Ordering::Relaxed) && round < 10_000 {
        fs::create_dir_all(&folder).unwrap();
        for number in 0..50 {
            fs::write(folder.join(format!("{number}")), vec![b'v'; 5000]).unwrap();
        }
        fs::remove_dir_all(&folder).unwrap();
        round += 1;
    }
}

#[test]
fn a_hostile_tree_equals_its_source() {
    equals_its_source(&TreePlan {
        files: 2_000,
        depth: 4_000,
        sparse_bytes: 5 << 30,
        ..TreePlan::hostile(1)
    });
}

#[test]
fn what_cannot_be_read_is_named_and_the_copy_is_degraded() {
    is_degraded_and_named(&TreePlan { sparse_bytes: 0, ..TreePlan::hostile(2) });
}

#[test]
fn what_vanishes_is_no_reason_to_stop() {
    vanishing_files_are_named(&TreePlan { files: 3_000, ..TreePlan::plain(3) });
}

#[test]
#[ignore = "200,000 files take minutes: cargo xtask campaign hostile"]
fn campaign() {
    let plan = TreePlan {
        files: 200_000,
        largest_bytes: 16 * 1024,
        depth: 4_000,
        sparse_bytes: 5 << 30,
        ..TreePlan::hostile(4)
    };
    equals_its_source(&plan);
    is_degraded_and_named(&plan);
    vanishing_files_are_named(&TreePlan { files: 50_000, ..TreePlan::plain(5) });
}

#[test]
fn a_restore_of_the_last_whole_copy_tells_of_a_newer_one_that_is_not() {
    let Some(nobody) = Nobody::new(&TreePlan::plain(3)) else { return };
    nobody.run(&["run", "--create"]).expect(0);
    fs::write(nobody.0.path("data/late"), "for root").unwrap();
    fs::set_permissions(nobody.0.path("data/late"), fs::Permissions::from_mode(0o600)).unwrap();
    nobody.run(&["run"]).expect(3);
    let whole = nobody.run(&["restore", "data", "--to", "whole"]).expect(0);
    assert!(whole.out.contains("is newer and not whole, 1 missing: `--partial` takes it"), "{}", whole.all());
    let partial = nobody.run(&["restore", "data", "--to", "partial", "--partial"]);
    assert!(!partial.out.contains("is newer"), "{}", partial.all());
}
