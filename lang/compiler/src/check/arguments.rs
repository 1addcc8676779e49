//! Arguments and fields against what is declared: each is known, given once, of its type; none is missing.

use std::borrow::Cow;

use mainstay_diagnostics::codes::types;
use mainstay_diagnostics::{Diagnostic, Span};
use mainstay_syntax::ast::{Arg, Expr, Ident};

use super::swapped::WrongType;
use super::{By, Checker, Env, Want};
use crate::library::Parameter;
use crate::resolve::ModuleId;
use crate::value::{Fields, Typed, Val};

/// What is called or filled in.
#[derive(Debug, Clone)]
pub(super) struct Owner {
    /// ``stage `store` ``.
    pub(super) text: Cow<'static, str>,
    /// Where it is declared.
    pub(super) declared: Span,
    /// Where it is named.
    pub(super) named: Span,
    /// Where its arguments or fields end.
    pub(super) end: Span,
    /// The file whose names its defaults use.
    pub(super) module: ModuleId,
    /// Whether fields may be missing: a `let` of a constructor, which a spread completes.
    pub(super) partial: bool,
}

impl Owner {
    pub(super) fn wants(&self, param: &Parameter<'_>) -> Want {
        let by = By::Takes(param.span, self.text.clone(), param.ty.clone());
        Want { ty: Some(param.ty.clone()), by: Some(by) }
    }
}

impl Checker<'_> {
    /// Binds arguments: first those without a label in declared order (of the first `own`), then by label.
    pub(super) fn bind(
        &mut self,
        env: &Env,
        owner: &Owner,
        params: &[Parameter<'_>],
        own: usize,
        args: &[Arg],
        flow: Option<Typed>,
    ) -> Fields {
        if !self.inward(owner.named) {
            return Fields::default();
        }
        let inside = Span::new(owner.named.end, owner.end.end);
        self.record_keys(inside, owner, params, args.iter().filter_map(|arg| arg.name.as_ref()));
        let mut given: Vec<Option<Typed>> = params.iter().map(|_| None).collect();
        let mut next = 0;
        if let Some(flow) = flow {
            self.place_flow(owner, params, &mut given, flow);
            next = 1;
        }
        let mut owner = owner.clone();
        let mut wrong = Vec::new();
        for arg in args {
            let at = match &arg.name {
                Some(label) => self.labelled(&owner, params, label),
                None => {
                    next += 1;
                    self.positional(&owner, params, own, next - 1, arg)
                }
            };
            let Some((param, slot)) = at.and_then(|at| params.get(at).zip(given.get_mut(at))) else {
                // What it was meant for is perhaps what would be missing.
                owner.partial = true;
                continue;
            };
            wrong.extend(self.argument(env, &owner, arg, param, slot));
        }
        self.changed_places(env, &wrong);
        let fields = self.complete(&owner, params, given);
        self.outward();
        fields
    }

    /// Puts the value of an argument into its place; answers when its type is what is wrong with it.
    fn argument<'e>(
        &mut self,
        env: &Env,
        owner: &Owner,
        arg: &'e Arg,
        param: &'e Parameter<'_>,
        slot: &mut Option<Typed>,
    ) -> Option<WrongType<'e>> {
        // What is given twice was perhaps meant for something else.
        let want = if slot.is_some() { Want::nothing() } else { owner.wants(param) };
        let told = self.sink.told();
        let value = self.expr(env, &arg.value, &want);
        let is_wrong = self.is_wrong_type(told, &arg.value);
        // While a pipeline is carried out, what was handed to it keeps the place of the caller's argument.
        let value = if self.sink.is_muted() { value } else { value.at(arg.value.span()) };
        match slot {
            Some(first) => {
                let span = arg.name.as_ref().map_or(arg.span, |name| name.span);
                self.sink.push(given_twice(param.name, span, first.span));
            }
            None => *slot = Some(value),
        }
        is_wrong.then_some(WrongType { told, value: &arg.value, wanted: &param.ty })
    }

    fn place_flow(
        &mut self,
        owner: &Owner,
        params: &[Parameter<'_>],
        given: &mut [Option<Typed>],
        flow: Typed,
    ) {
        let (Some(first), Some(slot)) = (params.first(), given.first_mut()) else { return };
        let span = flow.span;
        let fits = flow.ty.fits(&first.ty);
        if !fits {
            let want = owner.wants(first);
            let found = if self.library.is_state(&first.ty) {
                let found = self.wrong_order(owner.named, &flow, &first.ty, &want);
                self.mend_order(found, owner.named, &flow.ty, &first.ty)
            } else {
                let (takes, flows) = (first.ty.with_article(), flow.ty.with_article());
                let message = format!("{} takes {takes}, and {flows} flows in", owner.text);
                let taken = format!("takes `{}`", first.ty);
                Diagnostic::error(types::MISMATCH, message, owner.named, taken)
                    .label(flow.span, format!("gives `{}`", flow.ty))
                    .label(first.span, "declared here")
            };
            self.sink.push(found);
            self.broken = true;
        }
        *slot = Some(if fits { flow } else { Typed::poison(span) });
    }

    fn labelled(&mut self, owner: &Owner, params: &[Parameter<'_>], label: &Ident) -> Option<usize> {
        let at = params.iter().position(|param| param.name == label.text);
        if let Some(param) = at.and_then(|at| params.get(at)) {
            self.sink.used(label.span, param.span);
        } else {
            let known: Vec<&str> = params.iter().map(|param| param.name).collect();
            self.sink.push(unknown_field(owner, label, &known, false));
        }
        at
    }

    fn positional(
        &mut self,
        owner: &Owner,
        params: &[Parameter<'_>],
        own: usize,
        number: usize,
        arg: &Arg,
    ) -> Option<usize> {
        if number < own.min(params.len()) {
            return Some(number);
        }
        let message = match own {
            0 => format!("{} takes nothing without a label", owner.text),
            _ => format!("{} takes no more than {own} without a label", owner.text),
        };
        let help = match (own, params) {
            (0, [only]) => {
                format!("write `{}: {}`", only.name, self.program.map.text(arg.span).unwrap_or(".."))
            }
            _ => {
                let labels: Vec<_> = params.iter().map(|param| format!("`{}:`", param.name)).collect();
                format!("what it takes: {}", labels.join(", "))
            }
        };
        let found = Diagnostic::error(types::TOO_MANY, message, arg.span, "one too many")
            .label(owner.declared, "declared here")
            .help(help);
        self.sink.push(found);
        None
    }

    /// The value of a default: the same at each call, so it is computed once.
    fn default(&mut self, owner: &Owner, param: &Parameter<'_>, default: &Expr) -> Typed {
        if let Some(known) = self.defaults.get(&param.span) {
            return known.clone();
        }
        let value = self.expr(&Env::of(owner.module), default, &Want::of(&param.ty));
        let value = Typed { is_default: true, ..value };
        self.defaults.insert(param.span, value.clone());
        value
    }

    /// Fills in defaults, and reports all that is missing at once.
    pub(super) fn complete(
        &mut self,
        owner: &Owner,
        params: &[Parameter<'_>],
        given: Vec<Option<Typed>>,
    ) -> Fields {
        let is_filled = |(param, value): (&Parameter<'_>, &Option<Typed>)| {
            value.is_some() || (param.default.is_some() && !owner.partial)
        };
        // Exactly: most of what can be given is not, and calls are what a large policy is made of.
        let mut fields =
            Fields::with_capacity(params.iter().zip(&given).filter(|one| is_filled(*one)).count());
        let mut missing = Vec::new();
        for (param, value) in params.iter().zip(given) {
            let value = match (value, param.default) {
                (Some(value), default) => {
                    if default.is_none() && matches!(&value.value, Val::List(items) if items.is_empty()) {
                        self.sink.push(empty_list(owner, param, value.span));
                    }
                    self.within_bounds(param, &value);
                    value
                }
                (None, Some(default)) if !owner.partial => {
                    self.default(owner, param, default).at(owner.named)
                }
                (None, _) => {
                    if param.required() && !owner.partial {
                        missing.push(param);
                    }
                    continue;
                }
            };
            fields.insert(param.field.clone(), value);
        }
        if !missing.is_empty() {
            self.sink.push(missing_fields(owner, &missing));
        }
        fields
    }
}

fn missing_fields(owner: &Owner, missing: &[&Parameter<'_>]) -> Diagnostic {
    let names: Vec<_> = missing.iter().map(|param| format!("`{}`", param.name)).collect();
    let message = format!("{} needs {}", owner.text, names.join(", "));
    let mut found = Diagnostic::error(types::MISSING_FIELD, message, owner.named, "not complete");
    for param in missing {
        found = found.label(param.span, format!("`{}` is declared here", param.name));
    }
    if owner.end != owner.named {
        found = found.label(owner.end, "ends without it");
    }
    let value = |param: &Parameter<'_>| match param.ty.name() {
        Some("Zone") => "\"Europe/Berlin\"".to_owned(),
        Some("Time") => "01:30".to_owned(),
        _ => param.ty.to_string(),
    };
    let written: Vec<_> = missing.iter().map(|param| format!("`{}: {}`", param.name, value(param))).collect();
    found.help(format!("add {}", written.join(", ")))
}

/// A list that has no default holds what the whole is about.
fn empty_list(owner: &Owner, param: &Parameter<'_>, span: Span) -> Diagnostic {
    let message = format!("{} needs at least one of its `{}`", owner.text, param.name);
    Diagnostic::error(types::OUT_OF_RANGE, message, span, "an empty list")
        .label(param.span, format!("`{}` is declared here", param.name))
}

/// A label or, in braces, a key that is not declared.
pub(super) fn unknown_field(owner: &Owner, label: &Ident, known: &[&str], braces: bool) -> Diagnostic {
    let message = format!("{} has no `{}`", owner.text, label.text);
    let found = Diagnostic::error(types::UNKNOWN_FIELD, message, label.span, "unknown")
        .label(owner.declared, "declared here");
    let habit = super::habits::help(&owner.text, &label.text, braces);
    // Whoever has the habit of another tool may still have meant what it looks like here.
    let is_habit = habit.is_some();
    let known_near = || crate::resolve::did_you_mean(&label.text, known.iter().copied());
    let mut found = found.help(habit.unwrap_or_else(known_near));
    if let Some(near) = crate::resolve::nearest(&label.text, known.iter().copied()) {
        let only = !is_habit && crate::resolve::only_near(&label.text, known.iter().copied());
        found = found.fix(format!("write `{near}`"), label.span, near, only);
    }
    found
}

/// One key, two values.
pub(super) fn given_twice(name: &str, second: Span, first: Span) -> Diagnostic {
    let message = format!("`{name}` is given twice");
    Diagnostic::error(types::GIVEN_TWICE, message, second, "again here")
        .label(first, "first given here")
        .help("take one of them out")
}
