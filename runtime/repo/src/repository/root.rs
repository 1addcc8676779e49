//! Finding M: in a key generation, else at the end of a pack.

use mainstay_store::Store;

use super::open::{OpenError, OpenFault, OpenFaultKind};
use crate::format::DecodeError;
use crate::format::generation::SealedGeneration;
use crate::format::limits::MAX_WRAPPED_BYTES;
use crate::format::pack::{TRAILER_BYTES, Trailer};
use crate::id::FamilyId;
use crate::keys::{RootKey, UnwrapError, WrappedKey, unwrap_root};

/// How many packs are asked for M when no key generation gives it.
const MAX_RESCUE_PACKS: usize = 64;

/// M and its family: from a key generation, else from the end of a pack.
pub(super) fn find_root(
    store: &dyn Store,
    generations: &[SealedGeneration],
    faults: &[OpenFault],
    identities: &[age::x25519::Identity],
) -> Result<(RootKey, FamilyId), OpenError> {
    let mut reason = None;
    for generation in generations {
        match unwrap_root(&generation.root, identities) {
            Ok(root) => return Ok((root, generation.header.family)),
            Err(error) => reason = Some(error),
        }
    }
    for (family, wrapped) in roots_of_packs(store)? {
        match unwrap_root(&wrapped, identities) {
            Ok(root) => return Ok((root, family)),
            Err(error) => reason = reason.or(Some(error)),
        }
    }
    let place = store.place();
    let newer = |fault: &&OpenFault| matches!(fault.kind, OpenFaultKind::Damaged(DecodeError::Newer { .. }));
    match (reason, faults.iter().find(newer).or(faults.first())) {
        (Some(reason @ UnwrapError::NotForUs), _) => Err(OpenError::WrongKey { place, reason }),
        (_, Some(OpenFault { object, kind: OpenFaultKind::Damaged(source) })) => {
            let object = object.clone();
            match *source {
                source @ DecodeError::Newer { .. } => Err(OpenError::Newer { place, object, source }),
                source => Err(OpenError::Damaged { place, object, source }),
            }
        }
        (_, fault) => {
            let object = fault.map_or_else(|| "k/00000000".to_owned(), |fault| fault.object.clone());
            Err(OpenError::Damaged { place, object, source: DecodeError::Broken })
        }
    }
}

fn roots_of_packs(store: &dyn Store) -> Result<Vec<(FamilyId, WrappedKey)>, OpenError> {
    let packs = store.list('p')?;
    let roots = packs.iter().take(MAX_RESCUE_PACKS).filter_map(|pack| {
        let tail = TRAILER_BYTES as u64 + 4 * u64::from(MAX_WRAPPED_BYTES);
        let length = pack.size.min(tail);
        let end = store.read_range(&pack.name, pack.size - length, length).ok()?;
        let (before, trailer) = end.split_last_chunk::<TRAILER_BYTES>()?;
        let trailer = Trailer::decode(trailer).ok()?;
        let start = before.len().checked_sub(trailer.keys_length as usize)?;
        let (root, _) = trailer.keys(before.get(start..)?).ok()?;
        Some((trailer.family, root))
    });
    Ok(roots.collect())
}
