use mainstay_kit::SeededRandom;

use super::*;
use crate::format::blob::BlobKind;
use crate::format::hostile::{Taken, torment};
use crate::id::{ChunkId, Commitment};
use crate::keys::Key;

const FAMILY: FamilyId = FamilyId([1; 16]);

fn segment(entries: u32) -> Segment {
    let random = SeededRandom::new(3);
    let entry = |n: u32| SegmentEntry {
        pack: n % 2,
        blob: PackEntry {
            id: ChunkId(random.bytes(32).try_into().unwrap()),
            offset: n * 10,
            stored_length: 10,
            raw_length: 9,
            key: 0,
            codec: Codec::Raw,
            kind: BlobKind::Node,
            links: n as u16,
        },
    };
    Segment {
        domain: DomainId([2; 16]),
        packs: vec![
            SegmentPack { id: PackId([3; 32]), bytes: 77 },
            SegmentPack { id: PackId([4; 32]), bytes: 78 },
        ],
        keys: vec![WrappedKey { commitment: Commitment([5; 32]), bytes: vec![6; 50] }],
        entries: (0..entries).map(entry).collect(),
    }
}

fn read(bytes: &[u8], map: &MapKey) -> Result<Segment, DecodeError> {
    let reader = SegmentReader::open(bytes, &FAMILY, map)?;
    let mut entries = Vec::new();
    reader.entries(|entry| entries.push(entry))?;
    Ok(Segment { domain: reader.domain, packs: reader.packs, keys: reader.keys, entries })
}

#[test]
fn segments_come_back_sorted() {
    let map = Key::new([7; 32]);
    for count in [0, 1, 4096, 4097, 10_000] {
        let mut segment = segment(count);
        let bytes = segment.encode(&FAMILY, &map, &SeededRandom::new(1)).unwrap();
        assert!(segment.entries.is_sorted_by_key(|entry| entry.blob.id));
        assert_eq!(read(&bytes, &map), Ok(segment));
    }
}

#[test]
fn another_key_or_family_is_told_apart() {
    let map = Key::new([7; 32]);
    let bytes = segment(3).encode(&FAMILY, &map, &SeededRandom::new(1)).unwrap();
    assert_eq!(read(&bytes, &Key::new([8; 32])), Err(DecodeError::Broken));
    let foreign = SegmentReader::open(&bytes, &FamilyId([9; 16]), &map);
    assert_eq!(foreign.err(), Some(DecodeError::Foreign));
    let mut newer = bytes;
    newer[8] = 2;
    assert_eq!(read(&newer, &map), Err(DecodeError::Newer { found: 2, known: 1 }));
}

#[test]
fn frames_cannot_change_places() {
    let map = Key::new([7; 32]);
    let bytes = segment(3 * FRAME_ENTRIES as u32).encode(&FAMILY, &map, &SeededRandom::new(1)).unwrap();
    let frame = FRAME_ENTRIES * STORED_ENTRY_BYTES + SEAL_BYTES;
    let start = bytes.len() - 3 * frame;
    let mut swapped = bytes.clone();
    swapped[start..start + frame].copy_from_slice(&bytes[start + frame..start + 2 * frame]);
    assert_eq!(read(&swapped, &map), Err(DecodeError::Broken));
}

#[test]
fn hostile_segments_do_no_harm() {
    let map = Key::new([7; 32]);
    let bytes = segment(4).encode(&FAMILY, &map, &SeededRandom::new(1)).unwrap();
    let taken = torment(&bytes, 2, |changed| read(changed, &map).is_ok());
    assert_eq!(taken, Taken::NOTHING);
}

#[test]
fn a_pack_that_is_not_there_is_refused() {
    let map = Key::new([7; 32]);
    let mut segment = segment(1);
    segment.entries[0].pack = 2;
    let bytes = segment.encode(&FAMILY, &map, &SeededRandom::new(1)).unwrap();
    assert_eq!(read(&bytes, &map), Err(DecodeError::Value("pack or key of an entry")));
}
