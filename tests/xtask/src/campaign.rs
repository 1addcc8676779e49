//! `cargo xtask campaign NAME`: the long form of what the tests sample.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::command;
use crate::test::SEED;

/// The campaigns, each an ignored test of the package `tests`.
const NAMES: &[&str] = &["calendar", "crash", "damage", "fuzz", "hostile", "mutants", "oracle", "typing"];

/// How often `properties` runs all property tests, each time with inputs that were never drawn before.
const ROUNDS: u64 = 25;

/// Who reads, for `fuzz`: each has a campaign of its own.
const READERS: &[&str] = &["parser", "formatter", "checker", "ir", "sarif"];

/// Runs one in release, with its figures on the output; a campaign of several parts runs one after the other.
pub fn run(name: &str, part: Option<&str>) -> Result<(), String> {
    if (name, part) == ("properties", None) {
        return properties();
    }
    if !NAMES.contains(&name) {
        return Err(format!("no campaign `{name}`; there are: {}, properties", NAMES.join(", ")));
    }
    let filter = match part {
        None => format!("{name}::campaign"),
        Some(reader) if name == "fuzz" && READERS.contains(&reader) => format!("fuzz::campaign_{reader}"),
        Some(part) if name == "fuzz" => {
            return Err(format!("no reader `{part}`; there are: {}", READERS.join(", ")));
        }
        Some(_) => return Err(format!("the campaign `{name}` has no parts")),
    };
    command::run("cargo", &["build", "--release", "--package", "mainstay"])?;
    let test = ["test", "--release", "--package", "mainstay-tests", &filter, "--"];
    command::run("cargo", &[test.as_slice(), &["--ignored", "--nocapture", "--test-threads=1"]].concat())
}

/// The property tests of all packages. A failure says its seed: with it in the environment, `cargo test` fails again.
fn properties() -> Result<(), String> {
    let manifests = ["lang", "runtime", "cli", "tests"].into_iter().flat_map(manifests);
    let has_properties = |text: &String| text.lines().any(|line| line.starts_with("proptest"));
    let names: Vec<String> = manifests.filter(has_properties).filter_map(|text| package(&text)).collect();
    let mut arguments = vec!["test", "--release", "--quiet", "--lib"];
    arguments.extend(names.iter().flat_map(|name| ["--package", name.as_str()]));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|error| error.to_string())?;
    for round in 0..ROUNDS {
        let seed = now.as_secs().wrapping_mul(ROUNDS).wrapping_add(round).to_string();
        command::say(&format!("round {} of {ROUNDS}: {SEED}={seed}", round + 1));
        command::run_with("cargo", &arguments, &[(SEED, &seed)])?;
    }
    Ok(())
}

/// The manifests of the packages in a folder, and its own.
fn manifests(folder: &str) -> Vec<String> {
    let below = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let all = below.chain([Path::new(folder).to_owned()]).map(|folder| folder.join("Cargo.toml"));
    all.filter_map(|path| std::fs::read_to_string(path).ok()).collect()
}

fn package(manifest: &str) -> Option<String> {
    let name = manifest.lines().find_map(|line| line.strip_prefix("name = "))?;
    Some(name.trim_matches('"').to_owned())
}
