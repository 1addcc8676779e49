//! What the parser could not read, and what is therefore not blamed.
//!
//! A mistake in how a file is written tears a hole into what it means: a declaration that is gone, a field that is
//! gone, a body that ends too late. What the checker finds missing there is the hole, and was told already.
//! Everything else in the file is still told in the same run.

use foldhash::HashSet;
use mainstay_diagnostics::codes::{syntax, types};
use mainstay_diagnostics::{Diagnostic, SourceMap, Span};
use mainstay_syntax::KEYWORDS;
use mainstay_syntax::ast::{self, Body, Item, ItemKind, RecordEntry, StatementKind};

use super::item_name;

/// The holes of one file.
#[derive(Debug, Default)]
pub(crate) struct Damage {
    /// Where the first mistake stands.
    first: Option<u32>,
    /// Where the declarations begin that hold one, or are followed by one.
    items: HashSet<u32>,
    /// Things and promises among them.
    filled: Vec<Span>,
    /// The smallest declaration, statement or field around each mistake.
    units: Vec<Span>,
    /// Words in the lines of what was not understood: names that are perhaps declared there.
    words: HashSet<String>,
    /// A declaration or step has no name, so any unknown name may be its own.
    nameless: bool,
    /// Lines with a bracket that closes nothing: what lost its opening one stands before it.
    strays: Vec<Span>,
    /// From here on nothing is certain: a bracket has no other half.
    torn_from: Option<u32>,
}

impl Damage {
    /// The holes that these mistakes of a file tell of.
    pub(super) fn of(map: &SourceMap, file: &ast::File, mistakes: &[Diagnostic]) -> Self {
        let mut damage = Self::default();
        if mistakes.is_empty() {
            return damage;
        }
        let mut units = Vec::new();
        file.items.iter().for_each(|item| item_units(item, &mut units));
        // What is left out of the end of something is told at the end of its line.
        units.iter_mut().for_each(|unit| *unit = unit.to(line_around(map, unit.at_end()).at_end()));
        for mistake in mistakes {
            let span = mistake.span();
            let around = units.iter().filter(|unit| unit.start <= span.start && span.end <= unit.end);
            damage.units.extend(around.min_by_key(|unit| unit.end - unit.start));
            damage.first = Some(damage.first.map_or(span.start, |first| first.min(span.start)));
            let item = file.items.iter().rfind(|item| item.span.start <= span.start);
            damage.items.extend(item.map(|item| item.span.start));
            // What begins behind it on its line lost its own beginning to it.
            let line = line_around(map, span.at_end());
            let behind = file.items.iter().map(|item| item.span);
            let behind: Vec<Span> =
                behind.filter(|item| span.end <= item.start && item.start < line.end).collect();
            damage.items.extend(behind.iter().map(|item| item.start));
            damage.units.extend(behind);
            let filled = item.filter(|item| matches!(item.kind, ItemKind::Thing(_) | ItemKind::Promise(_)));
            damage.filled.extend(filled.map(|item| item.span));
            if mistake.code == syntax::UNBALANCED && is_closer(map, span) {
                damage.strays.push(line_around(map, span));
                continue;
            }
            for label in &mistake.labels {
                let line = map.text(line_around(map, label.span)).unwrap_or_default();
                damage.words.extend(words(line));
            }
            if mistake.code == syntax::UNBALANCED {
                let start = mistake.labels.iter().map(|label| label.span.start).min().unwrap_or(0);
                let item = file.items.iter().map(|item| item.span).find(|item| item.end >= start);
                let from = item.map_or(start, |item| item.start.min(start));
                damage.torn_from = Some(damage.torn_from.map_or(from, |torn| torn.min(from)));
            }
        }
        let whole = map.text(file.span).unwrap_or_default();
        damage.words.extend(bound_in(whole));
        let lost_import = |item: &Item| matches!(item.kind, ItemKind::Use(_)) && damage.touches(item.span);
        damage.nameless = file.items.iter().any(|item| is_nameless(item) || lost_import(item));
        damage
    }

    /// Whether an unknown name may be bound where nothing could be read.
    pub(crate) fn may_bind(&self, name: &str) -> bool {
        // A name that lost the mark behind it has run into the next word.
        self.nameless || self.words.iter().any(|word| word.starts_with(name) || word.ends_with(name))
    }

    /// Whether a mistake of meaning at this place may only be the echo of one that the parser told.
    pub(crate) fn explains(&self, found: &Diagnostic) -> bool {
        let span = found.span();
        let inside = |unit: &Span| unit.start <= span.start && span.end <= unit.end;
        let missing = matches!(found.code, types::MISSING_FIELD);
        if missing && self.filled.iter().any(inside) {
            return true;
        }
        self.torn_from.is_some_and(|torn| span.start >= torn) || self.units.iter().any(inside)
    }

    /// Lines of which the first echo is kept: it stands where the opening bracket was, and the parser only saw the
    /// closing one.
    pub(super) fn strays(&self) -> &[Span] {
        &self.strays
    }

    /// Whether the parser had to leave something out of this declaration, or right behind it.
    pub(crate) fn touches(&self, item: Span) -> bool {
        self.items.contains(&item.start) || self.torn_from.is_some_and(|torn| item.end >= torn)
    }

    /// Whether something before this place could not be read.
    pub(super) fn is_before(&self, offset: u32) -> bool {
        self.first.is_some_and(|first| first <= offset)
    }

    /// Notes names that a `use` was to bring, and did not.
    pub(super) fn lose(&mut self, name: &str) {
        self.words.insert(name.to_owned());
    }
}

/// The lines that a span stands in, without the last line break.
fn line_around(map: &SourceMap, span: Span) -> Span {
    let Some(file) = map.file_at(span.start).and_then(|file| map.file(file)) else { return span };
    let local = |offset: u32| (offset.saturating_sub(file.start)) as usize;
    let before = file.text.get(..local(span.start)).unwrap_or_default();
    let after = file.text.get(local(span.end)..).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let end = local(span.end) + after.find('\n').unwrap_or(after.len());
    Span::new(file.start + start as u32, file.start + end as u32)
}

fn is_closer(map: &SourceMap, span: Span) -> bool {
    matches!(map.text(span), Some(")" | "]" | "}"))
}

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    let parts = text.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
    parts.filter(|word| !word.is_empty()).map(str::to_owned)
}

/// Words behind which a name is bound.
const BINDERS: &[&str] = &[
    "step",
    "param",
    "let",
    "secret",
    "host",
    "source",
    "repo",
    "sandbox",
    "channel",
    "probe",
    "objective",
    "pool",
    "pipeline",
    "workflow",
    "machine",
    "as",
];

/// Names that the text seems to bind, whether or not the parser could make a declaration of it.
fn bound_in(text: &str) -> impl Iterator<Item = String> + '_ {
    let mut before = String::new();
    words(text).filter(move |word| {
        let last = std::mem::replace(&mut before, word.clone());
        BINDERS.contains(&last.as_str())
    })
}

fn is_nameless(item: &Item) -> bool {
    let binds = !matches!(
        item.kind,
        ItemKind::Edition(_)
            | ItemKind::Policy(_)
            | ItemKind::Test(_)
            | ItemKind::Moved(_)
            | ItemKind::Use(_)
            | ItemKind::Signature(_)
            | ItemKind::Type(_)
            | ItemKind::Enum(_)
    );
    let step = match &item.kind {
        ItemKind::Workflow(workflow) => has_nameless(&workflow.body),
        ItemKind::Test(test) => has_nameless(&test.body),
        _ => false,
    };
    let import = match &item.kind {
        ItemKind::Use(ast::Use::Std { names, .. }) => {
            names.is_empty() || names.iter().any(|name| KEYWORDS.iter().any(|(_, word)| *word == name.text))
        }
        ItemKind::Use(ast::Use::File { alias, .. }) => alias.is_none(),
        _ => false,
    };
    step || import || (binds && item_name(&item.kind).is_none())
}

/// A `step` or `let` without a name: it binds nothing.
fn has_nameless(body: &Body) -> bool {
    body.statements.iter().any(|statement| match &statement.kind {
        StatementKind::Step(step) => step.name.is_none(),
        StatementKind::Let(declared) => declared.name.is_none(),
        StatementKind::Block { body, .. } | StatementKind::For { body, .. } => has_nameless(body),
        _ => false,
    })
}

fn item_units(item: &Item, units: &mut Vec<Span>) {
    units.push(item.span);
    match &item.kind {
        ItemKind::Thing(thing) => {
            if let ast::Expr::Construct { record, .. } = &thing.value {
                record_units(record, units);
            }
        }
        ItemKind::Promise(promise) => record_units(&promise.body, units),
        ItemKind::Workflow(workflow) => body_units(&workflow.body, units),
        ItemKind::Machine(machine) => body_units(&machine.body, units),
        ItemKind::Test(test) => body_units(&test.body, units),
        _ => {}
    }
}

fn record_units(record: &ast::Record, units: &mut Vec<Span>) {
    for entry in &record.entries {
        match entry {
            RecordEntry::Field(field) => units.push(field.span),
            RecordEntry::Spread(_, span) => units.push(*span),
        }
    }
}

fn body_units(body: &Body, units: &mut Vec<Span>) {
    for statement in &body.statements {
        units.push(statement.span);
        match &statement.kind {
            StatementKind::Block { body, .. }
            | StatementKind::For { body, .. }
            | StatementKind::Close { body, .. }
            | StatementKind::State { body, .. } => body_units(body, units),
            _ => {}
        }
    }
}
