use clap::Args;
use mainstay_engine::report::SnapshotFilter;

use crate::context::Context;
use crate::engine::Session;
use crate::error::Failure;
use crate::exit::Exit;
use crate::report::{human, json as documents, machine};

/// List what is stored.
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
    let Some((repo, fault)) = report.faults.first() else { return Ok(Exit::Done) };
    let failure = match session.engine.repo_info(repo) {
        Err(error) => error.into(),
        Ok(_) => Failure::new(Exit::Mismatch, format!("repo `{repo}`: {fault}"))
            .safe("all snapshots that are listed can be restored")
            .next(format!("`mainstay repo check {repo}` says more")),
    };
    context.say(&failure);
    Ok(failure.exit)
}
