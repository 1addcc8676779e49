//! What the repository says while it works, for whoever watches; and whether it is to stop.

use std::sync::atomic::{AtomicU64, Ordering};

use mainstay_journal::Figures;
use mainstay_repo::backup::{Cancel, Event, Monitor, Progress};

use crate::executor::Reporter;

/// A watcher over one act.
pub(super) struct Watch<'a> {
    reporter: &'a Reporter,
    checkpoints: AtomicU64,
}

impl<'a> Watch<'a> {
    pub(super) fn new(reporter: &'a Reporter) -> Self {
        Self { reporter, checkpoints: AtomicU64::new(0) }
    }
}

impl Monitor for Watch<'_> {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Progress(progress) => self.reporter.working(figures(&progress), None),
            Event::Checkpoint(_) => {
                let number = self.checkpoints.fetch_add(1, Ordering::Relaxed).saturating_add(1);
                self.reporter.checkpoint(u32::try_from(number).unwrap_or(u32::MAX));
            }
            Event::Fault(fault) => {
                let path = String::from_utf8_lossy(&fault.path).into_owned();
                self.reporter.fault(path, fault.message.clone());
            }
            Event::LeftOut { path, what } => {
                self.reporter.left_out(String::from_utf8_lossy(path).into_owned(), what.to_owned());
            }
        }
    }
}

impl Cancel for Watch<'_> {
    fn is_cancelled(&self) -> bool {
        self.reporter.is_stopped()
    }
}

fn figures(progress: &Progress) -> Figures {
    Figures {
        files: progress.files,
        folders: 0,
        others: progress.entries.saturating_sub(progress.files),
        bytes: progress.bytes,
        new_bytes: progress.new_bytes,
        stored_bytes: progress.stored_bytes,
        faults: 0,
    }
}
