//! `after`: what must have come of other steps.

use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::{names, types};
use mainstay_syntax::ast::{BinaryOp, Expr, Ident};

use super::ahead::Ahead;
use super::{Checker, Env};
use crate::value::Val;

/// A rule over the ids of steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AfterRule {
    Well(String),
    Failed(String),
    Ended(String),
    All(Vec<AfterRule>),
    Any(Vec<AfterRule>),
    /// Nothing makes it hold: it asks for the failure of a step that `when` left out.
    Never,
}

/// A step by its name.
enum Named {
    Step(String),
    /// `when` left it out.
    Absent,
}

impl AfterRule {
    /// All of these: what `when` left out asks for nothing, and what never holds is stronger than all else.
    fn all(rules: Vec<Self>) -> Self {
        if rules.contains(&Self::Never) { Self::Never } else { Self::All(rules) }
    }

    /// One of these.
    fn any(mut rules: Vec<Self>) -> Self {
        let some = !rules.is_empty();
        rules.retain(|rule| *rule != Self::Never);
        if some && rules.is_empty() { Self::Never } else { Self::Any(rules) }
    }
}

impl Checker<'_> {
    /// The rule that an expression stands for; nothing where it is wrong.
    pub(super) fn rule(
        &mut self,
        env: &Env,
        expr: &Expr,
        ahead: (Option<&str>, &Ahead),
    ) -> Option<AfterRule> {
        self.record_rule(env, expr);
        match expr {
            Expr::Path(path) => {
                let (name, ending) = path.parts.split_first()?;
                let step = self.step_named(env, name, ahead)?;
                match (step, ending) {
                    (Named::Step(step), []) => Some(AfterRule::Well(step)),
                    (step, [ending]) => self.ending(step, ending),
                    _ => None,
                }
            }
            Expr::List { items, .. } => {
                let rules: Vec<_> = items.iter().filter_map(|item| self.rule(env, item, ahead)).collect();
                Some(AfterRule::all(rules))
            }
            Expr::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), left, right, .. } => {
                let sides: Vec<_> =
                    [left, right].iter().filter_map(|side| self.rule(env, side, ahead)).collect();
                Some(if *op == BinaryOp::And { AfterRule::all(sides) } else { AfterRule::any(sides) })
            }
            Expr::Missing(_) => None,
            other => {
                let message = "`after` takes steps, and what came of them";
                let found = Diagnostic::error(types::MISMATCH, message, other.span(), "not a rule")
                    .help("write `after a`, `after [a, b]`, `after a.ended`, `after a.failed`, `a or b`");
                self.sink.push(found);
                None
            }
        }
    }

    fn ending(&mut self, step: Named, ending: &Ident) -> Option<AfterRule> {
        match (ending.text.as_str(), step) {
            ("ended", Named::Step(step)) => Some(AfterRule::Ended(step)),
            ("failed", Named::Step(step)) => Some(AfterRule::Failed(step)),
            ("failed", Named::Absent) => Some(AfterRule::Never),
            ("ok", Named::Step(step)) => Some(AfterRule::Well(step)),
            ("ended" | "ok", Named::Absent) => None,
            (other, _) => {
                let known = ["ended", "failed", "ok"];
                let message = format!("a step has no ending `{other}`");
                let help = crate::resolve::did_you_mean(other, known);
                let found =
                    Diagnostic::error(types::NOT_A_MEMBER, message, ending.span, "unknown").help(help);
                self.sink.push(found);
                None
            }
        }
    }

    fn step_named(&mut self, env: &Env, name: &Ident, ahead: (Option<&str>, &Ahead)) -> Option<Named> {
        if let Some(local) = env.local(&name.text).filter(|local| local.is_step) {
            if local.apart {
                self.sink.push(super::paths::of_another_branch(name, local.bound));
                return None;
            }
            self.sink.used(name.span, local.bound);
            return match &local.typed.value {
                Val::Step(step) => Some(Named::Step(step.id.clone())),
                _ if local.typed.ty.is_poison() => None,
                _ => Some(Named::Absent),
            };
        }
        let (own, ahead) = ahead;
        if ahead.find(&name.text).is_some() {
            self.tell_named_early(ahead, own, name);
            return None;
        }
        if self.may_be_bound(env.module, name) {
            return None;
        }
        let steps: Vec<&str> =
            env.locals.iter().filter(|local| local.is_step).map(|local| local.name.as_str()).collect();
        let message = format!("there is no step `{}` before this one", name.text);
        let mut found = Diagnostic::error(names::UNKNOWN, message, name.span, "not a step")
            .help(crate::resolve::did_you_mean(&name.text, steps.iter().copied()));
        if let Some(near) = crate::resolve::nearest(&name.text, steps) {
            found = found.fix(format!("write `{near}`"), name.span, near, false);
        }
        self.sink.push(found);
        None
    }
}
