//! What is right by itself and stands in the wrong order.

use mainstay_diagnostics::{Diagnostic, Span, codes::syntax};

use super::shortened::is_branch;
use super::{Reporter, begins_line};
use crate::MISTAKE_LIMIT;
use crate::grammar::Rule;
use crate::token::Kind;
use crate::tree::Node;

impl Reporter<'_> {
    pub(super) fn of_order(&self) -> Vec<Diagnostic> {
        let mut found: Vec<Diagnostic> = self.edition_first().into_iter().collect();
        // Where what could not be read ends, and where the call behind it does, which is the rest of that: what looks
        // like a modifier of that call is not late.
        let (mut unread, mut rest) = (None, 0);
        for node in self.tree.nodes() {
            if found.len() > MISTAKE_LIMIT {
                break;
            }
            match node.rule() {
                Rule::bad_statement => unread = Some(node.end()),
                Rule::do_statement if unread == Some(node.start()) => rest = node.end(),
                Rule::modifier if node.start() < rest => {}
                Rule::record | Rule::body => {
                    found.extend(self.finally_as_a_field(node));
                    found.extend(self.entries(node));
                }
                Rule::step | Rule::do_statement => found.extend(self.modifiers(node)),
                Rule::modifier if node.child(Rule::stray_colon).is_some() && self.is_late_field(&[node]) => {
                    found.push(self.late(node, 2));
                }
                _ => {}
            }
        }
        found
    }

    /// Every file begins with its edition: all else is read by its rules.
    fn edition_first(&self) -> Option<Diagnostic> {
        let place = Span::new(self.base, self.base);
        let mut items = self.tree.roots().map(declaration_of);
        let edition = items.clone().position(|item| item.rule() == Rule::edition);
        let first = items.next();
        match edition {
            Some(0) => self.known_edition(first?),
            Some(_) => {
                let late = items.find(|item| item.rule() == Rule::edition)?;
                let message = "`edition` stands first in its file";
                Some(Diagnostic::error(
                    syntax::MISSING_EDITION,
                    message,
                    self.span_of(late),
                    "all above is read by its rules",
                ))
            }
            // What could not be read at the very start may have been it.
            None if first.is_some_and(|first| first.rule() == Rule::bad_item) => None,
            None => Some(
                Diagnostic::error(syntax::MISSING_EDITION, "this file does not say its edition", place, "")
                    .help("begin it with `edition 2026`")
                    .fix("insert `edition 2026`", place, "edition 2026\n", true),
            ),
        }
    }

    fn known_edition(&self, edition: Node<'_>) -> Option<Diagnostic> {
        let year = edition.child(Rule::number)?;
        let text = self.text_of(year);
        if text == "2026" {
            return None;
        }
        let message = format!("there is no edition `{text}`");
        Some(
            Diagnostic::error(syntax::MISSING_EDITION, message, self.span_of(year), "")
                .help("the edition of this version is `2026`; a newer one needs a newer `mainstay`")
                .fix("write `2026`", self.span_of(year), "2026", false),
        )
    }

    /// `finally: hook([..])` in a body, each of them.
    fn finally_as_a_field(&self, braces: Node<'_>) -> Vec<Diagnostic> {
        let fields = braces.children().filter(|field| braces.rule() == Rule::body && is_finally_field(field));
        fields.filter_map(|field| self.bare_close(field.start(), field.start() + 1)).collect()
    }

    /// Spreads, then fields, then statements.
    fn entries(&self, braces: Node<'_>) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        let (mut reached, mut unread, mut closes) = (0, false, false);
        for entry in braces.children() {
            // A call behind what could not be read is the rest of that.
            let is_rest = std::mem::replace(&mut unread, entry.rule() == Rule::bad_statement);
            // And so is what stands in the line of a `finally:` behind its call.
            let is_behind = std::mem::replace(&mut closes, is_finally_field(&entry));
            if is_behind && !begins_line(self.text, self.tree, entry.start()) {
                closes = true;
                continue;
            }
            let rank = match entry.rule() {
                Rule::field if is_branch(self.first_of(entry).1) => continue,
                Rule::spread => 1,
                Rule::field if braces.rule() == Rule::body && is_finally_field(&entry) => continue,
                Rule::field => 2,
                Rule::do_statement if is_rest => continue,
                Rule::statement if is_rest && entry.child(Rule::do_statement).is_some() => continue,
                _ if entry.is_statement() => 3,
                _ => continue,
            };
            // The first of them is enough: what makes it late makes the others late.
            if rank < reached {
                found.push(self.late(entry, rank));
                break;
            }
            reached = rank;
        }
        found
    }

    fn late(&self, entry: Node<'_>, rank: u8) -> Diagnostic {
        let (span, word) = self.first_of(entry);
        let (message, label) = match rank {
            1 => ("a spread stands first in its braces".to_owned(), "fields stand above it"),
            _ => (format!("`{word}` stands after a statement"), "fields stand before all statements"),
        };
        Diagnostic::error(syntax::WRONG_ORDER, message, span, label).help("move it up")
    }

    /// `after`, `when`, `within`, `undo`, each once.
    fn modifiers(&self, step: Node<'_>) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        let mut reached = 0;
        for modifier in step.children().filter(|child| child.rule() == Rule::modifier) {
            let rank = match modifier.first_kind() {
                Some(Kind::After) => 1,
                Some(Kind::When) => 2,
                Some(Kind::Within) => 3,
                _ => 4,
            };
            if rank <= reached {
                let (span, word) = self.first_of(modifier);
                let message = match rank == reached {
                    true => format!("`{word}` is said twice"),
                    false => format!("`{word}` stands too late"),
                };
                let label = "the order is `after`, `when`, `within`, `undo`";
                found.push(Diagnostic::error(syntax::WRONG_ORDER, message, span, label));
            }
            reached = reached.max(rank);
        }
        found
    }
}

fn declaration_of(item: Node<'_>) -> Node<'_> {
    item.children()
        .find(|child| child.rule() != Rule::allow)
        .filter(|_| item.rule() == Rule::item)
        .unwrap_or(item)
}

/// A field whose key is `finally`: a block is meant.
fn is_finally_field(entry: &Node<'_>) -> bool {
    entry.rule() == Rule::field && entry.first_kind() == Some(Kind::Finally)
}
