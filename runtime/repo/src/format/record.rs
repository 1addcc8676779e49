//! The content of slots: sealed under K_map, bound to their names, and signed where they publish or maintain.
//!
//! ```text
//! head, 32 bytes (clear) | record (K_map) | certificate | signature
//! ```
//! The signature is over all before it and the slot's name, so that who holds only the owner's public key can
//! check it without seeing what the record says.

use super::blob::Codec;
mod codec;

use super::bytes::{DecodeError, Reader, TooLarge, Writer, length32};
use super::limits::*;
use super::pack::SUITE;
use super::slot::*;
use crate::crypt::{Binding, NONCE_BYTES, SEAL_BYTES, SealKind, open, seal};
use crate::id::{DomainId, FamilyId, SourceId};
use crate::keys::{Certificate, MapKey, Role, Signer, Trust};

use codec::{decode_text, encode_text};

const MAGIC: &[u8; 8] = b"MSTSLOT\0";
const VERSION: u8 = 1;
const SIGNATURE_BYTES: usize = 64;

/// What a slot says.
#[expect(clippy::large_enum_variant, reason = "almost every slot that is kept is an outcome")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// In `s/`.
    Intent(Intent),
    /// In `c/`.
    Outcome(Outcome),
    /// In `g/`.
    Log(LogRecord),
    /// In `f/`.
    Forget(ForgetRecord),
    /// In `h/`.
    Hold(HoldRecord),
    /// In `q/`.
    Quarantine(QuarantineRecord),
}

/// Why a record that should be signed means nothing. It keeps its place and is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Distrust {
    /// No signature.
    #[error("it is not signed")]
    Unsigned,
    /// The signature does not hold.
    #[error("its signature does not hold")]
    Signature,
    /// The certificate is not the owner's word.
    #[error("its certificate was not issued by the owner")]
    Issuer,
    /// The certificate allows something else.
    #[error("its certificate does not allow this")]
    Role,
    /// What it says is about another session, source or domain than it may speak of.
    #[error("it speaks of what is not its own")]
    Scope,
}

/// A slot that was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedSlot {
    /// What it says.
    pub record: Record,
    /// Who says it; for intents and for the end of a session nobody has to.
    pub signer: Result<Certificate, Distrust>,
}

/// Makes a slot's bytes. What publishes or maintains is signed.
///
/// # Errors
/// [`TooLarge`] if a limit of the format is exceeded.
pub fn seal_slot(
    name: &SlotName,
    record: &Record,
    family: &FamilyId,
    map: &MapKey,
    nonce: [u8; NONCE_BYTES],
    signer: &Signer,
) -> Result<Vec<u8>, TooLarge> {
    let mut raw = Writer::new();
    record.encode(&mut raw);
    let raw = raw.finish()?;
    let raw_length = length32(raw.len(), MAX_SLOT_BYTES as u32, "bytes of a slot")?;
    let place = place_of(name);
    let signed = record.is_signed();
    let mut out = MAGIC.to_vec();
    out.extend_from_slice(&[VERSION, SUITE, u8::from(signed), 0]);
    out.extend_from_slice(&raw_length.to_le_bytes());
    out.extend_from_slice(&family.0);
    seal(map, &binding(family, raw_length, &place), nonce, &raw, &mut out);
    if signed {
        let mut certificate = Writer::new();
        encode_certificate(signer.certificate(), &mut certificate);
        out.extend_from_slice(&certificate.finish()?);
        let signature = signer.sign(&message(name, &out));
        out.extend_from_slice(&signature);
    }
    Ok(out)
}

/// Opens a slot and judges its signature.
///
/// # Errors
/// [`DecodeError`] if it is damaged, foreign, newer, or another slot's bytes.
pub fn open_slot(
    name: &SlotName,
    stored: &[u8],
    map: &MapKey,
    trust: &Trust,
) -> Result<OpenedSlot, DecodeError> {
    let family = &trust.family;
    let mut reader = Reader::new(stored);
    let (signed, raw_length) = check_head(&mut reader, family)?;
    let sealed = reader.take(raw_length as usize + SEAL_BYTES)?;
    let place = place_of(name);
    let mut raw = Vec::new();
    open(map, &binding(family, raw_length, &place), sealed, &mut raw)?;
    let record = Record::decode(name, &raw)?;
    let signer = match signed {
        false => Err(Distrust::Unsigned),
        true => judge(name, stored, &mut reader, trust)?,
    };
    reader.finish()?;
    let signer = signer.and_then(|certificate| match record.is_allowed(name, &certificate) {
        Ok(()) => Ok(certificate),
        Err(distrust) => Err(distrust),
    });
    Ok(OpenedSlot { record, signer })
}

fn check_head(reader: &mut Reader<'_>, family: &FamilyId) -> Result<(bool, u32), DecodeError> {
    if &reader.array::<8>()? != MAGIC {
        return Err(DecodeError::Magic("slot"));
    }
    let (version, suite) = (reader.u8()?, reader.u8()?);
    if (version, suite) != (VERSION, SUITE) {
        return Err(DecodeError::Newer { found: version.max(suite).into(), known: VERSION.into() });
    }
    let signed = reader.flag("signed")?;
    if reader.u8()? != 0 {
        return Err(DecodeError::Value("reserved byte"));
    }
    let raw_length = reader.u32()?;
    if u64::from(raw_length) > MAX_SLOT_BYTES {
        return Err(DecodeError::Limit("bytes of a slot"));
    }
    if &reader.array::<16>()? != family.as_bytes() {
        return Err(DecodeError::Foreign);
    }
    Ok((signed, raw_length))
}

fn judge(
    name: &SlotName,
    stored: &[u8],
    reader: &mut Reader<'_>,
    trust: &Trust,
) -> Result<Result<Certificate, Distrust>, DecodeError> {
    let certificate = decode_certificate(reader)?;
    let signature = reader.array::<SIGNATURE_BYTES>()?;
    let before = stored.len().saturating_sub(SIGNATURE_BYTES);
    let message = message(name, stored.get(..before).unwrap_or_default());
    Ok(if !trust.believes(&certificate) {
        Err(Distrust::Issuer)
    } else if !certificate.signed(&message, &signature) {
        Err(Distrust::Signature)
    } else {
        Ok(certificate)
    })
}

fn message(name: &SlotName, bytes: &[u8]) -> Vec<u8> {
    let mut message = format!("mainstay slot 1\0{name}\0").into_bytes();
    message.extend_from_slice(blake3::hash(bytes).as_bytes());
    message
}

fn place_of(name: &SlotName) -> [u8; 32] {
    *blake3::hash(name.to_string().as_bytes()).as_bytes()
}

fn binding<'a>(family: &'a FamilyId, raw_length: u32, id: &'a [u8; 32]) -> Binding<'a> {
    Binding { family, kind: SealKind::Slot, codec: Codec::Raw, raw_length, id }
}

pub(crate) fn encode_certificate(certificate: &Certificate, to: &mut Writer) {
    to.raw(&certificate.public_key).u8(certificate.role.number()).raw(&certificate.domain.0);
    to.list(&certificate.sources, MAX_CERTIFICATE_SOURCES, "sources of a certificate", |to, source| {
        to.raw(&source.0);
    });
    to.raw(&certificate.signature);
}

pub(crate) fn decode_certificate(from: &mut Reader<'_>) -> Result<Certificate, DecodeError> {
    Ok(Certificate {
        public_key: from.array()?,
        role: Role::from_number(from.u8()?).ok_or(DecodeError::Value("role"))?,
        domain: DomainId(from.array()?),
        sources: from
            .list(MAX_CERTIFICATE_SOURCES, "sources of a certificate", |from| Ok(SourceId(from.array()?)))?,
        signature: from.array()?,
    })
}

impl Record {
    /// Whether it needs a signature to mean anything.
    pub fn is_signed(&self) -> bool {
        match self {
            Self::Intent(_) => false,
            Self::Outcome(outcome) => outcome.commit().is_some(),
            Self::Log(_) | Self::Forget(_) | Self::Hold(_) | Self::Quarantine(_) => true,
        }
    }

    fn is_allowed(&self, name: &SlotName, certificate: &Certificate) -> Result<(), Distrust> {
        let role = certificate.role;
        match self {
            Self::Intent(_) => Ok(()),
            Self::Outcome(outcome) => outcome.commit().map_or(Ok(()), |c| c.is_allowed(name, certificate)),
            Self::Log(LogRecord::Void(_)) if role != Role::Full => Err(Distrust::Role),
            _ if role.maintains() => Ok(()),
            _ => Err(Distrust::Role),
        }
    }

    fn encode(&self, to: &mut Writer) {
        match self {
            Self::Intent(intent) => intent.encode(to),
            Self::Outcome(outcome) => outcome.encode(to),
            Self::Log(record) => record.encode(to),
            Self::Forget(record) => encode_text(&record.reason, to.u8(0)),
            Self::Hold(record) => record.encode(to),
            Self::Quarantine(record) => encode_text(&record.reason, to.u8(0)),
        }
    }

    /// A kind that is unknown is no damage: it is kept as such, and its content is not looked at.
    fn decode(name: &SlotName, raw: &[u8]) -> Result<Self, DecodeError> {
        let mut from = Reader::new(raw);
        let kind = from.u8()?;
        let record = match name {
            SlotName::Intent(_) => Self::Intent(Intent::decode(kind, &mut from)?),
            SlotName::Outcome(..) => Self::Outcome(Outcome::decode(kind, &mut from)?),
            SlotName::Log(_) => Self::Log(LogRecord::decode(kind, &mut from)?),
            SlotName::Forgotten(_) => Self::Forget(ForgetRecord { reason: decode_text(kind, &mut from)? }),
            SlotName::Hold(..) => Self::Hold(HoldRecord::decode(kind, &mut from)?),
            SlotName::Quarantine(_) => {
                Self::Quarantine(QuarantineRecord { reason: decode_text(kind, &mut from)? })
            }
        };
        from.finish()?;
        Ok(record)
    }
}

#[cfg(test)]
mod tests;
