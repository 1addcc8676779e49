//! Declarations.

use mainstay_diagnostics::Span;

use super::{Lower, each};
use crate::ast::{
    Allow, Arg, EnumDecl, Ident, Item, ItemKind, Let, Machine, Moved, Param, Path, Pipeline, Promise, Record,
    Signature, SignatureKind, Test, TextLit, Thing, TypeDecl, Use, Workflow,
};
use crate::grammar::Rule;
use crate::token::Kind;
use crate::tree::{Node, Nodes};

impl Lower<'_> {
    pub(super) fn items(&mut self, nodes: Nodes<'_>) -> Vec<Item> {
        each(nodes, |node| if node.rule() == Rule::item { self.item(node) } else { None })
    }

    fn item(&mut self, node: Node<'_>) -> Option<Item> {
        let mut docs = self.docs(node.start());
        let allows = self.allows(node);
        let declaration = node.children().find(|child| child.rule() != Rule::allow)?;
        if !allows.is_empty() {
            docs.extend(self.docs(declaration.start()));
        }
        let kind = self.item_kind(declaration)?;
        Some(Item { docs, allows, kind, span: self.span(declaration), keyword: self.keyword(declaration) })
    }

    fn keyword(&self, node: Node<'_>) -> Span {
        node.tokens().next().map(|token| self.range_span(token.range())).unwrap_or_default()
    }

    pub(super) fn allows(&mut self, node: Node<'_>) -> Vec<Allow> {
        node.children().filter(|child| child.rule() == Rule::allow).map(|child| self.allow(child)).collect()
    }

    fn allow(&mut self, node: Node<'_>) -> Allow {
        let code = node.child(Rule::type_name).map(|code| self.ident(code));
        let reason = node.child(Rule::text).map(|text| self.text_literal(text));
        let until = node.child(Rule::number).map(|number| self.number(number));
        Allow { code, reason, until, span: self.span(node) }
    }

    fn item_kind(&mut self, node: Node<'_>) -> Option<ItemKind> {
        Some(match node.rule() {
            Rule::edition => ItemKind::Edition(node.child(Rule::number).map(|number| self.number(number))),
            Rule::policy => ItemKind::Policy(self.name(node)),
            Rule::use_decl => ItemKind::Use(self.use_decl(node)?),
            Rule::param => ItemKind::Param(self.param(node)),
            Rule::let_decl => ItemKind::Let(self.let_decl(node)),
            Rule::thing => ItemKind::Thing(self.thing(node)?),
            Rule::promise => ItemKind::Promise(self.promise(node)?),
            Rule::pipeline => ItemKind::Pipeline(self.pipeline(node)),
            Rule::workflow => ItemKind::Workflow(self.workflow(node)),
            Rule::machine => ItemKind::Machine(self.machine(node)),
            Rule::test => ItemKind::Test(self.test(node)),
            Rule::moved => ItemKind::Moved(self.moved(node)),
            Rule::signature => ItemKind::Signature(self.signature(node)),
            Rule::type_decl => ItemKind::Type(self.type_decl(node)),
            Rule::enum_decl => ItemKind::Enum(self.enum_decl(node)),
            _ => return None,
        })
    }

    fn use_decl(&mut self, node: Node<'_>) -> Option<Use> {
        let form = node.children().next()?;
        match form.rule() {
            Rule::use_file => Some(self.use_file(form)),
            Rule::use_std => Some(self.use_std(form)),
            _ => None,
        }
    }

    fn use_file(&mut self, node: Node<'_>) -> Use {
        let path: Option<TextLit> = node.child(Rule::text).map(|text| self.text_literal(text));
        let args: Vec<Arg> = node.child(Rule::args).map(|args| self.args(args)).unwrap_or_default();
        Use::File { path, alias: self.name(node), args }
    }

    /// `use std.x.{a, b}` or `use std.x.a`: either way the names, and the module without them.
    fn use_std(&self, node: Node<'_>) -> Use {
        let path = node.child(Rule::use_path).map(|path| self.path(path));
        let mut module = path.unwrap_or_else(|| Path { parts: Vec::new(), span: self.span(node) });
        let listed = node.child(Rule::use_names);
        let names = match listed {
            Some(list) => self.use_names(list),
            None => module.parts.pop().into_iter().collect(),
        };
        if let (Some(first), Some(last)) = (module.parts.first(), module.parts.last()) {
            module.span = first.span.to(last.span);
        }
        Use::Std { module, names }
    }

    fn use_names(&self, list: Node<'_>) -> Vec<Ident> {
        let names = list.children().filter(|child| matches!(child.rule(), Rule::name | Rule::type_as_name));
        names.map(|name| self.ident(name)).collect()
    }

    fn param(&mut self, node: Node<'_>) -> Param {
        let condition = node.child(Rule::condition).map(|condition| self.value(condition));
        Param { name: self.name(node), ty: self.type_in(node), default: self.value_in(node), condition }
    }

    pub(super) fn let_decl(&mut self, node: Node<'_>) -> Let {
        let params = node.child(Rule::params).map(|params| self.param_decls(params));
        Let { name: self.name(node), params, result: self.type_in(node), value: self.value(node) }
    }

    fn thing(&mut self, node: Node<'_>) -> Option<Thing> {
        let kind = self.ident(node.child(Rule::thing_keyword)?);
        Some(Thing { kind, name: self.name(node), value: self.value(node) })
    }

    fn promise(&mut self, node: Node<'_>) -> Option<Promise> {
        let kind = self.ident(node.child(Rule::promise_keyword)?);
        let body = match node.child(Rule::record) {
            Some(record) => self.record(record),
            None => Record { entries: Vec::new(), span: self.span(node).at_end() },
        };
        Some(Promise { kind, name: self.name(node), body })
    }

    fn pipeline(&mut self, node: Node<'_>) -> Pipeline {
        let params = node.child(Rule::params).map(|params| self.param_decls(params)).unwrap_or_default();
        Pipeline { name: self.name(node), params, result: self.type_in(node), value: self.value(node) }
    }

    fn objective(&self, node: Node<'_>) -> Option<Path> {
        let objective = node.child(Rule::for_objective)?;
        objective.child(Rule::path).map(|path| self.path(path))
    }

    fn workflow(&mut self, node: Node<'_>) -> Workflow {
        Workflow { name: self.name(node), objective: self.objective(node), body: self.body_in(node) }
    }

    fn machine(&mut self, node: Node<'_>) -> Machine {
        Machine { name: self.name(node), objective: self.objective(node), body: self.body_in(node) }
    }

    fn test(&mut self, node: Node<'_>) -> Test {
        Test { name: node.child(Rule::text).map(|text| self.text_literal(text)), body: self.body_in(node) }
    }

    /// The two paths, told apart by the arrow between them.
    fn moved(&self, node: Node<'_>) -> Moved {
        let kind = node.child(Rule::moved_kind).map(|kind| self.ident(kind));
        let mut sides =
            node.children().filter(|child| matches!(child.rule(), Rule::path | Rule::missing_name));
        let mut side = || sides.next().filter(|side| side.rule() == Rule::path).map(|path| self.path(path));
        Moved { kind, old: side(), new: side() }
    }

    fn signature(&mut self, node: Node<'_>) -> Signature {
        let kind = match node.first_kind() {
            Some(Kind::Stage) => SignatureKind::Stage,
            Some(Kind::Verb) => SignatureKind::Verb,
            _ => SignatureKind::Constructor,
        };
        let fields = node.child(Rule::fields);
        let params =
            node.child(Rule::params).or(fields).map(|params| self.param_decls(params)).unwrap_or_default();
        let endings = node.child(Rule::endings).map(|endings| self.use_names(endings)).unwrap_or_default();
        Signature {
            kind,
            name: self.name(node),
            params,
            braces: fields.is_some(),
            result: self.type_in(node),
            endings,
        }
    }

    fn type_decl(&mut self, node: Node<'_>) -> TypeDecl {
        let fields = node.child(Rule::fields).map(|fields| self.param_decls(fields));
        TypeDecl { name: self.name(node), fields }
    }

    fn enum_decl(&mut self, node: Node<'_>) -> EnumDecl {
        let members = node.child(Rule::members).into_iter().flat_map(|members| members.children());
        let words = members.filter(|member| member.rule() == Rule::word);
        EnumDecl {
            name: self.name(node),
            members: words.map(|word| (self.docs(word.start()), self.ident(word))).collect(),
        }
    }
}
