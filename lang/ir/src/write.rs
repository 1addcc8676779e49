//! The bytes of an IR, and their hash.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Ir;

/// The BLAKE3 hash of an IR's canonical bytes: which policy it is. As text, 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IrHash(pub [u8; 32]);

/// The text is no hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a policy hash: 64 lower-case hex digits")]
pub struct NotAHash(String);

impl IrHash {
    /// The first twelve digits, for people.
    pub fn short(&self) -> String {
        self.to_string().chars().take(12).collect()
    }
}

impl fmt::Display for IrHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for IrHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IrHash({self})")
    }
}

impl FromStr for IrHash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let refuse = || NotAHash(text.to_owned());
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(refuse());
        }
        let hash = blake3::Hash::from_hex(text).map_err(|_| refuse())?;
        Ok(Self(*hash.as_bytes()))
    }
}

impl TryFrom<String> for IrHash {
    type Error = NotAHash;

    fn try_from(text: String) -> Result<Self, NotAHash> {
        text.parse()
    }
}

impl From<IrHash> for String {
    fn from(hash: IrHash) -> Self {
        hash.to_string()
    }
}

impl Ir {
    /// The canonical bytes: JSON without white space, fields in declared order, maps in source order. Equal
    /// IRs have equal bytes, and a map in another order is another IR.
    pub fn canonical(&self) -> Vec<u8> {
        infallible(serde_json::to_vec(self))
    }

    /// The same as JSON for people: indented, with a final new line.
    pub fn to_json(&self) -> String {
        infallible(serde_json::to_string_pretty(self)) + "\n"
    }

    /// The BLAKE3 hash of [`Ir::canonical`]: `b3sum` over those bytes says the same.
    pub fn hash(&self) -> IrHash {
        IrHash(*blake3::hash(&self.canonical()).as_bytes())
    }
}

/// Serialising to memory fails only for maps whose keys are no strings and for what implements `Serialize`
/// by hand; the IR has neither, nor floats.
#[expect(clippy::expect_used, reason = "no type of the IR can fail to serialise to memory")]
fn infallible<T>(written: Result<T, serde_json::Error>) -> T {
    written.expect("an IR is plain data")
}
