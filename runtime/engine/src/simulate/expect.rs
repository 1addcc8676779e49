//! Whether what a test expects holds, and the value of each part when it does not.

use std::cmp::Ordering;

use mainstay_ir::test::{Arithmetic, Site, Term, TermKind, Unit};
use mainstay_ir::{DurationMs, Value};

use super::Simulated;
use super::facts::Known;

/// What came of an `expect`.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It holds.
    Holds,
    /// It does not; these are the values of its parts.
    Fails(Vec<Shown>),
    /// It depends on how long steps take, and nothing says it: `workflow.step`.
    Unknown {
        /// The part that does.
        part: Shown,
        /// Which steps.
        steps: Vec<String>,
    },
    /// A part of it has no value.
    NoValue(Shown),
}

/// A part of an expression with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Where it stands.
    pub site: Site,
    /// As it is written.
    pub text: String,
    /// Its value for people, or why it has none.
    pub value: String,
}

/// What is known of a part.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    /// Its value.
    Value(Value),
    /// Nothing: this says why.
    Not(Box<Verdict>),
}

/// Whether a term holds for the simulations of its test.
pub fn judge(term: &Term, runs: &[Simulated]) -> Verdict {
    let mut parts = Vec::new();
    match seen(term, runs, &mut parts) {
        Seen::Value(Value::Bool(true)) => Verdict::Holds,
        Seen::Value(_) => {
            // The whole is false: that is why the parts are shown.
            parts.retain(|part| part.site != term.site);
            parts.dedup();
            Verdict::Fails(parts)
        }
        Seen::Not(verdict) => *verdict,
    }
}

/// The value of a term; the parts that say more than they are written as are noted.
fn seen(term: &Term, runs: &[Simulated], parts: &mut Vec<Shown>) -> Seen {
    let mut more = String::new();
    let seen = match &term.kind {
        TermKind::Value(value) => Seen::Value(value.clone()),
        TermKind::Fact { run, fact } => {
            let Some(run) = runs.get(*run) else { return no_value(term, "was not simulated") };
            match run.fact(fact) {
                Known::Value(value, details) => {
                    more = details;
                    Seen::Value(value)
                }
                Known::Unknown(steps) => {
                    let part = shown(term, "unknown".to_owned());
                    Seen::Not(Box::new(Verdict::Unknown { part, steps }))
                }
                Known::Absent(reason) => no_value(term, &reason),
            }
        }
        TermKind::Not(inner) => match self::seen(inner, runs, parts) {
            Seen::Value(Value::Bool(truth)) => Seen::Value(Value::Bool(!truth)),
            other => other,
        },
        TermKind::Logic { all, sides } => logic(*all, sides, runs, parts),
        TermKind::Compare { how, sides } => both(sides, runs, parts, |left, right| {
            order(left, right).map(|order| Value::Bool(how.holds(order)))
        }),
        TermKind::Arithmetic { how, unit, scale, sides } => {
            both(sides, runs, parts, |left, right| computed(*how, (left, right), *scale, *unit))
        }
    };
    note(term, &seen, &more, parts);
    seen
}

fn note(term: &Term, seen: &Seen, more: &str, parts: &mut Vec<Shown>) {
    if let Seen::Value(value) = seen {
        let value = show(value);
        if !is_plain(term, &value) {
            parts.push(shown(term, format!("{value}{more}")));
        }
    }
}

/// A literal says nothing by being shown.
fn is_plain(term: &Term, shown: &str) -> bool {
    let starts_as_number = term.text.starts_with(|first: char| first.is_ascii_digit() || first == '"');
    shown == term.text
        || matches!(term.kind, TermKind::Value(_)) && starts_as_number && !term.text.contains(' ')
}

/// What decides is enough: the other side may have no value.
fn logic(all: bool, sides: &[Term; 2], runs: &[Simulated], parts: &mut Vec<Shown>) -> Seen {
    let [left, right] = sides;
    let (left, right) = (seen(left, runs, parts), seen(right, runs, parts));
    let decides = |seen: &Seen| matches!(seen, Seen::Value(Value::Bool(truth)) if *truth != all);
    match (left, right) {
        (left, right) if decides(&left) || decides(&right) => Seen::Value(Value::Bool(!all)),
        (Seen::Not(verdict), _) | (_, Seen::Not(verdict)) => Seen::Not(verdict),
        _ => Seen::Value(Value::Bool(all)),
    }
}

fn both(
    sides: &[Term; 2],
    runs: &[Simulated],
    parts: &mut Vec<Shown>,
    with: impl Fn(&Value, &Value) -> Option<Value>,
) -> Seen {
    let [left_term, right_term] = sides;
    match (seen(left_term, runs, parts), seen(right_term, runs, parts)) {
        (Seen::Value(left), Seen::Value(right)) => match with(&left, &right) {
            Some(value) => Seen::Value(value),
            None => no_value(right_term, &format!("{} does not go with {}", show(&right), show(&left))),
        },
        (Seen::Not(verdict), _) | (_, Seen::Not(verdict)) => Seen::Not(verdict),
    }
}

fn no_value(term: &Term, reason: &str) -> Seen {
    Seen::Not(Box::new(Verdict::NoValue(shown(term, reason.to_owned()))))
}

fn shown(term: &Term, value: String) -> Shown {
    Shown { site: term.site, text: term.text.clone(), value }
}

/// A quantity in its base unit.
fn number(value: &Value) -> Option<f64> {
    Some(match value {
        Value::Int(number) => *number as f64,
        Value::Decimal(digits) => digits.parse().ok()?,
        Value::Duration(span) => span.0 as f64,
        Value::Period(months) => f64::from(*months),
        Value::Bytes(units) | Value::Rate(units) | Value::Percent(units) => *units as f64,
        Value::Time(minutes) => f64::from(*minutes),
        _ => return None,
    })
}

fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Duration(left), Value::Duration(right)) => Some(left.cmp(right)),
        (Value::Int(left), Value::Int(right)) => Some(left.cmp(right)),
        (Value::Member(left), Value::Member(right))
        | (Value::Text(left), Value::Text(right))
        | (Value::Date(left), Value::Date(right)) => Some(left.cmp(right)),
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        _ => match (number(left), number(right)) {
            (Some(left), Some(right)) => left.partial_cmp(&right),
            _ => (left == right).then_some(Ordering::Equal).or(Some(Ordering::Less)),
        },
    }
}

fn computed(how: Arithmetic, (left, right): (&Value, &Value), scale: f64, unit: Unit) -> Option<Value> {
    let (left, right) = (number(left)?, number(right)?);
    let value = match how {
        Arithmetic::Add => left + right,
        Arithmetic::Subtract => left - right,
        Arithmetic::Multiply => left * right * scale,
        Arithmetic::Divide => left / right * scale,
    };
    in_unit(unit, value)
}

/// Nothing for what is too large, negative, or divided by nothing.
fn in_unit(unit: Unit, value: f64) -> Option<Value> {
    /// Whole numbers above this are not exact: 2^53.
    const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;
    if !value.is_finite() || value.abs() > LARGEST_EXACT {
        return None;
    }
    let whole = (value >= 0.0).then_some(value.floor() as u64);
    Some(match unit {
        Unit::Int => Value::Int(value.floor() as i64),
        Unit::Decimal => Value::Decimal(value.to_string()),
        Unit::Duration => Value::Duration(DurationMs(whole?)),
        Unit::Period => Value::Period(u32::try_from(whole?).ok()?),
        Unit::Bytes => Value::Bytes(whole?),
        Unit::Rate => Value::Rate(whole?),
        Unit::Percent => Value::Percent(whole?),
    })
}

/// For people.
fn show(value: &Value) -> String {
    match value {
        Value::Int(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Duration(span) => span.to_string(),
        Value::Period(months) => format!("{months}mo"),
        Value::Bytes(bytes) => format!("{bytes} bytes"),
        Value::Rate(bits) => format!("{bits} bit/s"),
        Value::Percent(millionths) => format!("{}%", *millionths as f64 / 10_000.0),
        Value::Decimal(text) | Value::Member(text) | Value::Date(text) => text.clone(),
        Value::Text(text) => format!("{text:?}"),
        Value::Thing(_, name) => name.clone(),
        other => format!("{other:?}"),
    }
}
