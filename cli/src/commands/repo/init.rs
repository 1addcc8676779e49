use clap::Args;
use serde_json::json;

use crate::context::Context;
use crate::engine::Session;
use crate::error::Failure;
use crate::exit::Exit;
use crate::report::{human, json as documents};

/// Make a repository that the policy names, and its key file if that is missing.
#[derive(Debug, Args)]
pub struct Init {
    /// Its name in the policy
    name: String,
    /// Use the key file that is there; without this, a missing one is made
    #[arg(long)]
    existing_key: bool,
}

/// Runs it.
pub fn run(args: &Init, context: &Context) -> Result<Exit, Failure> {
    let session = Session::looking(context)?;
    session.knows_repo(Some(&args.name))?;
    let made = session.engine.repo_init(&args.name, !args.existing_key)?;
    if context.globals.json {
        documents::document(context, &json!({ "schema": "mainstay.created/1", "created": made }));
    } else {
        made.iter().flat_map(human::created).for_each(|line| context.print(line));
        if made.is_empty() {
            context.print(format!("the repository `{}` is there already: nothing was made", args.name));
        }
    }
    Ok(Exit::Done)
}
