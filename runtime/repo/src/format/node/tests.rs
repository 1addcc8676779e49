use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

use super::*;
use crate::format::hostile::torment;

fn content() -> impl Strategy<Value = Content> {
    (vec(any::<[u8; 32]>().prop_map(ChunkId), 0..4), 0u8..=4).prop_map(|(ids, depth)| {
        let depth = if ids.is_empty() { 0 } else { depth };
        Content { ids, depth }
    })
}

fn details() -> impl Strategy<Value = Details> {
    let bytes = || vec(any::<u8>(), 0..20);
    (vec((bytes(), bytes()), 0..3), option::of(bytes()), any::<u32>())
        .prop_map(|(xattrs, target, flags)| Details { xattrs, target, flags })
}

fn node_entry() -> impl Strategy<Value = NodeEntry> {
    let name = vec(any::<u8>().prop_filter("plain", |byte| *byte != 0 && *byte != b'/'), 1..12)
        .prop_filter("no dots", |name| name != b"." && name != b"..");
    let attributes = (0u32..0o10000, any::<[u32; 2]>(), any::<(i64, u32)>(), any::<(u32, u32)>());
    let link = option::of(any::<(u64, u64)>());
    let size = (any::<bool>(), any::<u32>());
    (name, 0usize..7, attributes, link, details(), content(), size).prop_map(
        |(name, kind, (mode, [uid, gid], (seconds, nanos), rdev), link, details, content, (holes, size))| {
            let kind = KINDS[kind];
            let has_content = matches!(kind, Kind::File | Kind::Folder);
            let sparse = holes && kind == Kind::File && size > 0;
            let hole = u64::from(size / 2);
            NodeEntry {
                name,
                kind,
                mode,
                uid,
                gid,
                size: size.into(),
                mtime: Time { seconds, nanoseconds: nanos % 1_000_000_000 },
                rdev,
                link: link.map(|(inode, device)| HardLink { inode, device }),
                details,
                content: if has_content { content } else { Content::default() },
                extents: match sparse {
                    true => vec![Extent::Hole(hole), Extent::Data(u64::from(size) - hole)],
                    false => Vec::new(),
                },
            }
        },
    )
}

fn node() -> impl Strategy<Value = Node> {
    vec(node_entry(), 0..8).prop_map(|mut entries| {
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        entries.dedup_by(|a, b| a.name == b.name);
        Node { entries }
    })
}

proptest! {
    #[test]
    fn nodes_come_back(node in node()) {
        let bytes = node.encode().unwrap();
        prop_assert_eq!(Node::decode(&bytes.links, &bytes.body), Ok(node));
    }

    #[test]
    fn what_is_taken_has_one_form(node in node(), at: prop::sample::Index, to: u8) {
        let mut bytes = node.encode().unwrap();
        let at = at.index(bytes.body.len());
        bytes.body[at] = to;
        if let Ok(other) = Node::decode(&bytes.links, &bytes.body) {
            prop_assert_eq!(other.encode().unwrap(), bytes);
        }
    }
}

#[test]
fn hostile_bytes_do_no_harm() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for seed in 0..5 {
        let node = node().new_tree(&mut runner).unwrap().current();
        let bytes = node.encode().unwrap();
        let taken = torment(&bytes.body, seed, |body| {
            let decoded = Node::decode(&bytes.links, body);
            decoded.is_ok_and(|other| other.encode().unwrap().body != body)
        });
        assert_eq!(taken.flipped + taken.short + taken.long, 0, "one form only");
    }
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let plain = crate::repository::sample::entry("a", Kind::Fifo, Content::default(), 0);
    for name in [&b".."[..], b".", b"a/b", b"a\0", b""] {
        let node = Node { entries: vec![NodeEntry { name: name.to_vec(), ..plain.clone() }] };
        let bytes = node.encode().unwrap();
        assert!(Node::decode(&bytes.links, &bytes.body).is_err(), "{name:?}");
    }
    let twice = Node { entries: vec![plain.clone(), plain] }.encode().unwrap();
    assert_eq!(Node::decode(&[], &twice.body), Err(DecodeError::Value("order of names")));
}

#[test]
fn a_count_of_links_must_fit() {
    let content = Content { ids: vec![ChunkId([1; 32]); 2], depth: 0 };
    let entry = crate::repository::sample::entry("a", Kind::File, content, 9);
    let bytes = Node { entries: vec![entry] }.encode().unwrap();
    assert_eq!(Node::decode(&bytes.links[..1], &bytes.body), Err(DecodeError::Short));
    let more = [bytes.links.clone(), vec![ChunkId([1; 32])]].concat();
    assert_eq!(Node::decode(&more, &bytes.body), Err(DecodeError::Trailing));
}

#[test]
fn limits_hold_when_writing_too() {
    let ids = vec![ChunkId([1; 32]); MAX_CONTENT_IDS as usize + 1];
    let entry = crate::repository::sample::entry("a", Kind::File, Content { ids, depth: 0 }, 9);
    assert!(Node { entries: vec![entry] }.encode().is_err());
}
