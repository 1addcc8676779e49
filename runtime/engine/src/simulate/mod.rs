//! Runs of a policy with a virtual clock: what `test` shows, and what plans and comparisons of policies ask.
//!
//! The engine's own functions decide everything: which slots are due, what should be under way, what follows a failure.
//! Only the clock, the acts and the repositories are made up, by a [`Script`]. The same policy and script give the same
//! history.

mod day;
mod expect;
mod facts;
mod horizon;
mod origin;
mod play;
mod record;
mod script;
#[cfg(test)]
mod tests;
mod timeline;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mainstay_calendar::{Schedule, ScheduleError, Zone};
use mainstay_ir::test::Simulation;
use mainstay_ir::{Ir, Name};
use mainstay_journal::{Cause, Event, Record, RunId};

use crate::executor::Halt;
use crate::identity::run_id;
use crate::operation::{CarryError, shapes_of};
use crate::shape::Shape;
use crate::state::{Shapes, State, Timer};
use play::Player;
use world::World;

pub use expect::{Seen, Shown, Verdict, judge};
pub use horizon::horizon;
pub use record::{RunRecord, StepRecord};
pub use script::{Failure, Script};
pub use timeline::{Moment, timeline};
pub use world::Copy;

/// The machine that simulations run on: jitter is fixed for it.
const HOST: &str = "simulation";

/// Why nothing could be simulated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SimulateError {
    /// The policy is one that this engine does not carry out.
    #[error(transparent)]
    Carry(#[from] CarryError),
    /// A trigger is no schedule.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// There is no such workflow.
    #[error("there is no workflow `{0}`")]
    NoWorkflow(Name),
    /// A workflow is followed over days and nothing starts it.
    #[error("workflow `{0}` has no timed trigger: without `for` it is simulated once, as if started by hand")]
    Untimed(Name),
    /// A day that is none.
    #[error("`{0}` is no day that can be simulated")]
    NoDay(String),
    /// A scripted failure at a stage that its step does not have.
    #[error("step `{step}` has no stage `{stage}` that could fail")]
    NoStage {
        /// Which step.
        step: String,
        /// Which stage.
        stage: Name,
    },
    /// It would go on for too long.
    #[error("the simulation does not come to an end: simulate fewer days")]
    Endless,
    /// The journal of the simulation refused something: our mistake.
    #[error(transparent)]
    Halt(#[from] Halt),
}

/// What came of a simulation.
#[derive(Debug, Clone)]
pub struct Simulated {
    /// When it began, in milliseconds since 1970, UTC.
    pub from_ms: i64,
    /// When its last slot may lie; for one run by hand, its end.
    pub until_ms: i64,
    /// The clocks by which its days begin.
    pub zone: Zone,
    /// All runs, in the order in which they began.
    pub runs: Vec<RunRecord>,
    /// All snapshots that were committed, in order.
    pub copies: Vec<Copy>,
    /// How many slots the schedule had.
    pub slots: usize,
    /// Steps that acted for a time that nothing gives, by run.
    pub unknown: BTreeMap<RunId, BTreeSet<Name>>,
    /// The whole history, as a journal would hold it.
    pub records: Vec<Record>,
    /// What was scripted.
    pub script: Script,
    state: State,
    shapes: Shapes,
    #[cfg(test)]
    asked: Vec<(mainstay_journal::Seq, i64, Vec<crate::state::Command>)>,
}

/// Carries a simulation of a test out.
///
/// # Errors
/// See [`SimulateError`].
pub fn simulate(ir: &Ir, simulation: &Simulation) -> Result<Simulated, SimulateError> {
    let shapes = shapes_of(ir)?;
    let name = &simulation.workflow;
    let workflow = ir.workflows.get(name).ok_or_else(|| SimulateError::NoWorkflow(name.clone()))?;
    let zone = Schedule::new(&workflow.triggers)?.zone().cloned().unwrap_or_else(Zone::utc);
    let from_ms = match &simulation.from {
        Some(day) => day::midnight_ms(day, &zone)?,
        None => mainstay_calendar::horizon().0.as_millisecond(),
    };
    let script = Script::of(&simulation.givens, &zone)?;
    script.check(&shapes.values().collect::<Vec<_>>())?;
    let shape = shapes.get(name).cloned().into_iter().collect();
    match simulation.span {
        None => once(ir, name, shape, World::new(script, from_ms), zone),
        Some(span) => {
            let until_ms = from_ms.saturating_add_unsigned(span.0);
            over(ir, shape, World::new(script, from_ms), until_ms, zone)
        }
    }
}

fn once(
    ir: &Ir,
    name: &str,
    shapes: Vec<Shape>,
    world: World,
    zone: Zone,
) -> Result<Simulated, SimulateError> {
    let from_ms = world.now_ms;
    let within = ir.workflows.get(name).and_then(|workflow| workflow.within);
    let begin = Event::RunStarted {
        run: run_id(ir, name, from_ms),
        policy: ir.policy.clone(),
        policy_hash: POLICY.to_owned(),
        workflow: name.to_owned(),
        slot_ms: from_ms,
        cause: Cause::Hand,
        host: HOST.to_owned(),
        only: Vec::new(),
        deadline_ms: within.map(|within| from_ms.saturating_add_unsigned(within.0)),
    };
    let mut player = Player::new(world, known(shapes), Vec::new());
    player.begin(begin)?;
    player.play()?;
    let until_ms = player.world.now_ms;
    Ok(gathered(player, (from_ms, until_ms), 1, zone))
}

fn over(
    ir: &Ir,
    shapes: Vec<Shape>,
    world: World,
    until_ms: i64,
    zone: Zone,
) -> Result<Simulated, SimulateError> {
    let from_ms = world.now_ms;
    let name = shapes.first().map(|shape| shape.workflow.clone()).unwrap_or_default();
    let timers = timers(ir, from_ms, until_ms, |workflow| workflow == name)?;
    if timers.is_empty() {
        return Err(SimulateError::Untimed(name));
    }
    let slots = timers.iter().map(|timer| timer.slots(from_ms - 1, i64::MAX).count()).sum();
    let mut player = Player::new(world, known(shapes), timers);
    player.play()?;
    Ok(gathered(player, (from_ms, until_ms), slots, zone))
}

/// What runs refer to for their policy.
const POLICY: &str = "simulated";

fn known(shapes: Vec<Shape>) -> Shapes {
    let each = shapes.into_iter().map(|shape| ((POLICY.to_owned(), shape.workflow.clone()), Arc::new(shape)));
    each.collect()
}

/// The slots from the beginning on, and before the end.
fn timers(
    ir: &Ir,
    from_ms: i64,
    until_ms: i64,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Vec<Timer>, SimulateError> {
    let wanted = ir.workflows.iter().filter(|(name, _)| is_wanted(name));
    let mut timers = Vec::new();
    for (name, workflow) in wanted {
        let timer = Timer::new(ir, POLICY, (name, workflow), HOST, from_ms - 1)?;
        timers.extend(timer.map(|timer| timer.until(until_ms - 1)));
    }
    Ok(timers)
}

fn gathered(player: Player, (from_ms, until_ms): (i64, i64), slots: usize, zone: Zone) -> Simulated {
    let records = player.journal.records();
    let (state, shapes) = (player.coordinator.state().clone(), player.shapes);
    let World { copies, unknown, script, .. } = player.world;
    let runs = record::runs(&state, &copies, &records);
    Simulated {
        from_ms,
        until_ms,
        zone,
        runs,
        copies,
        slots,
        unknown,
        records,
        script,
        state,
        shapes,
        #[cfg(test)]
        asked: player.asked,
    }
}
