//! Tests inside the policy: what they script, and what they ask of a run.

use std::rc::Rc;

use mainstay_diagnostics::codes::names;
use mainstay_diagnostics::{Diagnostic, Span, codes};
use mainstay_syntax::ast::{Expr, Ident, ItemKind, Let, Path, Statement, StatementKind, Test};

use super::paths::Target;
use super::{AskedOf, Checker, Env, Local, Want};
use crate::resolve::{DeclId, ModuleId, did_you_mean};
use crate::types::{BOOL, Type};
use crate::value::{Made, NamedStep, Typed, Val};

/// A test with all its values.
#[derive(Debug)]
pub(crate) struct CheckedTest {
    pub(crate) name: String,
    pub(crate) span: Span,
    /// The params that it sets, as they would be written after `--set`.
    pub(crate) params: Vec<(DeclId, String)>,
    pub(crate) simulations: Vec<CheckedSimulation>,
    pub(crate) expects: Vec<CheckedExpect>,
}

/// `let run = simulate(..)` with the `given`s before it.
#[derive(Debug)]
pub(crate) struct CheckedSimulation {
    pub(crate) name: String,
    pub(crate) span: Span,
    pub(crate) made: Rc<Made>,
    pub(crate) givens: Vec<Rc<Made>>,
}

/// What must hold.
#[derive(Debug)]
pub(crate) enum CheckedExpect {
    Holds(AskedOf),
    Error { span: Span, code: String, items: Span },
}

/// A test while it is read.
struct Reading {
    env: Env,
    givens: Vec<Rc<Made>>,
    /// Whether a run was simulated, or something expected.
    has_begun: bool,
    test: CheckedTest,
}

impl Checker<'_> {
    pub(super) fn test(&mut self, module: ModuleId, test: &Test, span: Span) -> CheckedTest {
        let name = test.name.as_ref().and_then(|name| name.plain()).unwrap_or_default();
        let test_of = CheckedTest { name, span, params: vec![], simulations: vec![], expects: vec![] };
        let mut reading =
            Reading { env: Env::of(module), givens: Vec::new(), has_begun: false, test: test_of };
        for statement in &test.body.statements {
            self.test_statement(&mut reading, statement);
        }
        reading.test
    }

    fn test_statement(&mut self, reading: &mut Reading, statement: &Statement) {
        match &statement.kind {
            StatementKind::Let(declared) => self.simulation(reading, declared),
            StatementKind::Given { name: None, value } => {
                let given = self.expr(&reading.env, value, &Want::of(&Type::Named("Given")));
                if let Val::Made(made) = given.value {
                    reading.givens.push(made);
                }
            }
            StatementKind::Given { name: Some(path), value } => self.given_param(reading, path, value),
            StatementKind::Expect(truth) => {
                reading.has_begun = true;
                self.expr(&reading.env, truth, &Want::of(&BOOL));
                let muted = self.sink.mute();
                let asked = self.asked(&reading.env, truth, &Want::of(&BOOL));
                self.sink.restore(muted);
                reading.test.expects.push(CheckedExpect::Holds(asked));
            }
            StatementKind::ExpectError { code, .. } => {
                reading.has_begun = true;
                reading.test.expects.extend(self.expect_error(code.as_ref(), statement.span));
            }
            _ => {
                let message = "a test holds `given`, `let` and `expect`";
                self.sink.push(Diagnostic::error(names::MISPLACED, message, statement.span, "not here"));
            }
        }
    }

    fn simulation(&mut self, reading: &mut Reading, declared: &Let) {
        reading.has_begun = true;
        let value = self.expr(&reading.env, &declared.value, &Want::of(&Type::Named("Run")));
        let Some(name) = &declared.name else { return };
        if let Val::Made(made) = &value.value {
            reading.test.simulations.push(CheckedSimulation {
                name: name.text.clone(),
                span: value.span,
                made: Rc::clone(made),
                givens: reading.givens.clone(),
            });
        }
        let local =
            Local { name: name.text.clone(), typed: value, bound: name.span, is_step: false, apart: false };
        reading.env.locals.push(local);
    }

    /// `given env = "production"`: the whole policy is compiled for it, so it stands before all that is simulated.
    fn given_param(&mut self, reading: &mut Reading, path: &Path, value: &Expr) {
        let env = &reading.env;
        let param = match self.target(env, path) {
            Target::Decl(id, _) => Some(id),
            _ => None,
        };
        if param.is_some_and(|id| self.program.is_damaged(id)) {
            return;
        }
        if param.is_none() && path.parts.first().is_some_and(|name| self.may_be_bound(env.module, name)) {
            return;
        }
        let program = self.program;
        let of_root = |id: &DeclId| program.decl(*id).map(|decl| decl.module) == program.root;
        let found = param.filter(of_root).and_then(|id| Some((id, &program.item(id)?.kind)));
        let Some((id, ItemKind::Param(declared))) = found else {
            let message = "only a param of the root file is set in a test";
            self.sink.push(Diagnostic::error(names::UNKNOWN, message, path.span, "no such param"));
            return;
        };
        let ty = declared.ty.as_ref().map_or(Type::Poison, |ty| self.type_of(ty));
        let typed = self.expr(env, value, &Want::of(&ty));
        if reading.has_begun {
            let message = "a param is set before anything is simulated or expected";
            let found = Diagnostic::error(names::MISPLACED, message, path.span, "too late")
                .help("move this `given` to the beginning of its test");
            self.sink.push(found);
        }
        match self.as_handed_in(value, &typed) {
            Some(raw) => reading.test.params.push((id, raw)),
            None if typed.ty.is_poison() => {}
            None => {
                let message = "the value of a param stands in the test as a literal";
                self.sink.push(Diagnostic::error(names::PARAM, message, value.span(), "no literal"));
            }
        }
    }

    /// A value as it would be written after `--set name=`.
    fn as_handed_in(&self, written: &Expr, typed: &Typed) -> Option<String> {
        match (written, &typed.value) {
            (Expr::Text(text), _) => text.plain(),
            (Expr::Literal(literal), _) => self.program.map.text(literal.span).map(str::to_owned),
            (_, Val::DurationMs(ms)) => Some(mainstay_ir::DurationMs(*ms).literal()),
            (_, Val::Member(member)) => Some(member.as_ref().to_owned()),
            (_, value) => value.in_text(),
        }
    }

    /// What must not compile is compiled when the test runs; that there is such a code is known now.
    fn expect_error(&mut self, code: Option<&Ident>, span: Span) -> Option<CheckedExpect> {
        let code = code?;
        if codes::find(&code.text).is_none() {
            let message = format!("there is no diagnostic `{}`", code.text);
            let known: Vec<&str> = codes::all().map(|entry| entry.code.as_str()).collect();
            let found = Diagnostic::error(names::UNKNOWN, message, code.span, "unknown code")
                .help(did_you_mean(&code.text, known.iter().copied()));
            self.sink.push(found);
            return None;
        }
        let behind = Span::new(code.span.end, span.end);
        let text = self.program.map.text(behind)?;
        let (open, close) = (text.find('{')?, text.rfind('}')?);
        let items = Span::new(behind.start + open as u32 + 1, behind.start + close as u32);
        Some(CheckedExpect::Error { span: span_to(span, code.span), code: code.text.clone(), items })
    }

    /// `continuous.db`: a step of a workflow, in `given`.
    pub(super) fn step_of(&mut self, id: DeclId, part: &Ident) -> Typed {
        let program = self.program;
        let Some(ItemKind::Workflow(_)) = program.item(id).map(|item| &item.kind) else {
            return Typed::new(Type::Named("StepName"), Val::Unknown, part.span);
        };
        let steps = self.steps_written(id);
        if !steps.runs(&part.text) && !self.program.is_damaged(id) {
            let message = format!("workflow `{}` has no step `{}`", program.full_name(id), part.text);
            let found = Diagnostic::error(names::UNKNOWN, message, part.span, "unknown step")
                .help(did_you_mean(&part.text, steps.of_run()));
            self.sink.push(found);
            return Typed::poison(part.span);
        }
        self.used_step(id, part);
        let value = NamedStep { workflow: id, step: part.text.clone(), round: None };
        Typed::new(Type::Named("StepName"), Val::StepName(Rc::new(value)), part.span)
    }

    /// `run.db`, `run.took`: what came of a step, or a fact of the run.
    pub(super) fn of_run(&mut self, run: &Typed, part: &Ident) -> Typed {
        let workflow = workflow_of(run);
        if let Some(fact) = self.fact_of(workflow, &part.text) {
            return Typed::new(fact, Val::Unknown, part.span);
        }
        let step = workflow.map(|id| self.step_of(id, part));
        match step {
            Some(step) if step.ty.is_poison() => step,
            _ => Typed::new(Type::Named("Outcome"), Val::Unknown, part.span),
        }
    }

    /// The type of a fact. `took`, `mode` and `copies` are reserved; a step that bears the name of another fact hides it.
    pub(super) fn fact_of(&self, workflow: Option<DeclId>, name: &str) -> Option<Type> {
        let facts = self.library.fields("Run").unwrap_or_default();
        let fact = facts.iter().find(|fact| fact.name == name)?;
        let has_step = |id| self.steps_written(id).runs(name);
        let is_hidden = !RESERVED.contains(&name) && workflow.is_some_and(has_step);
        (!is_hidden).then(|| fact.ty.clone())
    }
}

/// Facts whose names no step hides.
const RESERVED: &[&str] = &["took", "mode", "copies"];

/// The workflow that a run is of.
pub(super) fn workflow_of(run: &Typed) -> Option<DeclId> {
    match &run.value {
        Val::Made(made) => made.fields.get("of").and_then(|of| of.value.decl()),
        _ => None,
    }
}

/// From the start of one span to the end of another.
fn span_to(from: Span, to: Span) -> Span {
    Span::new(from.start, to.end)
}
