use clap::Args;
use serde_json::json;

use crate::context::Context;
use crate::error::Failure;
use crate::exit::Exit;
use crate::policy;
use crate::report::json as documents;

/// Print the compiled policy as JSON
///
/// `mainstay schema ir` describes it. It holds no secret.
#[derive(Debug, Args)]
pub struct Compile {
    /// Print only the hash that names this policy in the history
    #[arg(long)]
    hash: bool,
}

/// Runs it.
pub fn run(args: &Compile, context: &Context) -> Result<Exit, Failure> {
    let policy = policy::load(context)?;
    match (args.hash, context.globals.json) {
        (true, true) => {
            documents::document(
                context,
                &json!({ "schema": "mainstay.hash/1", "hash": policy.ir.hash().to_string() }),
            );
        }
        (true, false) => context.print(policy.ir.hash().to_string()),
        (false, _) => context.print_raw(&policy.ir.to_json()),
    }
    Ok(Exit::Done)
}
