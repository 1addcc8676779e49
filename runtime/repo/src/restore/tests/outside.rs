//! Nothing is written outside of the target, whatever the snapshot or somebody meanwhile wants.

use super::made::*;
use super::*;

#[test]
fn names_that_lead_elsewhere_are_named_and_made_nowhere() {
    let scratch = Scratch::new().unwrap();
    fs::create_dir(scratch.join("outside")).unwrap();
    let names: [&[u8]; 7] = [b"..", b".", b"", b"../outside/x", b"/etc/x", b"a\0b", b"outside/x"];
    let kinds = [Kind::File, Kind::Folder, Kind::Fifo, Kind::Symlink];
    let mut entries: Vec<NodeEntry> = Vec::new();
    for kind in kinds {
        entries.extend(names.iter().map(|name| match kind {
            Kind::Symlink => link(name, b"x"),
            kind => plain(name, kind, 0o700),
        }));
    }
    entries.push(plain(b"good", Kind::File, 0o600));
    let restored = Made::by_hand(entries).restore(&to(&scratch.join("target"))).unwrap();
    assert_eq!(restored.problem_count, 28);
    assert!(restored.problems.iter().all(|problem| problem.kind == ProblemKind::NotMade));
    assert_eq!(fs::read_dir(scratch.join("target")).unwrap().count(), 1);
    assert_eq!(fs::read_dir(scratch.join("outside")).unwrap().count(), 0);
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 2);
}

#[test]
fn nothing_is_written_through_a_link_that_the_snapshot_brings_along() {
    let scratch = Scratch::new().unwrap();
    let outside = scratch.join("outside");
    fs::create_dir(&outside).unwrap();
    let target = outside.to_str().unwrap().as_bytes();
    let mut made = Made::default();
    let inner = made.folder(vec![plain(b"planted", Kind::File, 0o600)]);
    let folder = NodeEntry { content: inner, ..plain(b"door", Kind::Folder, 0o700) };
    // The same name twice: first the link, then a folder to write into.
    let content = made.folder(vec![link(b"door", target), folder]);
    made.top = Some(NodeEntry { content, ..plain(b"", Kind::Folder, 0o755) });
    let restored = made.restore(&to(&scratch.join("target"))).unwrap();
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    assert_eq!(restored.problems.len(), 1, "one of the two is named");
    assert!(scratch.join("target/door/planted").exists());
}

/// Flips a folder of the unfinished tree between itself and a link to the outside, as fast as it can.
fn attack(scratch: &Scratch, name: &str, stop: &AtomicBool) -> u64 {
    let outside = scratch.join("outside");
    let mut flips = 0;
    while !stop.load(Ordering::Relaxed) {
        let Some(staging) = leftovers(scratch.path()).into_iter().next() else { continue };
        let (victim, aside) = (scratch.join(&staging).join(name), scratch.join("aside"));
        if fs::rename(&victim, &aside).is_ok() {
            let planted = symlink(&outside, &victim).is_ok();
            std::thread::yield_now();
            if planted {
                let _ = fs::remove_file(&victim);
            }
            let _ = fs::rename(&aside, &victim);
            flips += 1;
        }
    }
    flips
}

#[test]
fn a_folder_that_is_swapped_for_a_link_meanwhile_lets_nothing_out() {
    let scratch = Scratch::new().unwrap();
    fs::create_dir(scratch.join("outside")).unwrap();
    let source = scratch.join("source");
    fs::create_dir_all(source.join("victim")).unwrap();
    for number in 0..800 {
        fs::write(source.join(format!("victim/{number}")), format!("content {number}")).unwrap();
    }
    let made = Made::of(&source);
    let stop = AtomicBool::new(false);
    let mut flips = 0;
    for round in 0..2 {
        stop.store(false, Ordering::Relaxed);
        flips += std::thread::scope(|scope| {
            let attacker = scope.spawn(|| attack(&scratch, "victim", &stop));
            // Each attempt ends somehow: what counts is what became of the outside.
            let _ = made.restore(&to(&scratch.join(format!("target{round}"))));
            stop.store(true, Ordering::Relaxed);
            attacker.join().unwrap()
        });
    }
    assert!(flips > 0, "the attack never met the restore");
    assert_eq!(fs::read_dir(scratch.join("outside")).unwrap().count(), 0);
}

/// Swaps a folder for a link to the outside after folders were made and before files are written into them.
struct SwapOnce<'a> {
    scratch: &'a Scratch,
    events: AtomicU64,
}

impl Monitor for SwapOnce<'_> {
    fn event(&self, _: crate::backup::Event<'_>) {
        // The first comes before the staging folder is made, the second before the first batch is written.
        if self.events.fetch_add(1, Ordering::Relaxed) == 1 {
            let staging = self.scratch.join(leftovers(self.scratch.path()).concat());
            fs::rename(staging.join("victim"), self.scratch.join("aside")).unwrap();
            symlink(self.scratch.join("outside"), staging.join("victim")).unwrap();
        }
    }
}

#[test]
fn a_folder_that_became_a_link_before_its_files_come_is_not_entered() {
    let scratch = Scratch::new().unwrap();
    fs::create_dir_all(scratch.join("outside/inner")).unwrap();
    let source = scratch.join("source");
    fs::create_dir_all(source.join("victim/inner")).unwrap();
    for path in ["victim/file", "victim/inner/file", "beside"] {
        fs::write(source.join(path), path).unwrap();
    }
    let made = Made::of(&source);
    let swap = SwapOnce { scratch: &scratch, events: AtomicU64::new(0) };
    let restored = made.restore_with(&to(&scratch.join("target")), &swap, &Never).unwrap();
    let outside = survey(&scratch.join("outside")).unwrap();
    assert_eq!(outside.into_keys().collect::<Vec<_>>(), [b"".to_vec(), b"inner".to_vec()]);
    let named = restored.problems.iter().filter(|problem| problem.kind == ProblemKind::NotMade);
    assert_eq!(named.count(), 2, "{:?}", restored.problems);
    assert_eq!(fs::read(scratch.join("target/beside")).unwrap(), b"beside");
}
