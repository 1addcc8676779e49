//! Names: in the file, then in the prelude, then among the members of the enumeration that is wanted.

use mainstay_diagnostics::codes::{names, types};
use mainstay_diagnostics::{Diagnostic, Span};
use mainstay_syntax::ast::{Ident, ItemKind, Path};

use super::{Checker, Env, Want, elsewhere};
use crate::library;
use crate::library::TypeInfo;
use crate::resolve::{Bound, DeclId, ModuleId, PRELUDE, did_you_mean, item_kind};
use crate::types::Type;
use crate::value::{Typed, Val};

/// What a dotted name leads to, and how many of its parts that took.
pub(super) enum Target {
    Value(Typed, usize),
    Decl(DeclId, usize),
    /// Reported.
    Nothing,
    /// No such name in scope.
    Unknown,
}

impl Checker<'_> {
    pub(super) fn path(&mut self, env: &Env, path: &Path, want: &Want) -> Typed {
        let (start, taken) = match self.target(env, path) {
            Target::Value(typed, taken) => (typed, taken),
            Target::Decl(id, taken) => (self.declared_value(id, path.span), taken),
            Target::Nothing => return Typed::poison(path.span),
            Target::Unknown => return self.member_or_unknown(env, path, want),
        };
        let rest = path.parts.get(taken..).unwrap_or_default();
        let value = rest.iter().fold(start, |value, part| self.member(value, part));
        if rest.is_empty() { value } else { value.at(path.span) }
    }

    /// Follows a name through locals, the file, and the files that it uses.
    pub(super) fn target(&mut self, env: &Env, path: &Path) -> Target {
        let Some(first) = path.parts.first() else { return Target::Nothing };
        if let Some(local) = env.local(&first.text) {
            if local.apart {
                self.sink.push(of_another_branch(first, local.bound));
                return Target::Nothing;
            }
            let (typed, is_step) = (local.typed.clone(), local.is_step);
            self.sink.used(first.span, local.bound);
            // What was handed to a pipeline keeps the place of the argument; all else is where it is named.
            return Target::Value(if is_step { typed.at(path.span) } else { typed }, 1);
        }
        let mut module = env.module;
        for (number, part) in path.parts.iter().enumerate() {
            if number > 0 && part.text.starts_with('_') {
                self.sink.push(private(part));
                return Target::Nothing;
            }
            match self.bound(module, &part.text) {
                Some(Bound::Module(id, alias)) => {
                    self.sink.used(part.span, alias);
                    module = id;
                }
                Some(Bound::Broken(_)) => return Target::Nothing,
                Some(Bound::Own(id) | Bound::Imported(id, _)) => {
                    self.mark_used(id);
                    self.used_decl(part.span, id);
                    return Target::Decl(id, number + 1);
                }
                None if number == 0 => return self.in_prelude(first),
                None if self.may_be_bound(module, part) => return Target::Nothing,
                None => {
                    let found = self.unknown_in_module(env.module, module, (first.span.to(part.span), part));
                    self.sink.push(found);
                    return Target::Nothing;
                }
            }
        }
        self.sink.push(module_as_value(path.span, &first.text));
        Target::Nothing
    }

    fn bound(&self, module: ModuleId, name: &str) -> Option<Bound> {
        self.program.module(module)?.names.get(name).copied()
    }

    fn in_prelude(&mut self, name: &Ident) -> Target {
        match self.bound(PRELUDE, &name.text) {
            Some(Bound::Own(id)) => {
                self.used_decl(name.span, id);
                Target::Decl(id, 1)
            }
            _ => Target::Unknown,
        }
    }

    pub(super) fn mark_used(&mut self, id: DeclId) {
        if let Some(used) = self.used.get_mut(id.0) {
            *used = true;
        }
    }

    /// Whether the parser has lost something that may have bound this name: what it stands in is not known then.
    pub(super) fn may_be_bound(&mut self, module: ModuleId, name: &Ident) -> bool {
        let may = self.program.module(module).is_some_and(|module| module.damage.may_bind(&name.text));
        if may {
            self.unsure.insert(name.span);
        }
        may
    }

    /// A name that nothing binds: a member of what is wanted, or unknown.
    fn member_or_unknown(&mut self, env: &Env, path: &Path, want: &Want) -> Typed {
        let [name] = path.parts.as_slice() else {
            self.unknown(env, path, want);
            return Typed::poison(path.span);
        };
        let wanted = want.ty.clone().unwrap_or(Type::Poison);
        let member = flat(&wanted).find_map(|ty| {
            let (ty, info) =
                self.library.enums(ty).find(|(_, info)| info.members.contains(&name.text.as_str()))?;
            Some((ty, info.span))
        });
        if let Some((ty, declared)) = member {
            self.sink.used(path.span, declared);
            return Typed::new(Type::Named(ty), Val::Member(name.text.as_str().into()), path.span);
        }
        if self.may_be_bound(env.module, name) {
            return Typed::poison(path.span);
        }
        let is_outcome = |info: &TypeInfo| info.members.contains(&name.text.as_str());
        if wanted.name() == Some("Run") && self.library.types.get("Outcome").is_some_and(is_outcome) {
            self.sink.push(whole_run(path.span, &name.text));
            return Typed::poison(path.span);
        }
        // Where one of a few words is wanted, nobody means the stage or constructor of that name.
        let is_word = self.library.enums(&wanted).next().is_some() && wanted.alternatives().len() == 1;
        if is_word || wanted.allows("StageName") || !self.explain_callable(name) {
            self.unknown(env, path, want);
        }
        Typed::poison(path.span)
    }

    /// A stage, verb or constructor without its parentheses.
    fn explain_callable(&mut self, name: &Ident) -> bool {
        let text = name.text.as_str();
        let braces = self.library.constructors.get(text).and_then(|all| all.first()).map(|one| one.braces);
        let called = self.library.stages.contains_key(text) || self.library.verbs.contains_key(text);
        if braces.is_none() && !called {
            return false;
        }
        let (open, kind) = match braces {
            Some(true) => (" { .. }", "constructor"),
            Some(false) => ("(..)", "constructor"),
            None => ("(..)", "stage or verb"),
        };
        let message = format!("`{text}` is a {kind}, and stands here without what it takes");
        let found = Diagnostic::error(types::NOT_CALLED, message, name.span, "not called")
            .help(format!("write `{text}{open}`"));
        self.sink.push(found);
        true
    }

    fn unknown(&mut self, env: &Env, path: &Path, want: &Want) {
        let Some(name) = path.parts.first() else { return };
        if self.may_be_bound(env.module, name) {
            return;
        }
        let wanted = want.ty.as_ref();
        let enums: Vec<&'static str> = wanted
            .into_iter()
            .flat_map(flat)
            .flat_map(|ty| self.library.enums(ty))
            .flat_map(|(_, info)| info.members.iter().copied())
            .collect();
        let mut fitting = self.fitting_names(env, wanted);
        if !enums.is_empty() {
            // Where a word is wanted, only what surely is one would do.
            let is_word = |name: &String| self.is_surely(env, name, wanted);
            fitting.retain(is_word);
        }
        let all: Vec<&str> = fitting.iter().map(String::as_str).chain(enums.iter().copied()).collect();
        let only_members = !enums.is_empty() && fitting.is_empty();
        let (code, message) = if only_members {
            let members = wanted.map(Type::to_string).unwrap_or_default();
            (types::NOT_A_MEMBER, format!("`{}` is no member of `{members}`", name.text))
        } else {
            (names::UNKNOWN, format!("there is nothing named `{}` here", name.text))
        };
        let mut found = Diagnostic::error(code, message, name.span, "unknown");
        let elsewhere = if only_members {
            Vec::new()
        } else if wanted.is_some_and(|wanted| wanted.allows("StepName")) {
            self.steps_written_in(env.module, &name.text)
        } else {
            // Of `desk.members` the type is that of the last part.
            let wanted = wanted.filter(|_| path.parts.len() == 1);
            self.value_written_in(env.module, &name.text, wanted)
        };
        if let Some(told) = elsewhere::told(found.clone(), name.span, &elsewhere) {
            self.sink.push(match self.wanted_by(want) {
                Some((by, text)) => told.label(by, text),
                None => told,
            });
            return;
        }
        if let Some(near) = crate::resolve::nearest(&name.text, all.iter().copied()) {
            found = found.fix(format!("write `{near}`"), name.span, near, false);
        }
        // Where anything may stand, all that there is would be no help.
        let near = crate::resolve::nearest(&name.text, all.iter().copied());
        let help = match (near, wanted) {
            (None, None) => String::new(),
            _ => did_you_mean(&name.text, all.iter().copied()),
        };
        let truth = wanted.filter(|wanted| wanted.allows("Bool")).and_then(|_| truth_of(&name.text));
        let meant = truth.map(str::to_owned).or_else(|| quoted(wanted, &name.text));
        if let Some(meant) = meant {
            let title = format!("write `{meant}`");
            found = found.help(title.clone()).fix(title, name.span, meant, true);
        } else if !help.is_empty() {
            found = found.help(help);
        }
        if let Some((by, text)) = self.wanted_by(want) {
            found = found.label(by, text);
        }
        self.sink.push(found);
    }

    /// Names in scope whose values would fit: right in kind and type.
    pub(super) fn fitting_names(&self, env: &Env, wanted: Option<&Type>) -> Vec<String> {
        let fits = |ty: &Type| wanted.is_none_or(|wanted| ty.fits(wanted));
        let locals = env.locals.iter().filter(|local| fits(&local.typed.ty)).map(|local| local.name.clone());
        let Some(module) = self.program.module(env.module) else { return locals.collect() };
        let declared = module.names.iter().filter(|(_, bound)| match bound {
            Bound::Module(..) | Bound::Broken(_) => wanted.is_none(),
            Bound::Own(id) | Bound::Imported(id, _) => self.quick_type(*id).is_some_and(|ty| fits(&ty)),
        });
        locals.chain(declared.map(|(name, _)| name.clone())).collect()
    }

    /// Whether the type of a name in scope is known, and fits.
    fn is_surely(&self, env: &Env, name: &str, wanted: Option<&Type>) -> bool {
        let ty = match (env.local(name), self.bound(env.module, name)) {
            (Some(local), _) => Some(local.typed.ty.clone()),
            (None, Some(Bound::Own(id) | Bound::Imported(id, _))) => self.quick_type(id),
            _ => None,
        };
        ty.is_some_and(|ty| !ty.is_poison() && wanted.is_some_and(|wanted| ty.fits(wanted)))
    }

    /// The type of a declaration as far as it is plain without looking at its value.
    pub(super) fn quick_type(&self, id: DeclId) -> Option<Type> {
        match &self.program.item(id)?.kind {
            ItemKind::Thing(_) | ItemKind::Promise(_) => self.kind_type(id),
            ItemKind::Workflow(_) | ItemKind::Machine(_) => Some(Type::Named("WorkflowName")),
            ItemKind::Param(_) | ItemKind::Let(_) => match self.memo.get(id.0) {
                Some(super::Memo::Done(typed)) => Some(typed.ty.clone()),
                _ => Some(Type::Poison),
            },
            _ => None,
        }
    }

    /// `Source` for a source.
    pub(super) fn kind_type(&self, id: DeclId) -> Option<Type> {
        library::type_of_kind(item_kind(&self.program.item(id)?.kind)).map(Type::Named)
    }

    /// A name that a file does not have: written in the file `here`, with the file's own name from the start of the span.
    fn unknown_in_module(
        &self,
        here: ModuleId,
        module: ModuleId,
        (whole, part): (Span, &Ident),
    ) -> Diagnostic {
        let Some(module) = self.program.module(module) else {
            return Diagnostic::error(names::UNKNOWN, "unknown", part.span, "");
        };
        let public = module.names.keys().map(String::as_str).filter(|name| !name.starts_with('_'));
        let message = format!("there is no `{}` in `{}`", part.text, module.path);
        let mut found = Diagnostic::error(names::UNKNOWN, message, part.span, "unknown");
        let elsewhere = self.value_written_in(here, &part.text, None);
        if let Some(told) = elsewhere::told(found.clone(), whole, &elsewhere) {
            return told;
        }
        found = found.help(did_you_mean(&part.text, public.clone()));
        if let Some(near) = crate::resolve::nearest(&part.text, public) {
            found = found.fix(format!("write `{near}`"), part.span, near, false);
        }
        found
    }
}

/// The alternatives of a type, and what its lists and ranges hold.
pub(super) fn flat(ty: &Type) -> impl Iterator<Item = &Type> {
    ty.alternatives().iter().flat_map(|ty| match ty {
        Type::List(item) | Type::Range(item) => item.alternatives().iter(),
        _ => std::slice::from_ref(ty).iter(),
    })
}

/// Branches of `parallel` never depend on each other.
fn whole_run(span: Span, outcome: &str) -> Diagnostic {
    let message = "a run is asked for its steps, and has no outcome of its own";
    Diagnostic::error(types::OPERATION, message, span, "the outcome of which step?")
        .help(format!("write `expect RUN.STEP == {outcome}`"))
}

pub(super) fn of_another_branch(name: &Ident, declared: Span) -> Diagnostic {
    let message = format!("step `{}` is in another branch of the same `parallel`", name.text);
    Diagnostic::error(names::BRANCH, message, name.span, "used beside it")
        .label(declared, "runs at the same time")
        .help("put this step behind the block, both into one `sequential`, or let `auto` find the order")
}

fn private(part: &Ident) -> Diagnostic {
    let message = format!("`{}` is private to its file", part.text);
    Diagnostic::error(names::PRIVATE, message, part.span, "begins with `_`")
        .help("take the `_` off where it is declared, when others may use it")
}

fn module_as_value(span: Span, name: &str) -> Diagnostic {
    let message = format!("`{name}` is a file, and a file is no value");
    Diagnostic::error(names::UNKNOWN, message, span, "a file")
        .help(format!("write `{name}.NAME` for one of its names"))
}

/// A name that is one of the texts that are wanted, without its quotes.
fn quoted(wanted: Option<&Type>, name: &str) -> Option<String> {
    let is_one = |ty: &Type| matches!(ty, Type::Literals(texts) if texts.iter().any(|text| text == name));
    wanted.filter(|wanted| flat(wanted).any(is_one)).map(|_| format!("{name:?}"))
}

/// The words of other languages for a truth.
fn truth_of(word: &str) -> Option<&'static str> {
    match word {
        "yes" | "on" | "enabled" => Some("true"),
        "no" | "off" | "disabled" => Some("false"),
        _ => None,
    }
}
