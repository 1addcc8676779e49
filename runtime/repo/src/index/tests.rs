use std::collections::BTreeSet;
use std::sync::Arc;

use mainstay_kit::SeededRandom;
use mainstay_store::{MemoryStore, ObjectName, Store as _};

use super::load::Builder;
use super::*;
use crate::blobs::BlobReader;
use crate::format::record::Record;
use crate::format::slot::{LogRecord, SlotName};
use crate::keys::KeyFile;
use crate::repository::Repository;
use crate::repository::sample::{Sample, write};
use crate::repository::tests::{outside, repository};

fn blob(random: &SeededRandom) -> PackEntry {
    PackEntry {
        id: ChunkId(random.bytes(32).try_into().unwrap()),
        offset: random.next_u64() as u32,
        stored_length: 7,
        raw_length: 8,
        key: 0,
        codec: Codec::Zstd,
        kind: BlobKind::List,
        links: 9,
    }
}

#[test]
fn whatever_goes_in_is_found_and_nothing_else() {
    let random = SeededRandom::new(1);
    for count in [0, 1, 2, 100, 20_000] {
        let mut blobs: Vec<_> = (0..count).map(|_| blob(&random)).collect();
        // Some in two places, some named twice, some at the very ends of the table.
        let again: Vec<_> = blobs.iter().step_by(3).map(|one| PackEntry { offset: 5, ..*one }).collect();
        blobs.extend(again);
        blobs.extend(blobs.clone().iter().step_by(7));
        blobs.extend([0, 255].map(|byte| PackEntry { id: ChunkId([byte; 32]), ..blob(&random) }));
        let mut builder = Builder::new(Domains::All, BTreeSet::new());
        builder.add_pack(SegmentPack { id: PackId([1; 32]), bytes: 9 }, &blobs, &[]);
        let index = builder.finish();
        for one in &blobs {
            let found: Vec<_> = index.places(&one.id).map(|place| place.entry(one.id, 0)).collect();
            assert!(found.contains(one));
            assert!(found.len() <= 2, "a place that is named twice stays once");
        }
        for _ in 0..1000 {
            assert!(!index.contains(&blob(&random).id));
        }
    }
    assert!(!Index::default().contains(&ChunkId([0; 32])));
}

fn reopened(store: &Arc<MemoryStore>, key: &KeyFile) -> Repository {
    Repository::open(store.clone(), key, outside(99)).unwrap()
}

fn for_writing(repo: &Repository) -> Index {
    repo.index_for_writing(&repo.state().unwrap(), &[]).unwrap()
}

#[test]
fn a_session_knows_only_its_own_domain() {
    let (store, key, owner) = repository(1);
    let file = owner.issue_writer_key(Vec::new()).unwrap();
    let writer = reopened(&store, &file);
    let sample = write(&writer, &writer.state().unwrap(), &[("a", b"1")]);
    assert!(for_writing(&writer).contains(&sample.root));
    assert!(!for_writing(&owner).contains(&sample.root), "another's chunk may be a wrong one");
    let domain = writer.signer().certificate().domain;
    let owner = reopened(&store, &key);
    let trusting = owner.index_for_writing(&owner.state().unwrap(), &[domain]).unwrap();
    assert!(trusting.contains(&sample.root));
    let reading = owner.index_for_reading(&owner.state().unwrap()).unwrap();
    assert!(reading.contains(&sample.root));
}

#[test]
fn what_nothing_names_is_not_in_force() {
    let (store, _, repo) = repository(1);
    let sample = write(&repo, &repo.state().unwrap(), &[("a", b"1")]);
    store.delete(&SlotName::Outcome(sample.snapshot, 0).object().unwrap()).unwrap();
    let state = repo.state().unwrap();
    assert!(repo.index_for_writing(&state, &[]).unwrap().is_empty());
    assert!(repo.index_for_reading(&state).unwrap().is_empty());
}

#[test]
fn condemned_packs_are_left_out_for_writers_only() {
    let (_, _, repo) = repository(1);
    let sample = write(&repo, &repo.state().unwrap(), &[("a", b"1")]);
    let pack = for_writing(&repo).packs()[0].id;
    repo.put_slot(&SlotName::Log(0), &Record::Log(LogRecord::Condemn(vec![pack]))).unwrap();
    assert!(!for_writing(&repo).contains(&sample.root));
    assert!(repo.index_for_reading(&repo.state().unwrap()).unwrap().contains(&sample.root));
    repo.put_slot(&SlotName::Log(1), &Record::Log(LogRecord::Unknown(50))).unwrap();
    assert!(for_writing(&repo).is_empty());
}

fn is_readable(repo: &Repository, sample: &Sample) -> bool {
    let index = repo.index_for_reading(&repo.state().unwrap()).unwrap();
    let mut reader = BlobReader::new(repo, &index).unwrap();
    let node = reader.node(&sample.root);
    node.is_ok() && sample.data.iter().all(|id| reader.data(id, &mut Vec::new()).is_ok())
}

#[test]
fn a_damaged_or_lost_segment_loses_no_chunk() {
    let (store, key, repo) = repository(1);
    let sample = write(&repo, &repo.state().unwrap(), &[("a", b"1"), ("b", &[7; 9000])]);
    let name = store.list('x').unwrap()[0].name.clone();
    let bytes = store.read(&name).unwrap();
    for at in [0, 9, 20, 100, bytes.len() - 1] {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        store.tamper(&name, changed);
        let repo = reopened(&store, &key);
        assert!(is_readable(&repo, &sample), "{at}");
        assert!(for_writing(&repo).is_empty());
    }
    store.delete(&name).unwrap();
    let repo = reopened(&store, &key);
    assert!(is_readable(&repo, &sample));
    let index = repo.index_for_reading(&repo.state().unwrap()).unwrap();
    assert_eq!(index.faults(), [IndexFault { object: name.to_string(), kind: IndexFaultKind::Missing }]);
}

#[test]
fn chunks_of_a_snapshot_whose_slot_is_damaged_serve_the_others() {
    let (store, key, repo) = repository(1);
    let first = write(&repo, &repo.state().unwrap(), &[("a", b"shared")]);
    write(&repo, &repo.state().unwrap(), &[("a", b"other")]);
    let name = SlotName::Outcome(first.snapshot, 0).object().unwrap();
    store.tamper(&name, vec![0; 40]);
    assert!(is_readable(&reopened(&store, &key), &first));
}

#[test]
fn keys_are_found_again_from_a_pack_alone() {
    let (store, key, repo) = repository(1);
    let sample = write(&repo, &repo.state().unwrap(), &[("a", b"1")]);
    store.tamper(&ObjectName::new("k/00000000").unwrap(), vec![1; 500]);
    store.delete(&ObjectName::new("format").unwrap()).unwrap();
    let repo = reopened(&store, &key);
    assert_eq!(repo.faults().len(), 2);
    assert!(is_readable(&repo, &sample));
    assert!(repo.new_session_key().is_err(), "nobody knows to whom");
}
