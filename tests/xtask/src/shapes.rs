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

/// How many of the thing at hand where a policy is compared with another one.
const CHANGED_SIZES: [usize; 3] = [800, 1_600, 3_200];

/// A change of a policy: its name, what the policy is made of, what is replaced by what wherever it stands, and by how much
/// the comparison may grow at most when there is twice as much. A measurement is off by up to a third.
struct Changed {
    name: &'static str,
    parts: &'static [Part],
    replaced: (&'static str, &'static str),
    most_growth: f64,
}

const EACH_ITS_OWN: Part = Each(
    "source s# = files { roots: [\"/s#\"] }\nworkflow w# {\n  trigger: daily(at: 02:00, zone: \"UTC\")\n  within: 2h\n  \
     step k = protect(s#, to: shelf, keep: keep_all)\n}\n",
);
const CHAIN: &[Part] = &[
    Once("workflow w0 {\n"),
    Once(DAILY),
    Once("  step k = protect(data, to: shelf, keep: keep_all)\n}\n"),
    Each(
        "source s# = files { roots: [\"/s#\"] }\nworkflow w# {\n  trigger: after_success(w@)\n  within: 1h\n  \
         step k = protect(s#, to: shelf, keep: keep_all)\n}\n",
    ),
];
const PLACES: &[Part] = &[
    Each("repo r# = local { path: \"/b#\", key: key, place: { site: \"x#\", account: \"ops\" } }\n"),
    WORK,
    Once(DAILY),
    Once("  step k = protect(data, to: shelf, keep: keep_all)\n"),
    Each("  step k# = copy(k, to: r#, keep: keep_all)\n"),
    END,
];

const CHANGES: &[Changed] = &[
    Changed {
        name: "all workflows renamed",
        parts: &[EACH_ITS_OWN],
        replaced: ("workflow w", "workflow v"),
        most_growth: 3.0,
    },
    Changed {
        name: "all at another time",
        parts: &[EACH_ITS_OWN],
        replaced: ("at: 02", "at: 03"),
        most_growth: 3.0,
    },
    Changed {
        name: "a chain at another time",
        parts: CHAIN,
        replaced: ("at: 02", "at: 03"),
        most_growth: 3.5,
    },
    Changed {
        name: "a chain that takes longer",
        parts: CHAIN,
        replaced: ("within: 1h", "within: 2h"),
        most_growth: 3.5,
    },
    Changed {
        name: "a copy less of many",
        parts: PLACES,
        replaced: ("  step k7 = copy(k, to: r7, keep: keep_all)\n", ""),
        most_growth: 3.5,
    },
    Changed { name: "a place of many", parts: PLACES, replaced: ("\"x7\"", "\"x8\""), most_growth: 4.0 },
];

/// Builds the release program and measures each shape and each change, with the growth per doubling.
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
    changes(scratch)
}

/// What it costs to compare a policy with another one.
fn changes(scratch: &Path) -> Result<(), String> {
    let [old, new] = ["shape.stay", "changed.stay"].map(|name| scratch.join(name));
    let names = [&old, &new].map(|path| path.to_string_lossy().into_owned());
    let mut over = Vec::new();
    for Changed { name, parts, replaced: (from, to), most_growth } in CHANGES {
        let mut seconds = Vec::new();
        for size in CHANGED_SIZES {
            let text = policy(parts, size);
            let changed = text.replace(from, to);
            fs::write(&old, text)
                .and_then(|()| fs::write(&new, changed))
                .map_err(|error| error.to_string())?;
            let [old, new] = &names;
            seconds.push(seconds_of(PROGRAM, &["diff", old, new], &[0])?);
        }
        say(&format!("{name:32} diff  {}", shown(&seconds)));
        let pairs = seconds.iter().zip(seconds.iter().skip(1)).filter(|(one, _)| **one >= LEAST_SECONDS);
        over.extend(pairs.filter(|(one, twice)| *twice / *one > *most_growth).map(|_| *name));
    }
    if over.is_empty() { Ok(()) } else { Err(format!("grows faster than it may: {}", over.join(", "))) }
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
