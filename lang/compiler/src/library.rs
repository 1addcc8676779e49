//! The standard library: what `stdlib/` declares, read once per process.
//!
//! The checker knows no stage, verb, constructor or field by itself; all of them come from here.

use std::sync::LazyLock;

use foldhash::HashMap;
use mainstay_diagnostics::{SourceMap, Span};
use mainstay_ir::IndexMap;
use mainstay_syntax::ast::{self, Expr, ItemKind, SignatureKind, TypeExpr, TypeExprKind};

use crate::fields::FieldName;
use crate::types::{BUILT_IN, Type};

/// The modules of the library in the order in which they stand first in every source map, so that their spans
/// are the same in each compilation.
pub(crate) const TEXTS: &[(&str, &str)] = &[
    ("std/prelude.stay", include_str!("../../../stdlib/prelude.stay")),
    ("std/pipelines.stay", include_str!("../../../stdlib/pipelines.stay")),
];

/// A source map that holds the library's files and nothing else.
pub(crate) fn source_map() -> SourceMap {
    let mut map = SourceMap::default();
    for (name, text) in TEXTS {
        map.add(*name, *text);
    }
    map
}

/// `std.pipelines` for `std/pipelines.stay`.
pub(crate) fn module_name(file: &str) -> String {
    file.trim_end_matches(".stay").replace('/', ".")
}

static PRELUDE: LazyLock<ast::File> = LazyLock::new(|| parse(0));
static PIPELINES: LazyLock<ast::File> = LazyLock::new(|| parse(1));
static LIBRARY: LazyLock<Library> = LazyLock::new(|| Library::read(&PRELUDE));

/// The library.
pub(crate) fn library() -> &'static Library {
    &LIBRARY
}

/// The file of a module; the prelude is number 0.
pub(crate) fn file(number: usize) -> &'static ast::File {
    if number == 0 { &PRELUDE } else { &PIPELINES }
}

fn parse(number: usize) -> ast::File {
    let map = source_map();
    let file = mainstay_diagnostics::FileId(number as u32);
    mainstay_syntax::parse(&map, file).file
}

/// A parameter of anything that is called, or a field of anything in braces.
#[derive(Debug, Clone)]
pub(crate) struct Parameter<'a> {
    pub(crate) name: &'a str,
    /// The same, as the name of a field.
    pub(crate) field: FieldName,
    pub(crate) ty: Type,
    /// May be left out without a default: `T?`.
    pub(crate) optional: bool,
    pub(crate) default: Option<&'a Expr>,
    pub(crate) span: Span,
}

impl Parameter<'_> {
    pub(crate) fn required(&self) -> bool {
        !self.optional && self.default.is_none()
    }
}

/// A stage, verb or constructor.
#[derive(Debug)]
pub(crate) struct Signature {
    pub(crate) name: &'static str,
    /// ``stage `store` ``.
    pub(crate) title: String,
    pub(crate) kind: SignatureKind,
    pub(crate) params: Vec<Parameter<'static>>,
    /// How many of them are its own; the others it shares with its kind.
    pub(crate) own: usize,
    pub(crate) braces: bool,
    pub(crate) result: Type,
    pub(crate) endings: Vec<&'static str>,
    pub(crate) span: Span,
}

impl Signature {
    /// `stage`, `verb`, `constructor`.
    pub(crate) fn kind_name(&self) -> &'static str {
        kind_name(self.kind)
    }

    /// What flows into a stage: its first parameter, when data takes part in the order of protection.
    pub(crate) fn flows_in(&self) -> Option<&Parameter<'static>> {
        let first = self.params.first().filter(|_| self.kind == SignatureKind::Stage)?;
        library().is_state(&first.ty).then_some(first)
    }
}

fn kind_name(kind: SignatureKind) -> &'static str {
    match kind {
        SignatureKind::Stage => "stage",
        SignatureKind::Verb => "verb",
        SignatureKind::Constructor => "constructor",
    }
}

/// A declared type.
#[derive(Debug)]
pub(crate) struct TypeInfo {
    pub(crate) span: Span,
    /// Its fields; none for an opaque one.
    pub(crate) fields: Option<Vec<Parameter<'static>>>,
    /// Members of an enumeration; empty for all else.
    pub(crate) members: Vec<&'static str>,
}

/// All declarations of the prelude.
#[derive(Debug, Default)]
pub(crate) struct Library {
    pub(crate) types: IndexMap<&'static str, TypeInfo>,
    pub(crate) stages: IndexMap<&'static str, Signature>,
    pub(crate) verbs: IndexMap<&'static str, Signature>,
    pub(crate) constructors: IndexMap<&'static str, Vec<Signature>>,
}

impl Library {
    /// Whether a stage, verb, constructor or type has this name.
    pub(crate) fn declares(&self, name: &str) -> bool {
        self.stages.contains_key(name)
            || self.verbs.contains_key(name)
            || self.constructors.contains_key(name)
            || self.types.contains_key(name)
    }

    fn read(file: &'static ast::File) -> Self {
        let mut library = Self { types: declared_types(file), ..Self::default() };
        let names: HashMap<&'static str, ()> = library.types.keys().map(|name| (*name, ())).collect();
        for item in &file.items {
            if let ItemKind::Type(declared) = &item.kind
                && let (Some(name), Some(fields)) = (&declared.name, &declared.fields)
            {
                let fields = parameters(fields, &names);
                if let Some(info) = library.types.get_mut(name.text.as_str()) {
                    info.fields = Some(fields);
                }
            }
        }
        for item in &file.items {
            if let ItemKind::Signature(signature) = &item.kind {
                library.add(signature, item.span, &names);
            }
        }
        library
    }

    fn add(
        &mut self,
        declared: &'static ast::Signature,
        span: Span,
        names: &HashMap<&'static str, ()>,
    ) -> Option<()> {
        let name = declared.name.as_ref()?.text.as_str();
        let result = match &declared.result {
            Some(ty) => read_type(ty, names).0,
            None => Type::Named("Act"),
        };
        let mut params = parameters(&declared.params, names);
        let own = params.len();
        let common = match declared.kind {
            SignatureKind::Stage => "Stage",
            SignatureKind::Verb => "Verb",
            SignatureKind::Constructor if declared.braces => result.name().unwrap_or_default(),
            SignatureKind::Constructor => "",
        };
        let shared = self.types.get(common).and_then(|info| info.fields.clone()).unwrap_or_default();
        params.extend(shared);
        let endings = declared.endings.iter().map(|ending| ending.text.as_str()).collect();
        let kind = declared.kind;
        let title = format!("{} `{name}`", kind_name(kind));
        let signature =
            Signature { name, title, kind, params, own, braces: declared.braces, result, endings, span };
        match kind {
            SignatureKind::Stage => drop(self.stages.insert(name, signature)),
            SignatureKind::Verb => drop(self.verbs.insert(name, signature)),
            SignatureKind::Constructor => self.constructors.entry(name).or_default().push(signature),
        }
        Some(())
    }

    /// The fields of a declared type.
    pub(crate) fn fields(&self, name: &str) -> Option<&[Parameter<'static>]> {
        self.types.get(name)?.fields.as_deref()
    }

    /// The enumerations among the alternatives of a type.
    pub(crate) fn enums<'t>(&'t self, ty: &'t Type) -> impl Iterator<Item = (&'static str, &'t TypeInfo)> {
        let names = ty.alternatives().iter().filter_map(Type::name);
        names
            .filter_map(|name| Some((name, self.types.get(name)?)))
            .filter(|(_, info)| !info.members.is_empty())
    }

    /// Whether any enumeration has this member, or a stage this name: it is one where a stage is named.
    pub(crate) fn has_member(&self, text: &str) -> bool {
        self.stages.contains_key(text) || self.types.values().any(|info| info.members.contains(&text))
    }

    /// Whether all alternatives are states of data on their way: what a stage gives.
    pub(crate) fn is_state(&self, ty: &Type) -> bool {
        ty.alternatives().iter().all(|ty| self.stages.values().any(|stage| stage.result == *ty))
    }
}

fn declared_types(file: &'static ast::File) -> IndexMap<&'static str, TypeInfo> {
    let mut types = IndexMap::default();
    for item in &file.items {
        let (name, members) = match &item.kind {
            ItemKind::Type(declared) => (&declared.name, Vec::new()),
            ItemKind::Enum(declared) => {
                (&declared.name, declared.members.iter().map(|(_, member)| member.text.as_str()).collect())
            }
            _ => continue,
        };
        if let Some(name) = name {
            types.insert(name.text.as_str(), TypeInfo { span: item.span, fields: None, members });
        }
    }
    types
}

fn parameters(
    declared: &'static [ast::ParamDecl],
    names: &HashMap<&'static str, ()>,
) -> Vec<Parameter<'static>> {
    declared
        .iter()
        .filter_map(|param| {
            let (ty, optional) = read_type(param.ty.as_ref()?, names);
            let name = param.name.as_ref()?.text.as_str();
            let (default, span) = (param.default.as_ref(), param.span);
            Some(Parameter { name, field: name.into(), ty, optional, default, span })
        })
        .collect()
}

/// A type of the library, and whether it may be left out. A `?` at the end of a union counts for all of it.
fn read_type(ty: &TypeExpr, names: &HashMap<&'static str, ()>) -> (Type, bool) {
    match &ty.kind {
        TypeExprKind::Name(name, args) => (named(&name.text, args, names), false),
        TypeExprKind::Literals(texts) => {
            (Type::Literals(texts.iter().filter_map(ast::TextLit::plain).collect()), false)
        }
        TypeExprKind::Union(members) => {
            let read: Vec<_> = members.iter().map(|member| read_type(member, names)).collect();
            let optional = read.iter().any(|(_, optional)| *optional);
            (Type::Union(read.into_iter().map(|(ty, _)| ty).collect()), optional)
        }
        TypeExprKind::Optional(inner) => (read_type(inner, names).0, true),
        TypeExprKind::Missing => (Type::Poison, false),
    }
}

fn named(name: &str, args: &[TypeExpr], names: &HashMap<&'static str, ()>) -> Type {
    let argument = || Box::new(args.first().map_or(Type::Poison, |arg| read_type(arg, names).0));
    match name {
        "List" => Type::List(argument()),
        "Range" => Type::Range(argument()),
        _ => known_name(name, names).map_or(Type::Poison, Type::Named),
    }
}

fn known_name(name: &str, names: &HashMap<&'static str, ()>) -> Option<&'static str> {
    let built_in = BUILT_IN.iter().copied().find(|known| *known == name);
    built_in.or_else(|| names.get_key_value(name).map(|(known, ())| *known))
}

/// The type of the things of a kind: `Source` of `source`.
pub(crate) fn type_of_kind(kind: &str) -> Option<&'static str> {
    // Nearly all differ in their length, which is looked at first: each use of a name asks for its type.
    let is_of = |name: &str| {
        name.len() == kind.len() && {
            let (mut name, mut kind) = (name.chars(), kind.chars());
            let first = name.next().map(|letter| letter.to_ascii_lowercase());
            first == kind.next() && name.as_str() == kind.as_str()
        }
    };
    let built_in = BUILT_IN.iter().copied().find(|name| is_of(name));
    built_in.or_else(|| library().types.keys().copied().find(|name| is_of(name)))
}

/// The declared or built-in type of this name.
pub(crate) fn type_name(name: &str) -> Option<&'static str> {
    let built_in = BUILT_IN.iter().copied().find(|known| *known == name);
    built_in.or_else(|| library().types.get_key_value(name).map(|(known, _)| *known))
}
