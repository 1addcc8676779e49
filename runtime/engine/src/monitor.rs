//! What goes on, for whoever shows it. The engine never prints.

use std::sync::Mutex;

use mainstay_ir::Name;
use mainstay_journal::{Figures, Outcome, RunId, Stored};

/// Something that happened, or how far something is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Something was made that was not there: a repository, a key file. Said loudly.
    Created {
        /// `repository` or `key file`.
        what: &'static str,
        /// Its name in the policy.
        name: Name,
        /// Where it is.
        place: String,
    },
    /// What an earlier process left was put in order.
    Recovered {
        /// In words.
        what: String,
    },
    /// A run began.
    RunStarted {
        /// Its identity.
        run: RunId,
        /// Of which workflow.
        workflow: Name,
        /// How many steps it has.
        steps: usize,
    },
    /// An attempt at an act of a step began.
    ActStarted {
        /// Of which run.
        run: RunId,
        /// Which step.
        step: Name,
        /// `store`, `verify`, `hook`, ...
        act: &'static str,
        /// Which try.
        attempt: u32,
    },
    /// A step waits.
    Waiting {
        /// Of which run.
        run: RunId,
        /// Which step.
        step: Name,
        /// For what, in words.
        reason: String,
    },
    /// How far an act is.
    Working {
        /// Of which run.
        run: RunId,
        /// Which step.
        step: Name,
        /// What it has handled.
        figures: Figures,
        /// How much there is in all, in bytes, when that is known.
        total_bytes: Option<u64>,
    },
    /// How far a restore, or a reading back by hand, is.
    Restoring {
        /// Of which source.
        what: Name,
        /// Files that are done.
        files: u64,
        /// Bytes of them.
        bytes: u64,
    },
    /// Something of a source, or of stored data, could not be had.
    Fault {
        /// Which step.
        step: Name,
        /// Which file or object.
        path: String,
        /// In words.
        message: String,
    },
    /// A folder of a source was left out, because it belongs to what makes copies; the copy is whole without it.
    LeftOut {
        /// Of which run.
        run: RunId,
        /// Which step.
        step: Name,
        /// Which folder.
        path: String,
        /// What it is, in words.
        what: String,
    },
    /// An act will be tried again.
    Retrying {
        /// Of which run.
        run: RunId,
        /// Which step.
        step: Name,
        /// Not before, in milliseconds since 1970, UTC.
        at_ms: i64,
        /// Why, in words.
        reason: String,
    },
    /// A step is over.
    StepEnded {
        /// Of which run.
        run: RunId,
        /// Which step.
        step: Name,
        /// How.
        outcome: Outcome,
        /// What it stored.
        stored: Option<Stored>,
        /// What it handled.
        figures: Figures,
        /// From its first attempt to its end, in milliseconds.
        took_ms: u64,
    },
    /// A run is over.
    RunEnded {
        /// Which.
        run: RunId,
        /// Of which workflow.
        workflow: Name,
        /// How.
        outcome: Outcome,
    },
}

/// Whoever is told. Called from several threads; must not block.
pub trait Monitor: Send + Sync {
    /// Takes note.
    fn event(&self, event: &Progress);
}

/// Nobody is told.
#[derive(Debug, Clone, Copy, Default)]
pub struct NullMonitor;

impl Monitor for NullMonitor {
    fn event(&self, _: &Progress) {}
}

/// Keeps everything it is told, for tests.
#[derive(Debug, Default)]
pub struct Recorder(Mutex<Vec<Progress>>);

impl Recorder {
    /// What it was told, in order.
    pub fn events(&self) -> Vec<Progress> {
        self.0.lock().map(|events| events.clone()).unwrap_or_default()
    }
}

impl Monitor for Recorder {
    fn event(&self, event: &Progress) {
        if let Ok(mut events) = self.0.lock() {
            events.push(event.clone());
        }
    }
}
