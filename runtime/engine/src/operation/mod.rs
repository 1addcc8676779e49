//! What the engine is asked to do. Each answers with data; nothing is printed.

mod carried;
mod choose;
mod doubts;
mod found;
mod guard;
mod history;
mod memory;
mod plan;
mod repository;
mod restore;
mod retain;
mod run;
mod shelves;
mod snapshots;
mod status;
mod verify;

use std::sync::Arc;

use mainstay_ir::Name;

use crate::config::EngineConfig;
use crate::outside::access::Repositories;

pub use carried::CarryError;
pub(crate) use carried::shapes_of;
pub use guard::{Forced, Guard, NoGuard};
pub use memory::StateError;
pub use plan::PlanError;
pub use repository::RepoInitError;
pub use restore::RestoreError;
pub use retain::RetainError;
pub use run::RunError;
pub use verify::VerifyError;

/// The engine over one policy. Making one reads and writes nothing.
pub struct Engine {
    config: EngineConfig,
    hash: String,
}

impl Engine {
    /// Over a policy and its surroundings.
    pub fn new(config: EngineConfig) -> Self {
        let hash = config.ir.hash().to_string();
        Self { config, hash }
    }

    /// The hash of the policy's IR.
    pub fn policy_hash(&self) -> &str {
        &self.hash
    }

    /// What it was given.
    pub fn config(&self) -> &EngineConfig {
        &self.config
    }

    fn now_ms(&self) -> i64 {
        self.config.clock.now().0
    }

    fn repositories(&self) -> Repositories {
        Repositories::new(Arc::clone(&self.config.ir), self.config.clone())
    }

    /// The repository that is named, or all that some step stores into; all of the policy where no step stores
    /// anything: on the machine where everything is brought back, nothing is.
    fn repos_in_question(&self, named: Option<&Name>) -> Vec<Name> {
        if let Some(named) = named {
            return vec![named.clone()];
        }
        let copies = self.config.ir.copies();
        let is_asked = |repo: &&Name| copies.is_empty() || copies.iter().any(|copy| copy.repo == *repo);
        self.config.ir.repos.keys().filter(is_asked).cloned().collect()
    }
}

#[cfg(test)]
pub(crate) mod tests;
