//! The one cipher: XChaCha20-Poly1305 with a random nonce, and what is authenticated along with the content.
//!
//! Everything that is sealed is bound to its family, its kind, its codec, its length, its id and its key
//! (rule 3 of `spec/repository.md`), so that no sealed bytes can stand in for others. The cipher alone does
//! not commit to its key: the commitment stands beside each wrapped key and is compared when it is opened.
//!
//! XChaCha20-Poly1305 is a step from key and nonce to a subkey, and ChaCha20-Poly1305 under that. The step is
//! RustCrypto's, the rest ring's, which takes half the time (`spec/decisions`); the tests hold its bytes against
//! RustCrypto's own and against the published vector.

use chacha20::{R20, hchacha};
use mainstay_world::Random;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::format::blob::Codec;
use crate::id::FamilyId;
use crate::keys::Key;

/// Bytes of a nonce, which stands before the content.
pub const NONCE_BYTES: usize = 24;
/// Bytes of the tag, which stands after it.
pub const TAG_BYTES: usize = 16;
/// What a seal adds.
pub const SEAL_BYTES: usize = NONCE_BYTES + TAG_BYTES;

/// What kind of thing is sealed. The numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum SealKind {
    /// A chunk of data.
    Data = 0,
    /// The links of a node.
    NodeLinks = 1,
    /// The body of a node.
    NodeBody = 2,
    /// A list.
    List = 3,
    /// The table of a pack.
    PackTable = 16,
    /// Where a pack's table is.
    PackLocator = 17,
    /// The head of a segment.
    SegmentHead = 18,
    /// A frame of a segment's entries.
    SegmentFrame = 19,
    /// A slot.
    Slot = 20,
    /// The inner part of a key generation.
    Generation = 21,
    /// The private half of a manifest.
    ManifestPrivate = 23,
    /// The stat cache, which is kept outside the store.
    StatCache = 24,
}

/// What is authenticated along with sealed content.
#[derive(Debug, Clone, Copy)]
pub struct Binding<'a> {
    /// Whose ciphertext it is.
    pub family: &'a FamilyId,
    /// What it is.
    pub kind: SealKind,
    /// How it was compressed.
    pub codec: Codec,
    /// Its length before compression, in bytes.
    pub raw_length: u32,
    /// The id of a blob; for all else a hash of its place.
    pub id: &'a [u8; 32],
}

/// The seal does not hold: the bytes were changed, moved, or sealed under another key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the seal does not hold")]
pub struct BrokenSeal;

const BINDING_BYTES: usize = 16 + 1 + 1 + 4 + 32 + 32;

impl Binding<'_> {
    fn bytes(&self, key: &Key) -> [u8; BINDING_BYTES] {
        let mut bytes = [0u8; BINDING_BYTES];
        let small = [self.kind as u8, self.codec.number()];
        let length = self.raw_length.to_le_bytes();
        let parts = (self.family.0.iter())
            .chain(&small)
            .chain(&length)
            .chain(self.id)
            .chain(&key.commitment().0)
            .copied();
        bytes.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
        bytes
    }
}

/// A fresh nonce.
pub fn nonce(random: &dyn Random) -> [u8; NONCE_BYTES] {
    let mut nonce = [0u8; NONCE_BYTES];
    random.fill(&mut nonce);
    nonce
}

/// Seals content and appends nonce, ciphertext and tag to `out`: [`SEAL_BYTES`] more than the content.
pub fn seal(key: &Key, binding: &Binding<'_>, nonce: [u8; NONCE_BYTES], content: &[u8], out: &mut Vec<u8>) {
    out.reserve(content.len() + SEAL_BYTES);
    out.extend_from_slice(&nonce);
    let start = out.len();
    out.extend_from_slice(content);
    let sealed = bulk(key, &nonce).and_then(|(cipher, nonce)| {
        let bytes = out.get_mut(start..).unwrap_or_default();
        cipher.seal_in_place_separate_tag(nonce, Aad::from(binding.bytes(key)), bytes).ok()
    });
    match sealed {
        Some(tag) => out.extend_from_slice(tag.as_ref()),
        // Only content beyond 256 GiB is refused; without ciphertext and tag nothing is given away or opened.
        None => out.truncate(start),
    }
}

/// Opens what [`seal`] made and appends the content to `out`; leaves `out` as it was when the seal is broken.
///
/// # Errors
/// [`BrokenSeal`] if anything of it is not as it was sealed.
pub fn open(key: &Key, binding: &Binding<'_>, sealed: &[u8], out: &mut Vec<u8>) -> Result<(), BrokenSeal> {
    let (nonce, rest) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(BrokenSeal)?;
    let length = rest.len().checked_sub(TAG_BYTES).ok_or(BrokenSeal)?;
    let (cipher, nonce) = bulk(key, nonce).ok_or(BrokenSeal)?;
    let start = out.len();
    out.extend_from_slice(rest);
    let bytes = out.get_mut(start..).unwrap_or_default();
    let opened = cipher.open_in_place(nonce, Aad::from(binding.bytes(key)), bytes).is_ok();
    out.truncate(if opened { start + length } else { start });
    if opened { Ok(()) } else { Err(BrokenSeal) }
}

/// The subkey and the rest of the nonce, as draft-irtf-cfrg-xchacha-03 has it.
fn bulk(key: &Key, nonce: &[u8; NONCE_BYTES]) -> Option<(LessSafeKey, Nonce)> {
    let (first, last) = nonce.split_first_chunk::<16>()?;
    let subkey = Zeroizing::new(<[u8; 32]>::from(hchacha::<R20>(key.secret().into(), first.into())));
    let cipher = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, subkey.as_slice()).ok()?);
    let mut rest = [0u8; 12];
    rest.iter_mut().skip(4).zip(last).for_each(|(to, from)| *to = *from);
    Some((cipher, Nonce::assume_unique_for_key(rest)))
}

#[cfg(test)]
mod tests;
