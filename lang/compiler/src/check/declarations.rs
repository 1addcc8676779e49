//! All declarations of all files, in order.

use mainstay_diagnostics::codes::{stages, types};
use mainstay_diagnostics::{Diagnostic, Span};
use mainstay_syntax::ast::{Arg, Ident, Item, ItemKind, Let, Path, Pipeline, Use};

use super::{Checked, Checker, Env, Local, Memo, Want};
use crate::resolve::{Bound, DeclId, ModuleId, PRELUDE};
use crate::types::Type;
use crate::value::{Typed, Val};

impl Checker<'_> {
    pub(super) fn program(&mut self) -> Checked {
        let mut checked = Checked::default();
        let program = self.program;
        for id in program.ids() {
            let Some(decl) = program.decl(id) else { continue };
            if program.module(decl.module).is_some_and(|module| module.is_library()) {
                continue;
            }
            if let Some(item) = program.item(id) {
                self.declaration(id, item, &mut checked);
            }
        }
        for (number, module) in program.modules.iter().enumerate() {
            if !module.is_library() {
                self.nameless(ModuleId(number), &module.file.items, &mut checked);
            }
        }
        self.moves(&mut checked);
        checked.used = std::mem::take(&mut self.used);
        checked.unsure = std::mem::take(&mut self.unsure);
        checked
    }

    fn declaration(&mut self, id: DeclId, item: &Item, checked: &mut Checked) {
        match &item.kind {
            ItemKind::Param(_) => {
                let value = self.declared_value(id, item.span);
                let root = self.program.decl(id).map(|decl| decl.module) == self.program.root;
                if root {
                    checked.params.push((id, value));
                }
            }
            ItemKind::Let(Let { params: Some(_), .. }) => self.function(id, &item.kind),
            ItemKind::Let(_) => drop(self.declared_value(id, item.span)),
            ItemKind::Thing(_) => {
                if let Some(made) = self.thing(id) {
                    checked.things.push((id, made));
                }
            }
            ItemKind::Promise(_) => {
                let fields = self.promise(id);
                checked.promises.push((id, fields));
            }
            ItemKind::Pipeline(pipeline) => self.pipeline(id, pipeline),
            ItemKind::Workflow(workflow) => {
                let workflow = self.workflow(id, workflow);
                checked.workflows.push(workflow);
            }
            ItemKind::Machine(machine) => {
                let machine = self.machine(id, machine);
                checked.machines.push(machine);
            }
            _ => {}
        }
    }

    /// Items that bind no name.
    fn nameless(&mut self, module: ModuleId, items: &[Item], checked: &mut Checked) {
        for item in items {
            match &item.kind {
                ItemKind::Test(test) => {
                    let test = self.test(module, test, item.span);
                    checked.tests.push(test);
                }
                ItemKind::Use(Use::File { alias: Some(alias), args, .. }) => {
                    self.handed_over(module, alias, args)
                }
                _ => {}
            }
        }
    }

    /// The arguments of a `use`: each goes to a param of that file, by its name.
    fn handed_over(&mut self, module: ModuleId, alias: &Ident, args: &[Arg]) {
        let bound = self.program.module(module).and_then(|module| module.names.get(&alias.text));
        let Some(Bound::Module(used, _)) = bound else { return };
        let used = *used;
        let params = self.params_of(used);
        args.iter().filter_map(|arg| arg.name.as_ref()).for_each(|label| self.used_in(used, label));
        for arg in args.iter().filter(|arg| !self.is_param_of(used, arg)).collect::<Vec<_>>() {
            let span = arg.name.as_ref().map_or(arg.span, |label| label.span);
            let message = "the file has no param of this name";
            let help = crate::resolve::did_you_mean(
                arg.name.as_ref().map_or("", |label| label.text.as_str()),
                params.iter().map(String::as_str),
            );
            self.sink.push(Diagnostic::error(types::UNKNOWN_FIELD, message, span, "unknown").help(help));
        }
    }

    /// Whether an argument of a `use` names a param of that file.
    pub(super) fn is_param_of(&self, module: ModuleId, arg: &Arg) -> bool {
        arg.name.as_ref().is_some_and(|label| self.params_of(module).contains(&label.text))
    }

    fn params_of(&self, module: ModuleId) -> Vec<String> {
        let items =
            self.program.module(module).map(|module| module.file.items.as_slice()).unwrap_or_default();
        let params = items.iter().filter(|item| matches!(item.kind, ItemKind::Param(_)));
        params
            .filter_map(|item| crate::resolve::item_name(&item.kind))
            .map(|name| name.text.clone())
            .collect()
    }

    /// The value behind a name; computed once.
    pub(super) fn declared_value(&mut self, id: DeclId, span: Span) -> Typed {
        let program = self.program;
        let kind = program.item(id).map(|item| &item.kind);
        if self.program.is_damaged(id) && matches!(kind, Some(ItemKind::Param(_) | ItemKind::Let(_))) {
            self.memoized_quietly(id);
            return Typed::poison(span);
        }
        let declared = match kind {
            Some(ItemKind::Param(_) | ItemKind::Let(Let { params: None, .. })) => self.memoized(id),
            Some(ItemKind::Thing(_) | ItemKind::Promise(_)) => {
                let ty = self.kind_type(id).unwrap_or(Type::Poison);
                Typed::new(ty, Val::Decl(id), span)
            }
            Some(ItemKind::Workflow(_) | ItemKind::Machine(_)) => {
                Typed::new(Type::Named("WorkflowName"), Val::Decl(id), span)
            }
            Some(ItemKind::Pipeline(_) | ItemKind::Let(_)) => {
                let message = format!("{} stands here without being called", self.described(id));
                let found = Diagnostic::error(types::NOT_CALLED, message, span, "not called")
                    .help(format!("write `{}(..)`", self.program.map.text(span).unwrap_or_default()));
                self.sink.push(found);
                Typed::poison(span)
            }
            _ => Typed::poison(span),
        };
        declared.at(span)
    }

    /// Looks for mistakes of meaning in a damaged declaration, and forgets what it gives.
    fn memoized_quietly(&mut self, id: DeclId) {
        if matches!(
            self.program.item(id).map(|item| &item.kind),
            Some(ItemKind::Let(Let { params: None, .. }))
        ) {
            self.memoized(id);
        }
    }

    pub(super) fn memoized(&mut self, id: DeclId) -> Typed {
        if let Some(Memo::Done(typed)) = self.memo.get(id.0) {
            return typed.clone();
        }
        let name = self.program.decl(id).map(|decl| decl.name_span).unwrap_or_default();
        if !self.enter(id, name) {
            return Typed::poison(name);
        }
        let muted = self.sink.unmute();
        let typed = self.compute(id);
        self.sink.restore(muted);
        self.leave(id);
        if let Some(memo) = self.memo.get_mut(id.0) {
            *memo = Memo::Done(typed.clone());
        }
        typed
    }

    fn compute(&mut self, id: DeclId) -> Typed {
        let program = self.program;
        let env = Env::of(program.decl(id).map_or(PRELUDE, |decl| decl.module));
        match program.item(id).map(|item| &item.kind) {
            Some(ItemKind::Param(param)) => self.param(id, param),
            Some(ItemKind::Let(Let { result, value, .. })) => {
                let want = result.as_ref().map_or(Want::nothing(), |ty| Want::of(&self.type_of(ty)));
                let typed = self.expr(&env, value, &want);
                let made_by = typed.made_by.or(Some(value.span()));
                Typed { made_by, ..typed }
            }
            _ => Typed::poison(Span::default()),
        }
    }

    /// A function is checked with arguments of which only the types are known.
    fn function(&mut self, id: DeclId, item: &ItemKind) {
        let ItemKind::Let(Let { params: Some(params), result, value, .. }) = item else { return };
        let env = self.abstract_env(id, params);
        let want = result.as_ref().map_or(Want::nothing(), |ty| Want::of(&self.type_of(ty)));
        if self.enter(id, value.span()) {
            self.expr(&env, value, &want);
            self.leave(id);
        }
    }

    fn pipeline(&mut self, id: DeclId, pipeline: &Pipeline) {
        let env = self.abstract_env(id, &pipeline.params);
        let result = pipeline.result.as_ref().map_or(Type::Poison, |ty| self.type_of(ty));
        if !self.enter(id, pipeline.value.span()) {
            return;
        }
        let value = self.expr(&env, &pipeline.value, &Want::nothing());
        self.leave(id);
        if !value.ty.fits(&result) && !self.program.is_damaged(id) {
            let declared = pipeline.result.as_ref().map(|ty| ty.span).unwrap_or_default();
            self.sink.push(wrong_result(&value, &result, pipeline.value.span(), declared));
        }
    }

    fn abstract_env(&mut self, id: DeclId, params: &[mainstay_syntax::ast::ParamDecl]) -> Env {
        let mut env = Env::of(self.program.decl(id).map_or(PRELUDE, |decl| decl.module));
        let mut seen: Vec<(String, Span)> = Vec::new();
        for param in self.parameters(params) {
            if let Some((_, first)) = seen.iter().find(|(name, _)| name == param.name) {
                self.sink.push(crate::resolve::duplicate(param.name, param.span, *first));
            }
            seen.push((param.name.to_owned(), param.span));
            let mut typed = Typed::new(param.ty.clone(), Val::Unknown, param.span);
            typed.made_by = Some(param.span);
            if let Some(default) = param.default {
                self.expr(&Env::of(env.module), default, &Want::of(&param.ty));
            }
            let local =
                Local { name: param.name.to_owned(), typed, bound: param.span, is_step: false, apart: false };
            env.locals.push(local);
        }
        env
    }

    /// The objective after `for`.
    pub(super) fn objective(&mut self, module: ModuleId, path: &Path) -> Option<DeclId> {
        let want = Want::of(&Type::Named("Objective"));
        let expr = mainstay_syntax::ast::Expr::Path(path.clone());
        self.expr(&Env::of(module), &expr, &want).value.decl()
    }
}

fn wrong_result(value: &Typed, result: &Type, span: Span, declared: Span) -> Diagnostic {
    let message = format!("this pipeline promises `{result}`, and gives `{}`", value.ty);
    let mut found = Diagnostic::error(stages::RESULT, message, declared, format!("promises `{result}`"))
        .label(span, format!("gives `{}`", value.ty));
    if let Some(made) = value.made_by {
        found = found.label(made, "the last stage is declared here");
    }
    found.help(format!("write `-> {}`, or add the stages that lead to `{result}`", value.ty))
}
