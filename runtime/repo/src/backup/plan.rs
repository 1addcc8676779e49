//! What a backup's manifests say, known before its walk begins.

use mainstay_world::TimestampMs;

use super::run::BackupRequest;
use super::session::Session;
use super::walk::Walked;
use crate::format::TooLarge;
use crate::format::manifest::{Manifest, Private, Public, SealedPrivate};
use crate::format::node::{Content, NodeEntry};
use crate::id::{SnapshotId, SourceId};
use crate::keys::SessionKey;
use crate::repository::Repository;

/// What all manifests of one backup share.
pub(super) struct Plan<'a> {
    pub(super) repository: &'a Repository,
    pub(super) request: &'a BackupRequest,
    pub(super) key: &'a SessionKey,
    pub(super) source: SourceId,
    pub(super) started: TimestampMs,
    snapshot: SnapshotId,
    heads: Vec<SnapshotId>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(session: &Session<'a>, key: &'a SessionKey, request: &'a BackupRequest) -> Self {
        let repository = session.repository();
        let source = repository.chunk_keys().source(&request.policy, &request.source);
        Self {
            repository,
            request,
            key,
            source,
            started: repository.outside().clock.now(),
            snapshot: session.id(),
            heads: session.state.seen(&source),
        }
    }

    /// Of a tree that was walked, or of what is finished of it.
    pub(super) fn manifest(&self, walked: &Walked, partial: bool) -> Result<Manifest, TooLarge> {
        let mut binding = [0; 32];
        self.repository.outside().random.fill(&mut binding);
        let (family, nonce) = (self.repository.family(), self.repository.nonce());
        let private = SealedPrivate::seal(&self.private(walked), family, self.key, binding, nonce)?;
        Ok(Manifest { public: self.public(walked, partial), private })
    }

    fn private(&self, walked: &Walked) -> Private {
        let request = self.request;
        Private {
            policy: request.policy.clone(),
            source: request.source.clone(),
            host: request.host.clone(),
            workflow: request.workflow.clone(),
            step: request.step.clone(),
            roots: request.roots.clone(),
            policy_hash: request.policy_hash,
            tags: request.tags.clone(),
            top: NodeEntry { content: Content::default(), ..walked.top.clone() },
            faults: walked.faults.clone(),
        }
    }

    fn public(&self, walked: &Walked, partial: bool) -> Public {
        let repository = self.repository;
        Public {
            snapshot: self.snapshot,
            source: self.source,
            host: repository.chunk_keys().host(&self.request.host),
            started: self.started,
            ended: repository.outside().clock.now(),
            kind: self.request.kind,
            root: walked.top.content.clone(),
            counts: walked.counts,
            whole: walked.whole && !partial,
            partial,
            run_id: self.request.run_id,
            parents: walked.parent.into_iter().collect(),
            heads: self.heads.clone(),
            chunker: repository.chunker(),
            domain: repository.signer().certificate().domain,
            replicated_from: None,
        }
    }
}
