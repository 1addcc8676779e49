//! The steps of a plan.

use mainstay_ir::Name;

use super::Case;
use super::artefacts::{Artefacts, worst};
use crate::report::{ActPlan, Artefact, Effect, StepPlan};
use crate::shape::{ActKind, StepShape, dependencies};
use crate::state::StepState;

/// How many of the last good runs tell how long a step takes.
const RECENT_RUNS: usize = 30;

impl Case<'_> {
    pub(super) fn steps(&self, artefacts: &Artefacts) -> Vec<StepPlan> {
        let names: Vec<&Name> = self.shape.steps.keys().filter(|name| self.is_part(name)).collect();
        let number =
            |name: &Name| names.iter().position(|known| *known == name).map(|place| place.saturating_add(1));
        let plan = |(place, name): (usize, &&Name)| {
            let shape = self.shape.steps.get(*name)?;
            let docs = self.workflow.steps.get(*name).map(|step| step.docs.clone()).unwrap_or_default();
            let mut after: Vec<usize> = dependencies(shape).iter().filter_map(number).collect();
            after.sort_unstable();
            after.dedup();
            let recent = self.recent(name);
            let made = artefacts.get(*name).map(Vec::as_slice).unwrap_or_default();
            let acts = shape.acts.iter().zip(made);
            Some(StepPlan {
                number: place.saturating_add(1),
                step: (*name).clone(),
                docs,
                acts: acts.map(|(act, made)| self.act(shape, &act.kind, made.clone())).collect(),
                after,
                pools: shape.claims.iter().map(|(pool, slots)| (pool.clone(), *slots)).collect(),
                usual_ms: median(&recent),
                last_bytes: recent.first().map(|step| step.figures.bytes).filter(|bytes| *bytes > 0),
                artefact: worst(made),
            })
        };
        names.iter().enumerate().filter_map(plan).collect()
    }

    /// What became of a step in its last good runs, the newest first.
    fn recent(&self, name: &str) -> Vec<&StepState> {
        let policy = &self.engine.config.ir.policy;
        let runs = self.state.runs().rev().filter(|run| run.policy == *policy && run.workflow == *self.name);
        let steps = runs.filter_map(|run| run.steps.get(name));
        steps
            .filter(|step| step.outcome().is_some_and(mainstay_journal::Outcome::is_well))
            .take(RECENT_RUNS)
            .collect()
    }

    fn act(&self, step: &StepShape, kind: &ActKind, artefact: Option<Artefact>) -> ActPlan {
        let (on, effect) = match kind {
            ActKind::Backup { source, repo, .. } => (format!("{source} to {repo}"), Effect::Adds),
            ActKind::Replicate { to, .. } => (format!("{} to {to}", self.taken(step, kind)), Effect::Adds),
            ActKind::Latest { source, repo } => (format!("{source} in {repo}"), Effect::Reads),
            ActKind::Verify { .. } => (self.taken(step, kind), Effect::Reads),
            ActKind::Retain { .. } => (self.taken(step, kind), Effect::Forgets),
            ActKind::Hook { argv, .. } => (argv.join(" "), Effect::Runs),
            ActKind::Check { repo, .. } => (repo.clone(), Effect::Reads),
        };
        ActPlan { act: kind.word().to_owned(), on, effect, artefact }
    }

    fn taken(&self, step: &StepShape, kind: &ActKind) -> String {
        let at = self.place(step, kind);
        at.map_or_else(String::new, |(source, repo)| format!("{source} in {repo}"))
    }

    /// Source and repository of the snapshot that an act takes.
    fn place(&self, step: &StepShape, kind: &ActKind) -> Option<(Name, Name)> {
        if let Some(from) = kind.from() {
            let before = self.shape.steps.get(from)?;
            return self.end(before, before.acts.len());
        }
        let at = step.acts.iter().position(|act| act.kind == *kind)?;
        self.end(step, at)
    }

    /// The same of what an act leaves.
    pub(super) fn left(&self, step: &StepShape, kind: &ActKind) -> Option<(Name, Name)> {
        let at = step.acts.iter().position(|act| act.kind == *kind)?;
        self.end(step, at.saturating_add(1))
    }

    /// The same for what a step has made before one of its acts.
    fn end(&self, step: &StepShape, before: usize) -> Option<(Name, Name)> {
        let act = step.acts.get(before.checked_sub(1)?)?;
        match &act.kind {
            ActKind::Backup { source, repo, .. } | ActKind::Latest { source, repo } => {
                Some((source.clone(), repo.clone()))
            }
            ActKind::Replicate { to, .. } => {
                let (source, _) = self.place(step, &act.kind)?;
                Some((source, to.clone()))
            }
            ActKind::Verify { .. } | ActKind::Retain { .. } => self.place(step, &act.kind),
            ActKind::Hook { .. } | ActKind::Check { .. } => None,
        }
    }
}

fn median(steps: &[&StepState]) -> Option<u64> {
    let took = |step: &&StepState| u64::try_from(step.last_ms?.checked_sub(step.first_ms?)?).ok();
    let mut all: Vec<u64> = steps.iter().filter_map(took).collect();
    all.sort_unstable();
    all.get(all.len() / 2).copied()
}
