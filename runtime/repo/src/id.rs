//! Names of things: fixed numbers of bytes that are written as lower-case hex, all made by one macro.

/// Text that is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no {what} of {digits} hex digits")]
pub struct IdError {
    /// What was given.
    pub text: String,
    /// What was expected.
    pub what: &'static str,
    /// How many digits it has.
    pub digits: usize,
}

/// Lower-case hex.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text
}

/// The bytes of lower-case hex of exactly their length; upper case is not taken, so that each id has one text.
pub(crate) fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != N * 2 {
        return None;
    }
    let mut bytes = [0u8; N];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *byte = nibble(*high)? << 4 | nibble(*low)?;
    }
    Some(bytes)
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident($bytes:literal) $what:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $bytes]);

        impl $name {
            /// Its size in bytes.
            pub const BYTES: usize = $bytes;

            /// The bytes themselves.
            pub fn as_bytes(&self) -> &[u8; $bytes] {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&to_hex(&self.0))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                from_hex(text).map(Self).ok_or_else(|| IdError {
                    text: text.to_owned(),
                    what: $what,
                    digits: $bytes * 2,
                })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

ids! {
    /// Keyed BLAKE3 of the content of a chunk, a node or a list; each kind has its own key.
    ChunkId(32) "id of a chunk";
    /// BLAKE3 of the stored bytes of a pack; its object is `p/<id>`.
    PackId(32) "id of a pack";
    /// BLAKE3 of the stored bytes of a segment of the index; its object is `x/<id>`.
    SegmentId(32) "id of a segment";
    /// The key family: all copies that can exchange ciphertext share it.
    FamilyId(16) "id of a key family";
    /// One repository in one store.
    InstanceId(16) "id of a repository";
    /// Keyed hash of a policy's and a source's name: says nothing without the key.
    SourceId(16) "id of a source";
    /// Keyed hash of the name of a host.
    HostId(16) "id of a host";
    /// A deduplication domain: who may be harmed by a wrong chunk of whom.
    DomainId(16) "id of a domain";
    /// The public key of a repository's owner.
    OwnerId(32) "key of an owner";
    /// What a session key commits to: a hash of it, kept beside its wrapped form.
    Commitment(32) "commitment of a key";
    /// A session: 8 bytes of the newest log position seen, big-endian, then 16 random bytes.
    SessionId(24) "id of a session";
}

/// A snapshot is named by the session that made it.
pub type SnapshotId = SessionId;

impl SessionId {
    /// Hex digits that people see of a snapshot.
    pub const SHORT_DIGITS: usize = 8;

    /// Of a log position and random bytes.
    pub fn new(position: u64, random: [u8; 16]) -> Self {
        let mut bytes = [0u8; 24];
        let whole = position.to_be_bytes().into_iter().chain(random);
        bytes.iter_mut().zip(whole).for_each(|(to, from)| *to = from);
        Self(bytes)
    }

    /// How many entries the maintenance log had when the session began.
    pub fn position(&self) -> u64 {
        self.0.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    }

    /// The random part as hex: what people type; any unique beginning of it, or of the whole id, will do.
    pub fn random_hex(&self) -> String {
        to_hex(self.0.get(8..).unwrap_or_default())
    }

    /// The first digits of the random part: what people see.
    pub fn short(&self) -> String {
        self.random_hex().chars().take(Self::SHORT_DIGITS).collect()
    }

    /// Whether a person's text means this one: a beginning of the random part, or of the whole.
    pub fn matches(&self, text: &str) -> bool {
        !text.is_empty() && (self.random_hex().starts_with(text) || self.to_string().starts_with(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_are_one_to_one() {
        let id = SessionId::new(7, [0xab; 16]);
        let text = id.to_string();
        assert_eq!(text, format!("0000000000000007{}", "ab".repeat(16)));
        assert_eq!(text.parse(), Ok(id));
        assert_eq!(id.position(), 7);
        assert_eq!(id.short(), "abababab");
        assert!(id.matches("abab") && id.matches(&text) && !id.matches("") && !id.matches("ac"));
        assert!(text.to_uppercase().parse::<SessionId>().is_err());
        assert!("00".parse::<PackId>().is_err());
        assert!("é".repeat(24).parse::<SessionId>().is_err());
    }

    #[test]
    fn newer_positions_sort_later() {
        assert!(SessionId::new(1, [255; 16]) < SessionId::new(2, [0; 16]));
    }
}
