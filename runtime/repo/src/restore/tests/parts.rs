//! What is lost, withheld or not chosen takes nothing else along.

use super::made::*;
use super::*;

#[test]
fn a_lost_chunk_takes_its_file_and_nothing_else() {
    let (scratch, mut made) = ordinary();
    let largest = walk_files(&scratch.join("source")).into_iter().max_by_key(|(_, size)| *size).unwrap();
    let bytes = fs::read(scratch.join("source").join(&largest.0)).unwrap();
    made.broken.insert(ChunkId(*blake3::hash(&bytes[CHUNK_BYTES..2 * CHUNK_BYTES]).as_bytes()));
    let restored = made.restore(&to(&scratch.join("target"))).unwrap();
    let named: Vec<String> =
        restored.problems.iter().map(|problem| String::from_utf8(problem.path.clone()).unwrap()).collect();
    assert_eq!(named, std::slice::from_ref(&largest.0));
    assert_eq!(restored.problems[0].kind, ProblemKind::Damaged);
    fs::remove_file(scratch.join("source").join(&largest.0)).unwrap();
    let left: Vec<_> = walk_files(&scratch.join("source"));
    assert_eq!(walk_files(&scratch.join("target")), left);
    for (name, _) in left {
        let pair = ["source", "target"].map(|top| fs::read(scratch.join(top).join(&name)).unwrap());
        assert_eq!(pair[0], pair[1]);
    }
}

/// Regular files by path, with their sizes, sorted.
fn walk_files(top: &Path) -> Vec<(String, u64)> {
    let seen = survey(top).unwrap().into_iter().filter(|(_, facts)| facts.kind == "file");
    seen.map(|(path, facts)| (String::from_utf8(path).unwrap(), facts.size)).collect()
}

#[test]
fn what_gives_power_is_withheld_and_counted_unless_it_is_asked_for() {
    let scratch = Scratch::new().unwrap();
    let entries = vec![
        plain(b"folder", Kind::Folder, 0o2755),
        plain(b"plain", Kind::File, 0o755),
        plain(b"setgid", Kind::File, 0o2755),
        plain(b"setuid", Kind::File, 0o4755),
        plain(b"socket", Kind::Socket, 0o755),
    ];
    let made = Made::by_hand(entries);
    let restored = made.restore(&to(&scratch.join("safe"))).unwrap();
    assert_eq!((restored.problem_count, restored.withheld), (0, 3));
    let restored = made.restore(&all_to(&scratch.join("all"))).unwrap();
    assert_eq!((restored.problem_count, restored.withheld), (0, 1));
    let mode = |path: &str| fs::metadata(scratch.join(path)).unwrap().permissions().mode() & 0o7777;
    assert_eq!(["safe/setuid", "safe/setgid", "safe/folder"].map(mode), [0o755, 0o755, 0o2755]);
    assert_eq!(["all/setuid", "all/setgid", "all/folder"].map(mode), [0o4755, 0o2755, 0o2755]);
    assert!(!scratch.join("all/socket").exists());
}

#[test]
fn a_choice_brings_what_it_names_and_the_folders_above() {
    let scratch = Scratch::new().unwrap();
    let source = scratch.join("source");
    for path in ["a/b/c", "a/x", "d"] {
        fs::create_dir_all(source.join(path)).unwrap();
    }
    for path in ["a/b/c/deep.txt", "a/b/other", "a/x/y", "d/top.txt", "z"] {
        fs::write(source.join(path), path).unwrap();
    }
    fs::set_permissions(source.join("a/b"), fs::Permissions::from_mode(0o710)).unwrap();
    let made = Made::of(&source);
    let include = vec![b"**/deep.txt".to_vec(), b"d".to_vec()];
    let request = RestoreRequest { include, verify: true, ..to(&scratch.join("target")) };
    let restored = made.restore(&request).unwrap();
    assert_eq!(restored.problems, []);
    let found: Vec<Vec<u8>> = survey(&scratch.join("target")).unwrap().into_keys().collect();
    let expected: [&[u8]; 7] = [b"", b"a", b"a/b", b"a/b/c", b"a/b/c/deep.txt", b"d", b"d/top.txt"];
    assert_eq!(found, expected);
    let mode = fs::metadata(scratch.join("target/a/b")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o710);
    let request = RestoreRequest { include: vec![b"nowhere".to_vec()], ..to(&scratch.join("none")) };
    assert!(matches!(made.restore(&request), Err(RestoreError::NothingChosen)));
    assert!(!scratch.join("none").exists() && leftovers(scratch.path()).is_empty());
}
