//! Whether this engine can carry a policy out. Asked before anything is read or written: what is refused here
//! would otherwise be done in part, which looks like protection and is none.
//!
//! What waits for an engine stands in the IR, named by the compiler. `tests/carried.rs` holds the compiler's table to
//! what the acts, the sources and the repositories of this crate can do.

use mainstay_ir::{IndexMap, Ir, Name};

use super::Engine;
use crate::shape::{Shape, ShapeError};

/// A policy with something in it that this engine cannot carry out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CarryError {
    /// A construct.
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
    /// Every workflow cut into acts, or the first reason why this engine cannot carry the policy out.
    ///
    /// # Errors
    /// See [`CarryError`].
    pub fn shapes(&self) -> Result<IndexMap<Name, Shape>, CarryError> {
        shapes_of(&self.config.ir)
    }
}

/// Every workflow of a policy cut into acts, or the first reason why this engine cannot carry it out.
///
/// # Errors
/// See [`CarryError`].
pub(crate) fn shapes_of(ir: &Ir) -> Result<IndexMap<Name, Shape>, CarryError> {
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
