use clap::Args;
use mainstay_engine::report::{SnapshotFilter, SnapshotsReport};

use crate::context::Context;
use crate::engine::{Session, exit_of_fault};
use crate::error::Failure;
use crate::exit::Exit;
use crate::failures;
use crate::report::{human, json as documents, machine};

/// List what is stored
///
/// Without `--all`, what this policy stored on this machine; of a source of which this machine has nothing, what the only other machine
/// has. Ends with 13 when a record cannot be read or a repository is behind what was seen of it.
#[derive(Debug, Args)]
pub struct Snapshots {
    /// Only of this source
    source: Option<String>,
    /// Only in this repository
    #[arg(long, value_name = "NAME")]
    repo: Option<String>,
    /// Also those of other policies and machines
    #[arg(long)]
    all: bool,
}

/// Runs it.
pub fn run(args: &Snapshots, context: &Context) -> Result<Exit, Failure> {
    let session = Session::looking(context)?;
    session.knows_source(args.source.as_deref())?;
    session.knows_repo(args.repo.as_deref())?;
    let filter = SnapshotFilter { source: args.source.clone(), repo: args.repo.clone(), all: args.all };
    let report = session.engine.snapshots(&filter)?;
    if context.globals.json {
        documents::document(context, &machine::document("snapshots", &report));
    } else {
        human::snapshots(&report, &session.look(context, true)).iter().for_each(|line| context.print(line));
    }
    let exit = report.fault.as_ref().map_or(Exit::Done, |(_, fault)| exit_of_fault(*fault));
    if let Some(failure) = failure(&report) {
        context.say(&failure);
    } else if !context.globals.json {
        let note =
            |(repo, why): &(String, String)| context.print(format!("note: not looked into: `{repo}`: {why}"));
        report.faults.iter().for_each(note);
    }
    Ok(exit)
}

/// What could not be read and may hide something.
fn failure(report: &SnapshotsReport) -> Option<Failure> {
    let (repo, fault) = report.fault.as_ref()?;
    let mut messages = report.faults.iter().map(|(repo, why)| message(repo, why));
    let mine = report.faults.iter().position(|(of, _)| of == repo).and_then(|at| messages.nth(at))?;
    let failure = failures::of_repo(*fault, Some(repo), mine.clone());
    let others = report.faults.iter().map(|(repo, why)| message(repo, why)).filter(|other| *other != mine);
    let failure = others.take(human::CONCISE).fold(failure, Failure::because);
    Some(
        failure.safe(
            "all snapshots that are listed can be restored, as far as nothing says that they are damaged",
        ),
    )
}

fn message(repo: &str, why: &str) -> String {
    format!("repo `{repo}`: {why}")
}
