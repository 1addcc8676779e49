//! What a change of a policy does to the protection: stronger, weaker, or neither, and why.
//!
//! [`diff`] is a pure function of two IRs. Names that moved are replaced first; then every field is compared under its
//! rule in the table, and what is copied when and where is simulated with each single failure. Reordering, comments
//! and docs are nothing. What is both stronger and weaker is weaker.

mod behind;
mod blocks;
mod change;
mod closes;
mod copies;
mod flows;
mod judge;
mod labels;
mod locks;
mod machines;
mod made;
mod pairs;
mod renames;
pub mod restorable;
mod seldom;
mod settle;
mod short;
mod steps;
mod table;
#[cfg(test)]
mod tests;
mod timing;
mod walk;
mod work;

use mainstay_ir::Ir;

use crate::words;

pub use change::{Change, Difference, Facet, Strength};
use walk::Walk;

/// Compares two policies.
pub fn diff(old: &Ir, new: &Ir) -> Difference {
    let hashes = (old.hash(), new.hash());
    let (old, renamed) = renames::renamed(old, new);
    let mut walk = Walk::default();
    walk.declarations(&old, new, &renamed);
    work::compare(&mut walk, &old, new);
    copies::compare(&mut walk, &old, new);
    let mut changes = walk.changes;
    changes.sort_by_key(|change| (change.strength, change.facet));
    Difference { old: hashes.0, new: hashes.1, changes }
}

/// The old policy under the names that the new one says have moved.
pub fn as_moved(old: &Ir, new: &Ir) -> Ir {
    renames::renamed(old, new).0
}
