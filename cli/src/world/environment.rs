//! What the environment says, read once.

use std::ffi::OsString;
use std::path::PathBuf;

/// The variables that the program looks at.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// Where the command was given.
    pub current: PathBuf,
    /// `MAINSTAY_STATE`, or the XDG state folder with `mainstay` below it.
    pub state: Option<PathBuf>,
    /// `NO_COLOR` is set and not empty.
    pub no_color: bool,
    /// `CLICOLOR_FORCE` is set, not empty and not `0`.
    pub force_color: bool,
    /// `MAINSTAY_LOG`: what to log to standard error, as `tracing` filters.
    pub log: Option<String>,
}

impl Environment {
    /// Reads it.
    pub fn read() -> Self {
        Self {
            current: std::env::current_dir().unwrap_or_default(),
            state: state_folder(),
            no_color: variable("NO_COLOR").is_some(),
            force_color: variable("CLICOLOR_FORCE").is_some_and(|value| value != "0"),
            log: variable("MAINSTAY_LOG").and_then(|value| value.into_string().ok()),
        }
    }

    /// A variable that a policy names as a secret.
    pub fn secret(name: &str) -> Option<OsString> {
        variable(name)
    }
}

fn state_folder() -> Option<PathBuf> {
    let own = variable("MAINSTAY_STATE").map(PathBuf::from);
    let xdg = || variable("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || variable("HOME").map(|home| PathBuf::from(home).join(".local/state"));
    own.or_else(|| xdg().or_else(home).map(|base| base.join("mainstay")))
}

#[expect(clippy::disallowed_methods, reason = "this is the door that the ban points at")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}
