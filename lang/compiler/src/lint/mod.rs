//! What compiles, and is still worth a word; and the silencers, which need a reason.

mod risk;
mod silence;
mod unused;

use mainstay_diagnostics::Diagnostic;

use crate::check::Checked;
use crate::resolve::Program;

pub(crate) use risk::risks;
pub(crate) use silence::silence;

/// All lints over a checked program.
pub(crate) fn lint(program: &Program, checked: &Checked) -> Vec<Diagnostic> {
    unused::unused(program, checked)
}
