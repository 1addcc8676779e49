//! The chain that holds the stream together.
//!
//! Each event's hash covers the one before it, its place, its time and its bytes. So a changed, swapped, added
//! or missing event is seen, except events missing from the end: those the repositories tell, which remember
//! the runs that made their snapshots.

use crate::Seq;

/// Says what is hashed, so that no hash of another kind can stand in for one of these.
const CONTEXT: &str = "mainstay 2026 journal event";

/// A link of the chain.
pub(crate) type Link = [u8; 32];

/// What the first event links to.
pub(crate) const START: Link = [0; 32];

/// The link of an event.
pub(crate) fn link(previous: &Link, seq: Seq, at_ms: i64, body: &str) -> Link {
    let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
    hasher.update(previous);
    hasher.update(&seq.0.to_le_bytes());
    hasher.update(&at_ms.to_le_bytes());
    hasher.update(body.as_bytes());
    *hasher.finalize().as_bytes()
}
