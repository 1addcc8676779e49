//! Manifests: what a snapshot is. The public half is for whoever holds K_map, the private half for readers.

use mainstay_world::TimestampMs;
use mainstay_world::tree::FaultKind;

use super::node::{Content, NodeEntry};
use crate::id::{DomainId, HostId, InstanceId, SnapshotId, SourceId};
use crate::keys::Certificate;

/// What was backed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SnapshotKind {
    /// A tree of files.
    Files,
    /// The output of a command.
    Stream,
}

/// What a snapshot holds, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Regular files.
    pub files: u64,
    /// Folders, the top included.
    pub folders: u64,
    /// All else.
    pub others: u64,
    /// Bytes of the files.
    pub bytes: u64,
    /// What could not be had.
    pub faults: u64,
}

/// How content was cut; two snapshots deduplicate only if this is equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunker {
    /// 1: FastCDC 2020, normalised, gear table from K_cut.
    pub algorithm: u8,
    /// Smallest chunk in bytes.
    pub min_bytes: u32,
    /// Aimed at, in bytes.
    pub average_bytes: u32,
    /// Largest chunk in bytes.
    pub max_bytes: u32,
}

/// Where a replica comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// The repository.
    pub instance: InstanceId,
    /// The snapshot there.
    pub snapshot: SnapshotId,
}

/// The half that a writer and a janitor can read: no name of anything is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Public {
    /// Itself.
    pub snapshot: SnapshotId,
    /// Which source of which policy.
    pub source: SourceId,
    /// Which host.
    pub host: HostId,
    /// When the walk began.
    pub started: TimestampMs,
    /// When the last byte was stored.
    pub ended: TimestampMs,
    /// Files or a stream.
    pub kind: SnapshotKind,
    /// The nodes of the top folder.
    pub root: Content,
    /// What it holds.
    pub counts: Counts,
    /// False: something is missing (degraded).
    pub whole: bool,
    /// A checkpoint: never counts as a copy.
    pub partial: bool,
    /// Which run made it.
    pub run_id: [u8; 32],
    /// Snapshots that folders were reused from.
    pub parents: Vec<SnapshotId>,
    /// All snapshots of this source that the writer saw as newest.
    pub heads: Vec<SnapshotId>,
    /// How content was cut.
    pub chunker: Chunker,
    /// The domain of its chunks.
    pub domain: DomainId,
    /// For a replica.
    pub replicated_from: Option<Origin>,
}

/// A fault as a manifest keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultRecord {
    /// Below the top, as bytes.
    pub path: Vec<u8>,
    /// What kind.
    pub kind: FaultKind,
    /// In words.
    pub message: String,
}

/// The half that only a reader can open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Private {
    /// Name of the policy.
    pub policy: String,
    /// Name of the source.
    pub source: String,
    /// Name of the host.
    pub host: String,
    /// Workflow that ran.
    pub workflow: String,
    /// Its step.
    pub step: String,
    /// Paths that were walked.
    pub roots: Vec<Vec<u8>>,
    /// Hash of the compiled policy.
    pub policy_hash: [u8; 32],
    /// Free words.
    pub tags: Vec<String>,
    /// Attributes of the top folder; its content is empty here and stands in [`Public::root`].
    pub top: NodeEntry,
    /// The first [`MAX_FAULTS`](super::limits::MAX_FAULTS).
    pub faults: Vec<FaultRecord>,
}

/// A manifest that was read and whose signature holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// What anybody with K_map sees.
    pub public: Public,
    /// Nothing for those who cannot open it.
    pub private: Option<Private>,
    /// Who signed it.
    pub certificate: Certificate,
    /// The private half as stored: a replica takes it over as it is.
    pub sealed_private: SealedPrivate,
}

/// The private half as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedPrivate {
    /// Binds the bytes to their place; random.
    pub binding: [u8; 32],
    /// Length before the seal.
    pub raw_length: u32,
    /// Sealed under the session key.
    pub bytes: Vec<u8>,
    /// That key, wrapped to the recipients.
    pub key: crate::keys::WrappedKey,
}
