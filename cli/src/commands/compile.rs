use clap::{Args, ValueEnum};
use mainstay_compiler::prove;
use serde_json::json;

use crate::context::Context;
use crate::error::Failure;
use crate::exit::Exit;
use crate::policy;
use crate::report::{facts, json as documents};

/// Print the compiled policy as JSON, or what was proved of it
///
/// `mainstay schema ir` describes the policy. It holds no secret.
#[derive(Debug, Args)]
pub struct Compile {
    /// Print only the hash that names this policy in the history
    #[arg(long, conflicts_with = "emit")]
    hash: bool,
    /// What to print
    #[arg(long, value_name = "WHAT", value_enum, default_value_t)]
    emit: Emit,
}

/// What came of a compilation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Emit {
    /// The policy, as the engine reads it.
    #[default]
    Ir,
    /// Each copy: how old it can be at the worst moment, and why; what its repository keeps; who can delete it.
    Facts,
}

/// Runs it.
pub fn run(args: &Compile, context: &Context) -> Result<Exit, Failure> {
    let policy = policy::load(context)?;
    match (args.emit, args.hash, context.globals.json) {
        (Emit::Facts, _, true) => {
            documents::document(context, &facts::document(&prove::facts(&policy.ir)));
        }
        (Emit::Facts, _, false) => {
            facts::lines(&prove::facts(&policy.ir)).iter().for_each(|line| context.print(line));
        }
        (Emit::Ir, true, true) => {
            documents::document(
                context,
                &json!({ "schema": "mainstay.hash/1", "hash": policy.ir.hash().to_string() }),
            );
        }
        (Emit::Ir, true, false) => context.print(policy.ir.hash().to_string()),
        (Emit::Ir, false, _) => context.print_raw(&policy.ir.to_json()),
    }
    Ok(Exit::Done)
}
