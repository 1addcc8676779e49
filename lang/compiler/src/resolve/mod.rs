//! Which files belong to a policy, and which names stand in them.

mod damage;
mod files;
mod names;
mod suggest;

use std::ops::Deref;

use mainstay_diagnostics::{Diagnostic, SourceMap, Span};
use mainstay_ir::IndexMap;
use mainstay_syntax::ast::{self, Item, ItemKind};

pub(crate) use damage::{Damage, Words, words};
pub(crate) use files::load;
pub(crate) use names::{EDITION, bound_span, duplicate};
pub(crate) use suggest::{did_you_mean, nearest, only_near};

/// A declaration: a number in [`Program::decls`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct DeclId(pub(crate) usize);

/// A file as it is used: a number in [`Program::modules`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ModuleId(pub(crate) usize);

/// The library's prelude is always the first module.
pub(crate) const PRELUDE: ModuleId = ModuleId(0);

/// A parsed file: of the library, or of the user.
#[derive(Debug)]
pub(crate) enum FileRef {
    Library(&'static ast::File),
    Own(Box<ast::File>),
}

impl Deref for FileRef {
    type Target = ast::File;

    fn deref(&self) -> &ast::File {
        match self {
            Self::Library(file) => file,
            Self::Own(file) => file,
        }
    }
}

/// What a name of a file stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bound {
    /// Declared there.
    Own(DeclId),
    /// `use std.x.name`: the declaration, and the name in the `use`.
    Imported(DeclId, Span),
    /// `use ".." as name`: the file, and the alias.
    Module(ModuleId, Span),
    /// A `use` that went wrong, and was reported: whatever stands behind the name is unknown.
    Broken(Span),
}

/// A file with its names.
#[derive(Debug)]
pub(crate) struct Module {
    /// What stands before its names in the IR: nothing, or `house.`.
    pub(crate) prefix: String,
    /// As people see it.
    pub(crate) path: String,
    pub(crate) file: FileRef,
    pub(crate) names: IndexMap<String, Bound>,
    /// What the parser could not read of it.
    pub(crate) damage: Damage,
    /// Who hands values to its params: the using module and the number of the `use` item there.
    pub(crate) used_by: Option<(ModuleId, usize)>,
}

impl Module {
    pub(crate) fn is_library(&self) -> bool {
        matches!(self.file, FileRef::Library(_))
    }
}

/// A declaration with its name.
#[derive(Debug)]
pub(crate) struct Decl {
    pub(crate) module: ModuleId,
    /// Number of the item in its file.
    pub(crate) item: usize,
    pub(crate) name: String,
    pub(crate) name_span: Span,
}

/// All files of a policy.
#[derive(Debug, Default)]
pub(crate) struct Program {
    pub(crate) map: SourceMap,
    pub(crate) modules: Vec<Module>,
    pub(crate) decls: Vec<Decl>,
    pub(crate) root: Option<ModuleId>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Program {
    pub(crate) fn module(&self, id: ModuleId) -> Option<&Module> {
        self.modules.get(id.0)
    }

    pub(crate) fn decl(&self, id: DeclId) -> Option<&Decl> {
        self.decls.get(id.0)
    }

    /// The item that declares this.
    pub(crate) fn item(&self, id: DeclId) -> Option<&Item> {
        let decl = self.decl(id)?;
        self.module(decl.module)?.file.items.get(decl.item)
    }

    /// Its name in the IR: `orders`, `house.oncall`.
    pub(crate) fn full_name(&self, id: DeclId) -> String {
        let Some(decl) = self.decl(id) else { return String::new() };
        let prefix = self.module(decl.module).map_or("", |module| module.prefix.as_str());
        format!("{prefix}{}", decl.name)
    }

    /// Whether the parser had to leave something out of a declaration: what it means is then unknown.
    pub(crate) fn is_damaged(&self, id: DeclId) -> bool {
        let module = self.decl(id).and_then(|decl| self.module(decl.module));
        let item = self.item(id).map(|item| item.span);
        module.zip(item).is_some_and(|(module, item)| module.damage.touches(item))
    }

    /// As [`Program::is_damaged`], of a declaration by its place.
    pub(crate) fn is_torn(&self, item: Span) -> bool {
        self.module_around(item).is_some_and(|module| module.damage.touches(item))
    }

    /// The file that holds a span.
    pub(crate) fn module_around(&self, span: Span) -> Option<&Module> {
        let holds = |file: Span| file.start <= span.start && span.end <= file.end;
        self.modules.iter().find(|module| holds(module.file.span))
    }

    /// The own files, with the echoes of what their parser told taken out of these diagnostics.
    pub(crate) fn without_echoes(&self, diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let is_echo = |found: &Diagnostic| {
            !is_of_syntax(found) && self.modules.iter().any(|module| module.damage.explains(found))
        };
        let (echoes, mut kept): (Vec<_>, Vec<_>) = diagnostics.into_iter().partition(is_echo);
        for line in self.modules.iter().flat_map(|module| module.damage.strays()) {
            let on_line = |found: &&Diagnostic| {
                let span = found.span();
                line.start <= span.start && span.end <= line.end
            };
            kept.extend(echoes.iter().filter(on_line).min_by_key(|found| found.span().start).cloned());
        }
        kept
    }

    /// All declarations in order.
    pub(crate) fn ids(&self) -> impl Iterator<Item = DeclId> + use<> {
        (0..self.decls.len()).map(DeclId)
    }
}

/// What the parser reports, and not the checker.
fn is_of_syntax(found: &Diagnostic) -> bool {
    found.code.as_str().starts_with("E01")
}

/// The name that an item binds.
pub(crate) fn item_name(item: &ItemKind) -> Option<&ast::Ident> {
    match item {
        ItemKind::Param(param) => param.name.as_ref(),
        ItemKind::Let(declared) => declared.name.as_ref(),
        ItemKind::Thing(thing) => thing.name.as_ref(),
        ItemKind::Promise(promise) => promise.name.as_ref(),
        ItemKind::Pipeline(pipeline) => pipeline.name.as_ref(),
        ItemKind::Workflow(workflow) => workflow.name.as_ref(),
        ItemKind::Machine(machine) => machine.name.as_ref(),
        _ => None,
    }
}

/// What an item is, in a word.
pub(crate) fn item_kind(item: &ItemKind) -> &str {
    match item {
        ItemKind::Edition(_) => "edition",
        ItemKind::Policy(_) => "policy",
        ItemKind::Use(_) => "use",
        ItemKind::Param(_) => "param",
        ItemKind::Let(_) => "let",
        ItemKind::Thing(thing) => &thing.kind.text,
        ItemKind::Promise(promise) => &promise.kind.text,
        ItemKind::Pipeline(_) => "pipeline",
        ItemKind::Workflow(_) => "workflow",
        ItemKind::Machine(_) => "machine",
        ItemKind::Test(_) => "test",
        ItemKind::Moved(_) => "moved",
        ItemKind::Signature(_) => "signature",
        ItemKind::Type(_) => "type",
        ItemKind::Enum(_) => "enum",
    }
}
