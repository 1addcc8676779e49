use mainstay_world::tree::Extent;

use super::tree::{Item, MemoryView, Mood};
use super::*;

pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

fn small_tree() -> Item {
    Item::folder([
        ("a.txt", Item::file("hello")),
        ("empty", Item::file("")),
        ("large", Item::file(noise(1, 700_000))),
        ("fifo", Item::fifo()),
        ("link", Item::symlink("a.txt")),
        (
            "sub",
            Item::folder([
                ("b", Item::file(b"text ".repeat(5000))),
                ("deeper", Item::folder([("again", Item::file("hello"))])),
                ("nothing", Item::folder([])),
            ]),
        ),
    ])
}

#[test]
fn what_goes_in_comes_out() {
    let (_, repository) = memory();
    let view = MemoryView::new(small_tree());
    let (id, backed) = back_up(&repository, &view, &request()).unwrap();
    let found = read_back(&repository, id);
    let paths: Vec<_> = found.iter().map(|(path, ..)| String::from_utf8_lossy(path).into_owned()).collect();
    assert_eq!(
        paths,
        [
            "/a.txt",
            "/empty",
            "/fifo",
            "/large",
            "/link",
            "/sub",
            "/sub/b",
            "/sub/deeper",
            "/sub/deeper/again",
            "/sub/nothing"
        ]
    );
    assert_eq!(found[0].2, b"hello");
    assert!(found[3].2 == noise(1, 700_000));
    assert!(found[3].1.content.ids.len() > 10);
    assert_eq!(found[4].1.details.target.as_deref(), Some(&b"a.txt"[..]));
    assert_eq!(found[0].1.content, found[8].1.content);
    let counts = backed.counts;
    assert_eq!((counts.files, counts.folders, counts.others, counts.faults), (5, 4, 2, 0));
    assert_eq!(counts.bytes, 5 + 700_000 + 25_000 + 5);
    assert!(backed.manifest.public.whole && backed.stored_bytes > 700_000);
    let listed = repository.snapshots().unwrap();
    assert_eq!(listed.list.len(), 1);
    assert_eq!(listed.list[0].private.as_ref().unwrap().source, "home");
}

#[test]
fn a_second_run_stores_no_content() {
    let (store, repository) = memory();
    let view = MemoryView::new(small_tree());
    back_up(&repository, &view, &request()).unwrap();
    let packs = store.list('p').unwrap().len();
    let (id, backed) = back_up(&repository, &view, &request()).unwrap();
    assert_eq!((backed.new_bytes, backed.stored_bytes), (0, 0));
    assert_eq!(store.list('p').unwrap().len(), packs);
    assert_eq!(read_back(&repository, id).len(), 10);
    assert_eq!(backed.manifest.public.heads.len(), 1);
}

#[test]
fn names_of_one_file_share_its_content_and_it_is_read_once() {
    let (_, repository) = memory();
    let mut shared = Item::file(noise(2, 300_000));
    shared.stat.links = 3;
    let top = Item::folder([
        ("one", shared.clone()),
        ("two", shared.clone()),
        ("z", Item::folder([("three", shared)])),
    ]);
    let view = MemoryView::new(top);
    let (id, _) = back_up(&repository, &view, &request()).unwrap();
    assert_eq!(view.opened(), 1);
    let found = read_back(&repository, id);
    let links: Vec<_> = found.iter().filter_map(|(_, entry, _)| entry.link).collect();
    assert_eq!(links.len(), 3);
    assert!(found.iter().filter(|(.., bytes)| *bytes == noise(2, 300_000)).count() == 3);
}

#[test]
fn holes_are_kept_as_holes() {
    let (_, repository) = memory();
    let extents = vec![Extent::Hole(1 << 40), Extent::Data(4096), Extent::Hole(12_288)];
    let view = MemoryView::new(Item::folder([("disk", Item::sparse(noise(3, 4096), extents.clone()))]));
    let (id, backed) = back_up(&repository, &view, &request()).unwrap();
    let found = read_back(&repository, id);
    assert_eq!(found[0].1.extents, extents);
    assert_eq!(found[0].1.size, (1 << 40) + 4096 + 12_288);
    assert_eq!(found[0].2, noise(3, 4096));
    assert!(backed.new_bytes < 10_000);
}

#[test]
fn more_holes_than_a_node_holds_are_stored_as_zeros() {
    let (_, repository) = memory();
    let count = crate::format::limits::MAX_EXTENTS as usize / 2 + 1;
    let extents: Vec<_> = (0..count).flat_map(|_| [Extent::Data(1), Extent::Hole(3)]).collect();
    let top = Item::folder([("riddled", Item::sparse(vec![b'x'; count], extents))]);
    let (id, backed) = back_up(&repository, &MemoryView::new(top), &request()).unwrap();
    let found = read_back(&repository, id);
    assert!(found[0].1.extents.is_empty() && backed.faults.is_empty());
    assert_eq!(found[0].2, b"x\0\0\0".repeat(count));
}

#[test]
fn a_fault_of_an_endless_path_fits_the_manifest() {
    let (_, repository) = memory();
    let deep = (0..300).fold(Item::file("x").moody(Mood::Unreadable), |below, _| {
        Item::folder([(Box::leak("n".repeat(250).into_boxed_str()) as &str, below)])
    });
    let (_, backed) = back_up(&repository, &MemoryView::new(deep), &request()).unwrap();
    assert!(backed.faults.len() == 1 && backed.faults[0].path.len() == 64 << 10);
}

#[test]
fn what_cannot_be_had_is_named_and_the_rest_is_kept() {
    let (_, repository) = memory();
    let top = Item::folder([
        ("bad", Item::file("secret").moody(Mood::Unreadable)),
        ("calm", Item::file("fine")),
        ("calms down", Item::file("x").moody(Mood::Changes(1))),
        ("grows", Item::file(noise(4, 5000)).moody(Mood::Grows(200_000))),
        ("restless", Item::file(noise(5, 400_000)).moody(Mood::Changes(9))),
        ("worn", Item::file(noise(6, 400_000)).moody(Mood::Breaks)),
    ]);
    let (id, backed) = back_up(&repository, &MemoryView::new(top), &request()).unwrap();
    let named: Vec<_> = backed.faults.iter().map(|fault| String::from_utf8_lossy(&fault.path)).collect();
    let mut sorted = named.clone();
    sorted.sort();
    assert_eq!(sorted, ["bad", "restless", "worn"]);
    assert!(!backed.manifest.public.whole);
    let found = read_back(&repository, id);
    let paths: Vec<_> = found.iter().map(|(path, ..)| &path[1..]).collect();
    assert_eq!(paths, [&b"calm"[..], b"calms down", b"grows", b"restless"]);
    assert_eq!(found[2].2.len(), 205_000);
    assert!(found[3].2 == noise(5, 400_000));
}

#[test]
fn a_failed_producer_leaves_nothing() {
    let (_, repository) = memory();
    let mut stream = Item::file(noise(8, 100_000)).moody(Mood::ProducerFails);
    stream.stat.ctime = Default::default();
    stream.stat.size = 0;
    let refused = back_up(&repository, &MemoryView::new(Item::folder([("dump", stream)])), &request());
    assert!(matches!(refused, Err(BackupError::Walk(crate::backup::WalkError::Source(_)))));
    assert!(repository.snapshots().unwrap().list.is_empty());
}

#[test]
fn a_path_of_4000_folders_is_no_matter() {
    let (_, repository) = memory();
    let deep = (0..4000).fold(Item::file("the end"), |below, _| Item::folder([("d", below)]));
    let view = MemoryView::new(deep);
    let (id, backed) = back_up(&repository, &view, &request()).unwrap();
    std::mem::forget(view);
    assert_eq!(backed.counts.folders, 4000);
    assert_eq!(read_back(&repository, id).last().unwrap().2, b"the end");
}

#[test]
fn a_large_folder_becomes_several_nodes_and_a_change_touches_few() {
    let (_, repository) = memory();
    let mut top = Item::folder([]);
    for number in 0..6000 {
        let name = format!("file {number:05}");
        top.items().insert(name.into_bytes(), Item::file(number.to_string()));
    }
    let mut view = MemoryView::new(top);
    let (first, _) = back_up(&repository, &view, &request()).unwrap();
    assert_eq!(read_back(&repository, first).len(), 6000);
    view.top.items().get_mut(&b"file 03000"[..]).unwrap().write("other");
    let (second, backed) = back_up(&repository, &view, &request()).unwrap();
    assert!(backed.manifest.public.root.ids.len() >= 2);
    let state = repository.state().unwrap();
    let nodes = |id| {
        state.sessions[&id].published.as_ref().unwrap().commit().unwrap().manifest.public.root.ids.clone()
    };
    let before = nodes(first);
    let new = nodes(second).into_iter().filter(|id| !before.contains(id)).count();
    assert_eq!(new, 1);
}
