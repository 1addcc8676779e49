//! What is remembered in the state folder.

use std::collections::HashSet;
use std::sync::Arc;

use mainstay_ir::{Ir, Name};
use mainstay_journal::{
    AppendError, Event, Fault, FolderError, Journal, MemoryJournal, OpenError, ReadError, Record, RunId, Seq,
    SqliteJournal, StateFolder,
};

use super::Engine;
use crate::shape::Shape;
use crate::state::{Shapes, State, apply};

/// Why the state folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// It cannot be opened: in use, newer, foreign, damaged, unreadable.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The journal cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The journal cannot be written.
    #[error(transparent)]
    Append(#[from] AppendError),
}

impl StateError {
    /// Whether another process holds the state folder.
    pub fn is_in_use(&self) -> bool {
        matches!(self, Self::Open(OpenError::Folder(FolderError::InUse(_))))
    }

    /// Whether there is no room for it.
    pub fn is_full(&self) -> bool {
        match self {
            Self::Open(OpenError::Folder(FolderError::Io { error, .. })) => {
                crate::fault::of_io(error) == Fault::NoSpace
            }
            Self::Open(OpenError::Read(ReadError::NoSpace { .. })) => true,
            Self::Read(ReadError::NoSpace { .. }) | Self::Append(AppendError::NoSpace { .. }) => true,
            _ => false,
        }
    }

    /// Whether another version wrote the journal, in a form that this one does not know.
    pub fn is_another_format(&self) -> bool {
        matches!(
            self,
            Self::Open(OpenError::Newer { .. } | OpenError::Read(ReadError::Unknown { .. }))
                | Self::Read(ReadError::Unknown { .. })
        )
    }

    /// Whether the journal is not what was written.
    pub fn is_damage(&self) -> bool {
        matches!(
            self,
            Self::Open(OpenError::Read(ReadError::Damaged { .. })) | Self::Read(ReadError::Damaged { .. })
        )
    }
}

impl From<FolderError> for StateError {
    fn from(error: FolderError) -> Self {
        Self::Open(error.into())
    }
}

/// The journal and what it says.
pub(super) struct Memory {
    pub(super) journal: Box<dyn Journal>,
    pub(super) records: Vec<Record>,
}

impl Engine {
    /// Takes the state folder for this process alone.
    pub(super) fn take_memory(&self) -> Result<Memory, StateError> {
        let journal = SqliteJournal::open(StateFolder::take(&self.config.state)?)?;
        let records = journal.read(Seq(0))?;
        Ok(Memory { journal: Box::new(journal), records })
    }

    /// Looks at what is remembered, beside whoever runs. Nothing is made.
    pub(super) fn look_at_memory(&self) -> Result<Memory, StateError> {
        let journal: Box<dyn Journal> = match SqliteJournal::open_to_read(&self.config.state)? {
            Some(journal) => Box::new(journal),
            None => Box::new(MemoryJournal::new()),
        };
        let records = journal.read(Seq(0))?;
        Ok(Memory { journal, records })
    }
}

impl Memory {
    /// The state, with the shapes of all runs of a policy that can still be had.
    pub(super) fn state(&self, policy: &str) -> Result<State, StateError> {
        let mut shapes = Shapes::new();
        for (hash, workflow) in self.runs_of(policy) {
            if let Some(shape) = self.pinned(&hash)?.and_then(|ir| shape(&ir, &workflow)) {
                shapes.insert((hash, workflow), Arc::new(shape));
            }
        }
        Ok(self.fold(shapes))
    }

    /// The state, with these shapes and no others.
    pub(super) fn fold(&self, shapes: Shapes) -> State {
        let mut state = State::new(shapes);
        self.records.iter().for_each(|record| apply(&mut state, record));
        state
    }

    fn runs_of(&self, policy: &str) -> HashSet<(String, Name)> {
        let of_it = |record: &Record| match &record.event {
            Event::RunStarted { policy: of, policy_hash, workflow, .. } if of == policy => {
                Some((policy_hash.clone(), workflow.clone()))
            }
            _ => None,
        };
        self.records.iter().filter_map(of_it).collect()
    }

    /// A policy that a run keeps.
    pub(super) fn pinned(&self, hash: &str) -> Result<Option<Ir>, StateError> {
        let json = self.journal.pinned(hash)?;
        Ok(json.and_then(|json| Ir::read(json.as_bytes()).ok()))
    }

    /// Runs of a policy that have not ended: identity, hash and workflow, in the order of their starts.
    pub(super) fn open_runs(&self, policy: &str) -> Vec<(RunId, String, Name)> {
        let mut open: Vec<(RunId, String, Name)> = Vec::new();
        let mut seen: Vec<(RunId, String, Name)> = Vec::new();
        for record in &self.records {
            match &record.event {
                Event::RunStarted { run, policy: of, policy_hash, workflow, .. } if of == policy => {
                    seen.push((*run, policy_hash.clone(), workflow.clone()));
                    open.extend(seen.last().cloned());
                }
                Event::RunResumed { run, .. } => {
                    let is_new = open.iter().all(|(id, ..)| id != run);
                    open.extend(seen.iter().find(|(id, ..)| is_new && id == run).cloned());
                }
                Event::RunEnded { run, .. } => open.retain(|(id, ..)| id != run),
                _ => {}
            }
        }
        open
    }
}

/// A workflow of a policy, cut into acts.
pub(super) fn shape(ir: &Ir, workflow: &str) -> Option<Shape> {
    Shape::of(ir, workflow, ir.workflows.get(workflow)?).ok()
}
