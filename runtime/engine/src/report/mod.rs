//! What operations answer, as plain data: whoever asks prints it. Times are milliseconds since 1970, UTC;
//! spans are milliseconds; sizes are bytes; what is not known is none.

mod plan;
mod repository;
mod restore;
mod retain;
mod run;
mod snapshots;
mod status;
mod verify;

pub use plan::{
    ActPlan, Artefact, ArtefactState, CopyPlan, DryRun, Effect, Plan, RepoFound, SourceFound, StepPlan,
    WorkflowPlan,
};
pub use repository::{CheckReport, KeyReport, RepoCreated, RepoReport};
pub use restore::{RestoreReport, RestoreSpec};
pub use retain::{NEW_SNAPSHOT, RetainLine, RetainReport, Ruling};
pub use run::{HistoryReport, RunOptions, RunReport, RunsReport, StepReport};
pub use snapshots::{SnapshotFilter, SnapshotLine, SnapshotsReport};
pub use status::{Health, OpenRun, StatusLine, StatusReport};
pub use verify::{Problem, Unreached, VerifyLevel, VerifyLine, VerifyReport, VerifySpec};
