//! What a restore says of itself: while it runs, and at its end.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;

use super::RestoreError;
use super::attributes::Applied;
use crate::backup::{Cancel, Event, Monitor, Progress};

/// The most problems that are kept with their names; the rest are counted.
const MAX_PROBLEMS: usize = 10_000;

/// What kind of thing is wrong with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProblemKind {
    /// What is stored of it is damaged or missing; it was left out.
    Damaged,
    /// It could not be made here; it was left out.
    NotMade,
    /// It is here, without some of its attributes.
    Attribute,
    /// It was compared, and is not as it was.
    Differs,
}

/// An entry that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RestoreProblem {
    /// Below the top, as bytes; empty for the top.
    pub path: Vec<u8>,
    /// What kind.
    pub kind: ProblemKind,
    /// In words, lower case, no final stop.
    pub message: String,
}

/// What is noted on the way, by any thread.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    state: Mutex<Noted>,
}

/// All that was noted.
#[derive(Debug, Default)]
pub(crate) struct Noted {
    /// The first [`MAX_PROBLEMS`].
    pub problems: Vec<RestoreProblem>,
    /// How many there were.
    pub problem_count: u64,
    /// Entries without something that was not asked for.
    pub withheld: u64,
}

impl Notes {
    /// Pushes and counts are whole after any panic.
    fn state(&self) -> MutexGuard<'_, Noted> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn problem(&self, path: Vec<u8>, kind: ProblemKind, message: String) {
        tracing::debug!(?kind, message, "a problem of a restore");
        let mut state = self.state();
        state.problem_count += 1;
        if state.problems.len() < MAX_PROBLEMS {
            state.problems.push(RestoreProblem { path, kind, message });
        }
    }

    pub(crate) fn withheld(&self) {
        self.state().withheld += 1;
    }

    /// What became of attributes. The path is made only where there is something to say.
    pub(crate) fn applied(&self, path: impl FnOnce() -> Vec<u8>, applied: Applied) {
        if applied.withheld {
            self.withheld();
        }
        if !applied.refused.is_empty() {
            self.problem(path(), ProblemKind::Attribute, applied.refused.join("; "));
        }
    }

    /// Whether nothing was noted so far.
    pub(crate) fn is_clean(&self) -> bool {
        let state = self.state();
        state.problem_count == 0 && state.withheld == 0
    }

    /// Paths with problems so far.
    pub(crate) fn paths(&self) -> BTreeSet<Vec<u8>> {
        self.state().problems.iter().map(|problem| problem.path.clone()).collect()
    }

    /// The end of it.
    pub(crate) fn into_inner(self) -> Noted {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who is told, and who may stop it.
pub(crate) struct Watch<'a> {
    monitor: &'a dyn Monitor,
    cancel: &'a dyn Cancel,
    target: &'a Path,
    files: AtomicU64,
    bytes: AtomicU64,
    /// The monitor is told by one thread at a time.
    telling: Mutex<()>,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(monitor: &'a dyn Monitor, cancel: &'a dyn Cancel, target: &'a Path) -> Self {
        Self {
            monitor,
            cancel,
            target,
            files: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            telling: Mutex::new(()),
        }
    }

    /// Says how far it is, and stops it if that is wanted.
    pub(crate) fn check(&self) -> Result<(), RestoreError> {
        if self.cancel.is_cancelled() {
            return Err(RestoreError::Cancelled);
        }
        if let Ok(_one) = self.telling.try_lock() {
            let files = self.files.load(Ordering::Relaxed);
            let bytes = self.bytes.load(Ordering::Relaxed);
            self.monitor.event(Event::Progress(Progress {
                entries: files,
                files,
                bytes,
                ..Progress::default()
            }));
        }
        Ok(())
    }

    pub(crate) fn wrote(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn finished_file(&self) {
        self.files.fetch_add(1, Ordering::Relaxed);
    }

    /// The error of the whole restore that an error of one entry is, if it is one that all others will meet too.
    pub(crate) fn ends_all(&self, error: Errno) -> Option<RestoreError> {
        let all =
            [Errno::NOSPC, Errno::DQUOT, Errno::ROFS, Errno::IO, Errno::NOMEM, Errno::MFILE, Errno::NFILE];
        all.contains(&error).then(|| RestoreError::of(self.target, io::Error::from(error)))
    }
}
