use clap::Args;

use crate::context::Context;
use crate::engine::Session;
use crate::error::Failure;
use crate::exit::Exit;
use crate::failures;
use crate::report::{human, json as documents, machine};

/// Show what a repository says of itself.
#[derive(Debug, Args)]
pub struct Info {
    /// Its name in the policy
    name: String,
}

/// Runs it.
pub fn run(args: &Info, context: &Context) -> Result<Exit, Failure> {
    let session = Session::looking(context)?;
    session.knows_repo(Some(&args.name))?;
    let report = session
        .engine
        .repo_info(&args.name)
        .map_err(|error| failures::of_repo(error.fault(), Some(&args.name), error.to_string()))?;
    if context.globals.json {
        documents::document(context, &machine::document("repo_info", &report));
    } else {
        human::repository(&report, &session.look(context, false)).iter().for_each(|line| context.print(line));
    }
    Ok(Exit::Done)
}
