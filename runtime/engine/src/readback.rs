//! Reading back what is stored.

use std::collections::{BTreeMap, BTreeSet};

use mainstay_ir::{Ir, Name};
use mainstay_journal::Event;
use mainstay_repo::Repository;
use mainstay_repo::backup::{Cancel, Monitor};
use mainstay_repo::check::{CheckError, CheckRequest, Checked, Level};
use mainstay_repo::id::{PackId, SnapshotId};
use mainstay_repo::keys::Role;
use mainstay_repo::repository::Snapshot;

use crate::report::{Problem, VerifyLevel};

/// All of it, in millionths.
pub(crate) const WHOLE_PPM: u64 = 1_000_000;

/// What reading back found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) objects: u64,
    pub(crate) bytes: u64,
    pub(crate) count: u64,
    pub(crate) problems: Vec<Problem>,
    /// Packs that were put into quarantine.
    pub(crate) quarantined: u64,
    /// Snapshots of which something is lost, with how many of their entries at least.
    pub(crate) hit: BTreeMap<SnapshotId, u64>,
}

/// What is written into the record of a pack in quarantine.
const QUARANTINE_REASON: &str = "a check found it damaged";

/// What becomes of what is in quarantine.
const HEALS: &str = "the next run that stores or copies there stores anew what it still finds of it";

/// Who watches, and who may stop it.
#[derive(Clone, Copy)]
pub(crate) struct Watchers<'a> {
    pub(crate) monitor: &'a dyn Monitor,
    pub(crate) cancel: &'a dyn Cancel,
}

/// Reads a snapshot back. A sample stands on stored hashes: every object is looked at, and a share of what is
/// in them is decrypted and matched, the next share each turn.
pub(crate) fn snapshot(
    repository: &Repository,
    id: &SnapshotId,
    level: VerifyLevel,
    turn: u64,
    watchers: Watchers<'_>,
) -> Result<Found, CheckError> {
    let mut found = Found::default();
    for level in levels(level, turn) {
        let request = CheckRequest { level, threads: 0 };
        found.add(repository, repository.verify(id, &request, watchers.monitor, watchers.cancel)?);
    }
    Ok(found)
}

/// Reads a whole repository back: its metadata, or all of it.
pub(crate) fn everything(
    repository: &Repository,
    read_data: bool,
    watchers: Watchers<'_>,
) -> Result<Found, CheckError> {
    let level = if read_data { Level::AllData } else { Level::Presence };
    let request = CheckRequest { level, threads: 0 };
    let mut found = Found::default();
    found.add(repository, repository.check(&request, watchers.monitor, watchers.cancel)?);
    Ok(found)
}

/// What the ledger is to know of a check of everything: that these snapshots of a policy were read, and are damaged. Of the
/// others it says nothing: they were not read one by one.
pub(crate) fn damage(
    repository: &Repository,
    ir: &Ir,
    repo: &str,
    read_data: bool,
    found: &Found,
    watchers: Watchers<'_>,
) -> Result<Vec<Event>, CheckError> {
    if found.problems.is_empty() {
        return Ok(Vec::new());
    }
    let keys = repository.chunk_keys();
    let listed = repository.snapshots()?.list;
    let hit = match repository.role() {
        Role::Full => found.hit.clone(),
        _ => newest_hit(repository, &listed, watchers)?,
    };
    let hit = listed.iter().filter_map(|snapshot| Some((snapshot, *hit.get(&snapshot.id)?)));
    let events = hit.filter_map(|(snapshot, problems)| {
        let is_of = |source: &&Name| keys.source(&ir.policy, source) == snapshot.public().source;
        Some(Event::Verified {
            policy: ir.policy.clone(),
            repo: repo.to_owned(),
            snapshot: snapshot.id.to_string(),
            source: ir.sources.keys().find(is_of)?.clone(),
            sample_ppm: if read_data { WHOLE_PPM } else { 0 },
            objects: found.objects,
            bytes: found.bytes,
            problems,
        })
    });
    Ok(events.collect())
}

/// Who cannot read names is not told by a check of everything which snapshots it is about: the newest of each source, which are
/// those that anybody counts on, are looked at one by one.
fn newest_hit(
    repository: &Repository,
    listed: &[Snapshot],
    watchers: Watchers<'_>,
) -> Result<BTreeMap<SnapshotId, u64>, CheckError> {
    let mut newest: BTreeMap<_, &Snapshot> = BTreeMap::new();
    let finals = listed.iter().filter(|snapshot| snapshot.in_force && !snapshot.public().partial);
    for snapshot in finals {
        let public = snapshot.public();
        let known = newest.entry((public.source, public.host)).or_insert(snapshot);
        if known.public().started <= public.started {
            *known = snapshot;
        }
    }
    let request = CheckRequest { level: Level::Presence, threads: 0 };
    let mut hit = BTreeMap::new();
    for snapshot in newest.into_values() {
        let checked = repository.verify(&snapshot.id, &request, watchers.monitor, watchers.cancel)?;
        if checked.problem_count > 0 {
            hit.insert(snapshot.id, checked.problem_count);
        }
    }
    Ok(hit)
}

fn levels(level: VerifyLevel, turn: u64) -> Vec<Level> {
    match level {
        VerifyLevel::Presence => vec![Level::Presence],
        VerifyLevel::Hashes | VerifyLevel::Sample(0) => vec![Level::Hashes],
        VerifyLevel::Sample(ppm) if ppm < WHOLE_PPM => {
            let millionths = u32::try_from(ppm).unwrap_or(u32::MAX);
            vec![Level::Hashes, Level::Sample { millionths, turn }]
        }
        VerifyLevel::Sample(_) | VerifyLevel::All => vec![Level::AllData],
    }
}

/// The share that a level decrypts and matches, in millionths.
pub(crate) fn share_ppm(level: VerifyLevel) -> u64 {
    match level {
        VerifyLevel::Presence | VerifyLevel::Hashes => 0,
        VerifyLevel::Sample(ppm) => ppm.min(WHOLE_PPM),
        VerifyLevel::All => WHOLE_PPM,
    }
}

impl Found {
    fn add(&mut self, repository: &Repository, checked: Checked) {
        self.give_up(repository, &checked.damaged);
        self.objects = self.objects.max(checked.objects);
        self.bytes = self.bytes.saturating_add(checked.bytes);
        for problem in checked.problems {
            let problem = Problem { at: problem.object, message: problem.message };
            if !self.problems.contains(&problem) {
                self.count = self.count.saturating_add(1);
                self.problems.push(problem);
            }
        }
        self.count = self.count.max(checked.problem_count);
        self.hit.extend(checked.hit);
    }

    /// What is damaged is not referred to any more: otherwise each later backup would count on it. Who may not say so
    /// leaves it to those who may.
    fn give_up(&mut self, repository: &Repository, damaged: &BTreeSet<PackId>) {
        if damaged.is_empty() || !repository.role().maintains() {
            return;
        }
        match repository.quarantine(damaged, QUARANTINE_REASON) {
            Ok(added) => self.quarantined = self.quarantined.saturating_add(added),
            Err(error) => {
                let message = format!("what is damaged cannot be put into quarantine: {error}");
                self.count = self.count.saturating_add(1);
                self.problems.push(Problem { at: "q".to_owned(), message });
            }
        }
    }

    /// The first of what is wrong, in words.
    pub(crate) fn words(&self) -> String {
        let first = self.problems.first();
        let first =
            first.map(|problem| format!(": `{}`: {}", problem.at, problem.message)).unwrap_or_default();
        let faults = if self.count == 1 { "fault" } else { "faults" };
        let after = if self.quarantined > 0 { format!("; {HEALS}") } else { String::new() };
        format!("{} {faults} in what is stored{first}{after}", self.count)
    }
}
