//! The engine's errors in the words of the command line: what happened, what is safe, and what to do.

use mainstay_engine::report::Unreached;
use mainstay_engine::{
    AccessError, CarryError, Guard, PlanError, RepoInitError, RestoreError, RetainError, RunError,
    SelectError, StateError, VerifyError,
};
use mainstay_journal::Fault;
use mainstay_repo::restore::RestoreError as RepoError;

use crate::engine::exit_of_fault;
use crate::error::Failure;
use crate::exit::Exit;
use crate::report::human;
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
        let named = match &error {
            AccessError::Missing { name, .. } => Some(name.clone()),
            _ => None,
        };
        of_repo(error.fault(), named.as_deref(), error.to_string())
    }
}

/// Why a repository could not be used, with what is to be done about it.
pub fn of_repo(fault: Fault, repo: Option<&str>, message: String) -> Failure {
    let failure = Failure::new(exit_of_fault(fault), message).safe("no existing object was changed");
    let next = match (fault, repo) {
        (Fault::Missing, Some(repo)) => {
            &*format!("mount it if it should be there, or make it with `mainstay repo init {repo}`")
        }
        (Fault::Missing, None) => "mount it if it should be there",
        (Fault::Denied, _) => "`mainstay key list` says where the key files come from",
        (Fault::Newer, _) => "use the version of mainstay that wrote it, or a later one",
        (Fault::Damage, Some(repo)) => {
            &*format!("restore what you can from another copy; `mainstay repo check {repo}` says more")
        }
        (Fault::Damage, None) => "restore what you can from another copy",
        (Fault::NoSpace, _) => "make room there, then repeat the command",
        (Fault::Unreachable, _) => "see that the place can be reached, then repeat the command",
        (Fault::RolledBack | Fault::Replaced | Fault::Emptied, Some(repo)) => {
            &*accept(fault, repo, &format!("repo:{repo}"))
        }
        _ => return failure,
    };
    failure.next(next)
}

/// What to do about a repository that is not what was seen of it. `select` is what is run to accept it.
pub fn accept(fault: Fault, repo: &str, select: &str) -> String {
    let (first, then) = match fault {
        Fault::Replaced => ("put the right repository there", "if it was replaced on purpose,"),
        Fault::Emptied => (
            "put the disk or folder back",
            "if its packs are lost for good, store anew what is still at the sources:",
        ),
        _ => ("find out who took it back", "if it was restored on purpose,"),
    };
    let guard = Guard::of(fault).map_or("", Guard::word);
    format!("{first}; {then} `mainstay run {select} --force={guard}:{repo}`")
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
            RestoreError::NoSnapshot { source_name, partial, unreached, .. } => {
                let failure = not_looked_into(failure, &unreached).safe("nothing was written");
                failure.next(no_snapshot(&source_name, partial.as_deref(), &unreached))
            }
            RestoreError::ManySnapshots { .. } => failure
                .safe("nothing was written")
                .next("write more of the id; `mainstay snapshots` lists them"),
            RestoreError::ManyHosts { unreached, .. } => not_looked_into(failure, &unreached)
                .safe("nothing was written")
                .next("`--host NAME` says which of them is meant"),
            RestoreError::NoRepository(_) => failure.safe("nothing was written").next(
                "`mainstay key check` says what the key files open; a missing disk must be mounted first",
            ),
            RestoreError::UnknownSource(_) | RestoreError::UnknownRepo(_) => failure.safe("nothing was written"),
            RestoreError::IntoOwn { .. } => failure
                .safe("nothing was written")
                .next("name a folder outside of it: what is restored there would stand among what makes copies"),
            RestoreError::Emptied { repo, elsewhere, .. } => {
                let there = elsewhere.first().map_or_else(
                    || accept(fault, &repo, &format!("repo:{repo}")),
                    |other| format!("put the disk or folder back, or take the same from another copy: `--from {other}`"),
                );
                failure.safe("nothing was written").next(there)
            }
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

/// Names what could not be looked into: what is missing may lie there.
fn not_looked_into(failure: Failure, unreached: &[Unreached]) -> Failure {
    let because = |failure: Failure, one| failure.because(format!("not looked into: {}", human::reason(one)));
    unreached.iter().fold(failure, because)
}

/// What to do where no snapshot is meant.
fn no_snapshot(source: &str, partial: Option<&str>, unreached: &[Unreached]) -> String {
    let away: Vec<&str> = unreached.iter().filter(|one| one.may_hold).map(|one| one.repo.as_str()).collect();
    let away = (!away.is_empty()).then(|| format!("make {} reachable and repeat the command", names(&away)));
    let partial =
        partial.map(|repo| format!("`--partial` takes the newest, which is not whole and lies in `{repo}`"));
    let list = || format!("`mainstay snapshots {source}` lists what there is");
    match (away, partial) {
        (Some(away), Some(partial)) => format!("{away}; {partial}"),
        (away, partial) => away.or(partial).unwrap_or_else(list),
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
            VerifyError::Access { repo, error } => of_repo(fault, Some(&repo), error.to_string()),
            VerifyError::Unreached(one) => {
                of_repo(fault, Some(&one.repo), format!("repo {}", human::reason(&one)))
            }
            VerifyError::Nothing => Self::new(Exit::Failed, error.to_string())
                .safe("nothing was changed")
                .next("`mainstay snapshots` lists what there is"),
            VerifyError::ManyHosts(_) => Self::new(Exit::Failed, error.to_string())
                .safe("nothing was changed")
                .next("`mainstay snapshots --all` lists them; `--snapshot ID` reads one of them back"),
            _ => Self::new(exit_of_fault(fault), error.to_string()).safe("what is stored is untouched"),
        }
    }
}
