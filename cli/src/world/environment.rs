//! What the environment says, read once.

use std::ffi::OsString;
use std::path::PathBuf;

use jiff::tz::TimeZone;

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
    /// Where the reader's clock hangs: `TZ`, or what `/etc/localtime` points at.
    pub zone: Option<String>,
    /// What a child process is given unless the policy says more: `PATH`, `HOME`, `LANG`.
    pub for_children: Vec<(OsString, OsString)>,
    /// How many columns the terminal says it has.
    pub width: Option<usize>,
    /// The locale takes more than ASCII.
    pub unicode: bool,
    /// `GITHUB_STEP_SUMMARY`: a file to which a job of GitHub appends its summary.
    pub job_summary: Option<PathBuf>,
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
            zone: zone(),
            for_children: ["PATH", "HOME", "LANG"]
                .into_iter()
                .filter_map(|name| Some((OsString::from(name), variable(name)?)))
                .collect(),
            width: variable("COLUMNS").and_then(|value| value.to_str()?.parse().ok()),
            unicode: takes_unicode(),
            job_summary: variable("GITHUB_STEP_SUMMARY").map(PathBuf::from),
            log: variable("MAINSTAY_LOG").and_then(|value| value.into_string().ok()),
        }
    }

    /// The reader's zone; UTC where it is not known.
    pub fn time_zone(&self) -> TimeZone {
        self.zone.as_deref().and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC)
    }

    /// A variable that a policy names as a secret.
    pub fn secret(name: &str) -> Option<OsString> {
        variable(name)
    }
}

fn zone() -> Option<String> {
    let named = variable("TZ").and_then(|zone| zone.into_string().ok());
    let linked = || {
        let target = std::fs::read_link("/etc/localtime").ok()?;
        target.to_str()?.split_once("zoneinfo/").map(|(_, name)| name.to_owned())
    };
    named.map(|name| name.trim_start_matches(':').to_owned()).or_else(linked)
}

/// The first of these that is set counts; a locale that names no UTF-8 is taken at its word.
fn takes_unicode() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(variable);
    locale.is_none_or(|name| {
        let name = name.to_string_lossy().to_ascii_lowercase();
        name.contains("utf-8") || name.contains("utf8")
    })
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
