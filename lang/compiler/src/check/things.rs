//! Things and promises: what `source`, `repo`, `objective` and their kin declare.

use std::rc::Rc;

use mainstay_diagnostics::codes::{names, types};
use mainstay_diagnostics::{Diagnostic, Span};
use mainstay_syntax::ast::{Expr, ItemKind, Promise, RecordEntry, Thing};

use super::arguments::Owner;
use super::{Checker, Env, Want};
use crate::library::Signature;
use crate::resolve::{DeclId, PRELUDE, item_kind};
use crate::types::Type;
use crate::value::{Fields, Made, Val};

impl Checker<'_> {
    /// What a thing is made of.
    pub(super) fn thing(&mut self, id: DeclId) -> Option<Rc<Made>> {
        if let Some(made) = self.things.get(&id) {
            return Some(Rc::clone(made));
        }
        let program = self.program;
        let Some(ItemKind::Thing(thing)) = program.item(id).map(|item| &item.kind) else { return None };
        let kind = self.kind_type(id)?;
        if !self.enter(id, thing.value.span()) {
            return None;
        }
        let muted = self.sink.unmute();
        let env = Env::of(program.decl(id).map_or(PRELUDE, |decl| decl.module));
        let made = self.made(&env, thing, &kind);
        self.sink.restore(muted);
        self.leave(id);
        let made = made?;
        self.things.insert(id, Rc::clone(&made));
        Some(made)
    }

    fn made(&mut self, env: &Env, thing: &Thing, kind: &Type) -> Option<Rc<Made>> {
        match &thing.value {
            Expr::Construct { constructor, record, .. } => {
                let Some(signature) = self.constructor(constructor, &Want::of(kind)) else {
                    self.loose_fields(env, record);
                    return None;
                };
                let owner = self.owner_of(signature, constructor.span, record.span, false);
                let fields = self.fields(env, &owner, &signature.params, record, Some(signature));
                // What was reported of its fields may be the name.
                let known = |entry: &RecordEntry| match entry {
                    RecordEntry::Field(field) => fields.get(&field.name.text).is_some(),
                    RecordEntry::Spread(..) => true,
                };
                if record.entries.iter().all(known) {
                    self.one_host_or_many(signature, &fields, constructor.span);
                }
                Some(Rc::new(Made { constructor: signature, fields }))
            }
            Expr::Path(path) if path.parts.len() == 1 && self.names_constructor(path) => {
                let message = format!("`{}` stands here without its fields", path_text(path));
                let found = Diagnostic::error(types::NOT_CALLED, message, path.span, "no fields")
                    .help(format!("write `{} {{ .. }}`", path_text(path)));
                self.sink.push(found);
                None
            }
            Expr::Missing(_) => None,
            Expr::Record(record) => {
                let found = self.no_constructor(thing, record.span.at_start(), kind);
                self.sink.push(found);
                None
            }
            other => match self.expr(env, other, &Want::of(kind)).value {
                Val::Made(made) => Some(made),
                _ => None,
            },
        }
    }

    /// A host is one machine by its name, or all that bear a label.
    fn one_host_or_many(&mut self, signature: &Signature, fields: &Fields, named: Span) {
        if signature.name != "agent" {
            return;
        }
        let found = match (fields.get("name"), fields.get("label")) {
            (None, None) => Diagnostic::error(
                types::MISSING_FIELD,
                "a host is a machine of some name, or all that bear a label",
                named,
                "neither is given",
            )
            .help("add `name: \"..\"` or `label: \"..\"`"),
            (Some(name), Some(label)) => {
                let message = "a host is one machine by its name, or all that bear a label";
                Diagnostic::error(types::GIVEN_TWICE, message, label.span, "a label")
                    .label(name.span, "and a name")
                    .help("take one of them out")
            }
            _ => return,
        };
        self.sink.push(found);
    }

    fn no_constructor(&self, thing: &Thing, span: Span, kind: &Type) -> Diagnostic {
        let fitting = self.library.constructors.values().flatten().filter(|one| one.result.fits(kind));
        let names: Vec<_> = fitting.map(|one| format!("`{}`", one.name)).collect();
        let message = format!("this {} does not say what it is", thing.kind.text);
        Diagnostic::error(types::NOT_CALLED, message, span, "a constructor is missing before this")
            .help(format!("put one of these before the braces: {}", names.join(", ")))
    }

    fn names_constructor(&self, path: &mainstay_syntax::ast::Path) -> bool {
        self.library.constructors.contains_key(path_text(path))
    }

    /// The fields of an objective, pool or estate.
    pub(super) fn promise(&mut self, id: DeclId) -> Rc<Fields> {
        if let Some(fields) = self.promises.get(&id) {
            return Rc::clone(fields);
        }
        let program = self.program;
        let Some(ItemKind::Promise(promise)) = program.item(id).map(|item| &item.kind) else {
            return Rc::default();
        };
        if !self.enter(id, promise.body.span) {
            return Rc::default();
        }
        let muted = self.sink.unmute();
        let fields = Rc::new(self.promise_fields(id, promise));
        self.sink.restore(muted);
        self.leave(id);
        self.promises.insert(id, Rc::clone(&fields));
        fields
    }

    fn promise_fields(&mut self, id: DeclId, promise: &Promise) -> Fields {
        let Some(name) = self.kind_type(id).and_then(|ty| ty.name()) else { return Fields::default() };
        let Some(info) = self.library.types.get(name) else { return Fields::default() };
        let params = info.fields.as_deref().unwrap_or_default();
        let named = promise.name.as_ref().map_or(promise.kind.span, |name| name.span);
        let owner = Owner {
            text: promise.kind.text.clone().into(),
            declared: info.span,
            named,
            end: super::calls::last_of(promise.body.span),
            module: PRELUDE,
            partial: false,
        };
        let env = Env::of(self.program.decl(id).map_or(PRELUDE, |decl| decl.module));
        let fields = self.fields(&env, &owner, params, &promise.body, None);
        if name == "Pool" {
            self.both_ends(&fields);
        }
        fields
    }

    /// A pool adapts between two ends: with one of them open it has no limit.
    fn both_ends(&mut self, fields: &Fields) {
        if let Some(slots) = fields.get("slots").filter(|slots| matches!(slots.value, Val::Int(..1))) {
            let message = "a pool without slots lets nobody work";
            let found = Diagnostic::error(types::OUT_OF_RANGE, message, slots.span, "no slot");
            self.sink.push(found.help("write `slots: 1` for one at a time"));
        }
        for field in ["slots", "rate"].iter().filter_map(|name| fields.get(name)) {
            if let Val::Range(None, _) | Val::Range(_, None) = field.value {
                let message = "a pool adapts between two ends, and one of them is open";
                let found = Diagnostic::error(types::OUT_OF_RANGE, message, field.span, "an open end")
                    .help("write both ends, as in `1..8`");
                self.sink.push(found);
            }
        }
    }

    /// Begins to compute a declaration; false, and reported, when that is under way already.
    pub(super) fn enter(&mut self, id: DeclId, span: Span) -> bool {
        if let Some(start) = self.open.iter().position(|open| *open == id) {
            let round = self.open.get(start..).unwrap_or_default().to_vec();
            let found = self.circle(&round, span);
            let muted = self.sink.unmute();
            self.sink.push(found);
            self.sink.restore(muted);
            return false;
        }
        let goes_on = self.inward(span);
        self.open.extend(goes_on.then_some(id));
        goes_on
    }

    pub(super) fn leave(&mut self, id: DeclId) {
        if self.open.last() == Some(&id) {
            self.open.pop();
            self.outward();
        }
    }

    /// Declarations that need each other. The one that stands first in the files is the primary, whichever was
    /// looked at first.
    fn circle(&self, round: &[DeclId], _span: Span) -> Diagnostic {
        let mut round = round.to_vec();
        let first = round.iter().enumerate().min_by_key(|(_, id)| **id).map_or(0, |(at, _)| at);
        round.rotate_left(first);
        let names: Vec<_> = round.iter().map(|id| format!("`{}`", self.program.full_name(*id))).collect();
        let spans = round.iter().filter_map(|id| self.program.decl(*id)).map(|decl| decl.name_span);
        let kind =
            round.first().and_then(|id| self.program.item(*id)).map_or("", |item| item_kind(&item.kind));
        let message = match names.as_slice() {
            [one] => format!("{kind} {one} is defined by itself"),
            all => format!("{} are defined by each other", all.join(" and ")),
        };
        let mut spans = spans.into_iter();
        let mut found =
            Diagnostic::error(names::CIRCLE, message, spans.next().unwrap_or_default(), "needs itself")
                .help("nothing in a policy is recursive: give one of them a value of its own");
        for span in spans {
            found = found.label(span, "is in the circle");
        }
        found
    }
}

fn path_text(path: &mainstay_syntax::ast::Path) -> &str {
    path.parts.first().map_or("", |part| part.text.as_str())
}
