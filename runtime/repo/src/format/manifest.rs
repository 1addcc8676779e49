//! Manifests: what a snapshot is. The public half is for whoever holds K_map, the private half for readers.

mod private;

use mainstay_world::TimestampMs;
use mainstay_world::tree::FaultKind;

use super::bytes::{DecodeError, Reader, Writer};
use super::limits::*;
use super::node::{Content, NodeEntry};
use crate::id::{ChunkId, DomainId, HostId, InstanceId, SessionId, SnapshotId, SourceId};
use crate::keys::WrappedKey;

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
    /// The first [`MAX_FAULTS`].
    pub faults: Vec<FaultRecord>,
}

/// A manifest. Its signature and its writer's certificate stand around the slot that carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// What anybody with K_map sees.
    pub public: Public,
    /// The private half as stored: [`SealedPrivate::open`] with its key; a replica takes it over as it is.
    pub private: SealedPrivate,
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
    pub key: WrappedKey,
}

const VERSION: u8 = 1;

impl Manifest {
    pub(super) fn encode(&self, to: &mut Writer) {
        to.u8(VERSION);
        self.public.encode(to);
        self.private.encode(to);
    }

    pub(super) fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        check_version(from.u8()?)?;
        Ok(Self { public: Public::decode(from)?, private: SealedPrivate::decode(from)? })
    }
}

fn check_version(found: u8) -> Result<(), DecodeError> {
    match found {
        VERSION => Ok(()),
        0 => Err(DecodeError::Value("version")),
        _ => Err(DecodeError::Newer { found: found.into(), known: VERSION.into() }),
    }
}

impl Public {
    fn encode(&self, to: &mut Writer) {
        to.raw(&self.snapshot.0).raw(&self.source.0).raw(&self.host.0);
        to.i64(self.started.0).i64(self.ended.0);
        to.flag(self.kind == SnapshotKind::Stream).flag(self.whole).flag(self.partial);
        to.u8(self.root.depth);
        to.list(&self.root.ids, MAX_CONTENT_IDS, "ids of a content", |to, id| {
            to.raw(&id.0);
        });
        self.counts.encode(to);
        to.raw(&self.run_id).raw(&self.domain.0);
        encode_snapshots(&self.parents, to);
        encode_snapshots(&self.heads, to);
        self.chunker.encode(to);
        to.flag(self.replicated_from.is_some());
        if let Some(origin) = &self.replicated_from {
            to.raw(&origin.instance.0).raw(&origin.snapshot.0);
        }
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            snapshot: SessionId(from.array()?),
            source: SourceId(from.array()?),
            host: HostId(from.array()?),
            started: TimestampMs(from.i64()?),
            ended: TimestampMs(from.i64()?),
            kind: if from.flag("kind")? { SnapshotKind::Stream } else { SnapshotKind::Files },
            whole: from.flag("whole")?,
            partial: from.flag("partial")?,
            root: decode_root(from)?,
            counts: Counts::decode(from)?,
            run_id: from.array()?,
            domain: DomainId(from.array()?),
            parents: decode_snapshots(from)?,
            heads: decode_snapshots(from)?,
            chunker: Chunker::decode(from)?,
            replicated_from: match from.flag("origin")? {
                false => None,
                true => {
                    Some(Origin { instance: InstanceId(from.array()?), snapshot: SessionId(from.array()?) })
                }
            },
        })
    }
}

fn decode_root(from: &mut Reader<'_>) -> Result<Content, DecodeError> {
    let depth = from.u8()?;
    if depth > MAX_CONTENT_DEPTH {
        return Err(DecodeError::Limit("levels of lists"));
    }
    Ok(Content {
        ids: from.list(MAX_CONTENT_IDS, "ids of a content", |from| Ok(ChunkId(from.array()?)))?,
        depth,
    })
}

fn encode_snapshots(snapshots: &[SnapshotId], to: &mut Writer) {
    to.list(snapshots, MAX_MANIFEST_ITEMS, "snapshots of a manifest", |to, id| {
        to.raw(&id.0);
    });
}

fn decode_snapshots(from: &mut Reader<'_>) -> Result<Vec<SnapshotId>, DecodeError> {
    from.list(MAX_MANIFEST_ITEMS, "snapshots of a manifest", |from| Ok(SessionId(from.array()?)))
}

impl Counts {
    fn encode(&self, to: &mut Writer) {
        to.varint(self.files).varint(self.folders).varint(self.others).varint(self.bytes).varint(self.faults);
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            files: from.varint()?,
            folders: from.varint()?,
            others: from.varint()?,
            bytes: from.varint()?,
            faults: from.varint()?,
        })
    }
}

impl Chunker {
    pub(super) fn encode(&self, to: &mut Writer) {
        to.u8(self.algorithm).u32(self.min_bytes).u32(self.average_bytes).u32(self.max_bytes);
    }

    pub(super) fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            algorithm: from.u8()?,
            min_bytes: from.u32()?,
            average_bytes: from.u32()?,
            max_bytes: from.u32()?,
        })
    }
}

#[cfg(test)]
pub(crate) mod tests;
