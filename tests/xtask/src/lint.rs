//! `cargo xtask lint`: what a change must pass beside the tests.

use crate::command::{self, run_with};
use crate::dependencies;

/// Formatting, clippy with warnings denied, documentation with warnings denied, the dependency policy.
pub fn run() -> Result<(), String> {
    command::run("cargo", &["fmt", "--all", "--check"])?;
    command::run("cargo", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    run_with("cargo", &["doc", "--workspace", "--no-deps", "--quiet"], &[("RUSTDOCFLAGS", "-D warnings")])?;
    dependencies::check()
}
