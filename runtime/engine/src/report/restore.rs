//! What a restore is to do, and did.

use std::path::PathBuf;

use mainstay_ir::Name;
use mainstay_journal::Figures;
use serde::Serialize;

use super::{Problem, SnapshotLine, Unreached};

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
    /// As this machine had it; none: this one, or the only one that has any.
    pub host: Option<String>,
    /// Only what matches; empty: everything.
    pub include: Vec<String>,
    /// Say what would be restored; write nothing.
    pub dry_run: bool,
    /// Also a snapshot that is not whole.
    pub allow_partial: bool,
    /// Also what gives power: setuid, setgid, capabilities, devices.
    pub special: bool,
    /// Compare what was restored with the snapshot afterwards.
    pub verify: bool,
}

impl RestoreReport {
    /// Whether this is the newest, as far as anybody can tell.
    pub fn is_newest(&self) -> bool {
        self.unread.is_empty() && self.unreached.iter().all(|one| !one.may_hold)
    }
}

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RestoreReport {
    /// Out of which snapshot.
    pub snapshot: SnapshotLine,
    /// A newer one that was passed over because it is not whole.
    pub newer_partial: Option<SnapshotLine>,
    /// What cannot be read of the repositories' records, and may speak of a newer snapshot than this one.
    pub unread: Vec<Problem>,
    /// Repositories that could not be looked into.
    pub unreached: Vec<Unreached>,
    /// Other repositories that have the same, where no reading found it damaged.
    pub elsewhere: Vec<Name>,
    /// Where to.
    pub to: PathBuf,
    /// What was written, or would be.
    pub figures: Figures,
    /// Whether nothing was written because nothing was to be.
    pub dry_run: bool,
    /// What could not be restored as it was; the first of them.
    pub problems: Vec<Problem>,
    /// Entries without something that gives power and was not asked for, and sockets.
    pub withheld: u64,
    /// Whether a restore that was broken off was gone on with.
    pub resumed: bool,
    /// Whether it was compared with the snapshot afterwards.
    pub verified: bool,
    /// How long it took.
    pub took_ms: u64,
}
