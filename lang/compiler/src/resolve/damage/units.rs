//! What a mistake can tear a hole into: declarations, statements and fields.

use mainstay_diagnostics::{SourceMap, Span};
use mainstay_syntax::ast::{self, Body, Item, ItemKind, RecordEntry, StatementKind};

/// Every declaration, statement and field of a file. What is left out of the end of one is told at the end of its line,
/// so each goes as far.
pub(super) fn of_file(map: &SourceMap, file: &ast::File) -> Vec<Span> {
    let mut units = Vec::new();
    file.items.iter().for_each(|item| item_units(item, &mut units));
    units.iter_mut().for_each(|unit| *unit = unit.to(map.lines_around(unit.at_end()).at_end()));
    units
}

/// Text that is covered by spans which may overlap.
#[derive(Debug, Default)]
pub(super) struct Cover {
    /// Where a span begins, and the furthest end of those that begin here or before; by begin.
    spans: Vec<(u32, u32)>,
}

impl Cover {
    pub fn new(mut spans: Vec<Span>) -> Self {
        spans.sort_unstable();
        let furthest = |end: &mut u32, span: Span| {
            *end = span.end.max(*end);
            Some((span.start, *end))
        };
        Self { spans: spans.into_iter().scan(0, furthest).collect() }
    }

    /// Whether one of the spans holds all of this one.
    pub fn holds(&self, inner: Span) -> bool {
        let after = self.spans.partition_point(|(start, _)| *start <= inner.start);
        let last = after.checked_sub(1).and_then(|at| self.spans.get(at));
        last.is_some_and(|(_, furthest)| inner.end <= *furthest)
    }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spans() -> impl Strategy<Value = Vec<Span>> {
        prop::collection::vec(
            (0..20_u32, 0..9_u32).prop_map(|(start, length)| Span::new(start, start + length)),
            0..6,
        )
    }

    proptest! {
        #[test]
        fn a_cover_holds_what_one_of_its_spans_holds(all in spans(), asked in spans()) {
            let cover = Cover::new(all.clone());
            for inner in asked {
                let held = all.iter().any(|unit| unit.start <= inner.start && inner.end <= unit.end);
                prop_assert_eq!(cover.holds(inner), held);
            }
        }
    }
}
