//! A restore that was broken off, and two of the same.

use super::made::*;
use super::*;

/// Stops after so many events.
struct StopAfter(AtomicU64);

impl Cancel for StopAfter {
    fn is_cancelled(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err()
    }
}

#[test]
fn an_interrupted_restore_is_gone_on_with_and_keeps_what_is_right() {
    let scratch = hostile();
    let made = Made::of(&scratch.join("source"));
    let target = scratch.join("target");
    for events in [1, 4, 9] {
        let stopped = made.restore_with(&all_to(&target), &Silent, &StopAfter(AtomicU64::new(events)));
        assert!(matches!(stopped, Err(RestoreError::Cancelled)));
        assert!(!target.exists());
    }
    let staging = scratch.join(leftovers(scratch.path()).concat());
    spoil(&staging);
    made.reads.store(0, Ordering::Relaxed);
    let restored = made.restore(&all_to(&target)).unwrap();
    assert!(restored.resumed);
    assert_eq!(restored.problems, []);
    assert_same(&scratch.join("source"), &target);
    let whole = Made::of(&scratch.join("source"));
    whole.restore(&all_to(&scratch.join("anew"))).unwrap();
    assert!(made.reads.load(Ordering::Relaxed) < whole.reads.load(Ordering::Relaxed));
}

/// Spoils one file of an unfinished tree, as a crash without fsync may.
fn spoil(staging: &Path) {
    let mut folders = vec![staging.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let meta = entry.metadata().unwrap();
            if meta.is_dir() {
                folders.push(entry.path());
            } else if meta.is_file() && meta.len() > 10_000 {
                let mut bytes = fs::read(entry.path()).unwrap();
                bytes[5000..].fill(0);
                fs::write(entry.path(), bytes).unwrap();
                return;
            }
        }
    }
    panic!("nothing to spoil");
}

/// Restores the same again in the midst of a restore.
struct Again<'a> {
    made: &'a Made,
    target: &'a Path,
    events: AtomicU64,
    busy: AtomicU64,
}

impl Monitor for Again<'_> {
    fn event(&self, _: crate::backup::Event<'_>) {
        // The first event comes before the folder is made.
        if self.events.fetch_add(1, Ordering::Relaxed) > 0 {
            let busy = matches!(self.made.restore(&to(self.target)), Err(RestoreError::Busy { .. }));
            self.busy.fetch_add(u64::from(busy), Ordering::Relaxed);
        }
    }
}

#[test]
fn two_restores_of_the_same_do_not_work_in_one_folder() {
    let (scratch, made) = ordinary();
    let target = scratch.join("target");
    let again = Again { made: &made, target: &target, events: AtomicU64::new(0), busy: AtomicU64::new(0) };
    made.restore_with(&to(&target), &again, &Never).unwrap();
    assert!(again.busy.into_inner() > 0);
    assert_same(&scratch.join("source"), &target);
}
