//! Whether what a step makes is there already.
//!
//! What is keyed by an artefact: `store` by its source and the slot, `replicate` by the snapshot that it copies, `verify`
//! by the snapshot that it reads and the slot, `retain` by what it would forget. A workflow without a clock has no slot:
//! each of its runs takes a snapshot of its own, and what follows from that one is as new. `hook` and `check` make
//! nothing that could be there.
//!
//! A snapshot that the policy itself gave up is not to be made again: where two workflows fill one place, the retention of
//! the one may give up what the other made in its slot. A newer whole one of the source, in force, stands in for it. What
//! was lost in another way is to be made again.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use mainstay_calendar::Schedule;
use mainstay_ir::Name;
use mainstay_repo::format::manifest::Origin;
use mainstay_repo::id::SnapshotId;
use mainstay_repo::repository::Snapshot;

use super::Case;
use crate::identity::run_id;
use crate::report::{Artefact, ArtefactState, RetainLine};
use crate::shape::{ActKind, StepShape};

/// How far back the last slot is looked for, the nearest first: a schedule of each second is found in a minute, one of
/// leap days in eight years.
const LOOK_BACK_MINUTES: [i64; 5] = [1, 24 * 60, 32 * 24 * 60, 400 * 24 * 60, 8 * 366 * 24 * 60];

/// By step: one for each act; none: it is keyed by nothing.
pub(super) type Artefacts = HashMap<Name, Vec<Option<Artefact>>>;

/// What a run will find and leave.
#[derive(Default)]
pub(super) struct Foreseen {
    pub(super) artefacts: Artefacts,
    /// Of each act that retains.
    pub(super) retention: Vec<RetainLine>,
}

/// What flows into an act.
#[derive(Debug, Clone)]
enum Taken {
    /// A snapshot that is there.
    There { repo: Name, source: Name, made: Made },
    /// One that the run makes; whether it is keyed by the slot.
    New { keyed: bool },
    /// Nobody can tell.
    Unknown(String),
}

/// A snapshot that was made, and the one that is there of it: itself, unless it was given up for a newer one.
#[derive(Debug, Clone, Copy)]
struct Made {
    snapshot: SnapshotId,
    there: SnapshotId,
    as_of_ms: i64,
}

impl Made {
    /// The newest of those that are meant.
    fn newest(held: &[Snapshot], is_meant: impl Fn(&Snapshot) -> bool) -> Option<Self> {
        let meant = || held.iter().rev().filter(|snapshot| is_meant(snapshot));
        let made = meant().find(|snapshot| snapshot.in_force).or_else(|| meant().next())?;
        let stands_in = |newer: &&Snapshot| {
            newer.in_force && newer.public().whole && newer.public().started >= made.public().started
        };
        let there = if made.in_force { made } else { held.iter().rev().find(stands_in)? };
        Some(Self { snapshot: made.id, there: there.id, as_of_ms: there.public().started.0 })
    }

    fn is(&self, snapshot: &SnapshotId) -> bool {
        self.snapshot == *snapshot || self.there == *snapshot
    }
}

struct Search<'c, 'a> {
    case: &'c Case<'a>,
    slot_ms: Option<i64>,
    /// Runs of this workflow in the slot.
    runs: HashSet<[u8; 32]>,
    /// Where the run will have put something before a later step looks.
    filled: HashSet<(Name, Name)>,
}

impl Case<'_> {
    /// The slot in which the plan's moment lies: the last time of a trigger.
    pub(super) fn slot_ms(&self) -> Option<i64> {
        let schedule = Schedule::placed(&self.workflow.triggers, self.name, &self.engine.config.host).ok()?;
        let at = Timestamp::from_millisecond(self.at_ms).ok().filter(|_| schedule.is_timed())?;
        let last = |minutes: i64| {
            let from = at.checked_sub(SignedDuration::from_mins(minutes)).ok()?;
            schedule.fires(from).take_while(|fire| *fire <= at).last()
        };
        LOOK_BACK_MINUTES.into_iter().find_map(last).map(Timestamp::as_millisecond)
    }

    pub(super) fn foreseen(&self, slot_ms: Option<i64>) -> Foreseen {
        let ir = &self.engine.config.ir;
        let mut runs: HashSet<[u8; 32]> =
            slot_ms.map(|slot_ms| run_id(ir, self.name, slot_ms).0).into_iter().collect();
        let own = self.state.runs().filter(|run| run.policy == ir.policy && run.workflow == *self.name);
        runs.extend(own.filter(|run| Some(run.slot_ms) >= slot_ms).map(|run| run.id.0));
        Search { case: self, slot_ms, runs, filled: HashSet::new() }.steps()
    }
}

impl Search<'_, '_> {
    fn steps(mut self) -> Foreseen {
        let mut ends: HashMap<&Name, Option<Taken>> = HashMap::new();
        let mut foreseen = Foreseen::default();
        for (name, step) in &self.case.shape.steps {
            let mut value: Option<Taken> = None;
            let mut acts = Vec::new();
            for act in &step.acts {
                if let Some(from) = act.kind.from() {
                    value = ends.get(from).cloned().flatten();
                }
                let line = self.case.is_part(name).then(|| self.retained(step, &act.kind)).flatten();
                let (artefact, after) = self.act(name, &act.kind, (value.as_ref(), line.as_ref()));
                if self.case.is_part(name) {
                    self.foresee(step, &act.kind, value.as_ref(), after.as_ref());
                }
                foreseen.retention.extend(line);
                acts.push(artefact);
                value = after;
            }
            ends.insert(name, value);
            foreseen.artefacts.insert(name.clone(), acts);
        }
        foreseen
    }

    fn retained(&self, step: &StepShape, kind: &ActKind) -> Option<RetainLine> {
        let ActKind::Retain { keep, .. } = kind else { return None };
        Some(self.case.foresee_retained(&self.case.left(step, kind)?, keep))
    }

    /// What an act does to what later ones that retain will find.
    fn foresee(&self, step: &StepShape, kind: &ActKind, before: Option<&Taken>, after: Option<&Taken>) {
        let Some(place) = self.case.left(step, kind) else { return };
        match (kind, before, after) {
            (ActKind::Verify { .. }, Some(Taken::There { made, .. }), _) => {
                self.case.foresee_verified(&place, Some(made.there));
            }
            (ActKind::Verify { .. }, ..) => self.case.foresee_verified(&place, None),
            (ActKind::Backup { .. }, _, Some(Taken::New { .. })) => {
                self.case.foresee_stored(&place, self.case.at_ms);
            }
            (ActKind::Replicate { .. }, before, Some(Taken::New { .. })) => {
                let time_ms = match before {
                    Some(Taken::There { made, .. }) => made.as_of_ms,
                    _ => self.case.at_ms,
                };
                self.case.foresee_stored(&place, time_ms);
            }
            _ => {}
        }
    }

    fn act(
        &mut self,
        step: &Name,
        kind: &ActKind,
        (value, line): (Option<&Taken>, Option<&RetainLine>),
    ) -> (Option<Artefact>, Option<Taken>) {
        match kind {
            ActKind::Hook { .. } | ActKind::Check { .. } => (None, None),
            ActKind::Latest { source, repo } => (None, Some(self.latest(source, repo))),
            ActKind::Backup { source, repo, .. } => {
                let (artefact, taken) = self.backup(step, source, repo);
                (artefact, Some(taken))
            }
            ActKind::Replicate { to, .. } => {
                let taken = value.map(|value| self.replicate(value, to));
                taken.map_or((None, None), |taken| (artefact_of(&taken), Some(taken)))
            }
            ActKind::Verify { sample_ppm, .. } => {
                let artefact = value.and_then(|value| self.verify(value, *sample_ppm));
                (artefact, value.cloned())
            }
            ActKind::Retain { .. } => {
                let artefact = value.zip(line).and_then(|(value, line)| tidied(value, line));
                (artefact, value.cloned())
            }
        }
    }

    /// The newest that is in force.
    fn latest(&self, source: &Name, repo: &Name) -> Taken {
        if self.filled.contains(&(repo.clone(), source.clone())) {
            return Taken::New { keyed: true };
        }
        self.found(repo, source, |snapshot| snapshot.in_force)
    }

    /// The newest that is meant of a source in a repository.
    fn found(&self, repo: &Name, source: &Name, is_meant: impl Fn(&Snapshot) -> bool) -> Taken {
        match self.case.shelves.held(repo, source) {
            Err(fault) => Taken::Unknown(fault),
            Ok(held) => match Made::newest(&held, is_meant) {
                None => Taken::New { keyed: true },
                Some(made) => Taken::There { repo: repo.clone(), source: source.clone(), made },
            },
        }
    }

    /// The same for what an act puts there if nothing is.
    fn found_or_filled(
        &mut self,
        repo: &Name,
        source: &Name,
        is_meant: impl Fn(&Self, &Snapshot) -> bool,
    ) -> Taken {
        let taken = self.found(repo, source, |snapshot| is_meant(self, snapshot));
        if matches!(taken, Taken::New { .. }) {
            self.filled.insert((repo.clone(), source.clone()));
        }
        taken
    }

    /// The newest whole snapshot that a run of this slot made.
    fn backup(&mut self, step: &Name, source: &Name, repo: &Name) -> (Option<Artefact>, Taken) {
        if self.slot_ms.is_none() {
            self.filled.insert((repo.clone(), source.clone()));
            return (None, Taken::New { keyed: false });
        }
        let taken = self.found_or_filled(repo, source, |search, snapshot| search.is_of_slot(step, snapshot));
        (artefact_of(&taken), taken)
    }

    fn is_of_slot(&self, step: &Name, snapshot: &Snapshot) -> bool {
        let public = snapshot.public();
        let of_step = snapshot.private.as_ref().is_none_or(|private| private.step == *step);
        public.whole && public.replicated_from.is_none() && self.runs.contains(&public.run_id) && of_step
    }

    /// The copy of the snapshot that flows in, if it is all there.
    fn replicate(&mut self, value: &Taken, to: &Name) -> Taken {
        let Taken::There { repo, source, made } = value else { return value.clone() };
        let instance = match self.case.shelves.instance(repo) {
            Ok(instance) => instance,
            Err(unread) => return Taken::Unknown(unread.reason),
        };
        let is_copy = |origin: Origin| origin.instance == instance && made.is(&origin.snapshot);
        let copy =
            self.found_or_filled(to, source, |_, copy| copy.public().replicated_from.is_some_and(is_copy));
        if !matches!(copy, Taken::There { .. }) {
            return copy;
        }
        match self.case.shelves.lacks(to, repo, &made.there) {
            Ok(false) => copy,
            Ok(true) => {
                self.filled.insert((to.clone(), source.clone()));
                Taken::New { keyed: true }
            }
            Err(unread) => Taken::Unknown(unread.reason),
        }
    }

    /// A reading of the snapshot in this slot that read as much as is asked for, and none that found a fault since.
    fn verify(&self, value: &Taken, sample_ppm: u64) -> Option<Artefact> {
        let Taken::There { repo, made, .. } = value else { return artefact_of(value) };
        let policy = &self.case.engine.config.ir.policy;
        let ids = [made.snapshot, made.there].map(|id| id.to_string());
        let readings = self.case.state.ledger().readings().iter().rev();
        let mut readings = readings
            .filter(|reading| {
                reading.policy == *policy && reading.repo == *repo && ids.contains(&reading.snapshot)
            })
            .take_while(|reading| reading.problems == 0 && Some(reading.at_ms) >= self.slot_ms);
        Some(match readings.find(|reading| reading.sample_ppm >= sample_ppm) {
            Some(reading) => Artefact::there(made.there.short(), reading.at_ms),
            None => Artefact::due(),
        })
    }
}

/// Nothing is left to forget.
fn tidied(value: &Taken, line: &RetainLine) -> Option<Artefact> {
    let Taken::There { made, .. } = value else { return artefact_of(value) };
    Some(match &line.fault {
        Some(fault) => Artefact::unknown(fault.clone()),
        None if line.forgotten() > 0 => Artefact::due(),
        None => Artefact::there(made.there.short(), made.as_of_ms),
    })
}

/// What is said of an act whose artefact this is.
fn artefact_of(taken: &Taken) -> Option<Artefact> {
    match taken {
        Taken::There { made, .. } => Some(Artefact::there(made.there.short(), made.as_of_ms)),
        Taken::New { keyed } => keyed.then(Artefact::due),
        Taken::Unknown(fault) => Some(Artefact::unknown(fault.clone())),
    }
}

/// What is said of a step: the least good of its acts.
pub(super) fn worst(acts: &[Option<Artefact>]) -> Option<ArtefactState> {
    acts.iter().flatten().map(|artefact| artefact.state).max()
}
