use super::*;
use crate::format::node::Content;
use crate::keys::RootKey;
use crate::repository::sample::entry;
use mainstay_world::tree::Kind;

struct Bench {
    sealer: Sealer,
    opener: Opener,
    keys: ChunkKeys,
}

fn bench() -> Bench {
    let root = RootKey::new([7; 32]);
    let (family, map, keys) = (FamilyId([1; 16]), root.map(), root.chunks());
    let sealer = Sealer { family, map: map.clone(), session: Key::new([8; 32]) };
    Bench { sealer, opener: Opener::new(family, map, Some(keys.clone())).unwrap(), keys }
}

#[test]
fn data_comes_back_raw_and_compressed() {
    let Bench { sealer, mut opener, keys } = bench();
    for content in [Vec::new(), b"x".to_vec(), vec![3; 300_000]] {
        let id = keys.id(BlobKind::Data, &content);
        let packed = zstd::bulk::compress(&content, 3).unwrap();
        let length = content.len() as u32;
        let (mut raw, mut out) = (Vec::new(), vec![9]);
        let shape = sealer.data(&id, Codec::Raw, length, &content, [1; 24], &mut raw);
        opener.data(&id, shape, &sealer.session, &raw, &mut out).unwrap();
        assert_eq!(out, content);
        let mut zipped = Vec::new();
        let shape = sealer.data(&id, Codec::Zstd, length, &packed, [2; 24], &mut zipped);
        opener.data(&id, shape, &sealer.session, &zipped, &mut out).unwrap();
        assert_eq!(out, content);
    }
}

#[test]
fn sealed_content_under_a_wrong_name_is_seen() {
    let Bench { sealer, mut opener, keys } = bench();
    let wrong = keys.id(BlobKind::Data, b"something else");
    let mut stored = Vec::new();
    let shape = sealer.data(&wrong, Codec::Raw, 4, b"this", [1; 24], &mut stored);
    let mut out = Vec::new();
    assert_eq!(opener.data(&wrong, shape, &sealer.session, &stored, &mut out), Err(BlobError::WrongId));
}

#[test]
fn a_bomb_inflates_no_further_than_it_says() {
    let Bench { sealer, mut opener, keys } = bench();
    let bomb = zstd::bulk::compress(&vec![0; 50_000_000], 3).unwrap();
    let id = keys.id(BlobKind::Data, &[0; 100]);
    for length in [100, MAX_RAW_BYTES + 1] {
        let mut stored = Vec::new();
        let shape = sealer.data(&id, Codec::Zstd, length, &bomb, [1; 24], &mut stored);
        let mut out = Vec::new();
        assert!(opener.data(&id, shape, &sealer.session, &stored, &mut out).is_err());
        assert!(out.capacity() < 1_000_000);
    }
}

#[test]
fn a_node_opens_in_two_steps() {
    let Bench { sealer, mut opener, keys } = bench();
    let ids = vec![keys.id(BlobKind::Data, b"1"), keys.id(BlobKind::Data, b"2")];
    let node = Node { entries: vec![entry("a", Kind::File, Content { ids, depth: 0 }, 2)] };
    let bytes = node.encode().unwrap();
    let id = node_id(&keys, &bytes);
    let mut stored = Vec::new();
    let shape = sealer.node(&id, &bytes, Codec::Raw, &bytes.body, [[1; 24], [2; 24]], &mut stored).unwrap();
    assert_eq!(opener.node_links(&id, shape, &stored).unwrap(), bytes.links);
    assert_eq!(opener.node(&id, shape, &sealer.session, &stored).unwrap(), node);
    assert!(opener.node(&id, shape, &Key::new([0; 32]), &stored).is_err());
    let mut out = Vec::new();
    assert_eq!(opener.data(&id, shape, &sealer.session, &stored, &mut out), Err(BlobError::Kind));
    for bit in 0..stored.len() * 8 {
        let mut changed = stored.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(opener.node(&id, shape, &sealer.session, &changed).is_err(), "{bit}");
    }
    for wrong in [Shape { links: 1, ..shape }, Shape { links: 3, ..shape }, Shape { raw_length: 1, ..shape }]
    {
        assert!(opener.node(&id, wrong, &sealer.session, &stored).is_err());
    }
}

#[test]
fn a_list_comes_back() {
    let Bench { sealer, mut opener, keys } = bench();
    let ids: Vec<_> = (0..100u8).map(|n| keys.id(BlobKind::Data, &[n])).collect();
    let id = list_id(&keys, &ids);
    let mut stored = Vec::new();
    let shape = sealer.list(&id, &ids, [1; 24], &mut stored).unwrap();
    assert_eq!(opener.list(&id, shape, &stored).unwrap(), ids);
    assert!(opener.list(&id, Shape { links: 99, ..shape }, &stored).is_err());
    assert!(sealer.list(&id, &vec![id; 5000], [1; 24], &mut stored).is_err());
}
