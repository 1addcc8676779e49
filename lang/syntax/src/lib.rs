//! The grammar, the lossless tree, the typed view of it, and the formatter.
//!
//! Text becomes tokens (`lex.rs`, no further than `depth.rs` allows), their brackets are matched (`balance.rs`), the grammar makes a tree of them
//! (`grammar.pest`), and from the tree come the typed view ([`ast`]), the diagnostics and the formatted text. None of
//! the steps can fail: every text has a tree, and one run reports every mistake.

use mainstay_diagnostics::{Diagnostic, FileId, SourceMap, Span};

pub mod ast;
mod balance;
mod depth;
mod format;
mod grammar;
mod layout;
mod lex;
mod lower;
mod mistakes;
mod token;
mod tree;

pub use format::{HasMistakes, LINE_WIDTH_COLUMNS, format};
pub use lex::tokens;
pub use token::{Bracket, KEYWORDS, Kind, Token};
pub use tree::Tree;

/// A larger file is not read. A policy of ten thousand workflows is a tenth of it; offsets of all files of one
/// compilation must fit into 32 bits.
pub const FILE_SIZE_LIMIT_BYTES: usize = 16 << 20;

/// Deeper brackets, or more operators beside each other in one expression, are an error: every later pass over the
/// tree is recursive, and its stack must suffice.
pub const NESTING_LIMIT: usize = 128;

/// After so many mistakes of one file the others are left out: the file is then no policy, and each diagnostic has a
/// cost in memory that its mistake, of one byte, does not have.
pub const MISTAKE_LIMIT: usize = 500;

/// What one file gave.
#[derive(Debug)]
pub struct Parsed {
    /// The lossless tree.
    pub tree: Tree,
    /// The typed view.
    pub file: ast::File,
    /// Every mistake in how it is written, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a file of the map. Never fails; a file that the map does not have is an empty one.
pub fn parse(map: &SourceMap, file: FileId) -> Parsed {
    let (text, base) = map.file(file).map_or(("", 0), |file| (&*file.text, file.start));
    let whole = Span::new(base, base + text.len() as u32);
    if text.len() > FILE_SIZE_LIMIT_BYTES {
        return unread(whole, tree::Tree::unread(Vec::new()), mistakes::file_too_large(base, text.len()));
    }
    let (tokens, too_deep) = depth::tokens(text);
    if let Some(place) = too_deep {
        return unread(whole, tree::Tree::unread(tokens), mistakes::nested_too_deeply(base, place));
    }
    if let Some(conflict) = mistakes::unmerged(text, base) {
        return unread(whole, tree::Tree::unread(tokens), conflict);
    }
    let balanced = balance::balance(text, layout::marked(text, tokens));
    if let Some(place) = balanced.too_deep {
        let tree = tree::Tree::unread(balanced.tokens);
        return unread(whole, tree, mistakes::nested_too_deeply(base, place));
    }
    if balanced.gave_up {
        let tree = tree::Tree::of_tokens(balanced.tokens);
        let diagnostics = mistakes::of_brackets(text, base, &tree, &balanced.mistakes);
        return Parsed { tree, file: no_file(whole), diagnostics };
    }
    let tree = grammar::parse(balanced.tokens);
    let (file, diagnostics) = understood(text, base, &tree, &balanced.mistakes);
    Parsed { tree, file, diagnostics }
}

/// The typed view and every mistake. Of a file with more mistakes than are told of nothing is understood: it is no
/// policy, and the view of it would be the largest part of what it costs.
fn understood(
    text: &str,
    base: u32,
    tree: &Tree,
    brackets: &[balance::BracketMistake],
) -> (ast::File, Vec<Diagnostic>) {
    let reporter = mistakes::Reporter::new(text, base, tree);
    let found = reporter.find(brackets);
    if found.len() > MISTAKE_LIMIT {
        let whole = Span::new(base, base + text.len() as u32);
        return (no_file(whole), mistakes::first_of(reporter.settled(found, &[])));
    }
    let mut lower = lower::Lower::new(text, tree, base);
    let file = lower.file();
    let settled = reporter.settled(found, &lower.diagnostics);
    let mut diagnostics = lower.diagnostics;
    diagnostics.extend(settled);
    (file, mistakes::in_order(diagnostics))
}

/// A file that is refused as a whole: nothing of it is understood.
fn unread(span: Span, tree: Tree, diagnostic: Diagnostic) -> Parsed {
    Parsed { tree, file: no_file(span), diagnostics: vec![diagnostic] }
}

fn no_file(span: Span) -> ast::File {
    ast::File { docs: Vec::new(), items: Vec::new(), span }
}

#[cfg(test)]
mod tests;
