//! Params: what was handed in, what is missing, and every value of the small unions.

use std::collections::BTreeMap;

use foldhash::HashSet;
use mainstay_diagnostics::codes::{names, types};
use mainstay_diagnostics::{Diagnostic, SourceMap, Span};
use mainstay_syntax::ast::{
    self, Arg, Expr, ItemKind, Param, TextLit, TextPart, TypeExpr, TypeExprKind, Use,
};

use super::{Checker, Env, Local, Want};
use crate::params::Params;
use crate::resolve::{DeclId, PRELUDE, Program, did_you_mean};
use crate::types::{BOOL, FROM_TEXT, TEXT, Type};
use crate::value::{Typed, Val};

/// The values that the root's params have in one compilation, as written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Choice(BTreeMap<DeclId, String>);

/// More combinations of values than this are more than a policy can be proved for.
const MOST_COMBINATIONS: usize = 16;

/// From so many on, their number says nothing to a person.
const MANY: usize = 1_000_000;

impl Choice {
    /// `env = "production"`, for people.
    pub(crate) fn shown(&self, program: &Program) -> String {
        let each = self.0.iter().map(|(id, value)| format!("`{}` = `{value}`", program.full_name(*id)));
        each.collect::<Vec<_>>().join(", ")
    }
}

/// The choice that was made first, then all others that a literal union leaves open; and what is wrong with
/// what was handed in.
pub(crate) fn choices(program: &Program, given: &Params) -> (Vec<Choice>, Vec<Diagnostic>) {
    let params = root_params(program);
    let mut found = unknown_params(program, given, &params);
    let mut chosen = Choice::default();
    let mut open: Vec<Open> = Vec::new();
    let mut missing: Vec<DeclId> = Vec::new();
    for (id, param) in params {
        let value = given.get(&program.full_name(id)).map(str::to_owned);
        if value.is_none() && param.default.is_none() && !program.is_damaged(id) {
            missing.push(id);
        }
        let union = union_of(param);
        let stand_in = || default_of(param, &union).filter(|_| !program.is_damaged(id));
        if let Some(value) = value.or_else(stand_in) {
            chosen.0.insert(id, value);
        }
        if union.len() > 1 {
            open.push((id, union));
        }
    }
    if !missing.is_empty() {
        found.push(missing_params(program, &missing));
    }
    if let Some(one) = one_too_many(&open) {
        found.extend(too_many(program, one, combinations_count(&open)));
        return (vec![chosen], found);
    }
    let others =
        combinations(&chosen, &open).into_iter().filter(|other| *other != chosen).collect::<Vec<_>>();
    (std::iter::once(chosen.clone()).chain(others).collect(), found)
}

/// The default of a union; without a right one the first value stands in, so that one mistake stays one.
fn default_of(param: &Param, union: &[String]) -> Option<String> {
    let written = match &param.default {
        Some(Expr::Text(text)) => text.plain().filter(|default| union.contains(default)),
        _ => None,
    };
    written.or_else(|| union.first().cloned())
}

fn unknown_params(program: &Program, given: &Params, params: &[(DeclId, &Param)]) -> Vec<Diagnostic> {
    let known: Vec<String> = params.iter().map(|(id, _)| program.full_name(*id)).collect();
    let root = program.root.and_then(|root| program.module(root));
    let place = root.map_or(Span::default(), |root| root.file.span).at_start();
    let unknown = given.names().filter(|name| !known.iter().any(|known| known == name));
    let told = unknown.map(|name| {
        let message = format!("a value is handed in for `{name}`, and there is no such param");
        let help = did_you_mean(name, known.iter().map(String::as_str));
        Diagnostic::error(names::PARAM, message, place, "in this policy").help(help)
    });
    told.collect()
}

/// A param and the values that it may have.
type Open = (DeclId, Vec<String>);

/// How many combinations there are, which may be more than one could count.
fn combinations_count(open: &[Open]) -> usize {
    open.iter().fold(1, |count, (_, values)| count.saturating_mul(values.len()))
}

/// The first param with which they are more than a policy is proved for. They are counted and not made: each would be as
/// large as the params are many.
fn one_too_many(open: &[Open]) -> Option<DeclId> {
    let is_too_many = |end: &usize| open.get(..*end).map(combinations_count) > Some(MOST_COMBINATIONS);
    // Each has two values at least, so few of them are enough.
    let end = (1..=open.len()).find(is_too_many)?;
    open.get(end - 1).map(|(id, _)| *id)
}

fn too_many(program: &Program, one: DeclId, count: usize) -> Option<Diagnostic> {
    let span = program.decl(one)?.name_span;
    let count = match count {
        MANY.. => "more combinations of values than anybody could try".to_owned(),
        _ => format!("{count} combinations of values"),
    };
    let message = format!("the params of this policy have {count}");
    let most = format!("a policy is proved for each of them, and for {MOST_COMBINATIONS} at most");
    Some(Diagnostic::error(names::PARAM, message, span, "this one makes them too many").help(most))
}

/// The params of the root file. What is declared a second time, which is told, gives no values to choose from.
fn root_params(program: &Program) -> Vec<(DeclId, &Param)> {
    let of_root = program.ids().filter(|id| program.decl(*id).map(|decl| decl.module) == program.root);
    let params = of_root.filter_map(|id| match &program.item(id)?.kind {
        ItemKind::Param(param) => Some((id, param)),
        _ => None,
    });
    let mut names = HashSet::default();
    params.filter(|(_, param)| param.name.as_ref().is_none_or(|name| names.insert(&name.text))).collect()
}

fn union_of(param: &Param) -> Vec<String> {
    match &param.ty {
        Some(TypeExpr { kind: TypeExprKind::Literals(texts), .. }) => {
            texts.iter().filter_map(TextLit::plain).collect()
        }
        _ => Vec::new(),
    }
}

fn combinations(chosen: &Choice, open: &[Open]) -> Vec<Choice> {
    let mut all = vec![chosen.clone()];
    for (id, values) in open {
        let with = |choice: &Choice, value: &String| {
            let mut choice = choice.clone();
            choice.0.insert(*id, value.clone());
            choice
        };
        all = all
            .iter()
            .flat_map(|choice| values.iter().map(|value| with(choice, value)).collect::<Vec<_>>())
            .collect();
    }
    all
}

fn missing_params(program: &Program, missing: &[DeclId]) -> Diagnostic {
    let names: Vec<_> = missing.iter().map(|id| program.full_name(*id)).collect();
    let shown: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    let message = format!("no value was handed in for {}", shown.join(", "));
    let mut spans = missing.iter().filter_map(|id| program.decl(*id)).map(|decl| decl.name_span);
    let first = spans.next().unwrap_or_default();
    let mut found = Diagnostic::error(names::PARAM, message, first, "has no default");
    for span in spans {
        found = found.label(span, "has no default");
    }
    let set: Vec<_> = names.iter().map(|name| format!("--set {name}=..")).collect();
    found.help(format!("hand them in: `{}`, or give them defaults", set.join(" ")))
}

impl Checker<'_> {
    pub(super) fn param(&mut self, id: DeclId, param: &Param) -> Typed {
        let ty = param.ty.as_ref().map_or(Type::Poison, |ty| self.type_of(ty));
        let name = self.program.decl(id).map(|decl| decl.name_span).unwrap_or_default();
        let env = Env::of(self.program.decl(id).map_or(PRELUDE, |decl| decl.module));
        let want = Want::by(&ty, name, format!("declared as `{ty}`"));
        let default = param.default.as_ref().map(|default| self.expr(&env, default, &want));
        let value = match self.handed(id, &ty, name) {
            Some(handed) => handed,
            None => default.unwrap_or_else(|| Typed::new(ty.clone(), Val::Unknown, name)),
        };
        let typed = Typed { ty: if value.ty.is_poison() { Type::Poison } else { ty }, ..value };
        self.condition(&env, param, &typed);
        typed
    }

    /// What the command line, or the `use` of this file, hands to a param.
    fn handed(&mut self, id: DeclId, ty: &Type, name: Span) -> Option<Typed> {
        if let Some(raw) = self.choice.0.get(&id).cloned() {
            return Some(self.read_value(&raw, ty, name));
        }
        let program = self.program;
        let decl = program.decl(id)?;
        let (user, item) = program.module(decl.module)?.used_by?;
        let ItemKind::Use(Use::File { args, path, .. }) = &program.module(user)?.file.items.get(item)?.kind
        else {
            return None;
        };
        let arg = args.iter().find(|arg| arg.name.as_ref().is_some_and(|label| label.text == decl.name));
        let has_default = matches!(&program.item(id)?.kind, ItemKind::Param(Param { default: Some(_), .. }));
        match arg {
            Some(Arg { value, .. }) => {
                let want = Want::by(ty, name, format!("declared as `{ty}`"));
                Some(self.expr(&Env::of(user), value, &want))
            }
            None if has_default => None,
            // Perhaps it is handed over under a misspelt name, which is told.
            None if args.iter().any(|arg| !self.is_param_of(decl.module, arg)) => Some(Typed::poison(name)),
            None => {
                let span = path.as_ref().map(|path| path.span).unwrap_or_default();
                let message = format!("this file needs a value for its param `{}`", decl.name);
                let found = Diagnostic::error(names::PARAM, message, span, "used without it")
                    .label(name, "has no default")
                    .help(format!("hand it over: `use \"..\" as NAME ({}: ..)`", decl.name));
                self.sink.push(found);
                Some(Typed::poison(name))
            }
        }
    }

    /// A value as written after `--set n=`: texts without quotes, all else as in the language.
    fn read_value(&mut self, raw: &str, ty: &Type, name: Span) -> Typed {
        let is_text = |ty: &Type| match ty {
            Type::Literals(_) => true,
            Type::Named(name) => *ty == TEXT || FROM_TEXT.contains(name),
            _ => false,
        };
        let expr = if ty.alternatives().iter().any(is_text) {
            Some(Expr::Text(TextLit { parts: vec![TextPart::Raw(raw.to_owned())], span: name }))
        } else {
            read_expression(raw)
        };
        let muted = self.sink.mute();
        let typed = expr.map(|expr| self.expr(&Env::of(PRELUDE), &expr, &Want::of(ty)));
        self.sink.restore(muted);
        match typed {
            Some(typed) if !typed.ty.is_poison() => typed.at(name),
            _ => {
                let message = format!("`{raw}` is handed in, and is no `{ty}`");
                self.sink.push(Diagnostic::error(
                    types::MISMATCH,
                    message,
                    name,
                    format!("declared as `{ty}`"),
                ));
                Typed::poison(name)
            }
        }
    }

    /// `where cond`, with the param's own name in scope.
    fn condition(&mut self, env: &Env, param: &Param, typed: &Typed) {
        let (Some(name), Some(condition)) = (&param.name, &param.condition) else { return };
        let mut env = env.clone();
        let local = Local {
            name: name.text.clone(),
            typed: typed.clone(),
            bound: name.span,
            is_step: false,
            apart: false,
        };
        env.locals.push(local);
        let truth = self.expr(&env, condition, &Want::of(&BOOL));
        if let Val::Bool(false) = truth.value {
            let message = format!("the value of `{}` does not keep its condition", name.text);
            let found = Diagnostic::error(types::OUT_OF_RANGE, message, typed.span, "this value")
                .label(condition.span(), "must be true");
            self.sink.push(found);
        }
    }
}

/// An expression that stands alone.
pub(super) fn read_expression(raw: &str) -> Option<Expr> {
    let mut map = SourceMap::default();
    let file = map.add("--set", format!("edition 2026\nlet value = {raw}"));
    let parsed = mainstay_syntax::parse(&map, file);
    if !parsed.diagnostics.is_empty() {
        return None;
    }
    match parsed.file.items.into_iter().nth(1)?.kind {
        ItemKind::Let(ast::Let { value, .. }) => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve;
    use crate::tests::Files;

    fn chosen(params: impl Iterator<Item = String>) -> (Vec<Choice>, Vec<String>) {
        let text: String = ["edition 2026\npolicy shop\n".to_owned()].into_iter().chain(params).collect();
        let program = resolve::load(&Files::default().with("mainstay.stay", &text), "mainstay.stay");
        let (choices, found) = choices(&program, &Params::none());
        (choices, found.into_iter().map(|found| found.message).collect())
    }

    fn of_two(count: usize) -> impl Iterator<Item = String> {
        (0..count).map(|number| format!("param p{number}: \"a\" | \"b\" = \"a\"\n"))
    }

    /// Choices are made when each of them is tried, and else none but the first: nothing is made of what is too much.
    #[test]
    fn what_cannot_be_tried_is_not_made() {
        assert_eq!((chosen(of_two(4)).0.len(), chosen(of_two(4)).1.len()), (16, 0));
        let message = |count: &str| format!("the params of this policy have {count}");
        let (made, told) = chosen(of_two(5));
        assert_eq!((made.len(), told), (1, vec![message("32 combinations of values")]));
        let (made, told) = chosen(of_two(500));
        let many = message("more combinations of values than anybody could try");
        assert_eq!((made.len(), told), (1, vec![many]));
        // Five of two values are 32, one doubling too many; what follows is not looked at.
        let open: Vec<Open> = (0..500).map(|id| (DeclId(id), vec![String::new(); 2])).collect();
        assert_eq!(one_too_many(&open), Some(DeclId(4)));
        assert_eq!(one_too_many(open.get(..4).unwrap_or_default()), None);
    }

    #[test]
    fn what_is_declared_twice_is_chosen_once() {
        let twice = of_two(3).chain(of_two(3)).chain(of_two(3));
        let (made, told) = chosen(twice);
        assert_eq!((made.len(), told), (8, Vec::new()));
    }
}
