//! How a body nests, what holds around a part of it, and what closes it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::value::DurationMs;
use crate::{Call, IndexMap, Name, Step, unique};

/// The nesting of a body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// A step, by its id.
    Step(Name),
    /// One after another.
    Sequential(Vec<Block>),
    /// Side by side, at most `limit` at once.
    Parallel {
        /// `parallel(limit: n)`; none: no limit but the pools.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<u32>,
        /// The branches.
        branches: Vec<Block>,
    },
    /// The planner chooses the order: from data, `after`, pools, places and history.
    Auto {
        /// Alerts when it ran otherwise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expect: Option<Mode>,
        /// Nothing but what they take or name orders these.
        body: Vec<Block>,
    },
    /// Sequential; the snapshots inside are this close together, and are compared afterwards.
    Group {
        /// From the first to the last at most this long.
        apart: DurationMs,
        /// One after another.
        body: Vec<Block>,
    },
    /// Sequential, with something held meanwhile: its steps start when `acquire` has ended well, and `release` runs
    /// whatever came of it or of them, also after a crash.
    Bracket {
        /// A verb.
        acquire: Box<Call>,
        /// A verb that may run more than once.
        release: Box<Call>,
        /// How long it is held.
        until: Until,
        /// Released at the latest after this long.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at_most: Option<DurationMs>,
        /// One after another.
        body: Vec<Block>,
    },
    /// A part of the body that something closes.
    Closed {
        /// Numbers in [`Workflow::closes`](crate::Workflow::closes).
        by: Vec<u32>,
        /// The part.
        body: Box<Block>,
    },
}

/// How work is ordered, as it is planned, wanted, or turned out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// One after another.
    Sequential,
    /// Side by side.
    Parallel,
    /// Both.
    Hybrid,
}

impl Mode {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Sequential, Self::Parallel, Self::Hybrid];

    /// In one word, as the language has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sequential => "sequential",
            Self::Parallel => "parallel",
            Self::Hybrid => "hybrid",
        }
    }

    /// The mode of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.word() == word)
    }
}

/// When a bracket releases what it acquired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Until {
    /// When all inside has ended.
    #[default]
    End,
    /// When the last snapshot inside is held.
    Snapshots,
}

impl Until {
    /// As the language has it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::End => "end",
            Self::Snapshots => "snapshots",
        }
    }
}

/// What is done when a workflow, a part of its body, or a machine has ended. Its steps are none of the body's: they
/// have an order of their own, may depend on steps of the body, and change nothing of how it ended.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Close {
    /// On what; empty for `finally`: whatever came of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on: Vec<Ending>,
    /// In source order.
    #[serde(deserialize_with = "unique::map")]
    pub steps: IndexMap<Name, Step>,
    /// How they nest.
    pub body: Block,
}

/// On what a block closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// It failed.
    Failure,
    /// It was degraded.
    Degraded,
    /// It took longer than its `within`, or was due and did not run.
    Late,
    /// It ran in another mode than before.
    Mode,
}

impl Ending {
    /// As the language has it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::Degraded => "degraded",
            Self::Late => "late",
            Self::Mode => "mode",
        }
    }
}

impl Block {
    /// The blocks directly inside.
    pub fn children(&self) -> &[Self] {
        match self {
            Self::Step(_) => &[],
            Self::Sequential(body)
            | Self::Parallel { branches: body, .. }
            | Self::Auto { body, .. }
            | Self::Group { body, .. }
            | Self::Bracket { body, .. } => body,
            Self::Closed { body, .. } => std::slice::from_ref(body),
        }
    }

    /// The ids of all steps inside, in order.
    pub fn steps(&self) -> Vec<&Name> {
        let mut found = Vec::new();
        self.add_steps(&mut found);
        found
    }

    fn add_steps<'a>(&'a self, found: &mut Vec<&'a Name>) {
        match self {
            Self::Step(name) => found.push(name),
            _ => self.children().iter().for_each(|block| block.add_steps(found)),
        }
    }
}

impl Default for Block {
    fn default() -> Self {
        Self::Sequential(Vec::new())
    }
}
