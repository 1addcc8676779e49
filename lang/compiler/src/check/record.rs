//! What is noted for whoever asks about a place of the text: see [`crate::query`]. A compilation notes nothing.

use mainstay_diagnostics::Span;
use mainstay_syntax::ast::{
    Expr, Ident, ItemKind, Let, Path, SignatureKind, TextLit, TypeExpr, TypeExprKind,
};

use super::arguments::Owner;
use super::{Checker, Env, Want};
use crate::library::{Parameter, Signature};
use crate::query::{Candidate, CandidateKind, Form, Key, Keys, Wanted};
use crate::resolve::{Bound, DeclId, ModuleId, PRELUDE, item_kind};
use crate::types::Type;
use crate::value::{Typed, Val};

impl Checker<'_> {
    /// A name of a declaration.
    pub(super) fn used_decl(&mut self, at: Span, id: DeclId) {
        let declared = self.program.decl(id).map(|decl| decl.name_span).unwrap_or_default();
        self.sink.used(at, declared);
    }

    /// A name that another file declares.
    pub(super) fn used_in(&mut self, module: ModuleId, name: &Ident) {
        let bound = self.program.module(module).and_then(|module| module.names.get(&name.text));
        if let Some(Bound::Own(id)) = bound.copied() {
            self.used_decl(name.span, id);
        }
    }

    /// `continuous.db`: the step of that name.
    pub(super) fn used_step(&mut self, id: DeclId, part: &Ident) {
        if let Some(span) = self.steps_written(id).all.get(part.text.as_str()) {
            self.sink.used(part.span, *span);
        }
    }

    /// An expression with its type, and, where the question is about it, what would fit there.
    pub(super) fn record_expr(&mut self, env: &Env, expr: &Expr, want: &Want, typed: &Typed) {
        let span = expr.span();
        let Some(recorder) = self.sink.recorder() else { return };
        recorder.types.push((span, typed.ty.clone()));
        if !recorder.wants(span) {
            return;
        }
        self.compute_lets();
        let candidates = match expr {
            Expr::Path(path) if path.parts.len() > 1 => self.behind_dot(env, path, want.ty.as_ref()),
            _ => self.fitting(env, want),
        };
        self.note_wanted(Wanted { span, ty: want.ty.clone(), candidates });
    }

    /// A constructor with braces, named where a thing of this type is wanted.
    pub(super) fn record_constructor(&mut self, span: Span, want: &Want) {
        if self.sink.recorder().is_some_and(|recorder| recorder.wants(span)) {
            let made = self.library.constructors.values().flatten();
            let fits = |one: &&Signature| want.ty.as_ref().is_none_or(|wanted| one.result.fits(wanted));
            let candidates = made.filter(fits).map(of_library).collect();
            self.note_wanted(Wanted { span, ty: want.ty.clone(), candidates });
        }
    }

    /// What an `after` may name.
    pub(super) fn record_rule(&mut self, env: &Env, expr: &Expr) {
        let span = expr.span();
        if self.sink.recorder().is_some_and(|recorder| recorder.wants(span)) {
            let steps = env.locals.iter().filter(|local| local.is_step && !local.apart);
            let candidates = steps.map(|local| value(&local.name, Some(local.bound), &local.typed.ty));
            let candidates = candidates.collect();
            self.note_wanted(Wanted { span, ty: None, candidates });
        }
    }

    /// What a part of a chain gives.
    pub(super) fn record_flow(&mut self, span: Span, ty: &Type) {
        if let Some(recorder) = self.sink.recorder().filter(|_| !ty.is_poison()) {
            recorder.flows.push((span, ty.clone()));
        }
    }

    /// A part of a chain and what flows into it.
    pub(super) fn record_part(&mut self, env: &Env, part: &Expr, flow: &Typed) {
        let span = part.span();
        if self.sink.recorder().is_some_and(|recorder| recorder.wants(span)) {
            let takes = |ty: &Type| flow.ty.fits(ty);
            let stages = self.library.stages.values();
            let fits = stages.filter(|one| one.flows_in().is_some_and(|first| takes(&first.ty)));
            let mut candidates: Vec<_> = fits.map(of_library).collect();
            candidates.extend(
                self.callable(env.module).into_iter().filter(|(_, first, _)| takes(first)).map(
                    |(name, _, (declared, result))| Candidate {
                        name,
                        kind: CandidateKind::Stage,
                        declared: Some(declared),
                        detail: format!("pipeline -> {result}"),
                        form: Form::Call,
                    },
                ),
            );
            self.note_wanted(Wanted { span, ty: None, candidates });
        }
    }

    /// The keys of braces or parentheses.
    pub(super) fn record_keys<'n>(
        &mut self,
        span: Span,
        owner: &Owner,
        params: &[Parameter<'_>],
        given: impl Iterator<Item = &'n Ident>,
    ) {
        if !self.sink.recorder().is_some_and(|recorder| recorder.wants_keys(span)) {
            return;
        }
        let given: Vec<&str> = given.map(|name| name.text.as_str()).collect();
        let key = |param: &Parameter<'_>| Key {
            name: param.name.to_owned(),
            ty: param.ty.to_string(),
            declared: param.span,
            required: param.required(),
            given: given.contains(&param.name),
        };
        let keys = params.iter().map(key).collect();
        let keys = Keys { span, owner: owner.text.clone().into_owned(), keys };
        if let Some(recorder) = self.sink.recorder() {
            recorder.keys = Some(keys);
        }
    }

    fn note_wanted(&mut self, wanted: Wanted) {
        if let Some(recorder) = self.sink.recorder() {
            recorder.wanted = Some(wanted);
        }
    }

    /// The types of lets and params are known when they were computed; that they are needed here is no use of them.
    fn compute_lets(&mut self) {
        let program = self.program;
        for id in program.ids().filter(|id| !self.open.contains(id)).collect::<Vec<_>>() {
            let kind = program.item(id).map(|item| &item.kind);
            if let Some(ItemKind::Param(_) | ItemKind::Let(Let { params: None, .. })) = kind {
                self.memoized(id);
            }
        }
    }

    /// All that may stand where this is wanted. A constructor with braces only makes what a declaration names:
    /// no other declaration wants it there.
    fn fitting(&self, env: &Env, want: &Want) -> Vec<Candidate> {
        let wanted = want.ty.as_ref();
        let mut found = self.locals(env, wanted);
        found.extend(self.of_module(env.module, wanted, false));
        found.extend(self.of_module(PRELUDE, wanted, false));
        found.extend(self.members_of(wanted));
        found.extend(written_out(wanted));
        let library = self.of_the_library(wanted).into_iter();
        found.extend(library.filter(|one| want.by.is_none() || one.form != Form::Braces));
        found
    }

    fn locals(&self, env: &Env, wanted: Option<&Type>) -> Vec<Candidate> {
        // Of what is wrong nobody knows whether it would fit.
        let fits = |ty: &Type| wanted.is_none_or(|wanted| !ty.is_poison() && item_fits(ty, wanted));
        let seen = env.locals.iter().filter(|local| !local.apart && fits(&local.typed.ty));
        seen.map(|local| value(&local.name, Some(local.bound), &local.typed.ty)).collect()
    }

    /// The names of a file that fit; behind a dot, private ones are none.
    fn of_module(&self, module: ModuleId, wanted: Option<&Type>, from_outside: bool) -> Vec<Candidate> {
        let Some(names) = self.program.module(module).map(|module| &module.names) else { return Vec::new() };
        let seen = names.iter().filter(|(name, _)| !from_outside || !name.starts_with('_'));
        seen.filter_map(|(name, bound)| self.bound_candidate(name, *bound, wanted)).collect()
    }

    fn bound_candidate(&self, name: &str, bound: Bound, wanted: Option<&Type>) -> Option<Candidate> {
        let id = match bound {
            Bound::Own(id) | Bound::Imported(id, _) => id,
            Bound::Module(_, span) => {
                let (kind, detail) = (CandidateKind::Module, "file".to_owned());
                let (declared, form) = (Some(span), Form::Plain);
                return Some(Candidate { name: name.to_owned(), kind, declared, detail, form });
            }
            Bound::Broken(_) => return None,
        };
        let declared = self.program.decl(id).map(|decl| decl.name_span);
        if let Some((kind, result)) = self.called(id) {
            let fits = wanted.is_none_or(|wanted| result.fits(wanted));
            let detail = format!("-> {result}");
            return fits.then(|| Candidate {
                name: name.to_owned(),
                kind,
                declared,
                detail,
                form: Form::Call,
            });
        }
        let ty = self.quick_type(id)?;
        if !wanted.is_none_or(|wanted| !ty.is_poison() && item_fits(&ty, wanted)) {
            return None;
        }
        let mut found = value(name, declared, &ty);
        if ty.name() == Some("WorkflowName") {
            found.kind = CandidateKind::Workflow;
        }
        if ty.is_poison() {
            found.detail = item_kind(&self.program.item(id)?.kind).to_owned();
        }
        Some(found)
    }

    /// What a pipeline or function gives.
    fn called(&self, id: DeclId) -> Option<(CandidateKind, Type)> {
        let (kind, result) = match &self.program.item(id)?.kind {
            ItemKind::Pipeline(pipeline) => (CandidateKind::Stage, &pipeline.result),
            ItemKind::Let(Let { params: Some(_), result, .. }) => (CandidateKind::Constructor, result),
            _ => return None,
        };
        Some((kind, result.as_ref().map_or(Type::Poison, as_written)))
    }

    /// The pipelines of a file: name, what their first parameter takes, where they are declared, what they give.
    fn callable(&self, module: ModuleId) -> Vec<(String, Type, (Span, Type))> {
        let Some(module) = self.program.module(module) else { return Vec::new() };
        let pipelines = module.names.iter().filter_map(|(name, bound)| {
            let (Bound::Own(id) | Bound::Imported(id, _)) = bound else { return None };
            let ItemKind::Pipeline(pipeline) = &self.program.item(*id)?.kind else { return None };
            let first = pipeline.params.first()?.ty.as_ref()?;
            let result = pipeline.result.as_ref().map_or(Type::Poison, as_written);
            let declared = self.program.decl(*id)?.name_span;
            Some((name.clone(), as_written(first), (declared, result)))
        });
        pipelines.collect()
    }

    fn members_of(&self, wanted: Option<&Type>) -> Vec<Candidate> {
        let enums = wanted.into_iter().flat_map(super::paths::flat).flat_map(|ty| self.library.enums(ty));
        let members = enums.flat_map(|(name, info)| {
            info.members.iter().map(move |member| Candidate {
                name: (*member).to_owned(),
                kind: CandidateKind::Member,
                declared: Some(info.span),
                detail: name.to_owned(),
                form: Form::Plain,
            })
        });
        members.collect()
    }

    /// Stages, verbs and constructors. Where nothing is wanted, all that can make a step.
    fn of_the_library(&self, wanted: Option<&Type>) -> Vec<Candidate> {
        let library = self.library;
        let starts = |one: &&Signature| one.kind != SignatureKind::Stage || one.flows_in().is_none();
        let acts = library.stages.values().chain(library.verbs.values()).filter(starts);
        let made = library.constructors.values().flatten();
        let makes = |one: &&Signature| match wanted {
            Some(wanted) => item_fits(&one.result, wanted),
            None => one.kind != SignatureKind::Constructor,
        };
        acts.chain(made).filter(makes).map(of_library).collect()
    }

    /// What may follow the last dot of a path.
    fn behind_dot(&self, env: &Env, path: &Path, wanted: Option<&Type>) -> Vec<Candidate> {
        let Some((_, before)) = path.parts.split_last() else { return Vec::new() };
        let Some((first, rest)) = before.split_first() else { return Vec::new() };
        if let Some(local) = env.local(&first.text) {
            return self.fields_of(&local.typed.ty, &local.typed.value);
        }
        let mut module = env.module;
        for (number, part) in std::iter::once(first).chain(rest).enumerate() {
            match self.program.module(module).and_then(|module| module.names.get(&part.text)) {
                Some(Bound::Module(id, _)) => module = *id,
                Some(Bound::Own(id) | Bound::Imported(id, _)) if number + 1 == before.len() => {
                    let ty = self.quick_type(*id).unwrap_or(Type::Poison);
                    return self.fields_of(&ty, &Val::Decl(*id));
                }
                _ => return Vec::new(),
            }
        }
        self.of_module(module, wanted, true)
    }

    fn fields_of(&self, ty: &Type, value_of: &Val) -> Vec<Candidate> {
        let steps = match (ty.name(), value_of) {
            (Some("WorkflowName"), Val::Decl(id)) => self.steps_of(*id),
            (Some("Run"), Val::Made(made)) => {
                let of = made.fields.get("of").and_then(|of| of.value.decl());
                of.map(|id| self.steps_of(id)).unwrap_or_default()
            }
            _ => Vec::new(),
        };
        let readable = matches!(ty.name(), Some("Objective" | "Pool" | "Estate" | "Run"));
        let fields = ty.name().filter(|_| readable).and_then(|name| self.library.fields(name));
        let fields = fields.into_iter().flatten().map(|field| Candidate {
            kind: CandidateKind::Field,
            ..value(field.name, Some(field.span), &field.ty)
        });
        fields.chain(steps).collect()
    }

    fn steps_of(&self, id: DeclId) -> Vec<Candidate> {
        let step = |(name, span): (&&str, &Span)| Candidate {
            name: (*name).to_owned(),
            kind: CandidateKind::Field,
            declared: Some(*span),
            detail: "step".to_owned(),
            form: Form::Plain,
        };
        self.steps_written(id).all.iter().map(step).collect()
    }
}

/// A type as a policy writes it; its mistakes are told by whoever checks it.
fn as_written(ty: &TypeExpr) -> Type {
    let item = |args: &[TypeExpr]| Box::new(args.first().map_or(Type::Poison, as_written));
    match &ty.kind {
        TypeExprKind::Name(name, args) => match name.text.as_str() {
            "List" => Type::List(item(args)),
            "Range" => Type::Range(item(args)),
            other => crate::library::type_name(other).map_or(Type::Poison, Type::Named),
        },
        TypeExprKind::Literals(texts) => Type::Literals(texts.iter().filter_map(TextLit::plain).collect()),
        TypeExprKind::Union(members) => Type::Union(members.iter().map(as_written).collect()),
        TypeExprKind::Optional(inner) => as_written(inner),
        TypeExprKind::Missing => Type::Poison,
    }
}

fn item_fits(ty: &Type, wanted: &Type) -> bool {
    ty.fits(wanted)
        || wanted.alternatives().iter().any(|wanted| match wanted {
            Type::List(item) | Type::Range(item) => ty.fits(item),
            _ => false,
        })
}

fn value(name: &str, declared: Option<Span>, ty: &Type) -> Candidate {
    let (kind, form) = (CandidateKind::Value, Form::Plain);
    Candidate { name: name.to_owned(), kind, declared, detail: ty.to_string(), form }
}

fn of_library(one: &Signature) -> Candidate {
    let kind = match one.kind {
        SignatureKind::Stage => CandidateKind::Stage,
        SignatureKind::Verb => CandidateKind::Verb,
        SignatureKind::Constructor => CandidateKind::Constructor,
    };
    let form = if one.braces { Form::Braces } else { Form::Call };
    let detail = format!("-> {}", one.result);
    Candidate { name: one.name.to_owned(), kind, declared: Some(one.span), detail, form }
}

/// What is one of a few literals.
fn written_out(wanted: Option<&Type>) -> Vec<Candidate> {
    let literal = |name: String, detail: &str| Candidate {
        name,
        kind: CandidateKind::Literal,
        declared: None,
        detail: detail.to_owned(),
        form: Form::Plain,
    };
    let mut found = Vec::new();
    for ty in wanted.into_iter().flat_map(Type::alternatives) {
        match ty {
            Type::Literals(texts) => {
                found.extend(texts.iter().map(|text| literal(format!("{text:?}"), "Text")));
            }
            Type::Named("Bool") => {
                found.extend(["true", "false"].map(|word| literal(word.to_owned(), "Bool")))
            }
            _ => {}
        }
    }
    found
}
