//! Consoles in the prose: each command runs in a shell, in one scratch folder for a page, and prints what stands below it.
//!
//! A line that begins with `$ ` is a command, and goes on behind a `\` at its end. The lines below it are its output: those of standard
//! output in order and completely, those of standard error where the page shows them; `...` stands for any lines. A block of commands alone promises no output. Ids, times, spans
//! and sizes are compared by their form. A command ends well, unless its block says `exits=4`. A block with `file=NAME` is written
//! into the folder where the page is at that moment.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::block::{Block, files_below, shown};
use crate::scene::{Ran, program, ran};

/// What runs these tests, and cannot run in them.
const ITSELF: &str = "cargo xtask test";

/// How a checkout starts the program, which the tests have built already.
const BUILT: &str = "cargo run --release --";

/// A page that is being followed.
pub struct Page {
    folder: tempfile::TempDir,
    at: PathBuf,
}

/// A command of a page, and what it prints.
struct Typed {
    command: String,
    output: Vec<String>,
}

impl Page {
    /// An empty folder.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("here");
        fs::create_dir(&at).unwrap();
        Self { folder, at }
    }

    /// A checkout, as far as its pages speak of it.
    pub fn in_checkout() -> Self {
        let page = Self::new();
        for path in ["stay", "md"].iter().flat_map(|end| files_below("examples", end)) {
            let to = page.at.join(shown(&path));
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(&path, to).unwrap();
        }
        page
    }

    /// Does what a block says; what went otherwise.
    pub fn follow(&mut self, block: &Block) -> Vec<String> {
        if let Some(name) = block.info.said("file").next() {
            fs::write(self.at.join(name), &block.text).unwrap();
            return if name.ends_with(".stay") { self.checked(block) } else { Vec::new() };
        }
        if block.info.kind != "console" {
            return Vec::new();
        }
        let typed = typed(&block.text);
        let shows = typed.iter().any(|typed| !typed.output.is_empty());
        let exits: i32 = block.info.said("exits").next().map_or(0, |code| code.parse().unwrap());
        let faults = typed.into_iter().filter(|typed| typed.command != ITSELF).filter_map(|typed| {
            let ran = self.run(&typed.command.replace(BUILT, "mainstay"));
            let as_shown = || if shows { mismatch(&typed.output, &ran) } else { None };
            let fault =
                if ran.code == Some(exits) { as_shown() } else { Some("it ended otherwise".to_owned()) };
            fault.map(|fault| format!("{}: `{}`: {fault}\n{}", block.place, typed.command, ran.all()))
        });
        faults.collect()
    }

    /// A policy of a page is in the one style, and nothing is to be said of it.
    fn checked(&mut self, block: &Block) -> Vec<String> {
        if block.info.said("exits").next().is_some() {
            return Vec::new();
        }
        let commands = ["mainstay check --deny warnings", "mainstay fmt --check"];
        let found = commands.map(|command| self.run(command)).into_iter();
        found.filter(|ran| ran.code != Some(0)).map(|ran| format!("{}: {}", block.place, ran.all())).collect()
    }

    /// Runs a command where the page is, and stays where it leads.
    fn run(&mut self, command: &str) -> Ran {
        let left = self.folder.path().join("left");
        let script = format!("{command}\ncode=$?; pwd > '{}'; exit $code", left.display());
        let mut shell = Command::new("sh");
        shell.args(["-c", &script]).current_dir(&self.at).stdin(Stdio::null());
        let programs = program().parent().unwrap().to_owned();
        let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap_or_default());
        shell.env_clear().env("PATH", path).env("HOME", self.folder.path());
        for (role, name) in [("AUTHOR", "Ana"), ("COMMITTER", "Ana")] {
            shell.env(format!("GIT_{role}_NAME"), name).env(format!("GIT_{role}_EMAIL"), "ana@example.org");
        }
        let ran = ran(&mut shell);
        self.at = PathBuf::from(fs::read_to_string(&left).unwrap().trim_end());
        ran
    }
}

/// The commands of a console, each with its output.
fn typed(text: &str) -> Vec<Typed> {
    let mut found: Vec<Typed> = Vec::new();
    for line in text.lines() {
        let open = found.last_mut().filter(|last| last.command.ends_with('\\') && last.output.is_empty());
        match (line.strip_prefix("$ "), open) {
            (Some(command), _) => found.push(Typed { command: command.to_owned(), output: Vec::new() }),
            (None, Some(open)) => open.command += &format!("\n{line}"),
            (None, None) => found.last_mut().expect("a command above its output").output.push(shape(line)),
        }
    }
    found
}

/// The first line that is not as the page shows it.
fn mismatch(shown: &[String], ran: &Ran) -> Option<String> {
    let out: Vec<String> = ran.out.lines().map(shape).collect();
    let err: Vec<String> = ran.err.lines().map(shape).collect();
    let (mut out, mut err) = (out.iter().peekable(), err.iter());
    let mut skips = false;
    for line in shown {
        if line == "..." {
            skips = true;
        } else if out.peek() == Some(&line) || (skips && out.clone().any(|one| one == line)) {
            out.find(|one| *one == line);
            skips = false;
        } else if !err.any(|one| one == line) {
            return Some(format!("there is no line `{line}`, but `{}`", out.peek().map_or("", |one| one)));
        }
    }
    (!skips && out.peek().is_some()).then(|| format!("the page does not show `{}`", out.peek().unwrap()))
}

/// What stands behind a number that differs from run to run.
const UNITS: [&str; 7] = ["ms", "s", "min", "h", "B", "KiB", "MiB"];

/// A line without what differs from run to run and from machine to machine.
fn shape(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let shaped = words.iter().enumerate().map(|(at, word)| {
        let before = |back: usize| at.checked_sub(back).and_then(|at| words.get(at));
        let has_unit = words.get(at + 1).is_some_and(|next| UNITS.contains(&core(next)));
        match word {
            _ if before(1) == Some(&"on") && before(2) == Some(&"taken") => "HOST".to_owned(),
            _ if has_unit && is_number(core(word)) => "N".to_owned(),
            _ if word.contains("/mainstay-tutorial/") => "PATH".to_owned(),
            _ => word_shape(word),
        }
    });
    shaped.collect::<Vec<_>>().join(" ")
}

/// A word without the marks around it.
fn core(word: &str) -> &str {
    word.trim_matches(|c: char| ",:;()".contains(c))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
}

fn is_number(text: &str) -> bool {
    text.split('.').all(is_digits)
}

fn word_shape(word: &str) -> String {
    let core = core(word);
    let is_id = [8, 12].contains(&core.len()) && core.chars().all(|c| c.is_ascii_hexdigit());
    let is_date = core.matches('-').count() == 2 && core.split('-').all(is_digits);
    let is_time = core.contains(':') && core.split(':').all(is_digits);
    let number = core.trim_end_matches(char::is_alphabetic);
    let unit = core.strip_prefix(number).filter(|unit| is_number(number) && UNITS.contains(unit));
    let kind = match unit {
        _ if is_id => "ID",
        _ if is_date => "DATE",
        _ if is_time => "TIME",
        Some(_) => "SPAN",
        None => return word.to_owned(),
    };
    word.replacen(core, kind, 1)
}
