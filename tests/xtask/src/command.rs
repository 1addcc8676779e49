//! Running other programs, loudly.

use std::ffi::OsStr;
use std::io::Write;
use std::process::Command;

/// Prints a line to the error stream: the chores' own words stay apart from what they run.
pub fn say(line: &str) {
    // A closed stream is no reason to stop a test run.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Runs a program to its end; an error names it.
pub fn run<S: AsRef<OsStr>>(program: &str, arguments: &[S]) -> Result<(), String> {
    run_with(program, arguments, &[])
}

/// The same, with further environment.
pub fn run_with<S: AsRef<OsStr>>(program: &str, arguments: &[S], env: &[(&str, &str)]) -> Result<(), String> {
    let shown: Vec<_> = arguments.iter().map(|argument| argument.as_ref().to_string_lossy()).collect();
    say(&format!("$ {program} {}", shown.join(" ")));
    let status = Command::new(program)
        .args(arguments)
        .envs(env.iter().copied())
        .status()
        .map_err(|error| format!("cannot start `{program}`: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{program} {}` failed: {status}", shown.join(" "))) }
}

/// Whether a program can be found.
pub fn exists(program: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).any(|folder| folder.join(program).is_file())
}
