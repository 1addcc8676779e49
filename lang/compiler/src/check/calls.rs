//! Calls: which declaration is meant, and what comes of it.

use std::borrow::Cow;
use std::rc::Rc;

use mainstay_diagnostics::codes::{names, types};
use mainstay_diagnostics::{Diagnostic, Span};
use mainstay_syntax::ast::{Arg, Expr, ItemKind, Let, Path, Pipeline, SignatureKind};

use super::arguments::Owner;
use super::paths::Target;
use super::{Checker, Env, Local, Want};
use crate::library::{Parameter, Signature};
use crate::resolve::{Bound, DeclId, PRELUDE, did_you_mean, item_kind};
use crate::types::{ACT, Type};
use crate::value::{Fields, Made, Typed, Val, VerbCall};

impl Checker<'_> {
    /// `callee(args)`, with what flows in when it is a part of a chain.
    pub(super) fn call(
        &mut self,
        env: &Env,
        callee: &Path,
        args: &[Arg],
        flow: Option<Typed>,
        span: Span,
        want: &Want,
    ) -> Typed {
        if let [name] = callee.parts.as_slice()
            && !self.can_be_called(env, &name.text)
            && let Some(found) = self.signature(&name.text, want, flow.is_some())
        {
            if self.is_secret_for_another(found, want) {
                let all = self.library.constructors.get(name.text.as_str());
                let all = all.map(Vec::as_slice).unwrap_or_default();
                self.sink.push(self.unknown_constructor(callee.span, &name.text, all, want));
                self.look_at(env, args);
                return Typed::poison(span);
            }
            return self.apply(env, found, callee.span, args, flow, span);
        }
        match self.target(env, callee) {
            Target::Decl(id, taken) if taken == callee.parts.len() => {
                self.call_declared(env, id, callee.span, args, flow, span)
            }
            Target::Decl(..) | Target::Value(..) => {
                self.sink.push(not_callable(callee.span, "this"));
                self.look_at(env, args);
                Typed::poison(span)
            }
            Target::Nothing => Typed::poison(span),
            Target::Unknown => self.unknown_callee(env, callee, args, want),
        }
    }

    /// Whether a constructor of secrets stands where something is wanted that constructors of its own make, or another
    /// one where a secret is: who writes `command(..)` for a check thinks of no secret, and who writes `env(..)` for a
    /// secret of one.
    fn is_secret_for_another(&self, found: &Signature, want: &Want) -> bool {
        let Some(wanted) = &want.ty else { return false };
        let is_secret = found.result.name() == Some("Secret");
        let for_secret = wanted.name() == Some("Secret") && found.kind == SignatureKind::Constructor;
        let mut all = self.library.constructors.values().flatten();
        !wanted.is_poison()
            && (is_secret != wanted.allows("Secret"))
            && (is_secret || for_secret)
            && all.any(|one| !one.braces && one.result.fits(wanted))
    }

    /// Whether the file has a pipeline or function of this name. What cannot be called never hides a stage, verb
    /// or constructor: `env("X", secret)` works beside a param `env`.
    fn can_be_called(&self, env: &Env, name: &str) -> bool {
        let module = self.program.module(env.module);
        match module.and_then(|module| module.names.get(name)) {
            Some(Bound::Own(id) | Bound::Imported(id, _)) => matches!(
                self.program.item(*id).map(|item| &item.kind),
                Some(ItemKind::Pipeline(_) | ItemKind::Let(Let { params: Some(_), .. }))
            ),
            Some(Bound::Broken(_)) => true,
            Some(Bound::Module(..)) | None => false,
        }
    }

    /// The stage, verb or constructor of this name: the one that gives what is wanted comes first.
    fn signature(&self, name: &str, want: &Want, in_chain: bool) -> Option<&'static Signature> {
        let made = self.library.constructors.get(name).map(Vec::as_slice).unwrap_or_default();
        let made = || made.iter().filter(|one| !one.braces);
        let wanted = want.ty.as_ref();
        let fits = |one: &&Signature| wanted.is_some_and(|wanted| item_fits(&one.result, wanted));
        let stage = self.library.stages.get(name);
        let verb = self.library.verbs.get(name).filter(|_| !in_chain || stage.is_none());
        made().find(fits).or(stage).or(verb).or_else(|| made().next())
    }

    fn apply(
        &mut self,
        env: &Env,
        signature: &'static Signature,
        named: Span,
        args: &[Arg],
        flow: Option<Typed>,
        span: Span,
    ) -> Typed {
        self.sink.used(named, signature.span);
        if flow.is_some() && signature.kind != SignatureKind::Stage {
            let message = format!(
                "only stages and pipelines stand in a chain, and `{}` is a {}",
                signature.name,
                signature.kind_name()
            );
            self.sink.push(Diagnostic::error(types::NOT_CALLABLE, message, named, "not a stage"));
            self.look_at(env, args);
            return Typed::poison(span);
        }
        let owner = self.owner_of(signature, named, span, false);
        let fields = self.bind(env, &owner, &signature.params, signature.own, args, flow);
        let (ty, value) = match signature.kind {
            SignatureKind::Stage => (signature.result.clone(), self.carry_out(signature, fields, span)),
            SignatureKind::Verb => (ACT, Val::Act(Rc::new(VerbCall { verb: signature, args: fields, span }))),
            SignatureKind::Constructor => {
                (signature.result.clone(), Val::Made(Rc::new(Made { constructor: signature, fields })))
            }
        };
        Typed { made_by: Some(signature.span), ..Typed::new(ty, value, span) }
    }

    pub(super) fn owner_of(
        &self,
        signature: &'static Signature,
        named: Span,
        whole: Span,
        partial: bool,
    ) -> Owner {
        let text = Cow::Borrowed(signature.title.as_str());
        Owner { text, declared: signature.span, named, end: last_of(whole), module: PRELUDE, partial }
    }

    fn call_declared(
        &mut self,
        env: &Env,
        id: DeclId,
        named: Span,
        args: &[Arg],
        flow: Option<Typed>,
        span: Span,
    ) -> Typed {
        let program = self.program;
        if self.program.is_damaged(id) {
            self.look_at(env, args);
            return Typed::poison(span);
        }
        match program.item(id).map(|item| &item.kind) {
            Some(ItemKind::Pipeline(pipeline)) => {
                self.call_pipeline(env, id, pipeline, named, args, flow, span)
            }
            Some(ItemKind::Let(Let { params: Some(params), result, value, .. })) => {
                let owner = self.declared_owner(id, named, span);
                let params = self.parameters(params);
                let bound = self.bind(env, &owner, &params, params.len(), args, flow);
                let want = result.as_ref().map_or(Want::nothing(), |ty| Want::of(&self.type_of(ty)));
                self.carry_out_declared(id, &params, bound, value, &want).at(span)
            }
            kind => {
                let what = kind.map_or("this", item_kind).to_owned();
                self.sink.push(not_callable(named, &format!("a {what}")));
                self.look_at(env, args);
                Typed::poison(span)
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a call is made of these parts, and of no fewer")]
    fn call_pipeline(
        &mut self,
        env: &Env,
        id: DeclId,
        pipeline: &Pipeline,
        named: Span,
        args: &[Arg],
        flow: Option<Typed>,
        span: Span,
    ) -> Typed {
        let owner = self.declared_owner(id, named, span);
        let params = self.parameters(&pipeline.params);
        let bound = self.bind(env, &owner, &params, params.len(), args, flow);
        let result = pipeline.result.as_ref().map_or(Type::Poison, |ty| self.type_of(ty));
        let value = self.carry_out_declared(id, &params, bound, &pipeline.value, &Want::nothing()).value;
        let made_by = self.program.decl(id).map(|decl| decl.name_span);
        Typed { made_by, ..Typed::new(result, value, span) }
    }

    fn declared_owner(&self, id: DeclId, named: Span, whole: Span) -> Owner {
        let decl = self.program.decl(id);
        let declared = decl.map(|decl| decl.name_span).unwrap_or_default();
        let module = decl.map_or(PRELUDE, |decl| decl.module);
        Owner {
            text: self.described(id).into(),
            declared,
            named,
            end: last_of(whole),
            module,
            partial: false,
        }
    }

    /// The body of a pipeline or function with these arguments. Its own mistakes are told where it is declared.
    fn carry_out_declared(
        &mut self,
        id: DeclId,
        params: &[Parameter<'_>],
        mut bound: Fields,
        body: &mainstay_syntax::ast::Expr,
        want: &Want,
    ) -> Typed {
        if !self.enter(id, body.span()) {
            return Typed::poison(body.span());
        }
        let module = self.program.decl(id).map_or(PRELUDE, |decl| decl.module);
        let mut env = Env::of(module);
        for param in params {
            let typed = bound.remove(param.name).unwrap_or_else(|| Typed::poison(param.span));
            let typed = Typed { ty: given_type(&typed, &param.ty), ..typed };
            env.locals.push(Local {
                name: param.name.to_owned(),
                typed,
                bound: param.span,
                is_step: false,
                apart: false,
            });
        }
        let muted = self.sink.mute();
        let typed = self.expr(&env, body, want);
        self.sink.restore(muted);
        self.leave(id);
        typed
    }

    /// Arguments of what cannot be called are still looked at: they may hold mistakes of their own.
    pub(super) fn look_at(&mut self, env: &Env, args: &[Arg]) {
        for arg in args {
            if !self.may_be_member(&arg.value) {
                self.expr(env, &arg.value, &Want::nothing());
            }
        }
    }

    /// `sunday`, where nothing says that a day is wanted.
    fn may_be_member(&self, value: &Expr) -> bool {
        let Expr::Path(path) = value else { return false };
        let text = self.program.map.text(path.span).unwrap_or_default();
        self.library.has_member(text)
    }

    fn unknown_callee(&mut self, env: &Env, callee: &Path, args: &[Arg], want: &Want) -> Typed {
        self.look_at(env, args);
        let Some(name) = callee.parts.first() else { return Typed::poison(callee.span) };
        if self.may_be_bound(env.module, name) {
            return Typed::poison(callee.span);
        }
        if self.library.constructors.contains_key(name.text.as_str()) {
            let message = format!("`{}` takes its fields in braces", name.text);
            let found =
                Diagnostic::error(types::NOT_CALLABLE, message, callee.span, "called with parentheses")
                    .help(format!("write `{} {{ .. }}`", name.text));
            self.sink.push(found);
            return Typed::poison(callee.span);
        }
        let known = self.callable_names(env, want);
        let names: Vec<&str> = known.iter().map(String::as_str).collect();
        let message = format!("there is nothing named `{}` to call", name.text);
        let mut found = Diagnostic::error(names::UNKNOWN, message, name.span, "unknown").help(
            self.where_from(&name.text).unwrap_or_else(|| did_you_mean(&name.text, names.iter().copied())),
        );
        if let Some(near) = crate::resolve::nearest(&name.text, names.iter().copied()) {
            found = found.fix(format!("write `{near}`"), name.span, near, false);
        }
        self.sink.push(found);
        Typed::poison(callee.span)
    }

    /// A pipeline of the library that is only not imported.
    fn where_from(&self, name: &str) -> Option<String> {
        let at = (1..crate::library::TEXTS.len()).find(|number| {
            let mut items = crate::library::file(*number).items.iter();
            items.any(|item| crate::resolve::item_name(&item.kind).is_some_and(|known| known.text == name))
        })?;
        let (file, _) = crate::library::TEXTS.get(at)?;
        Some(format!("import it: `use {}.{name}`", crate::library::module_name(file)))
    }

    /// What could be called here: by what is wanted when that is known, else all that can make a step.
    fn callable_names(&self, env: &Env, want: &Want) -> Vec<String> {
        let makes = |signature: &&Signature| match &want.ty {
            Some(wanted) => item_fits(&signature.result, wanted),
            None => signature.kind != SignatureKind::Constructor,
        };
        let stages = self.library.stages.values().chain(self.library.verbs.values());
        let made = self.library.constructors.values().flatten().filter(|one| !one.braces);
        let library = stages.chain(made).filter(makes).map(|signature| signature.name.to_owned());
        let declared = self.program.module(env.module).map(|module| &module.names);
        let declared = declared.into_iter().flatten().filter(|(_, bound)| match bound {
            Bound::Own(id) | Bound::Imported(id, _) => {
                matches!(self.program.item(*id).map(|item| &item.kind), Some(ItemKind::Pipeline(_)))
            }
            Bound::Module(..) | Bound::Broken(_) => false,
        });
        declared.map(|(name, _)| name.clone()).chain(library).collect()
    }
}

/// The closing bracket of a call or of braces.
pub(super) fn last_of(whole: Span) -> Span {
    Span::new(whole.end.saturating_sub(1).max(whole.start), whole.end)
}

/// Inside a pipeline an argument has the type that was declared, unless the given one says more.
fn given_type(given: &Typed, declared: &Type) -> Type {
    if given.ty.is_poison() { declared.clone() } else { given.ty.clone() }
}

/// Whether a result fits what is wanted, or an item of the list that is wanted.
fn item_fits(result: &Type, wanted: &Type) -> bool {
    result.fits(wanted)
        || wanted.alternatives().iter().any(|ty| matches!(ty, Type::List(item) if result.fits(item)))
}

fn not_callable(span: Span, what: &str) -> Diagnostic {
    let message = format!("{what} cannot be called");
    Diagnostic::error(types::NOT_CALLABLE, message, span, "called here")
        .help("pipelines, stages, verbs, constructors and functions can be called")
}
