//! Repositories by hand.

mod check;
mod info;
mod init;

use clap::{Args, Subcommand};

use crate::context::Context;
use crate::error::Failure;
use crate::exit::Exit;

/// Make, look at and check repositories.
#[derive(Debug, Args)]
pub struct Repo {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    Init(init::Init),
    Info(info::Info),
    Check(check::Check),
}

/// Runs it.
pub fn run(args: &Repo, context: &Context) -> Result<Exit, Failure> {
    match &args.act {
        Act::Init(args) => init::run(args, context),
        Act::Info(args) => info::run(args, context),
        Act::Check(args) => check::run(args, context),
    }
}
