//! The snapshots of a repository.

use super::Repository;
use crate::format::manifest::{Manifest, Private, Public};
use crate::id::{SegmentId, SnapshotId};
use crate::keys::{Certificate, UnwrapError};
use crate::slots::{Published, ReadError, SlotFault, State};

/// A snapshot, as it was published.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Its name.
    pub id: SnapshotId,
    /// Both halves; the private one still sealed.
    pub manifest: Manifest,
    /// The private half, for who can open it.
    pub private: Option<Private>,
    /// Why not, if it should have opened.
    pub private_fault: Option<String>,
    /// Who signed it.
    pub certificate: Certificate,
    /// Segments of the index that its session made.
    pub segments: Vec<SegmentId>,
    /// Not forgotten, or held.
    pub in_force: bool,
    /// Under a hold.
    pub held: bool,
}

impl Snapshot {
    /// What anybody with K_map can see.
    pub fn public(&self) -> &Public {
        &self.manifest.public
    }
}

/// All snapshots, and what is wrong with the slots.
#[derive(Debug, Clone, Default)]
pub struct Snapshots {
    /// Sorted by source, then by start.
    pub list: Vec<Snapshot>,
    /// Damaged, deleted or unbelievable slots.
    pub faults: Vec<SlotFault>,
}

impl Repository {
    /// The whole snapshots in force; see [`Repository::all_snapshots`] for the others.
    ///
    /// # Errors
    /// [`ReadError`] if the store fails. Damage is no error: see [`Snapshots::faults`].
    pub fn snapshots(&self) -> Result<Snapshots, ReadError> {
        // Looked at before they are opened: those that were forgotten are most of them in the end.
        self.snapshots_if(|state, id, published| {
            let is_partial = published.commit().is_none_or(|commit| commit.manifest.public.partial);
            state.in_force(id) && !is_partial
        })
    }

    /// All published snapshots: checkpoints and forgotten ones too.
    ///
    /// # Errors
    /// [`ReadError`] if the store fails.
    pub fn all_snapshots(&self) -> Result<Snapshots, ReadError> {
        self.snapshots_if(|_, _, _| true)
    }

    fn snapshots_if(
        &self,
        is_meant: impl Fn(&State, &SnapshotId, &Published) -> bool,
    ) -> Result<Snapshots, ReadError> {
        let state = self.state()?;
        let meant = state.published().filter(|(id, published)| is_meant(&state, id, published));
        let list = meant.filter_map(|(id, published)| self.snapshot_of(&state, *id, published));
        let mut list: Vec<_> = list.collect();
        list.sort_by_key(|snapshot| {
            let public = snapshot.public();
            (public.source, public.started, snapshot.id)
        });
        Ok(Snapshots { list, faults: state.faults })
    }

    /// A snapshot of a state that was read before.
    pub fn snapshot_of(&self, state: &State, id: SnapshotId, published: &Published) -> Option<Snapshot> {
        let (commit, certificate) = (published.commit()?, published.certificate()?);
        let (private, private_fault) = match self.private_of(&commit.manifest) {
            Ok(private) => (private, None),
            Err(fault) => (None, Some(fault)),
        };
        Some(Snapshot {
            id,
            manifest: commit.manifest.clone(),
            private,
            private_fault,
            certificate: certificate.clone(),
            segments: commit.segments.clone(),
            in_force: state.in_force(&id),
            held: state.held.contains(&id),
        })
    }

    /// The private half: nothing for a writer, who cannot open it.
    fn private_of(&self, manifest: &Manifest) -> Result<Option<Private>, String> {
        if self.access.identities.is_empty() {
            return Ok(None);
        }
        let key = match self.open_key(&manifest.private.key) {
            Ok(key) => key,
            // A recipient that came later cannot open what was written before.
            Err(UnwrapError::NotForUs) => return Ok(None),
            Err(error) => return Err(error.to_string()),
        };
        manifest.private.open(self.family(), &key).map(Some).map_err(|error| error.to_string())
    }
}
