//! Each operation of a backup's store fails in turn; the order of writes is watched; and mistakes in it are
//! planted, to see that they are found.

use std::path::Path;

use mainstay_store::layers::{Fault, FaultStore};

use super::tree::{Item, MemoryView};
use super::watch::{Mistake, Mistaken, Watch, copy_of};
use super::whole::noise;
use super::*;
use crate::format::record::Record;
use crate::format::slot::{ForgetRecord, LogRecord, SlotName};
use crate::id::PackId;
use crate::slots::Put;

fn first_tree() -> Item {
    let folder =
        |seed: u64| Item::folder([("one", Item::file(noise(seed, 30_000))), ("two", Item::file("2"))]);
    Item::folder([("a", folder(1)), ("b", folder(2)), ("c", folder(3))])
}

/// A repository with one snapshot, and the tree as it is for the next.
struct Scene {
    store: Arc<MemoryStore>,
    key: KeyFile,
    first: SnapshotId,
    cache: tempfile::TempDir,
    view: MemoryView,
}

fn scene() -> Scene {
    let store = Arc::new(MemoryStore::new());
    let (key, repository) = repository(store.clone());
    let cache = tempfile::tempdir().unwrap();
    let mut view = MemoryView::new(first_tree());
    let (first, _) = back_up(&repository, &view, &cached(cache.path())).unwrap();
    view.top.items().insert(b"new".into(), Item::file(noise(9, 120_000)));
    Scene { store, key, first, cache, view }
}

fn cached(folder: &Path) -> BackupRequest {
    BackupRequest { cache_dir: Some(folder.to_owned()), ..request() }
}

/// What a run over a store came to.
enum Came {
    Committed(SnapshotId),
    /// It may have committed, for all it knows.
    Failed,
}

fn run(store: Arc<dyn Store>, key: &KeyFile, view: &MemoryView, request: &BackupRequest) -> Came {
    let Ok(repository) = Repository::open(store, key, outside(11)) else { return Came::Failed };
    let Ok(mut session) = repository.begin() else { return Came::Failed };
    let Ok(backed) = session.backup(view, request, &Silent, &Never) else { return Came::Failed };
    session.commit(backed).map_or(Came::Failed, Came::Committed)
}

fn copy_cache(from: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.path().join(path.file_name().unwrap())).unwrap();
    }
    to
}

/// Whatever happened: what was reported is there, all that is there can be read, and the next run goes through.
fn check(scene: &Scene, store: Arc<MemoryStore>, cache: &Path, came: &Came, what: &str) {
    let repository = Repository::open(store, &scene.key, outside(12)).unwrap();
    let listed = repository.snapshots().unwrap().list;
    let ids: Vec<_> = listed.iter().map(|snapshot| snapshot.id).collect();
    assert!(ids.contains(&scene.first), "{what}: the first snapshot is lost");
    if let Came::Committed(id) = came {
        assert!(ids.contains(id), "{what}: a snapshot was reported and is lost");
    }
    for id in &ids {
        let entries = if *id == scene.first { 9 } else { 10 };
        assert_eq!(read_back(&repository, *id).len(), entries, "{what}");
    }
    let (next, _) = back_up(&repository, &scene.view, &cached(cache)).unwrap();
    assert_eq!(read_back(&repository, next).len(), 10, "{what}: the next run");
}

#[test]
fn whatever_operation_fails_nothing_reported_is_lost_and_nobody_has_to_repair() {
    let scene = scene();
    let counting = Arc::new(FaultStore::new(copy_of(&scene.store)));
    let cache = copy_cache(scene.cache.path());
    run(counting.clone(), &scene.key, &scene.view, &cached(cache.path()));
    let operations = counting.operations();
    assert!(operations > 15, "{operations}");
    let faults = [
        Fault::Error,
        Fault::NoSpace,
        Fault::ReplyLost,
        Fault::CrashBefore,
        Fault::CrashAfter,
        Fault::CrashAmid(1),
    ];
    for (operation, fault) in (0..operations).flat_map(|at| faults.map(|fault| (at, fault))) {
        let store = copy_of(&scene.store);
        let faulty = Arc::new(FaultStore::new(store.clone()));
        faulty.fail_at(operation, fault);
        let cache = copy_cache(scene.cache.path());
        let came = run(faulty, &scene.key, &scene.view, &cached(cache.path()));
        check(&scene, store, cache.path(), &came, &format!("{fault:?} at {operation}"));
    }
}

/// Runs a writer that makes a mistake; answers what the watch saw.
fn watched(mistake: Mistake) -> Vec<String> {
    let scene = scene();
    let store = copy_of(&scene.store);
    let keys = Repository::open(store.clone(), &scene.key, outside(13)).unwrap();
    let watch = Arc::new(Watch::new(store, keys));
    let mistaken = Arc::new(Mistaken::new(watch.clone(), mistake));
    let came = run(mistaken, &scene.key, &scene.view, &cached(scene.cache.path()));
    assert!(matches!(came, Came::Committed(_)));
    watch.violations()
}

#[test]
fn the_order_of_writes_is_kept_and_each_planted_mistake_is_seen() {
    assert_eq!(watched(Mistake::None), Vec::<String>::new());
    for (mistake, words) in [
        (Mistake::SegmentBeforePacks, "before p/"),
        (Mistake::CommitBeforeSegment, "before x/"),
        (Mistake::ParentBeforeIntent, "after the intent"),
    ] {
        let seen = watched(mistake);
        assert!(seen.iter().any(|violation| violation.contains(words)), "{mistake:?}: {seen:?}");
    }
}

/// Forgets the first snapshot and deletes its packs just before the intent of the next session appears: the last
/// moment at which a collector that follows the rules may do so.
fn collected_before_the_intent(mistake: Mistake) -> Result<usize, String> {
    let scene = scene();
    let mistaken = Arc::new(Mistaken::new(scene.store.clone(), mistake));
    let collector = Repository::open(scene.store.clone(), &scene.key, outside(14)).unwrap();
    let forgotten = Record::Forget(ForgetRecord { reason: String::new() });
    collector.put_slot(&SlotName::Forgotten(scene.first), &forgotten).unwrap();
    let packs = scene.store.list('p').unwrap();
    let delete: Vec<PackId> = packs.iter().map(|pack| pack.name.rest().parse().unwrap()).collect();
    let condemn = LogRecord::Condemn(delete.clone());
    for (number, record) in (0..).zip([condemn, LogRecord::Verdict { condemn: 0, delete }]) {
        assert!(matches!(collector.put_slot(&SlotName::Log(number), &Record::Log(record)), Ok(Put::Ours)));
    }
    packs.iter().for_each(|pack| scene.store.delete(&pack.name).unwrap());
    let Came::Committed(id) = run(mistaken, &scene.key, &scene.view, &cached(scene.cache.path())) else {
        return Err("the run failed".to_owned());
    };
    let repository = Repository::open(scene.store.clone(), &scene.key, outside(15)).unwrap();
    let read = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| read_back(&repository, id).len()));
    read.map_err(|_| "the snapshot cannot be read".to_owned())
}

#[test]
fn a_parent_that_was_looked_up_too_early_loses_data_and_ours_is_not() {
    assert!(collected_before_the_intent(Mistake::ParentBeforeIntent).is_err());
    assert_eq!(collected_before_the_intent(Mistake::None), Ok(10));
}
