//! Workflows: their steps, flattened, and what each waits for and needs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::value::{Backoff, DurationMs, Value};
use crate::{Block, Close, IndexMap, Name, Trigger, unique};

/// What to do when a run is due while one is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// One waits.
    #[default]
    QueueOne,
    /// It is left out.
    Skip,
    /// The old one is cancelled.
    Replace,
    /// Both run.
    Allow,
}

impl Overlap {
    /// As the language has it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::QueueOne => "queue_one",
            Self::Skip => "skip",
            Self::Replace => "replace",
            Self::Allow => "allow",
        }
    }
}

/// What to do about runs that were due while nothing ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Missed {
    /// The latest one is made up for.
    #[default]
    RunLatest,
    /// All are.
    RunAll,
    /// None is.
    Skip,
}

impl Missed {
    /// As the language has it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::RunLatest => "run_latest",
            Self::RunAll => "run_all",
            Self::Skip => "skip",
        }
    }
}

/// A workflow with its body flattened to steps.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Workflow {
    /// The `///` lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub docs: Vec<String>,
    /// After `for`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objective: Option<Name>,
    /// When it runs; empty: by hand only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<Trigger>,
    /// At most this long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<DurationMs>,
    /// When due while it runs.
    #[serde(default)]
    pub overlap: Overlap,
    /// When it was due while nothing ran.
    #[serde(default)]
    pub missed: Missed,
    /// All other fields, by name (`window`, `alive`, `needs`, `priority`, ...).
    #[serde(default, skip_serializing_if = "IndexMap::is_empty", deserialize_with = "unique::map")]
    pub other: IndexMap<Name, Value>,
    /// The steps in source order, loops unrolled. Dependencies only point backwards.
    #[serde(deserialize_with = "unique::map")]
    pub steps: IndexMap<Name, Step>,
    /// How the body nests: for people, for `plan`, and for what holds around or after a part of it.
    pub body: Block,
    /// What closes the workflow, or a block of it that names one of these by its number: in source order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closes: Vec<Close>,
}

/// A step. Its id is its name, or `name[item]` for a round of a loop, or `verb.n` for a bare call;
/// no two of a workflow, in its body and in what closes it, are the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The `///` lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub docs: Vec<String>,
    /// What it does.
    pub action: Action,
    /// Steps that must have ended, however, before it may start: the order of the blocks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits: Vec<Name>,
    /// What must have come out of which steps, or it is skipped: values it takes, `after`, or, when it takes
    /// and names none, all steps of the statement before.
    #[serde(default, skip_serializing_if = "Rule::is_always")]
    pub needs: Rule,
    /// Blocks with a limit that it stands in: at most `limit` steps of that block at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<BlockLimit>,
    /// At most this long, each attempt and its retries together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<DurationMs>,
    /// When it fails.
    pub retry: Backoff,
    /// Slots it holds while it acts: pool and number, all or nothing.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty", deserialize_with = "unique::map")]
    pub claims: IndexMap<Name, u32>,
    /// The largest share of a pool's rate that it uses, in millionths, where it names one.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty", deserialize_with = "unique::map")]
    pub shares: IndexMap<Name, u64>,
    /// A verb that takes back what the step did. It is registered before the step acts, runs in reverse order
    /// when a later step fails, and may run more than once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<Call>,
}

/// `parallel(limit: n)` around a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BlockLimit {
    /// Number of the block in its workflow, from 0.
    pub block: u32,
    /// How many branches at once.
    pub limit: u32,
    /// Which branch of that block the step is in, from 0: steps of one branch count once.
    pub branch: u32,
}

/// When a step may act, in terms of what came of others.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Asks for nothing.
    #[default]
    Always,
    /// It ended `ok` or `degraded`.
    Well(Name),
    /// It ended `failed`.
    Failed(Name),
    /// It ended, however.
    Ended(Name),
    /// All of them.
    All(Vec<Rule>),
    /// At least one of them.
    Any(Vec<Rule>),
}

impl Rule {
    /// Whether it asks for nothing.
    pub fn is_always(&self) -> bool {
        *self == Self::Always
    }
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Stages in order, pipelines expanded.
    Stages(Vec<Call>),
    /// A verb.
    Verb(Call),
}

/// A call of a stage or verb of the standard library. Arguments have their declared names; defaults are
/// filled in; the value that flows through the chain is not among them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// `store`.
    pub name: Name,
    /// By declared name, in declared order.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty", deserialize_with = "unique::map")]
    pub args: IndexMap<Name, Value>,
    /// At most this long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<DurationMs>,
}

impl Step {
    /// A step that does this, and waits for nothing.
    pub fn new(action: Action) -> Self {
        Self {
            docs: Vec::new(),
            action,
            waits: Vec::new(),
            needs: Rule::Always,
            limits: Vec::new(),
            within: None,
            retry: Backoff::default(),
            claims: IndexMap::default(),
            shares: IndexMap::default(),
            undo: None,
        }
    }
}
