//! A share of all chunks, another one each turn.

use crate::id::ChunkId;

/// Shares are counted in millionths.
const MILLION: u64 = 1_000_000;

/// Whether a chunk belongs to the share of a turn. Chunk ids are evenly spread, so ids are laid around a circle of a
/// million steps, and each turn takes the stretch where the last one ended.
pub(super) fn is_in_share(id: &ChunkId, millionths: u32, turn: u64) -> bool {
    let share = u64::from(millionths).min(MILLION);
    let [a, b, c, d, e, f, g, h, ..] = id.0;
    let at = u64::from_le_bytes([a, b, c, d, e, f, g, h]) % MILLION;
    let start = (u128::from(turn) * u128::from(share) % u128::from(MILLION)) as u64;
    (at + MILLION - start) % MILLION < share
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_chunk_has_its_turn(id in any::<[u8; 32]>(), millionths in 1..1_000_000_u32, first in any::<u32>()) {
            let turns = MILLION.div_ceil(u64::from(millionths));
            let first = u64::from(first);
            let taken = (first..first + turns).filter(|turn| is_in_share(&ChunkId(id), millionths, *turn)).count();
            prop_assert!(taken == 1 || taken == 2, "{}", taken);
        }

        #[test]
        fn all_is_all_and_nothing_is_nothing(id in any::<[u8; 32]>(), turn in any::<u64>()) {
            prop_assert!(is_in_share(&ChunkId(id), 1_000_000, turn));
            prop_assert!(!is_in_share(&ChunkId(id), 0, turn));
        }
    }
}
