//! Key files.

mod check;
mod list;
mod new;

use clap::{Args, Subcommand};

use crate::context::Context;
use crate::error::Failure;
use crate::exit::Exit;

/// Make and look at key files.
#[derive(Debug, Args)]
pub struct Key {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    New(new::New),
    List(list::List),
    Check(check::Check),
}

/// Runs it.
pub fn run(args: &Key, context: &Context) -> Result<Exit, Failure> {
    match &args.act {
        Act::New(args) => new::run(args, context),
        Act::List(args) => list::run(args, context),
        Act::Check(args) => check::run(args, context),
    }
}
