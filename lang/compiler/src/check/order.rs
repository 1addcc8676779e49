//! The order of protection: a stage that gets data in a state that it does not take.

use mainstay_diagnostics::codes::stages;
use mainstay_diagnostics::{Diagnostic, Edit, Fix, Span};
use mainstay_syntax::ast::Expr;

use super::{Checker, Want};
use crate::types::Type;
use crate::value::Typed;

/// A way from one state to another is never longer: there are seven states.
const LONGEST_WAY: usize = 7;

impl Checker<'_> {
    /// The one mistake of the field: data of another state than the one that is taken. Both declarations are shown.
    pub(super) fn wrong_order(&self, span: Span, given: &Typed, wanted: &Type, want: &Want) -> Diagnostic {
        let message = format!("`{wanted}` data is wanted here, and this is `{}`", given.ty);
        let mut found = Diagnostic::error(stages::ORDER, message, span, format!("takes `{wanted}`"));
        if given.span != span {
            found = found.label(given.span, format!("gives `{}`", given.ty));
        }
        if let Some((by, text)) = self.wanted_by(want) {
            found = found.label(by, text);
        }
        if let Some(made) = given.made_by.filter(|made| *made != given.span) {
            found = found.label(made, format!("gives `{}`, declared here", given.ty));
        }
        found.help(self.way_out(&given.ty, wanted))
    }

    /// What to write where a copy is wanted, and what it is of or in was named.
    pub(super) fn copy_of(given: &Type, wanted: &Type, text: &str) -> Option<String> {
        match given.name().filter(|_| wanted.allows("Stored"))? {
            "Repo" => Some(format!("name a copy in it: `latest(SOURCE, in: {text})`")),
            "Source" => Some(format!("name the step that stored it, or a copy: `latest({text}, in: REPO)`")),
            _ => None,
        }
    }

    /// Adds the edit that puts the missing stages into a chain, before the one that stands at `span`.
    pub(super) fn mend_order(
        &self,
        found: Diagnostic,
        span: Span,
        given: &Type,
        wanted: &Type,
    ) -> Diagnostic {
        match self.insertion(given, wanted) {
            Some(stages) => {
                found.fix(format!("insert `{stages}`"), span.at_start(), format!("{stages} |> "), false)
            }
            None => found,
        }
    }

    /// The calls that are missing, when none of them needs an argument.
    fn insertion(&self, given: &Type, wanted: &Type) -> Option<String> {
        let way = self.way(given, wanted).filter(|way| !way.is_empty())?;
        let calls = way.iter().map(|name| {
            let stage = self.library.stages.get(name)?;
            let needs_more = stage.params.iter().skip(1).any(|param| param.required());
            (!needs_more).then(|| format!("{name}()"))
        });
        Some(calls.collect::<Option<Vec<_>>>()?.join(" |> "))
    }

    /// Where the stage that is missing before the first of these parts stands further down the chain, it is only late.
    pub(super) fn late_stage(&mut self, told: usize, given: &Type, parts: &[Expr]) {
        if self.sink.told() != told + 1 || self.sink.newest().is_none_or(|found| found.code != stages::ORDER)
        {
            return;
        }
        let Some((part, behind)) = parts.split_first() else { return };
        let stage = callee(part).and_then(|name| self.library.stages.get(name));
        let takes = stage.and_then(|stage| stage.params.first());
        let way = takes.and_then(|first| self.way(given, &first.ty)).unwrap_or_default();
        let Some(missing) = way.first().copied() else { return };
        let Some(late) = behind.iter().find(|part| callee(part) == Some(missing)) else { return };
        let text = |part: &Expr| self.program.map.text(part.span()).unwrap_or_default().to_owned();
        let neighbours = behind.first().is_some_and(|next| next.span() == late.span());
        let edits = [(part, text(late)), (late, text(part))]
            .map(|(at, replacement)| Edit { span: at.span(), replacement })
            .to_vec();
        let (missing, late) = (format!("`{missing}`"), late.span());
        self.sink.amend(told, |found| {
            let mut found =
                found.label(late, "stands behind it").help(format!("move {missing} to before it"));
            let title = "let the two change places".to_owned();
            found.fixes = neighbours.then_some(Fix { title, edits, safe: false }).into_iter().collect();
            found
        });
    }

    /// Which stages lead from what is there to what is wanted.
    fn way_out(&self, given: &Type, wanted: &Type) -> String {
        match self.way(given, wanted) {
            Some(way) if !way.is_empty() => {
                let calls: Vec<_> = way.iter().map(|stage| format!("{stage}(..)")).collect();
                format!("put `{}` between the two", calls.join(" |> "))
            }
            _ => format!(
                "no stage makes `{wanted}` of `{given}`: move this one to where the data is `{wanted}`"
            ),
        }
    }

    /// The shortest row of stages from one state to another, without those that only look at what is stored.
    fn way(&self, given: &Type, wanted: &Type) -> Option<Vec<&'static str>> {
        let mut ways: Vec<(Type, Vec<&'static str>)> = vec![(given.clone(), Vec::new())];
        for _ in 0..LONGEST_WAY {
            if let Some((_, way)) = ways.iter().find(|(state, _)| state.fits(wanted)) {
                return Some(way.clone());
            }
            ways = ways.iter().flat_map(|(state, way)| self.steps_from(state, way)).collect();
        }
        None
    }

    fn steps_from(&self, state: &Type, way: &[&'static str]) -> Vec<(Type, Vec<&'static str>)> {
        self.library
            .stages
            .values()
            .filter(|stage| stage.params.first().is_some_and(|first| state.fits(&first.ty)))
            .filter(|stage| stage.result != *state)
            .map(|stage| (stage.result.clone(), [way, &[stage.name]].concat()))
            .collect()
    }
}

/// What a part of a chain calls, when that has no file before its name.
fn callee(part: &Expr) -> Option<&str> {
    match part {
        Expr::Call { callee, .. } => callee.parts.first().map(|name| name.text.as_str()),
        _ => None,
    }
}
