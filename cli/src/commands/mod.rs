//! The verbs: a file for each.

mod completions;
mod explain;
mod man;
mod version;

use clap::Subcommand;

use crate::context::Context;
use crate::error::Failure;
use crate::exit::Exit;

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Explain a code of a diagnostic
    Explain(explain::Explain),
    /// Print completions for a shell
    Completions(completions::Completions),
    /// Print the manual pages
    Man(man::Man),
    /// Print the version
    Version(version::Version),
}

/// Runs one.
pub fn run(command: &Command, context: &Context) -> Result<Exit, Failure> {
    match command {
        Command::Explain(args) => explain::run(args, context),
        Command::Completions(args) => completions::run(args, context),
        Command::Man(args) => man::run(args, context),
        Command::Version(args) => version::run(args, context),
    }
}
