//! What flows in a policy: the copies that its steps make, and what they say of them.

use crate::{Call, Ending, Retention};

/// One source, kept in one repo, by one step.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceCopy<'a> {
    /// Of what.
    pub source: &'a str,
    /// Where.
    pub repo: &'a str,
    /// The workflow that makes it, or the machine.
    pub workflow: &'a str,
    /// The step of that workflow that makes it, or the state of that machine.
    pub step: &'a str,
    /// Out of what.
    pub origin: Origin<'a>,
    /// What it keeps: that of the step itself, or of any step that retains this source in this repo.
    pub retain: Option<&'a Retention>,
    /// Whether any step that each run comes to verifies this source in this repo.
    pub verified: bool,
    /// For a link of a chain of logs (`logs`), the base that it continues.
    pub base: Option<Base<'a>>,
    /// Whether what is stored was encrypted, here or where it is copied from.
    pub sealed: bool,
}

/// What a link of a chain of logs continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Base<'a> {
    /// The source that the base was made of.
    pub source: &'a str,
    /// Where the base lies.
    pub repo: &'a str,
}

/// What a step keeps of a source in a repo.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kept<'a> {
    /// Of what.
    pub source: &'a str,
    /// Where.
    pub repo: &'a str,
    /// The workflow.
    pub workflow: &'a str,
    /// The step.
    pub step: &'a str,
    /// What stays.
    pub keep: &'a Retention,
    /// Whether it speaks of the links of a chain, and not of snapshots that stand by themselves.
    pub of_logs: bool,
}

/// What a copy is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin<'a> {
    /// The source itself, in the same run.
    Source,
    /// Another copy, made earlier in the same run.
    Copy {
        /// The repo that it is read from.
        repo: &'a str,
    },
    /// Whatever another run left in a repo.
    Latest {
        /// The repo that it is read from.
        repo: &'a str,
    },
}

impl<'a> Origin<'a> {
    /// The repo that it is read from; none where it is the source.
    pub const fn repo(self) -> Option<&'a str> {
        match self {
            Self::Source => None,
            Self::Copy { repo } | Self::Latest { repo } => Some(repo),
        }
    }
}

/// In which part of a run a step acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When<'a> {
    /// In the body, or in a state of a machine.
    Body,
    /// In a `finally`: in each run, when it has ended.
    Finally,
    /// In what closes on these endings: perhaps never.
    On(&'a [Ending]),
}

impl When<'_> {
    /// Whether each run comes to it.
    pub const fn is_in_each_run(self) -> bool {
        matches!(self, Self::Body | Self::Finally)
    }
}

/// A copy that is made when a run has ended. How the run ended says nothing of it, and no `within` bounds it: it keeps
/// no promise.
#[derive(Debug, Clone, PartialEq)]
pub struct Closing<'a> {
    /// The copy.
    pub copy: SourceCopy<'a>,
    /// Never [`When::Body`].
    pub when: When<'a>,
}

/// What a `verify`, a `retain`, a `drill` or a `restore` says of a copy, or does with it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Remark<'a> {
    /// Of what.
    pub source: &'a str,
    /// Where.
    pub repo: &'a str,
    /// The workflow or the machine.
    pub workflow: &'a str,
    /// The step or the state.
    pub step: &'a str,
    /// The stage.
    pub call: &'a Call,
    /// In which part of the run.
    pub when: When<'a>,
}

/// All that flows in a policy.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Flows<'a> {
    /// Copies that bodies and states make, in the order of the steps: those that a promise can count on.
    pub copies: Vec<SourceCopy<'a>>,
    /// Copies that are made by what closes a workflow or a machine, in the order of the steps.
    pub closing: Vec<Closing<'a>>,
    /// Of the remarks, the drills that each run comes to.
    pub rehearsals: Vec<Remark<'a>>,
    /// All that says what stays.
    pub kept: Vec<Kept<'a>>,
    /// All that is said of copies.
    pub remarks: Vec<Remark<'a>>,
}

impl<'a> Flows<'a> {
    /// The copies that bodies make, and behind them those that closes make.
    pub fn all(&self) -> impl Iterator<Item = &SourceCopy<'a>> {
        self.copies.iter().chain(self.closing.iter().map(|closing| &closing.copy))
    }
}
