//! What retention does, and why.

use mainstay_ir::Name;
use serde::Serialize;

/// What retention does to each copy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RetainReport {
    /// One for each source in each repository.
    pub lines: Vec<RetainLine>,
    /// Whether it was done.
    pub applied: bool,
}

/// What retention does to one source in one repository.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RetainLine {
    /// Of which source.
    pub source: Name,
    /// Where.
    pub repo: Name,
    /// Snapshots, the newest first.
    pub rulings: Vec<Ruling>,
    /// Why nothing was decided: the repository cannot be read, or it contradicts the journal.
    pub fault: Option<String>,
}

impl RetainLine {
    /// How many go.
    pub fn forgotten(&self) -> usize {
        self.rulings.iter().filter(|ruling| !ruling.keep).count()
    }
}

/// Stands for a snapshot that a run would make.
pub const NEW_SNAPSHOT: &str = "new";

/// What becomes of one snapshot.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ruling {
    /// Which; [`NEW_SNAPSHOT`] in a plan: one that the run makes.
    pub snapshot: String,
    /// What people write.
    pub short: String,
    /// When it was begun.
    pub time_ms: i64,
    /// Whether it stays.
    pub keep: bool,
    /// Why it stays, in words; empty when it goes.
    pub reasons: Vec<String>,
}
