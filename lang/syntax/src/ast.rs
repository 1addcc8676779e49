//! The typed view of a policy file: what the compiler reads.
//!
//! It is made from the lossless tree and holds everything with meaning, with spans in the global offset
//! space. What the user left out stands as `None`, as [`Expr::Missing`], or is simply absent; the parser has
//! then reported it, so the compiler stays silent about it.

use mainstay_diagnostics::Span;

mod expressions;
mod items;
mod literals;
mod statements;
mod types;

pub use expressions::{Arg, BinaryOp, Expr, Field, Record, RecordEntry, UnaryOp};
pub use items::{
    EnumDecl, Item, ItemKind, Let, Machine, Moved, Param, Pipeline, Promise, Signature, SignatureKind, Test,
    Thing, TypeDecl, Use, Workflow,
};
pub use literals::{Literal, LiteralValue, TextLit, TextPart};
pub use statements::{Body, Statement, StatementKind, Step};
pub use types::{ParamDecl, TypeExpr, TypeExprKind};

/// A name with its place.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ident {
    /// As written.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// A dotted name: `house.oncall`, `std.pipelines`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// At least one.
    pub parts: Vec<Ident>,
    /// All of it.
    pub span: Span,
}

/// A whole file.
#[derive(Debug, Clone, PartialEq)]
pub struct File {
    /// The `//!` lines, without the marker.
    pub docs: Vec<String>,
    /// In order.
    pub items: Vec<Item>,
    /// The whole file.
    pub span: Span,
}

/// `allow W1203 "reason" until 2027-01-31`.
#[derive(Debug, Clone, PartialEq)]
pub struct Allow {
    /// `W1203`.
    pub code: Option<Ident>,
    /// Why.
    pub reason: Option<TextLit>,
    /// Until when, as written.
    pub until: Option<Literal>,
    /// All of it.
    pub span: Span,
}
