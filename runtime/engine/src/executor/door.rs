//! The door to the outside: whoever carries out acts stands behind [`Acts`].

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mainstay_ir::Name;
use mainstay_journal::{Class, Event, Fault, Figures, Outcome, RunId, Stored, Token};
use tokio::sync::{mpsc, oneshot};

use super::inbox::Message;
use crate::monitor::{Monitor, Progress};
use crate::shape::ActKind;
use crate::state::Ledger;

/// Carries out acts. Calls block and come from several threads.
pub trait Acts: Send + Sync {
    /// Carries out one act of a step, from its beginning. What is durable after an error is nothing, or is
    /// undone by deciding the session that the act had reported.
    fn act(&self, job: &Job, reporter: &Reporter) -> Result<Done, ActError>;

    /// Decides the session of an attempt that is gone: its snapshot if it was committed, else nothing, and then
    /// it never will be.
    fn decide(&self, job: &Decision) -> Result<Option<Stored>, ActError>;
}

/// An act to carry out.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Under which token.
    pub token: Token,
    /// For which run.
    pub run: RunId,
    /// The policy that the run keeps.
    pub policy_hash: String,
    /// Of which workflow.
    pub workflow: Name,
    /// Of which step.
    pub step: Name,
    /// What.
    pub act: ActKind,
    /// The snapshot that it takes.
    pub input: Option<Stored>,
    /// What was read back so far, and how far repositories were seen to have come.
    pub ledger: Arc<Ledger>,
}

/// A session to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Of which attempt.
    pub token: Token,
    /// The policy of its run.
    pub policy_hash: String,
    /// In which repository.
    pub repo: Name,
    /// Which session.
    pub session: String,
}

/// An act that came to an end with something to say: a good one, one that was rightly not done, or a failed one
/// that has found something out.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// How it ended; never `lost`.
    pub outcome: Outcome,
    /// What it stored, or found.
    pub stored: Option<Stored>,
    /// What it handled.
    pub figures: Figures,
    /// What else is true now; appended with its end.
    pub notes: Vec<Event>,
}

impl Done {
    /// Good, with nothing more to say.
    pub fn ok() -> Self {
        Self { outcome: Outcome::Ok, stored: None, figures: Figures::default(), notes: Vec::new() }
    }
}

/// Why an act came to no good end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActError {
    /// It was told to.
    #[error("stopped")]
    Stopped,
    /// Its session was closed by somebody else; another try makes a new one.
    #[error("{0}")]
    Lost(String),
    /// It may have committed or not: its session must be decided.
    #[error("{0}")]
    Undecided(String),
    /// It failed.
    #[error("{reason}")]
    Failed {
        /// Whether another try may help.
        class: Class,
        /// What kind.
        fault: Fault,
        /// In words.
        reason: String,
    },
}

/// Whether an act is to stop; it looks often.
#[derive(Debug, Clone, Default)]
pub struct StopFlag(Arc<AtomicBool>);

impl StopFlag {
    /// It is to.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it is to.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// How an act tells the coordinator what it does. Only the coordinator writes the journal.
#[derive(Clone)]
pub struct Reporter {
    pub(super) token: Token,
    pub(super) run: RunId,
    pub(super) step: Name,
    pub(super) inbox: mpsc::Sender<Message>,
    pub(super) stop: StopFlag,
    pub(super) monitor: Arc<dyn Monitor>,
}

impl Reporter {
    /// A session was opened: returns when that is durable in the journal. Nothing may be written before.
    ///
    /// # Errors
    /// [`ActError::Stopped`] when the attempt is not the current one any more.
    pub fn intent(&self, repo: &str, session: &str) -> Result<(), ActError> {
        let (repo, session) = (repo.to_owned(), session.to_owned());
        self.ask(|reply| Message::Intent { token: self.token, repo, session, reply })
    }

    /// Asked directly before something is committed or given up: a stale attempt may do neither.
    ///
    /// # Errors
    /// [`ActError::Stopped`] when the attempt is not the current one any more, or is to stop.
    pub fn may_commit(&self) -> Result<(), ActError> {
        if self.is_stopped() {
            return Err(ActError::Stopped);
        }
        self.ask(|reply| Message::Commit { token: self.token, reply })
    }

    fn ask(&self, message: impl FnOnce(oneshot::Sender<bool>) -> Message) -> Result<(), ActError> {
        let (reply, answer) = oneshot::channel();
        self.inbox.blocking_send(message(reply)).map_err(|_| ActError::Stopped)?;
        match answer.blocking_recv() {
            Ok(true) => Ok(()),
            _ => Err(ActError::Stopped),
        }
    }

    /// A partial snapshot is durable.
    pub fn checkpoint(&self, number: u32) {
        // The coordinator may be gone; then nobody needs to know.
        let _ = self.inbox.blocking_send(Message::Checkpoint { token: self.token, number });
    }

    /// How far the act is. May be dropped when much is going on.
    pub fn working(&self, figures: Figures, total_bytes: Option<u64>) {
        let (run, step) = (self.run, self.step.clone());
        self.monitor.event(&Progress::Working { run, step, figures, total_bytes });
        // Dropped when the inbox is full: the next one says more.
        let _ = self.inbox.try_send(Message::Working { token: self.token, figures });
    }

    /// Something could not be had.
    pub fn fault(&self, path: String, message: String) {
        self.monitor.event(&Progress::Fault { step: self.step.clone(), path, message });
    }

    /// A folder was left out, because it belongs to what makes copies.
    pub fn left_out(&self, path: String, what: String) {
        let (run, step) = (self.run, self.step.clone());
        self.monitor.event(&Progress::LeftOut { run, step, path, what });
    }

    /// Whether the act is to stop.
    pub fn is_stopped(&self) -> bool {
        self.stop.is_set()
    }

    /// The flag itself, for whoever looks at it elsewhere.
    pub fn stop_flag(&self) -> StopFlag {
        self.stop.clone()
    }
}
