//! The one who writes the journal.
//!
//! Order of writes: a decision is appended, then applied, then acted upon; a worker's report is appended, then
//! applied, then answered. A failed append ends the process: what is in the journal is no longer known, and
//! nothing may be done on a guess. The state is only ever changed by applying what was appended.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mainstay_journal::{
    AppendError, Class, Event, Fault, Journal, Outcome, Record, RunId, Seq, Stored, Token,
};

use super::announce::announce;
use super::door::{ActError, Decision, Done, Job, StopFlag};
use crate::monitor::Monitor;
use crate::state::{Command, Run, State, apply, next};

/// How long to wait before a session that could not be decided is asked about again, in milliseconds.
const DECIDE_AGAIN_MS: i64 = 2_000;
/// How often a session is asked about before its run is left for later.
const DECIDE_TRIES: u32 = 5;

/// Why the engine stopped in the middle. The next start goes on from what the journal says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Halt {
    /// The journal could not be written.
    #[error(transparent)]
    Journal(#[from] AppendError),
    /// The session of a lost attempt cannot be decided now: what became of it is unknown, and its run is left open.
    #[error("what an earlier run left in `{repo}` cannot be decided: {reason}")]
    Undecided {
        /// In which repository.
        repo: String,
        /// Why, in words.
        reason: String,
        /// What kind of fault.
        fault: Fault,
    },
    /// Nothing is under way, nothing is due, and a run has not ended: our mistake.
    #[error("run {0} waits for nothing: this is a bug in mainstay")]
    Stuck(String),
}

impl Halt {
    /// For decisions and exit codes.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Journal(AppendError::NoSpace { .. }) => Fault::NoSpace,
            Self::Undecided { fault, .. } => *fault,
            Self::Journal(_) | Self::Stuck(_) => Fault::Other,
        }
    }
}

/// What is to be done now.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    /// Acts to begin.
    pub jobs: Vec<(Job, StopFlag)>,
    /// Sessions to decide.
    pub decisions: Vec<Decision>,
    /// When to look again.
    pub wake_ms: Option<i64>,
}

/// The state, the journal, and what is under way.
pub(crate) struct Coordinator {
    journal: Box<dyn Journal>,
    state: State,
    monitor: Arc<dyn Monitor>,
    flights: BTreeMap<Token, Flight>,
    deciding: BTreeSet<Token>,
    refusals: BTreeMap<Token, Refusal>,
}

/// An attempt under way.
#[derive(Debug, Default)]
struct Flight {
    stop: StopFlag,
    stopped_for: Option<(Fault, String)>,
}

/// A session that could not be decided.
#[derive(Debug, Default)]
struct Refusal {
    tries: u32,
    again_ms: i64,
    is_final: bool,
    error: Option<ActError>,
}

impl Coordinator {
    /// Over a journal whose events have all been applied to the state.
    pub(crate) fn new(journal: Box<dyn Journal>, state: State, monitor: Arc<dyn Monitor>) -> Self {
        Self {
            journal,
            state,
            monitor,
            flights: BTreeMap::new(),
            deciding: BTreeSet::new(),
            refusals: BTreeMap::new(),
        }
    }

    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    pub(crate) fn journal(&mut self) -> &mut dyn Journal {
        self.journal.as_mut()
    }

    /// Whether a worker is at something.
    pub(crate) fn is_busy(&self) -> bool {
        !self.flights.is_empty() || !self.deciding.is_empty()
    }

    /// Runs that have not ended and that can be carried on.
    pub(crate) fn open(&self) -> impl Iterator<Item = &Run> {
        self.state.open_runs().filter(|run| run.shape.is_some())
    }

    /// Appends events and applies them. Says where the first of them stands.
    pub(crate) fn append(&mut self, now_ms: i64, events: &[Event]) -> Result<Seq, Halt> {
        let before = self.journal.head();
        self.journal.append(before, now_ms, events)?;
        let mut seq = before;
        for event in events {
            seq = seq.next();
            let record = Record { seq, at_ms: now_ms, event: event.clone() };
            apply(&mut self.state, &record);
            announce(&self.state, &record, self.monitor.as_ref());
        }
        Ok(before.next())
    }

    /// Decides all that can be decided now, and says what is to be done.
    pub(crate) fn turn(&mut self, now_ms: i64) -> Result<Turn, Halt> {
        let mut turn = Turn::default();
        loop {
            let commands = next(&self.state, now_ms);
            let events: Vec<Event> = commands.iter().filter_map(event_of).collect();
            if events.is_empty() {
                self.arrange(commands, now_ms, &mut turn);
                return Ok(turn);
            }
            let mut token = Token::from(self.append(now_ms, &events)?);
            for event in &events {
                self.launch(token, event, &mut turn);
                token = Token(token.0.saturating_add(1));
            }
        }
    }

    fn launch(&mut self, token: Token, event: &Event, turn: &mut Turn) {
        let Event::AttemptStarted { run, step, .. } = event else { return };
        let Some(job) = job(&self.state, run, step, token) else { return };
        let flight = Flight::default();
        turn.jobs.push((job, flight.stop.clone()));
        self.flights.insert(token, flight);
    }

    fn arrange(&mut self, commands: Vec<Command>, now_ms: i64, turn: &mut Turn) {
        for command in commands {
            match command {
                Command::Wake { at_ms } => turn.wake_at(at_ms),
                Command::Stop { token, fault, reason } => self.stop(token, fault, reason),
                Command::Decide { token, repo, session } => {
                    self.ask_to_decide(Asked { token, repo, session }, now_ms, turn);
                }
                Command::Record(_) | Command::Start { .. } => {}
            }
        }
    }

    fn stop(&mut self, token: Token, fault: Fault, reason: String) {
        if let Some(flight) = self.flights.get_mut(&token) {
            flight.stopped_for.get_or_insert((fault, reason));
            flight.stop.set();
        }
    }

    fn ask_to_decide(&mut self, asked: Asked, now_ms: i64, turn: &mut Turn) {
        let Asked { token, repo, session } = asked;
        match self.refusals.get(&token) {
            Some(refusal) if refusal.is_final => return,
            Some(refusal) if refusal.again_ms > now_ms => return turn.wake_at(refusal.again_ms),
            _ => {}
        }
        let run = self.state.attempts().get(&token).map(|attempt| attempt.run);
        let Some(run) = run.and_then(|run| self.state.run(&run)) else { return };
        if self.deciding.insert(token) {
            turn.decisions.push(Decision { token, policy_hash: run.policy_hash.clone(), repo, session });
        }
    }

    /// A worker opened a session. False: its attempt is not the current one.
    pub(crate) fn intent(
        &mut self,
        now_ms: i64,
        token: Token,
        repo: &str,
        session: &str,
    ) -> Result<bool, Halt> {
        if !self.may_go_on(token) {
            return Ok(false);
        }
        let (repo, session) = (repo.to_owned(), session.to_owned());
        self.append(now_ms, &[Event::Intent { token, repo, session }])?;
        Ok(true)
    }

    /// Whether an attempt may commit what it has made.
    pub(crate) fn may_go_on(&self, token: Token) -> bool {
        let is_current = self.state.attempts().get(&token).is_some_and(|attempt| !attempt.is_lost);
        is_current && self.flights.get(&token).is_some_and(|flight| !flight.stop.is_set())
    }

    /// A worker has a partial snapshot.
    pub(crate) fn checkpoint(&mut self, now_ms: i64, token: Token, number: u32) -> Result<(), Halt> {
        self.append(now_ms, &[Event::Checkpoint { token, number }]).map(drop)
    }

    /// An act is over.
    pub(crate) fn ended(
        &mut self,
        now_ms: i64,
        token: Token,
        end: Result<Done, ActError>,
    ) -> Result<(), Halt> {
        let flight = self.flights.remove(&token).unwrap_or_default();
        if let Err(ActError::Undecided(reason)) = &end {
            tracing::warn!(reason, "an attempt does not know whether it committed");
            return self.append(now_ms, &[Event::Lost { token }]).map(drop);
        }
        let done = end.unwrap_or_else(|error| Done { outcome: outcome_of(error, flight), ..Done::ok() });
        let Done { outcome, stored, figures, notes: mut events } = done;
        events.push(Event::AttemptCompleted { token, outcome, stored, figures });
        self.append(now_ms, &events).map(drop)
    }

    /// The session of a lost attempt is decided, or could not be.
    pub(crate) fn decided(
        &mut self,
        now_ms: i64,
        token: Token,
        end: Result<Option<Stored>, ActError>,
    ) -> Result<(), Halt> {
        self.deciding.remove(&token);
        let event = match end {
            Ok(Some(stored)) => Event::Adopted { token, stored },
            Ok(None) => Event::Abandoned { token },
            Err(error) => {
                self.refuse(now_ms, token, error);
                return Ok(());
            }
        };
        self.append(now_ms, &[event]).map(drop)
    }

    /// It is asked again a few times; then its run is left for later, and hinders no other.
    fn refuse(&mut self, now_ms: i64, token: Token, error: ActError) {
        let refusal = self.refusals.entry(token).or_default();
        refusal.tries = refusal.tries.saturating_add(1);
        refusal.again_ms = now_ms.saturating_add(DECIDE_AGAIN_MS);
        refusal.is_final = refusal.tries >= DECIDE_TRIES
            || matches!(&error, ActError::Failed { class: Class::Permanent, .. });
        refusal.error = Some(error);
    }

    /// The first session that could not be decided, as the reason why its run has not ended.
    pub(crate) fn undecided(&self) -> Option<Halt> {
        let (token, refusal) = self.refusals.iter().find(|(_, refusal)| refusal.is_final)?;
        let attempt = self.state.attempts().get(token)?;
        let error = refusal.error.as_ref()?;
        Some(Halt::Undecided {
            repo: attempt.session.as_ref().map(|(repo, _)| repo.clone()).unwrap_or_default(),
            reason: error.to_string(),
            fault: match error {
                ActError::Failed { fault, .. } => *fault,
                ActError::Stopped | ActError::Lost(_) | ActError::Undecided(_) => Fault::Other,
            },
        })
    }

    /// Somebody wants all runs to stop.
    pub(crate) fn cancel(&mut self, now_ms: i64, reason: &str) -> Result<(), Halt> {
        let open: Vec<RunId> = self.open().filter(|run| !run.is_stopping()).map(|run| run.id).collect();
        let cancel = |run| Event::CancelRequested { run, fault: Fault::Cancelled, reason: reason.to_owned() };
        let events: Vec<Event> = open.into_iter().map(cancel).collect();
        if events.is_empty() { Ok(()) } else { self.append(now_ms, &events).map(drop) }
    }
}

/// A session that is to be decided.
struct Asked {
    token: Token,
    repo: String,
    session: String,
}

impl Turn {
    fn wake_at(&mut self, at_ms: i64) {
        self.wake_ms = Some(self.wake_ms.map_or(at_ms, |wake| wake.min(at_ms)));
    }
}

fn event_of(command: &Command) -> Option<Event> {
    match command {
        Command::Record(event) => Some(event.clone()),
        Command::Start { run, step, act, attempt } => {
            Some(Event::AttemptStarted { run: *run, step: step.clone(), act: *act, attempt: *attempt })
        }
        Command::Decide { .. } | Command::Stop { .. } | Command::Wake { .. } => None,
    }
}

fn job(state: &State, run: &RunId, step: &str, token: Token) -> Option<Job> {
    let ledger = Arc::clone(state.ledger());
    let run = state.run(run)?;
    let state = run.steps.get(step)?;
    let act = state.current(run.step_shape(step)?)?.kind.clone();
    let input = match act.from() {
        Some(from) => run.steps.get(from)?.stored.clone(),
        None => state.stored.clone(),
    };
    Some(Job {
        token,
        run: run.id,
        policy_hash: run.policy_hash.clone(),
        workflow: run.workflow.clone(),
        step: step.to_owned(),
        act,
        input,
        ledger,
    })
}

fn outcome_of(error: ActError, flight: Flight) -> Outcome {
    match error {
        ActError::Failed { class, fault, reason } => Outcome::Failed { class, fault, reason },
        ActError::Lost(reason) | ActError::Undecided(reason) => Outcome::Lost { reason },
        ActError::Stopped => {
            let nobody = || (Fault::Cancelled, "it was stopped".to_owned());
            let (fault, reason) = flight.stopped_for.unwrap_or_else(nobody);
            Outcome::Failed { class: Class::Permanent, fault, reason }
        }
    }
}

#[cfg(test)]
mod tests;
