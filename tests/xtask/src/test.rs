//! `cargo xtask test`: everything that the tests need, then all tests.

use crate::command::{self, exists, run_with, say};

/// Programs that tests start, with the Debian package that has each. Without one, its tests say so in a line
/// and count as skipped; here they are installed where that is possible.
const NEEDED: &[(&str, &str)] =
    &[("setpriv", "util-linux"), ("setfattr", "attr"), ("setfacl", "acl"), ("systemd-analyze", "systemd")];

/// What property tests draw their inputs from: the same for all, so that what passes here passes elsewhere, and what fails
/// fails again. Other inputs are looked for on purpose, by `cargo xtask campaign properties`.
pub const SEED: &str = "PROPTEST_RNG_SEED";

/// Installs, then runs.
pub fn run() -> Result<(), String> {
    install()?;
    // The program itself first: the tests across crates start it.
    command::run("cargo", &["build", "--package", "mainstay"])?;
    let seed = std::env::var(SEED).unwrap_or_else(|_| "2026".to_owned());
    run_with("cargo", &["test", "--workspace"], &[(SEED, &seed)])
}

fn install() -> Result<(), String> {
    let missing: Vec<&str> =
        NEEDED.iter().filter(|(program, _)| !exists(program)).map(|(_, package)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !exists("apt-get") || !is_root() {
        say(&format!(
            "not installed, and not possible here: {}; the tests that need them are skipped",
            missing.join(", ")
        ));
        return Ok(());
    }
    command::run("apt-get", &["update", "-qq"])?;
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(&missing);
    run_with("apt-get", &arguments, &[("DEBIAN_FRONTEND", "noninteractive")])
}

fn is_root() -> bool {
    std::process::Command::new("id").arg("-u").output().is_ok_and(|answer| answer.stdout.starts_with(b"0\n"))
}
