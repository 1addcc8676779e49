//! Literals, and what a bare number may have meant.

use mainstay_diagnostics::codes::types;
use mainstay_diagnostics::{Diagnostic, Span};
use mainstay_syntax::ast::{Literal, LiteralValue};

use super::{Checker, Want};
use crate::types::{Type, with_article};
use crate::value::{Typed, Val};

/// For each quantity, the units that a bare number of it may have been meant in.
const READINGS: &[(&str, &[&str])] = &[
    ("Duration", &["s", "min", "h", "d"]),
    ("Period", &["mo", "y"]),
    ("Bytes", &["MiB", "GiB", "MB", "GB"]),
    ("Rate", &["MiB/s", "Mbit/s"]),
    ("Percent", &["%"]),
];

impl Checker<'_> {
    pub(super) fn literal(&mut self, literal: &Literal, want: &Want) -> Typed {
        let (name, value) = literal_value(&literal.value);
        let Some(name) = name else { return Typed::poison(literal.span) };
        let ty = Type::Named(name);
        if let (true, Some(wanted)) = (matches!(name, "Int" | "Decimal"), &want.ty)
            && !ty.fits(wanted)
            && let Some(found) = self.bare_number(literal.span, wanted, want)
        {
            self.sink.push(found);
            return Typed::poison(literal.span);
        }
        Typed::new(ty, value, literal.span)
    }

    /// A number without a unit where a quantity is wanted: one way to mend it for each reading.
    fn bare_number(&self, span: Span, wanted: &Type, want: &Want) -> Option<Diagnostic> {
        let inner = wanted.alternatives().iter().map(|ty| match ty {
            Type::Range(item) | Type::List(item) => item,
            other => other,
        });
        let readings: Vec<_> =
            inner.filter_map(|ty| READINGS.iter().find(|(name, _)| ty.name() == Some(name))).collect();
        let (quantity, _) = readings.first()?;
        let digits = self.program.map.text(span).unwrap_or_default().to_owned();
        let message = format!("`{digits}` has no unit, and {} is wanted", with_article(quantity));
        let mut found = Diagnostic::error(types::NO_UNIT, message, span, "which unit?");
        if let Some((by, text)) = self.wanted_by(want) {
            found = found.label(by, text);
        }
        let written: Vec<String> = readings
            .iter()
            .flat_map(|(_, units)| units.iter().map(|unit| format!("{digits}{unit}")))
            .collect();
        let shown: Vec<_> = written.iter().map(|text| format!("`{text}`")).collect();
        found = found.help(match shown.as_slice() {
            [only] => format!("write {only}"),
            _ => format!("write one of {}", shown.join(", ")),
        });
        for text in written {
            found = found.fix(format!("write `{text}`"), span, text, false);
        }
        Some(found)
    }
}

/// The type and value of a literal; no type where the parser has reported it.
pub(super) fn literal_value(literal: &LiteralValue) -> (Option<&'static str>, Val) {
    let (name, value) = match literal {
        LiteralValue::Int(number) => ("Int", Val::Int(*number)),
        LiteralValue::Decimal(number, digits) => ("Decimal", Val::Decimal(*number, digits.as_str().into())),
        LiteralValue::Bool(truth) => ("Bool", Val::Bool(*truth)),
        LiteralValue::Duration(ms) => ("Duration", Val::DurationMs(*ms)),
        LiteralValue::Period(months) => ("Period", Val::PeriodMonths(*months)),
        LiteralValue::Bytes(bytes) => ("Bytes", Val::Bytes(*bytes)),
        LiteralValue::Rate(bits) => ("Rate", Val::RateBits(*bits)),
        LiteralValue::Percent(millionths) => ("Percent", Val::PercentMillionths(*millionths)),
        LiteralValue::Time(minutes) => ("Time", Val::TimeMinutes(*minutes)),
        LiteralValue::Window(start, end) => ("Window", Val::Window(*start, *end)),
        LiteralValue::Date { year, month, day } => ("Date", Val::Date(*year, *month, *day)),
        LiteralValue::Code(_) | LiteralValue::Bad => return (None, Val::Unknown),
    };
    (Some(name), value)
}
