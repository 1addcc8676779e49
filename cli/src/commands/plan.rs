use clap::Args;

use crate::context::Context;
use crate::engine::Session;
use crate::error::Failure;
use crate::exit::Exit;
use crate::report::{human, json as documents, machine};
use crate::world::parse_time;

/// Show what the next runs would do
///
/// Steps, their order and why, pools, data, time, and what retention would forget. It only reads.
#[derive(Debug, Args)]
pub struct Plan {
    /// `workflow`, `workflow.step`, `source:x`, `repo:x`, `objective:x`; nothing: everything
    select: Vec<String>,
    /// As seen at this time: `2026-11-21`, `2026-11-21 09:15`, or RFC 3339
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

/// Runs it.
pub fn run(args: &Plan, context: &Context) -> Result<Exit, Failure> {
    let zone = context.environment.time_zone();
    let at_ms = args.at.as_deref().map(|text| parse_time(text, &zone)).transpose()?.map(|time| time.0);
    let session = Session::looking(context)?;
    session.carries()?;
    let plan = session.engine.plan(&args.select, at_ms)?;
    if context.globals.json {
        documents::document(context, &machine::document("plan", &plan));
    } else {
        human::plan(&plan, &session.look(context, false)).iter().for_each(|line| context.print(line));
    }
    Ok(Exit::Done)
}
