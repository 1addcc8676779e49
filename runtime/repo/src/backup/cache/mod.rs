//! The stat cache: what the last snapshot of a source knows of each file, so that an unchanged one costs a `statx`.
//!
//! Two files in a folder that the caller names, sealed under a key made of K_map, and disposable: whatever is wrong
//! with them, files are read instead. The *head* names the repository, the snapshot and the *data* file. The data
//! file holds two blocks for each folder, in the order in which the walk left them, and at its end where
//! they are:
//!
//! - *stamps*: the folder's own nodes; then for each entry its name and what would show a change of it. Read for
//!   every folder, beside the walk: both are in the order of names.
//! - *nodes*: the folder's nodes as they were stored. Read only when something in the folder changed.
//!
//! An entry is believed if its kind, inode, size, mtime and ctime are as they were, and if it was older than the
//! walk that wrote it down: a file that changes within the clock's grain of being read looks unchanged. A
//! folder in which everything is believed is taken over by the ids of its nodes, without a look at them; the
//! session allows that only if the snapshot is in force and everything of it may be referred to. The head says therefore which
//! packs were in quarantine when the snapshot was begun: none of them was referred to, but one that came later may be.

mod block;
mod read;
mod write;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use mainstay_world::TimestampMs;
use mainstay_world::tree::{Stat, Time};

use crate::crypt::{Binding, BrokenSeal, SealKind, nonce, open, seal};
use crate::format::blob::Codec;
use crate::format::node::kind_number;
use crate::id::{FamilyId, InstanceId, PackId, SourceId};
use crate::keys::{Key, MapKey};
use crate::repository::Repository;

pub(super) use block::{OldNodes, Stamps};
pub(super) use read::Cache;
pub(super) use write::{CacheDraft, CacheWriter};

/// What is as new as the walk itself may change again unseen. Two seconds are the grain of the coarsest file
/// systems; those give whole seconds, never a part of one.
const COARSE_GRAIN_MS: i64 = 2000;
/// The grain where times have parts of a second: they are taken from the kernel's tick, of at most 10 ms. Ten ticks, to be
/// far from the edge.
const FINE_GRAIN_MS: i64 = 100;
/// Begins every file of a cache.
const MAGIC: &[u8; 8] = b"MSTSTAT\x02";

/// Names a folder by its path, and says nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct PathKey([u8; 32]);

/// Names a set of packs in quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct QuarantineMark([u8; 32]);

/// What would show a change of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) kind: u8,
    pub(super) inode: u64,
    /// 0 for a folder: it says nothing.
    pub(super) size: u64,
    pub(super) mtime: Time,
    pub(super) ctime: Time,
    /// Whether it may be believed next time.
    pub(super) trusted: bool,
}

/// Two blocks of a folder in the data file.
#[derive(Debug, Clone, Copy)]
pub(super) struct BlockRef {
    pub(super) offset: u64,
    pub(super) stamps_bytes: u32,
    pub(super) nodes_bytes: u32,
}

/// Where a cache is, and what seals it.
#[derive(Clone)]
pub(super) struct CacheSeal {
    folder: PathBuf,
    /// Of instance and source.
    name: String,
    family: FamilyId,
    instance: InstanceId,
    key: Key,
}

impl QuarantineMark {
    pub(super) fn of(quarantined: &BTreeSet<PackId>) -> Self {
        let mut hasher = blake3::Hasher::new();
        for pack in quarantined {
            hasher.update(&pack.0);
        }
        Self(*hasher.finalize().as_bytes())
    }
}

impl Stamp {
    /// Of a `statx`, in a walk that began at `started`.
    pub(super) fn of(stat: &Stat, started: TimestampMs) -> Self {
        let kind = kind_number(stat.kind);
        let size = if stat.kind == mainstay_world::tree::Kind::Folder { 0 } else { stat.size };
        let trusted = stat.ctime != Time::default() && may_not_change_unseen(stat.ctime, started);
        Self { kind, inode: stat.inode, size, mtime: stat.mtime, ctime: stat.ctime, trusted }
    }

    /// Whether an entry of which the cache says this is still the same.
    pub(super) fn believes(&self, now: &Self) -> bool {
        self.trusted && Self { trusted: true, ..*now } == *self
    }

    /// What must be read again next time.
    pub(super) fn distrusted(self) -> Self {
        Self { trusted: false, ..self }
    }
}

/// Whether every later change of an entry shows in its change time: it is older than the walk by more than the grain of its
/// file system, so a change after it was read cannot be given the same time again.
fn may_not_change_unseen(changed: Time, started: TimestampMs) -> bool {
    let grain_ms = if changed.nanoseconds == 0 { COARSE_GRAIN_MS } else { FINE_GRAIN_MS };
    let changed_ms =
        changed.seconds.saturating_mul(1000).saturating_add(i64::from(changed.nanoseconds / 1_000_000));
    changed_ms < started.0.saturating_sub(grain_ms)
}

impl CacheSeal {
    pub(super) fn new(folder: &Path, repository: &Repository, source: &SourceId) -> Self {
        let map: &MapKey = repository.map_key();
        let key = Key::new(blake3::derive_key("mainstay 2026 stat cache", map.secret()));
        let of = blake3::Hasher::new_keyed(key.secret())
            .update(&repository.instance().0)
            .update(&source.0)
            .finalize();
        let name = of.to_hex().get(..32).unwrap_or_default().to_owned();
        let folder = folder.to_owned();
        Self { folder, name, family: *repository.family(), instance: *repository.instance(), key }
    }

    pub(super) fn top(&self) -> PathKey {
        PathKey(*blake3::keyed_hash(self.key.secret(), b"top").as_bytes())
    }

    pub(super) fn below(&self, folder: &PathKey, name: &[u8]) -> PathKey {
        let mut hasher = blake3::Hasher::new_keyed(self.key.secret());
        PathKey(*hasher.update(&folder.0).update(name).finalize().as_bytes())
    }

    fn head_path(&self) -> PathBuf {
        self.folder.join(format!("{}.stat", self.name))
    }

    fn data_path(&self, number: &[u8; 8]) -> PathBuf {
        self.folder.join(format!("{}.{}.stat", self.name, crate::id::to_hex(number)))
    }

    fn seal(&self, place: &[u8; 32], content: &[u8], random: &dyn mainstay_world::Random, out: &mut Vec<u8>) {
        seal(&self.key, &self.binding(place, content.len()), nonce(random), content, out);
    }

    fn open(&self, place: &[u8; 32], sealed: &[u8]) -> Result<Vec<u8>, BrokenSeal> {
        let length = sealed.len().saturating_sub(crate::crypt::SEAL_BYTES);
        let mut out = Vec::new();
        open(&self.key, &self.binding(place, length), sealed, &mut out)?;
        Ok(out)
    }

    fn binding<'a>(&'a self, id: &'a [u8; 32], length: usize) -> Binding<'a> {
        // A block is far below 4 GiB; a longer one would not open, and be read as damage.
        let raw_length = length as u32;
        Binding { family: &self.family, kind: SealKind::StatCache, codec: Codec::Raw, raw_length, id }
    }
}

/// Binds a part of the cache to what it is.
fn place(what: &str, key: &[u8]) -> [u8; 32] {
    *blake3::Hasher::new().update(what.as_bytes()).update(key).finalize().as_bytes()
}
