//! Expressions, and the records and arguments that they stand in.

use mainstay_diagnostics::Span;

use super::{Ident, Literal, Path, TextLit};

/// A record in braces.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record {
    /// Spreads and fields in order.
    pub entries: Vec<RecordEntry>,
    /// With the braces.
    pub span: Span,
}

/// An entry of a record.
#[derive(Debug, Clone, PartialEq)]
pub enum RecordEntry {
    /// `key: value`.
    Field(Field),
    /// `..base`.
    Spread(Expr, Span),
}

/// `key: value`.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The key; keywords may be keys.
    pub name: Ident,
    /// The value.
    pub value: Expr,
    /// Both.
    pub span: Span,
}

/// An argument: `level: 6` or `zstd`.
#[derive(Debug, Clone, PartialEq)]
pub struct Arg {
    /// The label.
    pub name: Option<Ident>,
    /// The value.
    pub value: Expr,
    /// Both.
    pub span: Span,
}

/// Binary operators, by rising strength: `or`, `and`, comparisons, `+ -`, `* /`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOp {
    /// `or`
    Or,
    /// `and`
    And,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

/// Unary operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    /// `not`
    Not,
    /// `-`
    Minus,
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// Left out or not readable; reported.
    Missing(Span),
    /// A literal that is not a text.
    Literal(Literal),
    /// A text.
    Text(TextLit),
    /// `a`, `a.b.c`.
    Path(Path),
    /// `f(x, k: y)`; the callee is a path.
    Call {
        /// What is called.
        callee: Path,
        /// With what.
        args: Vec<Arg>,
        /// All of it.
        span: Span,
    },
    /// `postgres { .. }`.
    Construct {
        /// The constructor.
        constructor: Path,
        /// Its fields.
        record: Record,
        /// All of it.
        span: Span,
    },
    /// `{ site: "a" }`.
    Record(Record),
    /// `[a, b]`.
    List {
        /// In order.
        items: Vec<Expr>,
        /// With the brackets.
        span: Span,
    },
    /// `head |> stage(..) |> stage(..)`: at least two parts.
    Chain {
        /// In order.
        parts: Vec<Expr>,
        /// All of it.
        span: Span,
    },
    /// `a + b`.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Left.
        left: Box<Expr>,
        /// Right.
        right: Box<Expr>,
        /// All of it.
        span: Span,
    },
    /// `not a`, `-1`.
    Unary {
        /// The operator.
        op: UnaryOp,
        /// Of what.
        operand: Box<Expr>,
        /// All of it.
        span: Span,
    },
    /// `1..8`, `1..`, `..500%`, `50%..300%`, `22:00..06:00`.
    Range {
        /// Lower end.
        from: Option<Box<Expr>>,
        /// Upper end.
        to: Option<Box<Expr>>,
        /// All of it.
        span: Span,
    },
    /// `call()[member]`, `run.step[member]`.
    Index {
        /// Of what.
        of: Box<Expr>,
        /// Which.
        index: Box<Expr>,
        /// All of it.
        span: Span,
    },
}

impl Expr {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Self::Missing(span) => *span,
            Self::Literal(literal) => literal.span,
            Self::Text(text) => text.span,
            Self::Path(path) => path.span,
            Self::Record(record) => record.span,
            Self::Call { span, .. }
            | Self::Construct { span, .. }
            | Self::List { span, .. }
            | Self::Chain { span, .. }
            | Self::Binary { span, .. }
            | Self::Unary { span, .. }
            | Self::Range { span, .. }
            | Self::Index { span, .. } => *span,
        }
    }
}
