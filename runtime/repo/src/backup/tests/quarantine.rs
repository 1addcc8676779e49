//! Damage that a reading finds while a session goes on.

use std::collections::BTreeSet;

use super::checkpoints::{self, Hasty};
use super::tree::{Item, MemoryView};
use super::whole::noise;
use super::*;
use crate::Class;
use crate::backup::{CommitError, Event, Monitor};
use crate::blobs::pack_object;
use crate::check::{CheckRequest, Level};
use crate::format::record::Record;
use crate::format::slot::{QuarantineRecord, SlotName};
use crate::id::PackId;

fn view(more: bool) -> MemoryView {
    let mut top = Item::folder([("old", Item::file(noise(1, 90_000)))]);
    if more {
        top.items().insert(b"new".into(), Item::file(noise(2, 90_000)));
    }
    MemoryView::new(top)
}

pub(super) fn packs(repository: &Repository) -> BTreeSet<PackId> {
    let index = repository.index_for_reading(&repository.state().unwrap()).unwrap();
    index.packs().iter().map(|pack| pack.id).collect()
}

fn finals(repository: &Repository) -> usize {
    repository.snapshots().unwrap().list.len()
}

/// The packs are gone, and a check that ran beside the session says so.
pub(super) fn spoil(store: &MemoryStore, repository: &Repository, packs: &BTreeSet<PackId>) {
    packs.iter().for_each(|pack| store.delete(&pack_object(pack).unwrap()).unwrap());
    repository.quarantine(packs, "test").unwrap();
}

#[test]
fn a_session_that_began_before_a_quarantine_does_not_commit_over_it() {
    let (store, repository) = memory();
    back_up(&repository, &view(false), &request()).unwrap();
    let mut session = repository.begin().unwrap();
    let id = session.id();
    let backed = session.backup(&view(true), &request(), &Silent, &Never).unwrap();
    spoil(&store, &repository, &packs(&repository));
    let refused = session.commit(backed).unwrap_err();
    assert!(matches!(&refused, CommitError::Overtaken(_)), "{refused}");
    assert_eq!((refused.class(), finals(&repository)), (Class::Lost, 1));
    assert!(repository.state().unwrap().sessions[&id].decided, "nobody has to wait for it");
    // The next attempt stores anew what was lost, and so makes good the snapshot before, too.
    let (id, backed) = back_up(&repository, &view(true), &request()).unwrap();
    assert!(backed.new_bytes > 180_000);
    assert_eq!(read_back(&repository, id).len(), 2);
}

#[test]
fn what_was_in_quarantine_before_is_no_reason_to_begin_anew() {
    let (store, repository) = memory();
    back_up(&repository, &view(false), &request()).unwrap();
    spoil(&store, &repository, &packs(&repository));
    let (id, _) = back_up(&repository, &view(true), &request()).unwrap();
    assert_eq!(read_back(&repository, id).len(), 2);
}

#[test]
fn a_record_that_means_nothing_stops_nobody() {
    let (store, repository) = memory();
    let writer = repository.issue_writer_key(Vec::new()).unwrap();
    let writer = Repository::open(store, &writer, outside(61)).unwrap();
    back_up(&repository, &view(false), &request()).unwrap();
    let mut session = repository.begin().unwrap();
    let backed = session.backup(&view(true), &request(), &Silent, &Never).unwrap();
    for pack in packs(&repository) {
        let record = Record::Quarantine(QuarantineRecord { reason: "mine".into() });
        writer.put_slot(&SlotName::Quarantine(pack), &record).unwrap();
    }
    session.commit(backed).unwrap();
}

#[test]
fn a_copy_that_began_before_a_quarantine_does_not_commit_over_it() {
    let (key, source) = repository(Arc::new(MemoryStore::new()));
    let (first, _) = back_up(&source, &view(false), &request()).unwrap();
    let store = Arc::new(MemoryStore::new());
    let options = InitOptions { family_of: Some(&source), trust_store: true, ..InitOptions::default() };
    let target = Repository::init(store.clone(), &key, options, outside(71)).unwrap();
    let copy = |snapshot| {
        let mut session = target.begin().unwrap();
        let backed = session.replicate(&source, &snapshot, &Silent, &Never).unwrap();
        (session, backed)
    };
    let (session, backed) = copy(first);
    session.commit(backed).unwrap();
    let (second, _) = back_up(&source, &view(true), &request()).unwrap();
    let (session, backed) = copy(second);
    spoil(&store, &target, &packs(&target));
    let refused = session.commit(backed).unwrap_err();
    assert!(matches!(refused, CommitError::Overtaken(_)) && finals(&target) == 1);
    let (session, backed) = copy(second);
    let id = session.commit(backed).unwrap();
    assert_eq!(read_back(&target, id).len(), 2);
}

#[test]
fn a_copy_that_lost_something_is_made_good_in_its_place() {
    let (key, source) = repository(Arc::new(MemoryStore::new()));
    let (origin, _) = back_up(&source, &view(true), &request()).unwrap();
    let store = Arc::new(MemoryStore::new());
    let options = InitOptions { family_of: Some(&source), trust_store: true, ..InitOptions::default() };
    let target = Repository::init(store.clone(), &key, options, outside(71)).unwrap();
    let mut session = target.begin().unwrap();
    let backed = session.replicate(&source, &origin, &Silent, &Never).unwrap();
    let copy = session.commit(backed).unwrap();
    let lacks = || {
        let state = target.state().unwrap();
        let lacks = target.lacks(&state, &source, &origin).unwrap();
        assert_eq!(target.begin().unwrap().lacks(&source, &origin, &Never).unwrap(), lacks);
        lacks
    };
    assert!(!lacks());
    let before = packs(&target);
    spoil(&store, &target, &before);
    assert!(lacks());
    let mut session = target.begin().unwrap();
    assert_eq!(session.replica_of(&source, &origin), Some(copy));
    let backed = session.replicate(&source, &origin, &Silent, &Never).unwrap();
    session.make_good(backed).unwrap();
    assert!(!lacks() && finals(&target) == 1);
    assert_eq!(read_back(&target, copy).len(), 2);
    let request = CheckRequest { level: Level::AllData, threads: 1 };
    assert!(target.verify(&copy, &request, &Silent, &Never).unwrap().is_sound());
    // What is good already, in spite of a record in quarantine, is not copied again.
    assert!(target.begin().unwrap().replicate(&source, &origin, &Silent, &Never).unwrap().stored_bytes == 0);
}

/// Once there is a checkpoint, a check finds these damaged.
struct Damage<'a> {
    store: &'a MemoryStore,
    repository: &'a Repository,
    packs: BTreeSet<PackId>,
}

impl Monitor for Damage<'_> {
    fn event(&self, event: Event<'_>) {
        if let Event::Checkpoint(_) = event {
            spoil(self.store, self.repository, &self.packs);
        }
    }
}

#[test]
fn the_next_checkpoint_sees_it_and_keeps_what_was_stored() {
    let store = Arc::new(MemoryStore::new());
    let (key, _) = repository(store.clone());
    let outside = Outside { clock: Arc::new(Hasty::default()), ..outside(3) };
    let repository = Repository::open(store.clone(), &key, outside).unwrap();
    back_up(&repository, &view(false), &request()).unwrap();
    let large = MemoryView::new(checkpoints::tree());
    let damage = Damage { store: &store, repository: &repository, packs: packs(&repository) };
    let mut session = repository.begin().unwrap();
    let overtaken = session.backup(&large, &request(), &damage, &Never).unwrap_err();
    assert_eq!(overtaken.class(), Class::Lost, "{overtaken}");
    session.abort().unwrap();
    let (_, bare) = memory();
    let (_, all) = back_up(&bare, &large, &request()).unwrap();
    let (id, rest) = back_up(&repository, &large, &request()).unwrap();
    assert!(rest.new_bytes < all.new_bytes, "{} of {}", rest.new_bytes, all.new_bytes);
    assert_eq!(read_back(&repository, id).len(), 40 * 8);
}
