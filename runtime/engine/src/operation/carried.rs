//! Whether this engine can carry a policy out. Asked before anything is read or written: what is refused here
//! would otherwise be done in part, which looks like protection and is none.

use indexmap::IndexMap;
use mainstay_ir::{Constructed, Ir, Name, Value};

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
        if let Some((construct, holder)) = not_carried(ir) {
            return Err(CarryError::Waiting { construct, holder, others: 0 });
        }
        let shape = |(name, workflow)| Ok((Name::clone(name), Shape::of(ir, name, workflow)?));
        ir.workflows.iter().map(shape).collect()
    }
}

/// The first field of a thing whose meaning this engine does not know, and what holds it.
fn not_carried(ir: &Ir) -> Option<(String, String)> {
    let source = |(name, made): (&Name, &Constructed)| Some((of_source(made)?, format!("source {name}")));
    let repo = |(name, made): (&Name, &Constructed)| Some((of_repo(made)?, format!("repo {name}")));
    ir.sources.iter().find_map(source).or_else(|| ir.repos.iter().find_map(repo))
}

fn of_source(made: &Constructed) -> Option<String> {
    match (made.constructor.as_str(), made.fields.get("as"), made.fields.get("snapshot")) {
        ("command", Some(_), _) => Some("command as".to_owned()),
        ("files", _, Some(Value::Member(how))) if how != "best" && how != "none" => {
            Some(format!("files snapshot {how}"))
        }
        ("files" | "command", ..) => None,
        (other, ..) => Some(format!("source {other}")),
    }
}

fn of_repo(made: &Constructed) -> Option<String> {
    match (made.constructor.as_str(), made.fields.get("trust")) {
        ("local", Some(Value::List(trusted))) if !trusted.is_empty() => Some("repo trust".to_owned()),
        ("local", _) => None,
        (other, _) => Some(format!("repo {other}")),
    }
}
