//! The shape of a compiled policy. Order is source order; nothing here depends on file names or machines.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::value::{Backoff, Constructed, DurationMs, Retention, Value};
use crate::{Name, Trigger, unique};

/// A compiled policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ir {
    /// The format of this document: [`crate::FORMAT`].
    pub format: u32,
    /// The language's edition.
    pub edition: u32,
    /// The policy's name: a part of every snapshot's identity.
    pub policy: String,
    /// The `//!` lines of the root file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub docs: Vec<String>,
    /// The version of the tz database that the proofs used.
    pub tzdb: String,
    /// The values of the params.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty", deserialize_with = "unique::map")]
    pub params: IndexMap<Name, Value>,
    /// Where secrets come from; never what they are.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty", deserialize_with = "unique::map")]
    pub secrets: IndexMap<Name, Constructed>,
    /// Machines.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty", deserialize_with = "unique::map")]
    pub hosts: IndexMap<Name, Constructed>,
    /// Limits.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty", deserialize_with = "unique::map")]
    pub pools: IndexMap<Name, Pool>,
    /// What is protected.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty", deserialize_with = "unique::map")]
    pub sources: IndexMap<Name, Constructed>,
    /// Where it goes.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty", deserialize_with = "unique::map")]
    pub repos: IndexMap<Name, Constructed>,
    /// Where restores are rehearsed.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty", deserialize_with = "unique::map")]
    pub sandboxes: IndexMap<Name, Constructed>,
    /// Who is told.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty", deserialize_with = "unique::map")]
    pub channels: IndexMap<Name, Constructed>,
    /// What is asked.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty", deserialize_with = "unique::map")]
    pub probes: IndexMap<Name, Constructed>,
    /// What was promised.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty", deserialize_with = "unique::map")]
    pub objectives: IndexMap<Name, Objective>,
    /// What is done.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty", deserialize_with = "unique::map")]
    pub workflows: IndexMap<Name, Workflow>,
    /// Renames that keep their history: from the old name to the new one.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty", deserialize_with = "unique::map")]
    pub moved: IndexMap<Name, Name>,
    /// Constructs that are checked but that no engine of this format carries out yet: each with the name of
    /// the construct and the declaration that holds it. An engine refuses a policy that has any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<Waiting>,
}

impl Ir {
    /// A policy of this name with nothing in it.
    pub fn new(policy: impl Into<String>, edition: u32, tzdb: impl Into<String>) -> Self {
        Self {
            format: crate::FORMAT,
            edition,
            policy: policy.into(),
            docs: Vec::new(),
            tzdb: tzdb.into(),
            params: IndexMap::new(),
            secrets: IndexMap::new(),
            hosts: IndexMap::new(),
            pools: IndexMap::new(),
            sources: IndexMap::new(),
            repos: IndexMap::new(),
            sandboxes: IndexMap::new(),
            channels: IndexMap::new(),
            probes: IndexMap::new(),
            objectives: IndexMap::new(),
            workflows: IndexMap::new(),
            moved: IndexMap::new(),
            waiting: Vec::new(),
        }
    }
}

/// A construct that the engine cannot carry out yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waiting {
    /// The construct: `bracket`, `repo s3`, `stage drill`.
    pub construct: String,
    /// What holds it: `workflow continuous`, `repo offsite`.
    pub holder: String,
}

/// A promise to the business.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    /// The `///` lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub docs: Vec<String>,
    /// The largest loss of data, in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rpo: Option<DurationMs>,
    /// The longest restore.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rto: Option<DurationMs>,
    /// What must be restorable from at least one copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<Retention>,
    /// How many copies, and how spread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copies: Option<Copies>,
    /// All other fields, by name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty", deserialize_with = "unique::map")]
    pub other: IndexMap<Name, Value>,
}

/// `at_least(2, sites: 2, locked: 1)`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Copies {
    /// How many in all.
    pub count: u32,
    /// On how many sites; 0 asks for nothing. The same for the rest.
    #[serde(default)]
    pub sites: u32,
    /// On how many media.
    #[serde(default)]
    pub media: u32,
    /// How many that cannot be deleted.
    #[serde(default)]
    pub locked: u32,
    /// How many that are not reachable.
    #[serde(default)]
    pub offline: u32,
}

/// A limit that work shares.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pool {
    /// How many hold it at once, lowest and highest; equal when it does not adapt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slots: Option<(u32, u32)>,
    /// All other fields, by name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty", deserialize_with = "unique::map")]
    pub other: IndexMap<Name, Value>,
}

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
    /// How the body nests, for people and for `plan`.
    pub body: Block,
}

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
}

impl Default for Block {
    fn default() -> Self {
        Self::Sequential(Vec::new())
    }
}

/// A step. Its id is its name, or `name[item]` for a round of a loop, or `verb.n` for a bare call.
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
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
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
