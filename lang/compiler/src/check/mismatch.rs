//! A value of the wrong type, told in the words of what went wrong.

use mainstay_diagnostics::codes::{secrets, types};
use mainstay_diagnostics::{Diagnostic, Span};
use mainstay_syntax::ast::{BinaryOp, Expr};

use super::{By, Checker, Want, readings};
use crate::library::Signature;
use crate::types::{FROM_TEXT, Type};
use crate::value::{Typed, Val};

impl Checker<'_> {
    /// Passes on what fits; what does not is reported and becomes poison.
    pub(super) fn expect(&mut self, expr: &Expr, typed: Typed, want: &Want) -> Typed {
        let Some(wanted) = &want.ty else { return typed };
        let span = expr.span();
        if typed.ty.fits(wanted) {
            if let (Val::Int(..0), Some(_)) = (&typed.value, &want.by) {
                self.sink.push(negative(span));
            }
            return typed;
        }
        let found = if self.library.is_state(wanted) {
            let text = self.program.map.text(span).unwrap_or_default();
            let found = self.wrong_order(span, &typed, wanted, want);
            match Self::copy_of(&typed.ty, wanted, text) {
                Some(help) => found.help(help),
                None => found,
            }
        } else {
            self.mismatch(expr, &typed, wanted, want)
        };
        self.sink.push(found);
        Typed::poison(span)
    }

    fn mismatch(&self, expr: &Expr, typed: &Typed, wanted: &Type, want: &Want) -> Diagnostic {
        let span = expr.span();
        let found = if typed.ty.name() == Some("Secret") {
            secret_as_value(span, wanted)
        } else if wanted.allows("Secret") && matches!(expr, Expr::Text(_)) {
            written_secret(span)
        } else if let Type::Template(constructor) = typed.ty {
            template_as_thing(span, constructor, wanted)
        } else {
            let (wants, is) = (wanted.with_article(), typed.ty.with_article());
            let message = format!("{wants} is wanted here, and this is {is}");
            let found = Diagnostic::error(types::MISMATCH, message, span, format!("this is {is}"));
            self.mend(found, expr, typed, (wanted, want))
        };
        let found = match self.wanted_by(want) {
            Some((by, text)) => found.label(by, text),
            None => found,
        };
        match typed.made_by {
            Some(made) => found.label(made, format!("this gives `{}`", typed.ty)),
            None => found,
        }
    }

    /// Whether a text stands behind a comma behind this.
    fn is_followed_by_text(&self, span: Span) -> bool {
        let file = self.program.map.file_at(span.start).and_then(|id| self.program.map.file(id));
        let behind = file.and_then(|file| file.text.get((span.end - file.start) as usize..));
        let next = behind.and_then(|behind| behind.trim_start().strip_prefix(','));
        next.is_some_and(|rest| rest.trim_start().starts_with('"'))
    }

    /// The next action, where one can be named.
    fn mend(
        &self,
        found: Diagnostic,
        expr: &Expr,
        typed: &Typed,
        (wanted, want): (&Type, &Want),
    ) -> Diagnostic {
        let span = expr.span();
        let text = self.program.map.text(span).unwrap_or_default();
        if let Some(reading) = readings::of(expr, &typed.ty, wanted, text, self.is_argv(wanted, want)) {
            return reading.told(found, span);
        }
        let short = text.len() <= MOST_QUOTED && !text.contains('\n');
        let read = matches!(expr, Expr::Text(_));
        let would_do =
            |item: &Type| typed.ty.fits(item) || (read && FROM_TEXT.iter().any(|name| item.allows(name)));
        let wants_list = |ty: &Type| matches!(ty, Type::List(item) if would_do(item));
        if wanted.alternatives().iter().any(wants_list) && short {
            let list = format!("[{text}]");
            // In `hook("./tell", "done")` the words behind belong into the list too.
            let alone = !self.is_followed_by_text(span);
            return found.help(format!("write `{list}`")).fix(format!("write `{list}`"), span, list, alone);
        }
        if let (Some(member), true) = (read.then(|| text.trim_matches('"')), self.is_member(wanted, text)) {
            let help = format!("write `{member}`");
            return found.help(help.clone()).fix(help, span, member, true);
        }
        if matches!(expr, Expr::Path(_)) && self.is_member(wanted, text) {
            let hides = format!(
                "what is declared as `{text}` hides the `{wanted}` of that name: give it another name"
            );
            return found.help(hides);
        }
        let counts = |ty: &Type| matches!(ty, Type::Range(item) if typed.ty.fits(item));
        if let (Some(range), true) = (as_range(expr, text), wanted.alternatives().iter().any(counts)) {
            return found.help(format!("write `{range}`")).fix(format!("write `{range}`"), span, range, true);
        }
        if wanted.alternatives().iter().any(|ty| matches!(ty, Type::Range(item) if typed.ty.fits(item)))
            && short
        {
            return found.help(format!("write a range: `{text}..` from here on, `..{text}` up to here"));
        }
        let from_text = typed.ty.fits(&crate::types::TEXT)
            && FROM_TEXT.iter().any(|name| wanted.allows(name))
            && matches!(expr, Expr::Path(_));
        if from_text {
            let quoted = format!("\"${{{text}}}\"");
            return found.help(format!("only a text in quotes is read as one: `{quoted}`")).fix(
                format!("write `{quoted}`"),
                span,
                quoted,
                true,
            );
        }
        match what_it_is(&typed.ty, wanted, text).or_else(|| self.made_by(wanted)) {
            Some(help) => found.help(help),
            None => found,
        }
    }

    /// Whether the words of a command are wanted: texts that are called `argv`.
    fn is_argv(&self, wanted: &Type, want: &Want) -> bool {
        let by = match &want.by {
            Some(By::Takes(span, ..)) => self.program.map.text(*span),
            _ => None,
        };
        let name = by.and_then(|declared| declared.split([':', ' ']).next());
        let texts = |ty: &Type| matches!(ty, Type::List(item) if **item == crate::types::TEXT);
        name == Some("argv") && wanted.alternatives().iter().any(texts)
    }

    /// Whether a text in quotes is a word of what is wanted.
    fn is_member(&self, wanted: &Type, text: &str) -> bool {
        let word = text.trim_matches('"');
        self.library.enums(wanted).any(|(_, info)| info.members.contains(&word))
    }

    /// What makes the thing, promise or value that is wanted.
    fn made_by(&self, wanted: &Type) -> Option<String> {
        let name = wanted.alternatives().first()?.name()?;
        if name == "Act" {
            return Some("a program is written `hook([\"./program\", \"argument\"])`".to_owned());
        }
        if let Some(kind) = PROMISES.iter().find(|kind| crate::library::type_of_kind(kind) == Some(name)) {
            return Some(format!("declare it, as in `{kind} NAME {{ .. }}`, and name it here"));
        }
        let all = self.library.constructors.values().flatten().filter(|one| one.result.name() == Some(name));
        let all: Vec<&Signature> = all.take(MOST_NAMED + 1).collect();
        match all.as_slice() {
            [first, ..] if first.braces => {
                let kind = name.to_lowercase();
                Some(format!("declare it, as in `{kind} NAME = {} {{ .. }}`, and name it here", first.name))
            }
            [_, ..] if all.len() <= MOST_NAMED => {
                let calls: Vec<_> = all.iter().map(|one| format!("`{}(..)`", one.name)).collect();
                Some(format!("write {}", calls.join(" or ")))
            }
            [] if self.library.fields(name).is_some() => {
                let fields =
                    self.library.fields(name)?.iter().take(2).map(|field| format!("{}: ..", field.name));
                Some(format!("write its fields in braces: `{{ {} }}`", fields.collect::<Vec<_>>().join(", ")))
            }
            _ => None,
        }
    }
}

/// What is declared with fields alone, and then named.
const PROMISES: [&str; 3] = ["objective", "pool", "estate"];

/// More ways to make something are not named.
const MOST_NAMED: usize = 4;

/// `8..12`, where `8-12` was written.
fn as_range(expr: &Expr, text: &str) -> Option<String> {
    let Expr::Binary { op: BinaryOp::Subtract, .. } = expr else { return None };
    let (least, most) = text.split_once('-')?;
    Some(format!("{}..{}", least.trim(), most.trim()))
}

/// Longer expressions are not quoted back.
const MOST_QUOTED: usize = 60;

fn what_it_is(given: &Type, wanted: &Type, text: &str) -> Option<String> {
    if let ("Duration", true) = (given.name()?, wanted.allows("Int")) {
        let number = text.trim_end_matches(char::is_alphabetic);
        return Some(format!("a count has no unit: write `{number}`"));
    }
    let help = match (given.name()?, wanted) {
        ("Bytes", wanted) if wanted.allows("Duration") => {
            "a time is written `500ms`, `30s`, `5min`, `2h`, `7d`"
        }
        ("Period", wanted) if wanted.allows("Duration") => {
            "`mo` and `y` are calendar spans, whose length varies: write days, such as `30d`"
        }
        ("Duration", wanted) if wanted.allows("Period") => "a calendar span is written `1mo` or `1y`",
        ("Duration", wanted) if wanted.allows("Bytes") => "a size is written `80GiB` or `80GB`",
        ("Bytes", wanted) if wanted.allows("Rate") => "a rate is written `25MiB/s` or `200Mbit/s`",
        ("Rate", wanted) if wanted.allows("Bytes") => "a size is written `80GiB` or `80GB`",
        ("Decimal" | "Int", wanted) if wanted.allows("Percent") => "a share is written `5%`",
        ("Text", wanted) if wanted.allows("Duration") => "write the time without quotes: `30min`",
        ("Text", wanted) if wanted.allows("Time") => "write the time without quotes: `02:30`",
        ("Text", wanted) if wanted.allows("Date") => "write the day without quotes: `2027-01-31`",
        ("Text", wanted) if wanted.allows("Window") => "write the window without quotes: `22:00..06:00`",
        ("Text", wanted) if wanted.allows("Bytes") => "write the size without quotes: `80GiB`",
        ("Text", wanted) if wanted.allows("Rate") => "write the rate without quotes: `200Mbit/s`",
        ("Text", wanted) if wanted.allows("Percent") => "write the share without quotes: `5%`",
        ("Text", wanted) if wanted.allows("Int") => "write the number without quotes",
        ("Text", wanted) if wanted.allows("Bool") => "write `true` or `false` without quotes",
        _ => return None,
    };
    Some(help.to_owned())
}

/// Whatever is counted in this language is a count of something.
fn negative(span: Span) -> Diagnostic {
    let message = "a number is never negative here";
    Diagnostic::error(types::OUT_OF_RANGE, message, span, "less than nothing")
}

fn secret_as_value(span: Span, wanted: &Type) -> Diagnostic {
    let message = format!("{} is wanted here, and a secret has no value to look at", wanted.with_article());
    Diagnostic::error(secrets::NO_VALUE, message, span, "this is a secret")
        .note("a secret is a reference: only the runtime learns what it is, and only when it needs it")
        .help("secrets fill fields that take a `Secret`; a program gets one with `env(..)`")
}

fn written_secret(span: Span) -> Diagnostic {
    let message = "a secret is never written into a policy";
    Diagnostic::error(secrets::WRITTEN_OUT, message, span, "written out")
        .note("whoever reads this file knows it, now and in all its older versions: make a new one")
        .help("declare it, as in `secret password = file(\"/run/secrets/password\")`, and name it here")
}

fn template_as_thing(span: Span, constructor: &str, wanted: &Type) -> Diagnostic {
    let message = format!(
        "{} is wanted here, and this is a `let` with fields for `{constructor}`",
        wanted.with_article()
    );
    let kind = wanted.to_string().to_lowercase();
    Diagnostic::error(types::TEMPLATE, message, span, "only fields")
        .help(format!("declare one: `{kind} NAME = {constructor} {{ ..this }}`"))
}
