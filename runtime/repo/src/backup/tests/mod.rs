//! Backups of trees in memory, into stores in memory.

mod cached;
mod checkpoints;
mod crash;
mod quarantine;
mod real;
mod replica;
pub(crate) mod tree;
mod watch;
mod whole;

use std::sync::Arc;

use mainstay_kit::{FakeClock, SeededRandom};
use mainstay_store::{MemoryStore, Store};
use mainstay_world::TimestampMs;
use mainstay_world::tree::Kind;

use super::{Backed, BackupError, BackupRequest, DEFAULT_LEVEL, Never, Silent};
use crate::blobs::BlobReader;
use crate::format::manifest::SnapshotKind;
use crate::format::node::{Content, NodeEntry};
use crate::id::SnapshotId;
use crate::repository::{InitOptions, Outside, Repository};
use crate::{KeyFile, blobs};
use tree::MemoryView;

pub(crate) fn request() -> BackupRequest {
    BackupRequest {
        policy: "laptop".into(),
        source: "home".into(),
        host: "oak".into(),
        workflow: "nightly".into(),
        step: "store".into(),
        run_id: [1; 32],
        policy_hash: [2; 32],
        tags: vec!["daily".into()],
        roots: vec![b"/home".to_vec()],
        kind: SnapshotKind::Files,
        threads: 2,
        level: DEFAULT_LEVEL,
        cache_dir: None,
        checkpoint_bytes: None,
    }
}

pub(crate) fn outside(seed: u64) -> Outside {
    let clock = Arc::new(FakeClock::at(TimestampMs(1_700_000_000_000)));
    Outside { clock, random: Arc::new(SeededRandom::new(seed)) }
}

/// A repository with small chunks, its store and its key.
pub(crate) fn repository(store: Arc<dyn Store>) -> (KeyFile, Repository) {
    let outside = outside(7);
    let key = KeyFile::generate(&*outside.random);
    let options = InitOptions { chunk_bytes: Some(1 << 14), trust_store: true, ..InitOptions::default() };
    let repository = Repository::init(store, &key, options, outside).unwrap();
    (key, repository)
}

pub(crate) fn memory() -> (Arc<MemoryStore>, Repository) {
    let store = Arc::new(MemoryStore::new());
    let (_, repository) = repository(store.clone());
    (store, repository)
}

pub(crate) fn back_up(
    repository: &Repository,
    view: &MemoryView,
    request: &BackupRequest,
) -> Result<(SnapshotId, Backed), BackupError> {
    let mut session = repository.begin().unwrap();
    let backed = session.backup(view, request, &Silent, &Never)?;
    let seen = backed.clone_without_cache();
    Ok((session.commit(backed).unwrap(), seen))
}

/// An entry as it comes back: its path, what the node says, and its bytes.
pub(crate) type Found = (Vec<u8>, NodeEntry, Vec<u8>);

/// Everything of a snapshot, read by ids alone.
pub(crate) fn read_back(repository: &Repository, snapshot: SnapshotId) -> Vec<Found> {
    let state = repository.state().unwrap();
    let index = repository.index_for_reading(&state).unwrap();
    let commit = state.sessions[&snapshot].published.as_ref().unwrap().commit().unwrap();
    let mut reader = BlobReader::new(repository, &index).unwrap();
    let mut found = Vec::new();
    let mut open = vec![(Vec::new(), commit.manifest.public.root.clone())];
    while let Some((path, content)) = open.pop() {
        for id in flat(&mut reader, &content) {
            for entry in reader.node(&id).unwrap().entries {
                let mut below: Vec<u8> = path.clone();
                below.push(b'/');
                below.extend_from_slice(&entry.name);
                let bytes = if entry.kind == Kind::File { data(&mut reader, &entry) } else { Vec::new() };
                if entry.kind == Kind::Folder {
                    open.push((below.clone(), entry.content.clone()));
                }
                found.push((below, entry, bytes));
            }
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

fn flat(reader: &mut blobs::BlobReader<'_>, content: &Content) -> Vec<crate::id::ChunkId> {
    let mut ids = content.ids.clone();
    for _ in 0..content.depth {
        ids = ids.iter().flat_map(|id| reader.list(id).unwrap()).collect();
    }
    ids
}

fn data(reader: &mut blobs::BlobReader<'_>, entry: &NodeEntry) -> Vec<u8> {
    let (mut all, mut chunk) = (Vec::new(), Vec::new());
    for id in flat(reader, &entry.content) {
        reader.data(&id, &mut chunk).unwrap();
        all.extend_from_slice(&chunk);
    }
    all
}

/// The key that [`repository`] makes.
pub(crate) fn key_of(_repository: &Repository) -> KeyFile {
    KeyFile::generate(&*outside(7).random)
}
