//! The shape of a compiled policy. Order is source order; nothing here depends on file names or machines.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::value::{Constructed, DurationMs, Retention, Value};
use crate::{IndexMap, Machine, Name, Workflow, unique};

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
    /// What is done in states: each run of a machine stands in one of them.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty", deserialize_with = "unique::map")]
    pub machines: IndexMap<Name, Machine>,
    /// What exists, for audits.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty", deserialize_with = "unique::map")]
    pub estates: IndexMap<Name, Estate>,
    /// Renames that keep their history: from the old name to the new one; the policy's own old name is
    /// `policy NAME`.
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
            params: IndexMap::default(),
            secrets: IndexMap::default(),
            hosts: IndexMap::default(),
            pools: IndexMap::default(),
            sources: IndexMap::default(),
            repos: IndexMap::default(),
            sandboxes: IndexMap::default(),
            channels: IndexMap::default(),
            probes: IndexMap::default(),
            objectives: IndexMap::default(),
            workflows: IndexMap::default(),
            machines: IndexMap::default(),
            estates: IndexMap::default(),
            moved: IndexMap::default(),
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
    /// Where it stands, as a dotted key and no position: what holds it, then the part, such as
    /// `repo offsite` as `repo.offsite`, its field as `repo.offsite.lock_mode`, a step as
    /// `workflow.nightly.step.db`, its stage as `workflow.nightly.step.db.drill`, its undo as
    /// `workflow.nightly.step.db.undo`, a block as `workflow.nightly.block.0` and what closes one as
    /// `workflow.nightly.close.0` (numbers in source order, loops unrolled), a trigger as
    /// `workflow.nightly.trigger`, a machine's state as `machine.cutover.state.deciding`. The compiler's `Places`
    /// knows the place of each; a key that it does not know falls back to what is left of the last dot.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
}

/// What exists, so that an audit finds what nothing protects.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Estate {
    /// The `///` lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub docs: Vec<String>,
    /// What can be listed: `databases(..)`, `mounts(..)`, `matching(..)`, `timers(..)`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discover: Vec<Constructed>,
    /// What is left out on purpose, each with an owner, a reason and an end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exempt: Vec<Exemption>,
}

/// What need not be protected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exemption {
    /// What.
    pub what: String,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// The last day on which it counts, as `2027-01-31`.
    pub until: String,
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
