//! The tokens that the grammar sees, with the layout around them, one declaration after the other.

use crate::token::{Kind, Token};

/// A token that the grammar sees.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) kind: Kind,
    /// Whether it is the first of its line.
    pub(super) first: bool,
    /// Its index among all tokens.
    pub(super) token: u32,
    /// Its line, from 0.
    pub(super) line: u32,
    /// How far its line is indented, in bytes.
    pub(super) indent: u32,
    /// Where it begins in its line, in bytes.
    pub(super) column: u32,
}

impl Seen {
    /// Declarations begin with a keyword at the left edge; it is a label if a colon follows.
    fn may_declare(self) -> bool {
        self.first && self.indent == 0 && self.kind.declares()
    }
}

/// Walks over the tokens and hands out those of a declaration at a time: of a large file only one declaration is laid
/// out at any time.
pub(super) struct Parts<'t> {
    text: &'t str,
    line: u32,
    indent: u32,
    column: u32,
    first: bool,
    /// Its index among all tokens.
    next: u32,
    part: Vec<Seen>,
}

impl<'t> Parts<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self { text, line: 0, indent: 0, column: 0, first: true, next: 0, part: Vec::new() }
    }

    /// Takes the next token in; gives the declaration that ended before it, or before the token before it.
    pub(super) fn take(&mut self, token: &Token) -> Option<Vec<Seen>> {
        let ended = if token.kind.symbol().is_some() { self.push(token.kind) } else { None };
        self.go_behind(self.text.get(token.range()).unwrap_or_default());
        self.next += 1;
        ended
    }

    /// What is left at the end: a keyword at the very end begins a declaration too.
    pub(super) fn rest(mut self) -> [Vec<Seen>; 2] {
        let last = self.part.pop_if(|last| last.may_declare());
        [self.part, last.into_iter().collect()]
    }

    fn push(&mut self, kind: Kind) -> Option<Vec<Seen>> {
        if self.first {
            self.indent = self.column;
        }
        let declares = if kind == Kind::Colon { None } else { self.part.pop_if(|last| last.may_declare()) };
        let ended = declares.map(|keyword| std::mem::replace(&mut self.part, vec![keyword]));
        let Self { line, indent, column, first, next: token, .. } = *self;
        self.part.push(Seen { kind, first, token, line, indent, column });
        self.first = false;
        ended
    }

    fn go_behind(&mut self, written: &str) {
        if let Some(end) = written.rfind('\n') {
            self.line += written.bytes().filter(|byte| *byte == b'\n').count() as u32;
            self.column = (written.len() - end - 1) as u32;
            self.first = true;
        } else {
            self.column += written.len() as u32;
        }
    }
}
