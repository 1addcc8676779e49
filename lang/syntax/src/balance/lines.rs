//! The tokens that the grammar sees, with the layout around them.

use crate::token::{Kind, Token};

/// A token that the grammar sees.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) kind: Kind,
    /// Its index among all tokens.
    pub(super) token: usize,
    /// Its line, from 0.
    pub(super) line: u32,
    /// How far its line is indented, in bytes.
    pub(super) indent: u32,
    /// Where it begins in its line, in bytes.
    pub(super) column: u32,
    /// Whether it is the first of its line.
    pub(super) first: bool,
}

/// All of them, in order.
pub(super) fn seen(text: &str, tokens: &[Token]) -> Vec<Seen> {
    let mut found = Vec::with_capacity(tokens.len() / 2);
    let (mut line, mut indent, mut column, mut first) = (0, 0, 0, true);
    for (at, token) in tokens.iter().enumerate() {
        let written = text.get(token.range.clone()).unwrap_or_default();
        if token.kind.symbol().is_some() {
            if first {
                indent = column;
            }
            found.push(Seen { kind: token.kind, token: at, line, indent, column, first });
            first = false;
        }
        if let Some(end) = written.rfind('\n') {
            line += written.bytes().filter(|byte| *byte == b'\n').count() as u32;
            column = (written.len() - end - 1) as u32;
            first = true;
        } else {
            column += written.len() as u32;
        }
    }
    found
}

/// Where declarations begin: keywords of declarations at the left edge that are no labels.
pub(super) fn declarations(seen: &[Seen]) -> Vec<usize> {
    let begins = |at: &usize| {
        let Some(token) = seen.get(*at) else { return false };
        let is_label = seen.get(at + 1).is_some_and(|next| next.kind == Kind::Colon);
        token.first && token.indent == 0 && token.kind.declares() && !is_label
    };
    (0..seen.len()).filter(begins).collect()
}
