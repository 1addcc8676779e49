//! What the parser could not read, and what is therefore not blamed.
//!
//! A mistake in how a file is written tears a hole into what it means: a declaration that is gone, a field that is
//! gone, a body that ends too late. What the checker finds missing there is the hole, and was told already.
//! Everything else in the file is still told in the same run.

use std::collections::HashSet;

use mainstay_diagnostics::codes::syntax;
use mainstay_diagnostics::{Diagnostic, SourceMap, Span};
use mainstay_syntax::ast::{self, Body, Item, ItemKind, RecordEntry, StatementKind};

use super::item_name;

/// The holes of one file.
#[derive(Debug, Default)]
pub(crate) struct Damage {
    /// Where the parser reported something.
    places: Vec<Span>,
    /// The smallest declaration, statement or field around each of them.
    units: Vec<Span>,
    /// Words that stand in what was not understood: names that are perhaps declared there.
    words: HashSet<String>,
    /// A declaration or step has no name, so any unknown name may be its own.
    nameless: bool,
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
        for mistake in mistakes {
            let span = mistake.span();
            damage.places.push(span);
            let around = units.iter().filter(|unit| unit.start <= span.start && span.end <= unit.end);
            damage.units.extend(around.min_by_key(|unit| unit.end - unit.start));
            for label in &mistake.labels {
                let text = map.text(label.span).unwrap_or_default();
                damage.words.extend(words(text));
            }
            if mistake.code == syntax::UNBALANCED {
                let start = mistake.labels.iter().map(|label| label.span.start).min().unwrap_or(0);
                let item = file.items.iter().map(|item| item.span).find(|item| item.end >= start);
                let from = item.map_or(start, |item| item.start.min(start));
                damage.torn_from = Some(damage.torn_from.map_or(from, |torn| torn.min(from)));
            }
        }
        damage.nameless = file.items.iter().any(is_nameless);
        damage
    }

    /// Whether an unknown name may be bound where nothing could be read.
    pub(crate) fn may_bind(&self, name: &str) -> bool {
        self.nameless || self.words.contains(name)
    }

    /// Whether a mistake of meaning at this place may only be the echo of one that the parser told.
    pub(crate) fn explains(&self, span: Span) -> bool {
        self.torn_from.is_some_and(|torn| span.start >= torn)
            || self.units.iter().any(|unit| unit.start <= span.start && span.end <= unit.end)
    }

    /// Whether the parser had to leave something out of this.
    pub(crate) fn touches(&self, span: Span) -> bool {
        let within = |place: &Span| span.start <= place.start && place.end <= span.end;
        self.places.iter().any(within) || self.torn_from.is_some_and(|torn| span.end >= torn)
    }
}

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    let parts = text.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
    parts.filter(|word| !word.is_empty()).map(str::to_owned)
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
        ItemKind::Workflow(workflow) => has_nameless_step(&workflow.body),
        _ => false,
    };
    let import = match &item.kind {
        ItemKind::Use(ast::Use::Std { names, .. }) => names.is_empty(),
        ItemKind::Use(ast::Use::File { alias, .. }) => alias.is_none(),
        _ => false,
    };
    step || import || (binds && item_name(&item.kind).is_none())
}

/// A `step` without a name: its statement begins with the keyword, and binds nothing.
fn has_nameless_step(body: &Body) -> bool {
    body.statements.iter().any(|statement| match &statement.kind {
        StatementKind::Step(step) => step.name.is_none(),
        StatementKind::Block { body, .. } | StatementKind::For { body, .. } => has_nameless_step(body),
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
