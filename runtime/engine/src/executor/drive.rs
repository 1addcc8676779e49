//! The loop that carries runs out: ask what is due, hand it to workers, take what they report.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use mainstay_journal::{Class, Fault, Figures, Progress as Note, ProgressFile, Token};
use mainstay_world::Clock;
use tokio::sync::mpsc;

use super::coordinator::{Coordinator, Halt, Turn};
use super::door::{ActError, Acts, Done, Job, Reporter, StopFlag};
use super::inbox::{INBOX_MESSAGES, Message};
use crate::monitor::Monitor;

/// How often the wish to stop is looked at, and progress is noted.
const BEAT: Duration = Duration::from_millis(200);
/// The shortest time between two notes of progress, in milliseconds.
const NOTE_EVERY_MS: i64 = 1_000;

/// What the loop needs beside the coordinator.
pub(crate) struct Driver<'a> {
    /// Who carries out acts.
    pub acts: Arc<dyn Acts>,
    /// What time it is.
    pub clock: &'a dyn Clock,
    /// Who is told.
    pub monitor: Arc<dyn Monitor>,
    /// Whether everything is to stop.
    pub cancel: StopFlag,
    /// Where progress is noted.
    pub progress: Option<ProgressFile>,
}

/// Workers, as the loop sees them.
struct Crew<'a> {
    driver: &'a Driver<'a>,
    inbox: mpsc::Sender<Message>,
    notes: BTreeMap<Token, Note>,
    noted_ms: i64,
}

impl Driver<'_> {
    /// Carries out all open runs to their end.
    ///
    /// # Errors
    /// See [`Halt`]: the next start goes on from what the journal says.
    pub(crate) fn carry_out(&self, coordinator: &mut Coordinator) -> Result<(), Halt> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let runtime = runtime.map_err(|error| Halt::Stuck(error.to_string()))?;
        let end = runtime.block_on(self.run(coordinator));
        if end.is_err() {
            // Workers hold descriptors and children of their own; the process ends next, and they with it.
            runtime.shutdown_background();
        }
        end
    }

    async fn run(&self, coordinator: &mut Coordinator) -> Result<(), Halt> {
        let (inbox, mut mail) = mpsc::channel(INBOX_MESSAGES);
        let mut crew = Crew { driver: self, inbox, notes: BTreeMap::new(), noted_ms: 0 };
        loop {
            if self.cancel.is_set() {
                coordinator.cancel(self.now_ms(), "somebody stopped it")?;
            }
            let turn = coordinator.turn(self.now_ms())?;
            let wake_ms = turn.wake_ms;
            crew.send_out(turn);
            if coordinator.open().next().is_none() && !coordinator.is_busy() {
                return Ok(());
            }
            is_alive(coordinator, wake_ms)?;
            crew.wait(&mut mail, self.pause(wake_ms), coordinator).await?;
            crew.note_progress();
        }
    }

    fn now_ms(&self) -> i64 {
        self.clock.now().0
    }

    fn pause(&self, wake_ms: Option<i64>) -> Duration {
        let left = wake_ms.map(|wake_ms| wake_ms.saturating_sub(self.now_ms()).max(0));
        let left = left.and_then(|left| u64::try_from(left).ok());
        left.map_or(BEAT, |left| Duration::from_millis(left).min(BEAT))
    }
}

impl Crew<'_> {
    fn send_out(&mut self, turn: Turn) {
        for (job, stop) in turn.jobs {
            self.begin(job, stop);
        }
        for decision in turn.decisions {
            let (acts, inbox) = (Arc::clone(&self.driver.acts), self.inbox.clone());
            tokio::spawn(async move {
                let token = decision.token;
                let end = tokio::task::spawn_blocking(move || acts.decide(&decision)).await;
                let end = end.unwrap_or_else(|error| Err(broken(&error)));
                // Without a coordinator nobody needs to know.
                let _ = inbox.send(Message::Decided { token, end }).await;
            });
        }
    }

    fn begin(&mut self, job: Job, stop: StopFlag) {
        let note = Note { stage: job.act.word().to_owned(), ..Note::default() };
        self.notes.insert(job.token, note);
        let reporter = Reporter {
            token: job.token,
            run: job.run,
            step: job.step.clone(),
            inbox: self.inbox.clone(),
            stop,
            monitor: Arc::clone(&self.driver.monitor),
        };
        let (acts, inbox) = (Arc::clone(&self.driver.acts), self.inbox.clone());
        tokio::spawn(async move {
            let token = job.token;
            let end = tokio::task::spawn_blocking(move || acts.act(&job, &reporter)).await;
            let end: Result<Done, ActError> = end.unwrap_or_else(|error| Err(broken(&error)));
            let _ = inbox.send(Message::Ended { token, end }).await;
        });
    }

    /// Until something is true that was not before, or the time is over. Progress alone is only noted.
    async fn wait(
        &mut self,
        mail: &mut mpsc::Receiver<Message>,
        pause: Duration,
        coordinator: &mut Coordinator,
    ) -> Result<(), Halt> {
        let over = tokio::time::sleep(pause);
        tokio::pin!(over);
        loop {
            tokio::select! {
                message = mail.recv() => match message {
                    Some(Message::Working { token, figures }) => self.note(token, figures),
                    Some(message) => return self.take(message, coordinator),
                    None => return Ok(()),
                },
                () = &mut over => return Ok(()),
            }
        }
    }

    fn note(&mut self, token: Token, figures: Figures) {
        if let Some(note) = self.notes.get_mut(&token) {
            (note.at_ms, note.figures) = (self.driver.now_ms(), figures);
        }
    }

    fn take(&mut self, message: Message, coordinator: &mut Coordinator) -> Result<(), Halt> {
        let now_ms = self.driver.now_ms();
        match message {
            Message::Intent { token, repo, session, reply } => {
                let answer = coordinator.intent(now_ms, token, &repo, &session)?;
                // Whoever asked may be gone.
                let _ = reply.send(answer);
            }
            Message::Commit { token, reply } => {
                let _ = reply.send(coordinator.may_go_on(token));
            }
            Message::Checkpoint { token, number } => coordinator.checkpoint(now_ms, token, number)?,
            Message::Working { token, figures } => self.note(token, figures),
            Message::Ended { token, end } => {
                self.notes.remove(&token);
                coordinator.ended(now_ms, token, end)?;
            }
            Message::Decided { token, end } => coordinator.decided(now_ms, token, end)?,
        }
        Ok(())
    }

    fn note_progress(&mut self) {
        let now_ms = self.driver.now_ms();
        let Some(file) = &self.driver.progress else { return };
        if now_ms.saturating_sub(self.noted_ms) >= NOTE_EVERY_MS {
            self.noted_ms = now_ms;
            if let Err(error) = file.write(&self.notes) {
                tracing::debug!(%error, "progress was not noted");
            }
        }
    }
}

/// No state is immortal: whoever waits, waits for a worker or for a time. Only what cannot be decided now is left.
fn is_alive(coordinator: &Coordinator, wake_ms: Option<i64>) -> Result<(), Halt> {
    match coordinator.open().next() {
        Some(run) if !coordinator.is_busy() && wake_ms.is_none() => {
            Err(coordinator.undecided().unwrap_or_else(|| Halt::Stuck(run.id.short())))
        }
        _ => Ok(()),
    }
}

fn broken(error: &dyn std::fmt::Display) -> ActError {
    let reason = format!("its worker broke: {error}: this is a bug in mainstay");
    ActError::Failed { class: Class::Permanent, fault: Fault::Other, reason }
}
