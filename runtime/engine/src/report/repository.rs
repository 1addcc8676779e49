//! Repositories and keys.

use mainstay_ir::Name;
use serde::Serialize;

use super::Problem;

/// Something that was made because it was not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RepoCreated {
    /// `repository` or `key file`.
    pub what: &'static str,
    /// The name of the repository, or of the secret.
    pub name: Name,
    /// Where it is.
    pub place: String,
}

/// What a repository says of itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RepoReport {
    /// Its name in the policy.
    pub repo: Name,
    /// Where it is.
    pub place: String,
    /// The id of its key family, in hex digits.
    pub family: String,
    /// The id of this copy, in hex digits.
    pub instance: String,
    /// The format of what is stored.
    pub format: u32,
    /// What the key file may do: `full`, `writer`.
    pub role: String,
    /// Whom the keys are wrapped to.
    pub recipients: Vec<String>,
    /// When it was made.
    pub created_ms: Option<i64>,
    /// How many snapshots it holds, of all policies.
    pub snapshots: u64,
    /// How many objects.
    pub objects: u64,
    /// How many bytes they take.
    pub bytes: u64,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckReport {
    /// Its name in the policy.
    pub repo: Name,
    /// Where it is.
    pub place: String,
    /// Whether all data was read, or only the metadata.
    pub read_data: bool,
    /// Objects that were looked at.
    pub objects: u64,
    /// Bytes that were read back.
    pub bytes: u64,
    /// What is not as it should be.
    pub problems: Vec<Problem>,
    /// Packs that were put into quarantine: the next run that fills the repository stores anew what of them is still there to be had.
    pub quarantined: u64,
}

/// A key file that the policy names.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KeyReport {
    /// The secret's name.
    pub secret: Name,
    /// Where it comes from, in words; never what it is.
    pub origin: String,
    /// The repositories that it opens.
    pub repos: Vec<Name>,
    /// What it may do.
    pub role: Option<String>,
    /// Why it cannot be used.
    pub fault: Option<String>,
    /// Whether it is a file that other users of the machine may read or write.
    pub is_open: bool,
}
