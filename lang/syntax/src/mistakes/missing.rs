//! What is left out.

use mainstay_diagnostics::{Diagnostic, codes::syntax};

use super::{Reporter, begins_line};
use crate::grammar::Rule;
use crate::lower::unit_of;
use crate::token::Kind;
use crate::tree::Node;

/// What to say of a part that is left out.
struct Part {
    message: String,
    label: &'static str,
    help: &'static str,
    insert: &'static str,
}

fn part(message: impl Into<String>, label: &'static str) -> Part {
    Part { message: message.into(), label, help: "", insert: "" }
}

impl Part {
    fn help(self, help: &'static str) -> Self {
        Self { help, ..self }
    }

    /// What mends it, put in at the place.
    fn insert(self, insert: &'static str) -> Self {
        Self { insert, ..self }
    }
}

impl Reporter<'_> {
    pub(super) fn missing(&self, node: Node<'_>, parents: &[Node<'_>]) -> Option<Diagnostic> {
        match node.rule() {
            Rule::missing_comma => return self.missing_comma(node, parents),
            Rule::missing_value => {
                if let Some(found) = self.no_value(node.start(), parents) {
                    return Some(found);
                }
            }
            Rule::missing_colon => {
                // `within: 2 hours`, and below it a statement that was read as the value of `hours`.
                let split = |field: &Node<'_>| {
                    self.split_before(*field).filter(|_| !begins_line(self.text, self.tree, field.start()))
                };
                let field = parents.last();
                if field.is_some_and(|field| self.is_behind_bare_close(field.start())) {
                    return None;
                }
                if let Some(found) = field.and_then(|field| self.modifier_of_a_state(*field, parents)) {
                    return Some(found);
                }
                let known = field.and_then(|field| split(field).or_else(|| self.no_branch(*field)));
                if known.is_some() {
                    return known;
                }
            }
            // `on failure: notify(..)`
            Rule::missing_arrow
                if self.tree.seen(node.start() + 1).is_some_and(|it| it.kind == Kind::Colon) =>
            {
                return self.bare_close(node.start() - 1, node.start() + 1);
            }
            _ => {}
        }
        if node.rule() == Rule::missing_in && self.token_text(node.start()) == "of" {
            return Some(self.of_for_in(node.start()));
        }
        let keyword = parents.last().map_or("", |parent| self.first_of(*parent).1);
        let part = match node.rule() {
            Rule::missing_name => missing_name(keyword, node, parents.last().copied()),
            Rule::missing_value => self.missing_value(node, parents),
            rule => missing_word(rule, keyword).or_else(|| missing_mark(rule, keyword))?,
        };
        let place = self.span_of(node);
        let mut diagnostic = Diagnostic::error(syntax::MISSING_PART, part.message, place, part.label);
        if !part.help.is_empty() {
            diagnostic = diagnostic.help(part.help);
        }
        if !part.insert.is_empty() {
            diagnostic = diagnostic.fix(format!("insert `{}`", part.insert.trim()), place, part.insert, true);
        }
        Some(diagnostic)
    }

    fn missing_value(&self, node: Node<'_>, parents: &[Node<'_>]) -> Part {
        let (Some(parent), false) = (parents.last(), node.start() == 0) else {
            return part("a value is missing", "");
        };
        let message = match parent.rule() {
            Rule::field | Rule::arg | Rule::labelled_element => {
                format!("`{}` has no value", self.token_text(parent.start()))
            }
            Rule::thing | Rule::let_decl | Rule::step => {
                format!("`{}` has no value", self.token_text(parent.start() + 1))
            }
            _ => format!("a value is missing after `{}`", self.token_text(node.start() - 1)),
        };
        part(message, "a value is missing")
    }

    /// Two things side by side in brackets: a comma is missing, or a colon, or a blank is too much.
    fn missing_comma(&self, node: Node<'_>, parents: &[Node<'_>]) -> Option<Diagnostic> {
        let (left, right) = (node.start().saturating_sub(1), node.start());
        if self.is_bare_label(right, parents) {
            return Some(self.bare_label(right));
        }
        // Told where it begins.
        if self.is_bare_label(left, parents) {
            return None;
        }
        let (before, after) = (self.token_text(left), self.token_text(right));
        let kind = |at| self.tree.seen(at).map(|token| token.kind);
        if kind(left) == Some(Kind::Number) && unit_of(after).is_some() {
            return Some(self.split_literal(left, right));
        }
        if let Some(found) = self.second_half(right) {
            return Some(found);
        }
        let place = self.span_of(node);
        let message = format!("`{before}` and `{after}` stand side by side");
        let diagnostic = Diagnostic::error(syntax::SEPARATOR, message, place, "`,` is missing");
        let is_word = |at| kind(at).is_some_and(Kind::is_word);
        let in_list = parents.last().is_some_and(|parent| parent.rule() == Rule::list);
        let could_be_label = !in_list && is_word(left) && kind(right + 1) != Some(Kind::Colon);
        let diagnostic = diagnostic.fix("insert `,`", place, ",", !could_be_label);
        // A keyword begins what stands below, and is the value of no label.
        let is_value = |it: Kind| !it.is_keyword() || matches!(it, Kind::Not | Kind::True | Kind::False);
        if could_be_label && kind(right).is_none_or(is_value) {
            return Some(diagnostic.fix("insert `:`", place, ":", false));
        }
        Some(diagnostic)
    }

    /// `state asking { do: approval(from: duty) within 2h .. }`: a state has no modifiers.
    fn modifier_of_a_state(&self, field: Node<'_>, parents: &[Node<'_>]) -> Option<Diagnostic> {
        let in_state = parents.iter().rev().skip(1).take(2).any(|parent| parent.rule() == Rule::state);
        let (span, word) = self.first_of(field);
        if !in_state || !matches!(field.first_kind(), Some(Kind::Within | Kind::Undo | Kind::After)) {
            return None;
        }
        let message = format!("`{word}` does not belong here");
        let found = Diagnostic::error(syntax::UNEXPECTED, message, span, "a state is no step");
        Some(if field.first_kind() == Some(Kind::Within) {
            found.help("hand it to what the state does: `do: hook([\"./load\"], within: 2h)`")
        } else {
            found
        })
    }

    /// `for x of [a, b]`.
    fn of_for_in(&self, of: u32) -> Diagnostic {
        let span = self.span(self.tree.seen(of).map_or(0..0, |token| token.range()));
        Diagnostic::error(syntax::WRONG_MARK, "`of` stands where `in` belongs", span, "").fix(
            "write `in`",
            span,
            "in",
            true,
        )
    }

    /// `5 min`.
    pub(super) fn split_literal(&self, left: u32, right: u32) -> Diagnostic {
        let range = |at| self.tree.seen(at).map_or(0..0, |token| token.range());
        let span = self.span(range(left).start..range(right).end);
        let word = self.token_text(right);
        let whole = format!("{}{}", self.token_text(left), unit_of(word).unwrap_or(word));
        let message = "a literal has no blank in it";
        Diagnostic::error(syntax::BAD_LITERAL, message, span, "").fix(
            format!("write `{whole}`"),
            span,
            whole,
            true,
        )
    }
}

/// The name of what the keyword declares, or one that stands in a place of its own.
fn missing_name(keyword: &str, node: Node<'_>, parent: Option<Node<'_>>) -> Part {
    match parent.map(Node::rule) {
        Some(Rule::path) => part("a name is missing after `.`", ""),
        Some(Rule::for_objective) => part("`for` names no objective", "a name is missing"),
        Some(Rule::transition) => part("this transition leads nowhere", "a state is missing"),
        Some(Rule::moved) => part("`moved` needs two names", "a name is missing").help("`moved old => new`"),
        Some(Rule::final_state) if node.start() > parent.map_or(0, |parent| parent.start() + 1) => {
            part("this end has no outcome", "`ok` or `failed` is missing").help("`final done = ok`")
        }
        _ => nameless(keyword),
    }
}

fn nameless(keyword: &str) -> Part {
    part(format!("`{keyword}` has no name"), "a name is missing")
}

/// What stands behind a keyword.
fn missing_word(rule: Rule, keyword: &str) -> Option<Part> {
    Some(match rule {
        Rule::missing_declaration => part("this `allow` stands above nothing", "a declaration is missing"),
        Rule::missing_type_name => nameless(keyword),
        Rule::missing_title => {
            part("this test has no title", "a title is missing").help("`test \"what it shows\" { }`")
        }
        Rule::missing_code => {
            part(format!("`{keyword}` names no code"), "a code is missing").help("a code is `W1203`")
        }
        Rule::missing_reason => part("this `allow` gives no reason", "a reason is missing")
            .help("a silencer says why: `allow W1203 \"lab data, nobody restores it\" until 2027-01-31`"),
        Rule::missing_date => {
            part("`until` names no date", "a date is missing").help("a date is `2027-01-31`")
        }
        Rule::missing_edition => part("`edition` names no edition", "the year is missing").insert(" 2026"),
        Rule::missing_path => part("`use` names no module", "a module is missing")
            .help("`use std.pipelines.protect`, or a file in quotes"),
        Rule::missing_alias => part("a file that is used gets a name", "`as` and a name are missing")
            .help("`use \"house.stay\" as house`"),
        Rule::missing_operand => part("one side is missing here", "a value is missing"),
        _ => return None,
    })
}

/// Marks, brackets, and what stands behind a mark.
fn missing_mark(rule: Rule, keyword: &str) -> Option<Part> {
    Some(match rule {
        Rule::missing_as => {
            part("a file that is used gets a name with `as`", "`as` is missing").insert(" as")
        }
        Rule::missing_equal => part("a value is bound to a name with `=`", "`=` is missing").insert(" ="),
        Rule::missing_colon => part("a field is `key: value`", "`:` is missing").insert(":"),
        Rule::missing_arrow => part("a transition needs an arrow", "`->` is missing").insert(" ->"),
        Rule::missing_fat_arrow => {
            part("`moved` needs an arrow", "`=>` is missing").help("`moved old => new`").insert(" =>")
        }
        Rule::missing_greater => part("`<` is not closed", "`>` is missing").insert(">"),
        Rule::missing_in => {
            part("`for` needs a list", "`in` is missing").help("`for x in [a, b] { }`").insert(" in")
        }
        Rule::missing_type => part("a type is missing", "")
            .help("`Duration`, `Text?`, `List<Source>`, `\"staging\" | \"production\"`"),
        Rule::missing_result => {
            part("this pipeline does not say what it gives", "`->` and a type are missing")
                .help("`-> Verified`")
        }
        Rule::missing_params => part(format!("`{keyword}` has no parameters"), "`( )` is missing")
            .help("`pipeline p(src: Source) -> Stored`"),
        Rule::missing_body => part(format!("`{keyword}` has no braces"), "`{ }` is missing")
            .help("what it holds stands in braces: `{ .. }`"),
        _ => return None,
    })
}
