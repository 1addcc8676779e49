//! What reading back found.

use mainstay_ir::Name;
use mainstay_journal::Fault;
use serde::Serialize;

/// What is to be read back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VerifySpec {
    /// Only of this source.
    pub source: Option<Name>,
    /// Only in this repository.
    pub repo: Option<Name>,
    /// Only this snapshot: any unique beginning of its id. None: the newest of each source.
    pub snapshot: Option<String>,
    /// How deep.
    pub level: VerifyLevel,
}

/// How deep to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VerifyLevel {
    /// All objects are there and of their size.
    Presence,
    /// Their stored hashes match.
    Hashes,
    /// The same, and a share of the data, in millionths, is decrypted and matched.
    Sample(u64),
    /// The same, and all of the data is.
    #[default]
    All,
}

/// What reading back found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerifyReport {
    /// One for each snapshot.
    pub lines: Vec<VerifyLine>,
    /// What cannot be read of the repositories' records, and may speak of a newer snapshot than those.
    pub unread: Vec<Problem>,
    /// Repositories that could not be looked into, or not to the end.
    pub unreached: Vec<Unreached>,
}

impl VerifyReport {
    /// Whether all that was read is as it was stored.
    pub fn is_sound(&self) -> bool {
        self.unread.is_empty() && self.lines.iter().all(|line| line.problems.is_empty())
    }

    /// Why something that was meant was not read.
    pub fn fault(&self) -> Option<Fault> {
        self.unreached.iter().find(|one| one.may_hold).map(|one| one.fault)
    }
}

/// What reading one snapshot back found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerifyLine {
    /// Where.
    pub repo: Name,
    /// Of which source.
    pub source: Name,
    /// Which snapshot.
    pub snapshot: String,
    /// What people write.
    pub short: String,
    /// When it was begun.
    pub time_ms: i64,
    /// Objects that were looked at.
    pub objects: u64,
    /// Bytes that were read back.
    pub bytes: u64,
    /// What does not match.
    pub problems: Vec<Problem>,
    /// Packs that were put into quarantine: the next run that fills the repository stores anew what of them is still at the source.
    pub quarantined: u64,
}

/// A repository that could not be looked into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unreached {
    /// Which.
    pub repo: Name,
    /// Why, in words.
    pub message: String,
    /// Whether something that was meant may lie there, as far as the policy and the journal know.
    pub may_hold: bool,
    /// For exit codes.
    #[serde(skip)]
    pub fault: Fault,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Which file or object.
    pub at: String,
    /// In words.
    pub message: String,
}
