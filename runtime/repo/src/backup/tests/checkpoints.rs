//! Checkpoints: what they hold, and what is left of a session that had some.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use mainstay_world::Clock;

use super::tree::{Item, MemoryView};
use super::whole::noise;
use super::*;
use crate::backup::{Cancel, Event, Monitor};

/// A clock on which five minutes pass whenever somebody looks at it.
#[derive(Default)]
pub(crate) struct Hasty(AtomicU64);

impl Clock for Hasty {
    fn now(&self) -> TimestampMs {
        TimestampMs(1_700_000_000_000)
    }

    fn monotonic_ms(&self) -> u64 {
        self.0.fetch_add(300_000, Ordering::SeqCst)
    }
}

/// Reads each checkpoint whole when it is made.
struct Reads<'a> {
    repository: &'a Repository,
    seen: Mutex<Vec<(SnapshotId, usize)>>,
}

impl Monitor for Reads<'_> {
    fn event(&self, event: Event<'_>) {
        if let Event::Checkpoint(id) = event {
            let found = read_back(self.repository, id);
            for (path, entry, bytes) in &found {
                assert_eq!(bytes.len() as u64, entry.size, "{}", String::from_utf8_lossy(path));
            }
            self.seen.lock().unwrap().push((id, found.len()));
        }
    }
}

/// Says stop once there was a checkpoint.
#[derive(Default)]
struct StopAfterOne(AtomicBool);

impl Monitor for StopAfterOne {
    fn event(&self, event: Event<'_>) {
        if let Event::Checkpoint(_) = event {
            self.0.store(true, Ordering::SeqCst);
        }
    }
}

impl Cancel for StopAfterOne {
    fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

fn hasty() -> (Arc<MemoryStore>, Repository) {
    let store = Arc::new(MemoryStore::new());
    let (key, _) = repository(store.clone());
    let outside = Outside { clock: Arc::new(Hasty(AtomicU64::new(0))), ..outside(3) };
    (store.clone(), Repository::open(store, &key, outside).unwrap())
}

pub(crate) fn tree() -> Item {
    let mut top = Item::folder([]);
    for folder in 0..40u64 {
        let mut inner = Item::folder([("sub", Item::folder([("s", Item::file(noise(folder, 3000)))]))]);
        for file in 0..5 {
            let content = noise(folder * 100 + file, 20_000 * (file as usize % 3));
            inner.items().insert(format!("{file}").into_bytes(), Item::file(content));
        }
        top.items().insert(format!("d{folder:02}").into_bytes(), inner);
    }
    top
}

#[test]
fn each_checkpoint_can_be_read_and_the_end_supersedes_them() {
    let (_, repository) = hasty();
    let view = MemoryView::new(tree());
    let monitor = Reads { repository: &repository, seen: Mutex::default() };
    let mut session = repository.begin().unwrap();
    let backed = session.backup(&view, &request(), &monitor, &Never).unwrap();
    let seen = monitor.seen.into_inner().unwrap();
    assert!(seen.len() >= 3 && seen.iter().any(|(_, entries)| *entries > 50), "{seen:?}");
    assert!(repository.snapshots().unwrap().list.is_empty());
    assert!(repository.all_snapshots().unwrap().list[0].public().partial);
    let id = session.commit(backed).unwrap();
    let listed = repository.snapshots().unwrap().list;
    assert!(listed.len() == 1 && listed[0].public().whole);
    assert_eq!(read_back(&repository, id).len(), 40 * 8);
}

#[test]
fn after_an_abort_the_last_checkpoint_is_a_base() {
    let (_, repository) = hasty();
    let view = MemoryView::new(tree());
    let mut session = repository.begin().unwrap();
    let stop = StopAfterOne::default();
    let stopped = session.backup(&view, &request(), &stop, &stop);
    assert!(matches!(stopped, Err(BackupError::Walk(crate::backup::WalkError::Cancelled))));
    session.abort().unwrap();
    let (id, second) = back_up(&repository, &view, &request()).unwrap();
    let (_, bare) = memory();
    let (_, all) = back_up(&bare, &view, &request()).unwrap();
    assert!(second.new_bytes < all.new_bytes, "{} of {}", second.new_bytes, all.new_bytes);
    assert_eq!(read_back(&repository, id).len(), 40 * 8);
}

#[test]
fn a_large_file_that_was_under_way_is_gone_on_with_by_its_chunks() {
    let (_, repository) = hasty();
    let content = noise(9, 4 << 20);
    let view = MemoryView::new(Item::folder([("large", Item::file(content.clone()))]));
    let request = BackupRequest { checkpoint_bytes: Some(1 << 20), ..request() };
    let mut session = repository.begin().unwrap();
    let stop = StopAfterOne::default();
    assert!(session.backup(&view, &request, &stop, &stop).is_err());
    session.abort().unwrap();
    let (id, second) = back_up(&repository, &view, &request).unwrap();
    let known = content.len() as u64 - second.new_bytes;
    assert!(known > 0, "nothing of the file was kept: {} bytes are new", second.new_bytes);
    assert_eq!(read_back(&repository, id)[0].2, content);
}

#[test]
fn who_was_ended_by_another_is_told_at_the_next_checkpoint() {
    let (_, repository) = hasty();
    let view = MemoryView::new(tree());
    let mut session = repository.begin().unwrap();
    repository.decide(session.id()).unwrap();
    let lost = session.backup(&view, &request(), &Silent, &Never);
    assert!(lost.is_err_and(|error| error.class() == crate::Class::Lost));
}
