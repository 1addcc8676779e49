//! `gold.keep`: a field of something.

use mainstay_diagnostics::codes::{names, secrets, types};
use mainstay_diagnostics::{Diagnostic, Span};
use mainstay_syntax::ast::{Expr, Ident, ItemKind, RecordEntry};

use super::{Checker, Env, Want};
use crate::library::Parameter;
use crate::resolve::{DeclId, did_you_mean, item_kind};
use crate::types::Type;
use crate::value::{Typed, Val};

impl Checker<'_> {
    pub(super) fn member(&mut self, of: Typed, part: &Ident) -> Typed {
        match (&of.ty, &of.value) {
            (Type::Poison, _) => Typed::poison(part.span),
            (Type::Named("Secret"), _) => {
                self.sink.push(inside_secret(part));
                Typed::poison(part.span)
            }
            (Type::Named("Objective" | "Pool" | "Estate"), Val::Decl(id)) => self.promised(*id, part),
            (_, Val::Record(fields)) => match fields.get(&part.text) {
                Some(value) => value.clone(),
                None => {
                    let known: Vec<&str> = fields.keys().collect();
                    self.sink.push(no_field("this record", part, &known));
                    Typed::poison(part.span)
                }
            },
            (Type::Named("Run"), _) => self.of_run(&of, part),
            (Type::Named("WorkflowName"), Val::Decl(id)) => self.step_of(*id, part),
            (ty, _) => {
                self.sink.push(no_fields(ty, part));
                Typed::poison(part.span)
            }
        }
    }

    /// `gold.keep`.
    fn promised(&mut self, id: DeclId, part: &Ident) -> Typed {
        let kind = self.kind_type(id).and_then(|ty| ty.name()).unwrap_or_default();
        let known = self.library.fields(kind).unwrap_or_default();
        if part.text.is_empty() {
            return Typed::poison(part.span);
        }
        let Some(field) = known.iter().find(|field| field.name == part.text) else {
            let all: Vec<&str> = known.iter().map(|field| field.name).collect();
            let holder = self.described(id);
            self.sink.push(no_field(&holder, part, &all));
            return Typed::poison(part.span);
        };
        self.sink.used(part.span, field.span);
        match self.promise(id).get(field.name) {
            Some(value) => value.clone(),
            None if self.is_ended || self.program.is_damaged(id) || self.has_unknown_key(id, known) => {
                Typed::poison(part.span)
            }
            None => {
                let holder = self.described(id);
                let message = format!("{holder} has no `{}`", part.text);
                let declared = self.program.decl(id).map(|decl| decl.name_span).unwrap_or_default();
                let found = Diagnostic::error(types::MISSING_FIELD, message, part.span, "not given there")
                    .label(declared, "declared without it")
                    .help(format!("add `{}:` to {holder}", part.text));
                self.sink.push(found);
                Typed::poison(part.span)
            }
        }
    }

    /// A key that is not known is told where it stands, and is perhaps the one that is missed.
    fn has_unknown_key(&self, id: DeclId, known: &[Parameter<'_>]) -> bool {
        let Some(ItemKind::Promise(promise)) = self.program.item(id).map(|item| &item.kind) else {
            return false;
        };
        promise.body.entries.iter().any(|entry| match entry {
            RecordEntry::Field(field) => !known.iter().any(|known| known.name == field.name.text),
            RecordEntry::Spread(..) => false,
        })
    }

    /// ``objective `gold` ``.
    pub(super) fn described(&self, id: DeclId) -> String {
        let kind = self.program.item(id).map(|item| item_kind(&item.kind)).unwrap_or_default();
        format!("{kind} `{}`", self.program.full_name(id))
    }

    /// `run.step[member]`; nothing else has members.
    pub(super) fn index(&mut self, env: &Env, of: &Expr, index: &Expr, span: Span) -> Typed {
        let value = self.expr(env, of, &Want::nothing());
        if value.ty.is_poison() {
            return value.at(span);
        }
        if matches!(value.ty.name(), Some("Outcome" | "StepName")) {
            return self.of_step(env, value, index, span);
        }
        let message = format!("only a step of a run has members, and this is `{}`", value.ty);
        self.sink.push(Diagnostic::error(types::MISMATCH, message, index.span(), "no members"));
        Typed::poison(span)
    }
}

fn no_field(holder: &str, part: &Ident, known: &[&str]) -> Diagnostic {
    let message = format!("{holder} has no field `{}`", part.text);
    let mut found = Diagnostic::error(types::UNKNOWN_FIELD, message, part.span, "unknown field")
        .help(did_you_mean(&part.text, known.iter().copied()));
    if let Some(near) = crate::resolve::nearest(&part.text, known.iter().copied()) {
        found = found.fix(format!("write `{near}`"), part.span, near, false);
    }
    found
}

fn no_fields(ty: &Type, part: &Ident) -> Diagnostic {
    let message = format!("{} has no fields that can be read", ty.with_article());
    Diagnostic::error(names::UNKNOWN, message, part.span, "no such field")
}

fn inside_secret(part: &Ident) -> Diagnostic {
    let message = "a secret cannot be looked into";
    Diagnostic::error(secrets::NO_VALUE, message, part.span, "part of a secret")
}
