mod baseline;
mod fix;
mod show;

use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::civil::Date;
use mainstay_compiler::{Compiled, Day, evident_fix};
use mainstay_diagnostics::{Diagnostic, SourceMap, render};
use mainstay_world::Clock as _;

use crate::context::Context;
use crate::error::Failure;
use crate::exit::Exit;
use crate::policy::compiled;
use crate::report::words;
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
    /// The day on which silencers and exemptions are looked at [default: today]
    #[arg(long, value_name = "DATE")]
    today: Option<Date>,
    /// Mend what has one evident reading, and check again
    #[arg(long)]
    fix: bool,
    /// With --fix, only show what would change
    #[arg(long, requires = "fix")]
    diff: bool,
    /// Leave out the warnings that this file knows
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write all warnings of today into the file of --baseline
    #[arg(long, requires = "baseline")]
    write_baseline: bool,
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
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of a pull request, and a summary of the job.
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
    let roots = roots(&args.paths, context)?;
    if args.fix {
        let fixed = fix::run(args.diff, &roots, context)?;
        if args.diff && fixed {
            return Ok(Exit::Findings);
        }
    }
    let (mut all, files) = look(&roots, today(args, context, &clock), context)?;
    fix::without_withheld(&mut all, &roots, context)?;
    if let Some(path) = &args.baseline {
        baseline::run(path, args.write_baseline, &mut all, context)?;
    }
    let count = Count::of(&all);
    let format = if context.globals.json { Format::Json } else { args.format };
    show::findings(&all, format, count, context)?;
    if matches!(format, Format::Human | Format::Concise) {
        let workflows: usize = all.iter().map(|found| found.workflows).sum();
        context.note(count.summary(workflows, files, clock.monotonic_ms()));
    }
    let denied = args.deny == Some(Deny::Warnings) && count.warnings > 0;
    Ok(if count.errors > 0 || denied { Exit::Findings } else { Exit::Done })
}

/// The day that is asked for, or that of the reader's clock.
fn today(args: &Check, context: &Context, clock: &SystemClock) -> Day {
    let now = || {
        let moment = jiff::Timestamp::from_millisecond(clock.now().0).unwrap_or_default();
        moment.to_zoned(context.environment.time_zone()).date()
    };
    let date = args.today.unwrap_or_else(now);
    (date.year(), u8::try_from(date.month()).unwrap_or(1), u8::try_from(date.day()).unwrap_or(1))
}

/// What is found in each policy, and how many files were read. What two policies share is told once.
fn look(roots: &[PolicyFile], today: Day, context: &Context) -> Result<(Vec<Found>, usize), Failure> {
    let mut seen = HashSet::new();
    let mut files = BTreeSet::new();
    let mut all = Vec::new();
    for (number, root) in roots.iter().enumerate() {
        let compiled = compiled(context, root)?;
        let expired: Vec<Diagnostic> = compiled.expired(today).cloned().collect();
        let Compiled { ir, mut diagnostics, map, spent, .. } = compiled;
        diagnostics.extend(expired);
        diagnostics.sort_by_key(Diagnostic::span);
        files.extend(
            map.files().iter().map(|file| file.name.clone()).filter(|name| !name.starts_with("std/")),
        );
        diagnostics.retain(|diagnostic| seen.insert(identity(diagnostic, &map)));
        all.push(Found { map, diagnostics, workflows: ir.as_ref().map_or(0, |ir| ir.workflows.len()) });
        if number + 1 == roots.len() {
            // The program is about to end: what the last policy took goes with it.
            std::mem::forget((ir, spent));
        }
    }
    Ok((all, files.len()))
}

/// The files to compile: those that declare a policy. What is no policy and used by none is compiled too, so that its
/// mistakes are seen; that it is no policy is then one of them.
pub(super) fn roots(named: &[PathBuf], context: &Context) -> Result<Vec<PolicyFile>, Failure> {
    if named.is_empty() {
        return Ok(vec![context.policy_file()?]);
    }
    let paths: Vec<PathBuf> = named.iter().map(|path| context.environment.current.join(path)).collect();
    let found = policies_below(&paths)?;
    if found.is_empty() {
        let names: Vec<_> = named.iter().map(|path| format!("`{}`", path.display())).collect();
        return Err(Failure::usage(format!("there is no `.stay` file at or below {}", names.join(", "))));
    }
    let is_named = |path: &PathBuf| paths.contains(path);
    let all = found.iter().filter(|path| is_named(path) || PolicyFile::declares_policy(path));
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

/// How much was found.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    errors: usize,
    warnings: usize,
    /// What `--fix` would mend.
    fixable: usize,
}

impl Count {
    fn of(all: &[Found]) -> Self {
        let mut count = Self::default();
        for found in all {
            let (errors, warnings) = render::count(&found.diagnostics);
            count.errors += errors;
            count.warnings += warnings;
            count.fixable += found.diagnostics.iter().filter(|one| evident_fix(one).is_some()).count();
        }
        count
    }

    fn summary(self, workflows: usize, files: usize, took_ms: u64) -> String {
        let counted = |count: usize, what: &str| (count > 0).then(|| words::counted(count as u64, what));
        let fixable = (self.fixable > 0).then(|| format!("{} fixable", self.fixable));
        let parts = [counted(self.errors, "error"), counted(self.warnings, "warning"), fixable];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        let result = match parts.as_slice() {
            [] => "nothing to complain about".to_owned(),
            parts => parts.join(", "),
        };
        let files = words::counted(files as u64, "file");
        if self.errors > 0 {
            // How many workflows there are is not known then.
            return format!("{files}, {took_ms} ms: {result}");
        }
        format!("{} in {files}, {took_ms} ms: {result}", words::counted(workflows as u64, "workflow"))
    }
}

#[cfg(test)]
mod tests {
    use super::Count;

    #[test]
    fn a_summary_says_how_much_and_how_much_can_be_mended() {
        let shown = |errors, warnings, fixable| Count { errors, warnings, fixable }.summary(31, 12, 38);
        assert_eq!(shown(1, 0, 1), "12 files, 38 ms: 1 error, 1 fixable");
        assert_eq!(shown(0, 2, 0), "31 workflows in 12 files, 38 ms: 2 warnings");
        assert_eq!(shown(0, 0, 0), "31 workflows in 12 files, 38 ms: nothing to complain about");
    }
}
