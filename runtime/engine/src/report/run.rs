//! What runs did.

use mainstay_ir::Name;
use mainstay_journal::{Cause, Figures, Outcome, RunId, Stored};
use serde::Serialize;

/// How to run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunOptions {
    /// Make missing local repositories and key files.
    pub create: bool,
    /// Go on with a run that was broken off or that failed: any unique beginning of its id, or empty for the
    /// newest one.
    pub resume: Option<String>,
    /// Guards that are set aside.
    pub forced: Vec<crate::operation::Forced>,
}

/// What runs did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunsReport {
    /// Runs in the order in which they started.
    pub runs: Vec<RunReport>,
    /// Repositories and key files that were made.
    pub created: Vec<super::RepoCreated>,
    /// Earlier runs that were found broken off and closed, with what became of them.
    pub closed: Vec<RunReport>,
    /// Whether a run that was gone on with keeps an older policy than the one of now.
    pub is_older_policy: bool,
}

impl RunsReport {
    /// The worst end of all.
    pub fn outcome(&self) -> Outcome {
        self.runs
            .iter()
            .map(|run| run.outcome.clone().unwrap_or(Outcome::Ok))
            .fold(Outcome::Ok, Outcome::worse)
    }
}

/// What one run did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunReport {
    /// Its identity.
    pub run: RunId,
    /// The policy's name.
    pub policy: Name,
    /// The policy that it kept.
    pub policy_hash: String,
    /// Of which workflow.
    pub workflow: Name,
    /// Why it began.
    pub cause: Cause,
    /// On which machine.
    pub host: String,
    /// The time it stands for.
    pub slot_ms: i64,
    /// When it began.
    pub started_ms: i64,
    /// When it ended; none: it has not, or was broken off.
    pub ended_ms: Option<i64>,
    /// How it ended; none: it has not, or was broken off.
    pub outcome: Option<Outcome>,
    /// Its steps in source order.
    pub steps: Vec<StepReport>,
}

/// What one step did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepReport {
    /// Which.
    pub step: Name,
    /// How it ended; none: it has not.
    pub outcome: Option<Outcome>,
    /// What it stored or took.
    pub stored: Option<Stored>,
    /// What it handled.
    pub figures: Figures,
    /// How many attempts it had.
    pub tries: u32,
    /// From its first attempt to its end.
    pub took_ms: Option<u64>,
}

/// What ran, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HistoryReport {
    /// Runs.
    pub runs: Vec<RunReport>,
    /// How many more there are.
    pub left_off: usize,
}
