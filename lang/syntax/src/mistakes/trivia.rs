//! Characters, comments and quotes of other languages.

use mainstay_diagnostics::{Diagnostic, Span, codes::syntax};

use super::Reporter;
use crate::MISTAKE_LIMIT;
use crate::token::{Kind, Token, is_quote};

impl Reporter<'_> {
    pub(super) fn of_tokens(&self) -> Vec<Diagnostic> {
        let mut found: Vec<Diagnostic> = Vec::new();
        let mut run: Option<Token> = None;
        for token in self.tree.tokens() {
            // Characters beside each other that mean nothing are one mistake.
            match &mut run {
                Some(open) if open.kind == token.kind && open.end() == token.start() => {
                    *open = Token::new(open.kind, open.start()..token.end());
                    continue;
                }
                _ => found.extend(run.take().and_then(|token| self.of_token(&token))),
            }
            if found.len() > MISTAKE_LIMIT {
                break;
            }
            run = Some(*token);
        }
        found.extend(run.and_then(|token| self.of_token(&token)));
        found
    }

    fn of_token(&self, token: &Token) -> Option<Diagnostic> {
        let span = self.span(token.range());
        let text = self.text.get(token.range()).unwrap_or_default();
        Some(match token.kind {
            Kind::HashComment => {
                let sign = Span::new(span.start, span.start + 1);
                Diagnostic::error(
                    syntax::BAD_COMMENT,
                    "a comment begins with `//`",
                    sign,
                    "no comment begins so",
                )
                .fix("write `//`", sign, "//", true)
            }
            Kind::BlockComment => block_comment(text, span),
            Kind::Semicolon => {
                Diagnostic::error(syntax::STRAY_MARK, "nothing ends with `;`", span, "a new line is enough")
                    .fix("take it out", span, "", true)
            }
            Kind::Unknown => unknown(text, span),
            Kind::OtherQuotes => {
                let inner = text.trim_matches(is_quote).replace('\\', "\\\\").replace('"', "\\\"");
                Diagnostic::error(syntax::BAD_TEXT, "a text stands in double quotes", span, "").fix(
                    "use double quotes",
                    span,
                    format!("\"{inner}\""),
                    true,
                )
            }
            Kind::OpenText => {
                let end = Span::new(span.end, span.end);
                Diagnostic::error(syntax::BAD_TEXT, "this text does not end", span, "`\"` is missing")
                    .help("a text ends on its line; a long one stands between `\"\"\"` and `\"\"\"`")
                    .fix("insert `\"`", end, "\"", false)
            }
            Kind::OpenLongText => {
                let quotes = Span::new(span.start, span.start + 3);
                Diagnostic::error(syntax::BAD_TEXT, "this text does not end", quotes, "no `\"\"\"` follows")
            }
            _ => return None,
        })
    }
}

fn block_comment(text: &str, span: Span) -> Diagnostic {
    let inner = text.trim_start_matches("/*").trim_end_matches("*/").trim();
    let lines: Vec<String> =
        inner.lines().map(|line| format!("// {}", line.trim().trim_start_matches("* "))).collect();
    let sign = Span::new(span.start, span.start + 2);
    Diagnostic::error(
        syntax::BAD_COMMENT,
        "a comment begins with `//` and ends with its line",
        sign,
        "no comment begins so",
    )
    .fix("write `//` on each line", span, lines.join("\n"), false)
}

fn unknown(text: &str, span: Span) -> Diagnostic {
    let error = |message: String, label: &str| Diagnostic::error(syntax::STRAY_MARK, message, span, label);
    match text.chars().next() {
        _ if text.starts_with("```") => error(
            "a fence of Markdown is no part of a policy".to_owned(),
            "this line belongs to the page around it",
        )
        .help("take the line out"),
        Some('\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{200b}') => error(
            "this blank is none that the language knows".to_owned(),
            "",
        )
        .fix("write a blank", span, " ", true),
        Some('%') => error("`%` stands alone".to_owned(), "a share is one word: `5%`"),
        Some(quote) if is_quote(quote) => {
            let found = error(format!("`{text}` begins no text"), "a text stands in double quotes");
            if quote == '\'' { found } else { found.fix("write `\"`", span, "\"", false) }
        }
        Some(control) if control.is_control() => {
            error(format!("the character U+{:04X} means nothing here", control as u32), "")
        }
        _ => error(format!("`{text}` means nothing here"), ""),
    }
}
