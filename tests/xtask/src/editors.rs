//! `cargo xtask editors`: the files of editors that are made from the compiler's tables.

use std::process::Command;

/// The grammar of the VS Code extension.
const GRAMMAR: &str = "lang/server/editors/vscode/syntaxes/mainstay.tmLanguage.json";

/// Writes them anew.
pub fn run() -> Result<(), String> {
    let made = Command::new("cargo")
        .args(["run", "--quiet", "--package", "mainstay-server", "--example", "grammar"])
        .output()
        .map_err(|error| format!("cargo: {error}"))?;
    if !made.status.success() {
        return Err(String::from_utf8_lossy(&made.stderr).into_owned());
    }
    std::fs::write(GRAMMAR, &made.stdout).map_err(|error| format!("{GRAMMAR}: {error}"))?;
    crate::command::say(&format!("{GRAMMAR}: {} bytes", made.stdout.len()));
    Ok(())
}
