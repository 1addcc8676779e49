//! What could not be had, kept for the report.

use std::sync::{Arc, Mutex, PoisonError};

use mainstay_engine::{Monitor, Progress};

/// More are counted, not kept: a tree that nobody may read must not fill the memory.
const KEPT: usize = 10_000;

/// Faults of a run, in the order in which they were met.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Vec<(String, String, String)>>>);

impl Faults {
    /// Step, path and what was wrong.
    pub fn all(&self) -> Vec<(String, String, String)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Monitor for Faults {
    fn event(&self, event: &Progress) {
        let Progress::Fault { step, path, message } = event else { return };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT {
            kept.push((step.clone(), path.clone(), message.clone()));
        }
    }
}
