//! The bodies of workflows as they are written, beside what they were compiled to.

use foldhash::HashMap;
use mainstay_ir as ir;
use mainstay_syntax::ast::{Arg, Body, Ident, ItemKind, Statement, StatementKind, Step};

use crate::resolve::Program;

/// A workflow in both its forms.
pub(super) struct Written<'a> {
    /// As the IR names it.
    pub name: String,
    pub body: &'a Body,
    pub compiled: &'a ir::Workflow,
    /// What the names in the body were compiled to.
    pub rounds: Rounds<'a>,
}

/// All workflows that were compiled, in order.
pub(super) fn workflows<'a>(program: &'a Program, ir: &'a ir::Ir) -> Vec<Written<'a>> {
    let written = |id| {
        let ItemKind::Workflow(workflow) = &program.item(id)?.kind else { return None };
        let name = program.full_name(id);
        let compiled = ir.workflows.get(&name)?;
        Some(Written { name, body: &workflow.body, compiled, rounds: Rounds::of(compiled) })
    };
    program.ids().filter_map(written).collect()
}

/// A body, and the bodies of what closes it or a part of it. Each is a row of statements of its own.
pub(super) fn bodies(body: &Body) -> Vec<&Body> {
    let (mut found, mut open) = (Vec::new(), vec![(body, true)]);
    while let Some((body, is_row)) = open.pop() {
        found.extend(is_row.then_some(body));
        for statement in body.statements.iter().rev() {
            match &statement.kind {
                StatementKind::Block { body, .. } | StatementKind::For { body, .. } => {
                    open.push((body, false))
                }
                StatementKind::Close { body, .. } => open.push((body, true)),
                _ => {}
            }
        }
    }
    found
}

/// A step as written, with the keywords of the blocks around it, outermost first.
pub(super) struct Place<'a> {
    pub step: &'a Step,
    pub around: Vec<&'a str>,
}

/// All named steps of a body, at any depth, in order; those of what closes it are in [`bodies`] of their own.
pub(super) fn steps(body: &Body) -> Vec<Place<'_>> {
    let mut found = Vec::new();
    collect(&body.statements, &mut Vec::new(), &mut found);
    found
}

fn collect<'a>(statements: &'a [Statement], around: &mut Vec<&'a str>, found: &mut Vec<Place<'a>>) {
    for statement in statements {
        match &statement.kind {
            StatementKind::Step(step) => found.push(Place { step, around: around.clone() }),
            StatementKind::For { body, .. } => collect(&body.statements, around, found),
            StatementKind::Block { keyword, body, .. } => {
                around.push(&keyword.text);
                collect(&body.statements, around, found);
                around.pop();
            }
            _ => {}
        }
    }
}

/// A block with parentheses, such as a bracket.
pub(super) struct Block<'a> {
    pub keyword: &'a Ident,
    pub args: &'a [Arg],
    pub body: &'a Body,
}

/// All blocks of a keyword in a body and in what closes it, at any depth.
pub(super) fn blocks<'a>(body: &'a Body, wanted: &str) -> Vec<Block<'a>> {
    let mut found = Vec::new();
    for statement in &body.statements {
        match &statement.kind {
            StatementKind::Block { keyword, args, body } => {
                if keyword.text == wanted {
                    found.push(Block { keyword, args, body });
                }
                found.extend(blocks(body, wanted));
            }
            StatementKind::For { body, .. } | StatementKind::Close { body, .. } => {
                found.extend(blocks(body, wanted));
            }
            _ => {}
        }
    }
    found
}

/// What written names were compiled to: a step, or one for each round of the loops around it.
pub(super) struct Rounds<'a> {
    by_name: HashMap<&'a str, Vec<(&'a str, &'a ir::Step)>>,
}

impl<'a> Rounds<'a> {
    pub(super) fn of(workflow: &'a ir::Workflow) -> Self {
        let mut by_name: HashMap<&str, Vec<(&str, &ir::Step)>> = HashMap::default();
        for (id, step) in workflow.all_steps() {
            by_name.entry(base(id)).or_default().push((id, step));
        }
        Self { by_name }
    }

    /// The rounds of this name, in order, with their ids.
    pub(super) fn named(&self, name: &str) -> &[(&'a str, &'a ir::Step)] {
        self.by_name.get(name).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The name that a step was given, without the round: `kept` of `kept[orders]`.
pub(super) fn base(id: &str) -> &str {
    id.split_once('[').map_or(id, |(name, _)| name)
}

/// The steps that a rule asks to have ended well, all of them.
pub(super) fn demanded<'a>(rule: &'a ir::Rule, found: &mut Vec<&'a str>) {
    match rule {
        ir::Rule::Well(step) => found.push(step),
        ir::Rule::All(rules) => rules.iter().for_each(|rule| demanded(rule, found)),
        _ => {}
    }
}
