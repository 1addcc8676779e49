use std::path::PathBuf;

use clap::{Args, CommandFactory};

use crate::context::Context;
use crate::error::Failure;
use crate::exit::Exit;
use crate::options::CommandLine;

/// Print the manual page, or write one for each verb into a folder.
#[derive(Debug, Args)]
pub struct Man {
    /// The folder for the pages; it must exist
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
}

/// Runs it.
pub fn run(args: &Man, context: &Context) -> Result<Exit, Failure> {
    let Some(folder) = &args.into else {
        context.print_raw(&String::from_utf8_lossy(&page(CommandLine::command())?));
        return Ok(Exit::Done);
    };
    clap_mangen::generate_to(CommandLine::command(), folder).map_err(|error| {
        Failure::new(Exit::Failed, format!("cannot write to `{}`", folder.display())).because(error)
    })?;
    Ok(Exit::Done)
}

fn page(command: clap::Command) -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut text)
        .map_err(|error| Failure::new(Exit::Failed, "cannot write the manual page").because(error))?;
    Ok(text)
}
