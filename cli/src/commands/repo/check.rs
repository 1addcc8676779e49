use clap::Args;

use crate::context::Context;
use crate::engine::Session;
use crate::error::Failure;
use crate::exit::Exit;
use crate::report::{human, json as documents, machine};

/// Check a whole repository
///
/// Every object is there and of its size, every record is signed. What is damaged is put into quarantine when the key file is a full one:
/// later runs do not count on it and store it anew. Ends with 13 when something is damaged.
#[derive(Debug, Args)]
pub struct Check {
    /// Its name in the policy
    name: String,
    /// Read and decrypt all data, too
    #[arg(long)]
    read_data: bool,
    /// List everything that was found, not the first few
    #[arg(long)]
    full: bool,
}

/// Runs it.
pub fn run(args: &Check, context: &Context) -> Result<Exit, Failure> {
    let session = Session::working(context)?;
    session.knows_repo(Some(&args.name))?;
    let report = session.checked(session.engine.repo_check(&args.name, args.read_data))?;
    if context.globals.json {
        documents::document(context, &machine::document("repo_check", &report));
    } else {
        human::check(&report, &session.look(context, args.full)).iter().for_each(|line| context.print(line));
    }
    Ok(session.exit(if report.problems.is_empty() { Exit::Done } else { Exit::Mismatch }))
}
