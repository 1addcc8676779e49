//! What should be under way and is not.

use mainstay_ir::Name;
use mainstay_journal::{Event, Fault, RunId, Token};

use super::{State, settle, start};

/// Something to do. What is to be written down is written before anything is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A decision: append it and apply it.
    Record(Event),
    /// An attempt: append `AttemptStarted`, apply it, then act under its token.
    Start {
        /// Of which run.
        run: RunId,
        /// Which step.
        step: Name,
        /// Which of its acts.
        act: u32,
        /// Which try.
        attempt: u32,
    },
    /// A lost attempt's session: let the repository decide it, then append what it said. Repeated until then.
    Decide {
        /// Which attempt.
        token: Token,
        /// Where.
        repo: Name,
        /// Which session.
        session: String,
    },
    /// An attempt that is to end early. Repeated until it has.
    Stop {
        /// Which.
        token: Token,
        /// `late` or `cancelled`.
        fault: Fault,
        /// Why, in words.
        reason: String,
    },
    /// Nothing more is due before this time.
    Wake {
        /// In milliseconds since 1970, UTC.
        at_ms: i64,
    },
}

/// Everything that should be under way and is not, in the order in which it is to be done, and last when to
/// look again. It depends on nothing but its arguments.
pub fn next(state: &State, now_ms: i64) -> Vec<Command> {
    let mut due = Due::at(now_ms);
    for run in state.open_runs() {
        settle::run(state, run, &mut due);
    }
    start::choose(state, &mut due);
    due.commands.extend(due.wake_ms.map(|at_ms| Command::Wake { at_ms }));
    due.commands
}

/// What has been found to be due so far.
pub(super) struct Due<'a> {
    pub(super) now_ms: i64,
    pub(super) commands: Vec<Command>,
    pub(super) ready: Vec<start::Ready<'a>>,
    wake_ms: Option<i64>,
}

impl Due<'_> {
    fn at(now_ms: i64) -> Self {
        Self { now_ms, commands: Vec::new(), ready: Vec::new(), wake_ms: None }
    }

    pub(super) fn record(&mut self, event: Event) {
        self.commands.push(Command::Record(event));
    }

    pub(super) fn wake(&mut self, at_ms: i64) {
        self.wake_ms = Some(self.wake_ms.map_or(at_ms, |wake| wake.min(at_ms)));
    }
}
