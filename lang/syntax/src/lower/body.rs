//! The braces of workflows, blocks, machines, states and tests.

use super::{Lower, each};
use crate::ast::{Body, Expr, Field, Statement, StatementKind, Step};
use crate::grammar::Rule;
use crate::token::Kind;
use crate::tree::Node;

impl Lower<'_> {
    /// The braces right below a node; empty where they were left out.
    pub(super) fn body_in(&mut self, node: Node<'_>) -> Body {
        match node.child(Rule::body) {
            Some(body) => self.body(body),
            None => Body { statements: Vec::new(), span: self.span(node).at_end() },
        }
    }

    fn body(&mut self, node: Node<'_>) -> Body {
        let statements = each(node.children(), |entry| self.entry(entry));
        Body { statements, span: self.span(node) }
    }

    fn entry(&mut self, node: Node<'_>) -> Option<Statement> {
        let mut docs = self.docs(node.start());
        let allows = if node.rule() == Rule::statement { self.allows(node) } else { Vec::new() };
        let inner = match node.rule() {
            Rule::statement => node.children().find(|child| child.rule() != Rule::allow)?,
            _ => node,
        };
        if !allows.is_empty() {
            docs.extend(self.docs(inner.start()));
        }
        let kind = self.statement_kind(inner)?;
        Some(Statement { docs, allows, kind, span: self.span(inner) })
    }

    fn statement_kind(&mut self, node: Node<'_>) -> Option<StatementKind> {
        Some(match node.rule() {
            Rule::field => StatementKind::Field(self.field(node)?),
            Rule::spread => StatementKind::Spread(self.value(node)),
            Rule::step => StatementKind::Step(self.step(node)),
            Rule::do_statement => StatementKind::Do(self.step(node)),
            Rule::block => self.block(node)?,
            Rule::for_block => self.for_block(node),
            Rule::finally_block => self.close(node),
            Rule::on_statement => self.on_statement(node),
            Rule::let_decl => StatementKind::Let(self.let_decl(node)),
            Rule::given => self.given(node),
            Rule::expect => self.expect(node),
            Rule::start => StatementKind::Start(self.name(node)),
            Rule::state => StatementKind::State { name: self.name(node), body: self.body_in(node) },
            Rule::final_state => self.final_state(node),
            _ => return None,
        })
    }

    /// A step, or a bare call: the name is a direct child of a step only.
    fn step(&mut self, node: Node<'_>) -> Step {
        let name = if node.rule() == Rule::step { self.name(node) } else { None };
        Step {
            name,
            value: self.value(node),
            after: self.modifier(node, Kind::After),
            when: self.modifier(node, Kind::When),
            within: self.modifier(node, Kind::Within),
            undo: self.modifier(node, Kind::Undo),
        }
    }

    fn modifier(&mut self, node: Node<'_>, kind: Kind) -> Option<Expr> {
        let mut modifiers = node.children().filter(|child| child.rule() == Rule::modifier);
        modifiers.find(|modifier| modifier.first_kind() == Some(kind)).map(|modifier| self.value(modifier))
    }

    fn block(&mut self, node: Node<'_>) -> Option<StatementKind> {
        let keyword = self.ident(node.child(Rule::block_keyword)?);
        let args = node.child(Rule::args).map(|args| self.args(args)).unwrap_or_default();
        Some(StatementKind::Block { keyword, args, body: self.body_in(node) })
    }

    fn for_block(&mut self, node: Node<'_>) -> StatementKind {
        StatementKind::For { name: self.name(node), list: self.value(node), body: self.body_in(node) }
    }

    fn close(&mut self, node: Node<'_>) -> StatementKind {
        let keyword = self.first_ident(node).unwrap_or_else(|| self.ident(node));
        let words = node.children().filter(|child| child.rule() == Rule::plain_named);
        let outcomes = words.filter_map(|word| word.child(Rule::path)).map(|path| self.ident(path)).collect();
        StatementKind::Close { keyword, outcomes, body: self.body_in(node) }
    }

    /// `on` with braces closes a block, with an arrow it is a transition of a machine.
    fn on_statement(&mut self, node: Node<'_>) -> StatementKind {
        let Some(transition) = node.child(Rule::transition) else { return self.close(node) };
        let on =
            node.children().filter(|child| child.rule() == Rule::plain_named).map(|word| self.operand(word));
        StatementKind::Transition { on: on.collect(), to: self.name(transition) }
    }

    fn given(&mut self, node: Node<'_>) -> StatementKind {
        let name = node.child(Rule::given_name).and_then(|name| name.child(Rule::path));
        StatementKind::Given { name: name.map(|path| self.path(path)), value: self.value(node) }
    }

    fn expect(&mut self, node: Node<'_>) -> StatementKind {
        let Some(error) = node.child(Rule::expect_error) else {
            return StatementKind::Expect(self.value(node));
        };
        let code = error.child(Rule::type_name).map(|code| self.ident(code));
        let items = error.child(Rule::items).map(|items| self.items(items.children())).unwrap_or_default();
        StatementKind::ExpectError { code, items }
    }

    /// `final done = ok`: two names, the first may be left out.
    fn final_state(&self, node: Node<'_>) -> StatementKind {
        let is_side = |rule| super::is_name(rule) || rule == Rule::missing_name;
        let mut sides = node.children().filter(|child| is_side(child.rule()));
        let mut side =
            || sides.next().filter(|side| super::is_name(side.rule())).map(|name| self.ident(name));
        StatementKind::Final { name: side(), outcome: side() }
    }

    pub(super) fn field(&mut self, node: Node<'_>) -> Option<Field> {
        let label = node.child(Rule::label).unwrap_or(node);
        Some(Field { name: self.first_ident(label)?, value: self.value(node), span: self.span(node) })
    }
}
