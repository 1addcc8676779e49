//! `cargo xtask bench shapes`: what `check` and `diff` cost for policies that are large in one way each.
//!
//! An estate grows in all directions at once. What is searched for where it should be looked up shows only where one
//! kind of thing is many: ten thousand repos, or steps of one workflow, or mistakes at one place.

use std::fs;
use std::path::Path;

use crate::bench::{PROGRAM, seconds_of};
use crate::command::{self, say};

/// How many of the thing at hand; each size twice the one before, the last just below the language's budget of steps.
const SIZES: [usize; 3] = [2_400, 4_800, 9_600];

/// Below this a run is mostly the program's start, and its growth means nothing.
const LEAST_SECONDS: f64 = 0.05;

/// A shape by its name, and what its policy is made of.
type Shape = (&'static str, &'static [Part]);

/// A part of a policy. In what stands once for each, `#` is its number and `@` the one before.
enum Part {
    Once(&'static str),
    Each(&'static str),
}

use Part::{Each, Once};

const HEAD: &str = "edition 2026
policy shapes
use std.pipelines.{protect, copy}
secret key = file(\"/k\")
source data = files { roots: [\"/srv\"] }
repo shelf = local { path: \"/shelf\", key: key }
";

const DAILY: &str = "  trigger: daily(at: 02:00, zone: \"UTC\")\n  within: 2h\n";

const REPOS: Part = Each("repo r# = local { path: \"/b#\", key: key }\n");
const SOURCES: Part = Each("source s# = files { roots: [\"/s#\"] }\n");
const STEPS: Part = Each("  step k# = protect(s#, to: shelf, keep: keep_all)\n");
const GOAL: Part = Once("objective o {\n  rpo: 30h\n  keep: gfs(daily: 14)\n}\n");
const WORK: Part = Once("workflow w {\n");
const END: Part = Once("}\n");

const SHAPES: &[Shape] = &[
    ("repos", &[REPOS]),
    ("sources", &[SOURCES]),
    ("objectives", &[Each("objective o# {\n  rpo: 30h\n  keep: gfs(daily: 14)\n}\n")]),
    ("pools", &[Each("pool p# { slots: 4 }\n")]),
    (
        "steps of one source",
        &[WORK, Once(DAILY), Each("  step k# = protect(data, to: shelf, keep: keep_all)\n"), END],
    ),
    ("steps of sources", &[SOURCES, WORK, Once(DAILY), STEPS, END]),
    ("steps side by side", &[SOURCES, WORK, Once(DAILY), Once("parallel {\n"), STEPS, Once("}\n"), END]),
    (
        "steps that name the one before",
        &[
            SOURCES,
            WORK,
            Once(DAILY),
            Once("  step k0 = protect(data, to: shelf, keep: keep_all)\n"),
            Each("  step k# = protect(s#, to: shelf, keep: keep_all) after k@\n"),
            END,
        ],
    ),
    (
        "a step after all",
        &[
            SOURCES,
            WORK,
            Once(DAILY),
            Once("parallel {\n"),
            STEPS,
            Once("}\n  hook([\"/end\"], within: 1min) after [k1"),
            Each(", k#"),
            Once("]\n"),
            END,
        ],
    ),
    (
        "copies of one snapshot",
        &[
            REPOS,
            GOAL,
            Once("workflow w for o {\n"),
            Once(DAILY),
            Once("  step k = protect(data, to: shelf, keep: o.keep)\n"),
            Each("  step k# = copy(k, to: r#, keep: o.keep)\n"),
            END,
        ],
    ),
    (
        "copies of copies",
        &[
            REPOS,
            WORK,
            Once(DAILY),
            Once("  step k0 = protect(data, to: shelf, keep: keep_all)\n"),
            Each("  step k# = copy(k@, to: r#, keep: keep_all)\n"),
            END,
        ],
    ),
    (
        "workflows at one time",
        &[
            GOAL,
            Each(
                "workflow w# for o {\n  trigger: daily(at: 02:00, zone: \"UTC\")\n  within: 2h\n  \
            step k = protect(data, to: shelf, keep: o.keep)\n}\n",
            ),
        ],
    ),
    (
        "workflows after each other",
        &[
            Once("workflow w0 {\n"),
            Once(DAILY),
            Once("  step k = protect(data, to: shelf, keep: keep_all)\n}\n"),
            Each(
                "workflow w# {\n  trigger: after_success(w@)\n  \
            step k = protect(data, to: shelf, keep: keep_all)\n}\n",
            ),
        ],
    ),
    (
        "machines",
        &[Each(
            "machine m# {\n  start a\n  state a { do: hook([\"/a\"], within: 1h) on ok, failed -> b }\n  \
        final b = ok\n}\n",
        )],
    ),
    (
        "unknown names",
        &[WORK, Once(DAILY), Each("  step k# = protect(dtaa#, to: shelf, keep: keep_all)\n"), END],
    ),
    (
        "promises that are not kept",
        &[Each(
            "objective o# {\n  rpo: 3h\n  keep: gfs(daily: 14)\n}\nworkflow w# for o# {\n  \
            trigger: daily(at: 02:00, zone: \"UTC\")\n  within: 2h\n  \
            step k = protect(data, to: shelf, keep: gfs(daily: 3))\n}\n",
        )],
    ),
];

/// Builds the release program and measures each shape, with its growth per doubling.
pub fn run() -> Result<(), String> {
    command::run("cargo", &["build", "--release", "--package", "mainstay"])?;
    let scratch = Path::new("target/bench");
    fs::create_dir_all(scratch).map_err(|error| error.to_string())?;
    let file = scratch.join("shape.stay");
    let name = file.to_string_lossy().into_owned();
    for (shape, parts) in SHAPES {
        for arguments in [vec!["check", "-p", &name], vec!["diff", &name, &name]] {
            let mut seconds = Vec::new();
            for size in SIZES {
                fs::write(&file, policy(parts, size)).map_err(|error| error.to_string())?;
                // Some of the shapes are wrong on purpose: a `check` says so by 4, and a `diff` by 2.
                seconds.push(seconds_of(PROGRAM, &arguments, &[0, 2, 4])?);
            }
            let verb = arguments.first().copied().unwrap_or_default();
            say(&format!("{shape:32} {verb:6}{}", shown(&seconds)));
        }
    }
    Ok(())
}

/// The seconds of each size, and the growth of those that mean something.
fn shown(seconds: &[f64]) -> String {
    let mut text = String::new();
    let mut last = None;
    for one in seconds {
        let growth = last.replace(*one).filter(|last| *last >= LEAST_SECONDS).map(|last: f64| one / last);
        let growth = growth.map(|growth| format!(" (x{growth:.1})")).unwrap_or_default();
        text.push_str(&format!(" {:>14}", format!("{one:.2} s{growth}")));
    }
    text
}

fn policy(parts: &[Part], size: usize) -> String {
    let mut text = HEAD.to_owned();
    for part in parts {
        match part {
            Once(once) => text.push_str(once),
            Each(each) => (1..=size).for_each(|number| {
                let (own, before) = (number.to_string(), (number - 1).to_string());
                text.push_str(&each.replace('#', &own).replace('@', &before));
            }),
        }
    }
    text
}
