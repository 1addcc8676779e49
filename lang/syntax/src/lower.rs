//! From the lossless tree to the typed view of `ast.rs`.
//!
//! What is missing becomes absent or [`Expr::Missing`](crate::ast::Expr::Missing); the mistakes in the tree itself are
//! reported by `mistakes.rs`. Here only literals report, because here they are read.

use std::ops::Range;

use mainstay_diagnostics::{Diagnostic, Span};

use crate::MISTAKE_LIMIT;
use crate::ast::{File, Ident, Path};
use crate::grammar::Rule;
use crate::token::{Kind, Token, is_quote};
use crate::tree::{Node, Nodes, Tree};

mod body;
mod expr;
mod items;
mod literal;
mod text;
mod types;

pub(crate) use literal::{one_unit, unit_of};

/// Reads one file.
pub(crate) struct Lower<'t> {
    text: &'t str,
    tree: &'t Tree,
    base: u32,
    /// Operators around what is being read.
    operators: usize,
    /// What was wrong with literals, without those of which nobody reads.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl<'t> Lower<'t> {
    /// A reader of this tree over this text, whose first byte has the global offset `base`.
    pub(crate) fn new(text: &'t str, tree: &'t Tree, base: u32) -> Self {
        Self { text, tree, base, operators: 0, diagnostics: Vec::new() }
    }

    /// The whole file.
    pub(crate) fn file(&mut self) -> File {
        let is_doc = |token: &&Token| token.kind == Kind::FileDoc;
        let docs = self.tree.tokens().iter().filter(is_doc).map(|token| self.doc_text(token)).collect();
        let items = self.items(self.tree.roots());
        File { docs, items, span: self.range_span(0..self.text.len()) }
    }

    /// One more than are told of is enough to know that there are more.
    fn report(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() <= MISTAKE_LIMIT {
            self.diagnostics.push(diagnostic);
        }
    }

    fn slice(&self, range: Range<usize>) -> &'t str {
        self.text.get(range).unwrap_or_default()
    }

    fn node_text(&self, node: Node<'_>) -> &'t str {
        self.slice(node.range())
    }

    fn range_span(&self, range: Range<usize>) -> Span {
        Span::new(self.base + range.start as u32, self.base + range.end as u32)
    }

    fn span(&self, node: Node<'_>) -> Span {
        self.range_span(node.range())
    }

    fn ident(&self, node: Node<'_>) -> Ident {
        Ident { text: self.node_text(node).trim_matches(is_quote).to_owned(), span: self.span(node) }
    }

    fn path(&self, node: Node<'_>) -> Path {
        let words = || node.tokens().filter(|token| token.kind.is_word());
        let mut parts = Vec::with_capacity(words().count());
        parts.extend(words().map(|word| self.token_ident(word)));
        Path { parts, span: self.span(node) }
    }

    fn token_ident(&self, token: &Token) -> Ident {
        Ident { text: self.slice(token.range()).to_owned(), span: self.range_span(token.range()) }
    }

    /// The word that a node begins with: a keyword, or a label.
    fn first_ident(&self, node: Node<'_>) -> Option<Ident> {
        node.tokens().next().map(|token| self.token_ident(token))
    }

    /// The name that is declared here, also one that was written wrongly.
    fn name(&self, node: Node<'_>) -> Option<Ident> {
        node.children().find(|child| is_name(child.rule())).map(|child| self.ident(child))
    }

    /// The `///` lines right above the token that the grammar saw at this place.
    fn docs(&self, seen: u32) -> Vec<String> {
        let index = self.tree.index_of(seen).unwrap_or_default();
        let above = self.tree.tokens().get(..index).unwrap_or_default();
        let mut docs: Vec<String> = above
            .iter()
            .rev()
            .take_while(|token| token.kind.is_trivia())
            .filter(|token| token.kind == Kind::Doc)
            .map(|token| self.doc_text(token))
            .collect();
        docs.reverse();
        docs
    }

    fn doc_text(&self, token: &Token) -> String {
        let text = self.slice(token.range()).get(3..).unwrap_or_default();
        text.strip_prefix(' ').unwrap_or(text).trim_end().to_owned()
    }
}

/// What is read of nodes beside each other. They are counted first: a large file has so many short lists that room
/// which nobody uses would be most of what it costs.
fn each<T>(nodes: Nodes<'_>, read: impl FnMut(Node<'_>) -> Option<T>) -> Vec<T> {
    let mut found = Vec::with_capacity(nodes.clone().count());
    found.extend(nodes.filter_map(read));
    found
}

fn is_name(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::name
            | Rule::dashed_name
            | Rule::type_as_name
            | Rule::keyword_as_name
            | Rule::text_as_name
            | Rule::number_as_name
            | Rule::name_as_type
            | Rule::type_name
    )
}
