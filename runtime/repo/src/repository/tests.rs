use std::sync::Arc;

use mainstay_kit::{FakeClock, SeededRandom};
use mainstay_store::{MemoryStore, ObjectName, Store as _};
use mainstay_world::TimestampMs;

use super::*;
use crate::keys::KeyFile;

pub(crate) fn outside(seed: u64) -> Outside {
    Outside {
        clock: Arc::new(FakeClock::at(TimestampMs(1_700_000_000_000))),
        random: Arc::new(SeededRandom::new(seed)),
    }
}

pub(crate) fn trusted() -> InitOptions<'static> {
    InitOptions { trust_store: true, ..InitOptions::default() }
}

#[test]
fn what_was_made_opens_with_its_key_and_no_other() {
    let store = Arc::new(MemoryStore::new());
    let outside = outside(1);
    let key = KeyFile::generate(outside.random.as_ref());
    let other = KeyFile::generate(outside.random.as_ref());
    let made = Repository::init(store.clone(), &key, InitOptions::default(), outside.clone()).unwrap();
    let opened = Repository::open(store.clone(), &key, outside.clone()).unwrap();
    assert_eq!(opened.info(), made.info());
    assert!(opened.faults().is_empty());
    let refused = Repository::open(store.clone(), &other, outside.clone());
    assert!(matches!(refused, Err(OpenError::WrongKey { .. })));
    let again = Repository::init(store, &key, trusted(), outside.clone());
    assert!(matches!(again, Err(InitError::Exists { .. })));
    let nothing = Repository::open(Arc::new(MemoryStore::new()), &key, outside);
    assert!(matches!(nothing, Err(OpenError::Missing { .. })));
}

pub(crate) fn repository(seed: u64) -> (Arc<MemoryStore>, KeyFile, Repository) {
    let store = Arc::new(MemoryStore::new());
    let outside = outside(seed);
    let key = KeyFile::generate(outside.random.as_ref());
    let repo = Repository::init(store.clone(), &key, trusted(), outside).unwrap();
    (store, key, repo)
}

fn read_all(repo: &Repository, sample: &super::sample::Sample) -> Vec<Vec<u8>> {
    let state = repo.state().unwrap();
    let index = repo.index_for_reading(&state).unwrap();
    let mut reader = crate::blobs::BlobReader::new(repo, &index).unwrap();
    let node = reader.node(&sample.root).unwrap();
    let mut contents = Vec::new();
    for entry in &node.entries {
        let mut out = Vec::new();
        for id in &entry.content.ids {
            reader.data(id, &mut out).unwrap();
        }
        contents.push(out);
    }
    contents
}

#[test]
fn a_snapshot_by_hand_is_published_and_read_back() {
    let (store, key, repo) = repository(2);
    let files: [(&str, &[u8]); 2] = [("a", b"first"), ("b", &[7; 100_000])];
    let sample = sample::write(&repo, &repo.state().unwrap(), &files);
    assert!(matches!(sample.put, crate::slots::Put::Ours));
    let repo = Repository::open(store, &key, outside(3)).unwrap();
    let snapshots = repo.snapshots().unwrap();
    assert_eq!(snapshots.faults, []);
    assert_eq!(snapshots.list.len(), 1);
    assert_eq!(snapshots.list[0].id, sample.snapshot);
    assert_eq!(snapshots.list[0].private.as_ref().unwrap().policy, "policy");
    assert_eq!(read_all(&repo, &sample), [b"first".to_vec(), vec![7; 100_000]]);
}

#[test]
fn a_writer_publishes_and_reads_nothing_back() {
    let (store, key, owner) = repository(2);
    let file = owner.issue_writer_key(Vec::new()).unwrap();
    let file = KeyFile::read(&file.to_bytes(), None).unwrap();
    let writer = Repository::open(store.clone(), &file, outside(3)).unwrap();
    assert_eq!(writer.role(), Role::Writer);
    let sample = sample::write(&writer, &writer.state().unwrap(), &[("a", b"secret")]);
    let seen = writer.snapshots().unwrap();
    assert_eq!((seen.list.len(), seen.faults.len()), (1, 0));
    assert!(seen.list[0].private.is_none());
    let index = writer.index_for_reading(&writer.state().unwrap()).unwrap();
    let mut reader = crate::blobs::BlobReader::new(&writer, &index).unwrap();
    assert_eq!(reader.node_links(&sample.root).unwrap(), sample.data);
    assert!(matches!(reader.node(&sample.root), Err(crate::blobs::ReadBlobError::Key { .. })));
    let owner = Repository::open(store, &key, outside(4)).unwrap();
    assert_eq!(read_all(&owner, &sample), [b"secret"]);
}

#[test]
fn an_init_that_was_cut_off_is_finished_by_the_first_session() {
    let (store, key, _) = repository(1);
    let format = ObjectName::new("format").unwrap();
    let bytes = store.read(&format).unwrap();
    store.delete(&format).unwrap();
    let repo = Repository::open(store.clone(), &key, outside(5)).unwrap();
    let missing = OpenFault { object: "format".into(), kind: OpenFaultKind::Missing };
    assert_eq!(repo.faults(), [missing]);
    repo.begin().unwrap().abort().unwrap();
    assert_eq!(store.read(&format).unwrap(), bytes);
}

#[test]
fn newer_foreign_and_damaged_are_told_apart() {
    let (store, key, repo) = repository(1);
    let format = ObjectName::new("format").unwrap();
    let newer = Header { version: 2, ..repo.header };
    store.tamper(&format, newer.encode());
    let told = Repository::open(store.clone(), &key, outside(5));
    assert!(matches!(told, Err(OpenError::Newer { .. })));
    let mut needs = repo.header;
    needs.features.read = 1;
    store.tamper(&format, needs.encode());
    assert!(matches!(Repository::open(store.clone(), &key, outside(5)), Err(OpenError::Newer { .. })));
    store.tamper(&format, vec![7; 82]);
    assert_eq!(Repository::open(store.clone(), &key, outside(5)).unwrap().faults().len(), 1);
    store.tamper(&ObjectName::new("k/00000000").unwrap(), vec![7; 400]);
    assert!(matches!(Repository::open(store, &key, outside(5)), Err(OpenError::Damaged { .. })));
    let (other, _, _) = repository(2);
    let writer = repo.issue_writer_key(Vec::new()).unwrap();
    assert!(matches!(Repository::open(other, &writer, outside(5)), Err(OpenError::Foreign { .. })));
}

#[test]
fn a_second_repository_joins_the_family() {
    let (_, key, first) = repository(1);
    let options = InitOptions { family_of: Some(&first), ..trusted() };
    let second = Repository::init(Arc::new(MemoryStore::new()), &key, options, outside(6)).unwrap();
    assert_eq!(second.family(), first.family());
    assert_ne!(second.instance(), first.instance());
    assert_eq!(second.chunk_keys(), first.chunk_keys());
    let stranger = KeyFile::generate(outside(7).random.as_ref());
    let refused = Repository::init(Arc::new(MemoryStore::new()), &stranger, options, outside(8));
    assert!(matches!(refused, Err(InitError::NotInFamily)));
    let writer = first.issue_writer_key(Vec::new()).unwrap();
    let refused = Repository::init(Arc::new(MemoryStore::new()), &writer, trusted(), outside(9));
    assert!(matches!(refused, Err(InitError::NotOwner)));
}

#[test]
fn no_bit_of_the_key_objects_can_be_flipped_unseen() {
    let (store, key, repo) = repository(1);
    let sample = sample::write(&repo, &repo.state().unwrap(), &[("a", b"kept")]);
    for name in ["format", "k/00000000"] {
        let name = ObjectName::new(name).unwrap();
        let bytes = store.read(&name).unwrap();
        for bit in (0..bytes.len() * 8).step_by(5) {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            store.tamper(&name, changed);
            let repo = Repository::open(store.clone(), &key, outside(5)).unwrap();
            assert!(!repo.faults().is_empty(), "{name} {bit}");
            assert_eq!(read_all(&repo, &sample), [b"kept"]);
        }
        store.tamper(&name, bytes);
    }
}

#[test]
fn a_revoked_key_file_writes_no_more() {
    let (store, _, repo) = repository(1);
    let file = repo.issue_writer_key(Vec::new()).unwrap();
    let writer = Repository::open(store.clone(), &file, outside(5)).unwrap();
    assert!(writer.writable().is_ok());
    let mut next = repo.generation.clone().unwrap();
    next.number = 1;
    next.inner.revoked.push(writer.signer().certificate().public_key);
    let bytes = next.encode(repo.map_key(), repo.nonce(), repo.signer()).unwrap();
    store.create(&ObjectName::new("k/00000001").unwrap(), bytes).unwrap();
    let writer = Repository::open(store.clone(), &file, outside(5)).unwrap();
    assert!(matches!(writer.writable(), Err(WriteRefused::Revoked)));
    // The newest being damaged, the older one does not serve in its place.
    store.tamper(&ObjectName::new("k/00000001").unwrap(), vec![3; 300]);
    let writer = Repository::open(store, &file, outside(5)).unwrap();
    assert!(matches!(writer.writable(), Err(WriteRefused::NoGeneration)));
}
