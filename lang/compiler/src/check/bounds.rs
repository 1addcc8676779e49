//! Numbers within their bounds, by the names of the library's fields: a port is a port wherever it stands.

use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::types;

use super::Checker;
use crate::library::Parameter;
use crate::resolve::PRELUDE;
use crate::value::{Typed, Val};

/// Fields of the library with less room than their type: name, lowest, highest, and what is said of it. Whole numbers
/// that do not stand here are 0 or more.
const WHOLE: &[(&str, i64, i64, &str)] = &[
    ("priority", 0, 9, "a priority lies between 0 and 9"),
    ("port", 1, 65_535, "a port lies between 1 and 65535"),
    ("level", 1, 22, "zstd has the levels 1 to 22"),
    ("day", 1, 31, "a month has the days 1 to 31"),
    ("slots", 1, i64::MAX, "a claim takes one slot or more"),
    ("tries", 1, 1_000, "between 1 and 1000 attempts, the first included"),
    ("count", 1, 1_000, "at least one copy"),
    ("visits", 1, 1_000_000, "a state that nothing can enter"),
    ("factor", 1, 1_000_000, "slower by a factor of one or more"),
    ("times", 1, 1_000_000, "at least once"),
    ("skip_on", 1, 255, "an exit code other than 0, up to 255"),
];

/// Shares that are shares of a whole, in millionths.
const SHARES: &[(&str, u64, &str)] = &[
    ("sample", 1, "a sample lies above 0% and is 100% at most"),
    ("each", 1, "a holder's share lies above 0% and is 100% at most"),
    ("tolerate", 0, "100% at most"),
    ("drop", 0, "nothing drops by more than 100%"),
    ("limit", 0, "no link is busier than 100%"),
];

const WHOLE_SHARE: u64 = 1_000_000;

/// Spans in which something is done: in none of them, nothing is.
const SPANS: &[&str] =
    &["within", "rpo", "rto", "lock", "erase", "drill", "apart", "at_most", "among", "all_within", "every"];

/// Texts that name something elsewhere: nothing is named by no letters.
const NAMES: &[&str] = &[
    "host",
    "bucket",
    "region",
    "endpoint",
    "user",
    "name",
    "label",
    "topic",
    "url",
    "subject",
    "interface",
];

/// The field with the words of a command.
const ARGV: &str = "argv";

impl Checker<'_> {
    /// A value of a field of the library against its bounds.
    pub(super) fn within_bounds(&mut self, param: &Parameter<'_>, value: &Typed) {
        if !self.is_of_library(param) {
            return;
        }
        match &value.value {
            Val::Int(number) => self.whole(param.name, *number, value),
            Val::List(items) => {
                for item in items.iter() {
                    if let Val::Int(number) = item.value {
                        self.whole(param.name, number, item);
                    }
                }
                let first = items.first().filter(|_| param.name == ARGV);
                first.and_then(no_program).into_iter().for_each(|found| self.sink.push(found));
            }
            _ => out_of_range(param.name, value).into_iter().for_each(|found| self.sink.push(found)),
        }
    }

    fn whole(&mut self, name: &str, number: i64, value: &Typed) {
        let bound = WHOLE.iter().find(|(known, ..)| *known == name);
        let (low, high, said) =
            bound.map_or((0, i64::MAX, "0 or more"), |(_, low, high, said)| (*low, *high, *said));
        if (low..=high).contains(&number) {
            return;
        }
        let message = format!("`{name}` cannot be `{number}`: {said}");
        let side = if number < low { "too small" } else { "too large" };
        self.sink.push(Diagnostic::error(types::OUT_OF_RANGE, message, value.span, side));
    }

    /// Parameters of a policy's own pipelines may mean anything.
    fn is_of_library(&self, param: &Parameter<'_>) -> bool {
        let file = self.program.module(PRELUDE).map(|module| module.file.span);
        file.is_some_and(|file| file.start <= param.span.start && param.span.end <= file.end)
    }
}

/// What is wrong with a value that is neither a whole number nor a list.
fn out_of_range(name: &str, value: &Typed) -> Option<Diagnostic> {
    let found = |message: String, label: &'static str| {
        Some(Diagnostic::error(types::OUT_OF_RANGE, message, value.span, label))
    };
    match &value.value {
        Val::PercentMillionths(share) => {
            let (_, low, said) = SHARES.iter().find(|(known, ..)| *known == name)?;
            let side = if share < low { "too little" } else { "too much" };
            found((*said).to_owned(), side).filter(|_| !(*low..=WHOLE_SHARE).contains(share))
        }
        Val::DurationMs(0) if SPANS.contains(&name) => {
            let found = found(format!("`{name}` is a time, and this is none"), "no time")?;
            Some(found.help("write how long it may be"))
        }
        Val::DurationMs(0) if name == "interval" => {
            found("a workflow that starts all the time".to_owned(), "no time between")
        }
        Val::Window(start, end) if start == end => {
            let found = found("a window that closes when it opens".to_owned(), "no time")?;
            Some(found.help("leave it out where any time will do"))
        }
        Val::Text(text) if text.is_empty() && NAMES.contains(&name) => {
            found(format!("`{name}` names nothing"), "empty")
        }
        _ => None,
    }
}

/// The first word of a command is the program.
fn no_program(first: &Typed) -> Option<Diagnostic> {
    let is_empty = matches!(&first.value, Val::Text(text) if text.trim().is_empty());
    let message = format!("`{ARGV}` names no program");
    is_empty.then(|| {
        Diagnostic::error(types::OUT_OF_RANGE, message, first.span, "empty").help(
            "write the program, and each of its arguments as a text of its own: `[\"./SCRIPT\", \"now\"]`",
        )
    })
}
