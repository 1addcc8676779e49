//! Chains of stages: what flows from one to the next.

use std::rc::Rc;

use mainstay_diagnostics::codes::types;
use mainstay_diagnostics::{Diagnostic, Span};
use mainstay_syntax::ast::Expr;

use super::{Checker, Env, Want};
use crate::library::Signature;
use crate::types::Type;
use crate::value::{Fields, Flow, StageCall, Typed, Val};

impl Checker<'_> {
    /// One mistake of order is told per chain: behind it, nothing is certain.
    pub(super) fn chain(&mut self, env: &Env, parts: &[Expr], span: Span) -> Typed {
        let Some((first, rest)) = parts.split_first() else { return Typed::poison(span) };
        let outer = std::mem::replace(&mut self.broken, false);
        let mut flow = self.expr(env, first, &Want::nothing()).at(first.span());
        // A stage without what flows into it stands at the wrong end: all behind it does, too.
        let muted = self.broken.then(|| self.sink.mute());
        self.broken |= flow.ty.is_poison();
        self.record_flow(first.span(), &flow.ty);
        for (number, part) in rest.iter().enumerate() {
            self.record_part(env, part, &flow);
            let (given, told) = (flow.ty.clone(), self.sink.told());
            flow = self.part(env, part, flow);
            self.late_stage(told, &given, rest.get(number..).unwrap_or_default());
            self.record_flow(part.span(), &flow.ty);
            self.broken |= flow.ty.is_poison();
            if self.broken {
                flow.ty = Type::Poison;
            }
            // Behind a mistake all that flows may have become an argument, again and again.
            flow = self.not_too_deep(flow, part.span());
        }
        self.broken = outer;
        if let Some(muted) = muted {
            self.sink.restore(muted);
        }
        flow.at(span)
    }

    fn part(&mut self, env: &Env, part: &Expr, flow: Typed) -> Typed {
        match part {
            Expr::Call { callee, args, span } => {
                self.call(env, callee, args, Some(flow), *span, &Want::nothing()).at(callee.span)
            }
            Expr::Path(path) => {
                let text = self.program.map.text(path.span).unwrap_or_default();
                let message = format!("`{text}` stands in a chain without being called");
                let found = Diagnostic::error(types::NOT_CALLED, message, path.span, "not called")
                    .help(format!("write `{text}()`"))
                    .fix(format!("write `{text}()`"), path.span, format!("{text}()"), true);
                self.sink.push(found);
                Typed::poison(path.span)
            }
            Expr::Missing(span) => Typed::poison(*span),
            other => {
                let message = "only calls of stages and pipelines stand after `|>`";
                self.sink.push(Diagnostic::error(types::NOT_CALLABLE, message, other.span(), "not a call"));
                Typed::poison(other.span())
            }
        }
    }

    /// A stage joins what flows into it.
    pub(super) fn carry_out(&mut self, stage: &'static Signature, mut args: Fields, span: Span) -> Val {
        let flows_in = stage.flows_in().map(|param| param.name);
        let mut flow = Flow::default();
        match flows_in.and_then(|name| Some(&args.get(name)?.value)) {
            Some(Val::Step(step)) => {
                flow.source = step.source;
                flow.repo = step.repo;
            }
            Some(_) => {
                let before = flows_in.and_then(|name| args.remove(name)).map(|typed| typed.value);
                // Nobody else holds what flows out of the stage before, so nothing is copied.
                if let Some(Val::Flow(before)) = before {
                    flow = Rc::unwrap_or_clone(before);
                }
            }
            None => self.broken |= flows_in.is_some(),
        }
        let reads = flow.repo;
        let named = |wanted: &str| {
            let mut fits = stage.params.iter().filter(|param| param.ty.name() == Some(wanted));
            fits.find_map(|param| args.get(param.name)?.value.decl())
        };
        if flows_in.is_none() {
            flow.source = named("Source");
        }
        flow.repo = named("Repo").or(flow.repo);
        if flow.calls.len() >= super::MOST_STAGES {
            self.too_large(span);
            return Val::Unknown;
        }
        flow.calls.push(StageCall { stage, args, span, reads });
        Val::Flow(Rc::new(flow))
    }
}
