//! Numbers that were written in two pieces.

use mainstay_diagnostics::{Diagnostic, codes::syntax};

use super::{Reporter, begins_line};
use crate::lower::one_unit;
use crate::token::Kind;

impl Reporter<'_> {
    /// `1h 30min`, `0,5`: what begins at this token is the other half of the number before it.
    pub(super) fn second_half(&self, right: u32) -> Option<Diagnostic> {
        let left = right.checked_sub(1)?;
        let is_number = |at| self.tree.seen(at).is_some_and(|token| token.kind == Kind::Number);
        if !is_number(right) || begins_line(self.text, self.tree, right) {
            return None;
        }
        if is_number(left) {
            let sum = one_unit(&format!("{}{}", self.token_text(left), self.token_text(right)))?;
            return Some(self.one_number(left, right, "a span of time has one unit", sum));
        }
        let first = left.checked_sub(1).filter(|first| is_number(*first) && self.is_comma_within(*first))?;
        let whole = format!("{}.{}", self.token_text(first), self.token_text(right));
        Some(self.one_number(first, right, "a decimal has a point", whole))
    }

    /// Whether a comma stands behind this token and before the next, and no blank.
    fn is_comma_within(&self, first: u32) -> bool {
        let range = |at| self.tree.seen(at).map(|token| token.range());
        let [Some(first), Some(comma), Some(second)] = [0, 1, 2].map(|more| range(first + more)) else {
            return false;
        };
        self.text.get(comma.clone()) == Some(",") && (first.end, comma.end) == (comma.start, second.start)
    }

    fn one_number(&self, first: u32, last: u32, message: &str, whole: String) -> Diagnostic {
        let range = |at| self.tree.seen(at).map_or(0..0, |token| token.range());
        let span = self.span(range(first).start..range(last).end);
        let title = format!("write `{whole}`");
        Diagnostic::error(syntax::BAD_LITERAL, message, span, "")
            .help(title.clone())
            .fix(title, span, whole, true)
    }
}
