//! What stands before the entries of brackets, open or on one line, and where their commas go.

use super::{Key, Plan};
use crate::format::spacing::Gap;
use crate::grammar::Rule;
use crate::token::Kind;
use crate::tree::Node;

impl Plan<'_> {
    pub(super) fn brackets(&mut self, node: Node<'_>, indent: u32) {
        let entries: Vec<Node<'_>> = node.children().collect();
        self.drop_commas(node, &entries);
        self.gap_before(node);
        if self.open.contains(&node.start()) {
            self.opened(node, &entries, indent);
        } else {
            self.closed(node, &entries);
        }
        let inner = if self.open.contains(&node.start()) { indent + 1 } else { indent };
        for entry in entries {
            self.node(entry, inner);
        }
    }

    fn drop_commas(&mut self, node: Node<'_>, entries: &[Node<'_>]) {
        let ends = entries.iter().map(|entry| entry.end());
        let starts = entries.iter().skip(1).map(|entry| entry.start()).chain([node.end().saturating_sub(1)]);
        for (end, start) in ends.zip(starts) {
            for at in end..start {
                if let Some(slot) = self.dropped.get_mut(at as usize) {
                    *slot = true;
                }
                self.gap(at, Gap::None);
            }
        }
    }

    /// Arguments and indices stand right behind what they belong to.
    fn gap_before(&mut self, node: Node<'_>) {
        let alias = node.start().checked_sub(2).and_then(|at| self.kind(at)) == Some(Kind::As);
        match node.rule() {
            Rule::args | Rule::params if !alias => self.gap(node.start(), Gap::None),
            Rule::index | Rule::use_names => self.gap(node.start(), Gap::None),
            _ => {}
        }
    }

    fn put_comma(&mut self, entry: Node<'_>) {
        if let Some(slot) = self.comma_behind.get_mut(entry.end().saturating_sub(1) as usize) {
            *slot = true;
        }
    }

    /// One entry on a line. In `( )` and `[ ]` each has its comma, in `{ }` the line is enough.
    fn opened(&mut self, node: Node<'_>, entries: &[Node<'_>], indent: u32) {
        let is_brace = self.kind(node.start()) == Some(Kind::OpenBrace);
        let aligned = node.rule() == Rule::body || self.is_of_promise(node);
        for entry in entries {
            self.gap(entry.start(), Gap::Entry(indent + 1));
            if !is_brace {
                self.put_comma(*entry);
            }
            if aligned && entry.rule() == Rule::field {
                let value = entry.child(Rule::label).map(|label| label.end());
                self.mark(value.unwrap_or(entry.start()), Key::Value, *entry);
            }
        }
        self.gap(node.end().saturating_sub(1), Gap::Line(indent));
    }

    fn is_of_promise(&self, node: Node<'_>) -> bool {
        let before = node.start().checked_sub(2).and_then(|at| self.kind(at));
        matches!(before, Some(Kind::Objective | Kind::Pool | Kind::Estate))
    }

    /// All on one line; or, in `( )` and `[ ]`, below each other where the author broke between them.
    fn closed(&mut self, node: Node<'_>, entries: &[Node<'_>]) {
        let is_brace = self.kind(node.start()) == Some(Kind::OpenBrace);
        let edge = if is_brace && node.rule() != Rule::use_names { Gap::Blank } else { Gap::None };
        self.gap(node.end().saturating_sub(1), if entries.is_empty() { Gap::None } else { edge });
        let mut before: Option<Node<'_>> = None;
        for entry in entries {
            let gap = match before {
                None => edge,
                Some(before) if is_field(before) && is_field(*entry) => {
                    self.put_comma(before);
                    self.hang_or_blank(node, *entry, is_brace)
                }
                Some(_) => Gap::Wide,
            };
            self.gap(entry.start(), gap);
            before = Some(*entry);
        }
    }

    fn hang_or_blank(&self, node: Node<'_>, entry: Node<'_>, is_brace: bool) -> Gap {
        if !is_brace && self.begins_line(entry.start()) { Gap::Hang(node.start()) } else { Gap::Blank }
    }
}

/// Statements in braces on one line are set apart by blanks, all else by commas.
fn is_field(entry: Node<'_>) -> bool {
    entry.rule() != Rule::item && !entry.is_statement()
}
