//! A world in which acts take as long as they are told, and end as they are told.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use mainstay_ir::{Backoff, BlockLimit, DurationMs, IndexMap, Name, Retention, Rule};
use mainstay_journal::{
    AppendError, Cause, Class, Event, Fault, Figures, Journal, MemoryJournal, Outcome, ReadError, Record,
    RunId, Seq, Stored, Token,
};

use super::super::{Coordinator, Halt};
use crate::executor::door::{ActError, Done, Job};
use crate::monitor::NullMonitor;
use crate::shape::{Act, ActKind, Shape, StepShape, fill_ahead};
use crate::state::{Command, Phase, State, apply, next};

pub(super) const RUN: RunId = RunId([1; 32]);

/// How one attempt goes.
#[derive(Debug, Clone)]
pub(super) struct Script {
    pub(super) took_ms: i64,
    pub(super) end: Result<Outcome, ActError>,
}

impl Script {
    pub(super) fn ok(took_ms: i64) -> Self {
        Self { took_ms, end: Ok(Outcome::Ok) }
    }

    pub(super) fn fails(class: Class) -> Self {
        let (fault, reason) = (Fault::Other, "as told".to_owned());
        Self { took_ms: 10, end: Err(ActError::Failed { class, fault, reason }) }
    }
}

/// Survives crashes: journal, repository, clock.
#[derive(Debug, Clone, Default)]
pub(super) struct Ground {
    pub(super) journal: Arc<Mutex<MemoryJournal>>,
    /// Sessions by the token that opened them, and whether they are committed; decided ones are in both.
    pub(super) committed: BTreeMap<String, Name>,
    pub(super) closed: BTreeSet<String>,
    pub(super) now_ms: i64,
}

/// A journal that breaks when it is about to pass a place.
struct Cut {
    inner: Arc<Mutex<MemoryJournal>>,
    after: Option<u64>,
}

impl Journal for Cut {
    fn head(&self) -> Seq {
        self.inner.lock().unwrap().head()
    }

    fn append(&mut self, expected: Seq, at_ms: i64, events: &[Event]) -> Result<Seq, AppendError> {
        let mut inner = self.inner.lock().unwrap();
        if self.after.is_some_and(|after| inner.head().0 + events.len() as u64 > after) {
            return Err(AppendError::Failed { file: "cut".into(), message: "cut".into() });
        }
        inner.append(expected, at_ms, events)
    }

    fn read(&self, after: Seq) -> Result<Vec<Record>, ReadError> {
        self.inner.lock().unwrap().read(after)
    }

    fn pin(&mut self, hash: &str, ir: &str) -> Result<(), AppendError> {
        self.inner.lock().unwrap().pin(hash, ir)
    }

    fn pinned(&self, hash: &str) -> Result<Option<String>, ReadError> {
        self.inner.lock().unwrap().pinned(hash)
    }
}

/// One life of the process.
pub(super) struct Sim {
    pub(super) ground: Ground,
    pub(super) scripts: HashMap<Name, Vec<Script>>,
    pub(super) starts: Vec<(i64, Name, u32)>,
    pub(super) asked: Vec<(Seq, i64, Vec<Command>)>,
    coordinator: Coordinator,
    shape: Arc<Shape>,
    air: Vec<(i64, Job, Script)>,
}

pub(super) fn fold(shape: &Arc<Shape>, records: &[Record]) -> State {
    let mut state =
        State::new(HashMap::from([(("h".to_owned(), shape.workflow.clone()), Arc::clone(shape))]));
    records.iter().for_each(|record| apply(&mut state, record));
    state
}

impl Sim {
    pub(super) fn new(shape: &Arc<Shape>, ground: Ground, cut: Option<u64>) -> Self {
        let records = ground.journal.lock().unwrap().read(Seq(0)).unwrap();
        let state = fold(shape, &records);
        let journal = Cut { inner: Arc::clone(&ground.journal), after: cut };
        Self {
            ground,
            scripts: HashMap::new(),
            starts: Vec::new(),
            asked: Vec::new(),
            coordinator: Coordinator::new(Box::new(journal), state, Arc::new(NullMonitor)),
            shape: Arc::clone(shape),
            air: Vec::new(),
        }
    }

    pub(super) fn state(&self) -> &State {
        self.coordinator.state()
    }

    pub(super) fn start(&mut self) -> Result<(), Halt> {
        let deadline_ms = self.shape.within_ms.map(|within| self.ground.now_ms + within as i64);
        let event = Event::RunStarted {
            run: RUN,
            policy: self.shape.policy.clone(),
            policy_hash: "h".into(),
            workflow: self.shape.workflow.clone(),
            slot_ms: 0,
            cause: Cause::Hand,
            host: "here".into(),
            only: vec![],
            deadline_ms,
        };
        self.coordinator.append(self.ground.now_ms, &[event]).map(drop)
    }

    /// What a new process does first with what an old one left.
    pub(super) fn recover(&mut self) -> Result<(), Halt> {
        let lost = self.state().lost();
        if lost.is_empty() { Ok(()) } else { self.coordinator.append(self.ground.now_ms, &lost).map(drop) }
    }

    pub(super) fn cancel(&mut self) -> Result<(), Halt> {
        self.coordinator.cancel(self.ground.now_ms, "told to")
    }

    /// Until all is done, or `until`.
    pub(super) fn go(&mut self, until_ms: i64) -> Result<(), Halt> {
        for _ in 0..100_000 {
            let before = next(self.state(), self.ground.now_ms);
            self.asked.push((self.state().head(), self.ground.now_ms, before));
            let turn = self.coordinator.turn(self.ground.now_ms)?;
            self.check_leases();
            for (job, _) in turn.jobs {
                self.begin(job)?;
            }
            for decision in turn.decisions {
                let found = self.ground.committed.get(&decision.session);
                let stored = found.map(|step| stored(&decision.session, step));
                if stored.is_none() {
                    self.ground.closed.insert(decision.session.clone());
                }
                self.coordinator.decided(self.ground.now_ms, decision.token, Ok(stored))?;
            }
            self.stop_stopped()?;
            if self.coordinator.open().next().is_none() {
                return Ok(());
            }
            let ends = self.air.iter().map(|(at, ..)| *at).min();
            let Some(at_ms) = [ends, turn.wake_ms].into_iter().flatten().min() else {
                if self.coordinator.is_busy() || !next(self.state(), self.ground.now_ms).is_empty() {
                    continue;
                }
                panic!("waits for nothing: {:#?}", self.state());
            };
            if at_ms > until_ms {
                return Ok(());
            }
            self.ground.now_ms = self.ground.now_ms.max(at_ms);
            self.land()?;
        }
        panic!("goes on for ever");
    }

    pub(super) fn append(&mut self, event: Event) {
        self.coordinator.append(self.ground.now_ms, &[event]).unwrap();
    }

    pub(super) fn resume(&mut self) {
        self.append(Event::RunResumed { run: RUN, deadline_ms: None });
    }

    pub(super) fn may_go_on(&self, token: Token) -> bool {
        self.coordinator.may_go_on(token)
    }

    fn begin(&mut self, job: Job) -> Result<(), Halt> {
        let act = self.state().run(&RUN).unwrap().steps[&job.step].act;
        self.starts.push((self.ground.now_ms, job.step.clone(), act));
        let scripts = self.scripts.entry(job.step.clone()).or_default();
        let script = if scripts.is_empty() { Script::ok(1_000) } else { scripts.remove(0) };
        if matches!(job.act, ActKind::Backup { .. }) {
            let session = session(job.token);
            let may = self.coordinator.intent(self.ground.now_ms, job.token, "shelf", &session)?;
            assert!(may, "a fresh attempt is current");
        }
        self.air.push((self.ground.now_ms + script.took_ms, job, script));
        Ok(())
    }

    fn stop_stopped(&mut self) -> Result<(), Halt> {
        let (stopped, air) = std::mem::take(&mut self.air)
            .into_iter()
            .partition(|(_, job, _)| !self.coordinator.may_go_on(job.token));
        self.air = air;
        for (_, job, _) in stopped {
            self.ground.closed.insert(session(job.token));
            self.coordinator.ended(self.ground.now_ms, job.token, Err(ActError::Stopped))?;
        }
        Ok(())
    }

    fn land(&mut self) -> Result<(), Halt> {
        self.air.sort_by_key(|(at, job, _)| (*at, job.token));
        while self.air.first().is_some_and(|(at, ..)| *at <= self.ground.now_ms) {
            let (_, job, script) = self.air.remove(0);
            let end = script.end.map(|outcome| self.end(&job, outcome));
            self.coordinator.ended(self.ground.now_ms, job.token, end)?;
        }
        Ok(())
    }

    fn end(&mut self, job: &Job, outcome: Outcome) -> Done {
        let is_backup = matches!(job.act, ActKind::Backup { .. });
        if is_backup && outcome.is_well() {
            self.ground.committed.insert(session(job.token), job.step.clone());
        }
        let made = (is_backup && outcome.is_well()).then(|| stored(&session(job.token), &job.step));
        Done { outcome, stored: made, figures: Figures::default(), notes: vec![] }
    }

    /// What the process had in the air when it died: some of it was committed and not yet reported.
    pub(super) fn die(mut self, luck: u64) -> Ground {
        for (number, (_, job, script)) in self.air.iter().enumerate() {
            let is_backup = matches!(job.act, ActKind::Backup { .. });
            if is_backup && script.end.is_ok() && (luck >> (number % 64)) & 1 == 1 {
                self.ground.committed.insert(session(job.token), job.step.clone());
            }
        }
        self.ground
    }

    fn check_leases(&self) {
        let mut held: BTreeMap<&str, u32> = BTreeMap::new();
        let mut branches: BTreeMap<u32, (u32, BTreeSet<u32>)> = BTreeMap::new();
        for (name, step) in &self.state().run(&RUN).unwrap().steps {
            if matches!(step.phase, Phase::Acting(_)) {
                let shape = &self.shape.steps[name];
                for (pool, slots) in &shape.claims {
                    *held.entry(pool).or_default() += slots.min(&self.shape.pools[pool]);
                }
                for limit in &shape.limits {
                    let seen = branches.entry(limit.block).or_insert((limit.limit, BTreeSet::new()));
                    seen.1.insert(limit.branch);
                }
            }
        }
        assert!(held.iter().all(|(pool, slots)| *slots <= self.shape.pools[*pool]), "over-asked: {held:?}");
        assert!(branches.values().all(|(limit, seen)| seen.len() <= *limit as usize), "{branches:?}");
    }

    pub(super) fn records(&self) -> Vec<Record> {
        self.ground.journal.lock().unwrap().read(Seq(0)).unwrap()
    }

    pub(super) fn outcome(&self, step: &str) -> Outcome {
        self.state().run(&RUN).unwrap().steps[step].outcome().unwrap().clone()
    }

    pub(super) fn run_outcome(&self) -> Outcome {
        self.state().run(&RUN).unwrap().ended.clone().unwrap().1
    }
}

fn session(token: Token) -> String {
    format!("session-{}", token.0)
}

fn stored(session: &str, step: &str) -> Stored {
    Stored {
        repo: "shelf".into(),
        source: step.to_owned(),
        snapshot: session.to_owned(),
        whole: true,
        as_of_ms: 0,
    }
}

pub(super) fn backup() -> ActKind {
    ActKind::Backup {
        source: "home".into(),
        repo: "shelf".into(),
        level: Some(3),
        discover_ms: None,
        snapshot_ms: None,
        checkpoint_bytes: None,
    }
}

pub(super) fn verify() -> ActKind {
    ActKind::Verify { from: None, sample_ppm: 50_000, all_within_ms: 1 }
}

pub(super) fn retain() -> ActKind {
    ActKind::Retain { from: None, keep: Retention::default() }
}

pub(super) fn hook() -> ActKind {
    ActKind::Hook { argv: vec!["true".into()], with: vec![], skip_on: vec![75] }
}

pub(super) fn step(kinds: Vec<ActKind>, waits: &[&str]) -> StepShape {
    let retry = Backoff { first: DurationMs(100), most: DurationMs(1_000), tries: 3 };
    let waits: Vec<Name> = waits.iter().map(|name| (*name).to_owned()).collect();
    StepShape {
        acts: kinds.into_iter().map(|kind| Act { kind, retry: retry.clone(), within_ms: None }).collect(),
        needs: Rule::All(waits.iter().cloned().map(Rule::Well).collect()),
        waits,
        limits: vec![],
        within_ms: None,
        claims: BTreeMap::new(),
        ahead: 1,
    }
}

pub(super) fn limit(block: u32, limit: u32, branch: u32) -> BlockLimit {
    BlockLimit { block, limit, branch }
}

pub(super) fn shape(steps: Vec<(&str, StepShape)>) -> Shape {
    let mut steps: IndexMap<Name, StepShape> =
        steps.into_iter().map(|(name, step)| (name.to_owned(), step)).collect();
    fill_ahead(&mut steps);
    Shape {
        policy: "p".into(),
        workflow: "w".into(),
        within_ms: None,
        priority: 0,
        steps,
        pools: BTreeMap::new(),
    }
}
