//! Workflows: their fields, and their bodies as trees of steps.

use foldhash::HashSet;
use mainstay_diagnostics::codes::{names, types};
use mainstay_diagnostics::{Diagnostic, Span};
use mainstay_ir::IndexMap;
use mainstay_syntax::ast::{Body, Expr, Ident, Statement, StatementKind, Workflow};

use super::ahead::Ahead;
use super::arguments::Owner;
use super::records::Entry;
use super::rules::AfterRule;
use super::{Checker, Env, Local, Want};
use crate::resolve::{DeclId, PRELUDE};
use crate::value::{Fields, Typed, Val, VerbCall};

/// A workflow with all its values.
#[derive(Debug)]
pub(crate) struct CheckedWorkflow {
    pub(crate) id: DeclId,
    pub(crate) docs: Vec<String>,
    pub(crate) span: Span,
    pub(crate) objective: Option<DeclId>,
    pub(crate) fields: Fields,
    pub(crate) steps: IndexMap<String, CheckedStep>,
    pub(crate) body: Vec<Node>,
    /// What closes it, or a block of it that names one by its number.
    pub(crate) closes: Vec<CheckedClose>,
}

/// `finally { }`, `on failure { }`.
#[derive(Debug)]
pub(crate) struct CheckedClose {
    /// `finally` or `on`.
    pub(crate) span: Span,
    /// The words after `on`; none for `finally`.
    pub(crate) on: Vec<String>,
    pub(crate) steps: IndexMap<String, CheckedStep>,
    pub(crate) body: Vec<Node>,
}

/// A step with all its values.
#[derive(Debug)]
pub(crate) struct CheckedStep {
    pub(crate) docs: Vec<String>,
    /// Its name, or the called verb.
    pub(crate) named: Span,
    /// A flow or an act.
    pub(crate) value: Typed,
    /// Ids of the steps whose values it takes.
    pub(crate) takes: Vec<String>,
    pub(crate) after: Option<AfterRule>,
    pub(crate) after_span: Option<Span>,
    pub(crate) within: Option<Typed>,
    pub(crate) undo: Option<VerbCall>,
}

/// How a body nests.
#[derive(Debug)]
pub(crate) enum Node {
    Step(String),
    Sequence(Vec<Node>),
    /// The rounds of a `for`: each a sequence, none depending on another.
    Rounds(Vec<Node>),
    Parallel {
        limit: Option<u32>,
        branches: Vec<Node>,
    },
    /// `auto`, `group` and `bracket`: something that holds for all inside, as its arguments say.
    Around {
        keyword: Span,
        kind: Around,
        args: Fields,
        body: Vec<Node>,
    },
    /// A part of the body with what closes it, by the numbers of those.
    Closed {
        by: Vec<u32>,
        body: Box<Node>,
    },
}

/// What holds around a part of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Around {
    /// Only what a step takes or names orders it.
    Auto,
    Group,
    Bracket,
}

/// A workflow while it is built.
#[derive(Debug, Default)]
pub(super) struct Builder {
    pub(super) steps: IndexMap<String, CheckedStep>,
    pub(super) closes: Vec<CheckedClose>,
    /// Numbers of the closes of the block at hand.
    pub(super) closing: Vec<u32>,
    /// Whether the statements at hand are those of a close.
    pub(super) in_close: bool,
    /// Names of steps with their places: in the rounds of a loop, the same place comes again.
    pub(super) names: IndexMap<String, Span>,
    /// Steps of the whole body, to tell "later" from "unknown".
    pub(super) all: Ahead,
    /// What stands in the brackets of an id: the items of the loops around.
    pub(super) rounds: Vec<String>,
    /// Numbers of the bare calls, by verb.
    pub(super) calls: IndexMap<String, u32>,
}

impl Checker<'_> {
    pub(super) fn workflow(&mut self, id: DeclId, workflow: &Workflow) -> CheckedWorkflow {
        let program = self.program;
        let module = program.decl(id).map_or(PRELUDE, |decl| decl.module);
        let env = Env::of(module);
        let objective = workflow.objective.as_ref().and_then(|path| self.objective(module, path));
        let fields = self.body_fields("Workflow", workflow.name.as_ref(), &env, &workflow.body);
        let mut builder = Builder { all: Ahead::of(&workflow.body), ..Builder::default() };
        let mut inner = env.clone();
        let body = self.statements(&mut builder, &mut inner, &workflow.body);
        self.only_where_allowed(&builder, &fields);
        self.roles_of_steps(builder.steps.values());
        builder.closes.iter().for_each(|close| self.roles_of_steps(close.steps.values()));
        let item = program.item(id);
        CheckedWorkflow {
            id,
            docs: item.map(|item| item.docs.clone()).unwrap_or_default(),
            span: item.map(|item| item.span).unwrap_or_default(),
            objective,
            fields,
            steps: builder.steps,
            body,
            closes: builder.closes,
        }
    }

    /// The fields among the statements of a body, against the type of that name.
    pub(super) fn body_fields(&mut self, kind: &str, name: Option<&Ident>, env: &Env, body: &Body) -> Fields {
        let Some(info) = self.library.types.get(kind) else { return Fields::default() };
        let entries = body.statements.iter().filter_map(|statement| match &statement.kind {
            StatementKind::Field(field) => Some(Entry::Field(field)),
            StatementKind::Spread(value) => Some(Entry::Spread(value)),
            _ => None,
        });
        let entries: Vec<Entry<'_>> = entries.collect();
        let named = name.map_or(body.span.at_start(), |name| name.span);
        let owner = Owner {
            text: kind.to_lowercase().into(),
            declared: info.span,
            named,
            end: named,
            module: PRELUDE,
            partial: false,
        };
        let params = info.fields.as_deref().unwrap_or_default();
        self.entries(env, &owner, params, (&entries, body.span), None)
    }

    pub(super) fn statements(&mut self, builder: &mut Builder, env: &mut Env, body: &Body) -> Vec<Node> {
        let mut nodes = Vec::new();
        for statement in &body.statements {
            nodes.extend(self.statement(builder, env, statement));
        }
        self.closes(builder, env, body);
        nodes
    }

    /// Branches side by side: none sees the steps of another, and all are seen behind the block.
    pub(super) fn branches(&mut self, builder: &mut Builder, env: &mut Env, body: &Body) -> Vec<Node> {
        let outside = env.locals.len();
        let (mut nodes, mut before) = (Vec::new(), outside);
        for statement in &body.statements {
            nodes.extend(self.statement(builder, env, statement));
            env.locals.inside(before).for_each(|local| local.apart = true);
            before = env.locals.len();
        }
        env.locals.inside(outside).for_each(|local| local.apart = false);
        self.closes(builder, env, body);
        nodes
    }

    fn statement(&mut self, builder: &mut Builder, env: &mut Env, statement: &Statement) -> Option<Node> {
        match &statement.kind {
            // Read together by whoever owns the body; what closes it comes last, wherever it stands.
            StatementKind::Field(_) | StatementKind::Spread(_) | StatementKind::Close { .. } => None,
            StatementKind::Step(step) => self.named_step(builder, env, step, statement),
            StatementKind::Do(step) => self.bare_call(builder, env, step, statement),
            StatementKind::Block { keyword, args, body } => self.block(builder, env, keyword, args, body),
            StatementKind::For { name, list, body } => self.rounds(builder, env, name.as_ref(), list, body),
            other => {
                self.sink.push(misplaced(other, "workflow", statement.span));
                None
            }
        }
    }

    fn rounds(
        &mut self,
        builder: &mut Builder,
        env: &mut Env,
        name: Option<&Ident>,
        list: &Expr,
        body: &Body,
    ) -> Option<Node> {
        self.no_fields_inside(body);
        let outside = env.locals.len();
        let mut rounds = Vec::new();
        for (label, item) in self.items(env, list) {
            builder.rounds.push(label);
            if let Some(name) = name {
                self.name_is_free(env, name);
                let (text, bound) = (name.text.clone(), name.span);
                env.locals.push(Local { name: text, typed: item, bound, is_step: false, apart: false });
            }
            rounds.push(closed(builder, |builder| Node::Sequence(self.statements(builder, env, body))));
            env.locals.truncate(outside);
            builder.rounds.pop();
        }
        Some(Node::Rounds(rounds))
    }

    /// The items that a `for` goes over, each once, with what stands for it in the ids of its round.
    fn items(&mut self, env: &Env, list: &Expr) -> Vec<(String, Typed)> {
        let value = self.expr(env, list, &Want::nothing());
        let Val::List(items) = value.value else {
            if !value.ty.is_poison() {
                let message = format!("a `for` goes over a list, and this is {}", value.ty.with_article());
                let found = Diagnostic::error(types::MISMATCH, message, list.span(), "not a list");
                let text = self.program.map.text(list.span()).unwrap_or_default();
                self.sink.push(if matches!(list, Expr::Path(_)) {
                    let list_of_one = format!("[{text}]");
                    let title = format!("write `{list_of_one}`");
                    found.help(title.clone()).fix(title, list.span(), list_of_one, true)
                } else {
                    found.help("write the items in brackets: `[a, b]`")
                });
            }
            return vec![(String::new(), Typed::poison(list.span()))];
        };
        let mut labelled: Vec<(String, Typed)> = Vec::new();
        let mut seen = HashSet::default();
        for (number, item) in items.into_iter().enumerate() {
            let label = self.round_label(&item, number);
            if seen.insert(label.clone()) {
                labelled.push((label, item));
            } else {
                self.sink.push(item_again(&label, item.span));
            }
        }
        labelled
    }

    /// What stands for an item in the ids of its round.
    pub(super) fn round_label(&self, item: &Typed, number: usize) -> String {
        match item.value.decl() {
            Some(id) => self.program.full_name(id),
            None => item.value.in_text().unwrap_or_else(|| number.to_string()),
        }
    }

    /// A step or the variable of a loop may not bear the name of anything else in scope.
    pub(super) fn name_is_free(&mut self, env: &Env, name: &Ident) -> bool {
        let local = env.local(&name.text).map(|local| local.bound);
        let module = self.program.module(env.module);
        let bound = module.and_then(|module| module.names.get(&name.text)).copied();
        let bound = bound.map(|bound| crate::resolve::bound_span(self.program, bound));
        let text = name.text.as_str();
        let library = self.library;
        let declared = library.stages.get(text).or_else(|| library.verbs.get(text)).map(|one| one.span);
        let Some(first) = local.or(bound).or(declared) else { return true };
        if first != name.span {
            self.sink.push(crate::resolve::duplicate(&name.text, name.span, first));
        }
        false
    }

    /// Fields inside a plain block belong to nobody.
    pub(super) fn no_fields_inside(&mut self, body: &Body) {
        for statement in &body.statements {
            if let StatementKind::Field(field) = &statement.kind {
                let message = format!("a block has no field `{}`", field.name.text);
                let found = Diagnostic::error(
                    types::UNKNOWN_FIELD,
                    message,
                    field.name.span,
                    "not a field of this block",
                )
                .help("fields of the workflow stand directly in its braces, before its steps");
                self.sink.push(found);
            }
        }
    }
}

/// A part of a body with what closes it.
pub(super) fn closed(builder: &mut Builder, part: impl FnOnce(&mut Builder) -> Node) -> Node {
    let outer = std::mem::take(&mut builder.closing);
    let node = part(builder);
    match std::mem::replace(&mut builder.closing, outer) {
        by if by.is_empty() => node,
        by => Node::Closed { by, body: Box::new(node) },
    }
}

fn item_again(label: &str, span: Span) -> Diagnostic {
    let message = format!("`{label}` stands twice in this list");
    Diagnostic::error(names::DUPLICATE, message, span, "again here")
        .help("each round of a `for` has its own item: take one of them out")
}

/// A statement that has no meaning here.
pub(super) fn misplaced(kind: &StatementKind, owner: &str, span: Span) -> Diagnostic {
    let what = match kind {
        StatementKind::Let(_) => "let",
        StatementKind::Given { .. } => "given",
        StatementKind::Expect(_) | StatementKind::ExpectError { .. } => "expect",
        StatementKind::Start(_) => "start",
        StatementKind::State { .. } => "state",
        StatementKind::Transition { .. } => "on .. -> ..",
        StatementKind::Final { .. } => "final",
        StatementKind::Close { .. } => "on",
        StatementKind::For { .. } => "for",
        StatementKind::Block { .. } => "a block",
        _ => "step",
    };
    let home = match what {
        "let" => "at the top of a file, or in a test",
        "given" | "expect" => "in a test",
        "on .. -> .." => "in a state of a machine",
        "start" | "state" | "final" => "directly in a machine",
        "on" => "in a workflow, a block or a machine",
        _ => "in a workflow",
    };
    let message = format!("`{what}` does not stand in a {owner}").replace("`a block`", "a block");
    Diagnostic::error(names::MISPLACED, message, span, "not here").help(format!("it stands {home}"))
}
