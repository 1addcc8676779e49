//! Expressions. The grammar gives operands and operators as a flat list; their strength is applied here, without
//! recursion over the list.

use mainstay_diagnostics::{Diagnostic, Span, codes::syntax};

use super::{Lower, each};
use crate::NESTING_LIMIT;
use crate::ast::{Arg, BinaryOp, Expr, LiteralValue, Record, RecordEntry, UnaryOp};
use crate::ast::{Literal, Path};
use crate::grammar::Rule;
use crate::mistakes::is_dashed_list;
use crate::token::Kind;
use crate::tree::Node;

/// An operand, and the operator before it.
type Part = (Option<Kind>, Expr);

impl Lower<'_> {
    /// The value right below a node.
    pub(super) fn value(&mut self, node: Node<'_>) -> Expr {
        self.value_in(node).unwrap_or_else(|| Expr::Missing(self.span(node).at_end()))
    }

    /// The value right below a node, if one is there; [`Expr::Missing`] where it was left out.
    pub(super) fn value_in(&mut self, node: Node<'_>) -> Option<Expr> {
        let value = node.children().find(|child| is_value(child.rule()))?;
        Some(self.operand(value))
    }

    pub(super) fn operand(&mut self, node: Node<'_>) -> Expr {
        match node.rule() {
            Rule::path => Expr::Path(self.path(node)),
            Rule::expr => self.operators(node),
            Rule::unary => self.unary(node),
            Rule::range => self.range(node),
            Rule::indexed => self.indexed(node),
            Rule::named | Rule::plain_named => self.named(node),
            Rule::keyword_value => self.keyword_value(node),
            Rule::number => Expr::Literal(self.number(node)),
            Rule::truth => self.truth(node),
            Rule::text => Expr::Text(self.text_literal(node)),
            Rule::list => self.list(node),
            Rule::record => Expr::Record(self.record(node)),
            Rule::paren => self.value(node),
            _ => Expr::Missing(self.span(node)),
        }
    }

    /// Put together: stages by `|>`, and between them by strength.
    fn operators(&mut self, node: Node<'_>) -> Expr {
        if is_dashed_list(self.text, self.tree, node) {
            return self.dashed_list(node);
        }
        self.inside_of(most_in_a_stage(node), node, |lower| lower.stages(node))
    }

    fn stages(&mut self, node: Node<'_>) -> Expr {
        let span = self.span(node);
        let mut stages: Vec<Expr> = Vec::new();
        let mut stage: Vec<Part> = Vec::new();
        let mut operands = operands(node).peekable();
        while let Some(operand) = operands.next() {
            stage.push((operator_before(node, operand), self.operand(operand)));
            if operands.peek().is_none_or(|next| is_chain(operator_before(node, *next))) {
                stages.push(by_strength(&mut stage, span));
            }
        }
        stages.shrink_to_fit();
        match stages.len() {
            1 => stages.pop().unwrap_or(Expr::Missing(span)),
            _ => Expr::Chain { parts: stages, span },
        }
    }

    /// A list written with dashes is reported, and is a list all the same.
    fn dashed_list(&mut self, node: Node<'_>) -> Expr {
        let operands = if node.rule() == Rule::expr { node.children().collect() } else { vec![node] };
        let items = operands.into_iter().map(without_prefix).map(|item| self.operand(item)).collect();
        Expr::List { items, span: self.span(node) }
    }

    /// What is read inside of so many operators more. They make trees as deep as they are many, also over brackets; passes
    /// over them are recursive.
    fn inside_of(&mut self, more: usize, node: Node<'_>, read: impl FnOnce(&mut Self) -> Expr) -> Expr {
        if self.operators + more > NESTING_LIMIT {
            return self.too_deep(self.span(node));
        }
        self.operators += more;
        let made = read(self);
        self.operators -= more;
        made
    }

    fn too_deep(&mut self, span: Span) -> Expr {
        let message = format!("this expression has more than {NESTING_LIMIT} operators");
        self.report(
            Diagnostic::error(syntax::NESTED_TOO_DEEPLY, message, span, "too long to be read")
                .help("give parts of it names with `let`"),
        );
        Expr::Missing(span)
    }

    fn unary(&mut self, node: Node<'_>) -> Expr {
        if is_dashed_list(self.text, self.tree, node) {
            return self.dashed_list(node);
        }
        let prefixes: Vec<Node<'_>> = node.children().filter(|child| child.rule() == Rule::prefix).collect();
        self.inside_of(prefixes.len(), node, |lower| lower.prefixed(node, prefixes))
    }

    fn prefixed(&mut self, node: Node<'_>, prefixes: Vec<Node<'_>>) -> Expr {
        let mut value = match node.children().find(|child| child.rule() != Rule::prefix) {
            Some(operand) => self.operand(operand),
            None => Expr::Missing(self.span(node).at_end()),
        };
        for prefix in prefixes.into_iter().rev() {
            let op = if prefix.first_kind() == Some(Kind::Minus) { UnaryOp::Minus } else { UnaryOp::Not };
            let span = self.span(prefix).to(value.span());
            value = Expr::Unary { op, operand: Box::new(value), span };
        }
        value
    }

    fn range(&mut self, node: Node<'_>) -> Expr {
        let span = self.span(node);
        let mut ends = node.children().map(|end| self.operand(end)).collect::<Vec<_>>().into_iter();
        let from = if node.first_kind() == Some(Kind::DotDot) { None } else { ends.next() };
        let to = ends.next();
        if let (Some(Expr::Literal(from)), Some(Expr::Literal(to))) = (&from, &to)
            && let (LiteralValue::Time(from), LiteralValue::Time(to)) = (&from.value, &to.value)
        {
            return Expr::Literal(Literal { value: LiteralValue::Window(*from, *to), span });
        }
        Expr::Range { from: from.map(Box::new), to: to.map(Box::new), span }
    }

    fn indexed(&mut self, node: Node<'_>) -> Expr {
        let count = node.children().count().saturating_sub(1);
        self.inside_of(count, node, |lower| lower.index_by_index(node))
    }

    fn index_by_index(&mut self, node: Node<'_>) -> Expr {
        let mut children = node.children();
        let mut value = match children.next() {
            Some(of) => self.operand(of),
            None => Expr::Missing(self.span(node)),
        };
        for index in children {
            let span = value.span().to(self.span(index));
            value = Expr::Index { of: Box::new(value), index: Box::new(self.value(index)), span };
        }
        value
    }

    fn named(&mut self, node: Node<'_>) -> Expr {
        let span = self.span(node);
        let Some(path) = node.child(Rule::path).map(|path| self.path(path)) else {
            return Expr::Missing(span);
        };
        if let Some(args) = node.child(Rule::args) {
            return Expr::Call { callee: path, args: self.args(args), span };
        }
        match node.child(Rule::record) {
            Some(record) => Expr::Construct { constructor: path, record: self.record(record), span },
            None => Expr::Path(path),
        }
    }

    /// A keyword where a value stands is a member of an enumeration: `expect: parallel`.
    fn keyword_value(&self, node: Node<'_>) -> Expr {
        let span = self.span(node);
        Expr::Path(Path { parts: vec![self.ident(node)], span })
    }

    fn truth(&self, node: Node<'_>) -> Expr {
        let value = LiteralValue::Bool(node.first_kind() == Some(Kind::True));
        Expr::Literal(Literal { value, span: self.span(node) })
    }

    fn list(&mut self, node: Node<'_>) -> Expr {
        let items = each(node.children(), |child| is_value(child.rule()).then(|| self.operand(child)));
        Expr::List { items, span: self.span(node) }
    }

    pub(super) fn record(&mut self, node: Node<'_>) -> Record {
        let entries = each(node.children(), |entry| match entry.rule() {
            Rule::field => self.field(entry).map(RecordEntry::Field),
            Rule::spread => Some(RecordEntry::Spread(self.value(entry), self.span(entry))),
            _ => None,
        });
        Record { entries, span: self.span(node) }
    }

    pub(super) fn args(&mut self, node: Node<'_>) -> Vec<Arg> {
        each(node.children(), |child| self.arg(child))
    }

    /// With a label, or the value alone.
    fn arg(&mut self, node: Node<'_>) -> Option<Arg> {
        let (name, value) = match node.rule() {
            Rule::arg => {
                (node.child(Rule::label).and_then(|label| self.first_ident(label)), self.value(node))
            }
            rule if is_value(rule) => (None, self.operand(node)),
            _ => return None,
        };
        Some(Arg { name, value, span: self.span(node) })
    }
}

fn without_prefix(item: Node<'_>) -> Node<'_> {
    match item.rule() {
        Rule::unary => item.children().find(|child| child.rule() != Rule::prefix).unwrap_or(item),
        _ => item,
    }
}

fn is_value(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::expr
            | Rule::unary
            | Rule::range
            | Rule::indexed
            | Rule::path
            | Rule::named
            | Rule::plain_named
            | Rule::keyword_value
            | Rule::number
            | Rule::truth
            | Rule::text
            | Rule::list
            | Rule::record
            | Rule::paren
            | Rule::missing_value
            | Rule::missing_operand
    )
}

fn is_wrong_operator(rule: Rule) -> bool {
    matches!(rule, Rule::wrong_chain | Rule::wrong_operator)
}

fn operands(expr: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    expr.children().filter(|child| !is_wrong_operator(child.rule()))
}

/// Operators between two `|>`, at most.
fn most_in_a_stage(expr: Node<'_>) -> usize {
    let (mut most, mut count) = (0, 0);
    for operand in operands(expr).skip(1) {
        count = if is_chain(operator_before(expr, operand)) { 0 } else { count + 1 };
        most = most.max(count);
    }
    most
}

/// Left to right, stronger operators first; each operator takes what stands at the top of the stack.
fn by_strength(parts: &mut Vec<Part>, span: Span) -> Expr {
    let mut operands: Vec<Expr> = Vec::new();
    let mut operators: Vec<BinaryOp> = Vec::new();
    for (kind, operand) in parts.drain(..) {
        if let Some(op) = kind.and_then(binary_op) {
            while operators.last().is_some_and(|top| strength(*top) >= strength(op)) {
                combine(&mut operands, operators.pop());
            }
            operators.push(op);
        }
        operands.push(operand);
    }
    while let Some(op) = operators.pop() {
        combine(&mut operands, Some(op));
    }
    operands.pop().unwrap_or(Expr::Missing(span))
}

/// The operator is the token before the operand, unless the operand is the first.
fn operator_before(expr: Node<'_>, operand: Node<'_>) -> Option<Kind> {
    let before = operand.start().checked_sub(1).filter(|before| *before >= expr.start())?;
    expr.tree().seen(before).map(|token| token.kind)
}

fn is_chain(kind: Option<Kind>) -> bool {
    matches!(kind, Some(Kind::Chain | Kind::Arrow | Kind::Bar))
}

fn binary_op(kind: Kind) -> Option<BinaryOp> {
    Some(match kind {
        Kind::Or | Kind::OrOr => BinaryOp::Or,
        Kind::And | Kind::AndAnd => BinaryOp::And,
        Kind::EqualEqual | Kind::Equal => BinaryOp::Equal,
        Kind::NotEqual => BinaryOp::NotEqual,
        Kind::Less => BinaryOp::Less,
        Kind::LessEqual => BinaryOp::LessEqual,
        Kind::Greater => BinaryOp::Greater,
        Kind::GreaterEqual => BinaryOp::GreaterEqual,
        Kind::Plus => BinaryOp::Add,
        Kind::Minus => BinaryOp::Subtract,
        Kind::Star => BinaryOp::Multiply,
        Kind::Slash => BinaryOp::Divide,
        _ => return None,
    })
}

fn strength(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Or => 1,
        BinaryOp::And => 2,
        BinaryOp::Add | BinaryOp::Subtract => 4,
        BinaryOp::Multiply | BinaryOp::Divide => 5,
        _ => 3,
    }
}

fn combine(operands: &mut Vec<Expr>, op: Option<BinaryOp>) {
    let (Some(op), Some(right), Some(left)) = (op, operands.pop(), operands.pop()) else { return };
    let span = left.span().to(right.span());
    operands.push(Expr::Binary { op, left: Box::new(left), right: Box::new(right), span });
}
