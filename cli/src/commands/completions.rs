use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::context::Context;
use crate::error::Failure;
use crate::exit::Exit;
use crate::options::CommandLine;

/// Print completions for a shell.
///
/// For bash: `mainstay completions bash > /etc/bash_completion.d/mainstay`
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Runs it.
pub fn run(args: &Completions, context: &Context) -> Result<Exit, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut CommandLine::command(), "mainstay", &mut text);
    context.print_raw(&String::from_utf8_lossy(&text));
    Ok(Exit::Done)
}
