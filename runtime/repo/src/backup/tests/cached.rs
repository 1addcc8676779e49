//! Runs that follow one another, with a stat cache between them.

use std::fs;
use std::path::Path;

use super::tree::{Item, MemoryView, Mood};
use super::whole::noise;
use super::*;

fn cached(folder: &Path) -> BackupRequest {
    BackupRequest { cache_dir: Some(folder.to_owned()), ..request() }
}

fn tree() -> Item {
    let many = |count: usize| {
        let mut folder = Item::folder([]);
        for number in 0..count {
            folder.items().insert(format!("f{number:03}").into_bytes(), Item::file(number.to_string()));
        }
        folder
    };
    Item::folder([
        ("a", many(30)),
        ("b", Item::folder([("inner", many(20)), ("link", Item::symlink("inner")), ("z", Item::file("zz"))])),
        ("c.bin", Item::file(noise(1, 200_000))),
        ("d", Item::folder([("deep", Item::folder([("deeper", many(3))]))])),
    ])
}

fn objects(store: &MemoryStore) -> Vec<usize> {
    ['p', 'x', 's', 'c'].into_iter().map(|prefix| store.list(prefix).unwrap().len()).collect()
}

fn at<'a>(item: &'a mut Item, path: &str) -> &'a mut Item {
    path.split('/').fold(item, |item, name| item.items().get_mut(name.as_bytes()).unwrap())
}

/// Backs up twice: with the cache, and in a repository of its own without one. Both must give the same tree.
fn check(repository: &Repository, view: &MemoryView, request: &BackupRequest) -> Backed {
    let (id, backed) = back_up(repository, view, request).unwrap();
    let (_, bare) = memory();
    let without = BackupRequest { cache_dir: None, ..request.clone() };
    let (bare_id, bare_backed) = back_up(&bare, view, &without).unwrap();
    let found: Vec<_> = read_back(repository, id).into_iter().map(simple).collect();
    let expected: Vec<_> = read_back(&bare, bare_id).into_iter().map(simple).collect();
    assert!(found == expected);
    assert_eq!(backed.counts, bare_backed.counts);
    backed
}

/// Ids differ between repositories.
fn simple((path, mut entry, bytes): Found) -> Found {
    entry.content = Content::default();
    (path, entry, bytes)
}

#[test]
fn without_a_change_nothing_is_opened_and_two_small_objects_are_written() {
    let (store, repository) = memory();
    let folder = tempfile::tempdir().unwrap();
    let view = MemoryView::new(tree());
    check(&repository, &view, &cached(folder.path()));
    let (before, opened) = (objects(&store), view.opened());
    let root = |backed: &Backed| backed.manifest.public.root.clone();
    let (first, backed) = back_up(&repository, &view, &cached(folder.path())).unwrap();
    assert_eq!(view.opened(), opened);
    assert_eq!(objects(&store), [before[0], before[1], before[2] + 1, before[3] + 1]);
    assert_eq!(backed.manifest.public.parents.len(), 1);
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(files.len(), 2);
    let (_, again) = back_up(&repository, &view, &cached(folder.path())).unwrap();
    assert_eq!(root(&again), root(&backed));
    assert_eq!(again.manifest.public.parents, [first]);
    assert_eq!(view.opened(), opened);
}

#[test]
fn every_kind_of_change_is_seen_and_nothing_else_is_read() {
    type Change = fn(&mut Item);
    let changes: [(&str, u64, Change); 10] = [
        ("a file changes", 1, |top| at(top, "a/f003").write("new")),
        ("the last file changes", 1, |top| at(top, "b/z").write("new")),
        ("a file appears", 1, |top| drop(top.items().insert(b"0".into(), Item::file("first")))),
        ("a file goes", 0, |top| drop(at(top, "a").items().remove(&b"f029"[..]))),
        ("the first file goes", 0, |top| drop(at(top, "a").items().remove(&b"f000"[..]))),
        ("a folder goes", 0, |top| drop(at(top, "b").items().remove(&b"inner"[..]))),
        ("a folder appears", 3, |top| {
            let new = Item::folder([
                ("x", Item::file("1")),
                ("y", Item::folder([("z", Item::file("2"))])),
                ("z", Item::file("3")),
            ]);
            at(top, "d/deep").items().insert(b"new".into(), new);
        }),
        ("a folder's attributes change", 0, |top| {
            at(top, "d/deep").stat.mode = 0o700;
            at(top, "d/deep").stat.ctime.seconds += 1;
        }),
        ("a link changes", 0, |top| *at(top, "b/link") = Item::symlink("elsewhere")),
        ("far below", 1, |top| at(top, "d/deep/deeper/f001").write("new")),
    ];
    let (_, repository) = memory();
    let folder = tempfile::tempdir().unwrap();
    let mut view = MemoryView::new(tree());
    check(&repository, &view, &cached(folder.path()));
    for (what, reads, change) in changes {
        change(&mut view.top);
        let opened = view.opened();
        let (id, _) = back_up(&repository, &view, &cached(folder.path())).unwrap();
        assert_eq!(view.opened() - opened, reads, "{what}");
        check(&repository, &view, &cached(folder.path()));
        assert!(!read_back(&repository, id).is_empty(), "{what}");
    }
}

/// Whole seconds may hide two seconds of changes, parts of a second no more than a tick of the clock.
#[test]
fn what_is_as_new_as_the_walk_is_read_again() {
    let walk_seconds = 1_700_000_000;
    let changed = [
        (walk_seconds - 1, 0, 1),
        (walk_seconds - 3, 0, 0),
        (walk_seconds - 1, 950_000_000, 1),
        (walk_seconds, 1, 1),
        (walk_seconds - 1, 850_000_000, 0),
    ];
    for (seconds, nanoseconds, reads) in changed {
        let (_, repository) = memory();
        let folder = tempfile::tempdir().unwrap();
        let mut young = Item::file("young");
        young.stat.ctime = mainstay_world::tree::Time { seconds, nanoseconds };
        let view = MemoryView::new(Item::folder([("old", Item::file("old")), ("young", young)]));
        check(&repository, &view, &cached(folder.path()));
        let opened = view.opened();
        back_up(&repository, &view, &cached(folder.path())).unwrap();
        assert_eq!(view.opened() - opened, reads, "{seconds}.{nanoseconds:09}");
    }
}

#[test]
fn what_had_a_fault_is_read_and_told_again() {
    let (_, repository) = memory();
    let folder = tempfile::tempdir().unwrap();
    let view = MemoryView::new(Item::folder([
        ("bad", Item::file("x").moody(Mood::Unreadable)),
        ("good", Item::file("y")),
        ("restless", Item::file("z").moody(Mood::Changes(99))),
    ]));
    for _ in 0..3 {
        let backed = check(&repository, &view, &cached(folder.path()));
        assert_eq!(backed.faults.len(), 2);
        assert!(!backed.manifest.public.whole);
    }
}

#[test]
fn a_damaged_or_foreign_cache_is_as_good_as_none() {
    let (_, repository) = memory();
    let folder = tempfile::tempdir().unwrap();
    let mut view = MemoryView::new(tree());
    check(&repository, &view, &cached(folder.path()));
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 2);
    let sizes: Vec<_> = files.iter().map(|path| fs::metadata(path).unwrap().len()).collect();
    for (path, size) in files.iter().zip(sizes) {
        for byte in (0..size).step_by(1 + size as usize / 40) {
            let good: Vec<_> = files.iter().map(|path| fs::read(path).unwrap()).collect();
            let mut bytes = fs::read(path).unwrap();
            bytes[byte as usize] ^= 4;
            fs::write(path, bytes).unwrap();
            at(&mut view.top, "a/f003").write(byte.to_string());
            check(&repository, &view, &cached(folder.path()));
            for old in fs::read_dir(folder.path()).unwrap() {
                fs::remove_file(old.unwrap().path()).unwrap();
            }
            for (path, good) in files.iter().zip(good) {
                fs::write(path, good).unwrap();
            }
        }
    }
    let (_, other) = memory();
    check(&other, &view, &cached(folder.path()));
}

#[test]
fn a_forgotten_parent_gives_no_folders() {
    let (store, repository) = memory();
    let folder = tempfile::tempdir().unwrap();
    let view = MemoryView::new(tree());
    let (id, _) = back_up(&repository, &view, &cached(folder.path())).unwrap();
    let slot = store.list('c').unwrap().into_iter().find(|slot| slot.name.as_str().contains(&id.to_string()));
    store.delete(&slot.unwrap().name).unwrap();
    // Its segments are named by nobody any more: all is read and stored again.
    let opened = view.opened();
    let again = Repository::open(store.clone(), &key_of(&repository), outside(9)).unwrap();
    let (_, backed) = back_up(&again, &view, &cached(folder.path())).unwrap();
    assert!(view.opened() > opened && backed.stored_bytes > 200_000);
    assert!(backed.manifest.public.parents.is_empty());
}

/// Damage costs one run that looks everything up; the next one takes folders over again.
#[test]
fn what_was_in_quarantine_before_the_parent_does_not_keep_folders_from_being_taken_over() {
    let (store, repository) = memory();
    let folder = tempfile::tempdir().unwrap();
    let mut view = MemoryView::new(tree());
    let (first, backed) = back_up(&repository, &view, &cached(folder.path())).unwrap();
    let parents = |backed: &Backed| backed.manifest.public.parents.clone();
    assert!(parents(&backed).is_empty());
    let damage = || quarantine::spoil(&store, &repository, &quarantine::packs(&repository));
    let mut before = first;
    for round in 0..2 {
        damage();
        let (healed, backed) = back_up(&repository, &view, &cached(folder.path())).unwrap();
        assert!(parents(&backed).is_empty() && backed.new_bytes > 200_000, "round {round}");
        // All that the one before had is there again.
        assert_eq!(read_back(&repository, healed).len(), read_back(&repository, before).len());
        at(&mut view.top, "a/f003").write(round.to_string());
        let opened = view.opened();
        let (next, backed) = back_up(&repository, &view, &cached(folder.path())).unwrap();
        assert_eq!((parents(&backed), view.opened() - opened), (vec![healed], 1), "round {round}");
        before = next;
    }
}

/// Changes a tree somewhere: what, and where, follows from the seed.
fn change_at_random(item: &mut Item, random: &SeededRandom, depth: u32) {
    let name = [b'a' + random.below(6) as u8];
    let goes_down = depth < 4 && !random.one_in(3);
    if let (true, Some(inner)) = (goes_down, item.items().get_mut(&name[..]))
        && matches!(inner.body, super::tree::Body::Folder(_))
    {
        return change_at_random(inner, random, depth + 1);
    }
    match random.below(7) {
        0 | 1 => drop(item.items().insert(name.to_vec(), Item::file(random.bytes(random.below(40_000))))),
        2 => drop(item.items().insert(name.to_vec(), Item::symlink("there"))),
        3 => drop(item.items().insert(name.to_vec(), Item::folder([]))),
        4 => drop(item.items().remove(&name[..])),
        5 => {
            item.stat.mode ^= 0o22;
            item.stat.ctime.seconds += 1;
        }
        _ => {
            let mut folder = Item::folder([]);
            for _ in 0..4 {
                change_at_random(&mut folder, random, depth + 1);
            }
            item.items().insert(name.to_vec(), folder);
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(24))]

    /// Whatever changes between runs, a run with the cache gives the tree that a run without one gives.
    #[test]
    fn the_cache_never_shows(seed: u64) {
        let random = SeededRandom::new(seed);
        let (_, repository) = memory();
        let folder = tempfile::tempdir().unwrap();
        let mut view = MemoryView::new(Item::folder([]));
        for round in 0..8 {
            (0..=random.below(if round == 0 { 12 } else { 3 })).for_each(|_| change_at_random(&mut view.top, &random, 0));
            check(&repository, &view, &cached(folder.path()));
        }
    }
}
