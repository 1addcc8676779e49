//! The steps of a workflow by their names, as they are written. They are gone through once, however often they are named.

use std::rc::Rc;

use mainstay_diagnostics::Span;
use mainstay_ir::IndexMap;
use mainstay_syntax::ast::{Body, ItemKind, StatementKind};

use super::Checker;
use crate::resolve::DeclId;

/// The steps of a workflow.
#[derive(Debug, Default)]
pub(super) struct WrittenSteps<'a> {
    /// At any depth, in order; of each name where the first stands.
    pub all: IndexMap<&'a str, Span>,
    /// Those of its body alone, without what closes a block.
    of_body: IndexMap<&'a str, Span>,
}

impl<'a> WrittenSteps<'a> {
    fn add(&mut self, body: &'a Body, is_close: bool) {
        for statement in &body.statements {
            match &statement.kind {
                StatementKind::Step(step) => {
                    if let Some(name) = &step.name {
                        self.all.entry(&name.text).or_insert(name.span);
                        if !is_close {
                            self.of_body.entry(&name.text).or_insert(name.span);
                        }
                    }
                }
                StatementKind::Block { body, .. } | StatementKind::For { body, .. } => {
                    self.add(body, is_close);
                }
                StatementKind::Close { body, .. } => self.add(body, true),
                _ => {}
            }
        }
    }

    /// Whether a run of the workflow has a step of this name.
    pub fn runs(&self, name: &str) -> bool {
        self.of_body.contains_key(name)
    }

    /// The names of the steps that a run of it has.
    pub fn of_run(&self) -> impl Iterator<Item = &'a str> + Clone {
        self.of_body.keys().copied()
    }
}

impl<'a> Checker<'a> {
    /// The steps of a workflow; of anything else there are none.
    pub(super) fn steps_written(&self, id: DeclId) -> Rc<WrittenSteps<'a>> {
        let mut known = self.written.borrow_mut();
        let program = self.program;
        Rc::clone(known.entry(id).or_insert_with(|| {
            let mut steps = WrittenSteps::default();
            if let Some(ItemKind::Workflow(workflow)) = program.item(id).map(|item| &item.kind) {
                steps.add(&workflow.body, false);
            }
            Rc::new(steps)
        }))
    }
}
