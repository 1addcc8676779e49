//! The verbs: a file for each.

mod check;
mod compile;
mod completions;
mod diff;
mod doc;
mod explain;
mod fmt;
mod history;
mod key;
mod lsp;
mod man;
mod plan;
mod repo;
mod restore;
mod retain;
mod run;
mod schema;
mod snapshots;
mod status;
mod test;
mod verify;
mod version;

use clap::Subcommand;

use crate::context::Context;
use crate::error::Failure;
use crate::exit::Exit;

/// The verbs. What the help says of each stands with its arguments.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "a comment here would hide the one of the arguments from the help")]
pub enum Command {
    Check(check::Check),
    Fmt(fmt::Fmt),
    Test(test::Test),
    Compile(compile::Compile),
    Diff(diff::Diff),
    Plan(plan::Plan),
    Run(run::Run),
    Restore(restore::Restore),
    #[command(visible_alias = "ls")]
    Snapshots(snapshots::Snapshots),
    Verify(verify::Verify),
    Retain(retain::Retain),
    Status(status::Status),
    History(history::History),
    Repo(repo::Repo),
    Key(key::Key),
    Explain(explain::Explain),
    Doc(doc::Doc),
    Lsp(lsp::Lsp),
    Schema(schema::Schema),
    Completions(completions::Completions),
    Man(man::Man),
    Version(version::Version),
}

/// Runs one.
pub fn run(command: &Command, context: &Context) -> Result<Exit, Failure> {
    match command {
        Command::Check(args) => check::run(args, context),
        Command::Fmt(args) => fmt::run(args, context),
        Command::Test(args) => test::run(args, context),
        Command::Compile(args) => compile::run(args, context),
        Command::Diff(args) => diff::run(args, context),
        Command::Plan(args) => plan::run(args, context),
        Command::Run(args) => run::run(args, context),
        Command::Restore(args) => restore::run(args, context),
        Command::Verify(args) => verify::run(args, context),
        Command::Retain(args) => retain::run(args, context),
        Command::Snapshots(args) => snapshots::run(args, context),
        Command::Status(args) => status::run(args, context),
        Command::History(args) => history::run(args, context),
        Command::Repo(args) => repo::run(args, context),
        Command::Key(args) => key::run(args, context),
        Command::Explain(args) => explain::run(args, context),
        Command::Doc(args) => doc::run(args, context),
        Command::Lsp(args) => lsp::run(args, context),
        Command::Schema(args) => schema::run(args, context),
        Command::Completions(args) => completions::run(args, context),
        Command::Man(args) => man::run(args, context),
        Command::Version(args) => version::run(args, context),
    }
}
