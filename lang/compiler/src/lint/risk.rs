//! Risks that real incidents were made of, found on the IR: what compiles, and may still cost the data.
//!
//! A lint that speaks about promises looks at workflows `for` an objective only. Each of them keeps silent where
//! it cannot know.

mod promises;
mod sources;
mod workflows;

use mainstay_diagnostics::Diagnostic;
use mainstay_ir::Ir;

use crate::Places;
use crate::prove::policy::Policy;

/// All risks of a policy, in no order.
pub(crate) fn risks(ir: &Ir, places: &Places) -> Vec<Diagnostic> {
    let policy = Policy::new(ir, places);
    let mut found = Vec::new();
    sources::look(&policy, &mut found);
    promises::look(&policy, &mut found);
    workflows::look(&policy, &mut found);
    found
}
