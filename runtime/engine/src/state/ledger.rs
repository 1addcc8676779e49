//! What was read back, what was given up, and what repositories were seen to hold.

use std::collections::BTreeMap;

use mainstay_ir::Name;
use mainstay_journal::Event;

/// Beside the runs: what the repositories are known to hold, and how well.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ledger {
    readings: Vec<Reading>,
    forgotten: BTreeMap<Name, Vec<String>>,
    heads: BTreeMap<Name, (String, Vec<String>)>,
}

/// One line of the ledger: something was read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// When, in milliseconds since 1970, UTC.
    pub at_ms: i64,
    /// In which repository.
    pub repo: Name,
    /// Which snapshot.
    pub snapshot: String,
    /// Of which source.
    pub source: Name,
    /// The share that was decrypted and matched, in millionths.
    pub sample_ppm: u64,
    /// Bytes that were read back.
    pub bytes: u64,
    /// Faults that were found.
    pub problems: u64,
}

impl Ledger {
    /// All readings, oldest first.
    pub fn readings(&self) -> &[Reading] {
        &self.readings
    }

    /// Whether the newest reading of a snapshot found no fault.
    pub fn is_verified(&self, repo: &str, snapshot: &str) -> bool {
        let of_it = |reading: &&Reading| reading.repo == repo && reading.snapshot == snapshot;
        self.readings.iter().rev().find(of_it).is_some_and(|reading| reading.problems == 0)
    }

    /// Snapshots that were given up here.
    pub fn forgotten(&self, repo: &str) -> &[String] {
        self.forgotten.get(repo).map(Vec::as_slice).unwrap_or_default()
    }

    /// The id of the copy of a repository that was seen last, and the newest snapshots in it.
    pub fn heads(&self, repo: &str) -> Option<(&str, &[String])> {
        self.heads.get(repo).map(|(instance, heads)| (instance.as_str(), heads.as_slice()))
    }

    pub(super) fn note(&mut self, at_ms: i64, event: &Event) {
        match event {
            Event::Verified { repo, snapshot, source, sample_ppm, bytes, problems, .. } => {
                self.readings.push(Reading {
                    at_ms,
                    repo: repo.clone(),
                    snapshot: snapshot.clone(),
                    source: source.clone(),
                    sample_ppm: *sample_ppm,
                    bytes: *bytes,
                    problems: *problems,
                });
            }
            Event::Forgotten { repo, snapshots } => {
                self.forgotten.entry(repo.clone()).or_default().extend(snapshots.iter().cloned());
            }
            Event::RepoHeads { repo, instance, heads } => {
                self.heads.insert(repo.clone(), (instance.clone(), heads.clone()));
            }
            _ => {}
        }
    }
}
