//! `cargo xtask campaign NAME`: the long form of what the tests sample.

use crate::command;

/// The campaigns, each an ignored test of the package `tests`.
const NAMES: &[&str] = &["calendar", "crash", "damage", "fuzz", "hostile", "mutants", "oracle"];

/// Runs one in release, with its figures on the output.
pub fn run(name: &str) -> Result<(), String> {
    if !NAMES.contains(&name) {
        return Err(format!("no campaign `{name}`; there are: {}", NAMES.join(", ")));
    }
    command::run("cargo", &["build", "--release", "--package", "mainstay"])?;
    let filter = format!("{name}::campaign");
    command::run(
        "cargo",
        &["test", "--release", "--package", "mainstay-tests", &filter, "--", "--ignored", "--nocapture"],
    )
}
