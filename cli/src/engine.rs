//! The engine over the policy that is meant, and what its ends mean for the exit code.

use std::ffi::OsString;
use std::sync::Arc;

use mainstay_engine::{CarryError, Engine, EngineConfig, Monitor, NullMonitor, StopFlag};
use mainstay_journal::{Fault, Outcome};
use mainstay_world::Clock;

use crate::context::Context;
use crate::error::Failure;
use crate::exit::Exit;
use crate::failures;
use crate::policy;
use crate::report::human::Look;
use crate::report::progress::{self, Faults};
use crate::world::{Environment, KernelRandom, Signals, SystemClock, host_name};

/// The engine, and what goes with a run of the program.
pub struct Session {
    /// The engine.
    pub engine: Engine,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What could not be had, as far as it went.
    pub faults: Faults,
    signals: Option<Signals>,
    waiting_at: Option<String>,
}

/// The real environment, a variable at a time.
struct Variables;

impl mainstay_engine::Environment for Variables {
    fn variable(&self, name: &str) -> Option<OsString> {
        Environment::secret(name)
    }
}

impl Session {
    /// For a verb that only looks: no progress is shown, and a signal ends it at once.
    pub fn looking(context: &Context) -> Result<Self, Failure> {
        let clock = Arc::new(SystemClock::new());
        Self::new(context, Arc::new(NullMonitor), StopFlag::default(), clock, Faults::default(), None)
    }

    /// For a verb that works and answers with one document: progress is shown, and the first signal asks it to stop.
    pub fn working(context: &Context) -> Result<Self, Failure> {
        Self::shown(context, false)
    }

    /// For a verb that answers with a stream of events when machines listen.
    pub fn streaming(context: &Context) -> Result<Self, Failure> {
        Self::shown(context, context.globals.json)
    }

    fn shown(context: &Context, stream: bool) -> Result<Self, Failure> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let look = Look { color: context.color_on_stderr(), ..context.look(&*clock, false) };
        let faults = Faults::default();
        let monitor = progress::monitor(context, look, Arc::clone(&clock), faults.clone(), stream);
        let stop = StopFlag::default();
        let ask = stop.clone();
        let signals = Signals::listen(move || ask.set())
            .map_err(|error| Failure::new(Exit::Failed, "cannot listen for signals").because(error))?;
        Self::new(context, monitor, stop, clock, faults, Some(signals))
    }

    fn new(
        context: &Context,
        monitor: Arc<dyn Monitor>,
        cancel: StopFlag,
        clock: Arc<dyn Clock>,
        faults: Faults,
        signals: Option<Signals>,
    ) -> Result<Self, Failure> {
        let policy = policy::load(context)?;
        let host = host_name()
            .map_err(|error| Failure::new(Exit::Failed, "this machine has no name").because(error))?;
        let engine = Engine::new(EngineConfig {
            ir: Arc::new(policy.ir),
            policy_root: policy.folder,
            state: context.state_folder()?,
            host,
            clock: Arc::clone(&clock),
            random: Arc::new(KernelRandom),
            environment: Arc::new(Variables),
            monitor,
            cancel,
        });
        Ok(Self { engine, clock, faults, signals, waiting_at: policy.waiting_at })
    }

    /// Whether the policy can be carried out. For verbs that do so, or say how it would be, before anything else.
    pub fn carries(&self) -> Result<(), Failure> {
        let Err(error) = self.engine.shapes() else { return Ok(()) };
        let place = self.waiting_at.iter().filter(|_| matches!(error, CarryError::Waiting { .. }));
        Err(place.fold(Failure::from(error.clone()), |failure, place| {
            failure.because(format!("it stands in {place}"))
        }))
    }

    /// Whether the policy has this source, if one is named.
    pub fn knows_source(&self, name: Option<&str>) -> Result<(), Failure> {
        let sources = &self.engine.config().ir.sources;
        knows("source", name, sources.keys().map(String::as_str))
    }

    /// Whether the policy has this repository, if one is named.
    pub fn knows_repo(&self, name: Option<&str>) -> Result<(), Failure> {
        let repos = &self.engine.config().ir.repos;
        knows("repo", name, repos.keys().map(String::as_str))
    }

    /// How a reader wants to see answers.
    pub fn look(&self, context: &Context, full: bool) -> Look {
        context.look(&*self.clock, full)
    }

    /// An answer, or why there is none; a signal that asked for the end is the reason before all others.
    pub fn checked<T, E: Into<Failure>>(&self, answer: Result<T, E>) -> Result<T, Failure> {
        answer.map_err(|error| {
            let failure = error.into();
            Failure { exit: self.exit(failure.exit), ..failure }
        })
    }

    /// What the process ends with: a signal that asked it to stop is told before all else.
    pub fn exit(&self, exit: Exit) -> Exit {
        match self.signals.as_ref().and_then(Signals::exit) {
            Some(signal) if exit != Exit::Done => signal,
            _ => exit,
        }
    }
}

fn knows<'a>(
    what: &str,
    name: Option<&str>,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Result<(), Failure> {
    match name.filter(|name| !known.clone().any(|known| known == *name)) {
        None => Ok(()),
        Some(name) => Err(failures::unknown(what, name, known)),
    }
}

/// The exit code of an end.
pub fn exit_of(outcome: &Outcome) -> Exit {
    match outcome {
        Outcome::Ok | Outcome::Skipped { .. } => Exit::Done,
        Outcome::Degraded { .. } => Exit::Partial,
        Outcome::Failed { fault, .. } => exit_of_fault(*fault),
        Outcome::Lost { .. } => Exit::Failed,
    }
}

/// The exit code of a fault.
pub fn exit_of_fault(fault: Fault) -> Exit {
    match fault {
        Fault::Missing => Exit::NoRepository,
        Fault::Denied => Exit::KeyDenied,
        Fault::Replaced => Exit::KeyDenied,
        Fault::Damage | Fault::RolledBack => Exit::Mismatch,
        Fault::Unreachable | Fault::Emptied => Exit::Unreachable,
        Fault::NoSpace => Exit::NoSpace,
        Fault::Policy => Exit::Usage,
        _ => Exit::Failed,
    }
}
