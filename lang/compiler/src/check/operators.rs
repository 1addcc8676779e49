//! Arithmetic and comparison, dimensions checked.

use std::cmp::Ordering;

use mainstay_diagnostics::codes::{secrets, types};
use mainstay_diagnostics::{Diagnostic, Span};
use mainstay_syntax::ast::{BinaryOp, Expr, UnaryOp};

use super::{Checker, Env, Want};
use crate::types::{BOOL, Type};
use crate::value::{Typed, Val};

impl Checker<'_> {
    pub(super) fn binary(&mut self, env: &Env, op: BinaryOp, left: &Expr, right: &Expr, span: Span) -> Typed {
        if matches!(op, BinaryOp::And | BinaryOp::Or) {
            let truths = [left, right].map(|side| self.expr(env, side, &Want::of(&BOOL)));
            return logic(op, &truths, span);
        }
        let left_value = self.expr(env, left, &Want::nothing());
        // A bare member of an enumeration gets its meaning from the other side.
        // So does a text that is to be one of a few.
        let is_text = matches!(right, Expr::Text(_));
        let speaks = |ty: &Type| {
            self.is_enum(ty) || ty.name() == Some("Run") || (is_text && matches!(ty, Type::Literals(_)))
        };
        let wanted = compares(op).then(|| left_value.ty.clone()).filter(speaks);
        if compares(op) && left_value.ty.name() == Some("StepName") {
            let text = self.program.map.text(left.span()).unwrap_or_default();
            self.sink.push(step_of_no_run(left.span(), text));
            return Typed::poison(span);
        }
        if left_value.ty.is_poison() && matches!(right, Expr::Path(_)) {
            return Typed::poison(span);
        }
        let right_value = self.expr(env, right, &Want { ty: wanted, by: None });
        if left_value.ty.is_poison() || right_value.ty.is_poison() {
            return Typed::poison(span);
        }
        for (side, value) in [(left, &left_value), (right, &right_value)] {
            if value.ty.name() == Some("Secret") {
                self.sink.push(secret_operand(side.span()));
                return Typed::poison(span);
            }
        }
        let result = if compares(op) {
            compare(op, &left_value, &right_value)
        } else {
            arithmetic(op, &left_value, &right_value)
        };
        match result {
            Outcome::Gives(ty, value) => Typed::new(ty, value, span),
            Outcome::Never => {
                self.sink.push(no_such_operation(op, &left_value, &right_value, [left.span(), right.span()]));
                Typed::poison(span)
            }
            Outcome::TooLarge => {
                let message = "this has no value: it is too large, negative, or divided by nothing";
                self.sink.push(Diagnostic::error(types::OUT_OF_RANGE, message, span, "no value"));
                Typed::poison(span)
            }
        }
    }

    fn is_enum(&self, ty: &Type) -> bool {
        self.library.enums(ty).next().is_some()
    }

    pub(super) fn unary(&mut self, env: &Env, op: UnaryOp, operand: &Expr, span: Span) -> Typed {
        match op {
            UnaryOp::Not => {
                let typed = self.expr(env, operand, &Want::of(&BOOL));
                let value = if let Val::Bool(truth) = typed.value { Val::Bool(!truth) } else { Val::Unknown };
                Typed::new(typed.ty, value, span)
            }
            UnaryOp::Minus => {
                let typed = self.expr(env, operand, &Want::nothing());
                match (&typed.ty, &typed.value) {
                    (Type::Poison, _) => typed,
                    (Type::Named("Int"), Val::Int(number)) => {
                        Typed::new(typed.ty.clone(), Val::Int(-number), span)
                    }
                    (Type::Named("Decimal"), Val::Decimal(number, digits)) => {
                        Typed::new(typed.ty.clone(), Val::Decimal(-number, format!("-{digits}").into()), span)
                    }
                    (Type::Named("Int" | "Decimal"), _) => typed.at(span),
                    (ty, _) => {
                        let message = format!("{} is never negative", ty.with_article());
                        self.sink.push(Diagnostic::error(types::OPERATION, message, span, "negative"));
                        Typed::poison(span)
                    }
                }
            }
        }
    }
}

enum Outcome {
    Gives(Type, Val),
    Never,
    TooLarge,
}

fn compares(op: BinaryOp) -> bool {
    use BinaryOp::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};
    matches!(op, Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual)
}

fn logic(op: BinaryOp, sides: &[Typed; 2], span: Span) -> Typed {
    let [left, right] = sides;
    let value = match (&left.value, &right.value) {
        (Val::Bool(left), Val::Bool(right)) if op == BinaryOp::And => Val::Bool(*left && *right),
        (Val::Bool(left), Val::Bool(right)) => Val::Bool(*left || *right),
        _ => Val::Unknown,
    };
    Typed::new(BOOL, value, span)
}

fn compare(op: BinaryOp, left: &Typed, right: &Typed) -> Outcome {
    let same = left.ty.fits(&right.ty) || right.ty.fits(&left.ty) || both_texts(&left.ty, &right.ty);
    let ordered = left.ty.name().is_some_and(|name| ORDERED.contains(&name));
    if !same || !(ordered || matches!(op, BinaryOp::Equal | BinaryOp::NotEqual)) {
        return Outcome::Never;
    }
    let truth = order(&left.value, &right.value).map(|found| match op {
        BinaryOp::Equal => found == Ordering::Equal,
        BinaryOp::NotEqual => found != Ordering::Equal,
        BinaryOp::Less => found == Ordering::Less,
        BinaryOp::LessEqual => found != Ordering::Greater,
        BinaryOp::Greater => found == Ordering::Greater,
        _ => found != Ordering::Less,
    });
    Outcome::Gives(BOOL, truth.map_or(Val::Unknown, Val::Bool))
}

const ORDERED: &[&str] =
    &["Int", "Decimal", "Duration", "Period", "Bytes", "Rate", "Percent", "Time", "Date"];

fn both_texts(left: &Type, right: &Type) -> bool {
    let text = |ty: &Type| matches!(ty, Type::Literals(_)) || ty.name() == Some("Text");
    text(left) && text(right)
}

/// How two values of one type compare.
pub(super) fn order(left: &Val, right: &Val) -> Option<Ordering> {
    Some(match (left, right) {
        (Val::Int(left), Val::Int(right)) => left.cmp(right),
        (Val::Decimal(left, _), Val::Decimal(right, _)) => left.total_cmp(right),
        (Val::Int(left), Val::Decimal(right, _)) => (*left as f64).total_cmp(right),
        (Val::Decimal(left, _), Val::Int(right)) => left.total_cmp(&(*right as f64)),
        (Val::PeriodMonths(left), Val::PeriodMonths(right)) => left.cmp(right),
        (Val::DurationMs(left), Val::DurationMs(right))
        | (Val::Bytes(left), Val::Bytes(right))
        | (Val::RateBits(left), Val::RateBits(right))
        | (Val::PercentMillionths(left), Val::PercentMillionths(right)) => left.cmp(right),
        (Val::TimeMinutes(left), Val::TimeMinutes(right)) => left.cmp(right),
        (Val::Date(..), Val::Date(..)) => left.in_text().cmp(&right.in_text()),
        (Val::Text(left), Val::Text(right)) | (Val::Member(left), Val::Member(right)) => left.cmp(right),
        (Val::Bool(left), Val::Bool(right)) => left.cmp(right),
        (Val::Decl(left), Val::Decl(right)) => left.cmp(right),
        _ => return None,
    })
}

/// Quantities that add up and can be taken several times.
const QUANTITIES: &[&str] = &["Duration", "Bytes", "Rate", "Percent", "Period"];

fn arithmetic(op: BinaryOp, left: &Typed, right: &Typed) -> Outcome {
    let (Some(a), Some(b)) = (left.ty.name(), right.ty.name()) else { return Outcome::Never };
    let Some(result) = dimension(op, a, b) else { return Outcome::Never };
    let (Some(x), Some(y)) = (in_base(&left.value), in_base(&right.value)) else {
        return Outcome::Gives(Type::Named(result), Val::Unknown);
    };
    let value = match op {
        BinaryOp::Add => x + y,
        BinaryOp::Subtract => x - y,
        BinaryOp::Multiply => x * y * between_units(a, b).recip(),
        _ => x / y * between_units(a, b),
    };
    from_base(result, value).map_or(Outcome::TooLarge, |value| Outcome::Gives(Type::Named(result), value))
}

/// What an operation on two dimensions gives; none where it has no meaning.
fn dimension(op: BinaryOp, a: &'static str, b: &'static str) -> Option<&'static str> {
    use BinaryOp::{Add, Divide, Multiply, Subtract};
    let number = |name| matches!(name, "Int" | "Decimal");
    Some(match (op, a, b) {
        _ if number(a) && number(b) => {
            if (a, b) == ("Int", "Int") {
                "Int"
            } else {
                "Decimal"
            }
        }
        (Add | Subtract, ..) if a == b && QUANTITIES.contains(&a) => a,
        (Multiply | Divide, ..) if QUANTITIES.contains(&a) && number(b) => a,
        (Multiply, ..) if number(a) && QUANTITIES.contains(&b) => b,
        (Multiply, "Rate", "Duration") | (Multiply, "Duration", "Rate") => "Bytes",
        (Divide, "Bytes", "Duration") => "Rate",
        (Divide, "Bytes", "Rate") => "Duration",
        (Divide, ..) if a == b && QUANTITIES.contains(&a) => "Decimal",
        _ => return None,
    })
}

/// Rates are bits a second, sizes are bytes, times are milliseconds: 8 bits a byte, 1000 ms a second.
pub(crate) fn between_units(a: &str, b: &str) -> f64 {
    match (a, b) {
        ("Rate", "Duration") | ("Duration", "Rate") | ("Bytes", "Duration" | "Rate") => 8_000.0,
        _ => 1.0,
    }
}

fn in_base(value: &Val) -> Option<f64> {
    Some(match value {
        Val::Int(number) => *number as f64,
        Val::Decimal(number, _) => *number,
        Val::PeriodMonths(months) => f64::from(*months),
        Val::DurationMs(units) | Val::Bytes(units) | Val::RateBits(units) | Val::PercentMillionths(units) => {
            *units as f64
        }
        _ => return None,
    })
}

/// Whole numbers above this are not exact in the arithmetic used here: 2^53.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

fn from_base(name: &str, value: f64) -> Option<Val> {
    if !value.is_finite() || value.abs() > LARGEST_EXACT {
        return None;
    }
    let whole = value.floor();
    let unsigned = (value >= 0.0).then_some(whole as u64);
    Some(match name {
        "Int" => Val::Int(whole as i64),
        "Decimal" => Val::Decimal(value, value.to_string().into()),
        "Period" => Val::PeriodMonths(u32::try_from(unsigned?).ok()?),
        "Duration" => Val::DurationMs(unsigned?),
        "Bytes" => Val::Bytes(unsigned?),
        "Rate" => Val::RateBits(unsigned?),
        _ => Val::PercentMillionths(unsigned?),
    })
}

fn sign(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Or => "or",
        BinaryOp::And => "and",
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
        BinaryOp::Less => "<",
        BinaryOp::LessEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterEqual => ">=",
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
    }
}

/// What may be meant: `1 <= n <= 6` are two comparisons.
fn meant(op: BinaryOp, left: &Typed, right: &Typed) -> Option<&'static str> {
    let is = |typed: &Typed, name: &str| typed.ty.name() == Some(name);
    let chained = compares(op) && is(left, "Bool") && !is(right, "Bool");
    chained.then_some("write two comparisons: `1 <= n and n <= 6`")
}

fn no_such_operation(op: BinaryOp, left: &Typed, right: &Typed, spans: [Span; 2]) -> Diagnostic {
    let [left_span, right_span] = spans;
    let message = format!("`{}` does not work on `{}` and `{}`", sign(op), left.ty, right.ty);
    let found = Diagnostic::error(
        types::OPERATION,
        message,
        right_span,
        format!("this is {}", right.ty.with_article()),
    )
    .label(left_span, format!("this is {}", left.ty.with_article()));
    let names = (left.ty.name(), right.ty.name());
    match names {
        (Some("Text"), _) | (_, Some("Text")) if op == BinaryOp::Add => {
            found.help("texts are put together inside quotes: `\"${a}${b}\"`")
        }
        (Some("Duration"), Some("Period")) | (Some("Period"), Some("Duration")) => {
            found.help("a month has no fixed length: write both in days, or both in months")
        }
        (Some("Time"), Some("Time")) if op == BinaryOp::Subtract => {
            let between = Span::new(left_span.end, right_span.start);
            found.help("a window is written with two dots: `22:00..06:00`").fix(
                "write `..`",
                between,
                "..",
                true,
            )
        }
        _ => match meant(op, left, right) {
            Some(help) => found.help(help),
            None => found,
        },
    }
}

/// `expect nightly.kept == ok`.
fn step_of_no_run(span: Span, text: &str) -> Diagnostic {
    let step = text.rsplit('.').next().unwrap_or(text);
    let message = format!("`{text}` is a step, and has an outcome only in a run");
    Diagnostic::error(types::OPERATION, message, span, "of which run?")
        .help(format!("write `RUN.{step}`, of a `let RUN = simulate(..)`"))
}

fn secret_operand(span: Span) -> Diagnostic {
    let message = "a secret has no operators";
    Diagnostic::error(secrets::NO_VALUE, message, span, "this is a secret")
        .help("compare what is no secret: only the runtime learns what a secret is")
}

#[cfg(test)]
mod tests {
    use mainstay_diagnostics::Span;

    use super::*;

    fn gives(op: BinaryOp, left: (&'static str, Val), right: (&'static str, Val)) -> Option<(Type, Val)> {
        let typed = |(name, value)| Typed::new(Type::Named(name), value, Span::default());
        match arithmetic(op, &typed(left), &typed(right)) {
            Outcome::Gives(ty, value) => Some((ty, value)),
            _ => None,
        }
    }

    #[test]
    fn a_rate_is_a_size_in_a_time_and_back() {
        let size = ("Bytes", Val::Bytes(1 << 30));
        let time = ("Duration", Val::DurationMs(600_000));
        let (ty, rate) = gives(BinaryOp::Divide, size.clone(), time.clone()).unwrap();
        assert_eq!(ty, Type::Named("Rate"));
        // 2^30 bytes of 8 bits in 600 s.
        assert!(matches!(rate, Val::RateBits(14_316_557)), "{rate:?}");
        let bytes = gives(BinaryOp::Multiply, ("Rate", Val::RateBits(8_000_000)), time);
        assert!(matches!(bytes, Some((_, Val::Bytes(600_000_000)))), "{bytes:?}");
        let needed =
            gives(BinaryOp::Divide, ("Bytes", Val::Bytes(1_000_000)), ("Rate", Val::RateBits(8_000_000)));
        assert!(matches!(needed, Some((Type::Named("Duration"), Val::DurationMs(1_000)))), "{needed:?}");
    }

    #[test]
    fn what_has_no_value_is_told() {
        let hour = || ("Duration", Val::DurationMs(3_600_000));
        assert!(gives(BinaryOp::Subtract, ("Duration", Val::DurationMs(1)), hour()).is_none());
        assert!(gives(BinaryOp::Divide, hour(), ("Int", Val::Int(0))).is_none());
        assert!(gives(BinaryOp::Add, hour(), ("Period", Val::PeriodMonths(1))).is_none());
        assert!(matches!(
            gives(BinaryOp::Multiply, hour(), ("Int", Val::Int(3))),
            Some((_, Val::DurationMs(10_800_000)))
        ));
    }
}
