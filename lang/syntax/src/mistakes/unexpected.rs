//! What cannot be read where it stands.

use mainstay_diagnostics::{Diagnostic, codes::syntax};

use super::names::{keyword_of_others, nearest_keyword};
use super::{Reporter, begins_line};
use crate::grammar::Rule;
use crate::lower::unit_of;
use crate::token::Kind;
use crate::tree::Node;

/// For who writes in the form of another tool.
const DECLARATIONS: &str = "a file is `edition 2026`, the root then `policy NAME`, and declarations such as `source NAME = files { roots: [\"/srv\"] }`";

impl Reporter<'_> {
    pub(super) fn unexpected(&self, node: Node<'_>, parents: &[Node<'_>]) -> Option<Diagnostic> {
        Some(match node.rule() {
            Rule::bad_item => self.begins_nothing(node, "no declaration begins so"),
            Rule::bad_statement | Rule::bad_entry if self.quoted_key(node).is_some() => {
                return self.quoted_key(node);
            }
            Rule::bad_argument | Rule::junk if self.bare_path(node).is_some() => return self.bare_path(node),
            Rule::bad_statement => self.begins_nothing(node, "no statement begins so"),
            Rule::unknown_block => self.unknown_keyword(node, "no block has this name"),
            Rule::wrong_body if self.is_opened_within(parents) => return None,
            Rule::wrong_body => self.body_after_call(node, parents),
            Rule::bad_entry => self.bad_entry(node, parents),
            Rule::junk if parents.last().is_some_and(|parent| parent.rule() == Rule::paren) => {
                self.no_callee(parents)?
            }
            Rule::bad_argument | Rule::junk if node.first_kind() == Some(Kind::TypeName) => {
                let (span, word) = self.first_of(node);
                let small = word.to_ascii_lowercase();
                self.out_of_place(node, "nothing stands here that could be read so")
                    .help("a value begins with a small letter")
                    .fix(format!("write `{small}`"), span, small, true)
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
        let known = self.split_before(node).or_else(|| self.block_without_keyword(node));
        if let Some(found) = known.or_else(|| self.arrows_of_others(node)) {
            return found;
        }
        let word = self.first_of(node).1;
        let followed = node.tokens().nth(1).map(|token| token.kind);
        let could_be_keyword = node.first_kind() == Some(Kind::Name)
            && (nearest_keyword(word).is_some() || keyword_of_others(word).is_some());
        match followed {
            Some(Kind::Name | Kind::OpenBrace) if could_be_keyword => self.unknown_keyword(node, label),
            _ if node.rule() == Rule::bad_item => self.out_of_place(node, label).help(DECLARATIONS),
            _ => self.out_of_place(node, label),
        }
    }

    /// `(acquire: a, release: b) {` on a line of its own: arguments of a block, and braces behind them.
    fn block_without_keyword(&self, node: Node<'_>) -> Option<Diagnostic> {
        if node.rule() != Rule::bad_statement || node.first_kind() != Some(Kind::OpenBrace) {
            return None;
        }
        let open = self.opening_of(node.start().checked_sub(1)?)?;
        let span = self.span(self.tree.seen(open)?.range());
        let message = "these brackets and braces belong to no block";
        let found = Diagnostic::error(syntax::MISSING_PART, message, span, "a keyword is missing before it");
        begins_line(self.text, self.tree, open).then_some(found)
    }

    /// The bracket that the one at this place closes.
    pub(super) fn opening_of(&self, close: u32) -> Option<u32> {
        let mut depth = 0_usize;
        for at in (0..=close).rev() {
            match self.tree.seen(at)?.kind {
                Kind::CloseRound => depth += 1,
                Kind::OpenRound => depth = depth.checked_sub(1)?,
                _ => {}
            }
            if depth == 0 {
                return (at < close).then_some(at);
            }
        }
        None
    }

    /// `within: 5 min`: the unit is what could not be read.
    pub(super) fn split_before(&self, node: Node<'_>) -> Option<Diagnostic> {
        let left = node.start().checked_sub(1)?;
        if let Some(found) = self.second_half(node.start()) {
            return Some(found);
        }
        let is_number = self.tree.seen(left).is_some_and(|token| token.kind == Kind::Number);
        let unit = self.first_of(node).1;
        (is_number && unit_of(unit).is_some()).then(|| self.split_literal(left, node.start()))
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

    /// `bracketacquire: a, release: b) { .. }`: its bracket is told already.
    fn is_opened_within(&self, parents: &[Node<'_>]) -> bool {
        let call = parents.last().and_then(|call| call.tokens().nth(1));
        call.is_some_and(|token| matches!(token.kind, Kind::MissingOpen(_)))
    }

    /// `paralel(limit: 1) { .. }`.
    fn body_after_call(&self, node: Node<'_>, parents: &[Node<'_>]) -> Diagnostic {
        match parents.last() {
            Some(call) => self.unknown_keyword(*call, "no block has this name"),
            None => self.out_of_place(node, ""),
        }
    }
}
