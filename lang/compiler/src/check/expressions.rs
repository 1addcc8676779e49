//! The one entry: an expression and what is wanted of it give a value.

use mainstay_diagnostics::codes::{names, types};
use mainstay_diagnostics::{Diagnostic, Span};
use mainstay_syntax::ast::{BinaryOp, Expr};

use super::{Checker, Env, Want};
use crate::types::Type;
use crate::value::{Typed, Val};

impl Checker<'_> {
    /// The value of an expression; poison when it is wrong, or is not what is wanted.
    pub(super) fn expr(&mut self, env: &Env, expr: &Expr, want: &Want) -> Typed {
        if self.budget == 0 || self.sink.is_full() {
            return Typed::poison(expr.span());
        }
        self.budget -= 1;
        if self.budget == 0 {
            self.too_large(expr.span());
        }
        if !self.inward(expr.span()) {
            return Typed::poison(expr.span());
        }
        let typed = self.bare(env, expr, want);
        self.outward();
        let typed = self.not_too_deep(typed, expr.span());
        self.charge(&typed.value, expr.span());
        self.record_expr(env, expr, want, &typed);
        self.expect(expr, typed, want)
    }

    /// `a and b` in place of a list. With an `or` in it the list may not be what is meant: of needs it wants all.
    fn not_in_brackets(&self, expr: &Expr) -> Diagnostic {
        let (mut items, mut is_evident) = (Vec::new(), true);
        self.side_by_side(expr, &mut items, &mut is_evident);
        let list = format!("[{}]", items.join(", "));
        let title = format!("write `{list}`");
        let message = "a list stands in brackets, with commas";
        Diagnostic::error(types::MISMATCH, message, expr.span(), "a list is wanted here")
            .help(title.clone())
            .fix(title, expr.span(), list, is_evident)
    }

    /// What stands between `and` and `or`, as it is written, and whether there is no `or`.
    fn side_by_side(&self, expr: &Expr, items: &mut Vec<String>, is_evident: &mut bool) {
        match expr {
            Expr::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), left, right, .. } => {
                *is_evident &= *op == BinaryOp::And;
                self.side_by_side(left, items, is_evident);
                self.side_by_side(right, items, is_evident);
            }
            other => items.push(self.program.map.text(other.span()).unwrap_or_default().to_owned()),
        }
    }

    /// Values that are copied whole count by their size: lists of lists and texts of texts double in each line.
    fn charge(&mut self, value: &Val, span: Span) {
        let left = self.budget.saturating_sub(weight(value));
        if left == 0 && self.budget > 0 {
            self.too_large(span);
        }
        self.budget = left;
    }

    pub(super) fn too_large(&mut self, span: Span) {
        self.give_up(too_large(span));
    }

    /// Ends the expansion. That is told once, also from inside a pipeline: nothing behind it is looked at any more.
    pub(super) fn give_up(&mut self, found: Diagnostic) {
        self.budget = 0;
        if !std::mem::replace(&mut self.is_ended, true) {
            let muted = self.sink.unmute();
            self.sink.push(found);
            self.sink.restore(muted);
        }
    }

    fn bare(&mut self, env: &Env, expr: &Expr, want: &Want) -> Typed {
        match expr {
            Expr::Missing(span) => Typed::poison(*span),
            Expr::Literal(literal) => self.literal(literal, want),
            Expr::Text(text) => self.text(env, text, want),
            Expr::Path(path) => self.path(env, path, want),
            Expr::Call { callee, args, span } => self.call(env, callee, args, None, *span, want),
            Expr::Construct { constructor, record, span } => {
                self.construct(env, constructor, record, *span, want)
            }
            Expr::Record(record) => self.record_value(env, record, want),
            Expr::List { items, span } => self.list(env, items, *span, want),
            Expr::Chain { parts, span } => self.chain(env, parts, *span),
            Expr::Binary { op: BinaryOp::And | BinaryOp::Or, span, .. } if wants_list(want) => {
                let found = self.not_in_brackets(expr);
                self.sink.push(found);
                Typed::poison(*span)
            }
            Expr::Binary { op, left, right, span } => self.binary(env, *op, left, right, *span),
            Expr::Unary { op, operand, span } => self.unary(env, *op, operand, *span),
            Expr::Range { from, to, span } => self.range(env, from.as_deref(), to.as_deref(), *span, want),
            Expr::Index { of, index, span } => self.index(env, of, index, *span),
        }
    }

    fn list(&mut self, env: &Env, items: &[Expr], span: Span, want: &Want) -> Typed {
        let wanted = want.ty.as_ref().and_then(item_of_list);
        let inner = Want { ty: wanted.clone(), by: want.by.clone() };
        let mut values: Vec<Typed> = items.iter().map(|item| self.expr(env, item, &inner)).collect();
        let first = values.iter().zip(items).find(|(value, _)| !value.ty.is_poison());
        // Where nothing else is wanted, the first says it, and which of them is the wrong one is not known.
        let first = first.filter(|_| wanted.is_none()).map(|(first, expr)| (first.ty.clone(), expr.span()));
        let item = wanted.or(first.clone().map(|(ty, _)| ty)).unwrap_or(Type::Poison);
        let mut mixed = false;
        for (value, expr) in values.iter_mut().zip(items).filter(|(value, _)| !value.ty.fits(&item)) {
            let found = mixed_list(expr.span(), &value.ty, &item);
            let label =
                |found: Diagnostic, (ty, span): &(Type, Span)| found.label(*span, format!("this is `{ty}`"));
            self.sink.push(first.iter().fold(found, label));
            *value = Typed::poison(expr.span());
            mixed = true;
        }
        if mixed && first.is_some() {
            return Typed::poison(span);
        }
        Typed::new(Type::List(Box::new(item)), Val::List(values), span)
    }

    fn range(&mut self, env: &Env, from: Option<&Expr>, to: Option<&Expr>, span: Span, want: &Want) -> Typed {
        let wanted = want.ty.as_ref().and_then(item_of_range);
        let inner = Want { ty: wanted.clone(), by: want.by.clone() };
        let mut end = |expr: Option<&Expr>| expr.map(|expr| self.expr(env, expr, &inner));
        let (from, to) = (end(from), end(to));
        if let (Some(Val::TimeMinutes(start)), Some(Val::TimeMinutes(end))) = (value(&from), value(&to)) {
            return Typed::new(Type::Named("Window"), Val::Window(*start, *end), span);
        }
        let ends: Vec<Type> = [&from, &to].into_iter().flatten().map(|end| end.ty.clone()).collect();
        let item = wanted.or_else(|| ends.iter().find(|ty| !ty.is_poison()).cloned());
        let item = item.unwrap_or(Type::Poison);
        if let Some(other) = ends.iter().find(|ty| !ty.fits(&item)) {
            self.sink.push(mixed_range(span, other, &item));
            return Typed::poison(span);
        }
        if let (Some(low), Some(high)) = (value(&from), value(&to))
            && super::operators::order(low, high) == Some(std::cmp::Ordering::Greater)
        {
            self.sink.push(upside_down(span));
        }
        let boxed = |end: Option<Typed>| end.map(|end| Box::new(end.value));
        Typed::new(Type::Range(Box::new(item)), Val::Range(boxed(from), boxed(to)), span)
    }
}

fn value(end: &Option<Typed>) -> Option<&Val> {
    end.as_ref().map(|end| &end.value)
}

fn item_of_list(ty: &Type) -> Option<Type> {
    ty.alternatives()
        .iter()
        .find_map(|ty| if let Type::List(item) = ty { Some((**item).clone()) } else { None })
}

fn item_of_range(ty: &Type) -> Option<Type> {
    ty.alternatives()
        .iter()
        .find_map(|ty| if let Type::Range(item) = ty { Some((**item).clone()) } else { None })
}

fn mixed_list(span: Span, found: &Type, item: &Type) -> Diagnostic {
    let message = format!("a list holds values of one type: `{item}` and `{found}` do not mix");
    Diagnostic::error(types::MISMATCH, message, span, format!("this is `{found}`"))
}

fn mixed_range(span: Span, found: &Type, item: &Type) -> Diagnostic {
    let message = format!("both ends of a range are of one type: `{item}` and `{found}` do not mix");
    Diagnostic::error(types::MISMATCH, message, span, "two types")
}

fn upside_down(span: Span) -> Diagnostic {
    let message = "the lower end of this range is above its upper end";
    Diagnostic::error(types::OUT_OF_RANGE, message, span, "nothing lies between").help("swap the ends")
}

fn wants_list(want: &Want) -> bool {
    let is_list = |ty: &Type| matches!(ty, Type::List(_));
    want.ty.as_ref().is_some_and(|wanted| wanted.alternatives().iter().any(is_list) && !wanted.allows("Bool"))
}

fn too_large(span: Span) -> Diagnostic {
    let message = "this policy is too large when its loops are unrolled and its pipelines expanded";
    Diagnostic::error(names::TOO_LARGE, message, span, "the budget ends here")
        .help("loop over fewer things, or split the policy")
}

/// What an item of a list costs beside its own value: it takes about a kilobyte, sixteen times what looking at it costs.
const ITEM_WEIGHT: u64 = 16;

/// Bytes of a text that cost as much as an expression.
const TEXT_BYTES_A_WEIGHT: u64 = 64;

/// What a copy of a value costs, in expressions.
fn weight(value: &Val) -> u64 {
    match value {
        Val::Text(text) => text.len() as u64 / TEXT_BYTES_A_WEIGHT,
        Val::List(items) => items.iter().map(|item| ITEM_WEIGHT + weight(&item.value)).sum(),
        Val::Range(from, to) => 1 + [from, to].into_iter().flatten().map(|end| weight(end)).sum::<u64>(),
        _ => 0,
    }
}
