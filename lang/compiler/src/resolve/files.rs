//! From the root file to all files of the policy: each `use` is followed, cycles are found, each file is parsed
//! once unless it is used with arguments.

use std::sync::Arc;

use foldhash::{HashMap, HashSet};
use mainstay_diagnostics::codes::names;
use mainstay_diagnostics::{Diagnostic, FileId, Span};
use mainstay_syntax::ast::{self, ItemKind, Use};

use super::names::{bind_items, import};
use super::{Bound, Damage, FileRef, Module, ModuleId, PRELUDE, Program};
use crate::library;
use crate::world::World;

/// A policy of more files is not meant to be read by anybody. One that is used with arguments counts each time.
const MOST_FILES: usize = 2_000;

/// Nor is one whose files use each other in longer chains, each of which is followed on the stack.
const MOST_LEVELS: usize = 64;

/// All files of a policy together, as often as they are used: places in them are numbers of 32 bits.
const MOST_BYTES: usize = 64 << 20;

/// Reads the root file and all that it uses.
pub(crate) fn load(world: &dyn World, root: &str) -> Program {
    let mut loader = Loader {
        world,
        program: Program::default(),
        open: Vec::new(),
        done: HashMap::default(),
        circles: HashSet::default(),
        bytes: 0,
        is_full: false,
    };
    loader.add_library();
    let read = world.read(root);
    let text = read.clone().unwrap_or_else(|_| Arc::from(""));
    let file = loader.program.map.add(root, text);
    if let Err(error) = read {
        let span = loader.start_of(file);
        let message = format!("`{root}` cannot be read: {error}");
        loader.program.diagnostics.push(Diagnostic::error(names::UNREADABLE, message, span, ""));
        return loader.program;
    }
    let root_module = loader.parse(file, root, String::new(), None);
    loader.program.root = Some(root_module);
    loader.open.push((root.to_owned(), Span::default()));
    loader.follow_uses(root_module);
    loader.program
}

struct Loader<'w> {
    world: &'w dyn World,
    program: Program,
    /// The files on the way from the root to the one at hand, each with the `use` that led to it.
    open: Vec<(String, Span)>,
    /// Files that are there for all who use them without arguments.
    done: HashMap<String, ModuleId>,
    /// The `use`s that close a circle: file and place in it. A file that is used often says it once.
    circles: HashSet<(String, u32)>,
    /// In all files that were read.
    bytes: usize,
    /// Whether there is more than is read, which was told.
    is_full: bool,
}

impl Loader<'_> {
    fn add_library(&mut self) {
        self.program.map = library::source_map();
        let (name, _) = library::TEXTS.first().copied().unwrap_or_default();
        self.add_module(name, "std.".to_owned(), FileRef::Library(library::file(0)), None, Damage::default());
    }

    fn start_of(&self, file: FileId) -> Span {
        let start = self.program.map.file(file).map_or(0, |file| file.start);
        Span::new(start, start)
    }

    fn parse(
        &mut self,
        file: FileId,
        path: &str,
        prefix: String,
        used_by: Option<(ModuleId, usize)>,
    ) -> ModuleId {
        let parsed = mainstay_syntax::parse(&self.program.map, file);
        let damage = Damage::of(&self.program.map, &parsed.file, &parsed.diagnostics);
        self.program.diagnostics.extend(parsed.diagnostics);
        self.add_module(path, prefix, FileRef::Own(Box::new(parsed.file)), used_by, damage)
    }

    fn add_module(
        &mut self,
        path: &str,
        prefix: String,
        file: FileRef,
        used_by: Option<(ModuleId, usize)>,
        damage: Damage,
    ) -> ModuleId {
        let id = ModuleId(self.program.modules.len());
        let names = Default::default();
        let module = Module { prefix, path: path.to_owned(), file, names, damage, used_by };
        self.program.modules.push(module);
        bind_items(&mut self.program, id);
        id
    }

    fn follow_uses(&mut self, module: ModuleId) {
        let uses: Vec<(usize, Use, Span)> = self.uses(module);
        for (item, declared, span) in uses {
            match declared {
                Use::Std { module: path, names } => self.use_library(module, &path, &names),
                Use::File { path, alias, args } => {
                    let Some(path) = path else { continue };
                    self.use_file(module, item, &path, alias.as_ref(), !args.is_empty(), span);
                }
            }
        }
    }

    fn uses(&self, module: ModuleId) -> Vec<(usize, Use, Span)> {
        let Some(module) = self.program.module(module) else { return Vec::new() };
        let items = module.file.items.iter().enumerate();
        items
            .filter_map(|(number, item)| match &item.kind {
                ItemKind::Use(declared) => Some((number, declared.clone(), item.span)),
                _ => None,
            })
            .collect()
    }

    fn use_library(&mut self, module: ModuleId, path: &ast::Path, wanted: &[ast::Ident]) {
        let full = path.parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join(".");
        if path.parts.iter().any(|part| part.text.is_empty()) {
            return;
        }
        let known = || library::TEXTS.iter().map(|(name, _)| library::module_name(name));
        let Some(number) = known().position(|name| name == full) else {
            let modules: Vec<_> = known().collect();
            let help = super::did_you_mean(&full, modules.iter().map(String::as_str));
            let message = format!("there is no module `{full}` in the standard library");
            let whole = wanted.last().map_or(path.span, |name| path.span.to(name.span));
            let found = Diagnostic::error(names::UNKNOWN_MODULE, message, whole, "unknown").help(help);
            self.program.diagnostics.push(found);
            for name in wanted {
                super::names::bind(&mut self.program, module, name, Bound::Broken(name.span));
                if let Some(module) = self.program.modules.get_mut(module.0) {
                    module.damage.lose(&name.text);
                }
            }
            return;
        };
        let from = self.library_module(number);
        for name in wanted {
            import(&mut self.program, module, from, &full, name);
        }
    }

    /// Modules of the library beside the prelude are read when they are first used.
    fn library_module(&mut self, number: usize) -> ModuleId {
        let Some((path, _)) = library::TEXTS.get(number) else { return PRELUDE };
        let known = self.program.modules.iter().position(|module| module.path == *path);
        if let Some(known) = known {
            return ModuleId(known);
        }
        let prefix = format!("{}.", library::module_name(path));
        self.add_module(path, prefix, FileRef::Library(library::file(number)), None, Damage::default())
    }

    fn use_file(
        &mut self,
        module: ModuleId,
        item: usize,
        path: &ast::TextLit,
        alias: Option<&ast::Ident>,
        has_args: bool,
        span: Span,
    ) {
        let Some(written) = path.plain() else {
            let message = "the path of a `use` is written out: nothing can be interpolated";
            let found = Diagnostic::error(names::UNREADABLE, message, path.span, "interpolated");
            return self.program.diagnostics.push(found);
        };
        if written.starts_with('/') {
            self.program.diagnostics.push(absolute(&written, path.span));
            if let Some(alias) = alias {
                super::names::bind(&mut self.program, module, alias, Bound::Broken(alias.span));
            }
            return;
        }
        let here = self.program.module(module).map_or("", |module| module.path.as_str());
        let target = beside(here, &written);
        let shared = self.done.get(&target).filter(|_| !has_args).copied();
        let used = match shared {
            // A file that is still being followed is read already, and part of the circle.
            _ if self.is_cycle(module, &target, span) => None,
            Some(used) => Some(used),
            None => self.read_used(module, item, &target, alias, has_args, path.span),
        };
        if let Some(alias) = alias {
            let bound = used.map_or(Bound::Broken(alias.span), |used| Bound::Module(used, alias.span));
            super::names::bind(&mut self.program, module, alias, bound);
        }
    }

    fn read_used(
        &mut self,
        module: ModuleId,
        item: usize,
        target: &str,
        alias: Option<&ast::Ident>,
        has_args: bool,
        span: Span,
    ) -> Option<ModuleId> {
        if self.is_too_much(span) {
            return None;
        }
        let text = match self.world.read(target) {
            Ok(text) => text,
            Err(error) => {
                let message = format!("`{target}` cannot be read: {error}");
                let found = Diagnostic::error(names::UNREADABLE, message, span, "used here")
                    .help("the path is relative to the folder of this file");
                self.program.diagnostics.push(found);
                return None;
            }
        };
        self.bytes += text.len();
        let above = self.program.module(module).map_or("", |module| module.prefix.as_str());
        let prefix = alias.map_or_else(String::new, |alias| format!("{above}{}.", alias.text));
        let file = self.program.map.add(target, text);
        let used = self.parse(file, target, prefix, Some((module, item)));
        if !has_args {
            self.done.insert(target.to_owned(), used);
        }
        self.open.push((target.to_owned(), span));
        self.follow_uses(used);
        self.open.pop();
        Some(used)
    }

    /// Whether nothing more is read; told once, at the first `use` that is not followed.
    fn is_too_much(&mut self, span: Span) -> bool {
        let (message, label) = if self.program.modules.len() >= MOST_FILES {
            (format!("this policy has more than {MOST_FILES} files"), "one too many")
        } else if self.open.len() > MOST_LEVELS {
            (format!("files use each other more than {MOST_LEVELS} levels deep"), "one level too many")
        } else if self.bytes > MOST_BYTES {
            (format!("the files of this policy have more than {} MiB", MOST_BYTES >> 20), "one file too many")
        } else {
            return false;
        };
        if !self.is_full {
            self.program.diagnostics.push(Diagnostic::error(names::UNREADABLE, message, span, label));
        }
        self.is_full = true;
        true
    }

    fn is_cycle(&mut self, module: ModuleId, target: &str, span: Span) -> bool {
        let Some(start) = self.open.iter().position(|(open, _)| open == target) else { return false };
        let home = self.program.module(module);
        let local = home.map(|home| (home.path.clone(), span.start - home.file.span.start));
        if local.is_some_and(|local| !self.circles.insert(local)) {
            return true;
        }
        let round = self.open.get(start + 1..).unwrap_or_default();
        let way: Vec<_> = self.open.iter().skip(start).map(|(path, _)| format!("`{path}`")).collect();
        let mut found = Diagnostic::error(
            names::USE_CYCLE,
            format!("these files use each other in a circle: {} and `{target}` again", way.join(", ")),
            span,
            "this `use` closes the circle",
        )
        .help("move what both need into a third file, and use it from both");
        for (path, used) in round {
            found = found.label(*used, format!("`{path}` is used here"));
        }
        self.program.diagnostics.push(found);
        true
    }
}

fn absolute(written: &str, span: Span) -> Diagnostic {
    let message = format!("`{written}` is no way from this file to another");
    Diagnostic::error(names::UNREADABLE, message, span, "begins at the root of the disk")
        .help("write the path relative to the folder of this file: `../shared/house.stay`")
}

/// The path of `written` as seen from the file `here`, without `.` and with `..` only in front.
fn beside(here: &str, written: &str) -> String {
    let folder = here.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = Vec::new();
    let all = folder.split('/').chain(written.split('/'));
    for part in all.filter(|part| !part.is_empty() && *part != ".") {
        match (part, parts.last()) {
            ("..", Some(last)) if *last != ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_file_that_uses_them() {
        assert_eq!(beside("mainstay.stay", "house.stay"), "house.stay");
        assert_eq!(beside("a/b.stay", "../c/./d.stay"), "c/d.stay");
        assert_eq!(beside("b.stay", "../shared/house.stay"), "../shared/house.stay");
        assert_eq!(beside("../x/b.stay", "../../y.stay"), "../../y.stay");
    }
}
