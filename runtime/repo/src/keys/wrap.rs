//! Wrapping of 32-byte keys by age. The ephemeral half of each wrapping comes from age's own generator (the
//! kernel's): no interface of it takes another.

use std::io::{Read as _, Write as _};

use age::x25519;
use zeroize::Zeroizing;

use super::{Key, RootKey, SessionKey, WrappedKey};
use crate::format::generation::Recipient;
use crate::id::Commitment;

/// Why a key could not be wrapped.
#[derive(Debug, thiserror::Error)]
pub enum WrapError {
    /// Nobody could open it.
    #[error("there is no recipient to wrap a key to")]
    NoRecipient,
    /// Not an age recipient.
    #[error("`{0}` is no age recipient")]
    Recipient(String),
    /// age says no.
    #[error("the key cannot be wrapped: {0}")]
    Age(String),
}

/// Why a wrapped key could not be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnwrapError {
    /// It was wrapped to others.
    #[error("none of the identities in the key file opens it")]
    NotForUs,
    /// It is no age file, or a changed one, or what is in it is not what it commits to.
    #[error("the wrapped key is damaged")]
    Damaged,
}

/// Wraps a session key to all recipients.
///
/// # Errors
/// [`WrapError`] if there are none, or one is no age recipient.
pub fn wrap_session(key: Key, recipients: &[Recipient]) -> Result<SessionKey, WrapError> {
    let bytes = wrap(key.secret(), recipients)?;
    let wrapped = WrappedKey { commitment: *key.commitment(), bytes };
    Ok(SessionKey { key, wrapped })
}

/// Wraps M to all recipients.
///
/// # Errors
/// [`WrapError`] if there are none, or one is no age recipient.
pub fn wrap_root(root: &RootKey, recipients: &[Recipient]) -> Result<WrappedKey, WrapError> {
    Ok(WrappedKey { commitment: root.commitment(), bytes: wrap(root.secret(), recipients)? })
}

/// Opens a session key.
///
/// # Errors
/// [`UnwrapError`]: wrapped to others, or damaged.
pub fn unwrap_session(wrapped: &WrappedKey, identities: &[x25519::Identity]) -> Result<Key, UnwrapError> {
    let key = Key::new(unwrap(&wrapped.bytes, identities)?);
    if *key.commitment() == wrapped.commitment { Ok(key) } else { Err(UnwrapError::Damaged) }
}

/// Opens M.
///
/// # Errors
/// [`UnwrapError`]: wrapped to others, or damaged.
pub fn unwrap_root(wrapped: &WrappedKey, identities: &[x25519::Identity]) -> Result<RootKey, UnwrapError> {
    let root = RootKey::new(unwrap(&wrapped.bytes, identities)?);
    if root.commitment() == wrapped.commitment { Ok(root) } else { Err(UnwrapError::Damaged) }
}

impl RootKey {
    /// What may be shown of M.
    pub fn commitment(&self) -> Commitment {
        Commitment(blake3::derive_key("mainstay 2026 root commitment", self.secret()))
    }
}

/// Parses an age recipient.
pub(crate) fn recipient(text: &str) -> Result<x25519::Recipient, WrapError> {
    text.parse().map_err(|_| WrapError::Recipient(text.to_owned()))
}

fn wrap(secret: &[u8; 32], recipients: &[Recipient]) -> Result<Vec<u8>, WrapError> {
    let recipients = recipients.iter().map(|one| recipient(&one.age)).collect::<Result<Vec<_>, _>>()?;
    let encryptor = age::Encryptor::with_recipients(recipients.iter().map(|one| one as &dyn age::Recipient))
        .map_err(|_| WrapError::NoRecipient)?;
    let failed = |error: &dyn std::fmt::Display| WrapError::Age(error.to_string());
    let mut out = Vec::new();
    let mut writer = encryptor.wrap_output(&mut out).map_err(|error| failed(&error))?;
    writer.write_all(secret).map_err(|error| failed(&error))?;
    writer.finish().map_err(|error| failed(&error))?;
    Ok(out)
}

fn unwrap(wrapped: &[u8], identities: &[x25519::Identity]) -> Result<[u8; 32], UnwrapError> {
    let decryptor = age::Decryptor::new_buffered(wrapped).map_err(|_| UnwrapError::Damaged)?;
    let reader = decryptor.decrypt(identities.iter().map(|one| one as &dyn age::Identity));
    let reader = reader.map_err(|error| match error {
        age::DecryptError::NoMatchingKeys => UnwrapError::NotForUs,
        _ => UnwrapError::Damaged,
    })?;
    let mut secret = Zeroizing::new(Vec::with_capacity(33));
    reader.take(33).read_to_end(&mut secret).map_err(|_| UnwrapError::Damaged)?;
    secret.as_slice().try_into().map_err(|_| UnwrapError::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(identity: &x25519::Identity) -> Recipient {
        Recipient { age: identity.to_public().to_string(), label: String::new() }
    }

    #[test]
    fn each_recipient_opens_it_and_no_other() {
        let all: Vec<_> = (0..3).map(|_| x25519::Identity::generate()).collect();
        let session = wrap_session(Key::new([5; 32]), &[to(&all[0]), to(&all[1])]).unwrap();
        for identity in all.iter().take(2) {
            let opened = unwrap_session(&session.wrapped, std::slice::from_ref(identity)).unwrap();
            assert_eq!(opened.secret(), &[5; 32]);
        }
        assert_eq!(unwrap_session(&session.wrapped, &all[2..]).err(), Some(UnwrapError::NotForUs));
    }

    #[test]
    fn a_changed_byte_is_damage_or_nobodys() {
        let identity = x25519::Identity::generate();
        let session = wrap_session(Key::new([5; 32]), &[to(&identity)]).unwrap();
        for position in 0..session.wrapped.bytes.len() {
            let mut changed = session.wrapped.clone();
            changed.bytes[position] ^= 1;
            assert!(unwrap_session(&changed, std::slice::from_ref(&identity)).is_err(), "{position}");
        }
        let mut other = session.wrapped;
        other.commitment.0[0] ^= 1;
        assert_eq!(unwrap_session(&other, &[identity]).err(), Some(UnwrapError::Damaged));
    }
}
