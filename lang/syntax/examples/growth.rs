//! How the time to parse grows with the size of a file: `cargo run --release -p mainstay-syntax --example growth`,
//! best behind `chrt --rr 1`; a part of a family's name as argument measures those alone.
//!
//! Each family is parsed at doubling sizes; more than 2.6-fold for a doubling is a failure. What is counted is the time
//! that the thread has used of a processor, in the kernel too: for large files a good part of it goes into pages that are
//! touched for the first time. So each measurement has a process of its own, as `mainstay check` has: within one, smaller
//! sizes would find pages that an earlier one has left, and larger ones would not. Of several rounds over all sizes the
//! least counts, since what else the machine does only ever adds.
//!
//! With a family and a size it parses that once and prints the seconds: for `perf stat` and `valgrind --tool=callgrind`.
//! Not a test: it measures time, and wants the machine for itself.
#![expect(clippy::print_stdout, clippy::indexing_slicing, reason = "a measurement, by hand")]

use std::process::{Command, ExitCode};

use mainstay_diagnostics::SourceMap;
use mainstay_syntax::parse;
use rustix::time::{ClockId, clock_gettime};

/// More growth than this for a doubling is not linear any more, noise included.
const GROWTH_LIMIT: f64 = 2.6;

/// The sizes, each twice the one before.
const SIZES_BYTES: [usize; 4] = [1_250_000, 2_500_000, 5_000_000, 10_000_000];

/// What takes less at the largest size is refused at once, and has no time that could grow.
const MEASURABLE_SECONDS: f64 = 0.02;

/// How often each size is measured.
const ROUNDS: usize = 5;

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
    ("bad literals", "edition 2026\nlet a = [", "1m, "),
    ("backticks", "edition 2026\n", "let a = `b`\n"),
    ("typographic quotes", "edition 2026\n", "let a = \u{201c}b\u{201d}\n"),
    ("steps", "edition 2026\nworkflow w {\n", "  step a = b(c, d: 1) |> e() within 1h\n"),
    ("calls", "edition 2026\nlet a = [", "f(b.c, k: g(1)), "),
    ("records", "edition 2026\nlet a = [", "{ b: 1, c: \"d\" }, "),
    ("lists of lists", "edition 2026\nlet a = [", "[[[[1]]]], "),
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
    let mut args = std::env::args().skip(1);
    let wanted = args.next().unwrap_or_default();
    if let Some(size) = args.next().and_then(|size| size.parse().ok()) {
        return once(&wanted, size);
    }
    let mut failed = false;
    for (name, _, _) in FAMILIES.iter().filter(|(name, _, _)| name.contains(&wanted)) {
        let Some(times) = least_of_rounds(name) else { return ExitCode::FAILURE };
        let growth: Vec<f64> = times.windows(2).map(|pair| pair[1] / pair[0]).collect();
        let worst = growth.iter().copied().fold(0.0, f64::max);
        let verdict = match times[3] {
            short if short < MEASURABLE_SECONDS => "ok (refused at once)",
            _ if worst > GROWTH_LIMIT => "NOT LINEAR",
            _ => "ok",
        };
        failed |= verdict == "NOT LINEAR";
        let speed = SIZES_BYTES[3] as f64 / 1e6 / times[3];
        let growth: Vec<String> = growth.iter().map(|fold| format!("{fold:4.2}")).collect();
        println!("{name:24} {:7.3} s {speed:7.1} MB/s  growth {}  {verdict}", times[3], growth.join(" "));
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Parses one family at one size, once.
fn once(wanted: &str, size_bytes: usize) -> ExitCode {
    let Some((_, before, repeated)) = FAMILIES.iter().find(|(name, _, _)| *name == wanted) else {
        return ExitCode::FAILURE;
    };
    let mut map = SourceMap::default();
    let file = map.add("growth.stay", text(before, repeated, size_bytes).as_str());
    let start = cpu_seconds();
    let parsed = parse(&map, file);
    println!("{} seconds, {} diagnostics", cpu_seconds() - start, parsed.diagnostics.len());
    ExitCode::SUCCESS
}

fn text(before: &str, repeated: &str, size_bytes: usize) -> String {
    let mut text = before.to_owned();
    text.extend(std::iter::repeat_n(repeated, (size_bytes - before.len()) / repeated.len()));
    text
}

/// The least time for each size.
fn least_of_rounds(family: &str) -> Option<[f64; 4]> {
    let mut least = [f64::MAX; 4];
    for _ in 0..ROUNDS {
        for (least, size_bytes) in least.iter_mut().zip(SIZES_BYTES) {
            *least = least.min(in_a_process(family, size_bytes)?);
        }
    }
    Some(least)
}

fn in_a_process(family: &str, size_bytes: usize) -> Option<f64> {
    let program = std::env::current_exe().ok()?;
    let output = Command::new(program).args([family, &size_bytes.to_string()]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.split(' ').next()?.parse().ok()
}

/// What this thread has used of a processor: the machine may be busy with other things.
fn cpu_seconds() -> f64 {
    let used = clock_gettime(ClockId::ThreadCPUTime);
    used.tv_sec as f64 + used.tv_nsec as f64 / 1e9
}
