//! What workers tell the coordinator.

use mainstay_ir::Name;
use mainstay_journal::{Figures, Stored, Token};
use tokio::sync::oneshot;

use super::door::{ActError, Done};

/// How many messages wait at most; a worker with more to say waits.
pub(super) const INBOX_MESSAGES: usize = 64;

/// A message of a worker.
#[derive(Debug)]
pub(crate) enum Message {
    /// A session is open.
    Intent { token: Token, repo: Name, session: String, reply: oneshot::Sender<bool> },
    /// May the attempt commit?
    Commit { token: Token, reply: oneshot::Sender<bool> },
    /// A partial snapshot is durable.
    Checkpoint { token: Token, number: u32 },
    /// How far it is.
    Working { token: Token, figures: Figures },
    /// The act is over.
    Ended { token: Token, end: Result<Done, ActError> },
    /// A session is decided, or could not be.
    Decided { token: Token, end: Result<Option<Stored>, ActError> },
}
