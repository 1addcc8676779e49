//! What a restore is to do, and did.

use std::path::PathBuf;

use mainstay_ir::Name;
use mainstay_journal::Figures;
use serde::Serialize;

use super::{Problem, SnapshotLine};

/// What is to be restored, and where to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RestoreSpec {
    /// Of which source.
    pub source: Name,
    /// The folder that gets the source's content directly below it.
    pub to: PathBuf,
    /// The newest snapshot begun at this time or before; none: the newest.
    pub at_ms: Option<i64>,
    /// This snapshot: any unique beginning of its id.
    pub snapshot: Option<String>,
    /// Out of this repository; none: the first that has it.
    pub from: Option<Name>,
    /// Only what matches; empty: everything.
    pub include: Vec<String>,
    /// Say what would be restored; write nothing.
    pub dry_run: bool,
    /// Also a snapshot that is not whole.
    pub allow_partial: bool,
}

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RestoreReport {
    /// Out of which snapshot.
    pub snapshot: SnapshotLine,
    /// Where to.
    pub to: PathBuf,
    /// What was written, or would be.
    pub figures: Figures,
    /// Whether nothing was written because nothing was to be.
    pub dry_run: bool,
    /// What could not be restored as it was.
    pub problems: Vec<Problem>,
    /// How long it took.
    pub took_ms: u64,
}
