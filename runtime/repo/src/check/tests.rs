use std::sync::Arc;

use mainstay_kit::{Scratch, TreePlan, differences, make, survey};
use mainstay_source::FilesSource;
use mainstay_store::layers::{Fault, FaultStore};
use mainstay_store::{MemoryStore, ObjectName, Store};

use super::*;
use crate::backup::tests::{memory, outside, request};
use crate::backup::{Never, Silent};
use crate::restore::{ProblemKind, RestoreRequest};

/// A folder with files, and a repository with two snapshots of it.
struct Scene {
    scratch: Scratch,
    store: Arc<MemoryStore>,
    repo: Repository,
    snapshots: Vec<SnapshotId>,
}

impl Scene {
    fn new() -> Self {
        let scratch = Scratch::new().unwrap();
        let (store, repo) = memory();
        let mut scene = Self { scratch, store, repo, snapshots: Vec::new() };
        std::fs::create_dir(scene.scratch.join("source")).unwrap();
        let plan = TreePlan { files: 40, largest_bytes: 100_000, ..TreePlan::plain(3) };
        make(&scene.scratch.join("source"), &plan).unwrap();
        scene.back_up();
        std::fs::write(scene.scratch.join("source/new"), vec![9; 50_000]).unwrap();
        scene.back_up();
        scene
    }

    fn back_up(&mut self) {
        let source = FilesSource { roots: vec![self.scratch.join("source")], ..FilesSource::default() };
        let view = source.snapshot().unwrap();
        let mut session = self.repo.begin().unwrap();
        let backed = session.backup(view.as_ref(), &request(), &Silent, &Never).unwrap();
        self.snapshots.push(session.commit(backed).unwrap());
    }

    /// A fresh look at a store, without anything remembered.
    fn open(&self, store: MemoryStore) -> Repository {
        let mut repo_outside = outside(11);
        repo_outside.clock = self.repo.outside().clock.clone();
        Repository::open(Arc::new(store), &key_of(&self.repo), repo_outside).unwrap()
    }

    fn check(&self, level: Level) -> Checked {
        check(&self.repo, level)
    }
}

fn key_of(_repo: &Repository) -> crate::KeyFile {
    // The key of `memory()` follows from its seed.
    crate::KeyFile::generate(outside(7).random.as_ref())
}

fn check(repo: &Repository, level: Level) -> Checked {
    repo.check(&CheckRequest { level, threads: 2 }, &Silent, &Never).unwrap()
}

fn verify(repo: &Repository, snapshot: &SnapshotId, level: Level) -> Checked {
    repo.verify(snapshot, &CheckRequest { level, threads: 2 }, &Silent, &Never).unwrap()
}

const LEVELS: [Level; 4] =
    [Level::Presence, Level::Hashes, Level::Sample { millionths: 200_000, turn: 3 }, Level::AllData];

#[test]
fn what_is_whole_is_found_whole_at_each_level() {
    let scene = Scene::new();
    for level in LEVELS {
        let checked = scene.check(level);
        assert_eq!(checked.problems, [], "{level:?}");
        assert_eq!((checked.snapshots, checked.affected.len()), (2, 0));
        let verified = verify(&scene.repo, &scene.snapshots[0], level);
        assert_eq!((verified.problems, verified.snapshots), (Vec::new(), 1));
    }
    let all = scene.check(Level::AllData);
    let sampled = scene.check(Level::Sample { millionths: 100_000, turn: 0 });
    assert!(all.chunks > 0 && sampled.chunks < all.chunks);
    assert_eq!(all.unreferenced, Unreferenced::default());
}

#[test]
fn each_object_that_is_deleted_or_cut_or_changed_is_named() {
    let scene = Scene::new();
    let names: Vec<ObjectName> = scene.store.names();
    for name in names {
        // A missing intent of a decided session, or forgetting nothing, means nothing.
        let matters = !name.as_str().starts_with("s/");
        for damage in 0..3 {
            let copy = scene.store.as_ref().clone();
            let mut bytes = copy.read(&name).unwrap();
            match damage {
                0 => copy.delete(&name).unwrap(),
                1 => {
                    bytes.pop();
                    copy.tamper(&name, bytes);
                }
                _ => {
                    let middle = bytes.len() / 2;
                    bytes[middle] ^= 1;
                    copy.tamper(&name, bytes);
                }
            }
            let opened = Repository::open(Arc::new(copy), &key_of(&scene.repo), outside(11));
            let Ok(repo) = opened else { continue };
            let checked = check(&repo, Level::AllData);
            let told = checked.problems.iter().any(|problem| problem.object == name.as_str());
            let last_commit = name.as_str().starts_with("c/") && damage == 0;
            assert!(told || !matters || last_commit, "{name} {damage}: {:?}", checked.problems);
        }
    }
}

#[test]
fn damage_of_one_pack_takes_only_what_needs_it_and_says_what() {
    let scene = Scene::new();
    let packs: Vec<ObjectName> =
        scene.store.list('p').unwrap().into_iter().map(|listed| listed.name).collect();
    let mut hit = 0;
    for name in packs {
        let copy = scene.store.as_ref().clone();
        let mut bytes = copy.read(&name).unwrap();
        bytes[100] ^= 4;
        copy.tamper(&name, bytes);
        let repo = scene.open(copy);
        let checked = check(&repo, Level::AllData);
        assert!(checked.problems.iter().any(|problem| problem.object == name.as_str()));
        for snapshot in &scene.snapshots {
            let needed = checked.affected.iter().filter(|affected| affected.snapshot == *snapshot);
            let paths: BTreeSet<Vec<u8>> = needed.map(|affected| affected.path.clone()).collect();
            let to = scene.scratch.join(format!("out{hit}"));
            hit += 1;
            let request = RestoreRequest { to: to.clone(), threads: 2, ..RestoreRequest::default() };
            let restored = repo.restore(snapshot, &request, &Silent, &Never).unwrap();
            let lost: BTreeSet<Vec<u8>> = (restored.problems.iter())
                .inspect(|problem| assert_eq!(problem.kind, ProblemKind::Damaged))
                .map(|problem| problem.path.clone())
                .collect();
            assert_eq!(paths, lost, "a check says what a restore will miss");
        }
    }
    assert!(hit > 2);
}

#[test]
fn what_is_sampled_in_turns_is_all_seen_in_the_end() {
    let scene = Scene::new();
    let packs = scene.store.list('p').unwrap();
    let name = &packs.iter().max_by_key(|listed| listed.size).unwrap().name;
    let mut bytes = scene.store.read(name).unwrap();
    bytes[200] ^= 1;
    let copy = scene.store.as_ref().clone();
    copy.tamper(name, bytes);
    let repo = scene.open(copy);
    let sound = |turn| check(&repo, Level::Sample { millionths: 250_000, turn }).is_sound();
    assert_eq!((0..4).filter(|turn| !sound(*turn)).count(), 1);
}

#[test]
fn a_writer_checks_presence_and_hashes_and_no_content() {
    let scene = Scene::new();
    let key = scene.repo.issue_writer_key(Vec::new()).unwrap();
    let store = Arc::new(scene.store.as_ref().clone());
    let writer = Repository::open(store.clone(), &key, outside(5)).unwrap();
    assert_eq!(check(&writer, Level::Hashes).problems, []);
    let asked = CheckRequest { level: Level::AllData, threads: 1 };
    assert!(matches!(writer.check(&asked, &Silent, &Never), Err(CheckError::CannotRead)));
    let name = store.list('p').unwrap()[0].name.clone();
    store.delete(&name).unwrap();
    let checked = check(&writer, Level::Presence);
    for kind in [CheckProblemKind::Lost, CheckProblemKind::Missing] {
        assert!(checked.problems.iter().any(|problem| problem.kind == kind), "{kind:?}");
    }
}

#[test]
fn orphans_are_no_fault_and_are_counted() {
    let scene = Scene::new();
    scene.store.create(&ObjectName::new(format!("p/{}", "ab".repeat(32))).unwrap(), vec![0; 500]).unwrap();
    let source = FilesSource { roots: vec![scene.scratch.join("source")], ..FilesSource::default() };
    std::fs::write(scene.scratch.join("source/more"), vec![1; 3000]).unwrap();
    let mut session = scene.repo.begin().unwrap();
    session.backup(source.snapshot().unwrap().as_ref(), &request(), &Silent, &Never).unwrap();
    session.abort().unwrap();
    let checked = scene.check(Level::AllData);
    assert_eq!(checked.problems, []);
    assert!(checked.unreferenced.packs >= 2 && checked.unreferenced.segments >= 1);
}

#[test]
fn a_backup_comes_back_through_all_layers() {
    let mut scene = Scene::new();
    let source = scene.scratch.join("hostile");
    std::fs::create_dir(&source).unwrap();
    make(&source, &TreePlan::hostile(5)).unwrap();
    std::fs::rename(scene.scratch.join("source"), scene.scratch.join("first")).unwrap();
    std::fs::rename(&source, scene.scratch.join("source")).unwrap();
    scene.back_up();
    let request =
        RestoreRequest { to: scene.scratch.join("out"), special: true, ..RestoreRequest::default() };
    let restored = scene.repo.restore(scene.snapshots.last().unwrap(), &request, &Silent, &Never).unwrap();
    assert_eq!(restored.problems, []);
    assert!(restored.held);
    let (original, copy) = (survey(&scene.scratch.join("source")), survey(&scene.scratch.join("out")));
    let found = differences(&original.unwrap(), &copy.unwrap(), mainstay_kit::Compare::default());
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn a_check_can_be_cancelled() {
    struct Now;
    impl Cancel for Now {
        fn is_cancelled(&self) -> bool {
            true
        }
    }
    let scene = Scene::new();
    let asked = CheckRequest { level: Level::AllData, threads: 2 };
    assert!(matches!(scene.repo.check(&asked, &Silent, &Now), Err(CheckError::Cancelled)));
}

/// Opens a copy of the scene's store behind a layer that fails.
fn behind_faults(scene: &Scene) -> (Arc<FaultStore>, Repository) {
    let faulty = Arc::new(FaultStore::new(Arc::new(scene.store.as_ref().clone())));
    let repo = Repository::open(faulty.clone(), &key_of(&scene.repo), outside(11)).unwrap();
    (faulty, repo)
}

#[test]
fn a_restore_from_a_store_that_fails_anywhere_is_whole_or_named_or_not_there() {
    let scene = Scene::new();
    let original = survey(&scene.scratch.join("source")).unwrap();
    let newest = scene.snapshots[1];
    let mut outcomes = [0, 0];
    for fault in [Fault::Error, Fault::ReplyLost, Fault::CrashBefore] {
        for operation in 0.. {
            let (faulty, repo) = behind_faults(&scene);
            let first = faulty.operations();
            faulty.fail_at(first + operation, fault);
            let target = scene.scratch.join(format!("{fault:?}{operation}"));
            let request = RestoreRequest { to: target.clone(), threads: 2, ..RestoreRequest::default() };
            match repo.restore(&newest, &request, &Silent, &Never) {
                Ok(restored) => {
                    let copy = survey(&target).unwrap();
                    let found = differences(&original, &copy, mainstay_kit::Compare::default());
                    assert_eq!(restored.problems.is_empty(), found.is_empty(), "{operation} {found:?}");
                    outcomes[0] += 1;
                    std::fs::remove_dir_all(&target).unwrap();
                }
                Err(_) => {
                    assert!(!target.exists());
                    outcomes[1] += 1;
                }
            }
            if faulty.operations() <= first + operation {
                break;
            }
        }
    }
    assert!(outcomes.iter().all(|count| *count > 3), "{outcomes:?}");
}

#[test]
fn a_check_of_a_store_that_fails_anywhere_is_never_content() {
    let scene = Scene::new();
    for operation in 0.. {
        let (faulty, repo) = behind_faults(&scene);
        let first = faulty.operations();
        faulty.fail_at(first + operation, Fault::Error);
        let asked = CheckRequest { level: Level::AllData, threads: 1 };
        let checked = repo.check(&asked, &Silent, &Never);
        if faulty.operations() <= first + operation {
            assert!(checked.unwrap().is_sound(), "nothing failed");
            break;
        }
        let Ok(checked) = checked else { continue };
        assert!(!checked.is_sound(), "operation {operation}");
        assert_eq!(checked.damaged, BTreeSet::new(), "operation {operation}: one fault gives up no pack");
    }
}

fn packs(scene: &Scene) -> Vec<ObjectName> {
    scene.store.list('p').unwrap().into_iter().map(|listed| listed.name).collect()
}

#[test]
fn packs_that_are_all_gone_are_no_damage_but_a_disk_that_is_missing() {
    let scene = Scene::new();
    let copy = scene.store.as_ref().clone();
    let all = packs(&scene);
    all.iter().skip(1).for_each(|name| copy.delete(name).unwrap());
    let checked = check(&scene.open(copy.clone()), Level::Presence);
    assert_eq!(checked.damaged.len(), all.len() - 1);
    assert!(scene.open(copy.clone()).begin().is_ok());

    copy.delete(&all[0]).unwrap();
    let repo = scene.open(copy.clone());
    for level in LEVELS {
        let asked = CheckRequest { level, threads: 1 };
        let refused = repo.check(&asked, &Silent, &Never).unwrap_err();
        assert!(matches!(refused, CheckError::Emptied(Emptied { packs }) if packs == all.len()), "{refused}");
        assert_eq!(refused.class(), crate::Class::Emptied);
        assert!(repo.verify(&scene.snapshots[1], &asked, &Silent, &Never).is_err());
    }
    // Whoever would write now would count on all of them.
    let begun = repo.begin().err().unwrap();
    assert!(matches!(begun, crate::backup::SessionError::Emptied(_)), "{begun}");
    let state = repo.state().unwrap();
    assert!(state.sessions.values().all(|session| session.decided), "nobody has to wait for it");
}

/// Nothing counts on them from then on; and should they come back, all is as it was.
#[test]
fn packs_that_are_all_gone_can_be_given_up() {
    let scene = Scene::new();
    let copy = scene.store.as_ref().clone();
    assert_eq!(scene.open(copy.clone()).give_up_emptied().unwrap(), None, "they are all there");
    let all = packs(&scene);
    all.iter().for_each(|name| copy.delete(name).unwrap());
    let repo = scene.open(copy.clone());
    assert_eq!(repo.give_up_emptied().unwrap(), Some(Emptied { packs: all.len() }));
    assert_eq!(repo.give_up_emptied().unwrap(), None, "twice is no error");
    let checked = check(&repo, Level::Presence);
    assert_eq!(checked.hit.len(), scene.snapshots.len());

    let file = crate::backup::tests::tree::Item::file(vec![7; 9]);
    let top = crate::backup::tests::tree::Item::folder([("a", file)]);
    let view = crate::backup::tests::tree::MemoryView::new(top);
    let mut session = repo.begin().unwrap();
    let stored = session.backup(&view, &request(), &Silent, &Never).unwrap();
    let fresh = session.commit(stored).unwrap();
    let asked = CheckRequest { level: Level::AllData, threads: 1 };
    assert!(repo.verify(&fresh, &asked, &Silent, &Never).unwrap().is_sound());
    for name in &all {
        let staged = repo.store().stage(name, scene.store.read(name).unwrap()).unwrap();
        repo.store().publish(vec![staged]).unwrap();
    }
    assert!(check(&repo, Level::AllData).is_sound(), "what came back is read");
}

/// A chunk that lies in two packs, by two sessions that did not know of each other.
fn twice() -> (Arc<MemoryStore>, Repository, SnapshotId, [PackId; 2]) {
    let (store, repo) = memory();
    let file = crate::backup::tests::tree::Item::file(vec![7; 9000]);
    let top = crate::backup::tests::tree::Item::folder([("a", file)]);
    let view = crate::backup::tests::tree::MemoryView::new(top);
    let (mut one, mut two) = (repo.begin().unwrap(), repo.begin().unwrap());
    let first = one.backup(&view, &request(), &Silent, &Never).unwrap();
    let second = two.backup(&view, &request(), &Silent, &Never).unwrap();
    let id = one.commit(first).unwrap();
    two.commit(second).unwrap();
    let index = repo.index_for_reading(&repo.state().unwrap()).unwrap();
    let data = |place: &crate::index::Place| place.kind == crate::format::blob::BlobKind::Data;
    let chunk = index.all().find(|(_, place)| data(place)).unwrap().0;
    let places: Vec<PackId> = index.places(&chunk).map(|place| place.pack).collect();
    (store, repo, id, places.try_into().unwrap())
}

/// One bit of its first blob.
fn spoil(store: &MemoryStore, pack: &PackId) {
    let name = crate::blobs::pack_object(pack).unwrap();
    let mut bytes = store.read(&name).unwrap();
    bytes[50] ^= 1;
    store.tamper(&name, bytes);
}

#[test]
fn what_a_pack_in_quarantine_cannot_give_either_is_told_as_lost_at_once() {
    let (store, repo, id, [first, second]) = twice();
    spoil(&store, &first);
    repo.quarantine(&BTreeSet::from([first]), "test").unwrap();
    assert!(verify(&repo, &id, Level::AllData).is_sound(), "it lies elsewhere");
    spoil(&store, &second);
    let checked = verify(&repo, &id, Level::AllData);
    assert!(checked.problems.iter().any(|problem| problem.kind == CheckProblemKind::Lost), "{checked:?}");
    assert_eq!(checked.affected.len(), 1);
    assert_eq!(checked.hit, std::collections::BTreeMap::from([(id, 1)]));
}

#[test]
fn what_a_pack_in_quarantine_still_gives_is_not_lost() {
    let (store, repo, id, [first, second]) = twice();
    repo.quarantine(&BTreeSet::from([first]), "test").unwrap();
    spoil(&store, &second);
    let checked = verify(&repo, &id, Level::AllData);
    assert!(!checked.is_sound() && checked.affected.is_empty(), "{checked:?}");
    assert!(checked.problems.iter().all(|problem| problem.kind != CheckProblemKind::Lost), "{checked:?}");
}
