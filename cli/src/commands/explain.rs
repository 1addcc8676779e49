use clap::Args;
use mainstay_diagnostics::{CodeEntry, Severity, codes};

use crate::context::Context;
use crate::error::Failure;
use crate::exit::Exit;
use crate::report::json as documents;

/// Explain a code of a diagnostic, with an example and the example mended
///
/// Without a code, or with --list, all codes are listed: how bad each is, whether `check --fix` can mend some of its findings,
/// and what it is.
#[derive(Debug, Args)]
pub struct Explain {
    /// The code, such as E0301
    code: Option<String>,
    /// List all codes
    #[arg(long, conflicts_with = "code")]
    list: bool,
}

/// Runs it.
pub fn run(args: &Explain, context: &Context) -> Result<Exit, Failure> {
    let Some(code) = args.code.as_ref().filter(|_| !args.list) else {
        list(context);
        return Ok(Exit::Done);
    };
    let Some(entry) = codes::find(code) else {
        let message = format!("there is no code `{code}`");
        return Err(Failure::usage(message).next("`mainstay explain --list` lists them all"));
    };
    if context.globals.json {
        documents::document(context, &document("explain", vec![entry]));
    } else {
        context.print_raw(entry.page);
    }
    Ok(Exit::Done)
}

fn list(context: &Context) {
    if context.globals.json {
        documents::document(context, &document("explain", codes::all().collect()));
        return;
    }
    for entry in codes::all() {
        let fix = if entry.has_fix { "fix" } else { "" };
        context.print(format!("{}  {:7}  {fix:3}  {}", entry.code, level(entry), entry.title));
    }
}

fn level(entry: &CodeEntry) -> &'static str {
    match entry.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn document(name: &str, entries: Vec<&CodeEntry>) -> serde_json::Value {
    let one = |entry: &CodeEntry| {
        serde_json::json!({
            "code": entry.code.as_str(), "level": level(entry), "title": entry.title,
            "has_fix": entry.has_fix, "page": entry.page,
        })
    };
    serde_json::json!({
        "schema": format!("mainstay.{name}/1"), "codes": entries.into_iter().map(one).collect::<Vec<_>>(),
    })
}
