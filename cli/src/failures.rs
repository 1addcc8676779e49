//! The engine's errors in the words of the command line: what happened, what is safe, and what to do.

use mainstay_engine::{
    AccessError, CarryError, PlanError, RepoInitError, RestoreError, RetainError, RunError, SelectError,
    StateError, VerifyError,
};
use mainstay_journal::Fault;
use mainstay_repo::restore::RestoreError as RepoError;

use crate::engine::exit_of_fault;
use crate::error::Failure;
use crate::exit::Exit;
use crate::suggest;

/// Nothing was touched.
const UNTOUCHED: &str = "nothing was read, written or run";

/// There is none of this name; the nearest known one is named.
pub fn unknown<'a>(what: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Failure {
    let known: Vec<&str> = known.into_iter().collect();
    let failure = Failure::usage(format!("there is no {what} `{name}`")).safe(UNTOUCHED);
    match suggest::like(name, known.iter().copied()) {
        Some(like) => failure.next(format!("did you mean `{like}`?")),
        None if known.is_empty() => failure.next(format!("the policy has no {what}")),
        None => failure.next(format!("there are: {}", names(&known))),
    }
}

fn names(known: &[&str]) -> String {
    known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

impl From<StateError> for Failure {
    fn from(error: StateError) -> Self {
        if error.is_in_use() {
            return Self::new(Exit::StateInUse, error.to_string())
                .safe(UNTOUCHED)
                .next("wait until the other one has ended, or name another folder with `--state DIR`");
        }
        if error.is_another_format() {
            return Self::new(Exit::Failed, error.to_string())
                .safe("the repositories do not depend on it: all snapshots can be listed and restored")
                .next("use the version of mainstay that wrote it, or name a new state folder with `--state DIR`");
        }
        if error.is_damage() {
            return Self::new(Exit::Mismatch, error.to_string())
                .safe("the repositories do not depend on it: all snapshots can be listed and restored")
                .next("put the state folder aside and name a new one with `--state DIR`");
        }
        let exit = if error.is_full() { Exit::NoSpace } else { Exit::Failed };
        Self::new(exit, error.to_string())
            .safe("what is stored is untouched")
            .next("mend that, or name another folder with `--state DIR`")
    }
}

impl From<CarryError> for Failure {
    fn from(error: CarryError) -> Self {
        Self::usage(error.to_string()).safe(UNTOUCHED).next("`mainstay check` still checks such a policy")
    }
}

impl From<SelectError> for Failure {
    fn from(error: SelectError) -> Self {
        match &error {
            SelectError::Unknown { text, known } => {
                unknown("workflow or step", text, known.iter().map(String::as_str))
            }
            _ => Self::usage(error.to_string()).safe(UNTOUCHED),
        }
    }
}

impl From<RepoInitError> for Failure {
    fn from(error: RepoInitError) -> Self {
        match error {
            RepoInitError::Access(error) => error.into(),
            RepoInitError::State(error) => error.into(),
        }
    }
}

impl From<AccessError> for Failure {
    fn from(error: AccessError) -> Self {
        let fault = error.fault();
        let failure =
            Self::new(exit_of_fault(fault), error.to_string()).safe("no existing object was changed");
        match fault {
            Fault::Missing => {
                failure.next("mount it if it should be there, or make it with `mainstay repo init NAME`")
            }
            Fault::Denied => failure.next("`mainstay key list` says where the key files come from"),
            Fault::Newer => failure.next("use the version of mainstay that wrote it, or a later one"),
            Fault::Damage => {
                failure.next("restore what you can from another copy; `mainstay repo check NAME` says more")
            }
            Fault::NoSpace => failure.next("make room there, then repeat the command"),
            Fault::Unreachable => failure.next("see that the place can be reached, then repeat the command"),
            _ => failure,
        }
    }
}

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Carry(error) => error.into(),
            PlanError::Select(error) => error.into(),
            PlanError::State(error) => error.into(),
        }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Carry(error) => error.into(),
            RunError::Select(error) => error.into(),
            RunError::State(error) => error.into(),
            RunError::Create(error) => error.into(),
            RunError::NoRun(_)
            | RunError::ManyRuns { .. }
            | RunError::EndedWell(_)
            | RunError::PolicyGone(_) => {
                Self::usage(error.to_string()).safe(UNTOUCHED).next("`mainstay history` lists the runs")
            }
            RunError::Halt(error) => Self::new(exit_of_fault(error.fault()), error.to_string())
                .safe("what was reported as stored is stored")
                .next("repeat the command: it goes on from what the journal says"),
        }
    }
}

impl From<RestoreError> for Failure {
    fn from(error: RestoreError) -> Self {
        let fault = error.fault();
        let failure = Self::new(exit_of_fault(fault), error.to_string());
        match error {
            RestoreError::State(error) => error.into(),
            RestoreError::NoSnapshot { has_partial: true, .. } => failure
                .safe("nothing was written")
                .next("`--partial` takes the newest, which is not whole; `mainstay snapshots` says what is missing"),
            RestoreError::NoSnapshot { source_name, .. } => failure
                .safe("nothing was written")
                .next(format!("`mainstay snapshots {source_name}` lists what there is")),
            RestoreError::ManySnapshots { .. } => failure
                .safe("nothing was written")
                .next("write more of the id; `mainstay snapshots` lists them"),
            RestoreError::ManyHosts { .. } => {
                failure.safe("nothing was written").next("`--host NAME` says which machine is meant")
            }
            RestoreError::NoRepository(_) => failure.safe("nothing was written").next(
                "`mainstay key check` says what the key files open; a missing disk must be mounted first",
            ),
            RestoreError::UnknownSource(_) => failure.safe("nothing was written"),
            RestoreError::IntoOwn { .. } => failure
                .safe("nothing was written")
                .next("name a folder outside of it: what is restored there would stand among what makes copies"),
            RestoreError::Restore(RepoError::CannotRead) => {
                failure.safe("nothing was written").next("restore with a policy whose `key` is a full key file")
            }
            RestoreError::Restore(RepoError::NothingChosen) => failure
                .safe("nothing was written")
                .next("a pattern is a path below the top of the source, such as `letters/2026` or `**/*.odt`"),
            RestoreError::Restore(_) => failure
                .safe("what stood in the folder is untouched; the repository is only read")
                .next("name an empty folder or mend the cause, then repeat the command: what is restored already is kept"),
        }
    }
}

impl From<RetainError> for Failure {
    fn from(error: RetainError) -> Self {
        match error {
            RetainError::State(error) => error.into(),
            RetainError::Nothing(_) => Self::usage(error.to_string())
                .safe("nothing was forgotten")
                .next("add a `retain` stage to the pipeline that stores it"),
            RetainError::Append(_) => Self::new(Exit::Failed, error.to_string())
                .safe("no data was removed: to forget removes none")
                .next("`mainstay retain` shows how things stand"),
        }
    }
}

impl From<VerifyError> for Failure {
    fn from(error: VerifyError) -> Self {
        let fault = error.fault();
        match error {
            VerifyError::State(error) => error.into(),
            VerifyError::Access { error, .. } => error.into(),
            VerifyError::Nothing => Self::new(Exit::Failed, error.to_string())
                .safe("nothing was changed")
                .next("`mainstay snapshots` lists what there is"),
            _ => Self::new(exit_of_fault(fault), error.to_string()).safe("reading back changes nothing"),
        }
    }
}
