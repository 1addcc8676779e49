//! Workflows and their steps.

use mainstay_ir::{Action, Backoff, Call, Missed, Overlap, Rule, Step, Value, Workflow};

use super::Lowering;
use super::bodies::Order;
use super::values::{backoff, duration};
use crate::check::{AfterRule, CheckedStep, CheckedWorkflow};
use crate::library::Signature;
use crate::value::{Fields, Val};

/// Arguments that stand elsewhere in the IR than among the others: the call's own field, and the step's claims.
const MOVED_ARGUMENTS: &[&str] = &["within", "pool"];

impl Lowering<'_> {
    pub(super) fn workflow(&mut self, checked: &CheckedWorkflow) -> Workflow {
        self.note("workflow", checked.id, &checked.fields);
        let key = format!("workflow.{}", self.name(checked.id));
        self.places.insert(format_args!("{key}.body"), checked.span);
        let mut workflow = Workflow {
            docs: checked.docs.clone(),
            objective: checked.objective.map(|id| self.name(id)),
            ..Workflow::default()
        };
        self.workflow_fields(&mut workflow, &checked.fields);
        let mut order = Order::new(self, &key, &checked.steps);
        (workflow.steps, workflow.body) = order.body(&checked.body);
        workflow.closes = order.closes(&checked.closes);
        workflow
    }

    fn workflow_fields(&self, workflow: &mut Workflow, fields: &Fields) {
        if let Some(trigger) = fields.get("trigger") {
            workflow.triggers = self.triggers(trigger);
        }
        workflow.within = duration(fields, "within");
        for (name, value) in self.values(fields) {
            match (name.as_str(), &value) {
                ("trigger" | "within", _) => {}
                ("overlap", Value::Member(member)) => workflow.overlap = overlap(member),
                ("missed", Value::Member(member)) => workflow.missed = missed(member),
                _ => drop(workflow.other.insert(name, value)),
            }
        }
    }

    pub(super) fn step(&self, checked: &CheckedStep) -> Step {
        Step {
            docs: checked.docs.clone(),
            needs: checked.after.as_ref().map_or(Rule::Always, rule),
            within: checked.within.as_ref().and_then(|within| match within.value {
                Val::DurationMs(ms) => Some(mainstay_ir::DurationMs(ms)),
                _ => None,
            }),
            undo: checked.undo.as_ref().map(|undo| self.act_alone(undo.verb, &undo.args)),
            ..self.act(&checked.value.value)
        }
    }

    /// A step that does this, with what it holds and how it is tried again, and nothing else.
    pub(super) fn act(&self, value: &Val) -> Step {
        let (action, retry) = match value {
            Val::Flow(flow) => {
                let calls = flow.calls.iter().map(|call| self.call(call.stage, &call.args)).collect();
                (Action::Stages(calls), hardest(flow.calls.iter().map(|call| &call.args)))
            }
            Val::Act(act) => (Action::Verb(self.call(act.verb, &act.args)), hardest([&act.args])),
            // Only steps without a mistake are lowered.
            _ => (Action::Stages(Vec::new()), Backoff::default()),
        };
        let (claims, shares) = self.claims(value);
        Step { retry, claims, shares, ..Step::new(action) }
    }

    pub(super) fn call(&self, signature: &Signature, args: &Fields) -> Call {
        let here = args.iter().filter(|(name, _)| !MOVED_ARGUMENTS.contains(name));
        let values = self.values_of(here.collect());
        Call { name: signature.name.to_owned(), args: values, within: duration(args, "within") }
    }

    /// A verb that is no step's own act: of a bracket, an `undo`, a state's `enter` or `leave`. No step claims for it, so
    /// its pool stays among its arguments.
    pub(super) fn act_alone(&self, signature: &Signature, args: &Fields) -> Call {
        let mut call = self.call(signature, args);
        if let Some(pool) = args.get("pool").and_then(|pool| self.value(&pool.value)) {
            call.args.insert("pool".to_owned(), pool);
        }
        call
    }

    pub(super) fn note_step(&mut self, workflow: &str, id: &str, step: &CheckedStep) {
        let key = format!("{workflow}.step.{id}");
        self.places.insert(&key, step.named);
        if let Some(within) = &step.within {
            self.places.insert(format_args!("{key}.within"), within.span);
        }
        if let Some(after) = step.after_span {
            self.places.insert(format_args!("{key}.after"), after);
        }
        if let Some(undo) = &step.undo {
            self.places.insert(format_args!("{key}.undo"), undo.span);
        }
        self.note_calls(&key, &step.value.value);
    }

    /// Where the stages of a step or a state stand, and their arguments.
    pub(super) fn note_calls(&mut self, key: &str, value: &Val) {
        match value {
            Val::Flow(flow) => {
                for call in &flow.calls {
                    self.places.insert(format_args!("{key}.{}", call.stage.name), call.span);
                }
                flow.calls.iter().for_each(|call| self.note_args(key, call.stage.name, &call.args));
            }
            Val::Act(act) => self.note_args(key, act.verb.name, &act.args),
            _ => {}
        }
    }

    fn note_args(&mut self, step: &str, call: &str, args: &Fields) {
        for (name, value) in super::written(args) {
            self.places.insert(format_args!("{step}.{call}.{name}"), value.span);
        }
    }
}

/// The retry of a step is that of the stage which asks for the most tries: all its stages are tried again together.
fn hardest<'f>(calls: impl IntoIterator<Item = &'f Fields>) -> Backoff {
    let given = calls.into_iter().filter_map(|args| match &args.get("retry")?.value {
        Val::Made(made) => Some(backoff(&made.fields)),
        _ => None,
    });
    given.reduce(|most, next| if next.tries > most.tries { next } else { most }).unwrap_or_default()
}

pub(super) fn rule(after: &AfterRule) -> Rule {
    let all = |rules: &[AfterRule]| rules.iter().map(rule).collect::<Vec<_>>();
    match after {
        AfterRule::Well(step) => Rule::Well(step.clone()),
        AfterRule::Failed(step) => Rule::Failed(step.clone()),
        AfterRule::Ended(step) => Rule::Ended(step.clone()),
        AfterRule::All(rules) => Rule::All(all(rules)),
        AfterRule::Any(rules) => Rule::Any(all(rules)),
        // Its step was left out.
        AfterRule::Never => Rule::Any(Vec::new()),
    }
}

fn overlap(member: &str) -> Overlap {
    match member {
        "skip" => Overlap::Skip,
        "replace" => Overlap::Replace,
        "allow" => Overlap::Allow,
        _ => Overlap::QueueOne,
    }
}

fn missed(member: &str) -> Missed {
    match member {
        "run_all" => Missed::RunAll,
        "skip" => Missed::Skip,
        _ => Missed::RunLatest,
    }
}
