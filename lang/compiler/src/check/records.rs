//! Braces: the fields of constructors, promises, workflows and records.

use std::rc::Rc;

use mainstay_diagnostics::codes::{names, types};
use mainstay_diagnostics::{Diagnostic, Span};
use mainstay_syntax::ast::{Expr, Field, Path, Record, RecordEntry};

use super::arguments::{Owner, given_twice, unknown_field};
use super::{Checker, Env, Want};
use crate::library::{Parameter, Signature};
use crate::resolve::{PRELUDE, did_you_mean};
use crate::types::Type;
use crate::value::{Fields, Made, Typed, Val};

/// A field or a spread, wherever it stands.
pub(super) enum Entry<'e> {
    Field(&'e Field),
    Spread(&'e Expr),
}

impl<'e> From<&'e RecordEntry> for Entry<'e> {
    fn from(entry: &'e RecordEntry) -> Self {
        match entry {
            RecordEntry::Field(field) => Self::Field(field),
            RecordEntry::Spread(value, _) => Self::Spread(value),
        }
    }
}

impl Entry<'_> {
    /// Whether it is a field that is not declared.
    fn is_unknown(&self, params: &[Parameter<'_>]) -> bool {
        matches!(self, Self::Field(field) if params.iter().all(|param| param.name != field.name.text))
    }
}

impl Checker<'_> {
    /// `postgres { .. }` in an expression: fields for a spread, unless a thing of this kind is wanted.
    pub(super) fn construct(
        &mut self,
        env: &Env,
        path: &Path,
        record: &Record,
        span: Span,
        want: &Want,
    ) -> Typed {
        let Some(signature) = self.constructor(path, want) else {
            self.loose_fields(env, record);
            return Typed::poison(span);
        };
        let owner = self.owner_of(signature, path.span, span, true);
        let fields = self.fields(env, &owner, &signature.params, record, Some(signature));
        if record.entries.iter().map(Entry::from).any(|key| key.is_unknown(&signature.params)) {
            // What it has under another name is perhaps what whoever spreads it would miss.
            return Typed::poison(span);
        }
        let made = Val::Made(Rc::new(Made { constructor: signature, fields }));
        Typed::new(Type::Template(signature.name), made, span)
    }

    /// The constructor with braces that is meant: by name, and by the kind it stands in.
    pub(super) fn constructor(&mut self, path: &Path, want: &Want) -> Option<&'static Signature> {
        let written = path.parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join(".");
        let all = self.library.constructors.get(written.as_str()).map(Vec::as_slice).unwrap_or_default();
        let fits = |one: &&Signature| want.ty.as_ref().is_none_or(|wanted| one.result.fits(wanted));
        let fitting: Vec<_> = all.iter().filter(fits).collect();
        let braced: Vec<_> = fitting.iter().filter(|one| one.braces).copied().collect();
        self.record_constructor(path.span, want);
        if let [one] = braced.as_slice() {
            self.sink.used(path.span, one.span);
            return Some(one);
        }
        let found = match fitting.first() {
            Some(one) if braced.is_empty() => {
                let message = format!("`{written}` takes what it needs in parentheses");
                Diagnostic::error(types::NOT_CALLABLE, message, path.span, "written with braces")
                    .label(one.span, "declared here")
                    .help(format!("write `{written}(..)`"))
            }
            Some(_) => ambiguous(path.span, &written, &braced),
            None => self.unknown_constructor(path.span, &written, all, want),
        };
        self.sink.push(found);
        None
    }

    pub(super) fn unknown_constructor(
        &self,
        span: Span,
        written: &str,
        all: &[Signature],
        want: &Want,
    ) -> Diagnostic {
        let wanted = want.ty.clone().unwrap_or(Type::Poison);
        let right = self.library.constructors.values().flatten().filter(|one| one.result.fits(&wanted));
        let right: Vec<&str> = right.map(|one| one.name).collect();
        let wants = wanted.with_article();
        let message = match all.first() {
            Some(other) => {
                format!("`{written}` makes {}, and {wants} is wanted here", other.result.with_article())
            }
            None => format!("there is no constructor `{written}` for {wants}"),
        };
        let code = if all.is_empty() { names::UNKNOWN } else { types::MISMATCH };
        let mut found = Diagnostic::error(code, message, span, "unknown here")
            .help(did_you_mean(written, right.iter().copied()));
        if let Some(other) = all.first() {
            found = found.label(other.span, "declared here");
        }
        if let Some(near) = crate::resolve::nearest(written, right) {
            found = found.fix(format!("write `{near}`"), span, near, false);
        }
        found
    }

    /// Values of fields that no declaration claims: they may hold mistakes of their own.
    pub(super) fn loose_fields(&mut self, env: &Env, record: &Record) {
        for entry in &record.entries {
            let value = match entry {
                RecordEntry::Field(field) => &field.value,
                RecordEntry::Spread(value, _) => value,
            };
            self.loose(env, value);
        }
    }

    /// A name alone may be a member of whatever would have been wanted.
    fn loose(&mut self, env: &Env, value: &Expr) {
        match value {
            Expr::Path(_) | Expr::Text(_) => {}
            Expr::Record(record) => self.loose_fields(env, record),
            Expr::List { items, .. } => items.iter().for_each(|item| self.loose(env, item)),
            other => drop(self.expr(env, other, &Want::nothing())),
        }
    }

    /// The fields of a record against what is declared; spreads come first and give way.
    pub(super) fn fields(
        &mut self,
        env: &Env,
        owner: &Owner,
        params: &[Parameter<'_>],
        record: &Record,
        of: Option<&'static Signature>,
    ) -> Fields {
        let entries: Vec<Entry<'_>> = record.entries.iter().map(Entry::from).collect();
        self.entries(env, owner, params, (&entries, record.span), of)
    }

    /// The same of entries that stand in something else than a record.
    pub(super) fn entries(
        &mut self,
        env: &Env,
        owner: &Owner,
        params: &[Parameter<'_>],
        (entries, span): (&[Entry<'_>], Span),
        of: Option<&'static Signature>,
    ) -> Fields {
        let given = entries.iter().filter_map(|entry| match entry {
            Entry::Field(field) => Some(&field.name),
            Entry::Spread(_) => None,
        });
        self.record_keys(span, owner, params, given);
        let mut base: Vec<Option<Typed>> = params.iter().map(|_| None).collect();
        let mut own: Vec<Option<Typed>> = base.clone();
        let mut owner = owner.clone();
        for entry in entries {
            match entry {
                Entry::Spread(value) => {
                    let spread = self.spread(env, value, &owner, of);
                    // What a wrong spread would have given is unknown: nothing is missing for certain.
                    owner.partial |= spread.is_none();
                    for (name, value) in spread.unwrap_or_default() {
                        let at = params.iter().position(|param| param.name == name);
                        if let Some(slot) = at.and_then(|at| base.get_mut(at)) {
                            *slot = Some(value);
                        }
                    }
                }
                Entry::Field(field) => self.field(env, &owner, params, field, &mut own),
            }
        }
        // A key that is not known is perhaps the one that is missing, misspelt.
        owner.partial |= entries.iter().any(|entry| entry.is_unknown(params));
        let given = own.into_iter().zip(base).map(|(own, base)| own.or(base)).collect();
        self.complete(&owner, params, given)
    }

    fn field(
        &mut self,
        env: &Env,
        owner: &Owner,
        params: &[Parameter<'_>],
        field: &Field,
        given: &mut [Option<Typed>],
    ) {
        let at = params.iter().position(|param| param.name == field.name.text);
        let Some((param, slot)) = at.and_then(|at| params.get(at).zip(given.get_mut(at))) else {
            let known: Vec<&str> = params.iter().map(|param| param.name).collect();
            self.sink.push(unknown_field(owner, &field.name, &known, true));
            return;
        };
        self.sink.used(field.name.span, param.span);
        let value = self.expr(env, &field.value, &owner.wants(param)).at(field.value.span());
        match slot {
            Some(first) => self.sink.push(given_twice(param.name, field.name.span, first.span)),
            None => *slot = Some(value),
        }
    }

    /// `..base`: a value of the same constructor, or a record; none where it is wrong, and reported.
    fn spread(
        &mut self,
        env: &Env,
        expr: &Expr,
        owner: &Owner,
        of: Option<&'static Signature>,
    ) -> Option<Fields> {
        let value = self.expr(env, expr, &Want::nothing());
        let fields = match (&value.value, of) {
            (Val::Made(made), Some(of)) if std::ptr::eq(made.constructor, of) => Some(made.fields.clone()),
            (Val::Decl(id), Some(of)) => {
                let thing = self.thing(*id);
                thing.filter(|thing| std::ptr::eq(thing.constructor, of)).map(|thing| thing.fields.clone())
            }
            (Val::Record(fields), None) => Some((**fields).clone()),
            _ => None,
        };
        if fields.is_none() && !value.ty.is_poison() {
            let given = match &value.ty {
                Type::Template(constructor) => format!("`{constructor}`"),
                other => other.with_article(),
            };
            let message = format!("{} cannot take its fields from {given}", owner.text);
            let found = Diagnostic::error(
                types::SPREAD,
                message,
                expr.span(),
                format!("this is {}", value.ty.with_article()),
            )
            .help("a spread takes a `let` of the same constructor");
            let found = match value.made_by {
                Some(made) => found.label(made, format!("{} was made here", value.ty.with_article())),
                None => found,
            };
            self.sink.push(found);
        }
        fields
    }

    /// `{ .. }` where a record type is wanted, or nothing is.
    pub(super) fn record_value(&mut self, env: &Env, record: &Record, want: &Want) -> Typed {
        let wanted = want.ty.iter().flat_map(Type::alternatives).filter_map(Type::name);
        let known = wanted.filter_map(|name| Some((name, self.library.types.get(name)?)));
        let typed = known.filter_map(|(name, info)| Some((name, info.span, info.fields.as_ref()?))).next();
        let Some((name, declared, params)) = typed.filter(|(name, ..)| !self.is_kind(name)) else {
            return self.free_record(env, record);
        };
        let text = format!("`{name}`").into();
        let owner =
            Owner { text, declared, named: record.span, end: record.span, module: PRELUDE, partial: false };
        let fields = self.fields(env, &owner, params, record, None);
        Typed::new(Type::Named(name), Val::Record(Rc::new(fields)), record.span)
    }

    /// Things are never made of bare braces.
    fn is_kind(&self, name: &str) -> bool {
        self.library.constructors.values().flatten().any(|one| one.result.name() == Some(name))
    }

    fn free_record(&mut self, env: &Env, record: &Record) -> Typed {
        let mut fields = Fields::default();
        for entry in &record.entries {
            match entry {
                RecordEntry::Field(field) => {
                    let value = self.expr(env, &field.value, &Want::nothing());
                    if let Some(first) = fields.get(&field.name.text) {
                        self.sink.push(given_twice(&field.name.text, field.name.span, first.span));
                    } else {
                        fields.insert(field.name.text.clone(), value);
                    }
                }
                RecordEntry::Spread(value, _) => {
                    if let Val::Record(base) = self.expr(env, value, &Want::nothing()).value {
                        Rc::unwrap_or_clone(base)
                            .into_iter()
                            .for_each(|(name, value)| fields.insert(name, value));
                    }
                }
            }
        }
        Typed::new(Type::Record, Val::Record(Rc::new(fields)), record.span)
    }
}

fn ambiguous(span: Span, written: &str, all: &[&Signature]) -> Diagnostic {
    let kinds: Vec<_> = all.iter().map(|one| format!("`{}`", one.result)).collect();
    let message = format!("`{written}` may be one of {}", kinds.join(", "));
    Diagnostic::error(types::AMBIGUOUS, message, span, "which of them?")
        .help("write it where it is used: there its kind is known")
}
