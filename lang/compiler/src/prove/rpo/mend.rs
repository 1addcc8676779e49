//! A value that would keep the promise. It is proposed after it was proved, and never before.

use mainstay_calendar::{Part, PartKind, Timetable, total};
use mainstay_diagnostics::Diagnostic;
use mainstay_ir::{DurationMs, Ir, SourceCopy, Trigger};

use crate::prove::policy::Policy;
use crate::prove::suggest::{counted_down, counted_up, rounds_down};

/// So many values are tried before nothing is proposed.
const MOST_TRIALS: usize = 4;

/// A copy that is too old, and what makes it so.
pub(super) struct Late<'p, 'a> {
    pub policy: &'p Policy<'a>,
    pub rpo: DurationMs,
    pub copy: &'p SourceCopy<'a>,
    pub age: DurationMs,
    pub parts: &'p [Part<'a>],
    /// Whether these are all parts of its age. A longer chain is not proved again.
    pub is_whole: bool,
}

impl Late<'_, '_> {
    /// Says which value would keep the promise: a denser trigger, a shorter `within`, or another promise.
    pub fn mend(&self, said: Diagnostic) -> Diagnostic {
        let workflow = self.copy.workflow;
        let promise = format!("promise `rpo: {}`", counted_up(self.age).literal());
        if let Some(jitter) = self.every()
            && let Some(interval) = self.interval(|interval| Trigger::Every { interval, jitter })
        {
            let call = written(interval, jitter);
            let said = said.help(format!("`{call}` keeps it; or {promise}"));
            return fix(said, self.policy, workflow, "trigger", &call);
        }
        if let Some(within) = self.within().map(DurationMs::literal) {
            let said = said.help(format!("`within: {within}` keeps it; or {promise}"));
            return fix(said, self.policy, workflow, "within", &within);
        }
        match self.interval(|interval| Trigger::Every { interval, jitter: DurationMs(0) }) {
            Some(interval) => {
                said.help(format!("`trigger: every({})` keeps it; or {promise}", interval.literal()))
            }
            None => said.help(format!("run `{workflow}` more often, let it take less time, or {promise}")),
        }
    }

    /// The jitter of a workflow whose one trigger is an `every`.
    fn every(&self) -> Option<DurationMs> {
        match self.policy.ir.work(self.copy.workflow)?.1.triggers {
            [Trigger::Every { jitter, .. }] => Some(*jitter),
            _ => None,
        }
    }

    /// What the promise leaves for one part of the sum when all others stay.
    fn left(&self, wanted: fn(&PartKind) -> bool) -> Option<(DurationMs, DurationMs)> {
        if !self.is_whole {
            return None;
        }
        let own = |part: &&Part<'_>| part.workflow == self.copy.workflow && wanted(&part.kind);
        let part = self.parts.iter().rfind(own)?;
        let others = self.age.0 - part.length.0;
        Some((part.length, DurationMs(self.rpo.0.checked_sub(others)?)))
    }

    /// The longest interval that reads well and keeps the promise.
    fn interval(&self, trigger: impl Fn(DurationMs) -> Trigger) -> Option<DurationMs> {
        let (_, most) = self.left(|kind| matches!(kind, PartKind::Gap { .. }))?;
        rounds_down(most).take(MOST_TRIALS).find(|interval| self.holds(&Change::Trigger(trigger(*interval))))
    }

    /// The longest `within` that does. A tenth of what was asked for is no mending: the work would not be done.
    fn within(&self) -> Option<DurationMs> {
        let (asked, most) = self.left(|kind| matches!(kind, PartKind::Within))?;
        let gap = self.policy.times.most_within(self.copy.workflow);
        let within = counted_down(gap.map_or(most, |gap| most.min(gap)))?;
        let is_enough = within.0.saturating_mul(10) >= asked.0;
        (is_enough && self.holds(&Change::Within(within))).then_some(within)
    }

    /// Proves the promise again with one workflow or machine changed. Only those that the copy waits for are looked at:
    /// with all others it can only be fresher.
    fn holds(&self, change: &Change) -> bool {
        let mut ir =
            Ir::new(self.policy.ir.policy.clone(), self.policy.ir.edition, self.policy.ir.tzdb.clone());
        for name in self.parts.iter().map(|part| part.workflow).chain([self.copy.workflow]) {
            if let Some(workflow) = self.policy.ir.workflows.get(name) {
                ir.workflows.insert(name.to_owned(), workflow.clone());
            } else if let Some(machine) = self.policy.ir.machines.get(name) {
                ir.machines.insert(name.to_owned(), machine.clone());
            }
        }
        let Some(within) = change.within(&mut ir, self.copy.workflow) else { return false };
        let times = Timetable::new(&ir);
        let place = |copy: &SourceCopy<'_>| (copy.source, copy.repo) == (self.copy.source, self.copy.repo);
        let mut copies = times.flows().copies.iter().zip(times.ages());
        let is_fresh =
            copies.any(|(copy, age)| place(copy) && age.as_ref().is_ok_and(|age| total(age) <= self.rpo));
        let gap = times.most_within(self.copy.workflow);
        is_fresh && gap.zip(within).is_none_or(|(gap, within)| within <= gap)
    }
}

/// What is tried.
enum Change {
    Trigger(Trigger),
    Within(DurationMs),
}

impl Change {
    /// Changes a workflow or a machine, and gives the `within` that it then has; nothing when there is none of the name.
    fn within(&self, ir: &mut Ir, work: &str) -> Option<Option<DurationMs>> {
        let (triggers, within) = match (ir.workflows.get_mut(work), ir.machines.get_mut(work)) {
            (Some(workflow), _) => (&mut workflow.triggers, &mut workflow.within),
            (None, machine) => machine.map(|machine| (&mut machine.triggers, &mut machine.within))?,
        };
        match self {
            Self::Trigger(trigger) => *triggers = vec![trigger.clone()],
            Self::Within(length) => *within = Some(*length),
        }
        Some(*within)
    }
}

fn written(interval: DurationMs, jitter: DurationMs) -> String {
    match jitter.0 {
        0 => format!("every({})", interval.literal()),
        _ => format!("every({}, jitter: {})", interval.literal(), jitter.literal()),
    }
}

/// Adds the edit of a field, where the field is written.
pub(super) fn fix(
    said: Diagnostic,
    policy: &Policy<'_>,
    workflow: &str,
    field: &str,
    value: &str,
) -> Diagnostic {
    match policy.exact_span(&format!("workflow.{workflow}.{field}")) {
        Some(span) => said.fix(format!("write `{field}: {value}`"), span, value, false),
        None => said,
    }
}
