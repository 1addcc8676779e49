//! Risks that real incidents were made of: what compiles, and may still cost the data.
//!
//! Most are found on the IR, a few on what was written. A lint that speaks about promises looks at workflows `for` an
//! objective only. Each of them keeps silent where it cannot know.

mod approvals;
mod brackets;
mod chains;
mod copies;
mod lines;
mod nothing;
mod pools;
mod promises;
mod sources;
mod workflows;

use mainstay_diagnostics::Diagnostic;

use super::walk;
use crate::prove::policy::Policy;
use crate::resolve::Program;

/// All risks of a policy, in no order.
pub(crate) fn risks(program: &Program, policy: &Policy<'_>) -> Vec<Diagnostic> {
    let written = walk::workflows(program, policy.ir);
    let mut found = Vec::new();
    sources::look(policy, &mut found);
    chains::look(policy, &mut found);
    copies::look(policy, &mut found);
    promises::look(policy, &mut found);
    approvals::look(policy, &mut found);
    workflows::look(policy, &mut found);
    lines::look(policy, &written, &mut found);
    brackets::look(policy, &written, &mut found);
    pools::look(program, &mut found);
    found.extend(nothing::look(program, policy));
    found
}
