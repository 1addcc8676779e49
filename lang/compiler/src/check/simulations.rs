//! Tests inside the policy: what they script, and what they ask of a run.

use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::names;
use mainstay_syntax::ast::{Body, Expr, Ident, ItemKind, Path, StatementKind, Test, Workflow};

use super::paths::Target;
use super::{Checker, Env, Local, Want};
use crate::resolve::{DeclId, ModuleId, did_you_mean};
use crate::types::{BOOL, Type};
use crate::value::{Typed, Val};

impl Checker<'_> {
    pub(super) fn test(&mut self, module: ModuleId, test: &Test) {
        let mut env = Env::of(module);
        for statement in &test.body.statements {
            match &statement.kind {
                StatementKind::Let(declared) => {
                    let run = Type::Named("Run");
                    let value = self.expr(&env, &declared.value, &Want::of(&run));
                    if let Some(name) = &declared.name {
                        let local = Local {
                            name: name.text.clone(),
                            typed: value,
                            bound: name.span,
                            is_step: false,
                            apart: false,
                        };
                        env.locals.push(local);
                    }
                }
                StatementKind::Given { name, value } => self.given(&env, name.as_ref(), value),
                StatementKind::Expect(truth) => {
                    self.expr(&env, truth, &Want::of(&BOOL));
                }
                // What must not compile is compiled when the test runs.
                StatementKind::ExpectError { .. } => {}
                _ => {
                    let message = "a test holds `given`, `let` and `expect`";
                    let found = Diagnostic::error(names::MISPLACED, message, statement.span, "not here");
                    self.sink.push(found);
                }
            }
        }
    }

    /// `given env = "production"`, `given failure(..)`.
    fn given(&mut self, env: &Env, name: Option<&Path>, value: &Expr) {
        let Some(path) = name else {
            self.expr(env, value, &Want::of(&Type::Named("Given")));
            return;
        };
        let target = self.target(env, path);
        let param = match target {
            Target::Decl(id, _) => Some(id),
            _ => None,
        };
        if param.is_some_and(|id| self.program.is_damaged(id)) {
            return;
        }
        if param.is_none() && path.parts.first().is_some_and(|name| self.may_be_bound(env, name)) {
            return;
        }
        let kind = param.and_then(|id| self.program.item(id)).map(|item| &item.kind);
        let Some(ItemKind::Param(param)) = kind else {
            let message = "only a param is set in a test";
            self.sink.push(Diagnostic::error(names::UNKNOWN, message, path.span, "not a param"));
            return;
        };
        let ty = param.ty.as_ref().map_or(Type::Poison, |ty| self.type_of(ty));
        self.expr(env, value, &Want::of(&ty));
    }

    /// `continuous.db`: a step of a workflow, in `given`.
    pub(super) fn step_of(&mut self, id: DeclId, part: &Ident) -> Typed {
        let program = self.program;
        let body = match program.item(id).map(|item| &item.kind) {
            Some(ItemKind::Workflow(Workflow { body, .. })) => body,
            _ => return Typed::new(Type::Named("StepName"), Val::Unknown, part.span),
        };
        let mut steps = Vec::new();
        steps_in(body, &mut steps);
        if !steps.contains(&part.text.as_str()) && !self.program.is_damaged(id) {
            let message = format!("workflow `{}` has no step `{}`", program.full_name(id), part.text);
            let found = Diagnostic::error(names::UNKNOWN, message, part.span, "unknown step")
                .help(did_you_mean(&part.text, steps.iter().copied()));
            self.sink.push(found);
            return Typed::poison(part.span);
        }
        self.used_step(id, part);
        Typed::new(Type::Named("StepName"), Val::Unknown, part.span)
    }

    /// `run.db`, `run.took`: what came of a step, or a fact of the run.
    pub(super) fn of_run(&mut self, run: &Typed, part: &Ident) -> Typed {
        let facts = self.library.fields("Run").unwrap_or_default();
        if let Some(fact) = facts.iter().find(|fact| fact.name == part.text) {
            return Typed::new(fact.ty.clone(), Val::Unknown, part.span);
        }
        let workflow = match &run.value {
            Val::Made(made) => made.fields.get("of").and_then(|of| of.value.decl()),
            _ => None,
        };
        let step = workflow.map(|id| self.step_of(id, part));
        match step {
            Some(step) if step.ty.is_poison() => step,
            _ => Typed::new(Type::Named("Outcome"), Val::Unknown, part.span),
        }
    }
}

fn steps_in<'b>(body: &'b Body, steps: &mut Vec<&'b str>) {
    for statement in &body.statements {
        match &statement.kind {
            StatementKind::Step(step) => steps.extend(step.name.iter().map(|name| name.text.as_str())),
            StatementKind::Block { body, .. } | StatementKind::For { body, .. } => steps_in(body, steps),
            _ => {}
        }
    }
}
