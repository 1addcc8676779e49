//! A workflow as the engine carries it out: steps cut into acts.
//!
//! An act is what is tried again as a whole: it ends in something durable, or in nothing. `discover` to `store`
//! are one act, for what was read and not committed is gone after a crash; `verify`, `retain`, `replicate`,
//! `latest` and each verb are acts of their own, so a step that was broken off goes on at the act that is not done.

mod acts;
mod ahead;
mod arguments;
mod needed;

use std::collections::BTreeMap;

use mainstay_ir::{Backoff, BlockLimit, IndexMap, Ir, Name, Retention, Rule, Step, Value, Workflow};

pub(crate) use ahead::dependencies;
#[cfg(test)]
pub(crate) use ahead::fill as fill_ahead;
pub use arguments::{Fault as ShapeFault, ShapeError};
pub(crate) use needed::needed;

/// A workflow, ready to be carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// The policy's name.
    pub policy: Name,
    /// The workflow's name.
    pub workflow: Name,
    /// `within`, in milliseconds.
    pub within_ms: Option<u64>,
    /// Higher goes first.
    pub priority: i64,
    /// Steps in source order.
    pub steps: IndexMap<Name, StepShape>,
    /// How many slots each pool has.
    pub pools: BTreeMap<Name, u32>,
}

/// A step.
#[derive(Debug, Clone, PartialEq)]
pub struct StepShape {
    /// What it does, in order.
    pub acts: Vec<Act>,
    /// What must have ended before it may start, however.
    pub waits: Vec<Name>,
    /// What must have come out of others.
    pub needs: Rule,
    /// Blocks with a limit around it.
    pub limits: Vec<BlockLimit>,
    /// All its acts and their retries together, in milliseconds.
    pub within_ms: Option<u64>,
    /// Slots that it holds while it acts.
    pub claims: BTreeMap<Name, u32>,
    /// How many steps the longest path from here to the end has, this one included.
    pub ahead: u32,
}

impl StepShape {
    /// Whether a copy comes out of it.
    pub fn makes_copy(&self) -> bool {
        self.acts.iter().any(|act| matches!(act.kind, ActKind::Backup { .. } | ActKind::Replicate { .. }))
    }
}

/// One act of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Act {
    /// What it does.
    pub kind: ActKind,
    /// When it fails.
    pub retry: Backoff,
    /// One attempt at most this long, in milliseconds.
    pub within_ms: Option<u64>,
}

/// What an act does. A `from` names the step whose snapshot it takes; none: that of the act before it.
#[derive(Debug, Clone, PartialEq)]
pub enum ActKind {
    /// `discover |> snapshot |> compress |> encrypt |> store`.
    Backup {
        /// Of what.
        source: Name,
        /// Into what.
        repo: Name,
        /// Level of zstd; none: not compressed.
        level: Option<i32>,
        /// `discover` at most this long, in milliseconds.
        discover_ms: Option<u64>,
        /// `snapshot` at most this long, in milliseconds.
        snapshot_ms: Option<u64>,
        /// A checkpoint after so much new content, in bytes; none: as the repository does.
        checkpoint_bytes: Option<u64>,
    },
    /// `replicate`.
    Replicate {
        /// Whose snapshot.
        from: Option<Name>,
        /// Into what.
        to: Name,
    },
    /// `latest`.
    Latest {
        /// Of what.
        source: Name,
        /// Where.
        repo: Name,
    },
    /// `verify`.
    Verify {
        /// Whose snapshot.
        from: Option<Name>,
        /// The share of the data that is decrypted and matched, in millionths.
        sample_ppm: u64,
        /// In how long all of it is to be read, in milliseconds.
        all_within_ms: u64,
    },
    /// `retain`.
    Retain {
        /// Whose source and repository.
        from: Option<Name>,
        /// What stays.
        keep: Retention,
    },
    /// `hook`.
    Hook {
        /// The program and its arguments.
        argv: Vec<String>,
        /// Variables of its environment, and the secrets that fill them.
        with: Vec<(String, Name)>,
        /// Ends that mean "not now".
        skip_on: Vec<i32>,
    },
    /// `check`.
    Check {
        /// Which repository.
        repo: Name,
        /// Everything, not only the metadata.
        read_data: bool,
    },
}

impl ActKind {
    /// In one word, as the language has it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Backup { .. } => "store",
            Self::Replicate { .. } => "replicate",
            Self::Latest { .. } => "latest",
            Self::Verify { .. } => "verify",
            Self::Retain { .. } => "retain",
            Self::Hook { .. } => "hook",
            Self::Check { .. } => "check",
        }
    }

    /// Whose snapshot it takes, when it names a step.
    pub fn from(&self) -> Option<&Name> {
        match self {
            Self::Replicate { from, .. } | Self::Verify { from, .. } | Self::Retain { from, .. } => {
                from.as_ref()
            }
            _ => None,
        }
    }

    /// Whether doing it twice is no more than doing it once.
    pub fn is_idempotent(&self) -> bool {
        !matches!(self, Self::Hook { .. })
    }
}

impl Shape {
    /// Cuts a workflow of a policy into acts.
    ///
    /// # Errors
    /// A stage or verb that this engine does not carry out, or one without an argument that it needs.
    pub fn of(ir: &Ir, name: &str, workflow: &Workflow) -> Result<Self, ShapeError> {
        let mut steps = IndexMap::default();
        for (id, step) in &workflow.steps {
            let shape = step_shape(step).map_err(|error| error.at(name, id))?;
            steps.insert(id.clone(), shape);
        }
        ahead::fill(&mut steps);
        Ok(Self {
            policy: ir.policy.clone(),
            workflow: name.to_owned(),
            within_ms: workflow.within.map(|within| within.0),
            priority: priority(workflow),
            steps,
            pools: pools(ir),
        })
    }
}

fn step_shape(step: &Step) -> Result<StepShape, arguments::Fault> {
    Ok(StepShape {
        acts: acts::of(step)?,
        waits: step.waits.clone(),
        needs: step.needs.clone(),
        limits: step.limits.clone(),
        within_ms: step.within.map(|within| within.0),
        claims: step.claims.iter().map(|(pool, slots)| (pool.clone(), *slots)).collect(),
        ahead: 1,
    })
}

fn priority(workflow: &Workflow) -> i64 {
    match workflow.other.get("priority") {
        Some(Value::Int(priority)) => *priority,
        _ => 0,
    }
}

/// A pool without slots limits something else. A range is held at its upper end: nothing adapts it yet.
fn pools(ir: &Ir) -> BTreeMap<Name, u32> {
    ir.pools.iter().filter_map(|(name, pool)| pool.slots.map(|(_, most)| (name.clone(), most))).collect()
}

#[cfg(test)]
mod tests;
