//! Findings in the form that was asked for.

use mainstay_diagnostics::render::{self, Findings};
use serde_json::{Value, json};

use super::{Count, Format, Found};
use crate::context::Context;
use crate::error::Failure;
use crate::exit::Exit;
use crate::report::json as documents;
use crate::world::append;

pub(super) fn findings(
    all: &[Found],
    format: Format,
    count: Count,
    context: &Context,
) -> Result<(), Failure> {
    let parts: Vec<Findings<'_>> =
        all.iter().map(|found| (&found.map, found.diagnostics.as_slice())).collect();
    match format {
        Format::Human => {
            let style = context.style(context.color_on_stdout());
            for (map, found) in parts.iter().filter(|(_, found)| !found.is_empty()) {
                context.print(render::human(found, map, style));
            }
        }
        Format::Concise => {
            parts.iter().for_each(|(map, found)| context.print_raw(&render::concise(found, map)));
        }
        Format::Sarif => context.print_raw(&render::sarif(&parts, env!("CARGO_PKG_VERSION"))),
        Format::Github => github(&parts, context)?,
        Format::Json => document(&parts, count, context),
    }
    Ok(())
}

/// What GitHub would drop stands in the log, and in the summary of the job where there is one.
fn github(parts: &[Findings<'_>], context: &Context) -> Result<(), Failure> {
    let review = render::github(parts);
    context.print_raw(&review.annotations);
    context.print_raw(&review.rest);
    let Some(path) = context.environment.job_summary.as_ref().filter(|_| !review.summary.is_empty()) else {
        return Ok(());
    };
    append(path, review.summary.as_bytes()).map_err(|error| {
        Failure::new(Exit::Failed, format!("cannot write the summary to `{}`", path.display())).because(error)
    })
}

fn document(parts: &[Findings<'_>], count: Count, context: &Context) {
    let mut diagnostics: Vec<Value> = Vec::new();
    for (map, found) in parts {
        let document = render::json_value(found, map);
        diagnostics
            .extend(document.get("diagnostics").and_then(Value::as_array).cloned().unwrap_or_default());
    }
    let document = json!({
        "schema": render::JSON_SCHEMA_NAME, "diagnostics": diagnostics,
        "errors": count.errors, "warnings": count.warnings,
    });
    documents::document(context, &document);
}
