//! Literals that begin with a digit: their units, and what people write instead of them.

use mainstay_diagnostics::{Diagnostic, Span, codes::syntax};

use super::Lower;
use crate::ast::{Literal, LiteralValue};
use crate::tree::Node;

mod units;
mod wrong;

pub(crate) use wrong::one_unit;

impl Lower<'_> {
    /// A literal, read; one that cannot be read is reported here.
    pub(super) fn number(&mut self, node: Node<'_>) -> Literal {
        let (text, span) = (self.node_text(node), self.span(node));
        let value = match read(text) {
            Ok(value) => value,
            Err(wrong) => {
                self.report(wrong.diagnostic(text, span));
                LiteralValue::Bad
            }
        };
        Literal { value, span }
    }
}

/// What is wrong with a literal, and each way to read it.
struct Wrong {
    message: String,
    label: String,
    help: String,
    /// As it could have been meant: text, and the words that tell it from the others.
    readings: Vec<(String, String)>,
}

impl Wrong {
    fn new(message: impl Into<String>, label: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), label: label.into(), help: help.into(), readings: Vec::new() }
    }

    fn reading(mut self, text: impl Into<String>, words: impl Into<String>) -> Self {
        self.readings.push((text.into(), words.into()));
        self
    }

    /// One fix for each reading; it is safe to take when it is the only one.
    fn diagnostic(self, text: &str, span: Span) -> Diagnostic {
        let safe = self.readings.len() == 1;
        let message = self.message.replace("{}", &format!("`{text}`"));
        let mut diagnostic = Diagnostic::error(syntax::BAD_LITERAL, message, span, self.label);
        if !self.help.is_empty() {
            diagnostic = diagnostic.help(self.help);
        }
        for (reading, words) in self.readings {
            diagnostic = diagnostic.fix(format!("write `{reading}`: {words}"), span, reading, safe);
        }
        diagnostic
    }
}

/// The unit that a word is, or that it means and nothing else: `h` of `hours`.
pub(crate) fn unit_of(word: &str) -> Option<&'static str> {
    units::spellings().find(|unit| *unit == word).or_else(|| wrong::only_reading(word))
}

fn read(text: &str) -> Result<LiteralValue, Wrong> {
    if text.contains(':') {
        return time(text);
    }
    if let Some((first, rest)) = text.split_once('-') {
        return date(text, first, rest);
    }
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '_' || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    if number.ends_with('_') || number.contains("__") || number.contains("_.") || number.contains("._") {
        let tidy = format!("{}{unit}", number.replace('_', ""));
        let help = "an underscore stands between two digits: `1_000`";
        return Err(Wrong::new("the underscores of {} stand wrongly", "", help).reading(tidy, "without them"));
    }
    let number = number.replace('_', "");
    if unit.is_empty() { plain(&number) } else { units::read(&number, unit) }
}

fn plain(number: &str) -> Result<LiteralValue, Wrong> {
    if !number.contains('.') {
        let too_large =
            |_| Wrong::new("{} is too large", "", format!("the largest whole number is {}", i64::MAX));
        return number.parse().map(LiteralValue::Int).map_err(too_large);
    }
    match number.parse() {
        Ok(value) => Ok(LiteralValue::Decimal(value, number.to_owned())),
        Err(_) => Err(Wrong::new("{} is no number", "", "write it as `0.5`")),
    }
}

/// `02:30`. The lexer hands over all digits with colons between, and letters right behind.
fn time(text: &str) -> Result<LiteralValue, Wrong> {
    let digits_end = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (clock, half) = text.split_at(digits_end);
    let mut parts = clock.split(':').map(|part| part.parse::<u16>().unwrap_or(u16::MAX));
    let (hour, minute, more) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0), parts.next());
    if hour > 24 || minute > 59 || (hour == 24 && minute > 0) {
        return Err(Wrong::new("there is no time {}", "", "times go from `00:00` to `23:59`"));
    }
    if !half.is_empty() {
        return Err(wrong::half_day(hour, minute, half));
    }
    if hour == 24 {
        return Err(Wrong::new("a day ends at `00:00` of the next", "", "").reading("00:00", "midnight"));
    }
    let tidy = format!("{hour:02}:{minute:02}");
    if more.is_some() {
        return Err(
            Wrong::new("{} has seconds", "", "a time is hours and minutes").reading(tidy, "without seconds")
        );
    }
    if clock != tidy {
        let help = "a time has two digits for the hour and two for the minute";
        return Err(Wrong::new("{} is not written as a time", "", help).reading(tidy, "with both digits"));
    }
    Ok(LiteralValue::Time(hour * 60 + minute))
}

fn date(text: &str, first: &str, rest: &str) -> Result<LiteralValue, Wrong> {
    let (second, third) = rest.split_once('-').unwrap_or((rest, "0"));
    let number = |part: &str| part.parse::<i16>().unwrap_or(-1);
    let (year, month, day) = match first.len() {
        4 => (number(first), number(second), number(third)),
        _ => (number(third), number(second), number(first)),
    };
    let exists = (1..=12).contains(&month) && day >= 1 && day <= days_in(year, month);
    if !exists {
        return Err(Wrong::new("there is no date {}", "", "a date is year, month, day: `2027-01-31`"));
    }
    let tidy = format!("{year:04}-{month:02}-{day:02}");
    if tidy != text {
        let help = "a date is year, month, day: `2027-01-31`";
        return Err(
            Wrong::new("{} is not written as a date", "", help).reading(tidy, "year first, all digits")
        );
    }
    Ok(LiteralValue::Date { year, month: month as u8, day: day as u8 })
}

fn days_in(year: i16, month: i16) -> i16 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests;
