use mainstay_kit::SeededRandom;

use super::*;
use crate::format::hostile::{Taken, torment};
use crate::keys::Key;

const FAMILY: FamilyId = FamilyId([1; 16]);

fn end(blobs: u32) -> PackEnd {
    let wrapped = |seed: u8| WrappedKey { commitment: Commitment([seed; 32]), bytes: vec![seed; 200] };
    let entry = |n: u32| PackEntry {
        id: ChunkId([n as u8; 32]),
        offset: n * 100,
        stored_length: 100,
        raw_length: 60,
        key: 0,
        codec: Codec::Zstd,
        kind: BlobKind::Data,
        links: 0,
    };
    PackEnd { entries: (0..blobs).map(entry).collect(), keys: vec![wrapped(2)], root: wrapped(3) }
}

fn closed(blobs: u32) -> Vec<u8> {
    let mut pack = vec![5; blobs as usize * 100];
    end(blobs).append(&mut pack, &FAMILY, &Key::new([4; 32]), &SeededRandom::new(1)).unwrap();
    pack
}

/// From the end alone, as a rebuild of the index does it.
fn read(pack: &[u8], family: &FamilyId, map: &MapKey) -> Result<PackEnd, DecodeError> {
    let (rest, last) = pack.split_last_chunk::<TRAILER_BYTES>().ok_or(DecodeError::Short)?;
    let trailer = Trailer::decode(last)?;
    let split = |bytes: &'_ [u8], length: usize| bytes.len().checked_sub(length).ok_or(DecodeError::Short);
    let (rest, keys) = rest.split_at(split(rest, trailer.keys_length as usize)?);
    let (root, wrapped) = trailer.keys(keys)?;
    let (rest, locator) = rest.split_at(split(rest, LOCATOR_BYTES)?);
    let length = table_length(locator, keys, family, map)?;
    let (_, table) = rest.split_at(split(rest, length as usize)?);
    Ok(PackEnd { entries: open_table(table, keys, family, map)?, keys: wrapped, root })
}

#[test]
fn the_index_comes_back_from_the_end() {
    let map = Key::new([4; 32]);
    for blobs in [0, 1, 7, 5000] {
        assert_eq!(read(&closed(blobs), &FAMILY, &map), Ok(end(blobs)));
    }
    assert_eq!(read(&closed(3), &FAMILY, &Key::new([5; 32])), Err(DecodeError::Broken));
    assert_eq!(read(&closed(3), &FamilyId([2; 16]), &map), Err(DecodeError::Broken));
}

#[test]
fn sizes_are_coarse() {
    for blobs in [0, 1, 7, 5000] {
        let length = closed(blobs).len();
        let grain = (1 << length.ilog2() >> 6).max(MIN_GRAIN_BYTES);
        assert_eq!(length % grain, 0);
    }
    assert_eq!(closed(20).len(), closed(21).len());
}

#[test]
fn padding_and_seals_look_alike() {
    let pack = closed(40);
    let clear_end = TRAILER_BYTES + 2 * (32 + 2 + 200) + 1;
    let noise = &pack[4000..pack.len() - clear_end];
    let zeros = noise.iter().filter(|byte| **byte == 0).count();
    assert!(zeros < noise.len() / 64, "{zeros} of {}", noise.len());
}

#[test]
fn hostile_ends_do_no_harm() {
    let pack = closed(3);
    let map = Key::new([4; 32]);
    let sealed_end = 3 * ENTRY_BYTES + SEAL_BYTES + LOCATOR_BYTES + TRAILER_BYTES + 2 * (32 + 2 + 200) + 1;
    let (padding, end) = pack.split_at(pack.len() - sealed_end);
    let taken = torment(end, 1, |end| read(&[padding, end].concat(), &FAMILY, &map).is_ok());
    assert_eq!(taken, Taken::NOTHING);
}
