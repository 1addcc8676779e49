//! Reading an IR that somebody else wrote: nothing in it is believed.
//!
//! First the size, then the nesting, then the format number alone (so that a newer format is named as such and
//! not as an unknown field), then the whole, then what refers to what.

use serde::Deserialize;

use crate::validate::Fault;
use crate::{FORMAT, Ir};

/// No IR is larger: 100,000 steps are some 60 MiB.
pub const MAX_BYTES: usize = 256 * 1024 * 1024;

/// How deep lists and objects may nest in the JSON. Below the limit of the JSON reader itself (127), far above
/// what [`crate::MAX_NESTING`] levels of a policy need.
pub const MAX_DEPTH: usize = 120;

/// Why bytes are no IR that this version can use.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Over [`MAX_BYTES`].
    #[error("the IR has {bytes} bytes, more than the {MAX_BYTES} that are read")]
    TooLarge {
        /// What it has.
        bytes: usize,
    },
    /// Over [`MAX_DEPTH`].
    #[error("the IR nests deeper than {MAX_DEPTH} levels at byte {at}")]
    TooDeep {
        /// Where, in bytes from the start.
        at: usize,
    },
    /// Not JSON, or no format number in it.
    #[error("not an IR: {0}")]
    NotAnIr(serde_json::Error),
    /// Written by a newer version.
    #[error(
        "the IR has format {found}, this version reads up to {FORMAT}: use the version that wrote it, or a newer one"
    )]
    Newer {
        /// Its format.
        found: u64,
    },
    /// A format number that was never given out.
    #[error("the IR has format {found}, which does not exist")]
    NoSuchFormat {
        /// What it says.
        found: u64,
    },
    /// A field that format does not have, one that is missing, or a value of another kind.
    #[error("the IR is damaged: {0}")]
    Shape(serde_json::Error),
    /// Parts that do not fit together.
    #[error("the IR is damaged: {0}")]
    Fault(#[from] Fault),
}

#[derive(Deserialize)]
struct Format {
    format: u64,
}

impl Ir {
    /// Reads an IR from JSON.
    ///
    /// # Errors
    /// See [`ReadError`]; whatever the bytes are, there is no panic.
    pub fn read(json: &[u8]) -> Result<Self, ReadError> {
        if json.len() > MAX_BYTES {
            return Err(ReadError::TooLarge { bytes: json.len() });
        }
        if let Some(at) = too_deep(json) {
            return Err(ReadError::TooDeep { at });
        }
        let Format { format } = serde_json::from_slice(json).map_err(ReadError::NotAnIr)?;
        match format {
            0 => return Err(ReadError::NoSuchFormat { found: 0 }),
            found if found > u64::from(FORMAT) => return Err(ReadError::Newer { found }),
            _ => {}
        }
        let ir: Self = serde_json::from_slice(json).map_err(ReadError::Shape)?;
        ir.validate()?;
        Ok(ir)
    }
}

/// The byte at which JSON nests too deep. It looks at brackets outside of strings and at nothing else.
fn too_deep(json: &[u8]) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in json.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'[' | b'{' if depth == MAX_DEPTH => return Some(at),
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests;
