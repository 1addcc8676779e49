//! What a policy names outside of itself: secrets, sources, repositories.

pub(crate) mod access;
pub(crate) mod create;
pub(crate) mod fields;
pub(crate) mod place;
pub(crate) mod program;
pub(crate) mod secret;
pub(crate) mod source;

pub use access::AccessError;
pub use secret::SecretError;
pub use source::SourceError;
