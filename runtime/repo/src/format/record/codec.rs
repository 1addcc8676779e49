//! The records themselves, as bytes before their seal.

use super::super::bytes::{DecodeError, Reader, Writer};
use super::super::limits::*;
use super::super::manifest::Manifest;
use super::super::slot::*;
use super::Distrust;
use crate::id::{PackId, SegmentId, SessionId};
use crate::keys::Certificate;

impl Intent {
    pub(super) fn encode(&self, to: &mut Writer) {
        match self {
            Self::Write => drop(to.u8(0)),
            Self::Read(snapshots) => {
                to.u8(1).list(snapshots, MAX_SLOT_NAMES, "snapshots", |to, id| {
                    to.raw(&id.0);
                });
            }
        }
    }

    pub(super) fn decode(kind: u8, from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match kind {
            0 => Ok(Self::Write),
            1 => {
                let id = |from: &mut Reader<'_>| Ok(SessionId(from.array()?));
                Ok(Self::Read(from.list(MAX_SLOT_NAMES, "snapshots", id)?))
            }
            _ => Err(DecodeError::Newer { found: kind.into(), known: 1 }),
        }
    }
}

impl Outcome {
    /// The snapshot that it publishes.
    pub fn commit(&self) -> Option<&Commit> {
        match self {
            Self::Partial(commit) | Self::Final(commit) => Some(commit),
            _ => None,
        }
    }

    /// Whether nothing can follow it.
    pub fn decides(&self) -> bool {
        matches!(self, Self::Final(_) | Self::Aborted | Self::Closed)
    }

    pub(super) fn encode(&self, to: &mut Writer) {
        match self {
            Self::Partial(commit) => commit.encode(to.u8(0)),
            Self::Alive => drop(to.u8(1)),
            Self::Final(commit) => commit.encode(to.u8(2)),
            Self::Aborted => drop(to.u8(3)),
            Self::Closed => drop(to.u8(4)),
            Self::Unknown(kind) => drop(to.u8(*kind)),
        }
    }

    pub(super) fn decode(kind: u8, from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match kind {
            0 => Self::Partial(Commit::decode(from)?),
            1 => Self::Alive,
            2 => Self::Final(Commit::decode(from)?),
            3 => Self::Aborted,
            4 => Self::Closed,
            _ => {
                from.rest();
                Self::Unknown(kind)
            }
        })
    }
}

impl Commit {
    pub(super) fn is_allowed(&self, name: &SlotName, certificate: &Certificate) -> Result<(), Distrust> {
        let public = &self.manifest.public;
        if !certificate.role.publishes() {
            return Err(Distrust::Role);
        }
        let own_session = matches!(name, SlotName::Outcome(session, _) if *session == public.snapshot);
        let in_scope =
            own_session && certificate.covers(&public.source) && public.domain == certificate.domain;
        if in_scope { Ok(()) } else { Err(Distrust::Scope) }
    }

    pub(super) fn encode(&self, to: &mut Writer) {
        encode_segments(&self.segments, to);
        self.manifest.encode(to);
    }

    pub(super) fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { segments: decode_segments(from)?, manifest: Manifest::decode(from)? })
    }
}

impl LogRecord {
    pub(super) fn encode(&self, to: &mut Writer) {
        match self {
            Self::Condemn(packs) => encode_packs(packs, to.u8(0)),
            Self::Verdict { condemn, delete } => encode_packs(delete, to.u8(1).u64(*condemn)),
            Self::Merge { outputs, inputs } => {
                encode_segments(outputs, to.u8(2));
                encode_segments(inputs, to);
            }
            Self::Void(slot) => encode_text(slot, to.u8(3)),
            Self::Unknown(kind) => drop(to.u8(*kind)),
        }
    }

    pub(super) fn decode(kind: u8, from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match kind {
            0 => Self::Condemn(decode_packs(from)?),
            1 => Self::Verdict { condemn: from.u64()?, delete: decode_packs(from)? },
            2 => Self::Merge { outputs: decode_segments(from)?, inputs: decode_segments(from)? },
            3 => Self::Void(from.text(MAX_TEXT_BYTES, "a text")?),
            _ => {
                from.rest();
                Self::Unknown(kind)
            }
        })
    }
}

impl HoldRecord {
    pub(super) fn encode(&self, to: &mut Writer) {
        match self {
            Self::Hold { case, owner } => {
                encode_text(case, to.u8(0));
                encode_text(owner, to);
            }
            Self::Release => drop(to.u8(1)),
            Self::Unknown(kind) => drop(to.u8(*kind)),
        }
    }

    pub(super) fn decode(kind: u8, from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match kind {
            0 => Self::Hold {
                case: from.text(MAX_TEXT_BYTES, "a text")?,
                owner: from.text(MAX_TEXT_BYTES, "a text")?,
            },
            1 => Self::Release,
            _ => {
                from.rest();
                Self::Unknown(kind)
            }
        })
    }
}

pub(super) fn encode_text(text: &str, to: &mut Writer) {
    to.blob(text.as_bytes(), MAX_TEXT_BYTES, "bytes of a text");
}

pub(super) fn decode_text(kind: u8, from: &mut Reader<'_>) -> Result<String, DecodeError> {
    match kind {
        0 => from.text(MAX_TEXT_BYTES, "a text"),
        _ => Err(DecodeError::Newer { found: kind.into(), known: 0 }),
    }
}

fn encode_packs(packs: &[PackId], to: &mut Writer) {
    to.list(packs, MAX_SLOT_NAMES, "packs", |to, id| {
        to.raw(&id.0);
    });
}

fn decode_packs(from: &mut Reader<'_>) -> Result<Vec<PackId>, DecodeError> {
    from.list(MAX_SLOT_NAMES, "packs", |from| Ok(PackId(from.array()?)))
}

fn encode_segments(segments: &[SegmentId], to: &mut Writer) {
    to.list(segments, MAX_SLOT_SEGMENTS, "segments", |to, id| {
        to.raw(&id.0);
    });
}

fn decode_segments(from: &mut Reader<'_>) -> Result<Vec<SegmentId>, DecodeError> {
    from.list(MAX_SLOT_SEGMENTS, "segments", |from| Ok(SegmentId(from.array()?)))
}
