use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use mainstay_compiler::diff::{Difference, diff};

use crate::context::Context;
use crate::error::Failure;
use crate::exit::Exit;
use crate::policy;
use crate::report::{difference as report, json as documents};
use crate::world::{PolicyFile, PolicyWorld, Revision, RevisionWorld};

/// Show what a change of a policy does to the protection
///
/// Stronger, weaker or neutral, worst first, with what it means: worst gaps over twenty years, copies, retention, who can
/// delete, who is told. Nothing is run or read but policy files.
///
/// OLD and NEW are files or folders, or revisions of git: `HEAD`, `main:policies/mainstay.stay`. Without NEW, OLD is
/// compared with the policy that would run.
///
/// Ends with 0, and with 4 when `--fail-on` says so.
#[derive(Debug, Args)]
pub struct Diff {
    /// The old policy: a file, a folder, `REV`, or `REV:PATH`
    old: String,
    /// The new one [default: the policy that would run]
    new: Option<String>,
    /// How it is printed; `--json` means `json`
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// End with 4 when there is such a change
    #[arg(long, value_enum, value_name = "WHAT")]
    fail_on: Option<FailOn>,
}

/// How it is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// A line each.
    #[default]
    Text,
    /// For a pull request.
    Markdown,
    /// One document.
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// Something is weaker.
    Weaker,
    /// Anything differs.
    Any,
}

/// Runs it.
pub fn run(args: &Diff, context: &Context) -> Result<Exit, Failure> {
    let old = side(&args.old, context)?;
    let new = match &args.new {
        Some(new) => side(new, context)?,
        None => policy::load(context)?.ir,
    };
    let difference = diff(&old, &new);
    let format = if context.globals.json { Format::Json } else { args.format };
    match format {
        Format::Text => {
            report::text(&difference, context.color_on_stdout()).iter().for_each(|line| context.print(line));
        }
        Format::Markdown => context.print_raw(&report::markdown(&difference)),
        Format::Json => documents::document(context, &report::document(&difference)),
    }
    Ok(if fails(args, &difference) { Exit::Findings } else { Exit::Done })
}

fn fails(args: &Diff, difference: &Difference) -> bool {
    match args.fail_on {
        None => false,
        Some(FailOn::Weaker) => difference.is_weaker(),
        Some(FailOn::Any) => !difference.changes.is_empty(),
    }
}

/// One of the two policies: a path when there is one, a revision otherwise.
fn side(named: &str, context: &Context) -> Result<mainstay_ir::Ir, Failure> {
    let path = context.environment.current.join(named);
    if path.exists() {
        let file = PolicyFile::find(Some(Path::new(named)), &context.environment.current)?;
        let world = PolicyWorld::new(&context.environment.current);
        return policy::load_from(context, &world, &world.path_of(&file.path()), named);
    }
    let (revision, path) = match named.split_once(':') {
        Some((revision, path)) => (revision, Some(PathBuf::from(path))),
        None => (named, None),
    };
    let revision = Revision::find(context, revision).map_err(|failure| {
        if path.is_some() { failure } else { failure.because(format!("there is no file `{named}` either")) }
    })?;
    let root = revision.policy(context, path.as_deref())?;
    let world = RevisionWorld::new(Arc::new(revision), &root);
    policy::load_from(context, &world, &world.root(), named)
}
