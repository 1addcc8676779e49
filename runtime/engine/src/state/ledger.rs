//! What was read back, what was given up, and what repositories were seen to hold.

use std::collections::{BTreeMap, HashMap};

use mainstay_ir::Name;
use mainstay_journal::{Event, Heads, RunId};

/// Beside the runs: what the repositories are known to hold, and how well.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ledger {
    readings: Vec<Reading>,
    /// The place of the newest reading of each snapshot: they are asked for once for each snapshot of a year.
    newest: HashMap<Read, usize>,
    heads: BTreeMap<(Name, Name), Heads>,
    /// By policy, repository and source.
    dated: BTreeMap<(Name, Name, Name), Dated>,
}

/// The latest time at which a source was stored in a repository, or read back there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dated {
    /// When, in milliseconds since 1970, UTC.
    pub at_ms: i64,
    /// By which run of which workflow; none: by hand.
    pub by: Option<(RunId, Name)>,
}

/// A snapshot in a repository of a policy.
type Read = (Name, Name, String);

/// One line of the ledger: something was read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// When, in milliseconds since 1970, UTC.
    pub at_ms: i64,
    /// Of which policy.
    pub policy: Name,
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

    /// The newest reading of a snapshot.
    pub fn reading(&self, policy: &str, repo: &str, snapshot: &str) -> Option<&Reading> {
        let of_it = (policy.to_owned(), repo.to_owned(), snapshot.to_owned());
        self.readings.get(*self.newest.get(&of_it)?)
    }

    /// When a snapshot was last read back without a fault; nothing if its newest reading found one.
    pub fn verified_ms(&self, policy: &str, repo: &str, snapshot: &str) -> Option<i64> {
        let reading = self.reading(policy, repo, snapshot)?;
        (reading.problems == 0).then_some(reading.at_ms)
    }

    /// When the newest reading of a snapshot found a fault; nothing if it found none.
    pub fn damaged_ms(&self, policy: &str, repo: &str, snapshot: &str) -> Option<i64> {
        let reading = self.reading(policy, repo, snapshot)?;
        (reading.problems > 0).then_some(reading.at_ms)
    }

    /// How often a source was read back in a repository.
    pub fn count(&self, policy: &str, repo: &str, source: &str) -> usize {
        let of_it =
            |reading: &&Reading| reading.policy == policy && reading.repo == repo && reading.source == source;
        self.readings.iter().filter(of_it).count()
    }

    /// How far a repository was seen to have come.
    pub fn heads(&self, policy: &str, repo: &str) -> Option<&Heads> {
        self.heads.get(&(policy.to_owned(), repo.to_owned()))
    }

    /// The latest time at which a source was stored in a repository or read back there, as far as that counts.
    pub fn dated(&self, policy: &str, repo: &str, source: &str) -> Option<&Dated> {
        self.dated.get(&(policy.to_owned(), repo.to_owned(), source.to_owned()))
    }

    /// The same of all sources in a repository.
    pub fn all_dated<'a>(&'a self, policy: &'a str, repo: &'a str) -> impl Iterator<Item = &'a Dated> {
        let is_meant = move |of: &(Name, Name, Name)| of.0 == policy && of.1 == repo;
        self.dated.iter().filter(move |(of, _)| is_meant(of)).map(|(_, dated)| dated)
    }

    pub(super) fn date(&mut self, of: (Name, Name, Name), dated: Dated) {
        if self.dated.get(&of).is_none_or(|known| known.at_ms <= dated.at_ms) {
            self.dated.insert(of, dated);
        }
    }

    /// What retention gave up, or could have, at this time: whatever was dated later then counts no more.
    fn believe(&mut self, at_ms: i64, policy: &str, repo: &str) {
        let meant = self.dated.iter_mut().filter(|(of, _)| of.0 == policy && of.1 == repo);
        meant.for_each(|(_, dated)| dated.at_ms = dated.at_ms.min(at_ms));
    }

    pub(super) fn note(&mut self, at_ms: i64, event: &Event) {
        match event {
            Event::Forgotten { policy, repo, .. } => self.believe(at_ms, policy, repo),
            Event::Verified { policy, repo, snapshot, source, sample_ppm, bytes, problems, .. } => {
                let of_it = (policy.clone(), repo.clone(), snapshot.clone());
                self.newest.insert(of_it, self.readings.len());
                self.readings.push(Reading {
                    at_ms,
                    policy: policy.clone(),
                    repo: repo.clone(),
                    snapshot: snapshot.clone(),
                    source: source.clone(),
                    sample_ppm: *sample_ppm,
                    bytes: *bytes,
                    problems: *problems,
                });
            }
            Event::RepoHeads { policy, repo, heads } => {
                self.heads.insert((policy.clone(), repo.clone()), heads.clone());
            }
            _ => {}
        }
    }
}
