//! A journal in memory, for tests, simulation and reading where no state is kept yet.

use std::collections::BTreeMap;

use crate::journal::{AppendError, Journal, ReadError, Record};
use crate::{Event, Seq};

/// Forgets everything with the process.
#[derive(Debug, Clone, Default)]
pub struct MemoryJournal {
    records: Vec<Record>,
    policies: BTreeMap<String, String>,
}

impl MemoryJournal {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Journal for MemoryJournal {
    fn head(&self) -> Seq {
        self.records.last().map(|record| record.seq).unwrap_or_default()
    }

    fn append(&mut self, expected: Seq, at_ms: i64, events: &[Event]) -> Result<Seq, AppendError> {
        let found = self.head();
        if found != expected {
            return Err(AppendError::Moved { expected: expected.0, found: found.0 });
        }
        for event in events {
            let seq = self.head().next();
            self.records.push(Record { seq, at_ms, event: event.clone() });
        }
        Ok(self.head())
    }

    fn read(&self, after: Seq) -> Result<Vec<Record>, ReadError> {
        Ok(self.records.iter().filter(|record| record.seq > after).cloned().collect())
    }

    fn pin(&mut self, hash: &str, ir: &str) -> Result<(), AppendError> {
        self.policies.entry(hash.to_owned()).or_insert_with(|| ir.to_owned());
        Ok(())
    }

    fn pinned(&self, hash: &str) -> Result<Option<String>, ReadError> {
        Ok(self.policies.get(hash).cloned())
    }
}
