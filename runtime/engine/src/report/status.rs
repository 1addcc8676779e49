//! How things stand.

use mainstay_ir::Name;
use mainstay_journal::{Outcome, RunId};
use serde::Serialize;

/// How things stand, worst first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StatusReport {
    /// The policy's name.
    pub policy: Name,
    /// The moment it was made for.
    pub at_ms: i64,
    /// One line for each copy of each source, and one for each workflow that makes none; worst first.
    pub lines: Vec<StatusLine>,
    /// Runs that have not ended: under way in another process, or broken off.
    pub open: Vec<OpenRun>,
}

impl StatusReport {
    /// The worst of all.
    pub fn worst(&self) -> Health {
        self.lines.iter().map(|line| line.health).max().unwrap_or(Health::Ok)
    }

    /// Whether an objective is missed.
    pub fn misses_objective(&self) -> bool {
        self.lines.iter().any(|line| line.is_missed)
    }
}

/// From best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// A whole copy, young enough.
    Ok,
    /// The first copy is being made.
    Seeding,
    /// The newest copy is not whole, or a later guarantee is missing.
    Degraded,
    /// A run was due and is not there.
    Overdue,
    /// There is no copy, and no run has even begun.
    NeverRan,
    /// The last run failed.
    Failed,
}

impl Health {
    /// In words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Seeding => "seeding",
            Self::Degraded => "degraded",
            Self::Overdue => "overdue",
            Self::NeverRan => "never ran",
            Self::Failed => "failed",
        }
    }
}

/// How one copy of one source stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StatusLine {
    /// In one word.
    pub health: Health,
    /// Why, in words; empty when it is ok.
    pub reason: String,
    /// Which workflow makes it.
    pub workflow: Name,
    /// Which step makes it; none for a workflow that makes no copy.
    pub step: Option<Name>,
    /// Of what.
    pub source: Option<Name>,
    /// Where.
    pub repo: Option<Name>,
    /// When its newest good copy was begun: it holds the source as it was then or later.
    pub last_good_ms: Option<i64>,
    /// That copy.
    pub snapshot: Option<String>,
    /// How old that is now.
    pub age_ms: Option<u64>,
    /// How old it may be.
    pub rpo_ms: Option<u64>,
    /// Whether it is older than it may be, or is not there although it should be.
    pub is_missed: bool,
    /// When the run was due that is not there.
    pub overdue_since_ms: Option<i64>,
    /// When the next one is due.
    pub next_ms: Option<i64>,
    /// The last run: its identity, when it began, how it ended.
    pub last_run: Option<(RunId, i64, Option<Outcome>)>,
    /// When the copy was last read back without a fault.
    pub verified_ms: Option<i64>,
}

/// A run that has not ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OpenRun {
    /// Which.
    pub run: RunId,
    /// Of which workflow.
    pub workflow: Name,
    /// When it began.
    pub started_ms: i64,
    /// Whether a process is at it now; if not, it was broken off.
    pub is_alive: bool,
    /// What it is at: step and act.
    pub at: Vec<(Name, String)>,
}
