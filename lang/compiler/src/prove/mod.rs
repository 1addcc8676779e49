//! What a policy promises is proved while it compiles, over twenty years of the calendar.
//!
//! The proofs see the IR and where its parts stand in the text, never the syntax tree: a policy that was
//! compiled means the same to them as to the engine. Each broken promise is one diagnostic, with the promise
//! and what breaks it, a counter-example, and a value that would keep it.

mod assumed;
mod chains;
mod copies;
mod deleters;
pub(crate) mod effective;
mod facts;
pub(crate) mod fields;
mod graph;
mod in_place;
mod lock;
pub(crate) mod policy;
pub(crate) mod pools;
mod report;
mod retention;
mod rpo;
mod sandboxes;
mod suggest;
mod timing;

pub use deleters::deleters;
pub use facts::{CopyFacts, DrillFacts, Facts, Worst, facts, facts_with};

use mainstay_diagnostics::Diagnostic;
use mainstay_ir::Ir;

use crate::Places;
use policy::Policy;
use report::Report;

/// Proves what the policy promises; gives what it cannot prove, and warnings about times.
pub fn prove(ir: &Ir, places: &Places) -> Vec<Diagnostic> {
    prove_policy(&Policy::new(ir, places))
}

/// The same of a policy whose flows and times are known.
pub(crate) fn prove_policy(policy: &Policy<'_>) -> Vec<Diagnostic> {
    let mut report = Report::default();
    graph::check(policy, &mut report);
    timing::check(policy, &mut report);
    rpo::check(policy, &mut report);
    retention::check(policy, &mut report);
    lock::check(policy, &mut report);
    in_place::check(policy, &mut report);
    copies::check(policy, &mut report);
    chains::check(policy, &mut report);
    pools::check(policy, &mut report);
    sandboxes::check(policy, &mut report);
    report.finish()
}

#[cfg(test)]
mod tests;
