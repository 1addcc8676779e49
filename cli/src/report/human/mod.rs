//! The engine's answers as text for people: each module makes lines, and prints nothing.

mod doubts;
mod plan;
mod repository;
mod restore;
mod retain;
mod run;
mod snapshots;
mod status;
#[cfg(test)]
mod tests;
mod verify;

use jiff::tz::TimeZone;
use mainstay_journal::{Figures, Outcome};
use mainstay_world::TimestampMs;

use super::words;

pub use doubts::reason;
pub use plan::{dry_run, plan};
pub use repository::{check, keys, repository};
pub use restore::restore;
pub use retain::retain;
pub use run::{advice, causes, created, faults, history, next_commands, run, step_line};
pub use snapshots::snapshots;
pub use status::status;
pub use verify::verify;

/// How much is listed where the default is concise.
pub const CONCISE: usize = 10;

/// How a reader wants to see it.
#[derive(Debug, Clone)]
pub struct Look {
    /// With colours.
    pub color: bool,
    /// Where the reader is.
    pub zone: TimeZone,
    /// When it is.
    pub now: TimestampMs,
    /// Everything, not the first few.
    pub full: bool,
}

impl Look {
    /// A time as the reader's clock shows it.
    pub fn minute(&self, ms: i64) -> String {
        words::minute(TimestampMs(ms), &self.zone)
    }

    /// How long ago.
    pub fn age(&self, ms: i64) -> String {
        words::age(TimestampMs(ms), self.now)
    }

    /// The first few of a list, and how many more there are.
    pub fn some<T>(&self, items: &[T], show: impl Fn(&T) -> String) -> Vec<String> {
        let shown = if self.full { items.len() } else { CONCISE };
        let mut lines: Vec<String> = items.iter().take(shown).map(show).collect();
        if items.len() > shown {
            lines.push(format!(
                "... and {} more; `--full` shows all",
                words::count((items.len() - shown) as u64)
            ));
        }
        lines
    }

    /// A word in the colour of what it says; the word says it too.
    pub fn paint(&self, word: &str) -> String {
        let code = match word {
            "ok" | "keep" => "32",
            "degraded" | "seeding" | "skipped" | "lost" | "forget" | "warning" | "not looked into" => "33",
            "failed" | "overdue" | "never ran" | "missed" | "damaged" | "error" => "31;1",
            _ => return word.to_owned(),
        };
        if self.color { format!("\x1b[{code}m{word}\x1b[0m") } else { word.to_owned() }
    }

    /// The word of an end; what has not ended was broken off or is under way.
    pub fn outcome(&self, outcome: Option<&Outcome>) -> String {
        self.paint(outcome.map_or("open", Outcome::word))
    }
}

/// How much it is: `12 410 files, 3.1 GiB`.
pub fn amount(figures: &Figures) -> String {
    format!("{}, {}", words::counted(figures.files, "file"), words::bytes(figures.bytes))
}

/// What was handled: `12 410 files, 3.1 GiB, 12 MiB new`.
pub fn figures(figures: &Figures) -> String {
    let mut parts = Vec::new();
    if figures.files > 0 || figures.bytes > 0 {
        parts.push(amount(figures));
    }
    if figures.bytes > 0 || figures.new_bytes > 0 {
        parts.push(format!("{} new", words::bytes(figures.new_bytes)));
    }
    if figures.stored_bytes > 0 {
        parts.push(format!("{} written", words::bytes(figures.stored_bytes)));
    }
    if figures.faults > 0 {
        parts.push(format!("{} missing", words::count(figures.faults)));
    }
    parts.join(", ")
}

#[cfg(test)]
pub(crate) fn plain() -> Look {
    Look { color: false, zone: TimeZone::UTC, now: TimestampMs(1_795_252_546_000), full: false }
}
