use clap::{Args, ValueEnum};

use crate::context::Context;
use crate::error::Failure;
use crate::exit::Exit;
use crate::report::json as documents;

/// Print the JSON schema of something that Mainstay writes.
#[derive(Debug, Args)]
pub struct Schema {
    /// Of what
    #[arg(value_enum)]
    what: What,
}

/// What has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// The compiled policy
    Ir,
}

/// Runs it.
pub fn run(args: &Schema, context: &Context) -> Result<Exit, Failure> {
    match args.what {
        What::Ir => documents::document(context, &mainstay_ir::schema()),
    }
    Ok(Exit::Done)
}
