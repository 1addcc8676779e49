use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use proptest::prelude::*;

use super::model::{Flaws, ModelDisk, Survives};
use super::*;
use crate::Layer;

fn name(text: &str) -> ObjectName {
    ObjectName::new(text).unwrap()
}

fn modelled(flaws: Flaws) -> (ModelDisk, LocalStore<ModelDisk>) {
    let disk = ModelDisk::new(flaws);
    (disk.clone(), LocalStore::on(Arc::new(disk)))
}

/// A store in a folder that goes with it.
struct Scratch(LocalStore, #[expect(dead_code, reason = "held for its drop")] tempfile::TempDir);

impl Layer for Scratch {
    fn inner(&self) -> &dyn Store {
        &self.0
    }
}

#[test]
fn conforms_on_a_real_file_system() {
    crate::conformance::run(&|| {
        let folder = tempfile::tempdir().unwrap();
        Box::new(Scratch(LocalStore::init(folder.path()).unwrap(), folder))
    });
}

#[test]
fn conforms_on_the_model() {
    crate::conformance::run(&|| Box::new(modelled(Flaws::default()).1));
}

#[test]
fn a_dropped_stage_and_a_published_one_leave_no_temporary_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalStore::init(folder.path()).unwrap();
    drop(store.stage(&name("p/aa"), vec![1]).unwrap());
    store.create(&name("p/bb"), vec![1]).unwrap();
    let files: Vec<_> = std::fs::read_dir(folder.path().join("p")).unwrap().collect();
    assert_eq!(files.len(), 1);
}

#[test]
fn leftovers_of_the_dead_go_and_those_of_the_living_stay() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalStore::init(folder.path()).unwrap();
    let dead = folder.path().join("p/.tmp-1-1");
    std::fs::write(&dead, b"half").unwrap();
    let living = store.stage(&name("p/cc"), vec![1]).unwrap();
    let other = LocalStore::open(folder.path()).unwrap();
    assert!(other.list('p').unwrap().is_empty());
    assert!(dead.exists(), "a listing alone takes nothing away");
    other.create(&name("p/aa"), vec![1]).unwrap();
    assert!(!dead.exists());
    assert_eq!(store.publish(vec![living]).unwrap(), [Created::New]);
}

#[test]
fn init_can_be_repeated_and_refuses_what_is_not_empty() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("repo");
    assert!(matches!(LocalStore::open(&path), Err(OpenStoreError::Missing { .. })));
    LocalStore::init(&path).unwrap().create(&name("p/aa"), vec![1]).unwrap();
    assert_eq!(LocalStore::init(&path).unwrap().read(&name("p/aa")).unwrap(), [1]);
    std::fs::write(folder.path().join("letter"), b"mine").unwrap();
    let error = LocalStore::init(folder.path()).unwrap_err();
    assert!(matches!(error, OpenStoreError::NotEmpty { .. }), "{error}");
    assert!(matches!(LocalStore::open(folder.path()), Err(OpenStoreError::NotAStore { .. })));
    let orphan = folder.path().join("no/such/parent");
    assert!(matches!(LocalStore::init(&orphan), Err(OpenStoreError::Missing { .. })));
}

#[test]
fn a_file_system_without_known_promises_is_refused() {
    let proc = std::path::Path::new("/proc/self");
    assert!(matches!(LocalStore::open(proc), Err(OpenStoreError::FileSystem { magic: 0x9FA0, .. })));
}

#[test]
fn a_folder_that_was_taken_away_is_unreachable_and_not_empty() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalStore::init(folder.path()).unwrap();
    store.create(&name("p/aa"), vec![1]).unwrap();
    std::fs::remove_dir_all(folder.path()).unwrap();
    assert_eq!(store.read(&name("p/aa")).unwrap_err().kind, StoreErrorKind::Unreachable);
    assert_eq!(store.create(&name("p/bb"), vec![1]).unwrap_err().kind, StoreErrorKind::Unreachable);
    assert_eq!(store.list('z').unwrap_err().kind, StoreErrorKind::Unreachable);
}

#[test]
fn a_link_in_place_of_an_object_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalStore::init(folder.path()).unwrap();
    std::fs::write(folder.path().join("format"), b"elsewhere").unwrap();
    std::os::unix::fs::symlink("../format", folder.path().join("p/aa")).unwrap();
    assert!(store.read(&name("p/aa")).is_err());
    assert!(store.list('p').unwrap().is_empty());
}

#[test]
fn files_and_folders_are_for_their_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalStore::init(folder.path()).unwrap();
    store.create(&name("p/aa"), vec![1]).unwrap();
    for (path, mode) in [("p", 0o700), ("p/aa", 0o600)] {
        let meta = std::fs::metadata(folder.path().join(path)).unwrap();
        assert_eq!(meta.permissions().mode() & 0o777, mode, "{path}");
    }
}

#[test]
fn errors_of_the_system_become_kinds() {
    use rustix::io::Errno;
    for (errno, kind) in [
        (Errno::NOSPC, StoreErrorKind::NoSpace),
        (Errno::DQUOT, StoreErrorKind::NoSpace),
        (Errno::ACCESS, StoreErrorKind::Denied),
        (Errno::ROFS, StoreErrorKind::Denied),
        (Errno::STALE, StoreErrorKind::Unreachable),
        (Errno::MFILE, StoreErrorKind::Unreachable),
        (Errno::NFILE, StoreErrorKind::Unreachable),
        (Errno::NOMEM, StoreErrorKind::Unreachable),
        (Errno::IO, StoreErrorKind::Other),
    ] {
        assert_eq!(open::kind_of(&errno.into()), kind, "{errno}");
    }
}

#[test]
fn no_space_is_said_and_nothing_becomes_visible() {
    let (disk, store) = modelled(Flaws::default());
    disk.leave_room(3);
    assert_eq!(store.create(&name("p/aa"), vec![0; 4]).unwrap_err().kind, StoreErrorKind::NoSpace);
    assert!(store.list('p').unwrap().is_empty());
}

#[test]
fn a_failed_fsync_fails_the_attempt_and_the_object_never_appears() {
    let (disk, store) = modelled(Flaws::default());
    disk.fail_sync(0);
    assert!(store.create(&name("p/aa"), vec![1]).is_err());
    assert!(store.list('p').unwrap().is_empty());
    assert_eq!(store.create(&name("p/aa"), vec![1]).unwrap(), Created::New);
    disk.power_cut(Survives::Nothing);
    assert_eq!(store.read(&name("p/aa")).unwrap(), [1]);
}

#[test]
fn after_a_failed_fsync_of_a_folder_nothing_more_is_promised_in_it() {
    let (disk, store) = modelled(Flaws::default());
    disk.fail_sync(1);
    assert!(store.create(&name("p/aa"), vec![1]).is_err());
    assert!(store.create(&name("p/bb"), vec![1]).is_err());
    assert_eq!(store.create(&name("x/aa"), vec![1]).unwrap(), Created::New);
}

/// What a run of creations was told, and what is there after the power failed at some step of it.
fn broken_promises(flaws: Flaws) -> usize {
    let counted = modelled(flaws);
    create_all(&counted.1);
    let steps = counted.0.steps();
    let mut broken = 0;
    for cut in 0..=steps {
        for survives in
            [Survives::Nothing, Survives::Everything, Survives::Some(cut), Survives::Some(cut + 1000)]
        {
            let (disk, store) = modelled(flaws);
            disk.cut_at(cut);
            let promised = create_all(&store);
            disk.power_cut(survives);
            let store = LocalStore::on(Arc::new(disk));
            broken +=
                promised.iter().filter(|(name, bytes)| store.read(name).ok().as_ref() != Some(bytes)).count();
            let listed = store.list('p').unwrap();
            broken += listed.iter().filter(|listed| !whole(&store.read(&listed.name).unwrap())).count();
        }
    }
    broken
}

/// Three barriers; says what was reported as created.
fn create_all(store: &LocalStore<ModelDisk>) -> Vec<(ObjectName, Vec<u8>)> {
    let mut promised = Vec::new();
    for batch in 0..3_u8 {
        let objects = [0_u8, 1].map(|number| (name(&format!("p/{batch}{number}")), vec![batch; 9]));
        let staged: Result<Vec<_>, _> =
            objects.iter().map(|(name, bytes)| store.stage(name, bytes.clone())).collect();
        if staged.and_then(|staged| store.publish(staged)).is_ok() {
            promised.extend(objects);
        }
    }
    promised
}

fn whole(bytes: &[u8]) -> bool {
    bytes.len() == 9
}

#[test]
fn no_power_cut_breaks_a_promise_or_shows_half_an_object() {
    assert_eq!(broken_promises(Flaws::default()), 0);
}

#[test]
fn a_forgotten_fsync_is_found() {
    assert!(broken_promises(Flaws { forgets_files: true, ..Flaws::default() }) > 0);
    assert!(broken_promises(Flaws { forgets_folders: true, ..Flaws::default() }) > 0);
}

#[test]
fn who_meets_an_object_makes_it_durable_before_he_says_so() {
    let (disk, first) = modelled(Flaws::default());
    // The first one's power fails right before it syncs the folder: the link is seen and not durable.
    disk.cut_at(4);
    assert!(first.create(&name("c/aa.0"), vec![1]).is_err());
    disk.power_cut(Survives::Everything);
    let second = LocalStore::on(Arc::new(disk.clone()));
    assert_eq!(second.create(&name("c/aa.0"), vec![2]).unwrap(), Created::Existed);
    disk.power_cut(Survives::Nothing);
    assert_eq!(second.read(&name("c/aa.0")).unwrap(), [1]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_range_is_as_in_memory(bytes in proptest::collection::vec(any::<u8>(), 0..300), offset in 0..400_u64, length in 0..400_u64) {
        let (_, store) = modelled(Flaws::default());
        let memory = crate::MemoryStore::new();
        store.create(&name("p/aa"), bytes.clone()).unwrap();
        memory.create(&name("p/aa"), bytes).unwrap();
        let ours = store.read_range(&name("p/aa"), offset, length).map_err(|error| error.kind);
        let theirs = memory.read_range(&name("p/aa"), offset, length).map_err(|error| error.kind);
        prop_assert_eq!(ours, theirs);
    }
}
