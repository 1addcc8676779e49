//! `cargo xtask bench`: figures in CPU seconds and ratios, never wall time: these machines are noisy.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::command::{self, say};

/// Ticks a second of the counters in `/proc`; fixed for every user program on Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// Runs of a command that is too short for one tick.
const SHORT_RUNS: u32 = 50;

/// Runs of which the fastest counts, where growth is measured.
const GROWTH_ROUNDS: u32 = 5;

/// Files of the tree that an unchanged run walks.
const FILES: usize = 200_000;

/// Builds the release program and measures.
pub fn run() -> Result<(), String> {
    command::run("cargo", &["build", "--release", "--package", "mainstay"])?;
    let scratch = PathBuf::from("target/bench");
    fs::create_dir_all(&scratch).map_err(|error| error.to_string())?;
    check_of_a_hundred_lines(&scratch)?;
    growth_of_formatting(&scratch)?;
    unchanged(&scratch)
}

/// CPU seconds of all children that were waited for so far.
fn children_seconds() -> Result<f64, String> {
    let stat = fs::read_to_string("/proc/self/stat").map_err(|error| error.to_string())?;
    let after_name = stat.rsplit_once(") ").map(|(_, rest)| rest).unwrap_or_default();
    let ticks: f64 =
        after_name.split(' ').skip(13).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    Ok(ticks / TICKS_PER_SECOND)
}

/// CPU seconds of one command, its output thrown away; any of the exit codes will do.
pub fn seconds_of(program: &str, arguments: &[&str], codes: &[i32]) -> Result<f64, String> {
    let before = children_seconds()?;
    let status = Command::new(program)
        .args(arguments)
        .env("MAINSTAY_STATE", "target/bench/state")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map_err(|error| format!("{program}: {error}"))?;
    if !status.code().is_some_and(|code| codes.contains(&code)) {
        return Err(format!("`{program} {}` ended with {status}", arguments.join(" ")));
    }
    Ok(children_seconds()? - before)
}

pub const PROGRAM: &str = "target/release/mainstay";

const POLICY_HEAD: &str =
    "edition 2026\npolicy bench\nuse std.pipelines.protect\nsecret key = file(\"/k\")\n";

/// Eight lines of a policy; `#` is the number of its workflow.
const POLICY_PIECE: &str = "source s# = files {
  roots: [\"/srv/#\"]
}
repo r# = local { path: \"/b/#\", key: key }
workflow w# {
  trigger: daily(at: 01:30, zone: \"Europe/Berlin\")
  step t# = protect(s#, to: r#, keep: gfs(daily: 14))
}
";

fn check_of_a_hundred_lines(scratch: &Path) -> Result<(), String> {
    let file = scratch.join("hundred.stay");
    let policy = (0..12).fold(String::from(POLICY_HEAD), |text, number| {
        text + &POLICY_PIECE.replace('#', &number.to_string())
    });
    fs::write(&file, &policy).map_err(|error| error.to_string())?;
    let name = file.to_string_lossy().into_owned();
    let mut all = 0.0;
    for _ in 0..SHORT_RUNS {
        all += seconds_of(PROGRAM, &["check", "-p", &name], &[0])?;
    }
    let lines = policy.lines().count();
    say(&format!(
        "check of {lines} lines: {:.1} ms of CPU (mean of {SHORT_RUNS})",
        all / f64::from(SHORT_RUNS) * 1000.0
    ));
    Ok(())
}

/// How `fmt --check`, which parses, lays out and compares, grows with the size; parsing alone is measured by the example
/// `growth` of the crate that parses.
///
/// A file is made of whole pieces, since a chain that ends within one is refused, which costs something else. Of several
/// rounds the least counts: what else the machine does only ever adds.
fn growth_of_formatting(scratch: &Path) -> Result<(), String> {
    let shapes: [(&str, &str, &str); 4] = [
        ("policies", POLICY_HEAD, POLICY_PIECE),
        ("open brackets", "edition 2026\npolicy p\nlet x = ", "["),
        ("a long chain", "edition 2026\npolicy p\nlet x = f()", " |> f()"),
        ("garbage", "edition 2026\n", "@$ } ) ] \" ' "),
    ];
    for (shape, head, piece) in shapes {
        let mut line = format!("formatting {shape}:");
        let mut last: Option<f64> = None;
        for size in [10 << 17, 10 << 18, 10 << 19, 10 << 20] {
            let file = scratch.join("growth.stay");
            fs::write(&file, repeated(head, piece, size)).map_err(|error| error.to_string())?;
            let name = file.to_string_lossy().into_owned();
            let mut seconds = f64::INFINITY;
            for _ in 0..GROWTH_ROUNDS {
                seconds = seconds.min(seconds_of(PROGRAM, &["fmt", "--check", &name], &[0, 2, 4])?);
            }
            let _ = write!(line, " {:.1} MiB {seconds:.2} s", size as f64 / 1_048_576.0);
            if let Some(last) = last.replace(seconds) {
                let _ = write!(line, " (x{:.2})", seconds / last.max(0.01));
            }
        }
        say(&line);
    }
    Ok(())
}

/// The head and as many whole pieces as fit into `size` bytes; `#` in a piece is its number.
fn repeated(head: &str, piece: &str, size: usize) -> String {
    let mut text = String::from(head);
    for number in 0.. {
        let next = piece.replace('#', &number.to_string());
        if text.len() + next.len() > size {
            break;
        }
        text.push_str(&next);
    }
    text.push('\n');
    text
}

fn unchanged(scratch: &Path) -> Result<(), String> {
    let data = scratch.join("data");
    if !data.exists() {
        for number in 0..FILES {
            let folder = data.join(format!("{:03}/{:03}", number / 10_000, number / 100 % 100));
            if number % 100 == 0 {
                fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
            }
            let text = format!("file {number}\n").repeat(number % 40);
            fs::write(folder.join(format!("f{number}")), text).map_err(|error| error.to_string())?;
        }
    }
    for gone in ["repo", "state", "key"] {
        let path = scratch.join(gone);
        let _ = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
    }
    let text = fs::read_to_string("tests/bench/policy.stay").map_err(|error| error.to_string())?;
    let text = text.replace("SRC", "data").replace("REPO", "repo").replace("KEY", "key");
    fs::write(scratch.join("mainstay.stay"), text).map_err(|error| error.to_string())?;
    let own = std::env::current_exe().map_err(|error| error.to_string())?.to_string_lossy().into_owned();
    let first = seconds_of(PROGRAM, &["run", "--create", "-p", "target/bench", "--progress", "none"], &[0])?;
    say(&format!("{FILES} small files, first run: {first:.2} CPU s"));
    for _ in 0..3 {
        let walk = seconds_of(&own, &["walk", "target/bench/data"], &[0])?;
        let again = seconds_of(PROGRAM, &["run", "-p", "target/bench", "--progress", "none"], &[0])?;
        let allowed = 2.0 * walk + 0.2;
        say(&format!(
            "bare lstat walk {walk:.2} CPU s, unchanged run {again:.2} CPU s (aim: at most {allowed:.2})"
        ));
    }
    Ok(())
}

/// A bare walk with an `lstat` for each entry: what an unchanged run is measured against.
pub fn walk(root: &str) -> Result<(), String> {
    let mut open = vec![PathBuf::from(root)];
    let mut bytes = 0;
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).map_err(|error| error.to_string())? {
            let path = entry.map_err(|error| error.to_string())?.path();
            let metadata = fs::symlink_metadata(&path).map_err(|error| error.to_string())?;
            bytes += metadata.len();
            if metadata.is_dir() {
                open.push(path);
            }
        }
    }
    say(&format!("{bytes} bytes"));
    Ok(())
}
