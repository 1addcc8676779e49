//! What holds until a day: silencers and exemptions. The compiler has no clock; whoever has one asks.

use mainstay_diagnostics::codes::{risk, style};
use mainstay_diagnostics::{Diagnostic, Span};
use mainstay_syntax::ast::{Allow, LiteralValue};

use super::silence;
use crate::check::Checked;
use crate::resolve::Program;
use crate::value::{Fields, Val};

/// A day of the calendar: year, month from 1, day from 1.
pub type Day = (i16, u8, u8);

/// Something that holds up to and including a day.
#[derive(Debug, Clone)]
pub struct Dated {
    /// The last day.
    pub until: Day,
    /// What to say when that day is over.
    pub ended: Diagnostic,
}

/// The silencers that are of use and have an end; `told` says which are of none.
pub(crate) fn silencers(program: &Program, told: &[Diagnostic]) -> Vec<Dated> {
    let needless = |allow: &Allow| {
        told.iter().any(|found| found.code == style::NEEDLESS_ALLOW && found.span() == allow.span)
    };
    let allows = silence::allows(program).into_iter().map(|(allow, _)| allow);
    allows.filter(|allow| !needless(allow)).filter_map(silencer).collect()
}

/// The exemptions of all estates.
pub(crate) fn exemptions(checked: &Checked) -> Vec<Dated> {
    checked.promises.iter().flat_map(|(_, fields)| of_estate(fields)).collect()
}

fn shown((year, month, day): Day) -> String {
    format!("{year:04}-{month:02}-{day:02}")
}

fn silencer(allow: &Allow) -> Option<Dated> {
    let (code, until) = (allow.code.as_ref()?, allow.until.as_ref()?);
    let LiteralValue::Date { year, month, day } = until.value else { return None };
    let last = (year, month, day);
    let message = format!("`{}` was to be silent until {}, and that day is over", code.text, shown(last));
    let ended = Diagnostic::warning(style::EXPIRED_ALLOW, message, until.span, "over")
        .help("take the `allow` out to see what it hides; mend that, or name a later day with a reason");
    Some(Dated { until: last, ended })
}

fn of_estate(fields: &Fields) -> Vec<Dated> {
    let Some(Val::List(items)) = fields.get("exempt").map(|exempt| &exempt.value) else { return Vec::new() };
    let one = |item: &crate::value::Typed| {
        let Val::Made(made) = &item.value else { return None };
        exemption(&made.fields, item.span)
    };
    items.iter().filter_map(one).collect()
}

fn exemption(fields: &Fields, whole: Span) -> Option<Dated> {
    let text = |name: &str| match fields.get(name).map(|field| &field.value) {
        Some(Val::Text(text)) => Some(&**text),
        _ => None,
    };
    let until = fields.get("until")?;
    let Val::Date(year, month, day) = until.value else { return None };
    let last = (year, month, day);
    let what = text("what").unwrap_or_default();
    let message = format!("`{what}` was left unprotected until {}, and that day is over", shown(last));
    let span = if until.span == Span::default() { whole } else { until.span };
    let mut ended = Diagnostic::warning(risk::EXPIRED_EXEMPTION, message, span, "over");
    if let Some(owner) = text("owner") {
        ended = ended.note(format!("`{owner}` answers for it"));
    }
    Some(Dated { until: last, ended: ended.help("protect it, or have its owner name a later day") })
}
