//! The private half of a manifest.

use mainstay_world::tree::FaultKind;

use super::super::blob::Codec;
use super::super::bytes::{DecodeError, Reader, TooLarge, Writer, length32};
use super::super::limits::*;
use super::super::node::NodeEntry;
use super::{FaultRecord, Private, SealedPrivate, VERSION, check_version};
use crate::crypt::{Binding, NONCE_BYTES, SEAL_BYTES, SealKind, open, seal};
use crate::id::FamilyId;
use crate::keys::{Key, SessionKey, WrappedKey};

pub(super) const FAULT_KINDS: [FaultKind; 6] = [
    FaultKind::Unreadable,
    FaultKind::Vanished,
    FaultKind::Changed,
    FaultKind::Swapped,
    FaultKind::Broken,
    FaultKind::Producer,
];

impl Private {
    /// As bytes, before its seal.
    ///
    /// # Errors
    /// [`TooLarge`] if a limit of the format is exceeded.
    pub fn encode(&self) -> Result<Vec<u8>, TooLarge> {
        let mut to = Writer::new();
        to.u8(VERSION);
        for text in [&self.policy, &self.source, &self.host, &self.workflow, &self.step] {
            encode_text(text, &mut to);
        }
        to.list(&self.roots, MAX_MANIFEST_ITEMS, "roots", |to, root| {
            to.blob(root, MAX_PATH_BYTES, "bytes of a path");
        });
        to.raw(&self.policy_hash);
        to.list(&self.tags, MAX_MANIFEST_ITEMS, "tags", |to, tag| encode_text(tag, to));
        self.top.encode(&mut to);
        to.list(&self.faults, MAX_FAULTS, "faults", |to, fault| fault.encode(to));
        to.finish()
    }

    /// From bytes.
    ///
    /// # Errors
    /// [`DecodeError`] if they mean nothing.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut from = Reader::new(bytes);
        check_version(from.u8()?)?;
        let private = Self {
            policy: decode_text(&mut from)?,
            source: decode_text(&mut from)?,
            host: decode_text(&mut from)?,
            workflow: decode_text(&mut from)?,
            step: decode_text(&mut from)?,
            roots: from.list(MAX_MANIFEST_ITEMS, "roots", |from| {
                Ok(from.blob(MAX_PATH_BYTES, "bytes of a path")?.to_vec())
            })?,
            policy_hash: from.array()?,
            tags: from.list(MAX_MANIFEST_ITEMS, "tags", decode_text)?,
            top: NodeEntry::decode(&mut from, &mut std::iter::empty())?,
            faults: from.list(MAX_FAULTS, "faults", FaultRecord::decode)?,
        };
        from.finish()?;
        Ok(private)
    }
}

fn encode_text(text: &str, to: &mut Writer) {
    to.blob(text.as_bytes(), MAX_TEXT_BYTES, "bytes of a text");
}

fn decode_text(from: &mut Reader<'_>) -> Result<String, DecodeError> {
    from.text(MAX_TEXT_BYTES, "a text")
}

impl FaultRecord {
    fn encode(&self, to: &mut Writer) {
        to.blob(&self.path, MAX_PATH_BYTES, "bytes of a path");
        to.u8(FAULT_KINDS.iter().position(|kind| *kind == self.kind).unwrap_or(FAULT_KINDS.len()) as u8);
        encode_text(&self.message, to);
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let path = from.blob(MAX_PATH_BYTES, "bytes of a path")?.to_vec();
        let number = usize::from(from.u8()?);
        let kind = FAULT_KINDS.get(number).copied().ok_or(DecodeError::Value("kind of a fault"))?;
        Ok(Self { path, kind, message: decode_text(from)? })
    }
}

impl SealedPrivate {
    /// Seals a private half.
    ///
    /// # Errors
    /// [`TooLarge`] if a limit of the format is exceeded.
    pub fn seal(
        private: &Private,
        family: &FamilyId,
        session: &SessionKey,
        binding: [u8; 32],
        nonce: [u8; NONCE_BYTES],
    ) -> Result<Self, TooLarge> {
        let raw = private.encode()?;
        let raw_length = length32(raw.len(), MAX_RAW_BYTES, "bytes of a manifest")?;
        let mut bytes = Vec::new();
        seal(&session.key, &private_binding(family, raw_length, &binding), nonce, &raw, &mut bytes);
        Ok(Self { binding, raw_length, bytes, key: session.wrapped.clone() })
    }

    /// Opens it.
    ///
    /// # Errors
    /// [`DecodeError`] if it is damaged or sealed under another key.
    pub fn open(&self, family: &FamilyId, key: &Key) -> Result<Private, DecodeError> {
        let mut raw = Vec::new();
        open(key, &private_binding(family, self.raw_length, &self.binding), &self.bytes, &mut raw)?;
        Private::decode(&raw)
    }

    pub(super) fn encode(&self, to: &mut Writer) {
        to.raw(&self.binding).u32(self.raw_length);
        to.blob(&self.bytes, MAX_RAW_BYTES + SEAL_BYTES as u32, "bytes of a manifest");
        self.key.encode(to);
    }

    pub(super) fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            binding: from.array()?,
            raw_length: from.u32()?,
            bytes: from.blob(MAX_RAW_BYTES + SEAL_BYTES as u32, "bytes of a manifest")?.to_vec(),
            key: WrappedKey::decode(from)?,
        })
    }
}

fn private_binding<'a>(family: &'a FamilyId, raw_length: u32, id: &'a [u8; 32]) -> Binding<'a> {
    Binding { family, kind: SealKind::ManifestPrivate, codec: Codec::Raw, raw_length, id }
}
