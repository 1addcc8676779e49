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

/// Files of the tree that an unchanged run walks.
const FILES: usize = 200_000;

/// Builds the release program and measures.
pub fn run() -> Result<(), String> {
    command::run("cargo", &["build", "--release", "--package", "mainstay"])?;
    let scratch = PathBuf::from("target/bench");
    fs::create_dir_all(&scratch).map_err(|error| error.to_string())?;
    check_of_a_hundred_lines(&scratch)?;
    growth_of_parsing(&scratch)?;
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

/// A policy of about `workflows * 8` lines.
fn policy(workflows: usize) -> String {
    let mut text =
        String::from("edition 2026\npolicy bench\nuse std.pipelines.protect\nsecret key = file(\"/k\")\n");
    for number in 0..workflows {
        let _ = write!(
            text,
            "source s{number} = files {{\n  roots: [\"/srv/{number}\"]\n}}\nrepo r{number} = local {{ path: \"/b/{number}\", key: key }}\nworkflow w{number} {{\n  trigger: daily(at: 01:30, zone: \"Europe/Berlin\")\n  step t{number} = protect(s{number}, to: r{number}, keep: gfs(daily: 14))\n}}\n"
        );
    }
    text
}

fn check_of_a_hundred_lines(scratch: &Path) -> Result<(), String> {
    let file = scratch.join("hundred.stay");
    fs::write(&file, policy(12)).map_err(|error| error.to_string())?;
    let name = file.to_string_lossy().into_owned();
    let mut all = 0.0;
    for _ in 0..SHORT_RUNS {
        all += seconds_of(PROGRAM, &["check", "-p", &name], &[0])?;
    }
    let lines = policy(12).lines().count();
    say(&format!(
        "check of {lines} lines: {:.1} ms of CPU (mean of {SHORT_RUNS})",
        all / f64::from(SHORT_RUNS) * 1000.0
    ));
    Ok(())
}

/// `fmt --check` parses and prints; its cost per doubling shows whether parsing is linear.
fn growth_of_parsing(scratch: &Path) -> Result<(), String> {
    let whole = policy(60_000);
    let shapes: [(&str, String, &str); 4] = [
        ("policies", whole, ""),
        ("open brackets", "[".repeat(10 << 20), "edition 2026\npolicy p\nlet x = "),
        ("a long chain", " |> f()".repeat((10 << 20) / 7), "edition 2026\npolicy p\nlet x = f()"),
        ("garbage", "@$ } ) ] \" ' ".repeat((10 << 20) / 13), "edition 2026\n"),
    ];
    for (shape, text, head) in shapes {
        let mut line = format!("parsing {shape}:");
        let mut last: Option<f64> = None;
        for size in [10 << 17, 10 << 18, 10 << 19, 10 << 20] {
            let end = text.char_indices().map(|(at, _)| at).take_while(|at| *at <= size).last().unwrap_or(0);
            let file = scratch.join("growth.stay");
            fs::write(&file, format!("{head}{}", text.get(..end).unwrap_or(&text)))
                .map_err(|error| error.to_string())?;
            let name = file.to_string_lossy().into_owned();
            let seconds = seconds_of(PROGRAM, &["fmt", "--check", &name], &[0, 2, 4])?;
            let _ = write!(line, " {:.1} MiB {seconds:.2} s", size as f64 / 1_048_576.0);
            if let Some(last) = last.replace(seconds) {
                let _ = write!(line, " (x{:.2})", seconds / last.max(0.01));
            }
        }
        say(&line);
    }
    Ok(())
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
