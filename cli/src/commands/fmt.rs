use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use mainstay_diagnostics::{SourceMap, render};
use mainstay_syntax::{format, parse};

use crate::context::Context;
use crate::error::Failure;
use crate::exit::Exit;
use crate::report::{diff, words};
use crate::world::{MAX_READ_BYTES, policies_below, read_bounded, write_replacing};

/// Bring policies into the one style
///
/// Comments are kept; what has mistakes of syntax is left as it is.
///
/// Without a path, every `.stay` file at or below the folder of the policy. `-` formats standard input to standard output.
///
/// With `--check` or `--diff` nothing is written, and it ends with 4 when something would change.
#[derive(Debug, Args)]
pub struct Fmt {
    /// Files, folders, or `-`
    paths: Vec<PathBuf>,
    /// Only name the files that would change
    #[arg(long)]
    check: bool,
    /// Only show what would change
    #[arg(long)]
    diff: bool,
}

/// What came of one file.
enum Came {
    Same,
    Changes(String),
    /// It has mistakes; they are shown.
    Refused,
}

/// Runs it.
pub fn run(args: &Fmt, context: &Context) -> Result<Exit, Failure> {
    if args.paths.iter().any(|path| path == Path::new("-")) {
        return standard_input(args, context);
    }
    let (mut changed, mut refused) = (0, 0);
    let files = files(args, context)?;
    for file in &files {
        let text = read_bounded(file).map_err(|error| unreadable(file, &error))?;
        let shown = file.strip_prefix(&context.environment.current).unwrap_or(file).display().to_string();
        match one(&shown, &text, context) {
            Came::Same => {}
            Came::Refused => refused += 1,
            Came::Changes(new) => {
                changed += 1;
                change(args, context, file, &shown, &text, &new)?;
            }
        }
    }
    let looks_only = args.check || args.diff;
    context.note(summary(files.len(), changed, refused, looks_only));
    Ok(match (refused, changed) {
        (0, 0) => Exit::Done,
        (0, _) if !looks_only => Exit::Done,
        _ => Exit::Findings,
    })
}

fn files(args: &Fmt, context: &Context) -> Result<Vec<PathBuf>, Failure> {
    if args.paths.is_empty() {
        return policies_below(&[context.policy_file()?.folder]);
    }
    let paths: Vec<PathBuf> = args.paths.iter().map(|path| context.environment.current.join(path)).collect();
    policies_below(&paths)
}

fn one(name: &str, text: &str, context: &Context) -> Came {
    match format(text) {
        Ok(new) if new == text => Came::Same,
        Ok(new) => Came::Changes(new),
        Err(_) => {
            show_mistakes(name, text, context);
            Came::Refused
        }
    }
}

/// Once more, under the name that the reader knows.
fn show_mistakes(name: &str, text: &str, context: &Context) {
    let mut map = SourceMap::default();
    let file = map.add(name, text);
    let mistakes = parse(&map, file).diagnostics;
    context.note(render::human(&mistakes, &map, context.style(context.color_on_stderr())));
}

fn change(
    args: &Fmt,
    context: &Context,
    file: &Path,
    shown: &str,
    old: &str,
    new: &str,
) -> Result<(), Failure> {
    if args.diff {
        context.print_raw(&diff::unified(shown, old, new));
    } else {
        context.print(shown);
    }
    if args.check || args.diff {
        return Ok(());
    }
    write_replacing(file, new.as_bytes()).map_err(|error| {
        Failure::new(Exit::Failed, format!("cannot write `{shown}`"))
            .because(error)
            .safe("the file is as it was")
    })
}

fn standard_input(args: &Fmt, context: &Context) -> Result<Exit, Failure> {
    let mut text = String::new();
    let read = std::io::stdin().lock().take(MAX_READ_BYTES).read_to_string(&mut text);
    read.map_err(|error| Failure::usage("standard input cannot be read as text").because(error))?;
    match one("standard input", &text, context) {
        Came::Refused => Ok(Exit::Findings),
        Came::Same if args.check || args.diff => Ok(Exit::Done),
        Came::Changes(new) if args.diff => {
            context.print_raw(&diff::unified("standard input", &text, &new));
            Ok(Exit::Findings)
        }
        Came::Changes(_) if args.check => Ok(Exit::Findings),
        Came::Same => {
            context.print_raw(&text);
            Ok(Exit::Done)
        }
        Came::Changes(new) => {
            context.print_raw(&new);
            Ok(Exit::Done)
        }
    }
}

fn unreadable(file: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("cannot read `{}`", file.display())).because(error)
}

fn summary(files: usize, changed: usize, refused: usize, looks_only: bool) -> String {
    let verb = if looks_only { "would change" } else { "changed" };
    let mut text = format!("{}, {changed} {verb}", words::counted(files as u64, "file"));
    if refused > 0 {
        text.push_str(&format!(", {refused} left as they are: they have mistakes"));
    }
    text
}
