//! The command line of Mainstay: a file for each verb in [`commands`], what they print in [`report`], the exit
//! codes in [`exit`], the real outside in [`world`].

pub mod commands;
pub mod context;
pub mod engine;
pub mod error;
pub mod exit;
pub mod failures;
pub mod options;
pub mod params;
pub mod policy;
pub mod report;
pub mod suggest;
pub mod trial;
pub mod world;

use std::process::ExitCode;

use clap::Parser;

use context::Context;
use options::CommandLine;

/// The program: reads the command line and the environment, runs one verb, ends with its exit code.
pub fn main() -> ExitCode {
    report::panics::install();
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(error) => return report::usage::show(&error).into(),
    };
    let context = Context::new(line.globals, world::Environment::read());
    context.start_log();
    let exit = match commands::run(&line.command, &context) {
        Ok(exit) => exit,
        Err(failure) => context.fail(&failure),
    };
    context.finish(exit).into()
}
