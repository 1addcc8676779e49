//! What a file declares, with its documentation: items, parameters, fields, members, steps, states.

use std::sync::LazyLock;

use foldhash::HashMap;
use mainstay_diagnostics::{SourceMap, Span};
use mainstay_syntax::ast::{self, Body, Ident, Item, ItemKind, ParamDecl, Statement, StatementKind};

use crate::library;
use crate::resolve::item_kind;

/// Something with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// Its name.
    pub name: String,
    /// Where the name stands.
    pub named: Span,
    /// All of the declaration.
    pub whole: Span,
    /// What it is: `source`, `stage`, `step`, `field`, `member`.
    pub kind: &'static str,
    /// The `///` lines above it.
    pub docs: Vec<String>,
    /// What holds it, as a number in the same list: the workflow of a step, the type of a field.
    pub holder: Option<usize>,
}

/// All that some files declare, with where each stands.
#[derive(Debug, Default)]
pub(crate) struct Index {
    pub(crate) all: Vec<Declared>,
    /// By the span of the name and of the whole: the checker notes one or the other.
    at: HashMap<Span, usize>,
}

static LIBRARY: LazyLock<Index> = LazyLock::new(|| {
    let mut index = Index::default();
    (0..library::TEXTS.len()).for_each(|number| index.file(library::file(number)));
    index
});

/// What the standard library declares.
pub(crate) fn of_library() -> &'static Index {
    &LIBRARY
}

impl Index {
    pub(crate) fn at(&self, span: Span) -> Option<&Declared> {
        self.all.get(*self.at.get(&span)?)
    }

    pub(crate) fn file(&mut self, file: &ast::File) {
        file.items.iter().for_each(|item| self.item(item));
    }

    fn add(
        &mut self,
        name: &Ident,
        whole: Span,
        kind: &'static str,
        docs: &[String],
        holder: Option<usize>,
    ) -> usize {
        let number = self.all.len();
        let (text, named) = (name.text.clone(), name.span);
        self.all.push(Declared { name: text, named, whole, kind, docs: docs.to_vec(), holder });
        self.at.entry(named).or_insert(number);
        self.at.entry(whole).or_insert(number);
        number
    }

    fn item(&mut self, item: &Item) {
        let name = match &item.kind {
            ItemKind::Use(ast::Use::File { alias: Some(alias), .. }) => {
                self.add(alias, alias.span, "file", &item.docs, None);
                return;
            }
            ItemKind::Signature(signature) => signature.name.as_ref(),
            ItemKind::Type(declared) => declared.name.as_ref(),
            ItemKind::Enum(declared) => declared.name.as_ref(),
            kind => crate::resolve::item_name(kind),
        };
        let kind = kind_word(&item.kind);
        let number = name.map(|name| self.add(name, item.span, kind, &item.docs, None));
        match &item.kind {
            ItemKind::Signature(signature) => {
                let kind = if signature.braces { "field" } else { "parameter" };
                self.params(&signature.params, kind, number);
            }
            ItemKind::Type(declared) => {
                self.params(declared.fields.as_deref().unwrap_or_default(), "field", number);
            }
            ItemKind::Enum(declared) => {
                for (docs, member) in &declared.members {
                    self.add(member, member.span, "member", docs, number);
                }
            }
            ItemKind::Pipeline(pipeline) => self.params(&pipeline.params, "parameter", number),
            ItemKind::Let(declared) => {
                self.params(declared.params.as_deref().unwrap_or_default(), "parameter", number);
            }
            ItemKind::Workflow(workflow) => self.body(&workflow.body, number),
            ItemKind::Machine(machine) => self.body(&machine.body, number),
            ItemKind::Test(test) => self.body(&test.body, number),
            _ => {}
        }
    }

    fn params(&mut self, params: &[ParamDecl], kind: &'static str, holder: Option<usize>) {
        for param in params {
            if let Some(name) = &param.name {
                self.add(name, param.span, kind, &param.docs, holder);
            }
        }
    }

    fn body(&mut self, body: &Body, holder: Option<usize>) {
        body.statements.iter().for_each(|statement| self.statement(statement, holder));
    }

    fn statement(&mut self, statement: &Statement, holder: Option<usize>) {
        let mut add = |name: &Option<Ident>, kind| {
            if let Some(name) = name {
                self.add(name, statement.span, kind, &statement.docs, holder);
            }
        };
        match &statement.kind {
            StatementKind::Step(step) => add(&step.name, "step"),
            StatementKind::Let(declared) => add(&declared.name, "run"),
            StatementKind::Final { name, .. } => add(name, "final state"),
            StatementKind::State { name, body } => {
                add(name, "state");
                self.body(body, holder);
            }
            StatementKind::For { name, body, .. } => {
                if let Some(name) = name {
                    self.add(name, name.span, "loop variable", &[], holder);
                }
                self.body(body, holder);
            }
            StatementKind::Block { body, .. } | StatementKind::Close { body, .. } => self.body(body, holder),
            _ => {}
        }
    }
}

/// `source`, `stage`, `constructor`: as the language calls it.
fn kind_word(kind: &ItemKind) -> &'static str {
    match kind {
        ItemKind::Signature(signature) => match signature.kind {
            ast::SignatureKind::Stage => "stage",
            ast::SignatureKind::Verb => "verb",
            ast::SignatureKind::Constructor => "constructor",
        },
        other => {
            let word = item_kind(other);
            mainstay_syntax::KEYWORDS.iter().map(|(_, text)| *text).find(|text| *text == word).unwrap_or("")
        }
    }
}

/// How a declaration reads in a few lines: a signature, type or parameter as written, a thing by its head.
pub(crate) fn head(map: &SourceMap, declared: &Declared) -> String {
    let text = map.text(declared.whole).unwrap_or_default();
    let text = match declared.kind {
        "stage" | "verb" | "constructor" | "type" | "enum" | "parameter" | "field" => text,
        "pipeline" => text.split_once('=').map_or(text, |(head, _)| head.trim_end()),
        "member" | "param" | "let" => text,
        _ => text.lines().next().unwrap_or_default(),
    };
    let lines: Vec<&str> = text.lines().take(MOST_LINES).collect();
    let cut = text.lines().count() > MOST_LINES;
    let mut head = lines.join("\n");
    if cut {
        head += "\n  // ...";
    }
    head
}

/// Longer declarations are cut: a hover is read at a glance.
const MOST_LINES: usize = 24;
