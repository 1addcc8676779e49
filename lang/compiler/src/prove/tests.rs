//! Proofs on IR that is built here, so that no parser stands between a proof and its test.

use mainstay_diagnostics::{Severity, Span};
use mainstay_ir::{
    Action, Call, Constructed, Copies, DurationMs, IndexMap, Objective, Pool, Retention, Rule, Step, Trigger,
    Value, Workflow,
};

use super::*;

mod facts;
mod goals;
mod graphs;
mod machines;
mod mended;
mod rpos;

/// A policy under construction.
struct Built {
    ir: Ir,
    places: Places,
}

fn thing(kind: &str, name: &str) -> Value {
    Value::Thing(kind.into(), name.into())
}

fn call(name: &str, args: &[(&str, Value)]) -> Call {
    let args = args.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Call { name: name.into(), args, within: None }
}

fn step(calls: Vec<Call>) -> Step {
    Step::new(Action::Stages(calls))
}

fn days(daily: u32) -> Retention {
    Retention { daily, ..Retention::default() }
}

/// `protect(source, to: repo, keep: keep)`.
fn protect(source: &str, repo: &str, keep: Retention) -> Step {
    step(vec![
        call("discover", &[("of", thing("source", source))]),
        call("snapshot", &[]),
        call("encrypt", &[]),
        call("store", &[("to", thing("repo", repo))]),
        call("verify", &[]),
        call("retain", &[("keep", Value::Retention(keep))]),
    ])
}

/// `copy(latest(source, in: from), to: repo, keep: keep)`.
fn carry(source: &str, from: &str, repo: &str, keep: Retention) -> Step {
    step(vec![
        call("latest", &[("of", thing("source", source)), ("in", thing("repo", from))]),
        call("replicate", &[("to", thing("repo", repo))]),
        call("verify", &[]),
        call("retain", &[("keep", Value::Retention(keep))]),
    ])
}

fn daily(at: u16) -> Trigger {
    Trigger::Daily { at, zone: "Europe/Berlin".into(), jitter: DurationMs(0) }
}

fn every(interval: DurationMs, jitter: DurationMs) -> Trigger {
    Trigger::Every { interval, jitter }
}

fn after_success(of: &str) -> Trigger {
    Trigger::Event {
        name: "after_success".into(),
        args: [("of".to_owned(), thing("workflow", of))].into_iter().collect(),
    }
}

fn repo(constructor: &str, fields: &[(&str, Value)]) -> Constructed {
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Constructed { constructor: constructor.into(), fields }
}

fn place(fields: &[(&str, &str)]) -> (&'static str, Value) {
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), Value::Text((*value).into())));
    ("place", Value::Record(Box::new(fields.collect())))
}

impl Built {
    /// Source `home`, repo `shelf`, and a place for each part that a test may look at.
    fn new() -> Self {
        let mut built = Self { ir: Ir::new("p", 2026, "2026a"), places: Places::default() };
        built.ir.sources.insert("home".into(), repo("files", &[]));
        built.repo("shelf", repo("local", &[]));
        built
    }

    fn put(&mut self, key: &str) {
        let start = u32::try_from(self.places_so_far()).unwrap() * 10 + 10;
        self.places.insert(key, Span::new(start, start + 5));
    }

    fn places_so_far(&self) -> usize {
        (0..).take_while(|at| self.place_at(u32::try_from(*at).unwrap() * 10 + 10)).count()
    }

    fn place_at(&self, start: u32) -> bool {
        self.places.iter().any(|(_, span)| span.start == start)
    }

    fn repo(&mut self, name: &str, made: Constructed) {
        self.put(&format!("repo.{name}"));
        self.ir.repos.insert(name.into(), made);
    }

    fn objective(&mut self, name: &str, objective: Objective) {
        for field in ["rpo", "keep", "copies", "lock", "erase", "residency"] {
            self.put(&format!("objective.{name}.{field}"));
        }
        self.ir.objectives.insert(name.into(), objective);
    }

    fn workflow(
        &mut self,
        name: &str,
        triggers: Vec<Trigger>,
        within: Option<DurationMs>,
        steps: Vec<(&str, Step)>,
    ) {
        self.put(&format!("workflow.{name}"));
        self.put(&format!("workflow.{name}.trigger"));
        if within.is_some() {
            self.put(&format!("workflow.{name}.within"));
        }
        let mut workflow = Workflow { triggers, within, ..Workflow::default() };
        for (id, step) in steps {
            self.put(&format!("workflow.{name}.step.{id}"));
            workflow.steps.insert(id.into(), step);
        }
        let blocks = workflow.steps.keys().cloned().map(mainstay_ir::Block::Step).collect();
        workflow.body = mainstay_ir::Block::Sequential(blocks);
        workflow.objective = self.ir.objectives.keys().next().cloned();
        self.ir.workflows.insert(name.into(), workflow);
    }

    fn prove(&self) -> Vec<Diagnostic> {
        prove(&self.ir, &self.places)
    }

    /// All that was found, as text: code, message, labels by what they point at, notes, help.
    fn shown(&self) -> String {
        self.prove().iter().map(|it| self.show(it)).collect::<Vec<_>>().join("\n")
    }

    fn show(&self, diagnostic: &Diagnostic) -> String {
        let level = if diagnostic.severity == Severity::Error { "error" } else { "warning" };
        let mut lines = vec![format!("{level}[{}]: {}", diagnostic.code, diagnostic.message)];
        for label in &diagnostic.labels {
            let at = self.places.iter().find(|(_, span)| *span == label.span).map_or("?", |(key, _)| key);
            lines.push(format!("  at {at}: {}", label.text));
        }
        lines.extend(diagnostic.notes.iter().map(|note| format!("  = {note}")));
        lines.extend(diagnostic.help.iter().map(|help| format!("  help: {help}")));
        let edits = diagnostic.fixes.iter().flat_map(|fix| fix.edits.iter().map(move |edit| (fix, edit)));
        lines.extend(edits.map(|(fix, edit)| format!("  fix: {}: {}", fix.title, edit.replacement)));
        lines.join("\n")
    }

    fn codes(&self) -> Vec<&'static str> {
        self.prove().iter().map(|it| it.code.as_str()).collect()
    }
}

fn promise(rpo: DurationMs) -> Objective {
    Objective { rpo: Some(rpo), ..Objective::default() }
}

#[test]
fn a_policy_without_promises_has_nothing_to_break() {
    let mut built = Built::new();
    built.workflow("nightly", vec![daily(90)], None, vec![("backup", protect("home", "shelf", days(14)))]);
    assert_eq!(built.shown(), "");
}
