//! What the next runs would do.

use mainstay_ir::{Mode, Name};
use serde::Serialize;

use super::RetainLine;

/// What the next runs would do. Making it reads only.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// The policy's name.
    pub policy: Name,
    /// The hash of its IR.
    pub policy_hash: String,
    /// The machine it was made on.
    pub host: String,
    /// The moment it was made for.
    pub at_ms: i64,
    /// Workflows in source order.
    pub workflows: Vec<WorkflowPlan>,
}

/// What a run of a workflow would do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WorkflowPlan {
    /// Which.
    pub workflow: Name,
    /// The `///` lines.
    pub docs: Vec<String>,
    /// The objective it serves.
    pub objective: Option<Name>,
    /// The objective's RPO.
    pub rpo_ms: Option<u64>,
    /// The workflow's `within`.
    pub within_ms: Option<u64>,
    /// The next times of its timed triggers, the nearest first; empty: by hand only.
    pub next_ms: Vec<i64>,
    /// The slot that the plan's moment lies in: the last time of its timed triggers; none: it has none.
    pub slot_ms: Option<i64>,
    /// Its steps in the order in which they would start if each took equally long.
    pub steps: Vec<StepPlan>,
    /// How it runs.
    pub mode: Mode,
    /// Why so.
    pub why: String,
    /// The copies it makes.
    pub copies: Vec<CopyPlan>,
    /// What each `retain` of its steps would do, one after the other, to what is stored now and to what the run stores before it;
    /// only where the repository could be read.
    pub retention: Vec<RetainLine>,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepPlan {
    /// Its place in the plan, from 1.
    pub number: usize,
    /// Its name.
    pub step: Name,
    /// The `///` lines.
    pub docs: Vec<String>,
    /// What it does.
    pub acts: Vec<ActPlan>,
    /// Numbers of the steps that it starts after.
    pub after: Vec<usize>,
    /// Slots it holds.
    pub pools: Vec<(Name, u32)>,
    /// How long it took in the middle of its last good runs; none: unknown.
    pub usual_ms: Option<u64>,
    /// How much its source held the last time; none: unknown.
    pub last_bytes: Option<u64>,
    /// Whether all that it makes is there already; none: nothing of it is keyed by an artefact, and each run does it anew.
    pub artefact: Option<ArtefactState>,
}

/// One act of a step of a plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ActPlan {
    /// `store`, `verify`, `hook`, ...
    pub act: String,
    /// On what, in words: `home to shelf`.
    pub on: String,
    /// What it changes.
    pub effect: Effect,
    /// What it makes, where that is keyed: a snapshot by the slot, a copy by its snapshot, a reading by its snapshot and
    /// the slot, a retention by what it would forget.
    pub artefact: Option<Artefact>,
}

/// Whether what an act makes is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Artefact {
    /// In a word.
    pub state: ArtefactState,
    /// The snapshot that is there, or that was copied, read or kept, in its short form.
    pub snapshot: Option<String>,
    /// Of when it is; of a reading, when it was read.
    pub at_ms: Option<i64>,
    /// Why nobody can tell.
    pub fault: Option<String>,
}

impl Artefact {
    pub(crate) fn there(snapshot: String, at_ms: i64) -> Self {
        Self { state: ArtefactState::There, snapshot: Some(snapshot), at_ms: Some(at_ms), fault: None }
    }

    pub(crate) fn due() -> Self {
        Self { state: ArtefactState::Due, snapshot: None, at_ms: None, fault: None }
    }

    pub(crate) fn unknown(fault: String) -> Self {
        Self { state: ArtefactState::Unknown, snapshot: None, at_ms: None, fault: Some(fault) }
    }
}

/// Whether what an act or a step makes is there; of several, the last one of these counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ArtefactState {
    /// It is: nothing new is proposed.
    There,
    /// Nobody can tell: a repository cannot be read.
    Unknown,
    /// It is to be made.
    Due,
}

/// What an act changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Nothing.
    Reads,
    /// It adds to a repository.
    Adds,
    /// It gives up snapshots of a repository.
    Forgets,
    /// It runs a program, which may do anything.
    Runs,
}

/// A copy that a workflow makes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CopyPlan {
    /// Of what.
    pub source: Name,
    /// Where.
    pub repo: Name,
    /// Which step makes it.
    pub step: Name,
    /// Whether anything reads it back.
    pub is_verified: bool,
    /// How old it is proved to be at most, when every run ends well and in time and the machine is on; none: nothing
    /// can be said.
    pub worst_ms: Option<u64>,
    /// What that is made of: `25 h gap + 2 h within`.
    pub worst_sum: String,
    /// How many runs in a row may fail until the RPO is missed; none without one.
    pub survives: Option<u32>,
}

/// What `run --dry-run` found. Nothing was written, no program was run, nothing was locked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DryRun {
    /// What would be done.
    pub plan: Plan,
    /// What its sources hold.
    pub sources: Vec<SourceFound>,
    /// Whether its repositories can be used.
    pub repos: Vec<RepoFound>,
}

/// What discovery found of a source.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SourceFound {
    /// Which.
    pub source: Name,
    /// How many entries at least; none: only its run can tell.
    pub entries: Option<u64>,
    /// How many bytes; none: only its run can tell.
    pub bytes: Option<u64>,
    /// Why it cannot be read.
    pub fault: Option<String>,
}

/// What was found of a repository.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RepoFound {
    /// Which.
    pub repo: Name,
    /// Where it is.
    pub place: String,
    /// How many snapshots of this policy it holds.
    pub snapshots: Option<u64>,
    /// Why it cannot be used; a missing one is made by `--create`.
    pub fault: Option<String>,
    /// Whether there is none.
    pub is_missing: bool,
}
