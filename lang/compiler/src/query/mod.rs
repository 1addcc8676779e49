//! What the compiler knows of a place in the text: what a name means and where else it stands, what is wanted
//! there and what would fit, which data flows in a chain.
//!
//! [`analyse`] reads and checks a policy as [`crate::compile`] does, proves nothing, and keeps the checker's
//! notes. All positions are global offsets of [`Analysis::map`]; the same file used twice with other arguments
//! stands in the map twice.

mod around;
mod declared;
mod recorder;
#[cfg(test)]
mod tests;

use foldhash::HashMap;
use mainstay_diagnostics::{Diagnostic, FileId, SourceMap, Span};
use mainstay_syntax::ast::{ItemKind, Use};

use crate::check;
use crate::params::Params;
use crate::resolve::{self, Bound, Program};
use crate::types::Type;
use crate::world::World;

pub use around::Around;
pub use declared::Declared;
use declared::Index;
pub(crate) use recorder::Recorder;
pub use recorder::{Candidate, CandidateKind, Form, Key, Keys, Wanted};

/// The place that a question is about.
#[derive(Debug, Clone, Copy)]
pub struct Focus<'a> {
    /// The file, as the [`World`] knows it.
    pub file: &'a str,
    /// Bytes from its start.
    pub offset: u32,
}

/// A name in the text, and the declaration that it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Named {
    /// The name as it stands.
    pub at: Span,
    /// The name where it is declared.
    pub declared: Span,
}

/// A checked program that can be asked.
#[derive(Debug)]
pub struct Analysis {
    /// The files, the standard library first.
    pub map: SourceMap,
    /// What is wrong with how the files are written, and with names and types. Nothing was proved.
    pub diagnostics: Vec<Diagnostic>,
    program: Program,
    own: Index,
    /// By place.
    names: Vec<Named>,
    types: Vec<(Span, Type)>,
    flows: Vec<(Span, Type)>,
    wanted: Option<Wanted>,
    keys: Option<Keys>,
}

/// Reads and checks the policy whose root file is `root`, for questions; with a focus, also what is wanted there.
pub fn analyse(world: &dyn World, root: &str, params: &Params, focus: Option<Focus<'_>>) -> Analysis {
    let mut program = resolve::load(world, root);
    let mut diagnostics = std::mem::take(&mut program.diagnostics);
    let at = focus.and_then(|focus| global(&program.map, &focus));
    let mut notes = Recorder::of(at);
    if program.root.is_some() {
        let (choices, found) = check::choices(&program, params);
        diagnostics.extend(found);
        if let Some(choice) = choices.first() {
            let (_, found, noted) = check::check_noting(&program, choice, notes);
            diagnostics.extend(found);
            notes = noted;
        }
    }
    Analysis::new(program, diagnostics, notes)
}

/// The first place of this file and offset in the map.
fn global(map: &SourceMap, focus: &Focus<'_>) -> Option<u32> {
    let file = map.files().iter().find(|file| file.name == focus.file)?;
    file.start.checked_add(focus.offset.min(file.text.len() as u32))
}

impl Analysis {
    fn new(mut program: Program, diagnostics: Vec<Diagnostic>, notes: Recorder) -> Self {
        let mut own = Index::default();
        for module in program.modules.iter().filter(|module| !module.is_library()) {
            own.file(&module.file);
        }
        let diagnostics = program.without_echoes(diagnostics);
        let map = std::mem::take(&mut program.map);
        let Recorder { uses, types, mut flows, wanted, keys, .. } = notes;
        flows.sort_by_key(|(span, _)| *span);
        flows.dedup_by_key(|(span, _)| *span);
        let names = Vec::new();
        let mut made = Self { map, diagnostics, program, own, names, types, flows, wanted, keys };
        made.names = made.all_names(&uses);
        made
    }

    /// What was noted, what is imported, and each declaration as a name of itself; in order, each once.
    fn all_names(&self, uses: &[(Span, Span)]) -> Vec<Named> {
        let noted = uses.iter().filter_map(|(at, declared)| self.resolved(*at, *declared));
        let own = self.own.all.iter().map(|one| Named { at: one.named, declared: one.named });
        let mut all: Vec<Named> = noted.chain(own).chain(self.imports()).collect();
        all.sort();
        all.dedup_by_key(|named| named.at);
        all
    }

    /// A note leads to all of a declaration or to its name; a member of an enumeration to the enumeration.
    fn resolved(&self, at: Span, declared: Span) -> Option<Named> {
        let found = self.declaration(declared)?;
        if found.kind == "enum" {
            let text = self.map.text(at)?;
            let index = declared::of_library();
            let member = index.all.iter().find(|one| {
                one.kind == "member"
                    && one.name == text
                    && one.holder.and_then(|holder| index.all.get(holder)).is_some_and(|it| it == found)
            });
            return Some(Named { at, declared: member.unwrap_or(found).named });
        }
        Some(Named { at, declared: found.named })
    }

    /// The names in `use std.x.{a, b}`.
    fn imports(&self) -> impl Iterator<Item = Named> + '_ {
        let bound = self.program.modules.iter().flat_map(|module| module.names.values());
        bound.filter_map(|bound| match bound {
            Bound::Imported(id, span) => {
                Some(Named { at: *span, declared: self.program.decl(*id)?.name_span })
            }
            _ => None,
        })
    }

    /// The files of the policy, without the library's, each once.
    pub fn files(&self) -> Vec<&str> {
        let mut files: Vec<&str> = Vec::new();
        for module in self.program.modules.iter().filter(|module| !module.is_library()) {
            if !files.contains(&module.path.as_str()) {
                files.push(&module.path);
            }
        }
        files
    }

    /// The global offset of a place; none when the policy does not have the file.
    pub fn offset(&self, file: &str, offset: u32) -> Option<u32> {
        global(&self.map, &Focus { file, offset })
    }

    /// The name at an offset, or right before it.
    pub fn name_at(&self, offset: u32) -> Option<Named> {
        let after = self.names.partition_point(|named| named.at.start <= offset);
        let near = self.names.get(after.saturating_sub(2)..after).unwrap_or_default();
        near.iter().rev().find(|named| offset <= named.at.end).copied()
    }

    /// All names in order of their places.
    pub fn names(&self) -> &[Named] {
        &self.names
    }

    /// The declaration whose name, or all of which, stands here.
    pub fn declaration(&self, span: Span) -> Option<&Declared> {
        self.own.at(span).or_else(|| declared::of_library().at(span))
    }

    /// The same for the library's declarations, which are there without any policy.
    pub fn of_library(span: Span) -> Option<&'static Declared> {
        declared::of_library().at(span)
    }

    /// What the user's files declare, in order of the files.
    pub fn declarations(&self) -> &[Declared] {
        &self.own.all
    }

    /// What the IR calls the declaration whose name stands here: `orders`, `house.oncall`. None for what is inside of others.
    pub fn full_name(&self, named: Span) -> Option<String> {
        let id =
            self.program.ids().find(|id| self.program.decl(*id).is_some_and(|it| it.name_span == named))?;
        Some(self.program.full_name(id))
    }

    /// How a declaration reads, in a few lines.
    pub fn head(&self, declared: &Declared) -> String {
        declared::head(&self.map, declared)
    }

    /// Every place that means this declaration, itself among them; the copies of a file that is used twice count.
    pub fn places_of(&self, declared: Span) -> Vec<Span> {
        let twins = self.twins(declared);
        self.names.iter().filter(|named| twins.contains(&named.declared)).map(|named| named.at).collect()
    }

    /// The same place in every copy of its file.
    fn twins(&self, span: Span) -> Vec<Span> {
        let home = self.map.file_at(span.start).and_then(|file| self.map.file(file));
        let Some(home) = home else { return vec![span] };
        let (start, end) = (span.start - home.start, span.end - home.start);
        let copies = self.map.files().iter().filter(|file| file.name == home.name);
        copies.map(|file| Span::new(file.start + start, file.start + end)).collect()
    }

    /// The type of the smallest expression at an offset, for people.
    pub fn type_at(&self, offset: u32) -> Option<(Span, String)> {
        let holds = |span: &Span| span.start <= offset && offset < span.end;
        let all = self.types.iter().filter(|(span, ty)| holds(span) && !ty.is_poison());
        let (span, ty) = all.min_by_key(|(span, _)| span.end - span.start)?;
        Some((*span, ty.to_string()))
    }

    /// Each part of each chain, with what it gives.
    pub fn stages(&self) -> impl Iterator<Item = (Span, String)> + '_ {
        self.flows.iter().map(|(span, ty)| (*span, ty.to_string()))
    }

    /// What is wanted at the focus.
    pub fn wanted(&self) -> Option<&Wanted> {
        self.wanted.as_ref()
    }

    /// The keys of the innermost braces or parentheses around the focus.
    pub fn keys(&self) -> Option<&Keys> {
        self.keys.as_ref()
    }

    /// What stands around an offset.
    pub fn around(&self, offset: u32) -> Around {
        let holds = |span: Span| span.start <= offset && offset <= span.end;
        let module = self.program.modules.iter().find(|module| holds(module.file.span));
        module.map_or(Around::File, |module| around::around(&module.file, offset))
    }

    /// What `use std.` may go on with: modules, each with its names.
    pub fn library_modules() -> Vec<(String, Vec<&'static Declared>)> {
        let mut modules: HashMap<usize, Vec<&'static Declared>> = HashMap::default();
        let map = crate::library::source_map();
        for one in declared::of_library().all.iter().filter(|one| one.holder.is_none()) {
            if let Some(FileId(file)) = map.file_at(one.named.start) {
                modules.entry(file as usize).or_default().push(one);
            }
        }
        let named = crate::library::TEXTS.iter().enumerate().skip(1);
        named
            .map(|(number, (file, _))| {
                (crate::library::module_name(file), modules.remove(&number).unwrap_or_default())
            })
            .collect()
    }

    /// The text of a file of the library, by the name it has in the map.
    pub fn library_text(name: &str) -> Option<&'static str> {
        crate::library::TEXTS.iter().find(|(file, _)| *file == name).map(|(_, text)| *text)
    }

    /// The names of all types: the built-in ones, and those that the library declares.
    pub fn types() -> Vec<(&'static str, Option<Span>)> {
        let built_in = crate::types::BUILT_IN.iter().map(|name| (*name, None));
        let declared = crate::library::library().types.iter().map(|(name, info)| (*name, Some(info.span)));
        built_in.chain(declared).collect()
    }

    /// The other files that a file uses, with the text of each `use` path.
    pub fn links(&self, file: &str) -> Vec<(Span, String)> {
        let module = self.program.modules.iter().find(|module| module.path == file);
        let items = module.map(|module| module.file.items.as_slice()).unwrap_or_default();
        items
            .iter()
            .filter_map(|item| match &item.kind {
                ItemKind::Use(Use::File { path: Some(path), .. }) => Some((path.span, path.plain()?)),
                _ => None,
            })
            .collect()
    }
}
