//! Texts: escapes, names between `${` and `}`, and long texts whose common indent is no part of them.

use mainstay_diagnostics::{Diagnostic, codes::syntax};

use super::Lower;
use crate::ast::{Expr, Ident, Path, TextLit, TextPart};
use crate::token::{Kind, is_quote};
use crate::tree::Node;

impl Lower<'_> {
    /// A text with its escapes resolved.
    pub(super) fn text_literal(&mut self, node: Node<'_>) -> TextLit {
        let (raw, start) = (self.node_text(node), node.range().start);
        let parts = match node.first_kind() {
            Some(Kind::LongText) => {
                vec![TextPart::Raw(long(raw.get(3..raw.len().saturating_sub(3)).unwrap_or_default()))]
            }
            Some(Kind::OpenLongText) => vec![TextPart::Raw(long(raw.get(3..).unwrap_or_default()))],
            Some(Kind::OtherQuotes) => vec![TextPart::Raw(raw.trim_matches(is_quote).to_owned())],
            Some(Kind::OpenText) => self.pieces(raw.get(1..).unwrap_or_default(), start + 1),
            _ => self.pieces(raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default(), start + 1),
        };
        TextLit { parts, span: self.span(node) }
    }

    fn pieces(&mut self, body: &str, start: usize) -> Vec<TextPart> {
        let mut pieces = Pieces { parts: Vec::new(), raw: String::new() };
        let mut rest = body;
        while let Some(at) = rest.find(['\\', '$']) {
            let place = start + body.len() - rest.len() + at;
            pieces.raw.push_str(rest.get(..at).unwrap_or_default());
            rest = rest.get(at..).unwrap_or_default();
            let length = if rest.starts_with('\\') {
                self.escape(rest, place, &mut pieces)
            } else {
                self.interpolation(rest, place, &mut pieces)
            };
            rest = rest.get(length..).unwrap_or_default();
        }
        pieces.raw.push_str(rest);
        pieces.finish()
    }

    /// `\n \t \" \\ \u{..} \${`; gives the length of what was read.
    fn escape(&mut self, rest: &str, place: usize, pieces: &mut Pieces) -> usize {
        let escaped = rest.chars().nth(1);
        let simple = match escaped {
            Some('n') => Some('\n'),
            Some('t') => Some('\t'),
            Some(same @ ('"' | '\\' | '$')) => Some(same),
            _ => None,
        };
        if let Some(simple) = simple {
            pieces.raw.push(simple);
            return 2;
        }
        if let Some((character, length)) = unicode(rest) {
            pieces.raw.push(character);
            return length;
        }
        let length = 1 + escaped.map_or(0, char::len_utf8);
        self.bad_escape(rest.get(..length).unwrap_or(rest), place);
        length
    }

    fn bad_escape(&mut self, written: &str, place: usize) {
        let span = self.range_span(place..place + written.len());
        let diagnostic = Diagnostic::error(syntax::BAD_TEXT, format!("`{written}` is no escape"), span, "")
            .help(
                "escapes are `\\n`, `\\t`, `\\\"`, `\\\\`, `\\u{2603}`, `\\${`; a backslash itself is `\\\\`",
            )
            .fix("write the backslash twice", span, format!("\\{written}"), false);
        self.report(diagnostic);
    }

    /// `${env}`: a name of a param or let; a `$` alone is a `$`.
    fn interpolation(&mut self, rest: &str, place: usize, pieces: &mut Pieces) -> usize {
        let Some(inside) = rest.strip_prefix("${") else {
            pieces.raw.push('$');
            return 1;
        };
        let end = inside.find('}');
        let name = inside.get(..end.unwrap_or(inside.len())).unwrap_or_default();
        let length = name.len() + if end.is_some() { 3 } else { 2 };
        if end.is_some() && is_path(name) {
            pieces.interpolate(Expr::Path(self.inner_path(name, place + 2)));
        } else {
            self.bad_interpolation(rest.get(..length).unwrap_or(rest), place);
            pieces.interpolate(Expr::Missing(self.range_span(place..place + length)));
        }
        length
    }

    fn bad_interpolation(&mut self, written: &str, place: usize) {
        let span = self.range_span(place..place + written.len());
        let message = format!("`{written}` does not name a param or a `let`");
        let diagnostic =
            Diagnostic::error(syntax::BAD_TEXT, message, span, "only a name may stand in `${ }`")
                .help("give the value a name with `let`; a `${` that is meant as text is `\\${`")
                .fix("keep it as text", span, format!("\\{written}"), false);
        self.report(diagnostic);
    }

    fn inner_path(&self, name: &str, place: usize) -> Path {
        let mut parts = Vec::new();
        let mut at = place;
        for part in name.split('.') {
            parts.push(Ident { text: part.to_owned(), span: self.range_span(at..at + part.len()) });
            at += part.len() + 1;
        }
        Path { parts, span: self.range_span(place..place + name.len()) }
    }
}

#[derive(Default)]
struct Pieces {
    parts: Vec<TextPart>,
    raw: String,
}

impl Pieces {
    fn interpolate(&mut self, value: Expr) {
        if !self.raw.is_empty() {
            self.parts.push(TextPart::Raw(std::mem::take(&mut self.raw)));
        }
        self.parts.push(TextPart::Interpolated(value));
    }

    fn finish(mut self) -> Vec<TextPart> {
        if !self.raw.is_empty() || self.parts.is_empty() {
            self.parts.push(TextPart::Raw(self.raw));
        }
        self.parts
    }
}

fn is_path(name: &str) -> bool {
    let is_word = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    name.split('.').all(is_word)
}

/// `\u{2603}` at the start of `rest`: the character and the length.
fn unicode(rest: &str) -> Option<(char, usize)> {
    let digits = rest.strip_prefix("\\u{")?;
    let digits = digits.get(..digits.find('}')?)?;
    let character = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
    Some((character, digits.len() + 4))
}

/// A long text begins after its first new line, and the indent that all its lines share is no part of it.
fn long(body: &str) -> String {
    let body = body.strip_prefix("\r\n").or_else(|| body.strip_prefix('\n')).unwrap_or(body);
    let lines: Vec<&str> = body.lines().collect();
    let indent = |line: &&str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let filled = |line: &&&str| !line.trim().is_empty();
    let common = lines.iter().filter(filled).map(indent).min().unwrap_or(0);
    let mut text: Vec<&str> = lines.iter().map(|line| line.get(common..).unwrap_or_default()).collect();
    if body.ends_with('\n') {
        text.push("");
    } else if let Some(last) = text.last_mut().filter(|last| last.trim().is_empty()) {
        *last = "";
    }
    text.join("\n")
}
