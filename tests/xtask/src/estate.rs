//! `cargo xtask bench estate`: what `check` costs as an estate grows.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use crate::bench::{PROGRAM, seconds_of};
use crate::command::{self, say};

/// Workflows of the three estates: ten times as many each time.
const SIZES: [usize; 3] = [100, 1_000, 10_000];

/// The zones of the estate's sites: each has its own transitions to prove against.
const ZONES: [&str; 5] =
    ["Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Sydney", "America/Sao_Paulo"];

/// Builds the release program and measures `check` of each estate, with its growth per tenfold.
pub fn run() -> Result<(), String> {
    command::run("cargo", &["build", "--release", "--package", "mainstay"])?;
    let scratch = Path::new("target/bench");
    fs::create_dir_all(scratch).map_err(|error| error.to_string())?;
    let mut last: Option<f64> = None;
    for workflows in SIZES {
        let file = scratch.join(format!("estate-{workflows}.stay"));
        fs::write(&file, policy(workflows)).map_err(|error| error.to_string())?;
        let name = file.to_string_lossy().into_owned();
        let seconds = seconds_of(PROGRAM, &["check", "-p", &name], &[0])?;
        let growth = last.replace(seconds).map(|last| format!(" (x{:.1})", seconds / last.max(0.01)));
        say(&format!("check of {workflows} workflows: {seconds:.2} CPU s{}", growth.unwrap_or_default()));
    }
    Ok(())
}

/// Prints an estate of this many workflows.
pub fn print(workflows: &str) -> Result<(), String> {
    let workflows = workflows.parse().map_err(|_| format!("`{workflows}` is no number of workflows"))?;
    std::io::stdout().write_all(policy(workflows).as_bytes()).map_err(|error| error.to_string())
}

/// An estate: two repositories and a promise for all, and for each workflow a source that is protected and copied.
fn policy(workflows: usize) -> String {
    let mut text = String::from(
        "edition 2026
policy services
use std.pipelines.{protect, copy}

secret key = file(\"/etc/mainstay/estate.key\")
channel ops = ntfy { topic: \"ops\" }
sandbox lab = scratch { dir: \"/scratch\" }
pool disk   { slots: 8 }
pool uplink { slots: 4 }
repo onsite  = local { path: \"/backup\", key: key, pool: disk, place: { site: \"a\", region: \"eu\", account: \"ops\" } }
repo offsite = local { path: \"/vault\", key: key, pool: uplink, place: { site: \"b\", region: \"eu\", account: \"vault\" } }

objective gold {
  rpo:    30h
  rto:    4h
  keep:   gfs(daily: 14, weekly: 8, monthly: 12)
  copies: at_least(2, sites: 2)
  owner:  ops
}
",
    );
    for number in 0..workflows {
        let zone = ZONES.get(number % ZONES.len()).copied().unwrap_or("UTC");
        let (hour, minute) = (4 + number % 5, number % 60);
        let _ = write!(
            text,
            "
/// Service {number}.
source data_{number} = files {{
  roots: [\"/srv/{number}\"]
  exclude: [\"**/*.tmp\"]
}}
workflow nightly_{number} for gold {{
  trigger: daily(at: 0{hour}:{minute:02}, zone: \"{zone}\", jitter: 10min)
  within:  3h
  step kept = protect(data_{number}, to: onsite, keep: gold.keep)
  step away = copy(kept, to: offsite, keep: gold.keep)
}}
"
        );
        if number % 10 == 0 {
            let _ = write!(
                text,
                "workflow rehearsal_{number} for gold {{
  trigger: weekly(sunday, at: 06:{minute:02}, zone: \"{zone}\")
  within:  4h
  step rehearse = latest(data_{number}, in: offsite) |> drill(into: lab)
}}
"
            );
        }
    }
    text
}
