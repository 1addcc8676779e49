//! The exit codes: a contract, in `spec/cli.md`. An unknown code that is not 0 means failure.

/// The codes, for the help.
pub const HELP: &str = "\
Exit codes:
  0    done
  1    failed: there is no new usable copy, or no restore
  2    the command line or the configuration is wrong
  3    a copy, or a restore, exists and is not whole
  4    findings of check, of test, of fmt --check, or of diff --fail-on
  5    an objective is missed
  10   no repository there
  11   the state folder is in use
  12   the key is wrong, or does not allow this
  13   stored data does not match
  14   a place cannot be reached
  15   no space is left
  70   a bug of mainstay
  130  ended by SIGINT; 143: by SIGTERM; 129: by SIGHUP";

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Failed: there is no new usable copy, or no restore.
    Failed = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
    /// A copy exists and is not whole.
    Partial = 3,
    /// `check`, `fmt --check` and their kin found something.
    Findings = 4,
    /// An objective is missed.
    ObjectiveMissed = 5,
    /// There is no repository at the place that the policy names.
    NoRepository = 10,
    /// Another process works in the state folder.
    StateInUse = 11,
    /// The key is wrong, or does not allow this.
    KeyDenied = 12,
    /// Stored data does not match.
    Mismatch = 13,
    /// A place cannot be reached, after retries.
    Unreachable = 14,
    /// No space is left.
    NoSpace = 15,
    /// A bug of ours.
    Bug = 70,
    /// SIGHUP.
    HungUp = 129,
    /// SIGINT.
    Interrupted = 130,
    /// SIGTERM.
    Terminated = 143,
}

impl Exit {
    /// The number that the process ends with.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// In a word or two, for machines and people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "ok",
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::Partial => "degraded",
            Self::Findings => "findings",
            Self::ObjectiveMissed => "objective missed",
            Self::NoRepository => "no repository",
            Self::StateInUse => "state in use",
            Self::KeyDenied => "key denied",
            Self::Mismatch => "data does not match",
            Self::Unreachable => "unreachable",
            Self::NoSpace => "no space",
            Self::Bug => "bug",
            Self::HungUp => "hung up",
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::{Exit, HELP};

    #[test]
    fn the_help_names_every_code() {
        use Exit::*;
        for exit in [
            Done,
            Failed,
            Usage,
            Partial,
            Findings,
            ObjectiveMissed,
            NoRepository,
            StateInUse,
            KeyDenied,
            Mismatch,
            Unreachable,
            NoSpace,
            Bug,
            HungUp,
            Interrupted,
            Terminated,
        ] {
            assert!(HELP.contains(&format!(" {}", exit.code())), "{exit:?}");
        }
    }
}
