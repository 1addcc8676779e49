//! How the time to parse grows with the size of a file: `cargo run --release -p mainstay-syntax --example growth`.
//!
//! With a family and a size it parses that once, for `valgrind --tool=callgrind`: counts do not depend on the load.
//! Each family is parsed at doubling sizes; more than 2.6-fold for a doubling is a failure, and so is a family whose
//! time is too short to be measured. Not a test: it measures time, and wants the machine for itself.
#![expect(clippy::print_stdout, clippy::indexing_slicing, reason = "a measurement, by hand")]

use std::process::ExitCode;

use mainstay_diagnostics::SourceMap;
use mainstay_syntax::parse;

/// More growth than this for a doubling is not linear any more, noise included.
const GROWTH_LIMIT: f64 = 2.6;

/// The largest size; the smallest is an eighth of it.
const LARGEST_BYTES: usize = 10_000_000;

/// Name, what stands once before, and what is repeated.
const FAMILIES: &[(&str, &str, &str)] = &[
    ("policy", "edition 2026\n", SAMPLE),
    ("unclosed (", "edition 2026\nlet a = ", "f("),
    ("unclosed [", "edition 2026\nlet a = ", "[1, "),
    ("unclosed {", "edition 2026\n", "workflow w { parallel {\n"),
    ("shallow unclosed (", "edition 2026\n", "let a = f(1, g(2)\n"),
    ("shallow unclosed {", "edition 2026\n", "pool a { slots: 1\n"),
    ("stray )", "edition 2026\n", "let a = b) c)\n"),
    ("stray }", "edition 2026\n", "  x\n}\n"),
    ("stray ]", "edition 2026\nlet a = [", "b, c]\n"),
    ("only }", "", "}"),
    ("open text", "edition 2026\n", "let a = \"b\n"),
    ("quoted with apostrophes", "edition 2026\n", "a 'b' "),
    ("open long text", "edition 2026\nlet a = \"\"\"", "b\n"),
    ("open comment", "edition 2026\n/* ", "b * / "),
    ("chain", "edition 2026\nlet a = b", " |> c(1)"),
    ("wrong chain", "edition 2026\nlet a = b", " -> c(1)"),
    ("operators", "edition 2026\nlet a = 1", " + 1"),
    ("prefixes", "edition 2026\nlet a = ", "not - "),
    ("indices", "edition 2026\nlet a = b", "[c]"),
    ("path", "edition 2026\nlet a = b", ".c"),
    ("union", "edition 2026\nparam a: \"b\"", " | \"b\""),
    ("list", "edition 2026\nlet a = [", "1, "),
    ("no commas", "edition 2026\nlet a = [1", " 1"),
    ("types", "edition 2026\nparam a: ", "List<"),
    ("words", "", "word "),
    ("marks", "", "= : -> | , . "),
    ("semicolons", "edition 2026\n", ";a "),
    ("no meaning", "", "\u{2603}\u{7}@ "),
    ("keywords", "", "step after workflow "),
    ("allow", "edition 2026\n", "allow W1203 \"why\" "),
    ("docs", "edition 2026\n", "/// why\n"),
    ("comments", "edition 2026\n", "# why\n"),
    ("typos", "edition 2026\n", "worklow a { stpe b = c() }\n"),
];

const SAMPLE: &str = r#"
/// What it does.
workflow nightly for gold {
  trigger: daily(at: 01:30, zone: "Europe/Berlin")
  within:  2h                                  // enough
  parallel {
    step a = protect(home, to: shelf, keep: gfs(daily: 14, monthly: 6))
    step b = latest(home, in: shelf) |> drill(into: lab, check: [sql("select 1")]) within 5min
  }
}
source home = files { roots: ["/home"], exclude: ["**/*.tmp"], expect: { count: 1.., drop: 30% } }
"#;

fn main() -> ExitCode {
    let mut failed = false;
    let wanted = std::env::args().nth(1).unwrap_or_default();
    if let Some(size) = std::env::args().nth(2).and_then(|size| size.parse().ok()) {
        return once(&wanted, size);
    }
    for (name, before, repeated) in FAMILIES.iter().filter(|(name, _, _)| name.contains(&wanted)) {
        let sizes = [LARGEST_BYTES / 8, LARGEST_BYTES / 4, LARGEST_BYTES / 2, LARGEST_BYTES];
        let times: Vec<f64> = sizes.iter().map(|size| seconds(before, repeated, *size)).collect();
        let worst = times.windows(2).map(|pair| pair[1] / pair[0]).fold(0.0, f64::max);
        // What is refused at once takes no time that could grow.
        let measurable = times[3] > 0.02;
        let verdict = if measurable && worst > GROWTH_LIMIT { "NOT LINEAR" } else { "ok" };
        failed |= verdict != "ok";
        let speed = LARGEST_BYTES as f64 / 1e6 / times[3];
        println!("{name:20} {:8.3} s {speed:8.1} MB/s  worst growth {worst:4.2}  {verdict}", times[3]);
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Parses one family at one size, once: for `valgrind --tool=callgrind`, whose counts do not depend on the load.
fn once(wanted: &str, size_bytes: usize) -> ExitCode {
    let Some((_, before, repeated)) = FAMILIES.iter().find(|(name, _, _)| *name == wanted) else {
        return ExitCode::FAILURE;
    };
    let mut map = SourceMap::default();
    let file = map.add("growth.stay", text(before, repeated, size_bytes).as_str());
    println!("{} diagnostics", parse(&map, file).diagnostics.len());
    ExitCode::SUCCESS
}

fn text(before: &str, repeated: &str, size_bytes: usize) -> String {
    let mut text = before.to_owned();
    text.extend(std::iter::repeat_n(repeated, (size_bytes - before.len()) / repeated.len()));
    text
}

/// The better of two.
fn seconds(before: &str, repeated: &str, size_bytes: usize) -> f64 {
    let text = text(before, repeated, size_bytes);
    let mut best = f64::MAX;
    for _ in 0..2 {
        let mut map = SourceMap::default();
        let file = map.add("growth.stay", text.as_str());
        let start = cpu_seconds();
        let parsed = parse(&map, file);
        best = best.min(cpu_seconds() - start);
        drop(parsed);
    }
    best
}

/// What this thread has used of a processor: the machine may be busy with other things.
fn cpu_seconds() -> f64 {
    let used = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    used.split(' ').next().and_then(|nanos| nanos.parse::<f64>().ok()).unwrap_or_default() / 1e9
}
