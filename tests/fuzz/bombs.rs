//! Small policies that mean enormous ones, given to the program with a gibibyte to live in: each is refused, and none is
//! killed for what it takes.

use std::process::Command;

use crate::scene::{Scene, program};

/// What the program may map, in KiB, as `ulimit` counts: a policy of ten thousand workflows needs half of it.
const MOST_KIB: u64 = 1 << 20;

/// A line for each level, from the first that names the one below it.
fn levels(first: &str, count: usize, next: impl Fn(usize, usize) -> String) -> String {
    let mut text = format!("edition 2026\npolicy bomb\n{first}\n");
    text.extend((1..count).map(|level| next(level, level - 1) + "\n"));
    text
}

#[track_caller]
fn refused(scene: &Scene, code: &str) {
    let shell = format!("ulimit -v {MOST_KIB} && exec \"$0\" check \"$1\"");
    let root = scene.path("mainstay.stay");
    let ran = Command::new("sh").args(["-c", &shell]).arg(program()).arg(root).output().unwrap();
    let told = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.code() == Some(4) && told.contains(code), "{:?}: {told}", ran.status);
}

#[test]
fn what_doubles_in_each_line_is_refused_in_a_gibibyte() {
    let lists = levels("let l0 = [1, 2]", 60, |level, below| format!("let l{level} = [l{below}, l{below}]"));
    let texts = levels("let t0 = \"twice\"", 60, |level, below| {
        format!("let t{level} = \"${{t{below}}}${{t{below}}}\"")
    });
    let calls = levels("let f0(x: Int) -> Int = x + 1\nlet all = f59(1)", 60, |level, below| {
        format!("let f{level}(x: Int) -> Int = f{below}(x) + f{below}(x)")
    });
    let pipelines = levels("pipeline p0(x: Stored) -> Verified = x |> verify()", 60, |level, below| {
        format!("pipeline p{level}(x: Stored) -> Verified = x |> p{below}() |> p{below}()")
    });
    let used = "secret key = file(\"/k\")\nrepo shelf = local { path: \"/b\", key: key }\nsource home = files { roots: \
                [\"/h\"] }\nworkflow w { step x = latest(home, in: shelf) |> p59() }\n";
    for text in [lists, texts, calls, pipelines + used] {
        refused(&Scene::new(&text), "E0215");
    }
}

#[test]
fn files_that_are_used_twice_in_each_level_are_refused_in_a_gibibyte() {
    let scene =
        Scene::new("edition 2026\npolicy bomb\nuse \"f0.stay\" as a (n: 1)\nuse \"f0.stay\" as b (n: 2)\n");
    for level in 0..30 {
        let next = level + 1;
        let filler = "// what is read again and again\n".repeat(4_000);
        let uses = format!("use \"f{next}.stay\" as a (n: 1)\nuse \"f{next}.stay\" as b (n: 2)\n");
        scene.write(&format!("f{level}.stay"), &format!("edition 2026\nparam n: Int = 0\n{uses}{filler}"));
    }
    scene.write("f30.stay", "edition 2026\nparam n: Int = 0\n");
    refused(&scene, "E0203");
}
