//! The manual of a policy: one page, made from the IR, what was proved, and what its authors wrote.
//!
//! Everything that stands in it is a text that the template escapes; no part of it is put together as markup.

mod graph;
mod model;
mod prose;
#[cfg(test)]
mod tests;
mod things;
mod when;
mod work;

use std::collections::HashMap;

use askama::Template as _;
use jiff::Timestamp;
use mainstay_ir::Ir;

/// The `///` lines of declarations, by their names in the IR.
pub type Docs = HashMap<String, Vec<String>>;

/// The page.
///
/// # Errors
/// When the template fails, which would be a bug.
pub fn page(ir: &Ir, docs: &Docs, now: Timestamp) -> Result<String, askama::Error> {
    model::Manual::of(ir, docs, now).render()
}
