//! What is written shorter than the language has it: a list without its brackets, a block without its braces, a text
//! without its quotes, a label without its marks. Each is one mistake, and its mend is known.

use mainstay_diagnostics::{Diagnostic, Span, codes::syntax};

use super::{Reporter, begins_line, iso};
use crate::grammar::Rule;
use crate::token::Kind;
use crate::tree::Node;

impl Reporter<'_> {
    fn kind(&self, at: u32) -> Option<Kind> {
        self.tree.seen(at).map(|token| token.kind)
    }

    /// From the beginning of one token to the end of another.
    fn bytes(&self, first: u32, last: u32) -> std::ops::Range<usize> {
        let start = self.tree.seen(first).map_or(0, |token| token.start());
        start..self.tree.seen(last).map_or(start, |token| token.end()).max(start)
    }

    /// `keep(latency(link) under 10%)`: whether this word is a label without the comma before it and the colon behind.
    pub(super) fn is_bare_label(&self, word: u32, parents: &[Node<'_>]) -> bool {
        let ends_value = |kind: Kind| {
            matches!(kind, Kind::CloseRound | Kind::CloseSquare | Kind::Name | Kind::Number | Kind::Text)
        };
        parents.last().is_some_and(|parent| parent.rule() == Rule::args)
            && self.kind(word).is_some_and(Kind::is_word)
            && matches!(self.kind(word + 1), Some(Kind::Number | Kind::Text))
            && word.checked_sub(1).and_then(|before| self.kind(before)).is_some_and(ends_value)
    }

    pub(super) fn bare_label(&self, word: u32) -> Diagnostic {
        let label = self.token_text(word);
        let span = self.span(self.bytes(word, word));
        let message = format!("`{label}` is a label without its marks");
        let text = "`,` is missing before it, and `:` behind it";
        let gap = self.span(self.bytes(word - 1, word - 1).end..self.bytes(word, word).end);
        Diagnostic::error(syntax::SEPARATOR, message, span, text).fix(
            format!("write `, {label}:`"),
            gap,
            format!(", {label}:"),
            true,
        )
    }

    /// `after a, b`: the steps before and behind this comma.
    pub(super) fn bare_list(&self, comma: u32) -> Option<Diagnostic> {
        let is_part = |at: u32| matches!(self.kind(at), Some(Kind::Name | Kind::Dot));
        let mut first = comma;
        while let Some(before) = first.checked_sub(1).filter(|before| is_part(*before)) {
            first = before;
        }
        let keyword = first.checked_sub(1).filter(|at| self.kind(*at) == Some(Kind::After))?;
        let mut last = comma;
        while self.kind(last + 1) == Some(Kind::Name) && self.kind(last + 2) != Some(Kind::OpenRound) {
            last += 1;
            while self.kind(last + 1) == Some(Kind::Dot) && self.kind(last + 2) == Some(Kind::Name) {
                last += 2;
            }
            if self.kind(last + 1) != Some(Kind::Comma) || self.kind(last + 2) != Some(Kind::Name) {
                break;
            }
            last += 1;
        }
        (first < comma && comma < last).then(|| {
            let range = self.bytes(first, last);
            let list = format!("[{}]", self.text.get(range.clone()).unwrap_or_default());
            let message = format!("`{}` takes several steps as a list", self.token_text(keyword));
            let span = self.span(range);
            Diagnostic::error(syntax::MISSING_PART, message, span, "`[ ]` is missing around them").fix(
                format!("write `{list}`"),
                span,
                list,
                true,
            )
        })
    }

    /// `finally: hook([..])`, `on failure: notify(..)`: what closes a block, from its keyword to its colon.
    pub(super) fn bare_close(&self, keyword: u32, colon: u32) -> Option<Diagnostic> {
        let words = self.text.get(self.bytes(keyword, colon - 1))?;
        let message = format!("`{words}` has no braces");
        let label = "what closes a block stands in `{ }`";
        let span = self.span(self.bytes(keyword, colon));
        let found = Diagnostic::error(syntax::MISSING_PART, message, span, label);
        // What follows in the line belongs to the call, and is not known.
        let ends = |call: &u32| {
            let behind = call + 1;
            self.kind(behind).is_none_or(|kind| kind == Kind::CloseBrace)
                || begins_line(self.text, self.tree, behind)
        };
        let Some(end) = self.end_of_call(colon + 1).filter(ends) else {
            return Some(found.help(format!("write `{words} {{ .. }}`")));
        };
        let call = self.text.get(self.bytes(colon + 1, end))?;
        let place = self.span(self.bytes(colon, colon).start..self.bytes(end, end).end);
        let replacement = format!(" {{ {call} }}");
        Some(found.fix("put it into braces", place, replacement, true))
    }

    /// Whether this stands right behind the call of a `finally:`, which is told already.
    pub(super) fn is_behind_bare_close(&self, at: u32) -> bool {
        let open = at.checked_sub(1).and_then(|close| self.opening_of(close));
        let before = |count| self.kind(open?.checked_sub(count)?);
        before(2) == Some(Kind::Colon)
            && before(3) == Some(Kind::Finally)
            && !begins_line(self.text, self.tree, at)
    }

    /// `if env == "production" { .. }`: what was read as a field without its colon.
    pub(super) fn no_branch(&self, field: Node<'_>) -> Option<Diagnostic> {
        let word = self.token_text(field.start());
        if !is_branch(word) {
            return None;
        }
        let message = format!("there is no `{word}`");
        let span = self.span_of(field);
        let help =
            "a step that is left out says when it is there: `step NAME = .. when ENV == \"production\"`";
        Some(Diagnostic::error(syntax::UNKNOWN_KEYWORD, message, span, "no statement begins so").help(help))
    }

    /// `"roots": ["/srv"]`, as in JSON.
    pub(super) fn quoted_key(&self, node: Node<'_>) -> Option<Diagnostic> {
        let is_key =
            self.kind(node.start()) == Some(Kind::Text) && self.kind(node.start() + 1) == Some(Kind::Colon);
        let (span, text) = self.first_of(node);
        let name = text.trim_matches('"');
        let found = Diagnostic::error(
            syntax::BAD_NAME,
            format!("{text} stands where a key belongs").replace('"', "`"),
            span,
            "a key has no quotes",
        );
        let is_name = name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        match is_name {
            _ if !is_key => None,
            true => Some(found.fix(format!("write `{name}`"), span, name, true)),
            false => Some(found),
        }
    }

    /// `roots: [/srv/a, /srv/b]`, `file(/etc/key)`, `every(PT1H)`.
    pub(super) fn bare_path(&self, node: Node<'_>) -> Option<Diagnostic> {
        let is_time = iso::is_span(self.token_text(node.start()));
        (is_time || self.is_path(node.start())).then(|| self.bare_text(node.start()))
    }

    /// Whether a path begins here without its quotes: a slash, and a word right behind it.
    fn is_path(&self, at: u32) -> bool {
        self.kind(at) == Some(Kind::Slash)
            && self.kind(at + 1).is_some_and(Kind::is_word)
            && self.bytes(at, at).end == self.bytes(at + 1, at + 1).start
    }

    /// `kept >> sent`: what only other tools draw.
    pub(super) fn arrows_of_others(&self, node: Node<'_>) -> Option<Diagnostic> {
        let kinds = [1, 2].map(|at| self.kind(node.start() + at));
        let is_order = kinds == [Some(Kind::Greater); 2] || kinds == [Some(Kind::Less); 2];
        let named = self.kind(node.start()).is_some_and(|kind| kind == Kind::Name);
        let span = self.span(self.bytes(node.start() + 1, node.start() + 2));
        (named && is_order).then(|| {
            let message = "no mark puts steps in order";
            Diagnostic::error(syntax::UNEXPECTED, message, span, "no statement has this").help(
                "steps run as they stand, one after another; what else one waits for is its `after [..]`",
            )
        })
    }

    /// The closing bracket of a call that begins here.
    fn end_of_call(&self, name: u32) -> Option<u32> {
        if self.kind(name) != Some(Kind::Name) || self.kind(name + 1) != Some(Kind::OpenRound) {
            return None;
        }
        let mut depth = 0_usize;
        for at in name + 1.. {
            match self.kind(at)? {
                Kind::OpenRound => depth += 1,
                Kind::CloseRound => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some(at);
            }
        }
        None
    }

    /// What stands where a value belongs, and is none: a word that wants quotes, or a keyword.
    pub(super) fn no_value(&self, at: u32, parents: &[Node<'_>]) -> Option<Diagnostic> {
        let parent = parents.last().filter(|it| matches!(it.rule(), Rule::field | Rule::arg))?;
        let kind = self.kind(at).filter(|_| !begins_line(self.text, self.tree, at))?;
        if kind == Kind::TypeName || self.is_path(at) {
            return Some(self.bare_text(at));
        }
        let is_called = kind.is_keyword() && self.kind(at + 1) == Some(Kind::OpenRound);
        is_called.then(|| self.keyword_called(at, self.token_text(parent.start())))
    }

    /// `zone: Europe/Berlin`: up to the next blank.
    fn bare_text(&self, at: u32) -> Diagnostic {
        let start = self.bytes(at, at).start;
        let rest = self.text.get(start..).unwrap_or_default();
        let ends = |letter: char| letter.is_whitespace() || ",()[]{};\"".contains(letter);
        let word = rest.split(ends).next().unwrap_or_default();
        let span = self.span(start..start + word.len());
        let (label, right) = match (word.to_lowercase().as_str(), iso::in_our_words(word)) {
            (truth @ ("true" | "false"), _) => ("in lower case", truth.to_owned()),
            ("none" | "null" | "nil", _) => {
                let message = format!("`{word}` is no value");
                let found =
                    Diagnostic::error(syntax::UNEXPECTED, message, span, "nothing is written as nothing");
                return found.help("leave the field out");
            }
            (_, Some(time)) => (TIME, time),
            _ if iso::is_span(word) => return no_text(word, span, TIME),
            _ => ("a text stands in quotes", format!("\"{word}\"")),
        };
        let found = no_text(word, span, label);
        // In quotes these mean something else, and what is called or goes on is more than a text.
        let goes_on = rest.get(word.len()..).is_some_and(|rest| rest.starts_with(['(', '[', '{', '"']));
        if goes_on || word.contains(['\\', '$']) {
            return found;
        }
        found.fix(format!("write `{right}`"), span, right, true)
    }

    fn keyword_called(&self, at: u32, field: &str) -> Diagnostic {
        let (word, span) = (self.token_text(at), self.span(self.bytes(at, at)));
        let message = format!("`{word}` is a keyword, and nothing that could be called");
        let found = Diagnostic::error(syntax::UNEXPECTED, message, span, format!("no value of `{field}`"));
        match (word, field) {
            ("after", "trigger") => found
                .help("what runs after another workflow has ended well says `after_success(WORKFLOW)`")
                .fix("write `after_success`", span, "after_success", true),
            _ => found,
        }
    }
}

/// What is said of a time in other words.
const TIME: &str = "a time is a number and a unit";

fn no_text(word: &str, span: Span, label: &'static str) -> Diagnostic {
    Diagnostic::error(syntax::BAD_TEXT, format!("`{word}` is no value"), span, label)
}

/// How branches begin in other languages.
pub(super) fn is_branch(word: &str) -> bool {
    ["if", "unless", "while", "switch", "case"].contains(&word)
}

#[cfg(test)]
mod tests {
    use crate::tests::parsed;

    /// The codes of what is told of these lines of a workflow, each with what a safe fix writes.
    fn told(lines: &str) -> Vec<(String, Option<String>)> {
        let text = format!("edition 2026\npolicy p\nworkflow w {{\n{lines}\n}}\n");
        let fix = |it: mainstay_diagnostics::Diagnostic| {
            let safe = it.fixes.iter().find(|fix| fix.safe).and_then(|fix| fix.edits.first());
            (it.code.to_string(), safe.map(|edit| edit.replacement.clone()))
        };
        parsed(&text).diagnostics.into_iter().map(fix).collect()
    }

    fn is(all: &[(&str, Option<&str>)]) -> Vec<(String, Option<String>)> {
        all.iter().map(|(code, fix)| ((*code).to_owned(), fix.map(str::to_owned))).collect()
    }

    #[test]
    fn a_close_without_braces_is_mended_where_its_call_ends_the_line() {
        let whole = ("E0104", Some(" { hook([\"./b\"]) }"));
        assert_eq!(told("finally: hook([\"./b\"])"), is(&[whole]));
        assert_eq!(
            told("hook([\"./a\"])\nfinally: hook([\"./b\"])\nfinally: hook([\"./b\"])"),
            is(&[whole, whole])
        );
        for behind in ["when true", "undo hook([\"./c\"])", "within 1h"] {
            let line = format!("hook([\"./a\"])\nfinally: hook([\"./b\"]) {behind}");
            assert_eq!(told(&line), is(&[("E0104", None)]), "{line}");
        }
    }

    #[test]
    fn what_would_be_wrong_in_quotes_is_not_mended() {
        assert_eq!(told("zone: Europe/Berlin"), is(&[("E0108", Some("\"Europe/Berlin\""))]));
        for value in ["Europe\\Berlin", "Duration(1)", "/srv/{a,b}", "/srv/$HOME"] {
            let fixes: Vec<_> =
                told(&format!("zone: {value}")).into_iter().filter_map(|(_, fix)| fix).collect();
            assert_eq!(fixes, [""; 0], "{value}");
        }
    }

    #[test]
    fn times_of_others_are_told_wherever_they_stand() {
        assert_eq!(told("within: PT2H"), is(&[("E0108", Some("2h"))]));
        assert_eq!(told("trigger: every(PT1H)"), is(&[("E0108", Some("1h"))]));
        assert_eq!(
            told("trigger: [every(PT1H), every(P1D)]"),
            is(&[("E0108", Some("1h")), ("E0108", Some("1d"))])
        );
        assert_eq!(told("within: PT1H30M"), is(&[("E0108", Some("90min"))]));
        // A month is no number of days.
        assert_eq!(told("within: P1M"), is(&[("E0108", None)]));
        for (words, right) in [("2 hours", "2h"), ("90 minutes", "90min"), ("2 h", "2h")] {
            for below in ["hook([\"./a\"])", "step a = p(home)"] {
                let line = format!("within: {words}\n{below}");
                assert_eq!(told(&line), is(&[("E0107", Some(right))]), "{line}");
            }
        }
    }

    #[test]
    fn each_quoted_key_is_told() {
        let lines = "\"trigger\": daily(at: 01:30)\n\"within\": 2h\n\"overlap\": skip\nhook([\"./a\"])";
        let key = |name| ("E0105", Some(name));
        assert_eq!(told(lines), is(&[key("trigger"), key("within"), key("overlap")]));
    }
}
