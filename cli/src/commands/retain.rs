use clap::Args;

use crate::context::Context;
use crate::engine::Session;
use crate::error::Failure;
use crate::exit::Exit;
use crate::report::{human, json as documents, machine};

/// Show which snapshots the policy keeps, and why; `--apply` forgets the others
///
/// The last whole snapshot of a source is never forgotten. To forget frees no space, and no verb of this version does.
#[derive(Debug, Args)]
pub struct Retain {
    /// Only of this source
    source: Option<String>,
    /// Forget what no rule keeps
    #[arg(long)]
    apply: bool,
}

/// Runs it.
pub fn run(args: &Retain, context: &Context) -> Result<Exit, Failure> {
    let session = Session::working(context)?;
    session.knows_source(args.source.as_deref())?;
    let report = session.checked(session.engine.retain(args.source.as_deref(), args.apply))?;
    if context.globals.json {
        documents::document(context, &machine::document("retain", &report));
    } else {
        human::retain(&report, &session.look(context, false)).iter().for_each(|line| context.print(line));
    }
    let faulty = report.lines.iter().any(|line| line.fault.is_some());
    Ok(session.exit(if faulty { Exit::Failed } else { Exit::Done }))
}
