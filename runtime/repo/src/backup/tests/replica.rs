//! Copies between repositories of one family.

use super::tree::{Item, MemoryView};
use super::whole::noise;
use super::*;
use crate::backup::{Monitor, ReplicateError};
use crate::id::ChunkId;

fn tree(seed: u64) -> Item {
    let mut many = Item::folder([]);
    for number in 0..300u64 {
        many.items().insert(format!("{number:03}").into_bytes(), Item::file(noise(seed + number, 100)));
    }
    Item::folder([("large", Item::file(noise(seed, 400_000))), ("many", many), ("same", Item::file("same"))])
}

/// A second repository of the first one's family.
fn sibling(store: Arc<MemoryStore>, key: &KeyFile, of: &Repository, seed: u64) -> Repository {
    let options = InitOptions { family_of: Some(of), trust_store: true, ..InitOptions::default() };
    Repository::init(store, key, options, outside(seed)).unwrap()
}

fn replicate(
    from: &Repository,
    to: &Repository,
    snapshot: SnapshotId,
    monitor: &dyn Monitor,
) -> Result<(SnapshotId, Backed), ReplicateError> {
    let mut session = to.begin().unwrap();
    assert_eq!(session.replica_of(from, &snapshot), None);
    let backed = session.replicate(from, &snapshot, monitor, &Never)?;
    let seen = backed.clone_without_cache();
    Ok((session.commit(backed).unwrap(), seen))
}

#[test]
fn a_copy_is_the_same_snapshot_and_moves_only_what_is_unknown() {
    let store = Arc::new(MemoryStore::new());
    let (key, source) = repository(store.clone());
    let target_store = Arc::new(MemoryStore::new());
    let target = sibling(target_store.clone(), &key, &source, 21);
    let mut view = MemoryView::new(tree(1000));
    let (first, backed) = back_up(&source, &view, &request()).unwrap();
    let (copy, copied) = replicate(&source, &target, first, &Silent).unwrap();
    assert!(read_back(&target, copy) == read_back(&source, first));
    assert_eq!(copied.stored_bytes, backed.stored_bytes);
    view.top.items().insert(b"new".into(), Item::file(noise(5, 50_000)));
    let (second, backed) = back_up(&source, &view, &request()).unwrap();
    let (copy, copied) = replicate(&source, &target, second, &Silent).unwrap();
    assert!(copied.stored_bytes == backed.stored_bytes && copied.stored_bytes < 100_000);
    // Opened anew, and without the source.
    drop(store);
    let alone = Repository::open(target_store, &key, outside(22)).unwrap();
    assert_eq!(read_back(&alone, copy).len(), 304);
    let listed = alone.snapshots().unwrap().list;
    let newest = listed.iter().find(|snapshot| snapshot.id == copy).unwrap();
    assert_eq!(newest.public().replicated_from.unwrap().snapshot, second);
    assert_eq!(newest.private.as_ref().unwrap().policy, "laptop");
    assert_eq!(alone.begin().unwrap().replica_of(&source, &second), Some(copy));
}

#[test]
fn another_family_is_refused() {
    let (_, source) = memory();
    let (id, _) = back_up(&source, &MemoryView::new(tree(1)), &request()).unwrap();
    let store = Arc::new(MemoryStore::new());
    let key = KeyFile::generate(&*outside(31).random);
    let other = Repository::init(store.clone(), &key, InitOptions::default(), outside(32)).unwrap();
    let refused = replicate(&source, &other, id, &Silent);
    assert!(matches!(refused, Err(ReplicateError::OtherFamily { .. })));
    assert!(store.list('p').unwrap().is_empty());
}

#[test]
fn damage_in_the_source_is_never_copied() {
    let store = Arc::new(MemoryStore::new());
    let (key, source) = repository(store.clone());
    let (id, _) = back_up(&source, &MemoryView::new(tree(7)), &request()).unwrap();
    for pack in store.list('p').unwrap() {
        let good = store.read(&pack.name).unwrap();
        for place in [0, good.len() / 3, good.len() - 1] {
            let mut bad = good.clone();
            bad[place] ^= 1;
            store.tamper(&pack.name, bad);
            let target = sibling(Arc::new(MemoryStore::new()), &key, &source, 41);
            match replicate(&source, &target, id, &Silent) {
                // The flipped byte was in no blob: the trailer, or padding.
                Ok((copy, _)) => assert!(read_back(&target, copy).len() == 303),
                Err(error) => assert_eq!(error.class(), crate::Class::Damage, "{error}"),
            }
        }
        store.tamper(&pack.name, good);
    }
}

#[test]
fn a_blob_with_two_places_survives_damage_of_one() {
    let store = Arc::new(MemoryStore::new());
    let (key, source) = repository(store.clone());
    let view = MemoryView::new(Item::folder([("a", Item::file(noise(1, 9000)))]));
    // Two sessions that do not know of each other store the same.
    let (mut one, mut two) = (source.begin().unwrap(), source.begin().unwrap());
    let first = one.backup(&view, &request(), &Silent, &Never).unwrap();
    let second = two.backup(&view, &request(), &Silent, &Never).unwrap();
    let id = one.commit(first).unwrap();
    two.commit(second).unwrap();
    let index = source.index_for_reading(&source.state().unwrap()).unwrap();
    let twice = |id: &ChunkId| index.places(id).count() == 2;
    let chunk = index.all().map(|(id, _)| id).find(|id| twice(id)).unwrap();
    let pack = index.places(&chunk).next().unwrap().pack;
    let name = crate::blobs::pack_object(&pack).unwrap();
    let mut bytes = store.read(&name).unwrap();
    bytes.iter_mut().for_each(|byte| *byte ^= 1);
    store.tamper(&name, bytes);
    let target = sibling(Arc::new(MemoryStore::new()), &key, &source, 51);
    let (copy, _) = replicate(&source, &target, id, &Silent).unwrap();
    assert_eq!(read_back(&target, copy)[0].2, noise(1, 9000));
}

/// Stops when it is told of a checkpoint.
#[derive(Default)]
struct StopAfterOne(std::sync::atomic::AtomicBool);

impl Monitor for StopAfterOne {
    fn event(&self, event: crate::backup::Event<'_>) {
        if let crate::backup::Event::Checkpoint(_) = event {
            self.0.store(true, std::sync::atomic::Ordering::SeqCst);
        }
    }
}

impl crate::backup::Cancel for StopAfterOne {
    fn is_cancelled(&self) -> bool {
        self.0.load(std::sync::atomic::Ordering::SeqCst)
    }
}

#[test]
fn what_a_broken_off_copy_had_at_its_checkpoint_is_not_copied_again() {
    let (key, source) = repository(Arc::new(MemoryStore::new()));
    // Two runs make packs of their own.
    let mut view = MemoryView::new(tree(9));
    back_up(&source, &view, &request()).unwrap();
    view.top.items().insert(b"more".into(), Item::file(noise(77, 300_000)));
    let (id, _) = back_up(&source, &view, &request()).unwrap();
    let store = Arc::new(MemoryStore::new());
    sibling(store.clone(), &key, &source, 71);
    let clock = Arc::new(super::checkpoints::Hasty::default());
    let target = Repository::open(store, &key, Outside { clock, ..outside(72) }).unwrap();
    let mut session = target.begin().unwrap();
    let stop = StopAfterOne::default();
    let stopped = session.replicate(&source, &id, &stop, &stop);
    assert!(matches!(stopped, Err(ReplicateError::Cancelled)));
    session.abort().unwrap();
    assert!(target.snapshots().unwrap().list.is_empty());
    let (_, whole) =
        replicate(&source, &sibling(Arc::new(MemoryStore::new()), &key, &source, 73), id, &Silent).unwrap();
    let (copy, rest) = replicate(&source, &target, id, &Silent).unwrap();
    assert!(rest.stored_bytes < whole.stored_bytes, "{} of {}", rest.stored_bytes, whole.stored_bytes);
    assert!(read_back(&target, copy) == read_back(&source, id));
}
