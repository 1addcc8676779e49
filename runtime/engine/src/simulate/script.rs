//! What is scripted: how long steps take, which attempts fail, when nothing runs.

use std::collections::BTreeMap;

use mainstay_calendar::Zone;
use mainstay_ir::Name;
use mainstay_ir::test::{Given, StepName};
use mainstay_journal::{Class, Fault};

use super::SimulateError;
use super::day::midnight_ms;
use crate::executor::ActError;
use crate::shape::{ActKind, Shape};

/// What a simulation is told. Times are milliseconds since 1970, UTC; spans are milliseconds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Script {
    /// How long an attempt at a step takes. The time passes in its first act.
    pub took: Vec<(StepName, u64)>,
    /// Attempts that fail.
    pub failures: Vec<Failure>,
    /// Steps in whose first attempt the process dies, and for how long nothing runs then.
    pub crashes: Vec<(StepName, u64)>,
    /// Pools whose claimants take so many times as long.
    pub slow: BTreeMap<Name, u32>,
    /// When nothing runs: from, and until before.
    pub off: Vec<(i64, i64)>,
    /// How long before the beginning a step last made its copies.
    pub history: Vec<(StepName, u64)>,
}

/// Attempts that fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Of which step.
    pub step: StepName,
    /// At which of its stages; none: at its first act.
    pub stage: Option<Name>,
    /// How many, from the first on; none: each.
    pub times: Option<u32>,
    /// Only in the run for this slot; none: in each run.
    pub slot_ms: Option<i64>,
}

impl Script {
    /// What the `given`s of a test say; days begin at midnight in the zone.
    ///
    /// # Errors
    /// A day that is none.
    pub fn of(givens: &[Given], zone: &Zone) -> Result<Self, SimulateError> {
        let mut script = Self::default();
        for given in givens {
            script.add(given, zone)?;
        }
        Ok(script)
    }

    fn add(&mut self, given: &Given, zone: &Zone) -> Result<(), SimulateError> {
        match given {
            Given::Failure { step, stage, times } => self.failures.push(Failure {
                step: step.clone(),
                stage: stage.clone(),
                times: *times,
                slot_ms: None,
            }),
            Given::Took { step, time } => self.took.push((step.clone(), time.0)),
            Given::Crash { step, down } => self.crashes.push((step.clone(), down.0)),
            Given::Slow { pool, factor } => drop(self.slow.insert(pool.clone(), *factor)),
            Given::Off { from, span } => {
                let from_ms = midnight_ms(from, zone)?;
                self.off.push((from_ms, from_ms.saturating_add_unsigned(span.0)));
            }
            Given::History { step, age } => self.history.push((step.clone(), age.0)),
        }
        Ok(())
    }

    /// How long an attempt at a step takes; none: nothing says it.
    pub(super) fn took_ms(&self, shape: &Shape, step: &str) -> Option<u64> {
        let is = |(name, _): &&(StepName, u64)| name.is(&shape.workflow, step);
        let (_, took_ms) = self.took.iter().rev().find(is)?;
        let claims = shape.steps.get(step).map(|step| step.claims.keys()).into_iter().flatten();
        let factor = claims.filter_map(|pool| self.slow.get(pool)).max().copied().unwrap_or(1);
        Some(took_ms.saturating_mul(u64::from(factor)))
    }

    /// Steps that the policy does not have, or that have no such stage, are told before anything runs.
    pub(super) fn check(&self, shapes: &[&Shape]) -> Result<(), SimulateError> {
        for failure in &self.failures {
            let Some(stage) = &failure.stage else { continue };
            let of_workflow = shapes.iter().find(|shape| shape.workflow == failure.step.workflow);
            let mut steps = of_workflow.into_iter().flat_map(|shape| &shape.steps);
            let has_stage = steps.any(|(id, step)| {
                failure.step.is(&failure.step.workflow, id)
                    && step.acts.iter().any(|act| is_in(stage, &act.kind))
            });
            if of_workflow.is_some() && !has_stage {
                let (step, stage) = (failure.step.to_string(), stage.clone());
                return Err(SimulateError::NoStage { step, stage });
            }
        }
        Ok(())
    }
}

/// Whether a stage belongs to an act.
pub(super) fn is_in(stage: &str, act: &ActKind) -> bool {
    match act {
        ActKind::Backup { .. } => {
            matches!(stage, "discover" | "snapshot" | "logs" | "compress" | "encrypt" | "store")
        }
        other => other.word() == stage,
    }
}

/// Whether a stage fails before any time has passed: the source is not had.
pub(super) fn fails_at_once(stage: Option<&str>) -> bool {
    matches!(stage, Some("discover" | "snapshot" | "logs"))
}

/// How an attempt fails: as such a thing does, so that the engine retries it as it would.
pub(super) fn failed(stage: Option<&str>, act: &ActKind) -> ActError {
    let fault = match (act, stage) {
        (ActKind::Hook { .. }, _) => Fault::Hook,
        (_, Some("discover" | "snapshot" | "logs")) => Fault::Source,
        _ => Fault::Unreachable,
    };
    let reason = format!("`{}` fails, as the test says", stage.unwrap_or(act.word()));
    ActError::Failed { class: Class::Transient, fault, reason }
}
