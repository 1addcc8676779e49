//! What the next runs would do. Nothing is written, no program is run, nothing is locked.

mod artefacts;
mod prospect;
mod steps;

use jiff::Timestamp;
use mainstay_calendar::{Part, Schedule, Timetable, total};
use mainstay_ir::{Block, IndexMap, Mode, Name, Workflow};

use artefacts::Foreseen;
use prospect::Prospect;

use super::run::used_repos;
use super::shelves::Shelves;
use super::{CarryError, Engine, StateError};
use crate::outside::source::Source;
use crate::report::{CopyPlan, DryRun, Plan, RepoFound, SourceFound, WorkflowPlan};
use crate::select::{SelectError, Selected, select, sources};
use crate::shape::Shape;
use crate::state::State;

/// How many of the next times are named.
const NEXT_TIMES: usize = 5;

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The policy.
    #[error(transparent)]
    Carry(#[from] CarryError),
    /// What was selected.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// The journal.
    #[error(transparent)]
    State(#[from] StateError),
}

impl Engine {
    /// What runs of what is selected would do, at a time or now.
    ///
    /// # Errors
    /// See [`PlanError`]. A repository that cannot be read is no error: the plan says so.
    pub fn plan(&self, selection: &[String], at_ms: Option<i64>) -> Result<Plan, PlanError> {
        let shapes = self.shapes()?;
        let selected = select(&self.config.ir, &shapes, selection)?;
        self.plan_of(&self.shelves(), (&shapes, &selected), at_ms)
    }

    /// The same, and whether sources and repositories can be used.
    ///
    /// # Errors
    /// See [`PlanError`].
    pub fn dry_run(&self, selection: &[String]) -> Result<DryRun, PlanError> {
        let shapes = self.shapes()?;
        let selected = select(&self.config.ir, &shapes, selection)?;
        let shelves = self.shelves();
        let plan = self.plan_of(&shelves, (&shapes, &selected), None)?;
        Ok(DryRun {
            plan,
            sources: used_sources(&shapes, &selected).iter().map(|name| self.look_at_source(name)).collect(),
            repos: used_repos(&shapes, &selected).iter().map(|name| look_at_repo(&shelves, name)).collect(),
        })
    }

    fn plan_of(
        &self,
        shelves: &Shelves<'_>,
        (shapes, selected): (&IndexMap<Name, Shape>, &Selected),
        at_ms: Option<i64>,
    ) -> Result<Plan, PlanError> {
        let at_ms = at_ms.unwrap_or_else(|| self.now_ms());
        let state = self.look_at_memory()?.state(&self.config.ir.policy)?;
        let times = Timetable::new(&self.config.ir);
        let prospect = Prospect::default();
        let mut workflows = Vec::new();
        for (name, only) in selected {
            let (Some(workflow), Some(shape)) = (self.config.ir.workflows.get(name), shapes.get(name)) else {
                continue;
            };
            let case = Case {
                engine: self,
                state: &state,
                shelves,
                prospect: &prospect,
                times: &times,
                at_ms,
                name,
                workflow,
                shape,
                only,
            };
            prospect.next_workflow();
            workflows.push(case.plan());
        }
        Ok(Plan {
            policy: self.config.ir.policy.clone(),
            policy_hash: self.hash.clone(),
            host: self.config.host.clone(),
            at_ms,
            workflows,
        })
    }

    fn look_at_source(&self, name: &str) -> SourceFound {
        let found =
            Source::of(&self.config.ir, &self.config, name, None).and_then(|source| source.discover());
        match found {
            Ok(found) => SourceFound {
                source: name.to_owned(),
                entries: found.entries,
                bytes: found.bytes,
                fault: None,
            },
            Err(error) => SourceFound {
                source: name.to_owned(),
                entries: None,
                bytes: None,
                fault: Some(error.to_string()),
            },
        }
    }
}

fn look_at_repo(shelves: &Shelves<'_>, name: &str) -> RepoFound {
    let place = shelves.repositories().local(name).map(|local| local.path.display().to_string());
    let snapshots = shelves.look(name, |shelf| shelf.count());
    RepoFound {
        repo: name.to_owned(),
        place: place.unwrap_or_default(),
        is_missing: snapshots.as_ref().is_err_and(|unread| unread.is_missing),
        fault: snapshots.as_ref().err().map(ToString::to_string),
        snapshots: snapshots.ok(),
    }
}

/// One workflow with all that its plan is made of.
pub(super) struct Case<'a> {
    pub(super) engine: &'a Engine,
    pub(super) state: &'a State,
    shelves: &'a Shelves<'a>,
    prospect: &'a Prospect,
    pub(super) times: &'a Timetable<'a>,
    pub(super) at_ms: i64,
    pub(super) name: &'a Name,
    pub(super) workflow: &'a Workflow,
    pub(super) shape: &'a Shape,
    pub(super) only: &'a [Name],
}

impl Case<'_> {
    fn plan(&self) -> WorkflowPlan {
        let objective = self.workflow.objective.clone();
        let promised = objective.as_ref().and_then(|name| self.engine.config.ir.objectives.get(name));
        let (mode, why) = mode(&self.workflow.body);
        let slot_ms = self.slot_ms();
        let Foreseen { artefacts, retention } = self.foreseen(slot_ms);
        WorkflowPlan {
            workflow: self.name.clone(),
            docs: self.workflow.docs.clone(),
            rpo_ms: promised.and_then(|objective| objective.rpo).map(|rpo| rpo.0),
            objective,
            within_ms: self.shape.within_ms,
            next_ms: self.next(),
            slot_ms,
            steps: self.steps(&artefacts),
            mode,
            why,
            copies: self.copies(),
            retention,
        }
    }

    pub(super) fn is_part(&self, step: &Name) -> bool {
        self.only.is_empty() || self.only.contains(step)
    }

    fn next(&self) -> Vec<i64> {
        let schedule = Schedule::placed(&self.workflow.triggers, self.name, &self.engine.config.host);
        let (Ok(schedule), Ok(at)) = (schedule, Timestamp::from_millisecond(self.at_ms)) else {
            return Vec::new();
        };
        schedule.fires(at).take(NEXT_TIMES).map(Timestamp::as_millisecond).collect()
    }

    fn copies(&self) -> Vec<CopyPlan> {
        let promised = self.workflow.objective.as_ref();
        let rpo = promised.and_then(|name| self.engine.config.ir.objectives.get(name)?.rpo);
        let copies = self.times.flows().copies.iter().zip(self.times.ages());
        let own = copies.filter(|(copy, _)| copy.workflow == self.name);
        own.filter(|(copy, _)| self.is_part(&copy.step.to_owned()))
            .map(|(copy, age)| {
                let age = age.as_ref().ok();
                let parts = age.map(|age| self.times.parts(age)).unwrap_or_default();
                let terms = parts.iter().map(Part::term);
                CopyPlan {
                    source: copy.source.to_owned(),
                    repo: copy.repo.to_owned(),
                    step: copy.step.to_owned(),
                    is_verified: copy.verified,
                    worst_ms: age.map(|age| total(age).0),
                    worst_sum: terms.collect::<Vec<_>>().join(" + "),
                    survives: age.zip(rpo).and_then(|(age, rpo)| self.times.survives(age, rpo)),
                }
            })
            .collect()
    }
}

fn used_sources(shapes: &IndexMap<Name, Shape>, selected: &Selected) -> Vec<Name> {
    let mut found: Vec<Name> = Vec::new();
    for (workflow, only) in selected {
        let steps = shapes.get(workflow).into_iter().flat_map(|shape| &shape.steps);
        for (_, step) in steps.filter(|(name, _)| only.is_empty() || only.contains(name)) {
            let new = sources(step).filter(|source| !found.iter().any(|name| name == source));
            let new: Vec<Name> = new.map(str::to_owned).collect();
            found.extend(new);
        }
    }
    found
}

/// How the body runs, and what of the policy makes it so.
fn mode(body: &Block) -> (Mode, String) {
    match (has_sequence(body), has_branches(body)) {
        (_, false) => (Mode::Sequential, "each step starts when the one before it has ended".to_owned()),
        (false, true) => (Mode::Parallel, words(body)),
        (true, true) => (Mode::Hybrid, words(body)),
    }
}

fn has_sequence(block: &Block) -> bool {
    match block {
        Block::Step(_) => false,
        Block::Sequential(blocks) => blocks.len() > 1 || blocks.iter().any(has_sequence),
        Block::Parallel { branches, .. } => branches.iter().any(has_sequence),
        other => other.children().iter().any(has_sequence),
    }
}

fn has_branches(block: &Block) -> bool {
    match block {
        Block::Step(_) => false,
        Block::Sequential(blocks) => blocks.iter().any(has_branches),
        Block::Parallel { branches, limit } => {
            (branches.len() > 1 && *limit != Some(1)) || branches.iter().any(has_branches)
        }
        other => other.children().iter().any(has_branches),
    }
}

fn words(block: &Block) -> String {
    let join = |blocks: &[Block], by: &str| blocks.iter().map(words).collect::<Vec<_>>().join(by);
    match block {
        Block::Step(name) => format!("`{name}`"),
        Block::Sequential(blocks) => join(blocks, ", then "),
        Block::Parallel { branches, .. } if branches.len() == 1 => join(branches, ""),
        Block::Parallel { branches, limit } => {
            let most = limit.map(|limit| format!(", {limit} at a time")).unwrap_or_default();
            format!("({}) side by side{most}", join(branches, " and "))
        }
        other => join(other.children(), ", then "),
    }
}
