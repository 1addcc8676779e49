//! What can happen, as it is written down.
//!
//! An event is a fact, never a wish: it is folded into the engine's state by a function that cannot fail, live
//! and after a crash alike. Each event is one JSON object with its name under `event`. Fields are only ever
//! added with a new [`crate::FORMAT`]: a reader of an older one refuses the file instead of guessing.

use mainstay_ir::Name;
use serde::{Deserialize, Serialize};

use crate::ids::{RunId, Token};
use crate::outcome::{Fault, Figures, Outcome, Stored};

/// A fact of the history of runs. Times are milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// A compiled policy was put beside the stream; runs refer to it by its hash.
    PolicyPinned {
        /// The policy's name.
        policy: Name,
        /// The hash of its IR.
        hash: String,
    },
    /// A run began.
    RunStarted {
        /// Its identity.
        run: RunId,
        /// The policy's name.
        policy: Name,
        /// The IR that it keeps until its end.
        policy_hash: String,
        /// Which workflow.
        workflow: Name,
        /// The time it stands for: the slot of its trigger, or the moment it was started by hand.
        slot_ms: i64,
        /// Why it began.
        cause: Cause,
        /// On which machine.
        host: String,
        /// Only these steps; empty: all of them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        only: Vec<Name>,
        /// When `within` is over.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline_ms: Option<i64>,
    },
    /// A run that was broken off, or that failed, goes on: what did not end well has all its tries again.
    RunResumed {
        /// Which.
        run: RunId,
        /// The new end of `within`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline_ms: Option<i64>,
    },
    /// A step could start now, but what it needs is taken.
    StepScheduled {
        /// Of which run.
        run: RunId,
        /// Which step.
        step: Name,
        /// The pools that are full; empty: the limit of its block.
        waits_for: Vec<Name>,
    },
    /// A step will not act.
    StepSkipped {
        /// Of which run.
        run: RunId,
        /// Which step.
        step: Name,
        /// Why, in words.
        reason: String,
        /// Whether a copy that was wanted is missing because of it.
        misses_copy: bool,
    },
    /// An attempt at one act of a step began. Its token is the place of this event.
    AttemptStarted {
        /// Of which run.
        run: RunId,
        /// Which step.
        step: Name,
        /// Which of the step's acts, from 0.
        act: u32,
        /// Which try of this act, from 1.
        attempt: u32,
    },
    /// An attempt opened a session in a repository; nothing that it writes counts before the session is decided.
    Intent {
        /// Of which attempt.
        token: Token,
        /// Which repository, by its name in the policy.
        repo: Name,
        /// The session's id, as the repository writes it.
        session: String,
    },
    /// What an attempt has finished so far is durable as a partial snapshot.
    Checkpoint {
        /// Of which attempt.
        token: Token,
        /// How many partials the session has now.
        number: u32,
    },
    /// An attempt came to its end and said so itself.
    AttemptCompleted {
        /// Which attempt.
        token: Token,
        /// What came out of it.
        outcome: Outcome,
        /// What it stored, or found stored.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stored: Option<Stored>,
        /// What it handled.
        #[serde(default, skip_serializing_if = "Figures::is_empty")]
        figures: Figures,
    },
    /// An attempt's process is gone. If it had a session, that is decided before anything else.
    Lost {
        /// Which attempt.
        token: Token,
    },
    /// The session of a lost attempt was found committed: its snapshot counts.
    Adopted {
        /// Which attempt.
        token: Token,
        /// What it had stored.
        stored: Stored,
    },
    /// The session of a lost attempt was closed without a snapshot.
    Abandoned {
        /// Which attempt.
        token: Token,
    },
    /// A step is tried again later.
    RetryScheduled {
        /// Of which run.
        run: RunId,
        /// Which step.
        step: Name,
        /// Which try it will be.
        attempt: u32,
        /// Not before.
        at_ms: i64,
    },
    /// A step gave up.
    DeadLettered {
        /// Of which run.
        run: RunId,
        /// Which step.
        step: Name,
        /// Why, as its outcome.
        outcome: Outcome,
    },
    /// Somebody, or a deadline, wants a run to stop.
    CancelRequested {
        /// Which.
        run: RunId,
        /// `late` or `cancelled`.
        fault: Fault,
        /// Why, in words.
        reason: String,
    },
    /// A run is over.
    RunEnded {
        /// Which.
        run: RunId,
        /// The worst of its steps.
        outcome: Outcome,
    },
    /// A line of the ledger of what was read back.
    Verified {
        /// Whose repository and source these are: names belong to a policy.
        policy: Name,
        /// In which repository, by name.
        repo: Name,
        /// Which snapshot.
        snapshot: String,
        /// Of which source.
        source: Name,
        /// The share of the data that was decrypted and matched, in millionths.
        sample_ppm: u64,
        /// How many objects were looked at.
        objects: u64,
        /// How many bytes were read back.
        bytes: u64,
        /// How many faults were found.
        problems: u64,
    },
    /// Snapshots were given up by retention, or by hand.
    Forgotten {
        /// Whose repository this is.
        policy: Name,
        /// In which repository, by name.
        repo: Name,
        /// Which.
        snapshots: Vec<String>,
    },
    /// How far a repository was seen to have come. A store that is behind this was rolled back.
    RepoHeads {
        /// Whose repository this is.
        policy: Name,
        /// Which repository, by name.
        repo: Name,
        /// How far.
        heads: Heads,
    },
}

/// How far a repository has come, as it says itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heads {
    /// The id of its key family.
    pub family: String,
    /// The id of this copy.
    pub instance: String,
    /// The public key of its owner; empty in journals of the first format, which did not keep it.
    #[serde(default)]
    pub owner: String,
    /// Number of the newest key generation.
    pub generation: u32,
    /// Entries of the maintenance log.
    pub log: u64,
    /// The newest snapshots of each source.
    pub snapshots: Vec<String>,
}

/// Why a run began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Somebody started it.
    Hand,
    /// Its trigger was due.
    Trigger,
}

impl Event {
    /// The event's name, as it stands in the stream.
    pub fn name(&self) -> &'static str {
        match self {
            Self::PolicyPinned { .. } => "policy_pinned",
            Self::RunStarted { .. } => "run_started",
            Self::RunResumed { .. } => "run_resumed",
            Self::StepScheduled { .. } => "step_scheduled",
            Self::StepSkipped { .. } => "step_skipped",
            Self::AttemptStarted { .. } => "attempt_started",
            Self::Intent { .. } => "intent",
            Self::Checkpoint { .. } => "checkpoint",
            Self::AttemptCompleted { .. } => "attempt_completed",
            Self::Lost { .. } => "lost",
            Self::Adopted { .. } => "adopted",
            Self::Abandoned { .. } => "abandoned",
            Self::RetryScheduled { .. } => "retry_scheduled",
            Self::DeadLettered { .. } => "dead_lettered",
            Self::CancelRequested { .. } => "cancel_requested",
            Self::RunEnded { .. } => "run_ended",
            Self::Verified { .. } => "verified",
            Self::Forgotten { .. } => "forgotten",
            Self::RepoHeads { .. } => "repo_heads",
        }
    }
}
