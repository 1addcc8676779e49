//! What the tree says of mistakes: each `missing_*`, `wrong_*`, `stray_*` and `bad_*` node is one.

use std::ops::Range;

use mainstay_diagnostics::{Diagnostic, Span, codes::syntax};

use crate::balance::BracketMistake;
use crate::grammar::Rule;
use crate::tree::Tree;
use crate::{FILE_SIZE_LIMIT_BYTES, MISTAKE_LIMIT, NESTING_LIMIT};

pub(crate) fn file_too_large(base: u32, size_bytes: usize) -> Diagnostic {
    let message = format!("this file has {size_bytes} bytes, at most {FILE_SIZE_LIMIT_BYTES} are read");
    Diagnostic::error(syntax::FILE_TOO_LARGE, message, Span::new(base, base), "")
        .help("split it, and join the parts with `use`")
}

pub(crate) fn nested_too_deeply(base: u32, place: Range<usize>) -> Diagnostic {
    let message = format!("brackets are nested more than {NESTING_LIMIT} deep");
    Diagnostic::error(syntax::NESTED_TOO_DEEPLY, message, span(base, place), "one too deep")
        .help("give inner parts names with `let`")
}

fn span(base: u32, range: Range<usize>) -> Span {
    Span::new(base + range.start as u32, base + range.end as u32)
}

pub(crate) fn of_brackets(base: u32, mistakes: &[BracketMistake]) -> Vec<Diagnostic> {
    let each = mistakes.iter().take(MISTAKE_LIMIT).map(|mistake| {
        let there = span(base, mistake.there.clone());
        match mistake.put_at {
            Some(at) => {
                let message = format!("`{}` is never closed", mistake.bracket.open());
                let at = at as u32 + base;
                Diagnostic::error(
                    syntax::UNBALANCED,
                    message,
                    Span::new(at, at),
                    format!("`{}` is missing", mistake.bracket.close()),
                )
                .label(there, "opened here")
            }
            None => {
                let message = format!("`{}` closes nothing", mistake.bracket.close());
                Diagnostic::error(syntax::UNBALANCED, message, there, "nothing was opened")
            }
        }
    });
    each.collect()
}

pub(crate) fn find(text: &str, base: u32, tree: &Tree, into: &mut Vec<Diagnostic>) {
    for node in tree.nodes() {
        let rule = format!("{:?}", node.rule());
        let place = span(base, node.range());
        if into.len() > MISTAKE_LIMIT {
            break;
        }
        if let Some(what) = rule.strip_prefix("missing_") {
            into.push(Diagnostic::error(syntax::MISSING_PART, format!("{what} is missing"), place, ""));
        } else if rule.starts_with("wrong_") || rule.starts_with("stray_") || rule.starts_with("bad_") {
            let found = text.get(node.range()).unwrap_or_default().lines().next().unwrap_or_default();
            into.push(Diagnostic::error(
                syntax::UNEXPECTED,
                format!("`{found}` does not belong here"),
                place,
                "",
            ));
        }
    }
    let _ = Rule::file;
}

pub(crate) fn in_order(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.sort_by_key(Diagnostic::span);
    diagnostics.truncate(MISTAKE_LIMIT);
    diagnostics
}
