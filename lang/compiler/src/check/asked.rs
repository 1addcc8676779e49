//! What an `expect` says, as a tree with the place of each part: when it does not hold, each part is shown.

use std::rc::Rc;

use mainstay_diagnostics::Span;
use mainstay_syntax::ast::{BinaryOp, Expr, Path, UnaryOp};

use super::simulations::workflow_of;
use super::{Checker, Env, Want};
use crate::types::{BOOL, Type};
use crate::value::{NamedStep, Typed, Val};

/// An expression with its parts.
#[derive(Debug)]
pub(crate) struct AskedOf {
    pub(crate) span: Span,
    pub(crate) typed: Typed,
    pub(crate) kind: AskedKind,
}

/// What an expression is.
#[derive(Debug)]
pub(crate) enum AskedKind {
    /// Known while compiling.
    Known,
    /// A fact of a run: the number of the run, and the name of what is asked.
    Fact {
        run: usize,
        name: String,
        is_step: bool,
        which: Option<Val>,
        round: Option<String>,
    },
    Not(Box<AskedOf>),
    Sides(BinaryOp, Box<[AskedOf; 2]>),
}

impl Checker<'_> {
    /// The tree of an expression whose mistakes were told before.
    pub(super) fn asked(&mut self, env: &Env, expr: &Expr, want: &Want) -> AskedOf {
        let typed = self.expr(env, expr, want);
        let kind = match expr {
            _ if !matches!(typed.value, Val::Unknown) => AskedKind::Known,
            Expr::Unary { op: UnaryOp::Not, operand, .. } => {
                AskedKind::Not(Box::new(self.asked(env, operand, &Want::of(&BOOL))))
            }
            Expr::Binary { op, left, right, .. } => {
                AskedKind::Sides(*op, Box::new(self.sides(env, *op, left, right)))
            }
            Expr::Path(path) => self.fact(env, path, None),
            Expr::Index { of, index, .. } => match &**of {
                Expr::Path(path) => self.fact(env, path, Some(index)),
                _ => AskedKind::Known,
            },
            _ => AskedKind::Known,
        };
        AskedOf { span: expr.span(), typed, kind }
    }

    fn sides(&mut self, env: &Env, op: BinaryOp, left: &Expr, right: &Expr) -> [AskedOf; 2] {
        let logic = matches!(op, BinaryOp::And | BinaryOp::Or);
        let first = if logic { Want::of(&BOOL) } else { Want::nothing() };
        let left = self.asked(env, left, &first);
        let is_enum = self.library.enums(&left.typed.ty).next().is_some();
        let second = Want { ty: is_enum.then(|| left.typed.ty.clone()).or(first.ty), by: None };
        let right = self.asked(env, right, &second);
        [left, right]
    }

    fn fact(&mut self, env: &Env, path: &Path, index: Option<&Expr>) -> AskedKind {
        let [first, part] = path.parts.as_slice() else { return AskedKind::Known };
        let Some((run, local)) = env.locals.find(&first.text) else { return AskedKind::Known };
        let workflow = workflow_of(&local.typed);
        let is_step = self.fact_of(workflow, &part.text).is_none();
        let (which, round) = index.map_or((None, None), |index| {
            let typed = self.expr(env, index, &Want::nothing());
            let round = self.round_label(&typed, 0);
            (Some(typed.value), Some(round))
        });
        AskedKind::Fact { run, name: part.text.clone(), is_step, which, round }
    }

    /// `run.step[orders]`, `run.step[2027-03-28]`, `workflow.step[orders]`: a round of a loop, or the runs of a day.
    pub(super) fn of_step(&mut self, env: &Env, value: Typed, index: &Expr, span: Span) -> Typed {
        let typed = self.expr(env, index, &Want::nothing());
        if typed.ty.is_poison() {
            return Typed::poison(span);
        }
        match value.value {
            Val::StepName(named) => {
                let round = Some(self.round_label(&typed, 0));
                let named = NamedStep { round, ..Rc::unwrap_or_clone(named) };
                Typed::new(Type::Named("StepName"), Val::StepName(Rc::new(named)), span)
            }
            _ => value.at(span),
        }
    }
}
