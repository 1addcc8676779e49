use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileExt as _, symlink};
use std::path::Path;

use mainstay_world::tree::{Entry, Event, Extent, Fault, FaultKind, Kind};

use mainstay_kit::{Scratch, TreePlan, make, survey};

use super::{FilesSource, OnFault};
use crate::SourceError;

fn write(path: &Path, text: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn tree(files: &[&str]) -> tempfile::TempDir {
    let scratch = tempfile::tempdir().unwrap();
    for file in files {
        write(&scratch.path().join(file), file.as_bytes());
    }
    scratch
}

fn at(root: &Path) -> FilesSource {
    FilesSource { roots: vec![root.to_owned()], ..FilesSource::default() }
}

/// The walk as lines: folders end in `/`, and each `Leave` is a `^`.
fn walk(source: &FilesSource) -> (Vec<String>, Vec<Fault>) {
    let view = source.snapshot().unwrap();
    let mut tree = view.walk().unwrap();
    let (mut lines, mut faults) = (Vec::new(), Vec::new());
    while let Some(event) = tree.next() {
        match event {
            Event::Enter(entry) => lines.push(format!("{}/", String::from_utf8_lossy(&entry.path()))),
            Event::Leaf(entry) => lines.push(String::from_utf8_lossy(&entry.path()).into_owned()),
            Event::Leave => lines.push("^".to_owned()),
            Event::Fault(fault) => faults.push(fault),
            Event::LeftOut { path, what } => {
                lines.push(format!("-{}({what})", String::from_utf8_lossy(&path)))
            }
        }
    }
    (lines, faults)
}

fn lines(source: &FilesSource) -> String {
    let (lines, faults) = walk(source);
    assert!(faults.is_empty(), "{faults:?}");
    lines.join(" ")
}

fn entries(source: &FilesSource) -> BTreeMap<Vec<u8>, Box<dyn Entry>> {
    let mut tree = source.snapshot().unwrap().walk().unwrap();
    let mut found = BTreeMap::new();
    while let Some(event) = tree.next() {
        if let Event::Enter(entry) | Event::Leaf(entry) = event {
            found.insert(entry.path(), entry);
        }
    }
    found
}

fn content(entry: &dyn Entry) -> Vec<u8> {
    let mut content = entry.open().unwrap();
    let mut buffer = vec![0; 1 << 16];
    let mut text = Vec::new();
    loop {
        let read = content.read(&mut buffer).unwrap();
        text.extend_from_slice(&buffer[..read]);
        if read < buffer.len() {
            break;
        }
    }
    content.finish().unwrap();
    text
}

#[test]
fn entries_come_depth_first_in_the_order_of_their_bytes() {
    let scratch = tree(&["b/x", "a.txt", "b/a/y", "B", "b-1"]);
    assert_eq!(lines(&at(scratch.path())), "/ B a.txt b/ b/a/ b/a/y ^ b/x ^ b-1 ^");
}

#[test]
fn several_roots_stand_under_their_paths() {
    let scratch = tree(&["one/f", "two/deep/g", "two/other/h", "three"]);
    let root = fs::canonicalize(scratch.path()).unwrap();
    let source = FilesSource {
        roots: ["two/deep", "one", "three", "two/deep"].map(|name| root.join(name)).to_vec(),
        ..FilesSource::default()
    };
    let below = String::from_utf8(root.as_os_str().as_bytes()[1..].to_vec()).unwrap();
    let found = lines(&source);
    let expected = format!(
        "{below}/one/ {below}/one/f ^ {below}/three {below}/two/ {below}/two/deep/ {below}/two/deep/g ^ ^ ^"
    );
    assert!(found.contains(&expected), "{found}");
    let seen = entries(&source);
    let above = seen.get(below.as_bytes()).unwrap();
    assert_eq!(above.stat().inode, std::os::unix::fs::MetadataExt::ino(&fs::metadata(&root).unwrap()));
}

#[test]
fn a_single_file_can_be_a_root() {
    let scratch = tree(&["a/file", "a/other"]);
    assert_eq!(lines(&at(&scratch.path().join("a/file"))), "/ file ^");
}

#[test]
fn what_is_left_out_takes_all_below_along() {
    let scratch = tree(&["keep/a", "target/x/y", "keep/b.tmp", "keep/target/z"]);
    let source = FilesSource { exclude: vec!["target".into(), "*.tmp".into()], ..at(scratch.path()) };
    assert_eq!(lines(&source), "/ keep/ keep/a ^ ^");
    let absolute = format!("{}/keep", scratch.path().display());
    let source = FilesSource { exclude: vec![absolute], ..at(scratch.path()) };
    assert_eq!(lines(&source), "/ target/ target/x/ target/x/y ^ ^ ^");
}

#[test]
fn what_is_included_brings_its_folders_along() {
    let scratch = tree(&["cache/a/b/want", "cache/a/c/no", "cache/no", "x"]);
    let source =
        FilesSource { exclude: vec!["cache".into()], include: vec!["want".into()], ..at(scratch.path()) };
    assert_eq!(lines(&source), "/ cache/ cache/a/ cache/a/b/ cache/a/b/want ^ ^ ^ x ^");
}

#[test]
fn patterns_come_from_files_too() {
    let scratch = tree(&["a.log", "b.txt"]);
    let list = tree(&["patterns"]);
    write(&list.path().join("patterns"), b"# logs\n\n*.log\n");
    let source = FilesSource { exclude_from: vec![list.path().join("patterns")], ..at(scratch.path()) };
    assert_eq!(lines(&source), "/ b.txt ^");
    let source = FilesSource { exclude_from: vec!["/no/such".into()], ..at(scratch.path()) };
    assert!(matches!(source.snapshot(), Err(SourceError::PatternFile { .. })));
}

#[test]
fn marked_folders_are_kept_empty() {
    let scratch = tree(&["c/CACHEDIR.TAG", "c/data", "n/.nobackup", "n/data", "f/CACHEDIR.TAG", "f/data"]);
    write(&scratch.path().join("c/CACHEDIR.TAG"), b"Signature: 8a477f597d28d172789f06886806bc55\n# more");
    let source =
        FilesSource { exclude_caches: true, skip_if: vec![".nobackup".into()], ..at(scratch.path()) };
    assert_eq!(lines(&source), "/ c/ c/CACHEDIR.TAG ^ f/ f/CACHEDIR.TAG f/data ^ n/ n/.nobackup ^ ^");
}

#[test]
fn large_files_are_left_out_when_asked() {
    let scratch = tree(&["12345", "1234567890"]);
    let source = FilesSource { skip_larger: Some(5), ..at(scratch.path()) };
    assert_eq!(lines(&source), "/ 12345 ^");
}

#[test]
fn a_path_much_deeper_than_a_path_may_be_is_walked_and_read() {
    const DEPTH: usize = 4_000;
    let scratch = Scratch::new().unwrap();
    let mut at_fd =
        rustix::fs::open(scratch.path(), rustix::fs::OFlags::DIRECTORY, rustix::fs::Mode::empty()).unwrap();
    for _ in 0..DEPTH {
        rustix::fs::mkdirat(&at_fd, "d", rustix::fs::Mode::RWXU).unwrap();
        let flags = rustix::fs::OFlags::CREATE | rustix::fs::OFlags::WRONLY;
        let file = rustix::fs::openat(&at_fd, "z", flags, rustix::fs::Mode::RUSR).unwrap();
        rustix::io::write(&file, b"deep").unwrap();
        at_fd = rustix::fs::openat(&at_fd, "d", rustix::fs::OFlags::DIRECTORY, rustix::fs::Mode::empty())
            .unwrap();
    }
    let found = entries(&at(scratch.path()));
    assert_eq!(found.len(), 1 + 2 * DEPTH);
    let open = fs::read_dir("/proc/self/fd").unwrap().count();
    assert!(open < 512, "{open} descriptors");
    for (path, entry) in found.iter().filter(|(_, entry)| entry.stat().kind == Kind::File).step_by(97) {
        assert_eq!(content(&**entry), b"deep", "{} bytes deep", path.len());
        assert_eq!(entry.details().unwrap().xattrs, []);
    }
}

#[test]
fn holes_are_found_and_skipped() {
    let scratch = tempfile::tempdir().unwrap();
    let file = fs::File::create(scratch.path().join("sparse")).unwrap();
    file.write_all_at(&[7; 4096], 1 << 20).unwrap();
    file.write_all_at(&[8; 4096], 1 << 30).unwrap();
    file.set_len((1 << 30) + (1 << 20)).unwrap();
    let found = entries(&at(scratch.path()));
    let mut sparse = found[&b"sparse"[..]].open().unwrap();
    let extents = sparse.extents().unwrap().unwrap();
    let bytes = |extent: &Extent| match extent {
        Extent::Data(bytes) | Extent::Hole(bytes) => *bytes,
    };
    assert_eq!(extents.iter().map(bytes).sum::<u64>(), (1 << 30) + (1 << 20));
    let data: u64 = extents.iter().filter(|extent| matches!(extent, Extent::Data(_))).map(bytes).sum();
    assert!((8192..1 << 20).contains(&data), "{extents:?}");
    let mut buffer = vec![0; 1 << 21];
    let read = sparse.read(&mut buffer).unwrap();
    assert_eq!(read as u64, data);
    assert_eq!(buffer[..read].iter().filter(|byte| **byte == 7).count(), 4096);
    assert_eq!(buffer[..read].iter().filter(|byte| **byte == 8).count(), 4096);
    sparse.finish().unwrap();
}

#[test]
fn details_of_links_pipes_and_files() {
    let scratch = tree(&["file"]);
    symlink("nowhere \u{e9}", scratch.path().join("link")).unwrap();
    let pipe = scratch.path().join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).unwrap();
    let file = scratch.path().join("file");
    rustix::fs::setxattr(&file, "user.b", &[2; 3000], rustix::fs::XattrFlags::empty()).unwrap();
    rustix::fs::setxattr(&file, "user.a", b"1", rustix::fs::XattrFlags::empty()).unwrap();
    let found = entries(&at(scratch.path()));
    let details = |name: &str| found[name.as_bytes()].details().unwrap();
    assert_eq!(details("link").target.unwrap(), "nowhere \u{e9}".as_bytes());
    assert_eq!(details("pipe").target, None);
    assert_eq!(
        details("file").xattrs,
        [(b"user.a".to_vec(), b"1".to_vec()), (b"user.b".to_vec(), vec![2; 3000])]
    );
    assert_eq!(details("").target, None);
}

#[test]
fn only_regular_files_are_opened() {
    let scratch = tree(&["file", "gone", "linked", "replaced", "changed"]);
    let found = entries(&at(scratch.path()));
    let path = |name: &str| scratch.path().join(name);
    fs::remove_file(path("gone")).unwrap();
    fs::remove_file(path("linked")).unwrap();
    symlink("file", path("linked")).unwrap();
    fs::remove_file(path("file")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, path("file"), rustix::fs::Mode::RUSR).unwrap();
    let kind = |name: &str| found[name.as_bytes()].open().err().map(|fault| fault.kind);
    assert_eq!(kind("gone"), Some(FaultKind::Vanished));
    assert_eq!(kind("linked"), Some(FaultKind::Swapped));
    assert_eq!(kind("file"), Some(FaultKind::Swapped));
    write(&path("new"), b"newer");
    fs::rename(path("new"), path("replaced")).unwrap();
    assert_eq!(content(&*found[&b"replaced"[..]]), b"newer");
    let mut open = found[&b"changed"[..]].open().unwrap();
    open.read(&mut [0; 3]).unwrap();
    write(&path("changed"), b"changed, and longer");
    assert_eq!(open.finish().unwrap_err().kind, FaultKind::Changed);
}

#[test]
fn a_folder_that_was_swapped_is_not_entered() {
    let scratch = tree(&["a/x", "z/y"]);
    let found = entries(&at(scratch.path()));
    fs::remove_dir_all(scratch.path().join("a")).unwrap();
    symlink("z", scratch.path().join("a")).unwrap();
    let fault = found[&b"a/x"[..]].open().err().unwrap();
    assert_eq!(fault.kind, FaultKind::Vanished);
    assert_eq!(fault.path, b"a/x");
}

#[test]
fn what_is_missing_or_empty_is_an_error() {
    let scratch = tree(&["full/x"]);
    fs::create_dir(scratch.path().join("empty")).unwrap();
    let discover = |name: &str| at(&scratch.path().join(name)).discover();
    assert!(discover("full").is_ok());
    assert!(discover("full/x").is_ok());
    assert!(matches!(discover("empty"), Err(SourceError::EmptyRoot(_))));
    assert!(matches!(discover("missing"), Err(SourceError::MissingRoot(_))));
    assert!(matches!(FilesSource::default().discover(), Err(SourceError::NoRoots)));
}

#[test]
fn faults_are_judged_as_the_source_says() {
    use mainstay_world::tree::Judgement;
    let scratch = tree(&["x"]);
    let source =
        FilesSource { on_vanished: OnFault::Note, on_unreadable: OnFault::Fail, ..at(scratch.path()) };
    let view = source.snapshot().unwrap();
    let judge = |kind| view.judge(&Fault { kind, path: Vec::new(), message: String::new() });
    assert_eq!(judge(FaultKind::Vanished), Judgement::Noted);
    assert_eq!(judge(FaultKind::Unreadable), Judgement::Fails);
    assert_eq!(judge(FaultKind::Broken), Judgement::Degrades);
}

#[test]
fn a_hostile_tree_is_given_whole() {
    let scratch = Scratch::new().unwrap();
    make(scratch.path(), &TreePlan::hostile(11)).unwrap();
    let expected = survey(scratch.path()).unwrap();
    let found = entries(&at(scratch.path()));
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (path, entry) in &found {
        let (stat, facts) = (entry.stat(), &expected[path]);
        assert_eq!((stat.mode, (stat.uid, stat.gid)), (facts.mode, facts.owner), "{}", path.escape_ascii());
        assert_eq!((stat.mtime.seconds, u64::from(stat.mtime.nanoseconds)), facts.mtime);
        let details = entry.details().unwrap();
        assert_eq!((details.xattrs, details.target), (facts.xattrs.clone(), facts.target.clone()));
    }
}

#[test]
fn what_may_not_be_read_is_named_and_the_rest_is_given() {
    use std::os::unix::fs::PermissionsExt as _;
    let scratch = Scratch::new().unwrap();
    for (path, mode) in [("closed/in", 0o000), ("listed/in", 0o600), ("private", 0o000), ("open", 0o644)] {
        write(&scratch.join(path), b"x");
        let target = scratch.join(path.split('/').next().unwrap());
        fs::set_permissions(target, fs::Permissions::from_mode(mode)).unwrap();
    }
    let (lines, faults) = walk(&at(scratch.path()));
    let named: Vec<_> =
        faults.iter().map(|fault| (fault.kind, String::from_utf8_lossy(&fault.path))).collect();
    if rustix::process::geteuid().is_root() {
        assert_eq!(named, [], "root may read everything");
        return;
    }
    assert_eq!(
        named,
        [(FaultKind::Unreadable, "closed".into()), (FaultKind::Unreadable, "listed/in".into())]
    );
    assert_eq!(lines.join(" "), "/ closed/ ^ listed/ ^ open private ^");
    let found = entries(&at(scratch.path()));
    assert_eq!(found[&b"private"[..]].open().err().unwrap().kind, FaultKind::Unreadable);
    assert_eq!(found[&b"private"[..]].details().unwrap().xattrs, []);
    assert_eq!(found[&b"closed"[..]].details().unwrap().xattrs, []);
}

#[test]
fn what_makes_copies_is_met_by_identity_and_left_out() {
    let scratch = tree(&["a/f", "shelf/k/0", "z/g"]);
    symlink(scratch.path().join("shelf"), scratch.path().join("named")).unwrap();
    let own = |below: &str| {
        vec![super::OwnFolder { path: scratch.path().join(below), what: "the repository".to_owned() }]
    };
    let whole = "/ a/ a/f ^ named -shelf(the repository) z/ z/g ^ ^";
    for name in ["shelf", "named", "a/../shelf"] {
        assert_eq!(lines(&FilesSource { own: own(name), ..at(scratch.path()) }), whole, "{name}");
    }
    let patterns = FilesSource {
        own: own("shelf"),
        exclude: vec!["shelf".into()],
        include: vec!["shelf/k".into()],
        ..at(scratch.path())
    };
    assert_eq!(lines(&patterns), "/ a/ a/f ^ named z/ z/g ^ ^", "left out by a pattern anyway");
    let absent = FilesSource { own: own("nowhere"), ..at(&scratch.path().join("a")) };
    assert_eq!(lines(&absent), "/ f ^");
}

#[test]
fn a_root_within_what_makes_copies_is_refused() {
    let scratch = tree(&["a/f", "shelf/k/0"]);
    let own = vec![super::OwnFolder { path: scratch.path().join("shelf"), what: "the repository".into() }];
    for root in ["shelf", "shelf/k", "a/../shelf/k/0"] {
        for roots in [vec![root], vec!["a", root], vec![".", root]] {
            let roots = roots.iter().map(|root| scratch.path().join(root)).collect();
            let error =
                FilesSource { roots, own: own.clone(), ..FilesSource::default() }.discover().unwrap_err();
            assert!(matches!(error, SourceError::OwnRoot { .. }), "{root}: {error}");
        }
    }
}
