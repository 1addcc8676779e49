//! Marks that stand where another one belongs, or where none does.

use mainstay_diagnostics::{Diagnostic, codes::syntax};

use super::{Reporter, begins_line, is_dashed_list};
use crate::grammar::Rule;
use crate::token::Kind;
use crate::tree::Node;

impl Reporter<'_> {
    pub(super) fn wrong_mark(&self, node: Node<'_>, parents: &[Node<'_>]) -> Option<Diagnostic> {
        let grandparent = parents.len().checked_sub(2).and_then(|at| parents.get(at)).map(|node| node.rule());
        Some(match node.rule() {
            Rule::wrong_equal => self.instead(node, "=", "a value is bound to a name with `=`"),
            Rule::wrong_colon if grandparent == Some(Rule::field) => self.wrong_colon(node, parents),
            Rule::wrong_colon => self.instead(node, ":", "a label is followed by `:`"),
            Rule::wrong_arrow => self.instead(node, "->", "an arrow is meant here"),
            Rule::wrong_fat_arrow => self.instead(node, "=>", "a name moves with `=>`"),
            Rule::wrong_separator => {
                self.instead(node, ",", "members of an enumeration are separated by commas")
            }
            Rule::wrong_chain => self.instead(node, "|>", "stages are joined by `|>`"),
            Rule::wrong_operator if matches!(grandparent, Some(Rule::step | Rule::do_statement)) => {
                self.joined_steps(node)
            }
            Rule::wrong_operator => self.wrong_operator(node),
            Rule::prefix if node.first_kind() == Some(Kind::Bang) => {
                self.instead(node, "not ", "what is not so is `not`")
            }
            Rule::stray_equal => self.stray(node, "no mark stands here"),
            Rule::stray_colon if self.is_late_field(parents) => return None,
            Rule::stray_colon => self.stray(node, "no `:` stands here: it fills fields only"),
            Rule::stray_comma => self.bare_list(node.start()).unwrap_or_else(|| self.stray_comma(node)),
            Rule::stray_type => {
                let span = self.span_of(node);
                Diagnostic::error(
                    syntax::UNEXPECTED,
                    "a `let` takes its type from its value",
                    span,
                    "no type stands here",
                )
                .fix("take out the type", span, "", true)
            }
            Rule::expr | Rule::unary => return self.dashed_list(node, parents),
            _ => return None,
        })
    }

    fn instead(&self, node: Node<'_>, right: &str, rule: &str) -> Diagnostic {
        let (span, wrong, right) = (self.span_of(node), self.text_of(node), right.trim());
        let message = format!("`{wrong}` stands where `{right}` belongs");
        let replacement = if right == "not" { "not " } else { right };
        Diagnostic::error(syntax::WRONG_MARK, message, span, rule).fix(
            format!("write `{right}`"),
            span,
            replacement,
            true,
        )
    }

    /// `backup = protect(..)` in a body may be a field with the wrong mark, or a step without its keyword.
    fn wrong_colon(&self, node: Node<'_>, parents: &[Node<'_>]) -> Diagnostic {
        let field = parents.iter().rev().find(|parent| parent.rule() == Rule::field);
        let in_body = parents.iter().rev().find(|parent| matches!(parent.rule(), Rule::body | Rule::record));
        let value = field.and_then(|field| field.children().nth(1));
        let is_call =
            value.is_some_and(|value| value.rule() == Rule::expr || value.child(Rule::args).is_some());
        let diagnostic = self.instead(node, ":", "a field is filled by `:`");
        match field {
            Some(field) if is_call && in_body.is_some_and(|body| body.rule() == Rule::body) => {
                self.field_or_step(node, *field)
            }
            Some(field) if in_body.is_some_and(|body| body.rule() == Rule::body) => {
                let mut diagnostic = diagnostic;
                let whole = self.span(field.range().start..node.range().end);
                diagnostic.labels.iter_mut().for_each(|label| label.span = whole);
                diagnostic
            }
            _ => diagnostic,
        }
    }

    fn field_or_step(&self, mark: Node<'_>, field: Node<'_>) -> Diagnostic {
        let (start, wrong) = (field.range().start, self.text_of(mark));
        let message = format!("`{wrong}` stands where `:` belongs, or `step` is missing");
        let span = self.span(start..mark.range().end);
        Diagnostic::error(syntax::WRONG_MARK, message, span, "neither a field nor a step")
            .help("a step begins with `step`, a field is `key: value`")
            .fix("write `:`", self.span_of(mark), ":", false)
            .fix("insert `step`", self.span(start..start), "step ", false)
    }

    /// `protect(..) && hook(..)`, as in a shell.
    fn joined_steps(&self, node: Node<'_>) -> Diagnostic {
        let help = match node.first_kind() {
            Some(Kind::AndAnd) => "write the other as a step below: it runs when this one has ended well",
            Some(Kind::OrOr) => {
                "what runs when a step has failed stands in `on failure { .. }`, or says `after STEP.failed`"
            }
            _ => return self.wrong_operator(node),
        };
        let (span, mark) = (self.span_of(node), self.text_of(node));
        let message = format!("`{mark}` joins no steps");
        Diagnostic::error(syntax::WRONG_MARK, message, span, "a step does one thing").help(help)
    }

    fn wrong_operator(&self, node: Node<'_>) -> Diagnostic {
        match node.first_kind() {
            Some(Kind::AndAnd) => self.instead(node, "and", "both sides: `and`"),
            Some(Kind::OrOr) => self.instead(node, "or", "either side: `or`"),
            _ => self.instead(node, "==", "`==` compares, `=` binds a name"),
        }
    }

    fn stray(&self, node: Node<'_>, rule: &str) -> Diagnostic {
        let (span, text) = (self.span_of(node), self.text_of(node));
        let message = format!("`{text}` does not belong here");
        Diagnostic::error(syntax::UNEXPECTED, message, span, rule).fix(
            format!("take out `{text}`"),
            span,
            "",
            true,
        )
    }

    /// `within: 2h` on a line below a step is a field that comes too late; behind a step it is a modifier with a mark
    /// that it does not have.
    pub(super) fn is_late_field(&self, parents: &[Node<'_>]) -> bool {
        let parent = parents.last().filter(|parent| parent.rule() == Rule::modifier);
        parent.is_some_and(|modifier| begins_line(self.text, self.tree, modifier.start()))
    }

    fn stray_comma(&self, node: Node<'_>) -> Diagnostic {
        let span = self.span_of(node);
        Diagnostic::error(syntax::SEPARATOR, "this comma separates nothing", span, "one too many").fix(
            "take it out",
            span,
            "",
            true,
        )
    }

    /// Items after dashes, as in YAML: the list is written anew from its operands.
    fn dashed_list(&self, node: Node<'_>, parents: &[Node<'_>]) -> Option<Diagnostic> {
        let holds_value = |parent: &Node<'_>| matches!(parent.rule(), Rule::field | Rule::arg | Rule::args);
        let is_value = parents.last().is_some_and(holds_value);
        if !is_value || !is_dashed_list(self.text, self.tree, node) {
            return None;
        }
        let first = self.first_of(node).0;
        let label = "no list begins with a dash";
        let found = Diagnostic::error(syntax::DASHED_LIST, "a list stands in `[ ]`", first, label);
        let Some(list) = dashed_items(self.text_of(node)).filter(|_| self.ends_its_list(node)) else {
            return Some(found.help("write `[\"..\", \"..\"]`"));
        };
        Some(found.fix(format!("write `{list}`"), self.span_of(node), list, true))
    }

    /// Whether all of a list with dashes was read as one value.
    fn ends_its_list(&self, node: Node<'_>) -> bool {
        let rest = self.text.get(node.range().end..).unwrap_or_default();
        let (line, below) = rest.split_once('\n').unwrap_or((rest, ""));
        matches!(line.trim(), "" | "," | "}") && !below.trim_start().starts_with('-')
    }
}

/// The list that is meant by lines with a dash each, what is neither a name nor a literal in quotes; nothing where a
/// line is no such one.
fn dashed_items(text: &str) -> Option<String> {
    let items: Option<Vec<String>> = text.lines().map(|line| dashed_item(line.trim())).collect();
    items.map(|items| format!("[{}]", items.join(", ")))
}

fn dashed_item(line: &str) -> Option<String> {
    let item = line.strip_prefix('-')?.trim().trim_end_matches(',');
    let is_quoted = item.len() > 1 && item.starts_with('"') && item.ends_with('"');
    let is_word =
        |item: &str| item.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.:%".contains(&byte));
    if item.is_empty() || item.contains(" #") || item.contains(" //") || item.starts_with(['[', '{', '-']) {
        return None;
    }
    if is_quoted || is_word(item) {
        return Some(item.to_owned());
    }
    let bare = item.trim_matches('\'');
    (!bare.contains(['"', '\\', '$', '\''])).then(|| format!("\"{bare}\""))
}

#[cfg(test)]
mod tests {
    use super::dashed_items;

    #[test]
    fn lines_with_dashes_are_items_and_nothing_is_guessed() {
        let read = |text: &str| dashed_items(text).unwrap();
        assert_eq!(read("- \"a b\"\n    - '/srv/x'"), "[\"a b\", \"/srv/x\"]");
        assert_eq!(read("- /srv/shop\n  - house.data,\n - 5"), "[\"/srv/shop\", house.data, 5]");
        for text in ["- a # why", "- [a]", "- a\n  b", "-", "- - a", "- $HOME"] {
            assert_eq!(dashed_items(text), None, "{text}");
        }
    }
}
