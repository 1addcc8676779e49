//! Types as they are written, and what is declared with one.

use mainstay_diagnostics::Span;

use super::{Expr, Ident, TextLit};

/// A parameter of a pipeline, function, stage, verb or constructor; a field of a type.
#[derive(Debug, Clone, PartialEq)]
pub struct ParamDecl {
    /// The `///` lines above it.
    pub docs: Vec<String>,
    /// Its name; keywords may be labels.
    pub name: Option<Ident>,
    /// Its type.
    pub ty: Option<TypeExpr>,
    /// After `=`.
    pub default: Option<Expr>,
    /// All of it.
    pub span: Span,
}

/// A type as written.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeExpr {
    /// What.
    pub kind: TypeExprKind,
    /// Where.
    pub span: Span,
}

/// The forms of types.
#[derive(Debug, Clone, PartialEq)]
pub enum TypeExprKind {
    /// `Duration`, `List<Source>`, `Range<Int>`.
    Name(Ident, Vec<TypeExpr>),
    /// `"staging" | "production"`.
    Literals(Vec<TextLit>),
    /// `Frozen | Packed`.
    Union(Vec<TypeExpr>),
    /// `Text?`.
    Optional(Box<TypeExpr>),
    /// Left out; reported.
    Missing,
}
