//! Steps: what they do, what they take, what comes before them.

use std::rc::Rc;

use mainstay_diagnostics::codes::{secrets, stages, types};
use mainstay_diagnostics::{Diagnostic, Span};
use mainstay_syntax::ast::{Expr, Ident, Statement, Step};

use super::rules::AfterRule;
use super::workflows::{Builder, CheckedStep, Node};
use super::{Checker, Env, Local, Want};
use crate::resolve::{Bound, item_kind};
use crate::types::{ACT, BOOL, DURATION, Type};
use crate::value::{Fields, StepRef, Typed, Val, VerbCall};

impl Checker<'_> {
    /// `step name = value ..`.
    pub(super) fn named_step(
        &mut self,
        builder: &mut Builder,
        env: &mut Env,
        step: &Step,
        statement: &Statement,
    ) -> Option<Node> {
        let value = self.step_value(builder, env, step);
        let checked = self.checked(builder, env, step, statement, value);
        let name = step.name.as_ref()?;
        let free = self.name_is_free(env, name) && self.is_new(builder, name);
        let present = self.is_present(env, step)
            && !self.takes_absent(env, step)
            && checked.after != Some(AfterRule::Never);
        let id = self.step_id(builder, &name.text);
        let (source, repo) = match &checked.value.value {
            Val::Flow(flow) => (flow.source, flow.repo),
            _ => (None, None),
        };
        let mut typed = Typed::new(checked.value.ty.clone(), Val::Unknown, name.span);
        if present {
            typed.value = Val::Step(Rc::new(StepRef { id: id.clone(), source, repo }));
        }
        typed.made_by = checked.value.made_by;
        env.locals.push(Local {
            name: name.text.clone(),
            typed,
            bound: name.span,
            is_step: true,
            apart: false,
        });
        if !free || !present {
            return None;
        }
        if builder.steps.len() >= super::MOST_STEPS {
            self.too_large(name.span);
            return None;
        }
        builder.steps.insert(id.clone(), checked);
        Some(Node::Step(id))
    }

    /// A call that stands for itself: `hook([..])`.
    pub(super) fn bare_call(
        &mut self,
        builder: &mut Builder,
        env: &mut Env,
        step: &Step,
        statement: &Statement,
    ) -> Option<Node> {
        let value = self.step_value(builder, env, step);
        let verb = match (&value.value, &step.value) {
            (Val::Act(call), _) => call.verb.name.to_owned(),
            (_, Expr::Call { callee, .. }) => callee.parts.last().map(|part| part.text.clone())?,
            _ => "step".to_owned(),
        };
        let checked = self.checked(builder, env, step, statement, value);
        let never = checked.after == Some(AfterRule::Never);
        if !self.is_present(env, step) || self.takes_absent(env, step) || never {
            return None;
        }
        if builder.steps.len() >= super::MOST_STEPS {
            self.too_large(step.value.span());
            return None;
        }
        let number = builder.calls.entry(verb.clone()).or_insert(0);
        *number += 1;
        let number = *number;
        let id = self.step_id(builder, &format!("{verb}.{number}"));
        builder.steps.insert(id.clone(), checked);
        Some(Node::Step(id))
    }

    fn step_id(&self, builder: &Builder, name: &str) -> String {
        match builder.rounds.as_slice() {
            [] => name.to_owned(),
            rounds => format!("{name}[{}]", rounds.join(",")),
        }
    }

    fn is_new(&mut self, builder: &mut Builder, name: &Ident) -> bool {
        match builder.names.get(&name.text).copied() {
            Some(first) if first != name.span => {
                self.sink.push(crate::resolve::duplicate(&name.text, name.span, first));
                false
            }
            _ => {
                builder.names.insert(name.text.clone(), name.span);
                true
            }
        }
    }

    /// What a step does; a name that stands later is told as such.
    fn step_value(&mut self, builder: &Builder, env: &Env, step: &Step) -> Typed {
        let later = self.names_later(builder, env, &step.value);
        if let Some(name) = later {
            let own = step.name.as_ref().map(|own| own.text.as_str());
            self.tell_named_early(&builder.all, own, name);
            return Typed::poison(step.value.span());
        }
        let value = self.expr(env, &step.value, &Want::nothing());
        if value.ty.is_poison() || value.ty == ACT {
            return value;
        }
        if !self.library.is_state(&value.ty) {
            self.sink.push(not_work(step.value.span(), &value.ty));
            return Typed::poison(step.value.span());
        }
        if !value.ty.fits(&Type::Named("Stored")) {
            self.sink.push(nothing_kept(step.value.span(), &value));
            return Typed::poison(step.value.span());
        }
        if matches!(value.value, Val::Step(_)) {
            self.sink.push(not_work(step.value.span(), &value.ty));
            return Typed::poison(step.value.span());
        }
        value
    }

    /// The first name in an expression that is a step further down, and nothing that is in scope here.
    fn names_later<'e>(&self, builder: &Builder, env: &Env, expr: &'e Expr) -> Option<&'e Ident> {
        let module = self.program.module(env.module);
        named_in(expr, &mut |name| {
            builder.all.find(&name.text).is_some()
                && !builder.names.contains_key(&name.text)
                && env.local(&name.text).is_none()
                && !module.is_some_and(|module| module.names.contains_key(&name.text))
        })
    }

    fn checked(
        &mut self,
        builder: &Builder,
        env: &Env,
        step: &Step,
        statement: &Statement,
        value: Typed,
    ) -> CheckedStep {
        let after = step.after.as_ref().and_then(|rule| {
            let own = step.name.as_ref().map(|own| own.text.as_str());
            self.rule(env, rule, (own, &builder.all))
        });
        let within = step.within.as_ref().map(|within| {
            let typed = self.expr(env, within, &Want::of(&DURATION));
            typed.at(within.span())
        });
        let undo = step.undo.as_ref().and_then(|undo| match self.expr(env, undo, &Want::of(&ACT)).value {
            Val::Act(call) => Some((*call).clone()),
            _ => None,
        });
        let named = step.name.as_ref().map_or_else(|| callee_span(&step.value), |name| name.span);
        let mut takes = Vec::new();
        taken(&value.value, &mut takes);
        let after_span = step.after.as_ref().map(Expr::span);
        CheckedStep { docs: statement.docs.clone(), named, value, takes, after, after_span, within, undo }
    }

    /// `when`: a truth that is known while compiling.
    fn is_present(&mut self, env: &Env, step: &Step) -> bool {
        let Some(when) = &step.when else { return true };
        if let Some(found) = self.known_at_run_time(env, when) {
            self.sink.push(found);
            return true;
        }
        !matches!(self.expr(env, when, &Want::of(&BOOL)).value, Val::Bool(false))
    }

    /// What came of a step, and what a probe says, is not known while compiling: it shapes no graph.
    fn known_at_run_time(&mut self, env: &Env, when: &Expr) -> Option<Diagnostic> {
        let mut names = Vec::new();
        named_in(when, &mut |name| {
            names.push(name);
            false
        });
        names.into_iter().find_map(|name| {
            if let Some(step) = env.local(&name.text).filter(|local| local.is_step) {
                let help = format!(
                    "write `after {0}`, or `after {0}.failed`: that is asked while it runs",
                    name.text
                );
                return Some(
                    too_early(name, "what came of a step").label(step.bound, "this step").help(help),
                );
            }
            let module = self.program.module(env.module)?;
            let Some(Bound::Own(id) | Bound::Imported(id, _)) = module.names.get(&name.text) else {
                return None;
            };
            let probe = self.program.item(*id).filter(|item| item_kind(&item.kind) == "probe")?;
            let help = format!(
                "write `step ready = wait_until({})` before it, or `needs: [{0}]` in the workflow",
                name.text
            );
            Some(too_early(name, "what a probe says").label(probe.keyword, "a probe").help(help))
        })
    }

    /// Whoever takes the value of a step that `when` left out is left out with it.
    fn takes_absent(&self, env: &Env, step: &Step) -> bool {
        let absent = |local: &Local| {
            local.is_step && matches!(local.typed.value, Val::Unknown) && !local.typed.ty.is_poison()
        };
        named_in(&step.value, &mut |name| env.local(&name.text).is_some_and(absent)).is_some()
    }

    /// `restore` overwrites: it stands only where a person starts it.
    pub(super) fn only_where_allowed(&mut self, builder: &Builder, fields: &Fields) {
        let Some(trigger) = fields.get("trigger").map(|trigger| trigger.span) else { return };
        let closing = builder.closes.iter().flat_map(|close| close.steps.values());
        for step in builder.steps.values().chain(closing) {
            let Val::Flow(flow) = &step.value.value else { continue };
            for call in flow.calls.iter().filter(|call| call.stage.name == "restore") {
                self.sink.push(restore_by_itself(call.span, trigger));
            }
        }
    }
}

/// Whether what a `restore` puts back lands in a source.
pub(super) fn overwrites_source(args: &Fields) -> bool {
    args.get("to").is_some_and(|to| to.ty.name() == Some("Source"))
}

/// The first of all names in an expression that are values, by their first parts, which is the one that is wanted.
pub(super) fn named_in<'e>(expr: &'e Expr, is_it: &mut impl FnMut(&'e Ident) -> bool) -> Option<&'e Ident> {
    match expr {
        Expr::Path(path) => path.parts.first().filter(|name| is_it(name)),
        Expr::Call { args, .. } => args.iter().find_map(|arg| named_in(&arg.value, is_it)),
        Expr::Chain { parts: inner, .. } | Expr::List { items: inner, .. } => {
            inner.iter().find_map(|one| named_in(one, is_it))
        }
        Expr::Binary { left, right, .. } => named_in(left, is_it).or_else(|| named_in(right, is_it)),
        Expr::Unary { operand, .. } => named_in(operand, is_it),
        _ => None,
    }
}

/// The ids of the steps whose values stand in this one.
fn taken(value: &Val, ids: &mut Vec<String>) {
    match value {
        Val::Step(step) if !ids.contains(&step.id) => ids.push(step.id.clone()),
        Val::Flow(flow) => {
            let args = flow.calls.iter().flat_map(|call| call.args.values());
            args.for_each(|arg| taken(&arg.value, ids));
        }
        Val::Act(call) => taken_by_verb(call, ids),
        Val::List(items) => items.iter().for_each(|item| taken(&item.value, ids)),
        _ => {}
    }
}

fn taken_by_verb(call: &VerbCall, ids: &mut Vec<String>) {
    call.args.values().for_each(|arg| taken(&arg.value, ids));
}

fn callee_span(expr: &Expr) -> Span {
    match expr {
        Expr::Call { callee, .. } => callee.span,
        other => other.span(),
    }
}

fn too_early(name: &Ident, what: &str) -> Diagnostic {
    let message = format!("`when` is decided while compiling, and {what} is known only while it runs");
    Diagnostic::error(secrets::PHASE, message, name.span, "not known yet")
}

fn not_work(span: Span, ty: &Type) -> Diagnostic {
    let message = format!("a step does something, and this is only {}", ty.with_article());
    Diagnostic::error(types::NOT_CALLABLE, message, span, "no work")
        .help("call a pipeline, a stage or a verb")
}

fn nothing_kept(span: Span, value: &Typed) -> Diagnostic {
    let message = format!("this step ends with `{}` data, and nothing of it is kept", value.ty);
    let mut found = Diagnostic::error(stages::NOT_KEPT, message, span, format!("ends as `{}`", value.ty));
    if let Some(made) = value.made_by {
        found = found.label(made, "the last stage is declared here");
    }
    found.help("go on to `store(..)`: a step leaves a snapshot in a repo, or runs a verb")
}

pub(super) fn restore_by_itself(span: Span, trigger: Span) -> Diagnostic {
    let message = "a workflow with a trigger never restores";
    Diagnostic::error(stages::RESTORE, message, span, "would run by itself")
        .label(trigger, "started by this")
        .help("take the trigger away, so that a person starts it; a rehearsal is a `drill`")
}
