//! Which braces a place stands in: what may be written there depends on it.

use mainstay_diagnostics::Span;
use mainstay_syntax::ast::{self, Body, ItemKind, Statement, StatementKind};

/// What stands around a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Around {
    /// Nothing: a declaration may stand there.
    File,
    /// The braces of a workflow.
    Workflow,
    /// The braces of a block in a workflow.
    Block,
    /// The braces of a machine.
    Machine,
    /// The braces of a state.
    State,
    /// The braces of a test.
    Test,
    /// A declaration, outside of such braces.
    Declaration,
}

/// What stands around an offset in a file.
pub(crate) fn around(file: &ast::File, offset: u32) -> Around {
    let item = file.items.iter().find(|item| item.span.start < offset && offset < item.span.end);
    let Some(item) = item else { return Around::File };
    match &item.kind {
        ItemKind::Workflow(workflow) => body(&workflow.body, offset, Around::Workflow),
        ItemKind::Machine(machine) => body(&machine.body, offset, Around::Machine),
        ItemKind::Test(test) => body(&test.body, offset, Around::Test),
        _ => Around::Declaration,
    }
}

fn body(of: &Body, offset: u32, around: Around) -> Around {
    if !holds(of.span, offset) {
        return Around::Declaration;
    }
    let inner = of.statements.iter().find_map(|statement| inside(statement, offset));
    inner.unwrap_or(around)
}

fn inside(statement: &Statement, offset: u32) -> Option<Around> {
    let (of, around) = match &statement.kind {
        StatementKind::Block { body, .. }
        | StatementKind::For { body, .. }
        | StatementKind::Close { body, .. } => (body, Around::Block),
        StatementKind::State { body, .. } => (body, Around::State),
        _ => return None,
    };
    holds(of.span, offset).then(|| body(of, offset, around))
}

fn holds(span: Span, offset: u32) -> bool {
    span.start < offset && offset < span.end
}
