//! Two arguments that stand in each other's place: one mistake, and not two.

use mainstay_diagnostics::codes::types;
use mainstay_diagnostics::{Diagnostic, Edit, Fix};
use mainstay_syntax::ast::Expr;

use super::{Checker, Env, Want};
use crate::types::Type;

/// An argument whose type is not the one that is wanted.
pub(super) struct WrongType<'e> {
    /// How many mistakes were told before this one.
    pub(super) told: usize,
    pub(super) value: &'e Expr,
    pub(super) wanted: &'e Type,
}

impl Checker<'_> {
    /// Whether what was told since is that this value has the wrong type, and nothing else.
    pub(super) fn is_wrong_type(&self, told: usize, value: &Expr) -> bool {
        let newest = self.sink.newest().filter(|_| self.sink.told() == told + 1);
        newest.is_some_and(|it| it.code == types::MISMATCH && it.span() == value.span())
    }

    /// Of the arguments of one call that are of the wrong type, two that would be right in each other's place.
    pub(super) fn changed_places(&mut self, env: &Env, wrong: &[WrongType<'_>]) {
        let [first, second] = wrong else { return };
        let muted = self.sink.mute();
        let [one, other] = [first, second].map(|it| self.expr(env, it.value, &Want::nothing()).ty);
        self.sink.restore(muted);
        if one.is_poison() || other.is_poison() || !one.fits(second.wanted) || !other.fits(first.wanted) {
            return;
        }
        let texts = [first, second].map(|it| self.program.map.text(it.value.span()));
        let [Some(text), Some(other_text)] = texts.map(|text| text.map(str::to_owned)) else { return };
        let message = format!("`{text}` and `{other_text}` stand in each other's place");
        let is = |is: &Type, wanted: &Type| {
            format!("{}, and {} is wanted here", is.with_article(), wanted.with_article())
        };
        let edit = |at: &WrongType<'_>, text: String| Edit { span: at.value.span(), replacement: text };
        let edits = vec![edit(first, other_text), edit(second, text)];
        let mut found =
            Diagnostic::error(types::MISMATCH, message, first.value.span(), is(&one, first.wanted))
                .label(second.value.span(), is(&other, second.wanted));
        found.fixes.push(Fix { title: "let them change places".to_owned(), edits, safe: true });
        self.sink.join(first.told, second.told, found);
    }
}
