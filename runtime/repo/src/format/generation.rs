//! Key generations, `k/<n>`: to whom keys are wrapped, what is revoked, how content is cut.
//!
//! ```text
//! magic, number, header, owner's public key, M wrapped (clear) | the rest (K_map) | signature
//! ```
//! The clear part is what is needed to get at M with nothing but an identity.

use mainstay_world::TimestampMs;

use super::blob::Codec;
use super::bytes::{DecodeError, Reader, TooLarge, Writer, length32};
use super::header::Header;
use super::limits::*;
use super::manifest::Chunker;
use super::pack::SUITE;
use crate::crypt::{Binding, NONCE_BYTES, SEAL_BYTES, SealKind, open, seal};
use crate::keys::{MapKey, Signer, WrappedKey, verify};

const MAGIC: &[u8; 8] = b"MSTKEYS\0";
const VERSION: u8 = 1;
const SIGNATURE_BYTES: usize = 64;
/// Bytes of a header with its checksum.
const HEADER_BYTES: usize = 82;

/// Somebody who can open everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// An age recipient, `age1…`.
    pub age: String,
    /// For people; may be empty.
    pub label: String,
}

/// A key generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    /// Dense from 0.
    pub number: u32,
    /// As in `format`.
    pub header: Header,
    /// Of the owner, whose seed comes from M.
    pub owner: [u8; 32],
    /// M, wrapped to the recipients.
    pub root: WrappedKey,
    /// What only holders of K_map see.
    pub inner: Inner,
}

/// The sealed part of a generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inner {
    /// When it was made.
    pub created: TimestampMs,
    /// To whom every new key is wrapped.
    pub recipients: Vec<Recipient>,
    /// Public keys whose certificates are no longer taken.
    pub revoked: Vec<[u8; 32]>,
    /// For new snapshots.
    pub chunker: Chunker,
    /// What the store was found to do, a bit each: [`EXCLUSIVE_CREATE`].
    pub capabilities: u32,
}

/// Of many that create one name, exactly one was told that it did.
pub const EXCLUSIVE_CREATE: u32 = 1;

/// A generation of which only the clear part was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedGeneration {
    /// Dense from 0.
    pub number: u32,
    /// As in `format`.
    pub header: Header,
    /// Of the owner.
    pub owner: [u8; 32],
    /// M, wrapped.
    pub root: WrappedKey,
    sealed: Vec<u8>,
    raw_length: u32,
}

impl Generation {
    /// As stored, signed by the owner.
    ///
    /// # Errors
    /// [`TooLarge`] if a limit of the format is exceeded.
    pub fn encode(
        &self,
        map: &MapKey,
        nonce: [u8; NONCE_BYTES],
        owner: &Signer,
    ) -> Result<Vec<u8>, TooLarge> {
        let raw = self.inner.encode()?;
        let raw_length = length32(raw.len(), MAX_GENERATION_BYTES as u32, "bytes of a generation")?;
        let mut out = Writer::new();
        out.raw(MAGIC).u8(VERSION).u8(SUITE).u16(0).u32(self.number);
        out.raw(&self.header.encode()).raw(&self.owner);
        self.root.encode(&mut out);
        out.u32(raw_length);
        let mut out = out.finish()?;
        seal(map, &binding(&self.header, raw_length, &place_of(self.number)), nonce, &raw, &mut out);
        let signature = owner.sign(&message(&out));
        out.extend_from_slice(&signature);
        Ok(out)
    }
}

impl SealedGeneration {
    /// Reads the clear part and judges the signature by the owner's key that stands in it. Who opened M, or
    /// has pinned the owner's key, must compare.
    ///
    /// # Errors
    /// [`DecodeError`] if it is damaged or newer.
    pub fn decode(number: u32, stored: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(stored);
        if &reader.array::<8>()? != MAGIC {
            return Err(DecodeError::Magic("key generation"));
        }
        let (version, suite, _reserved) = (reader.u8()?, reader.u8()?, reader.u16()?);
        if (version, suite) != (VERSION, SUITE) {
            return Err(DecodeError::Newer { found: version.max(suite).into(), known: VERSION.into() });
        }
        if reader.u32()? != number {
            return Err(DecodeError::Value("number of a generation"));
        }
        let header = Header::decode(reader.take(HEADER_BYTES)?)?;
        let owner = reader.array()?;
        let root = WrappedKey::decode(&mut reader)?;
        let raw_length = reader.u32()?;
        if u64::from(raw_length) > MAX_GENERATION_BYTES {
            return Err(DecodeError::Limit("bytes of a generation"));
        }
        let sealed = reader.take(raw_length as usize + SEAL_BYTES)?.to_vec();
        let signature = reader.array()?;
        reader.finish()?;
        let before = stored.len().saturating_sub(SIGNATURE_BYTES);
        if !verify(&owner, &message(stored.get(..before).unwrap_or_default()), &signature) {
            return Err(DecodeError::Broken);
        }
        Ok(Self { number, header, owner, root, sealed, raw_length })
    }

    /// Opens the rest.
    ///
    /// # Errors
    /// [`DecodeError`] if K_map is another one, or what is inside means nothing.
    pub fn open(self, map: &MapKey) -> Result<Generation, DecodeError> {
        let mut raw = Vec::new();
        let place = place_of(self.number);
        open(map, &binding(&self.header, self.raw_length, &place), &self.sealed, &mut raw)?;
        let inner = Inner::decode(&raw)?;
        let Self { number, header, owner, root, .. } = self;
        Ok(Generation { number, header, owner, root, inner })
    }
}

impl Inner {
    fn encode(&self) -> Result<Vec<u8>, TooLarge> {
        let mut to = Writer::new();
        to.u8(VERSION).i64(self.created.0);
        to.list(&self.recipients, MAX_RECIPIENTS, "recipients", |to, recipient| {
            to.blob(recipient.age.as_bytes(), MAX_TEXT_BYTES, "bytes of a recipient");
            to.blob(recipient.label.as_bytes(), MAX_TEXT_BYTES, "bytes of a label");
        });
        to.list(&self.revoked, MAX_REVOKED, "revoked certificates", |to, key| {
            to.raw(key);
        });
        self.chunker.encode(&mut to);
        to.u32(self.capabilities);
        to.finish()
    }

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut from = Reader::new(bytes);
        let version = from.u8()?;
        if version != VERSION {
            return Err(DecodeError::Newer { found: version.into(), known: VERSION.into() });
        }
        let inner = Self {
            created: TimestampMs(from.i64()?),
            recipients: from.list(MAX_RECIPIENTS, "recipients", |from| {
                Ok(Recipient {
                    age: from.text(MAX_TEXT_BYTES, "a recipient")?,
                    label: from.text(MAX_TEXT_BYTES, "a label")?,
                })
            })?,
            revoked: from.list(MAX_REVOKED, "revoked certificates", Reader::array)?,
            chunker: Chunker::decode(&mut from)?,
            capabilities: from.u32()?,
        };
        from.finish()?;
        Ok(inner)
    }
}

fn message(bytes: &[u8]) -> Vec<u8> {
    let mut message = b"mainstay key generation 1\0".to_vec();
    message.extend_from_slice(blake3::hash(bytes).as_bytes());
    message
}

fn place_of(number: u32) -> [u8; 32] {
    blake3::derive_key("mainstay 2026 place of a generation", &number.to_le_bytes())
}

fn binding<'a>(header: &'a Header, raw_length: u32, id: &'a [u8; 32]) -> Binding<'a> {
    Binding { family: &header.family, kind: SealKind::Generation, codec: Codec::Raw, raw_length, id }
}
