use clap::Args;

use crate::context::Context;
use crate::error::Failure;
use crate::exit::Exit;
use crate::failures;
use crate::report::{json as documents, schemas};

/// Print the JSON schema of something that Mainstay writes.
///
/// A document names its schema in its `schema` field: `mainstay.status/1` is `mainstay schema status`. `run` is the schema of one
/// line of the stream, `end` of its last line, which is also all that a verb prints that ended without its result.
#[derive(Debug, Args)]
pub struct Schema {
    /// Of what; without it, all names are listed
    name: Option<String>,
}

/// Runs it.
pub fn run(args: &Schema, context: &Context) -> Result<Exit, Failure> {
    let known = || schemas::ALL.iter().map(|(name, _)| *name);
    let Some(name) = &args.name else {
        known().for_each(|name| context.print(name));
        return Ok(Exit::Done);
    };
    let schema = schemas::find(name).ok_or_else(|| failures::unknown("schema", name, known()))?;
    documents::document(context, &schema);
    Ok(Exit::Done)
}
