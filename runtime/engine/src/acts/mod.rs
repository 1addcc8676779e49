//! The acts themselves: what the executor hands out, done over sources and repositories.

mod backup;
mod hook;
mod latest;
mod replicate;
mod retain;
mod shelf;
mod verify;
mod watch;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use mainstay_ir::Ir;
use mainstay_journal::{Class, Fault, Stored};
use mainstay_repo::id::{SessionId, SnapshotId};
use mainstay_repo::slots::Decided;

use crate::executor::{ActError, Acts, Decision, Done, Job, Reporter};
use crate::fault;
use crate::outside::access::{AccessError, Repositories};
use crate::outside::fields::Fields;
use crate::outside::secret::SecretError;
use crate::shape::ActKind;
use crate::state::Ledger;

pub(crate) use retain::{CLOCK_SLACK_MS, dated_ahead, forget, is_ahead, refuse_clock};
pub(crate) use shelf::{Shelf, heads_event};

/// Acts over the world that a policy names; runs that were begun under an older policy keep theirs.
pub(crate) struct WorldActs {
    /// By the hash of the policy.
    pub(crate) worlds: HashMap<String, Arc<Repositories>>,
    /// Where caches lie.
    pub(crate) caches: PathBuf,
    /// How far repositories were seen to have come before any of this began.
    pub(crate) ledger: Arc<Ledger>,
}

/// An act with its world.
pub(crate) struct Scene<'a> {
    pub(crate) job: &'a Job,
    pub(crate) world: &'a Repositories,
    pub(crate) reporter: &'a Reporter,
    pub(crate) caches: &'a PathBuf,
}

impl WorldActs {
    fn world(&self, hash: &str) -> Result<&Arc<Repositories>, ActError> {
        self.worlds
            .get(hash)
            .ok_or_else(|| failed(Fault::Policy, "the policy of this run is gone".to_owned()))
    }
}

impl Acts for WorldActs {
    fn act(&self, job: &Job, reporter: &Reporter) -> Result<Done, ActError> {
        let world = self.world(&job.policy_hash)?;
        say_phase(&job.act);
        let scene = Scene { job, world, reporter, caches: &self.caches };
        match &job.act {
            ActKind::Backup { source, repo, level, discover_ms, snapshot_ms, checkpoint_bytes } => scene
                .backup(backup::Backup {
                    source,
                    repo,
                    level: *level,
                    discover_ms: *discover_ms,
                    snapshot_ms: *snapshot_ms,
                    checkpoint_bytes: *checkpoint_bytes,
                }),
            ActKind::Replicate { to, .. } => scene.replicate(to),
            ActKind::Verify { sample_ppm, all_within_ms, .. } => scene.verify(*sample_ppm, *all_within_ms),
            ActKind::Check { repo, read_data } => scene.check(repo, *read_data),
            ActKind::Retain { keep, .. } => scene.retain(keep),
            ActKind::Latest { source, repo } => scene.latest(source, repo),
            ActKind::Hook { argv, with, skip_on } => scene.hook(argv, with, skip_on),
        }
    }

    fn decide(&self, job: &Decision) -> Result<Option<Stored>, ActError> {
        let world = self.world(&job.policy_hash)?;
        let repository = world.open(&job.repo)?;
        let (policy, host) = (&world.ir().policy, &world.config().host);
        // To decide is to write: not into a repository that another has taken the place of.
        Shelf::read(&repository, policy, host)?.refuse(self.ledger.heads(policy, &job.repo), &job.repo)?;
        let session: SessionId = job
            .session
            .parse()
            .map_err(|_| failed(Fault::Other, "the journal names no session".to_owned()))?;
        let decided = repository
            .decide(session)
            .map_err(|error| classed(fault::of_class(error.class()), error.to_string()))?;
        match decided {
            Decided::Final(snapshot) => {
                let shelf = Shelf::read(&repository, policy, host)?;
                Ok(shelf.stored(&job.repo, &snapshot, &world.ir().sources))
            }
            Decided::Aborted | Decided::Closed => Ok(None),
        }
    }
}

/// Which phase begins, for whoever breaks runs in the middle of one. A backup says itself in which it is.
fn say_phase(act: &ActKind) {
    if !matches!(act, ActKind::Backup { .. }) {
        tracing::trace!(target: "mainstay::phase", "{}", act.word());
    }
}

impl Scene<'_> {
    /// The same with its id.
    pub(crate) fn taken(&self) -> Result<(&Stored, SnapshotId), ActError> {
        let input = self.input()?;
        let id = input.snapshot.parse();
        let unknown = |_| failed(Fault::Other, "the id of the snapshot cannot be understood".to_owned());
        Ok((input, id.map_err(unknown)?))
    }

    /// The snapshot that this act takes.
    pub(crate) fn input(&self) -> Result<&Stored, ActError> {
        let missing = || failed(Fault::Other, "there is no snapshot to take".to_owned());
        self.job.input.as_ref().ok_or_else(missing)
    }
}

/// The free words of a source.
fn tags(ir: &Ir, source: &str) -> Vec<String> {
    let made = ir.sources.get(source);
    made.and_then(|made| Fields(made).texts("tags").ok()).unwrap_or_default()
}

/// It would fail the same way again.
pub(crate) fn failed(fault: Fault, reason: String) -> ActError {
    ActError::Failed { class: Class::Permanent, fault, reason }
}

/// Whether it would lies in the fault.
pub(crate) fn classed(fault: Fault, reason: String) -> ActError {
    ActError::Failed { class: fault::class_of(fault), fault, reason }
}

impl From<AccessError> for ActError {
    fn from(error: AccessError) -> Self {
        classed(error.fault(), error.to_string())
    }
}

impl From<SecretError> for ActError {
    fn from(error: SecretError) -> Self {
        failed(error.fault(), error.to_string())
    }
}
