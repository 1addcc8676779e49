//! A value of the wrong type that can be read as one of the right type: what other tools would have made of it.

use mainstay_diagnostics::{Diagnostic, Span};
use mainstay_syntax::ast::{Expr, Record, RecordEntry};

use super::literals::literal_value;
use super::params::read_expression;
use crate::library::library;
use crate::types::Type;

/// What somebody may have meant: the help, and ways to write it.
pub(super) struct Reading {
    help: String,
    /// Each replaces the value. Only one alone can be sure.
    fixes: Vec<String>,
    sure: bool,
}

impl Reading {
    fn of(help: impl Into<String>) -> Self {
        Self { help: help.into(), fixes: Vec::new(), sure: false }
    }

    fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fixes.push(fix.into());
        self
    }

    pub(super) fn told(self, found: Diagnostic, span: Span) -> Diagnostic {
        let sure = self.sure && self.fixes.len() == 1;
        let found = found.help(self.help);
        self.fixes.into_iter().fold(found, |found, fix| found.fix(format!("write `{fix}`"), span, fix, sure))
    }
}

/// How a value can be read; `text` is what was written, `argv` whether the words of a command are wanted.
pub(super) fn of(expr: &Expr, given: &Type, wanted: &Type, text: &str, argv: bool) -> Option<Reading> {
    if text.contains('\n') {
        return None;
    }
    let plain = match expr {
        Expr::Text(text) => text.plain(),
        _ => None,
    };
    if wanted.allows("Retention") {
        return retention(expr, given, text);
    }
    if wanted.allows("Trigger") {
        return trigger(given, text, plain.as_deref());
    }
    match plain {
        Some(line) if argv && line.trim().is_empty() => {
            Some(Reading::of("write the program, and each of its arguments as a text of its own"))
        }
        Some(line) if argv && line.contains(' ') => Some(command(&line, text)),
        Some(quoted) => unquoted(&quoted, wanted),
        None => None,
    }
}

/// `keep: 30d`, `keep: 14`, `keep: { daily: 14 }`.
fn retention(expr: &Expr, given: &Type, text: &str) -> Option<Reading> {
    if let Expr::Record(record) = expr {
        if !are_buckets(record) {
            return Some(Reading::of("write what stays, such as `gfs(daily: 14, weekly: 8)`"));
        }
        let fields = text.strip_prefix('{')?.strip_suffix('}')?.trim().trim_end_matches(',');
        let written = format!("gfs({fields})");
        return Some(Reading { sure: true, ..Reading::of(format!("write `{written}`")).fix(written) });
    }
    match given.name()? {
        "Duration" => {
            let written = format!("gfs(within: {text})");
            let help = format!("`{written}` keeps all of that time, `gfs(daily: 14)` one of each day");
            Some(Reading::of(help).fix(written))
        }
        "Int" => {
            let (daily, last) = (format!("gfs(daily: {text})"), format!("gfs(last: {text})"));
            let help = format!("`{daily}` keeps one of each day, `{last}` the newest");
            Some(Reading::of(help).fix(daily).fix(last))
        }
        _ => None,
    }
}

/// Whether a record has fields, and all of them are of `gfs`.
fn are_buckets(record: &Record) -> bool {
    let made = library().constructors.get("gfs").into_iter().flatten();
    let known: Vec<&str> = made.flat_map(|one| &one.params).map(|param| param.name).collect();
    let is_known = |entry: &RecordEntry| match entry {
        RecordEntry::Field(field) => known.contains(&field.name.text.as_str()),
        RecordEntry::Spread(..) => false,
    };
    !record.entries.is_empty() && record.entries.iter().all(is_known)
}

/// `trigger: "30 1 * * *"`, `trigger: "daily"`, `trigger: 30min`.
fn trigger(given: &Type, text: &str, plain: Option<&str>) -> Option<Reading> {
    if given.name() == Some("Duration") {
        let written = format!("every({text})");
        return Some(Reading { sure: true, ..Reading::of(format!("write `{written}`")).fix(written) });
    }
    if plain?.split_whitespace().count() == CRON_FIELDS {
        let written = format!("cron({text}, zone: \"UTC\")");
        let help = format!("write `{written}`, in the zone that is meant, or `daily(at: 01:30, zone: ..)`");
        return Some(Reading::of(help).fix(written));
    }
    Some(Reading::of(
        "write when: `daily(at: 01:30, zone: \"Europe/Berlin\")`, `every(30min)`, `cron(\"..\", zone: ..)`",
    ))
}

/// Fields of a cron expression.
const CRON_FIELDS: usize = 5;

/// What no shell makes anything of, beside letters and digits. A list of what shells read would never be whole.
const PLAIN: [char; 10] = ['_', '.', '/', ':', ',', '@', '%', '+', '=', '-'];

/// Whether a shell would start the same program with the same arguments. `NAME=value` in front is none of them.
fn is_plain(line: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == ' ' || PLAIN.contains(&letter);
    line.chars().all(plain) && line.split_whitespace().next().is_some_and(|first| !first.contains('='))
}

/// `hook("./tell done")`: one text with the words of a command.
fn command(line: &str, text: &str) -> Reading {
    if !is_plain(line) {
        let written = format!("[\"sh\", \"-c\", {text}]");
        let help = format!(
            "no shell reads this: put the line into a script, `[\"./SCRIPT\"]`, or write `{written}`"
        );
        return Reading::of(help).fix(written);
    }
    let words: Vec<String> = line.split_whitespace().map(|word| format!("\"{word}\"")).collect();
    let written = format!("[{}]", words.join(", "));
    Reading { sure: true, ..Reading::of(format!("write the words apart: `{written}`")).fix(written) }
}

/// `within: "2h"`: a text that would be right without its quotes.
fn unquoted(quoted: &str, wanted: &Type) -> Option<Reading> {
    let begins = quoted.starts_with(|first: char| first.is_ascii_digit());
    if !begins || quoted.contains(char::is_whitespace) {
        return None;
    }
    let Some(Expr::Literal(literal)) = read_expression(quoted) else { return None };
    let name = literal_value(&literal.value).0?;
    let fits = wanted.allows(name);
    fits.then(|| Reading {
        sure: true,
        ..Reading::of(format!("write it without quotes: `{quoted}`")).fix(quoted)
    })
}

#[cfg(test)]
mod tests {
    use crate::tests::mismatches;

    /// The ways to write it that are told of this line of a workflow, and whether one is sure.
    fn fixes(line: &str) -> Vec<(String, bool)> {
        let found = mismatches(&format!("workflow nightly {{\n{line}\n}}"));
        let fixes = found.into_iter().flat_map(|found| found.fixes);
        fixes.flat_map(|fix| fix.edits.into_iter().map(move |edit| (edit.replacement, fix.safe))).collect()
    }

    #[test]
    fn what_others_would_read_is_told_in_our_words() {
        let protect = |keep: &str| format!("step kept = protect(data, to: shelf, keep: {keep})");
        let sure = |text: &str| vec![(text.to_owned(), true)];
        let maybe = |texts: &[&str]| texts.iter().map(|it| ((*it).to_owned(), false)).collect::<Vec<_>>();
        assert_eq!(fixes(&protect("30d")), maybe(&["gfs(within: 30d)"]));
        assert_eq!(fixes(&protect("14")), maybe(&["gfs(daily: 14)", "gfs(last: 14)"]));
        assert_eq!(fixes(&protect("{ daily: 14, weekly: 8 }")), sure("gfs(daily: 14, weekly: 8)"));
        let cron = "cron(\"30 1 * * *\", zone: \"UTC\")";
        assert_eq!(fixes("trigger: \"30 1 * * *\""), maybe(&[cron]));
        assert_eq!(fixes("trigger: 30min"), sure("every(30min)"));
        assert_eq!(fixes("within: \"2h\""), sure("2h"));
        assert_eq!(fixes("within: \"soon\""), []);
        assert_eq!(fixes("hook(\"./tell begin\")"), sure("[\"./tell\", \"begin\"]"));
        // A shell line is no program, and is never mended without asking.
        assert_eq!(fixes("hook(\"dump | gzip\")"), maybe(&["[\"sh\", \"-c\", \"dump | gzip\"]"]));
        for line in [
            "ls ~/backups",
            "ls /srv/file?.txt",
            "./run # now",
            "ls {a,b}",
            "[ -f /x ]",
            "(ls x)",
            "! ls x",
            "FOO=1 ./run",
            "./run tab\tx",
        ] {
            let shell = format!("[\"sh\", \"-c\", \"{line}\"]");
            assert_eq!(fixes(&format!("hook(\"{line}\")")), maybe(&[&shell]), "{line}");
        }
        assert_eq!(
            fixes("hook(\"./a-b_c.sh --to=x,y@z:1+2% 3/4\")"),
            sure("[\"./a-b_c.sh\", \"--to=x,y@z:1+2%\", \"3/4\"]")
        );
        // What is called like the words of a command is none.
        let count = "step kept = look(\"3 4\", data)\n}\npipeline look(argvcount: Int, of: Source) -> Stored = discover(of) |> store(shelf)\nworkflow x {";
        assert_eq!(fixes(count), []);
        // What would not be right is not offered.
        assert_eq!(fixes(&protect("{ keep_daily: 14 }")), []);
        assert_eq!(fixes(&protect("{ daily: 14, keep_weekly: 8 }")), []);
        assert_eq!(fixes(&protect("{ }")), []);
        assert_eq!(fixes("hook(\"./tell\")"), sure("[\"./tell\"]"));
        assert_eq!([fixes("hook(\"\")"), fixes("hook(\"  \")")], [vec![], vec![]]);
    }
}
