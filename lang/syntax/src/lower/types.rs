//! Types and the parameters that bear them.

use super::Lower;
use crate::ast::{ParamDecl, TypeExpr, TypeExprKind};
use crate::grammar::Rule;
use crate::token::Kind;
use crate::tree::Node;

impl Lower<'_> {
    /// The type right below a node; [`TypeExprKind::Missing`] where one was left out.
    pub(super) fn type_in(&mut self, node: Node<'_>) -> Option<TypeExpr> {
        let ty =
            node.children().find(|child| matches!(child.rule(), Rule::type_expr | Rule::missing_type))?;
        Some(self.type_expr(ty))
    }

    fn type_expr(&mut self, node: Node<'_>) -> TypeExpr {
        let parts: Vec<Node<'_>> =
            node.children().filter(|part| part.rule() == Rule::optional_type).collect();
        let is_text = |part: &Node<'_>| part.first_kind().is_some_and(Kind::is_text);
        let kind = match parts.as_slice() {
            [] => TypeExprKind::Missing,
            texts if texts.iter().all(is_text) => TypeExprKind::Literals(
                texts
                    .iter()
                    .filter_map(|part| part.child(Rule::text))
                    .map(|text| self.text_literal(text))
                    .collect(),
            ),
            [one] => return self.optional_type(*one),
            many => TypeExprKind::Union(many.iter().map(|part| self.optional_type(*part)).collect()),
        };
        TypeExpr { kind, span: self.span(node) }
    }

    fn optional_type(&mut self, node: Node<'_>) -> TypeExpr {
        let inner = self.type_inside(node);
        let last = node.tokens().last().map(|token| token.kind);
        if last == Some(Kind::Question) {
            return TypeExpr { kind: TypeExprKind::Optional(Box::new(inner)), span: self.span(node) };
        }
        inner
    }

    /// What stands before the `?`.
    fn type_inside(&mut self, node: Node<'_>) -> TypeExpr {
        let Some(inner) = node.children().next() else {
            return TypeExpr { kind: TypeExprKind::Missing, span: self.span(node) };
        };
        let kind = match inner.rule() {
            Rule::text => TypeExprKind::Literals(vec![self.text_literal(inner)]),
            Rule::type_name => TypeExprKind::Name(self.ident(inner), Vec::new()),
            _ => self.named_type(inner),
        };
        TypeExpr { kind, span: self.span(inner) }
    }

    /// `List<Text>`: its arguments nest three deep at most, by the grammar.
    fn named_type(&mut self, node: Node<'_>) -> TypeExprKind {
        let Some(name) = node.child(Rule::type_name) else { return TypeExprKind::Missing };
        let is_argument = |rule| matches!(rule, Rule::inner_type | Rule::innermost_type);
        let args = node.children().filter(|child| is_argument(child.rule()));
        TypeExprKind::Name(self.ident(name), args.map(|arg| self.optional_type(arg)).collect())
    }

    pub(super) fn param_decls(&mut self, node: Node<'_>) -> Vec<ParamDecl> {
        node.children()
            .filter(|child| child.rule() == Rule::param_decl)
            .map(|child| self.param_decl(child))
            .collect()
    }

    fn param_decl(&mut self, node: Node<'_>) -> ParamDecl {
        let name = node.child(Rule::word).map(|word| self.ident(word));
        ParamDecl {
            docs: self.docs(node.start()),
            name,
            ty: self.type_in(node),
            default: self.value_in(node),
            span: self.span(node),
        }
    }
}
