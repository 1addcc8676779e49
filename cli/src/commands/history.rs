use clap::Args;

use crate::context::Context;
use crate::engine::Session;
use crate::error::Failure;
use crate::exit::Exit;
use crate::report::{human, json as documents, machine};

/// Show what ran, the newest first
///
/// With the steps that did not end well, or with all of them.
#[derive(Debug, Args)]
pub struct History {
    /// How many runs
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
    /// All steps of each run
    #[arg(long)]
    full: bool,
}

/// Runs it.
pub fn run(args: &History, context: &Context) -> Result<Exit, Failure> {
    let session = Session::looking(context)?;
    let report = session.engine.history(args.limit)?;
    if context.globals.json {
        documents::document(context, &machine::document("history", &report));
    } else {
        human::history(&report, &session.look(context, args.full))
            .iter()
            .for_each(|line| context.print(line));
    }
    Ok(Exit::Done)
}
