//! The one door to files.

use std::sync::Arc;

/// Why a file could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorldError {
    /// There is none of that name.
    #[error("there is no such file")]
    Missing,
    /// It is no UTF-8.
    #[error("it is not UTF-8 text")]
    NotText,
    /// It is larger than the outside lets in.
    #[error("it is larger than {} MiB", limit_bytes >> 20)]
    TooLarge {
        /// The limit.
        limit_bytes: u64,
    },
    /// The outside said this.
    #[error("{0}")]
    Other(String),
}

/// What the compiler may ask of the outside: the text of a file, and nothing else.
pub trait World {
    /// The text of a file. `path` has `/` between its parts and is relative to the folder of the root file; it
    /// may begin with `../`.
    ///
    /// # Errors
    /// When it cannot be read as text.
    fn read(&self, path: &str) -> Result<Arc<str>, WorldError>;
}
