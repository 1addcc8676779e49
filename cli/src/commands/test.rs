use std::path::PathBuf;

use clap::Args;
use mainstay_world::Clock as _;

use super::check::roots;
use crate::context::Context;
use crate::error::Failure;
use crate::exit::Exit;
use crate::params::params;
use crate::report::{json as documents, junit, trials as shown};
use crate::trial::{End, Trials, trials};
use crate::world::{PolicyFile, PolicyWorld, SystemClock, write_whole};

/// Run the tests inside policies
///
/// Each `test` is simulated with a virtual clock and the failures that it scripts. Nothing outside is touched.
///
/// Ends with 0 when all hold, with 4 when one does not.
#[derive(Debug, Args)]
pub struct Test {
    /// Files, or folders with policies at or below them
    paths: Vec<PathBuf>,
    /// Only tests whose names hold this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Write the results as JUnit XML too
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

/// Runs it.
pub fn run(args: &Test, context: &Context) -> Result<Exit, Failure> {
    let clock = SystemClock::new();
    let world = PolicyWorld::new(&context.environment.current);
    let params = params(context)?;
    let wanted = |name: &str| args.filter.as_ref().is_none_or(|filter| name.contains(filter));
    let roots = roots(&args.paths, context)?;
    let of = |file: &PolicyFile| trials(&world, &world.path_of(&file.path()), &params, &clock, wanted);
    let all: Vec<Trials> = roots.iter().map(of).collect();
    let is_empty = all.iter().all(|of| of.trials.is_empty() && of.broken.is_none());
    if let (Some(filter), true) = (&args.filter, is_empty) {
        return Err(Failure::usage(format!("no test has `{filter}` in its name")));
    }
    if let Some(file) = &args.junit {
        let text = junit::document(&all, clock.now(), clock.monotonic_ms());
        let path = context.environment.current.join(file);
        write_whole(&path, text.as_bytes())
            .map_err(|error| Failure::usage(format!("cannot write `{}`", file.display())).because(error))?;
    }
    if context.globals.json {
        documents::document(context, &shown::document(&all));
    } else {
        shown::people(&all, context);
        context.note(shown::summary(&all, clock.monotonic_ms()));
    }
    Ok(exit(&all))
}

/// What does not hold comes before what could not be carried out.
fn exit(all: &[Trials]) -> Exit {
    let ends = || all.iter().flat_map(|of| &of.trials).map(|trial| &trial.end);
    let is_broken = all.iter().any(|of| of.broken.is_some());
    if ends().any(|end| *end == End::Failed) {
        Exit::Findings
    } else if is_broken || ends().any(|end| *end != End::Passed) {
        Exit::Usage
    } else {
        Exit::Done
    }
}
