//! A comparison of a folder with a snapshot.

use super::made::*;
use super::*;

#[test]
fn a_comparison_finds_nothing_in_a_good_restore_of_everything() {
    let scratch = hostile();
    let made = Made::of(&scratch.join("source"));
    let restored = made.restore(&RestoreRequest { verify: true, ..all_to(&scratch.join("target")) }).unwrap();
    assert_eq!(restored.problems, []);
    assert!(restored.verified);
}

/// Compares a folder with what was made, as a restore into it would.
fn compared(made: &Made, folder: &Path) -> Vec<String> {
    let open =
        rustix::fs::open(folder, OFlags::RDONLY | OFlags::DIRECTORY, rustix::fs::Mode::empty()).unwrap();
    let notes = Notes::default();
    let watch = Watch::new(&Silent, &Never, folder);
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let rules = attributes::Rules { owners: true, special: true, uid, gid, umask: 0o22 };
    let (selection, known) = (Selection::default(), std::collections::BTreeSet::new());
    let comparer = Comparer {
        chunks: made,
        top: open.as_fd(),
        rules: &rules,
        selection: &selection,
        notes: &notes,
        watch: &watch,
        known: &known,
    };
    let top = made.top.as_ref().unwrap();
    comparer.run(top, &top.content).unwrap();
    let problems = notes.into_inner().problems;
    problems.iter().map(|problem| String::from_utf8_lossy(&problem.path).into_owned()).collect()
}

#[test]
fn a_comparison_finds_each_kind_of_difference() {
    let scratch = Scratch::new().unwrap();
    let source = scratch.join("source");
    fs::create_dir_all(source.join("d/e")).unwrap();
    for path in ["bytes", "mode", "longer", "gone", "d/e/inner", "time"] {
        fs::write(source.join(path), vec![b'x'; 10_000]).unwrap();
    }
    fs::hard_link(source.join("bytes"), source.join("second")).unwrap();
    symlink("bytes", source.join("link")).unwrap();
    let made = Made::of(&source);
    assert_eq!(compared(&made, &source), [] as [String; 0]);
    let touch = |path: &str, act: &dyn Fn(&Path)| {
        let path = source.join(path);
        let parent = path.parent().unwrap().to_owned();
        let times =
            [&path, &parent].map(|path| fs::symlink_metadata(path).and_then(|meta| meta.modified()).ok());
        act(&path);
        for (path, time) in [path, parent].iter().zip(times) {
            if let (Some(time), Ok(file)) = (time, fs::File::open(path)) {
                file.set_modified(time).unwrap();
            }
        }
    };
    touch("bytes", &|path| {
        let mut bytes = fs::read(path).unwrap();
        bytes[9_999] = b'y';
        fs::write(path, bytes).unwrap();
    });
    touch("mode", &|path| fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap());
    touch("longer", &|path| fs::write(path, vec![b'x'; 10_001]).unwrap());
    touch("gone", &|path| fs::remove_file(path).unwrap());
    touch("d/e/extra", &|path| fs::write(path, b"").unwrap());
    touch("time", &|path| drop(fs::File::options().write(true).open(path).unwrap()));
    fs::File::open(source.join("time")).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
    touch("link", &|path| {
        fs::remove_file(path).unwrap();
        symlink("elsewhere", path).unwrap();
    });
    let mut found = compared(&made, &source);
    found.sort();
    found.dedup();
    assert_eq!(found, ["bytes", "d/e/extra", "gone", "link", "longer", "mode", "second", "time"]);
}
