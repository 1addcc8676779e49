//! What compiles, and is still worth a word; and the silencers, which need a reason.

mod dates;
mod edits;
mod effect;
mod implied;
mod line;
mod risk;
mod silence;
#[cfg(test)]
mod tests;
mod unused;
mod walk;

use mainstay_diagnostics::Diagnostic;

use crate::check::Checked;
use crate::prove::policy::Policy;
use crate::resolve::Program;

pub use dates::{Dated, Day};
pub(crate) use dates::{exemptions, silencers};
pub(crate) use silence::silence;

/// All lints over a checked program and what it was lowered to.
pub(crate) fn lint(program: &Program, checked: &Checked, policy: &Policy<'_>) -> Vec<Diagnostic> {
    let mut found = unused::unused(program, checked);
    found.extend(implied::look(program, policy.ir));
    found.extend(line::look(policy));
    found.extend(effect::look(policy));
    found.extend(risk::risks(program, policy));
    found
}
