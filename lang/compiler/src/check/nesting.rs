//! How deep things stand in each other: expressions that are looked at, and values that come of them. Passes over both
//! are recursive, and text that goes on for a few lines more must not decide how much of a stack they need.

use mainstay_diagnostics::codes::graph;
use mainstay_diagnostics::{Diagnostic, Span};

use super::Checker;
use crate::value::{Typed, Val};

/// Expressions that are looked at inside of each other, calls and declarations on the way counted once more. What one
/// expression of [`mainstay_syntax::NESTING_LIMIT`] brackets and as many operators has, and a quarter more; each takes up to
/// 4 KiB of the stack, and threads have two megabytes.
const MOST_INSIDE: usize = 320;

/// Values in each other: as many as brackets, which is the other way to write them.
const MOST_IN_VALUE: usize = mainstay_syntax::NESTING_LIMIT;

impl Checker<'_> {
    /// Goes into an expression, a call or a declaration; false, and reported, when that is one too deep. [`Self::outward`] leaves it.
    pub(super) fn inward(&mut self, span: Span) -> bool {
        if self.inside >= MOST_INSIDE {
            let message =
                format!("more than {MOST_INSIDE} expressions and calls lead here, one inside the other");
            let help =
                "declare it before what names it, or let fewer pipelines and functions call each other";
            self.give_up(Diagnostic::error(graph::TOO_DEEP, message, span, "too deep").help(help));
            return false;
        }
        self.inside += 1;
        true
    }

    pub(super) fn outward(&mut self) {
        self.inside = self.inside.saturating_sub(1);
    }

    /// Poison for a value that nests too deep. What is poison has had its mistake, and is not told of again.
    pub(super) fn not_too_deep(&mut self, typed: Typed, span: Span) -> Typed {
        if matches!(typed.value, Val::Unknown) || typed.value.depth() <= MOST_IN_VALUE {
            return typed;
        }
        if typed.ty.is_poison() {
            return Typed::poison(span);
        }
        let message = format!("values nest deeper than {MOST_IN_VALUE} levels here");
        let found = Diagnostic::error(graph::TOO_DEEP, message, span, "too deep");
        self.give_up(found.help("take some of the levels out"));
        Typed::poison(span)
    }
}
