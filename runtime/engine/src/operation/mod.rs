//! What the engine is asked to do. Each answers with data; nothing is printed.

mod history;
mod memory;
mod plan;
mod repository;
mod restore;
mod retain;
mod run;
mod snapshots;
mod status;
mod verify;

use std::sync::Arc;

use indexmap::IndexMap;
use mainstay_ir::Name;

use crate::config::EngineConfig;
use crate::outside::access::Repositories;
use crate::shape::{Shape, ShapeError};

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

/// A policy with something in it that this engine cannot carry out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CarryError {
    /// The compiler says so.
    #[error("{construct} in {holder} cannot be carried out yet{more}", more = more(*others))]
    Waiting {
        /// `bracket`, `repo s3`, ...
        construct: String,
        /// `workflow continuous`, ...
        holder: String,
        /// How many more there are.
        others: usize,
    },
    /// A stage, a verb or an argument.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// The IR is of a newer format.
    #[error("the policy was compiled to format {found}; this engine knows formats up to {known}", known = mainstay_ir::FORMAT)]
    Newer {
        /// Its format.
        found: u32,
    },
}

fn more(others: usize) -> String {
    if others == 0 { String::new() } else { format!(" (and {others} more)") }
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

    /// Every workflow cut into acts, or the first reason why this engine cannot carry the policy out. Asked
    /// before anything is read or written.
    ///
    /// # Errors
    /// See [`CarryError`].
    pub fn shapes(&self) -> Result<IndexMap<Name, Shape>, CarryError> {
        let ir = &self.config.ir;
        if ir.format > mainstay_ir::FORMAT {
            return Err(CarryError::Newer { found: ir.format });
        }
        if let Some(waiting) = ir.waiting.first() {
            return Err(CarryError::Waiting {
                construct: waiting.construct.clone(),
                holder: waiting.holder.clone(),
                others: ir.waiting.len().saturating_sub(1),
            });
        }
        let shape = |(name, workflow)| Ok((Name::clone(name), Shape::of(ir, name, workflow)?));
        ir.workflows.iter().map(shape).collect()
    }

    /// The repository that is named, or all that some step stores into.
    fn repos_in_use(&self, named: Option<&Name>) -> Vec<Name> {
        if let Some(named) = named {
            return vec![named.clone()];
        }
        let copies = self.config.ir.copies();
        let is_used = |repo: &&Name| copies.iter().any(|copy| copy.repo == *repo);
        self.config.ir.repos.keys().filter(is_used).cloned().collect()
    }
}

#[cfg(test)]
mod tests;
