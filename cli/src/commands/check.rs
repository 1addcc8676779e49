use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use mainstay_compiler::Compiled;
use mainstay_diagnostics::{Diagnostic, SourceMap, render};
use mainstay_world::Clock as _;
use serde_json::{Value, json};

use crate::context::Context;
use crate::error::Failure;
use crate::exit::Exit;
use crate::policy::compiled;
use crate::report::{json as documents, words};
use crate::world::{PolicyFile, SystemClock, policies_below};

/// Check policies: names, types, order of stages, promises
///
/// Nothing but policy files is read.
///
/// Without a path, the policy that would run is checked, with all that it uses. With paths, every `.stay` file at or below
/// them: files that declare a `policy`, and those that they use.
///
/// Ends with 0 when nothing is wrong, with 4 when there are errors, or warnings that are denied.
#[derive(Debug, Args)]
pub struct Check {
    /// Files, or folders with policies at or below them
    paths: Vec<PathBuf>,
    /// How findings are printed; `--json` means `json`
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// What counts as an error too
    #[arg(long, value_name = "WHAT", value_enum)]
    deny: Option<Deny>,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// With the lines they are about.
    #[default]
    Human,
    /// A line each.
    Concise,
    /// One document.
    Json,
    /// Annotations of a pull request.
    Github,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Deny {
    Warnings,
}

/// What was found in the files of one policy.
struct Found {
    map: SourceMap,
    diagnostics: Vec<Diagnostic>,
    workflows: usize,
}

/// Runs it.
pub fn run(args: &Check, context: &Context) -> Result<Exit, Failure> {
    let clock = SystemClock::new();
    let mut seen = HashSet::new();
    let mut files = BTreeSet::new();
    let mut all = Vec::new();
    for file in roots(args, context)? {
        let Compiled { ir, mut diagnostics, map, .. } = compiled(context, &file)?;
        files.extend(
            map.files().iter().map(|file| file.name.clone()).filter(|name| !name.starts_with("std/")),
        );
        diagnostics.retain(|diagnostic| seen.insert(identity(diagnostic, &map)));
        all.push(Found { map, diagnostics, workflows: ir.map_or(0, |ir| ir.workflows.len()) });
    }
    let (mut errors, mut warnings) = (0, 0);
    for found in &all {
        let (more_errors, more_warnings) = render::count(&found.diagnostics);
        (errors, warnings) = (errors + more_errors, warnings + more_warnings);
    }
    let format = if context.globals.json { Format::Json } else { args.format };
    show(&all, format, errors, warnings, context);
    if matches!(format, Format::Human | Format::Concise) {
        let workflows: usize = all.iter().map(|found| found.workflows).sum();
        context.note(summary(workflows, files.len(), clock.monotonic_ms(), errors, warnings));
    }
    let denied = args.deny == Some(Deny::Warnings) && warnings > 0;
    Ok(if errors > 0 || denied { Exit::Findings } else { Exit::Done })
}

/// The files to compile: those that declare a policy. What is no policy and used by none is compiled too, so that its
/// mistakes are seen; that it is no policy is then one of them.
fn roots(args: &Check, context: &Context) -> Result<Vec<PolicyFile>, Failure> {
    if args.paths.is_empty() {
        return Ok(vec![context.policy_file()?]);
    }
    let paths: Vec<PathBuf> = args.paths.iter().map(|path| context.environment.current.join(path)).collect();
    let found = policies_below(&paths)?;
    if found.is_empty() {
        let names: Vec<_> = args.paths.iter().map(|path| format!("`{}`", path.display())).collect();
        return Err(Failure::usage(format!("there is no `.stay` file at or below {}", names.join(", "))));
    }
    let named = |path: &PathBuf| paths.contains(path);
    let all = found.iter().filter(|path| named(path) || PolicyFile::declares_policy(path));
    let roots = all
        .map(|path| PolicyFile::find(Some(path), &context.environment.current))
        .collect::<Result<Vec<_>, _>>()?;
    if roots.is_empty() {
        return Err(Failure::usage("none of the files declares a `policy`")
            .next("name a file to check it nevertheless"));
    }
    Ok(roots)
}

/// One finding of a file that several policies use is one finding.
fn identity(diagnostic: &Diagnostic, map: &SourceMap) -> (String, Option<u32>, String) {
    let place = map.line_column(diagnostic.span().start);
    let file = place.and_then(|(id, _)| map.file(id));
    let within = file.map(|file| diagnostic.span().start - file.start);
    let name = file.map(|file| file.name.clone()).unwrap_or_default();
    (name, within, format!("{} {}", diagnostic.code, diagnostic.message))
}

fn show(all: &[Found], format: Format, errors: usize, warnings: usize, context: &Context) {
    let style = context.style(context.color_on_stdout());
    let mut diagnostics: Vec<Value> = Vec::new();
    for Found { map, diagnostics: found, .. } in all {
        match format {
            Format::Human if found.is_empty() => {}
            Format::Human => context.print(render::human(found, map, style)),
            Format::Concise => context.print_raw(&render::concise(found, map)),
            Format::Github => context.print_raw(&render::github(found, map)),
            Format::Json => {
                let document = render::json_value(found, map);
                diagnostics.extend(
                    document.get("diagnostics").and_then(Value::as_array).cloned().unwrap_or_default(),
                );
            }
        }
    }
    if format == Format::Json {
        let document = json!({
            "schema": render::JSON_SCHEMA_NAME, "diagnostics": diagnostics, "errors": errors, "warnings": warnings,
        });
        documents::document(context, &document);
    }
}

fn summary(workflows: usize, files: usize, took_ms: u64, errors: usize, warnings: usize) -> String {
    let result = match (errors, warnings) {
        (0, 0) => "nothing to complain about".to_owned(),
        (errors, 0) => words::counted(errors as u64, "error"),
        (0, warnings) => words::counted(warnings as u64, "warning"),
        (errors, warnings) => {
            format!(
                "{}, {}",
                words::counted(errors as u64, "error"),
                words::counted(warnings as u64, "warning")
            )
        }
    };
    let files = words::counted(files as u64, "file");
    if errors > 0 {
        // How many workflows there are is not known then.
        return format!("{files}, {took_ms} ms: {result}");
    }
    format!("{} in {files}, {took_ms} ms: {result}", words::counted(workflows as u64, "workflow"))
}
