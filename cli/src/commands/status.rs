use clap::Args;

use crate::context::Context;
use crate::engine::Session;
use crate::error::Failure;
use crate::exit::Exit;
use crate::report::{human, json as documents, machine};

/// Show how each copy stands, worst first
///
/// Its age against what was promised, the last run, the next one. A copy that never ran is as loud as one that failed. Ends with 5 when an objective is missed, with 1 when the last run of
/// a copy failed, never ran or is overdue, with 3 when a copy is not whole.
#[derive(Debug, Args)]
pub struct Status {}

/// Runs it.
pub fn run(_args: &Status, context: &Context) -> Result<Exit, Failure> {
    let session = Session::looking(context)?;
    let report = session.engine.status()?;
    if context.globals.json {
        documents::document(context, &machine::document("status", &report));
    } else {
        human::status(&report, &session.look(context, false)).iter().for_each(|line| context.print(line));
    }
    Ok(exit(&report))
}

fn exit(report: &mainstay_engine::report::StatusReport) -> Exit {
    use mainstay_engine::report::Health;
    if report.misses_objective() {
        return Exit::ObjectiveMissed;
    }
    match report.worst() {
        Health::Ok | Health::Seeding => Exit::Done,
        Health::Degraded => Exit::Partial,
        Health::Overdue | Health::NeverRan | Health::Failed => Exit::Failed,
    }
}
