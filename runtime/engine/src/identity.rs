//! Who a run is.

use mainstay_ir::Ir;
use mainstay_journal::RunId;

/// Keeps these hashes apart from all others.
const CONTEXT: &str = "mainstay 2026 run identity";

/// The identity of a run: a hash over policy, workflow, slot time in UTC and params. A repeated start for one
/// slot is the same run, and makes no second copy.
pub(crate) fn run_id(ir: &Ir, workflow: &str, slot_ms: i64) -> RunId {
    Identity::of(ir, workflow).at(slot_ms)
}

/// What the identities of all runs of a workflow have in common.
#[derive(Debug, Clone)]
pub(crate) struct Identity(blake3::Hasher);

impl Identity {
    pub(crate) fn of(ir: &Ir, workflow: &str) -> Self {
        let params = serde_json::to_vec(&ir.params).unwrap_or_default();
        let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
        for part in [ir.policy.as_bytes(), workflow.as_bytes(), &params] {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        Self(hasher)
    }

    pub(crate) fn at(&self, slot_ms: i64) -> RunId {
        let mut hasher = self.0.clone();
        hasher.update(&slot_ms.to_le_bytes());
        RunId(*hasher.finalize().as_bytes())
    }
}
