use clap::Args;
use serde_json::json;

use crate::context::Context;
use crate::error::Failure;
use crate::exit::Exit;
use crate::report;

/// Print the version of the program and of the formats it writes.
#[derive(Debug, Args)]
pub struct Version {}

/// Runs it.
pub fn run(_args: &Version, context: &Context) -> Result<Exit, Failure> {
    let version = env!("CARGO_PKG_VERSION");
    if context.globals.json {
        let value = json!({ "schema": "mainstay.version/1", "version": version, "ir": mainstay_ir::FORMAT });
        report::json::document(context, &value);
    } else {
        context.print(format!("mainstay {version} (IR format {})", mainstay_ir::FORMAT));
    }
    Ok(Exit::Done)
}
