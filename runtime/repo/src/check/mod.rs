//! Checking: of one snapshot, or of everything.
//!
//! Four levels, each of which needs more: that all objects are there and of their size; that their stored bytes are
//! what their names say, for which no key is needed; that a share of the chunks opens and matches, another share
//! each time; that all of them do. What leads to the chunks (slots with their signatures, the index, nodes and
//! lists) is always read whole.
//!
//! Damage is an answer, not an error: one damaged object never hides another, and at the end stands which files
//! of which snapshots it takes with it. What nothing refers to is no fault: an interrupted session leaves such
//! things, and a collection takes them.

mod affected;
mod packs;
mod reach;
mod report;
mod sample;
mod slots;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use mainstay_store::{Listed, StoreError};

use crate::backup::{Cancel, Event, Monitor, Progress};
use crate::format::manifest::Public;
use crate::id::{PackId, SegmentId, SnapshotId, from_hex};
use crate::index::Index;
use crate::keys::Role;
use crate::reading::ReadingError;
use crate::repository::{Emptied, Repository};
use crate::slots::State;
use affected::Hit;
use packs::PackCheck;
use reach::Reached;
pub(crate) use report::Findings;
pub use report::{
    Affected, CheckError, CheckProblem, CheckProblemKind, CheckRequest, Checked, Level, Unreferenced,
};

/// Who is told, and who may stop it.
pub(crate) struct CheckWatch<'a> {
    monitor: &'a dyn Monitor,
    cancel: &'a dyn Cancel,
    objects: AtomicU64,
    bytes: AtomicU64,
    /// The monitor is told by one thread at a time.
    telling: Mutex<()>,
}

impl CheckWatch<'_> {
    pub(crate) fn read(&self, objects: u64, bytes: u64) -> Result<(), CheckError> {
        let entries = self.objects.fetch_add(objects, Ordering::Relaxed) + objects;
        let bytes = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if self.cancel.is_cancelled() {
            return Err(CheckError::Cancelled);
        }
        if let Ok(_one) = self.telling.try_lock() {
            self.monitor.event(Event::Progress(Progress { entries, bytes, ..Progress::default() }));
        }
        Ok(())
    }
}

impl Repository {
    /// Checks one snapshot: everything that it needs, and nothing else.
    ///
    /// # Errors
    /// [`CheckError`]. Damage is no error: see [`Checked::problems`].
    pub fn verify(
        &self,
        snapshot: &SnapshotId,
        request: &CheckRequest,
        monitor: &dyn Monitor,
        cancel: &dyn Cancel,
    ) -> Result<Checked, CheckError> {
        self.may_check(request.level)?;
        let reading = self.read_snapshot(snapshot)?;
        let mut check = Check::new(self, &reading.index, request, monitor, cancel);
        if let Some(fault) = &reading.snapshot.private_fault {
            check.findings.add(format!("c/{snapshot}"), CheckProblemKind::Damaged, fault);
        }
        let roots = [(*snapshot, reading.snapshot.public())];
        let checked = check.run(&roots, false, &reading.quarantined)?;
        if !checked.is_sound() && !self.state()?.in_force(snapshot) {
            // Forgotten meanwhile, and perhaps collected: that is no damage.
            return Err(ReadingError::NoSnapshot(*snapshot).into());
        }
        Ok(checked)
    }

    /// Checks everything.
    ///
    /// # Errors
    /// [`CheckError`]. Damage is no error: see [`Checked::problems`].
    pub fn check(
        &self,
        request: &CheckRequest,
        monitor: &dyn Monitor,
        cancel: &dyn Cancel,
    ) -> Result<Checked, CheckError> {
        self.may_check(request.level)?;
        let state = self.state()?;
        let index = self.index_for_reading(&state)?;
        let all = self.all_snapshots()?;
        let in_force: Vec<(SnapshotId, &Public)> = (all.list.iter())
            .filter(|snapshot| snapshot.in_force)
            .map(|snapshot| (snapshot.id, snapshot.public()))
            .collect();
        let mut check = Check::new(self, &index, request, monitor, cancel);
        slots::check(self, &state, &all, &mut check.findings, &check.watch)?;
        for fault in index.faults() {
            check.findings.add(&fault.object, CheckProblemKind::Damaged, fault.kind);
        }
        let mut checked = check.run(&in_force, true, &state.quarantined)?;
        checked.unreferenced = self.unreferenced(&state, &index)?;
        Ok(checked)
    }

    fn may_check(&self, level: Level) -> Result<(), CheckError> {
        match level {
            Level::Presence | Level::Hashes => Ok(()),
            Level::Sample { .. } | Level::AllData if self.role() == Role::Full => Ok(()),
            Level::Sample { .. } | Level::AllData => Err(CheckError::CannotRead),
        }
    }

    fn unreferenced(&self, state: &State, index: &Index) -> Result<Unreferenced, StoreError> {
        let packs: BTreeSet<PackId> = index.packs().iter().map(|pack| pack.id).collect();
        let segments = state.live_segments();
        let mut found = Unreferenced::default();
        for listed in self.store().list('p')? {
            if !pack_of(&listed).is_some_and(|pack| packs.contains(&pack)) {
                found.packs += 1;
                found.bytes += listed.size;
            }
        }
        for listed in self.store().list('x')? {
            let id = from_hex(listed.name.rest()).map(SegmentId);
            if !id.is_some_and(|segment| segments.contains_key(&segment)) {
                found.segments += 1;
                found.bytes += listed.size;
            }
        }
        Ok(found)
    }
}

fn pack_of(listed: &Listed) -> Option<PackId> {
    from_hex(listed.name.rest()).map(PackId)
}

/// A check under way.
struct Check<'a> {
    repo: &'a Repository,
    index: &'a Index,
    level: Level,
    threads: usize,
    findings: Findings,
    watch: CheckWatch<'a>,
}

impl<'a> Check<'a> {
    fn new(
        repo: &'a Repository,
        index: &'a Index,
        request: &CheckRequest,
        monitor: &'a dyn Monitor,
        cancel: &'a dyn Cancel,
    ) -> Self {
        let threads = match request.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            asked => asked,
        };
        let watch = CheckWatch {
            monitor,
            cancel,
            objects: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            telling: Mutex::new(()),
        };
        Self { repo, index, level: request.level, threads, findings: Findings::default(), watch }
    }

    /// The packs that are there, with their sizes.
    fn listed(&self, quarantined: &BTreeSet<PackId>) -> Result<BTreeMap<PackId, u64>, CheckError> {
        let listed = self.repo.store().list('p')?;
        let listed: BTreeMap<PackId, u64> =
            listed.iter().filter_map(|listed| Some((pack_of(listed)?, listed.size))).collect();
        match Emptied::of(self.index, quarantined, |pack| listed.contains_key(pack)) {
            None => Ok(listed),
            Some(emptied) => Err(emptied.into()),
        }
    }

    /// From the snapshots down: nodes and lists first, then packs, then what damage takes with it.
    fn run(
        mut self,
        snapshots: &[(SnapshotId, &Public)],
        everything: bool,
        quarantined: &BTreeSet<PackId>,
    ) -> Result<Checked, CheckError> {
        let listed = self.listed(quarantined)?;
        let roots: Vec<_> = snapshots.iter().map(|(_, public)| &public.root).collect();
        let reached = Reached::from_roots(self.repo, self.index, &roots, &mut self.findings, &self.watch)?;
        let given_up = reached.given_up(self.index, quarantined);
        let packs = PackCheck {
            repo: self.repo,
            index: self.index,
            level: self.level,
            threads: self.threads,
            watch: &self.watch,
            reached: (!everything).then_some(&reached),
            given_up: &given_up,
        };
        let result = packs.run(&listed, &mut self.findings)?;
        let lost = packs.lost(&result, &reached, &mut self.findings)?;
        let suspects: BTreeSet<PackId> = result.damaged.union(&reached.damaged).copied().collect();
        let damaged = packs.look_again(&suspects, &mut self.findings)?;
        let affected = match lost.is_empty() && reached.is_whole() {
            true => Hit::default(),
            false => affected::find(self.repo, self.index, snapshots, &lost)?,
        };
        Ok(Checked {
            snapshots: snapshots.len() as u64,
            objects: self.watch.objects.into_inner(),
            bytes: self.watch.bytes.into_inner(),
            chunks: result.chunks,
            problems: self.findings.problems.into_iter().collect(),
            problem_count: self.findings.count,
            affected: affected.named.into_iter().collect(),
            hit: affected.counts,
            damaged,
            unreferenced: Unreferenced::default(),
        })
    }
}
