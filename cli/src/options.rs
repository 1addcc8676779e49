//! The flags that every verb takes.

use std::path::PathBuf;

use clap::{Args, Parser, ValueEnum};

use crate::commands::Command;

/// What somebody types who has just written a policy.
const FIRST_ROUND: &str = "A first round: mainstay check, mainstay plan, mainstay run --create, mainstay snapshots, then \
mainstay restore SOURCE --to DIR";

/// Checks, previews and carries out backup policies, and restores what they kept.
///
/// Mainstay looks for `mainstay.stay` in this folder or the nearest above it, up to the git root.
#[derive(Debug, Parser)]
#[command(
    name = "mainstay",
    version,
    propagate_version = false,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = FIRST_ROUND,
    after_long_help = format!("{FIRST_ROUND}\n\n{}", crate::exit::HELP)
)]
pub struct CommandLine {
    /// What every verb takes.
    #[command(flatten)]
    pub globals: Globals,
    /// The verb.
    #[command(subcommand)]
    pub command: Command,
}

/// What every verb takes.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Options of every verb")]
pub struct Globals {
    /// The policy: its file, or the folder that holds `mainstay.stay`
    #[arg(short = 'p', long = "policy", global = true, value_name = "FILE|DIR")]
    pub policy: Option<PathBuf>,
    /// Where journal and caches live [default: MAINSTAY_STATE, or `mainstay` in the XDG state folder]
    #[arg(long, global = true, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// A value for a param of the policy; may be repeated
    #[arg(long = "set", global = true, value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// A JSON object with values for params of the policy; `--set` counts more
    #[arg(long = "params", global = true, value_name = "FILE")]
    pub params: Option<PathBuf>,
    /// Print JSON: one document, or a line per event for what runs
    #[arg(long, global = true)]
    pub json: bool,
    /// When to colour: auto, always, never
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        hide_possible_values = true
    )]
    pub color: Color,
    /// How to show progress: auto, bar, lines, none
    #[arg(long, global = true, value_enum, default_value_t, value_name = "HOW", hide_possible_values = true)]
    pub progress: Progress,
}

/// When to colour. A state always has a word too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How to show progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Progress {
    /// A bar on a terminal, lines elsewhere.
    #[default]
    Auto,
    /// A bar.
    Bar,
    /// A line per change of state, and a beat a minute.
    Lines,
    /// Nothing.
    None,
}
