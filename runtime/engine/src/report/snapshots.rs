//! What is stored.

use mainstay_ir::Name;
use mainstay_journal::Fault;
use serde::Serialize;

/// Which snapshots are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SnapshotFilter {
    /// Only of this source.
    pub source: Option<Name>,
    /// Only in this repository.
    pub repo: Option<Name>,
    /// Also those of other policies and hosts.
    pub all: bool,
}

/// What is stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SnapshotsReport {
    /// By repository and source, then by time.
    pub snapshots: Vec<SnapshotLine>,
    /// How many there are of other policies and machines that were not asked for.
    pub left_off: usize,
    /// What could not be read: repository and why.
    pub faults: Vec<(Name, String)>,
    /// The first that may hide something that was meant: of which repository, and for exit codes.
    #[serde(skip)]
    pub fault: Option<(Name, Fault)>,
    /// This machine: what another one stored is shown with its name.
    #[serde(skip)]
    pub here: String,
}

/// One snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SnapshotLine {
    /// Where.
    pub repo: Name,
    /// The whole id, as the repository writes it.
    pub id: String,
    /// What people write.
    pub short: String,
    /// Of which policy.
    pub policy: Name,
    /// Of which source.
    pub source: Name,
    /// Of which machine.
    pub host: String,
    /// When it was begun.
    pub time_ms: i64,
    /// Whether nothing is missing from it.
    pub whole: bool,
    /// How many regular files.
    pub files: u64,
    /// How many bytes of content.
    pub bytes: u64,
    /// How many entries could not be had.
    pub faults: u64,
    /// When it was last read back without a fault, by this machine's journal.
    pub verified_ms: Option<i64>,
    /// When it was last read back, if faults were found then, by this machine's journal.
    pub damaged_ms: Option<i64>,
    /// The run that made it.
    pub run: String,
}
