//! Slots: small objects whose names say what they are about, and whose content says what became of it.

use mainstay_store::{NameError, ObjectName};

use super::manifest::Manifest;
use crate::id::{PackId, SegmentId, SessionId, SnapshotId, from_hex};

/// The name of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SlotName {
    /// `s/<sid>`: a session begins.
    Intent(SessionId),
    /// `c/<sid>.<k>`: what became of it, dense from 0.
    Outcome(SessionId, u32),
    /// `g/<n>`: the maintenance log, dense from 0.
    Log(u64),
    /// `f/<snapshot>`: forgotten.
    Forgotten(SnapshotId),
    /// `h/<snapshot>.<n>`: hold or release, dense from 0.
    Hold(SnapshotId, u32),
    /// `q/<pack>`: quarantined.
    Quarantine(PackId),
}

impl SlotName {
    /// The name of its object: numbers have a fixed width, so that listings are in their order.
    ///
    /// # Errors
    /// Never for these names.
    pub fn object(&self) -> Result<ObjectName, NameError> {
        ObjectName::new(self.to_string())
    }

    /// From the name of an object.
    pub fn parse(name: &str) -> Option<Self> {
        let (prefix, rest) = name.split_once('/')?;
        match prefix {
            "s" => from_hex(rest).map(|id| Self::Intent(SessionId(id))),
            "c" => numbered(rest).map(|(id, k)| Self::Outcome(SessionId(id), k)),
            "g" => from_hex::<8>(rest).map(|n| Self::Log(u64::from_be_bytes(n))),
            "f" => from_hex(rest).map(|id| Self::Forgotten(SessionId(id))),
            "h" => numbered(rest).map(|(id, n)| Self::Hold(SessionId(id), n)),
            "q" => from_hex(rest).map(|id| Self::Quarantine(PackId(id))),
            _ => None,
        }
    }
}

fn numbered(rest: &str) -> Option<([u8; 24], u32)> {
    let (id, number) = rest.split_once('.')?;
    Some((from_hex(id)?, u32::from_be_bytes(from_hex::<4>(number)?)))
}

impl std::fmt::Display for SlotName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Intent(id) => write!(f, "s/{id}"),
            Self::Outcome(id, k) => write!(f, "c/{id}.{k:08x}"),
            Self::Log(n) => write!(f, "g/{n:016x}"),
            Self::Forgotten(id) => write!(f, "f/{id}"),
            Self::Hold(id, n) => write!(f, "h/{id}.{n:08x}"),
            Self::Quarantine(id) => write!(f, "q/{id}"),
        }
    }
}

/// What a session is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent {
    /// It will add references: a backup, a replica, a repair.
    Write,
    /// It reads these snapshots, which must not be collected meanwhile.
    Read(Vec<SnapshotId>),
}

/// What became of a session, one step of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A checkpoint, under way still.
    Partial(Commit),
    /// It lives: nothing new.
    Alive,
    /// Done.
    Final(Commit),
    /// Given up, by itself or by another.
    Aborted,
    /// It ended without a snapshot, as it wanted to.
    Closed,
    /// A kind that this version does not know: the session counts as undecided, nothing may be collected.
    Unknown(u8),
}

/// A published snapshot: the segments that its session has made so far, and the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// All of the session, not only those since the last checkpoint.
    pub segments: Vec<SegmentId>,
    /// Signed along with the segments and the slot's name.
    pub manifest: Manifest,
}

/// An entry of the maintenance log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogRecord {
    /// These packs are to go, unless the verdict keeps them.
    Condemn(Vec<PackId>),
    /// About entry `n`: these packs are deleted and never used again.
    Verdict {
        /// The condemn it answers.
        condemn: u64,
        /// What is deleted.
        delete: Vec<PackId>,
    },
    /// Segments that stand for others.
    Merge {
        /// New ones.
        outputs: Vec<SegmentId>,
        /// No longer in the live index.
        inputs: Vec<SegmentId>,
    },
    /// The owner says that a slot means nothing any more.
    Void(String),
    /// A kind that this version does not know: read on, maintain nothing.
    Unknown(u8),
}

/// A legal hold on a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldRecord {
    /// It stays, whatever `f/` says.
    Hold {
        /// Which matter.
        case: String,
        /// Who asked.
        owner: String,
    },
    /// No longer.
    Release,
    /// A kind that this version does not know: it counts as a hold.
    Unknown(u8),
}

/// Why a snapshot was forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForgetRecord {
    /// In words, for people; may be empty.
    pub reason: String,
}

/// Why a pack is not to be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantineRecord {
    /// In words.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_one_to_one() {
        let sid = SessionId::new(3, [9; 16]);
        let all = [
            SlotName::Intent(sid),
            SlotName::Outcome(sid, 18),
            SlotName::Log(1 << 40),
            SlotName::Forgotten(sid),
            SlotName::Hold(sid, 1),
            SlotName::Quarantine(PackId([4; 32])),
        ];
        for name in all {
            assert_eq!(SlotName::parse(&name.to_string()), Some(name));
            assert!(name.object().is_ok());
        }
        assert_eq!(SlotName::parse("c/00"), None);
        assert_eq!(SlotName::parse("p/00"), None);
    }
}
