//! Carrying workflows out now.
//!
//! Order: the policy must be one that can be carried out, before anything is read; the state folder is taken,
//! before anything is written; what an earlier process left open is written down as lost, and its sessions
//! decided, before anything new begins.

use std::collections::HashMap;
use std::sync::Arc;

use mainstay_ir::{IndexMap, Ir, Name};
use mainstay_journal::{Cause, Class, Event, Fault, Outcome, ProgressFile, RunId};

use super::history::reports;
use super::memory::{Memory, shape};
use super::{CarryError, Engine, StateError};
use crate::acts::WorldActs;
use crate::executor::{Coordinator, Driver, Halt};
use crate::identity::run_id;
use crate::monitor::Progress;
use crate::outside::access::{AccessError, Repositories};
use crate::report::{RepoCreated, RunOptions, RunsReport};
use crate::select::{SelectError, Selected, repos, select};
use crate::shape::Shape;
use crate::state::{Run, Shapes, State};

/// Why nothing was run, or why running broke off.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The policy.
    #[error(transparent)]
    Carry(#[from] CarryError),
    /// What was selected.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// The state folder.
    #[error(transparent)]
    State(#[from] StateError),
    /// What `--create` should make.
    #[error(transparent)]
    Create(#[from] AccessError),
    /// There is no run that could be gone on with.
    #[error("there is no run {0} to go on with")]
    NoRun(String),
    /// Several runs could be meant.
    #[error("`{text}` could be any of {count} runs")]
    ManyRuns {
        /// As written.
        text: String,
        /// How many.
        count: usize,
    },
    /// The run went well; there is nothing to go on with.
    #[error("run {0} ended well: there is nothing to go on with")]
    EndedWell(String),
    /// The policy of a run is not in the journal any more.
    #[error("the policy of run {0} is not in the journal")]
    PolicyGone(String),
    /// It broke off in the middle. The next start goes on from what the journal says.
    #[error(transparent)]
    Halt(#[from] Halt),
}

/// Which workflows are to be carried out under which policies.
struct Course {
    shapes: Shapes,
    policies: HashMap<String, Arc<Ir>>,
}

impl Engine {
    /// Carries out what is selected; nothing selected: every workflow.
    ///
    /// # Errors
    /// See [`RunError`]; how the runs themselves ended stands in the report.
    pub fn run(&self, selection: &[String], options: &RunOptions) -> Result<RunsReport, RunError> {
        let shapes = self.shapes()?;
        let selected = select(&self.config.ir, &shapes, selection)?;
        let memory = self.take_memory()?;
        match &options.resume {
            Some(text) => self.resume(memory, text, options),
            None => self.begin(memory, shapes, selected, options),
        }
    }

    fn begin(
        &self,
        memory: Memory,
        shapes: IndexMap<Name, Shape>,
        selected: Selected,
        options: &RunOptions,
    ) -> Result<RunsReport, RunError> {
        let created = if options.create { self.create_missing(&shapes, &selected)? } else { Vec::new() };
        let mut course = self.course(shapes);
        let broken_off: Vec<_> = memory.open_runs(&self.config.ir.policy);
        let broken_off: Vec<_> =
            broken_off.into_iter().filter(|(_, _, workflow)| selected.contains_key(workflow)).collect();
        for (_, hash, workflow) in &broken_off {
            course.add(&memory, hash, workflow)?;
        }
        let mut coordinator = self.coordinator(memory, &course);
        let mut fresh = self.fresh_heads(&created);
        fresh.extend(self.accepted(coordinator.state(), &options.forced)?);
        if !fresh.is_empty() {
            coordinator.append(self.now_ms(), &fresh)?;
        }
        let driver = self.driver(&course, coordinator.state());
        let old: Vec<RunId> = broken_off.iter().map(|(run, ..)| *run).collect();
        self.close(&mut coordinator, &driver, &old)?;
        self.tell_closed(&coordinator, &old);
        let runs = self.start(&mut coordinator, &selected)?;
        unless_left(driver.carry_out(&mut coordinator))?;
        let state = coordinator.state();
        let (runs, closed) = (reports(state, &runs), reports(state, &old));
        Ok(RunsReport { runs, created, closed, is_older_policy: false })
    }

    /// Ends runs that were broken off: what they left is decided first, and what they had stored stays.
    fn close(
        &self,
        coordinator: &mut Coordinator,
        driver: &Driver<'_>,
        old: &[RunId],
    ) -> Result<(), RunError> {
        if old.is_empty() {
            return Ok(());
        }
        let reason = || "it was broken off, and a new run takes its place".to_owned();
        let mut events = coordinator.state().lost();
        let known = |run: &RunId| coordinator.state().run(run).is_some_and(|run| run.shape.is_some());
        events.extend(old.iter().map(|run| match known(run) {
            true => Event::CancelRequested { run: *run, fault: Fault::Cancelled, reason: reason() },
            false => Event::RunEnded { run: *run, outcome: gone() },
        }));
        coordinator.append(self.now_ms(), &events)?;
        Ok(unless_left(driver.carry_out(coordinator))?)
    }

    fn tell_closed(&self, coordinator: &Coordinator, old: &[RunId]) {
        for run in old.iter().filter_map(|run| coordinator.state().run(run)) {
            let kept = run.steps.values().filter(|step| step.stored.is_some()).count();
            let left = match (run.ended.is_some(), kept) {
                (false, _) => "what it left cannot be decided now".to_owned(),
                (true, 0) => "it had stored nothing".to_owned(),
                (true, kept) => format!("{kept} of its steps had a snapshot, which stays"),
            };
            let what = format!("run {} of `{}` was broken off: {left}", run.id.short(), run.workflow);
            self.config.monitor.event(&Progress::Recovered { what });
        }
    }

    fn start(&self, coordinator: &mut Coordinator, selected: &Selected) -> Result<Vec<RunId>, RunError> {
        let ir = &self.config.ir;
        let json = String::from_utf8_lossy(&ir.canonical()).into_owned();
        coordinator.journal().pin(&self.hash, &json).map_err(Halt::from)?;
        let now_ms = self.now_ms();
        let mut events = vec![Event::PolicyPinned { policy: ir.policy.clone(), hash: self.hash.clone() }];
        let mut runs = Vec::new();
        for (workflow, only) in selected {
            let (run, slot_ms) = self.free_id(coordinator, workflow, now_ms);
            let within = ir.workflows.get(workflow).and_then(|workflow| workflow.within);
            runs.push(run);
            events.push(Event::RunStarted {
                run,
                policy: ir.policy.clone(),
                policy_hash: self.hash.clone(),
                workflow: workflow.clone(),
                slot_ms,
                cause: Cause::Hand,
                host: self.config.host.clone(),
                only: only.clone(),
                deadline_ms: within.map(|within| now_ms.saturating_add_unsigned(within.0)),
            });
        }
        coordinator.append(now_ms, &events)?;
        Ok(runs)
    }

    /// A run that is started by hand stands for the moment of its start: two starts are two runs.
    fn free_id(&self, coordinator: &Coordinator, workflow: &str, now_ms: i64) -> (RunId, i64) {
        let mut slot_ms = now_ms;
        loop {
            let run = run_id(&self.config.ir, workflow, slot_ms);
            if coordinator.state().run(&run).is_none() {
                return (run, slot_ms);
            }
            slot_ms = slot_ms.saturating_add(1);
        }
    }

    fn resume(&self, memory: Memory, text: &str, options: &RunOptions) -> Result<RunsReport, RunError> {
        let found = self.find_run(&memory, text)?;
        let (run, hash, workflow) = found;
        let mut course = Course { shapes: Shapes::new(), policies: HashMap::new() };
        course.add(&memory, &hash, &workflow)?;
        let Some(shape) = course.shapes.values().next().cloned() else {
            return Err(RunError::PolicyGone(run.short()));
        };
        let others: Vec<RunId> = memory
            .open_runs(&self.config.ir.policy)
            .into_iter()
            .filter(|(id, of, workflow_of)| *id != run && *of == hash && *workflow_of == workflow)
            .map(|(id, ..)| id)
            .collect();
        let mut coordinator = self.coordinator(memory, &course);
        let accepted = self.accepted(coordinator.state(), &options.forced)?;
        if !accepted.is_empty() {
            coordinator.append(self.now_ms(), &accepted)?;
        }
        let driver = self.driver(&course, coordinator.state());
        self.close(&mut coordinator, &driver, &others)?;
        let now_ms = self.now_ms();
        let mut events = coordinator.state().lost();
        let deadline_ms = shape.within_ms.map(|within| now_ms.saturating_add_unsigned(within));
        events.push(Event::RunResumed { run, deadline_ms });
        coordinator.append(now_ms, &events)?;
        driver.carry_out(&mut coordinator)?;
        let state = coordinator.state();
        let (runs, closed) = (reports(state, &[run]), reports(state, &others));
        Ok(RunsReport { runs, created: Vec::new(), closed, is_older_policy: hash != self.hash })
    }

    /// A run of this policy that did not end well.
    fn find_run(&self, memory: &Memory, text: &str) -> Result<(RunId, String, Name), RunError> {
        let state = memory.fold(Shapes::new());
        let of_policy = state.runs().rev().filter(|run| run.policy == self.config.ir.policy);
        let meant: Vec<_> = of_policy.filter(|run| run.id.to_string().starts_with(text)).collect();
        let newest = newest_unless_ok(&meant);
        let run = match (text, meant.as_slice()) {
            ("", _) => newest.ok_or_else(|| RunError::NoRun("that did not end well".to_owned()))?,
            (_, [one]) => *one,
            (_, []) => return Err(RunError::NoRun(format!("`{text}`"))),
            (_, many) => return Err(RunError::ManyRuns { text: text.to_owned(), count: many.len() }),
        };
        if ended_well(run) {
            return Err(RunError::EndedWell(run.id.short()));
        }
        Ok((run.id, run.policy_hash.clone(), run.workflow.clone()))
    }

    fn course(&self, shapes: IndexMap<Name, Shape>) -> Course {
        let known = shapes.into_iter().map(|(name, shape)| ((self.hash.clone(), name), Arc::new(shape)));
        let policies = HashMap::from([(self.hash.clone(), Arc::clone(&self.config.ir))]);
        Course { shapes: known.collect(), policies }
    }

    fn coordinator(&self, memory: Memory, course: &Course) -> Coordinator {
        let state = memory.fold(course.shapes.clone());
        Coordinator::new(memory.journal, state, Arc::clone(&self.config.monitor))
    }

    fn driver(&self, course: &Course, state: &State) -> Driver<'_> {
        let world = |(hash, ir): (&String, &Arc<Ir>)| {
            (hash.clone(), Arc::new(Repositories::new(Arc::clone(ir), self.config.clone())))
        };
        let acts = WorldActs {
            worlds: course.policies.iter().map(world).collect(),
            caches: self.config.state.join("cache"),
            ledger: Arc::clone(state.ledger()),
        };
        Driver {
            acts: Arc::new(acts),
            clock: self.config.clock.as_ref(),
            monitor: Arc::clone(&self.config.monitor),
            cancel: self.config.cancel.clone(),
            progress: Some(ProgressFile::in_folder(&self.config.state)),
        }
    }

    fn create_missing(
        &self,
        shapes: &IndexMap<Name, Shape>,
        selected: &Selected,
    ) -> Result<Vec<RepoCreated>, RunError> {
        let repositories = self.repositories();
        let mut created = Vec::new();
        for repo in used_repos(shapes, selected) {
            created.extend(repositories.create(&repo)?);
        }
        for RepoCreated { what, name, place } in &created {
            let (name, place) = (name.clone(), place.clone());
            self.config.monitor.event(&Progress::Created { what, name, place });
        }
        Ok(created)
    }
}

/// Repositories that the selected steps name, each once.
pub(super) fn used_repos(shapes: &IndexMap<Name, Shape>, selected: &Selected) -> Vec<Name> {
    let mut found: Vec<Name> = Vec::new();
    for (workflow, only) in selected {
        let steps = shapes.get(workflow).into_iter().flat_map(|shape| &shape.steps);
        for (_, step) in steps.filter(|(name, _)| only.is_empty() || only.contains(name)) {
            for repo in repos(step) {
                if !found.iter().any(|name| name == repo) {
                    found.push(repo.to_owned());
                }
            }
        }
    }
    found
}

impl Course {
    /// A run of an older policy is carried on under that.
    fn add(&mut self, memory: &Memory, hash: &str, workflow: &str) -> Result<(), StateError> {
        let Some(ir) = memory.pinned(hash)? else { return Ok(()) };
        if let Some(shape) = shape(&ir, workflow) {
            self.shapes.entry((hash.to_owned(), workflow.to_owned())).or_insert_with(|| Arc::new(shape));
            self.policies.entry(hash.to_owned()).or_insert_with(|| Arc::new(ir));
        }
        Ok(())
    }
}

fn ended_well(run: &Run) -> bool {
    matches!(run.ended, Some((_, Outcome::Ok)))
}

/// The newest run whose workflow has not gone well since; they come newest first.
fn newest_unless_ok<'a>(runs: &[&'a Run]) -> Option<&'a Run> {
    let is_last =
        |(at, run): &(usize, &&Run)| runs.iter().take(*at).all(|newer| newer.workflow != run.workflow);
    let last = runs.iter().enumerate().filter(is_last);
    last.map(|(_, run)| *run).find(|run| !ended_well(run))
}

/// What an older run left where it cannot be decided now hinders no new one: it is asked about again next time.
fn unless_left(end: Result<(), Halt>) -> Result<(), Halt> {
    match end {
        Err(Halt::Undecided { repo, reason, .. }) => {
            tracing::warn!(repo, reason, "what an earlier run left cannot be decided now");
            Ok(())
        }
        end => end,
    }
}

/// The end of a run that nobody can carry on.
fn gone() -> Outcome {
    let reason = "it was broken off, and its policy is not in the journal any more".to_owned();
    Outcome::Failed { class: Class::Permanent, fault: Fault::Other, reason }
}
