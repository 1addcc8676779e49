use clap::Args;

use crate::context::Context;
use crate::error::Failure;
use crate::exit::Exit;

/// Explain a code of a diagnostic, with an example and the example mended
#[derive(Debug, Args)]
pub struct Explain {
    /// The code, such as E0301; without one, all codes are listed
    code: Option<String>,
}

/// Runs it.
pub fn run(args: &Explain, context: &Context) -> Result<Exit, Failure> {
    let Some(code) = &args.code else {
        for entry in mainstay_diagnostics::codes::all() {
            context.print(format!("{}  {}", entry.code, entry.title));
        }
        return Ok(Exit::Done);
    };
    let Some(entry) = mainstay_diagnostics::codes::find(code) else {
        let message = format!("there is no code `{code}`");
        return Err(Failure::usage(message).next("`mainstay explain` lists them all"));
    };
    context.print_raw(entry.page);
    Ok(Exit::Done)
}
