use clap::Args;
use serde_json::json;

use crate::context::Context;
use crate::engine::Session;
use crate::error::Failure;
use crate::exit::Exit;
use crate::report::{human, json as documents, machine};

/// List the key files that the policy names
///
/// Where they come from, what they may do, what they open; never what they are.
#[derive(Debug, Args)]
pub struct List {}

/// Runs it.
pub fn run(_args: &List, context: &Context) -> Result<Exit, Failure> {
    let session = Session::looking(context)?;
    let reports = session.engine.keys();
    if context.globals.json {
        documents::document(
            context,
            &json!({ "schema": "mainstay.keys/1", "keys": machine::value(&reports) }),
        );
    } else {
        human::keys(&reports, &session.look(context, true)).iter().for_each(|line| context.print(line));
    }
    Ok(Exit::Done)
}
