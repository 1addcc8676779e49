//! Declarations.

use mainstay_diagnostics::Span;

use super::{Allow, Arg, Body, Expr, Ident, Literal, ParamDecl, Path, Record, TextLit, TypeExpr};

/// One declaration with what stands above it.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The `///` lines, without the marker.
    pub docs: Vec<String>,
    /// The silencers above it.
    pub allows: Vec<Allow>,
    /// What it is.
    pub kind: ItemKind,
    /// From its keyword to its end.
    pub span: Span,
    /// The keyword alone.
    pub keyword: Span,
}

/// The declarations.
#[derive(Debug, Clone, PartialEq)]
pub enum ItemKind {
    /// `edition 2026`.
    Edition(Option<Literal>),
    /// `policy billing`.
    Policy(Option<Ident>),
    /// `use std.x.{a, b}`, `use "rel/path.stay" as x (zone: zone)`.
    Use(Use),
    /// `param n: Type = default where cond`.
    Param(Param),
    /// `let n = expr`, `let f(x: Type) -> Type = expr`.
    Let(Let),
    /// `secret`, `host`, `source`, `repo`, `sandbox`, `channel`, `probe`: `kind name = constructor`.
    Thing(Thing),
    /// `objective`, `pool`, `estate`: `kind name { fields }`.
    Promise(Promise),
    /// `pipeline p(x: T) -> T = expr`.
    Pipeline(Pipeline),
    /// `workflow w for o { }`.
    Workflow(Workflow),
    /// `machine m { }`.
    Machine(Machine),
    /// `test "name" { }`.
    Test(Test),
    /// `moved old => new`.
    Moved(Moved),
    /// `stage`, `verb`, `constructor` of the standard library.
    Signature(Signature),
    /// `type Place { site: Text }`, or opaque: `type Source`.
    Type(TypeDecl),
    /// `enum Codec { zstd, none }`.
    Enum(EnumDecl),
}

/// `use`.
#[derive(Debug, Clone, PartialEq)]
pub enum Use {
    /// `use std.pipelines.protect` (one name), `use std.x.{a, b}`.
    Std {
        /// All but the names: `std.pipelines`.
        module: Path,
        /// What comes into scope.
        names: Vec<Ident>,
    },
    /// `use "rel/path.stay" as x (zone: zone)`.
    File {
        /// The relative path.
        path: Option<TextLit>,
        /// `x`.
        alias: Option<Ident>,
        /// What is handed to its params.
        args: Vec<Arg>,
    },
}

/// `param`.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// Its name.
    pub name: Option<Ident>,
    /// Its type.
    pub ty: Option<TypeExpr>,
    /// After `=`.
    pub default: Option<Expr>,
    /// After `where`.
    pub condition: Option<Expr>,
}

/// `let`.
#[derive(Debug, Clone, PartialEq)]
pub struct Let {
    /// Its name.
    pub name: Option<Ident>,
    /// Parameters of a function; nothing for a plain value.
    pub params: Option<Vec<ParamDecl>>,
    /// After `->`.
    pub result: Option<TypeExpr>,
    /// After `=`.
    pub value: Expr,
}

/// `source orders = postgres { .. }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Thing {
    /// `source`.
    pub kind: Ident,
    /// `orders`.
    pub name: Option<Ident>,
    /// [`Expr::Construct`] or [`Expr::Call`] when right.
    pub value: Expr,
}

/// `objective gold { .. }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Promise {
    /// `objective`.
    pub kind: Ident,
    /// `gold`.
    pub name: Option<Ident>,
    /// The fields.
    pub body: Record,
}
/// `pipeline`.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    /// Its name.
    pub name: Option<Ident>,
    /// Its parameters.
    pub params: Vec<ParamDecl>,
    /// After `->`.
    pub result: Option<TypeExpr>,
    /// After `=`: a chain.
    pub value: Expr,
}

/// `workflow`.
#[derive(Debug, Clone, PartialEq)]
pub struct Workflow {
    /// Its name.
    pub name: Option<Ident>,
    /// After `for`.
    pub objective: Option<Path>,
    /// The braces.
    pub body: Body,
}

/// `machine`.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// Its name.
    pub name: Option<Ident>,
    /// After `for`.
    pub objective: Option<Path>,
    /// The braces: fields, `start`, `state`, `final`, `on`.
    pub body: Body,
}

/// `test`.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// Its name.
    pub name: Option<TextLit>,
    /// `given`, `let`, `expect`.
    pub body: Body,
}

/// `moved old => new`, `moved policy a => b`.
#[derive(Debug, Clone, PartialEq)]
pub struct Moved {
    /// `policy`, when it is the policy.
    pub kind: Option<Ident>,
    /// Before.
    pub old: Option<Path>,
    /// After.
    pub new: Option<Path>,
}

/// Which declaration of the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureKind {
    /// `stage store(of: Sealed, to: Repo) -> Stored`.
    Stage,
    /// `verb hook(argv: List<Text>) -> ok | failed`: what follows the arrow are its endings.
    Verb,
    /// `constructor gfs(daily: Int = 0) -> Retention`, `constructor local { path: Path } -> Repo`.
    Constructor,
}

/// A stage, verb or constructor of the standard library.
#[derive(Debug, Clone, PartialEq)]
pub struct Signature {
    /// Which.
    pub kind: SignatureKind,
    /// Its name.
    pub name: Option<Ident>,
    /// Its parameters or fields.
    pub params: Vec<ParamDecl>,
    /// Whether it is called with braces.
    pub braces: bool,
    /// After `->` (stage, constructor).
    pub result: Option<TypeExpr>,
    /// After `->` (verb): `ok | failed`.
    pub endings: Vec<Ident>,
}

/// `type`.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeDecl {
    /// Its name.
    pub name: Option<Ident>,
    /// Its fields; nothing for an opaque type.
    pub fields: Option<Vec<ParamDecl>>,
}

/// `enum`.
#[derive(Debug, Clone, PartialEq)]
pub struct EnumDecl {
    /// Its name.
    pub name: Option<Ident>,
    /// With their `///` lines.
    pub members: Vec<(Vec<String>, Ident)>,
}
