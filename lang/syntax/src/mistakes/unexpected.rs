//! What cannot be read where it stands.

use mainstay_diagnostics::{Diagnostic, codes::syntax};

use super::Reporter;
use super::names::nearest_keyword;
use crate::grammar::Rule;
use crate::lower::is_unit;
use crate::token::Kind;
use crate::tree::Node;

impl Reporter<'_> {
    pub(super) fn unexpected(&self, node: Node<'_>, parents: &[Node<'_>]) -> Option<Diagnostic> {
        Some(match node.rule() {
            Rule::bad_item => self.begins_nothing(node, "no declaration begins so"),
            Rule::bad_statement => self.begins_nothing(node, "no statement begins so"),
            Rule::unknown_block => self.unknown_keyword(node, "no block has this name"),
            Rule::wrong_body => self.body_after_call(node, parents),
            Rule::bad_entry => self.bad_entry(node, parents),
            Rule::junk if parents.last().is_some_and(|parent| parent.rule() == Rule::paren) => {
                self.no_callee(parents)?
            }
            Rule::bad_argument | Rule::junk => {
                self.out_of_place(node, "nothing stands here that could be read so")
            }
            Rule::labelled_element => {
                let (span, word) = self.first_of(node);
                let message = format!("`{word}:` stands in a list");
                Diagnostic::error(syntax::UNEXPECTED, message, span, "what is in a list has no label")
            }
            Rule::misplaced_item => {
                let (span, word) = self.first_of(node);
                let message = format!("`{word}` is declared inside braces");
                Diagnostic::error(
                    syntax::MISPLACED,
                    message,
                    span,
                    "declarations stand beside each other, not in each other",
                )
                .help("move it out of the braces")
            }
            _ => return None,
        })
    }

    /// A word that looks like a keyword is taken for one; else the first token does not belong there.
    fn begins_nothing(&self, node: Node<'_>, label: &str) -> Diagnostic {
        if let Some(split) = self.split_before(node) {
            return split;
        }
        let word = self.first_of(node).1;
        let followed = node.tokens().nth(1).map(|token| token.kind);
        let could_be_keyword = node.first_kind() == Some(Kind::Name) && nearest_keyword(word).is_some();
        match followed {
            Some(Kind::Name | Kind::OpenBrace) if could_be_keyword => self.unknown_keyword(node, label),
            _ => self.out_of_place(node, label),
        }
    }

    /// `within: 5 min`: the unit is what could not be read.
    fn split_before(&self, node: Node<'_>) -> Option<Diagnostic> {
        let left = node.start().checked_sub(1)?;
        let is_number = self.tree.seen(left).is_some_and(|token| token.kind == Kind::Number);
        let unit = self.first_of(node).1;
        (is_number && is_unit(unit)).then(|| self.split_literal(left, node.start()))
    }

    /// `(home, to: shelf)`: brackets with arguments, and nothing before them.
    fn no_callee(&self, parents: &[Node<'_>]) -> Option<Diagnostic> {
        let (span, _) = self.first_of(*parents.last()?);
        let message = "these brackets hold arguments, and nothing is called";
        Some(Diagnostic::error(syntax::MISSING_PART, message, span, "a name is missing before it"))
    }

    fn bad_entry(&self, node: Node<'_>, parents: &[Node<'_>]) -> Diagnostic {
        let record = parents.last().filter(|parent| parent.rule() == Rule::record);
        if let (Some(record), Some(Kind::Step | Kind::For | Kind::Parallel)) = (record, node.first_kind()) {
            let message = "these braces hold fields, and a statement stands in them";
            return Diagnostic::error(
                syntax::UNEXPECTED,
                message,
                self.first_of(*record).0,
                "no block begins here",
            )
            .label(self.first_of(node).0, "this is a statement");
        }
        if let Some(split) = self.split_before(node) {
            return split;
        }
        self.out_of_place(node, "a field is `key: value`")
    }

    fn out_of_place(&self, node: Node<'_>, label: &str) -> Diagnostic {
        let (span, word) = self.first_of(node);
        let word = word.lines().next().unwrap_or_default();
        Diagnostic::error(syntax::UNEXPECTED, format!("`{word}` does not belong here"), span, label)
    }

    /// `paralel(limit: 1) { .. }`.
    fn body_after_call(&self, node: Node<'_>, parents: &[Node<'_>]) -> Diagnostic {
        match parents.last() {
            Some(call) => self.unknown_keyword(*call, "no block has this name"),
            None => self.out_of_place(node, ""),
        }
    }
}
