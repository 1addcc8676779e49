//! Many days of a whole policy.
//!
//! A run that shares nothing with any other goes the same way each time, only later: what decides is measured from its
//! start, and only the jitter of retries depends on who it is. So where no two runs of a workflow meet, and no two
//! workflows claim one pool, each workflow is carried out once, and once for each run that the script fails; all other
//! runs are that one at another time. Everywhere else the whole history is played. A property test holds both to be
//! the same.

use std::collections::{BTreeMap, BTreeSet};

use mainstay_ir::{Ir, Name};

use super::play::Player;
use super::record::{self, RunRecord};
use super::script::Script;
use super::world::World;
use super::{SimulateError, known, timers};
use crate::operation::shapes_of;
use crate::shape::{ActKind, Shape};
use crate::state::Timer;

/// A day, in milliseconds.
const DAY_MS: i64 = 86_400_000;

/// All workflows of a policy by their timed triggers, from an instant (milliseconds since 1970, UTC) on for so many
/// days. Steps take no time unless the script says so.
///
/// # Errors
/// See [`SimulateError`].
pub fn horizon(ir: &Ir, from_ms: i64, days: u32, script: &Script) -> Result<Vec<RunRecord>, SimulateError> {
    let shapes: Vec<Shape> = shapes_of(ir)?.into_values().collect();
    let until_ms = from_ms.saturating_add(i64::from(days).saturating_mul(DAY_MS));
    let timers = timers(ir, from_ms, until_ms, |_| true)?;
    let apart = Apart { shapes: &shapes, timers: &timers, script, from_ms };
    match apart.runs(until_ms)? {
        Some(runs) => Ok(runs),
        None => played(shapes.clone(), timers, script, from_ms),
    }
}

/// The whole history.
pub(super) fn played(
    shapes: Vec<Shape>,
    timers: Vec<Timer>,
    script: &Script,
    from_ms: i64,
) -> Result<Vec<RunRecord>, SimulateError> {
    let mut player = Player::new(World::new(script.clone(), from_ms), known(shapes), timers);
    player.play()?;
    Ok(record::runs(player.coordinator.state(), &player.world.copies, &player.journal.records()))
}

/// Workflows whose runs may have nothing to do with each other.
struct Apart<'a> {
    shapes: &'a [Shape],
    timers: &'a [Timer],
    script: &'a Script,
    from_ms: i64,
}

impl Apart<'_> {
    /// All runs; none where one may meet another.
    fn runs(&self, until_ms: i64) -> Result<Option<Vec<RunRecord>>, SimulateError> {
        let shapes: Option<Vec<&Shape>> = self.timers.iter().map(|timer| self.shape(timer)).collect();
        let Some(shapes) = shapes.filter(|shapes| self.are_apart(shapes)) else { return Ok(None) };
        let mut runs = Vec::new();
        for (timer, shape) in self.timers.iter().zip(shapes) {
            let Some(of_one) = self.of_one(timer, shape, until_ms)? else { return Ok(None) };
            runs.extend(of_one);
        }
        // Stable: at one instant the workflows begin in their order.
        runs.sort_by_key(|run| run.started_ms);
        Ok(Some(runs))
    }

    fn shape(&self, timer: &Timer) -> Option<&Shape> {
        self.shapes.iter().find(|shape| shape.workflow == timer.workflow())
    }

    /// Whether nothing can reach from one run to another but time: no pool of two workflows, no snapshot of an earlier
    /// run, nothing scripted that counts over runs.
    fn are_apart(&self, shapes: &[&Shape]) -> bool {
        let Script { crashes, off, failures, .. } = self.script;
        let mut pools: BTreeSet<&Name> = BTreeSet::new();
        let share_no_pool = shapes.iter().all(|shape| {
            let claimed: BTreeSet<&Name> = shape.steps.values().flat_map(|step| step.claims.keys()).collect();
            claimed.into_iter().all(|pool| pools.insert(pool))
        });
        let acts = |shape: &Shape| {
            shape.steps.values().flat_map(|step| &step.acts).map(|act| act.kind.clone()).collect::<Vec<_>>()
        };
        let takes_earlier =
            |shape: &&Shape| acts(shape).iter().any(|act| matches!(act, ActKind::Latest { .. }));
        crashes.is_empty()
            && off.is_empty()
            && failures.iter().all(|failure| failure.slot_ms.is_some())
            && share_no_pool
            && !shapes.iter().any(takes_earlier)
    }

    fn of_one(
        &self,
        timer: &Timer,
        shape: &Shape,
        until_ms: i64,
    ) -> Result<Option<Vec<RunRecord>>, SimulateError> {
        let slots: Vec<i64> = timer.slots(self.from_ms - 1, until_ms).collect();
        let Some(first) = slots.first() else { return Ok(Some(Vec::new())) };
        let failing: BTreeMap<i64, Script> = self.failing(shape);
        let usual = Script { failures: Vec::new(), ..self.script.clone() };
        let usual = one(timer, shape, &usual, *first)?;
        let mut runs = Vec::with_capacity(slots.len());
        for slot_ms in &slots {
            let run = match failing.get(slot_ms) {
                Some(script) => one(timer, shape, script, *slot_ms)?,
                None => usual.at(*slot_ms, timer.run_at(*slot_ms)),
            };
            runs.push(run);
        }
        let meet = runs.iter().zip(slots.iter().skip(1)).any(|(run, next_ms)| run.ended_ms >= *next_ms);
        Ok((!meet).then_some(runs))
    }

    /// The slots at which something of a workflow fails, each with what does.
    fn failing(&self, shape: &Shape) -> BTreeMap<i64, Script> {
        let mut failing: BTreeMap<i64, Script> = BTreeMap::new();
        let of_workflow =
            self.script.failures.iter().filter(|failure| failure.step.workflow == shape.workflow);
        for (failure, slot_ms) in of_workflow.filter_map(|failure| Some((failure, failure.slot_ms?))) {
            let none = || Script { failures: Vec::new(), ..self.script.clone() };
            failing.entry(slot_ms).or_insert_with(none).failures.push(failure.clone());
        }
        failing
    }
}

/// One run, with nothing beside it.
fn one(timer: &Timer, shape: &Shape, script: &Script, slot_ms: i64) -> Result<RunRecord, SimulateError> {
    let world = World::new(script.clone(), slot_ms);
    let mut player = Player::new(world, known(vec![shape.clone()]), Vec::new());
    player.begin(timer.started(slot_ms, slot_ms))?;
    player.play()?;
    let runs = record::runs(player.coordinator.state(), &player.world.copies, &player.journal.records());
    runs.into_iter().next().ok_or(SimulateError::Endless)
}
