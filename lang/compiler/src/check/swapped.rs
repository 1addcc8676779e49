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

/// Calls with more wrong arguments are told one by one.
const MOST_COMPARED: usize = 8;

impl Checker<'_> {
    /// Whether what was told since is that this value has the wrong type, and nothing else.
    pub(super) fn is_wrong_type(&self, told: usize, value: &Expr) -> bool {
        let newest = self.sink.newest().filter(|_| self.sink.told() == told + 1);
        newest.is_some_and(|it| it.code == types::MISMATCH && it.span() == value.span())
    }

    /// Of the arguments of one call that are of the wrong type, two that would be right in each other's place: where it is
    /// clear which two. What is wrong with the others is told as it is.
    pub(super) fn changed_places(&mut self, env: &Env, wrong: &[WrongType<'_>]) {
        if !(2..=MOST_COMPARED).contains(&wrong.len()) {
            return;
        }
        let muted = self.sink.mute();
        let types: Vec<Type> = wrong.iter().map(|it| self.expr(env, it.value, &Want::nothing()).ty).collect();
        self.sink.restore(muted);
        let typed = || wrong.iter().zip(&types).filter(|(_, ty)| !ty.is_poison()).enumerate();
        let fits = |one: &WrongType<'_>, ty: &Type, other: &WrongType<'_>, other_ty: &Type| {
            ty.fits(other.wanted) && other_ty.fits(one.wanted)
        };
        let mut pairs = typed().flat_map(|(at, (one, ty))| {
            let later = typed().skip(at + 1).map(|(_, other)| other);
            later
                .filter(move |(other, other_ty)| fits(one, ty, other, other_ty))
                .map(move |other| ((one, ty), other))
        });
        let (Some(((first, one), (second, other))), None) = (pairs.next(), pairs.next()) else { return };
        let texts = [first, second].map(|it| self.program.map.text(it.value.span()));
        let [Some(text), Some(other_text)] = texts.map(|text| text.map(str::to_owned)) else { return };
        let message = format!("`{text}` and `{other_text}` stand in each other's place");
        let is = |is: &Type, wanted: &Type| {
            format!("{}, and {} is wanted here", is.with_article(), wanted.with_article())
        };
        let edit = |at: &WrongType<'_>, text: String| Edit { span: at.value.span(), replacement: text };
        let edits = vec![edit(first, other_text), edit(second, text)];
        let mut found =
            Diagnostic::error(types::MISMATCH, message, first.value.span(), is(one, first.wanted))
                .label(second.value.span(), is(other, second.wanted));
        found.fixes.push(Fix { title: "let them change places".to_owned(), edits, safe: true });
        self.sink.join(first.told, second.told, found);
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::mismatches;

    fn told(call: &str) -> Vec<(String, usize)> {
        let found = mismatches(&format!(
            "pipeline two(a: Source, b: Source, to: Repo) -> Stored = discover(a) |> store(to)\n\
             workflow w {{ step kept = {call} }}"
        ));
        found
            .into_iter()
            .map(|found| (found.message, found.fixes.iter().filter(|fix| fix.safe).count()))
            .collect()
    }

    #[test]
    fn two_of_several_wrong_arguments_change_places() {
        let swapped = ("`shelf` and `data` stand in each other's place".to_owned(), 1);
        assert_eq!(told("protect(shelf, to: data, keep: gfs(daily: 1))"), std::slice::from_ref(&swapped));
        let keep = ("a `Retention` is wanted here, and this is a `Duration`".to_owned(), 0);
        assert_eq!(told("protect(shelf, to: data, keep: 30d)"), [swapped, keep]);
        // Which of the two repos belongs where the source stands is not known.
        assert_eq!(told("two(shelf, shelf, to: data)").len(), 3);
    }
}
