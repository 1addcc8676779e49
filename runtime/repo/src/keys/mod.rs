//! Keys: two roots, what is derived from them, who holds what, and the files they are kept in.
//!
//! **M** is made at init and gives every lasting key; a **D** is made for each session and seals content. Both
//! are wrapped by age to the recipients. A writer's file holds what was derived from M for writing, and no
//! identity: it can deduplicate and publish, and read nothing back.

mod certificate;
mod derive;
mod file;
mod trust;
mod wrap;
mod writer;

pub use certificate::{Certificate, Role, Signer};
pub use derive::{ChunkKeys, Key, KeyNumber, MapKey, RootKey, SessionKey, WrappedKey};
pub use file::{KeyFile, KeyFileError};
pub use trust::Trust;
pub use wrap::{UnwrapError, WrapError, unwrap_root, unwrap_session, wrap_root, wrap_session};
pub use writer::WriterKey;

pub(crate) use certificate::verify;
pub(crate) use file::Held;
