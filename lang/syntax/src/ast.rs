//! The typed view of a policy file: what the compiler reads.
//!
//! It is made from the lossless tree and holds everything with meaning, with spans in the global offset
//! space. What the user left out stands as `None`, as [`Expr::Missing`], or is simply absent; the parser has
//! then reported it, so the compiler stays silent about it.

use mainstay_diagnostics::Span;

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

/// The braces of a workflow, block, machine, state or test.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Body {
    /// In order.
    pub statements: Vec<Statement>,
    /// With the braces.
    pub span: Span,
}

/// A statement or field of a body.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// The `///` lines above it.
    pub docs: Vec<String>,
    /// The silencers above it.
    pub allows: Vec<Allow>,
    /// What it is.
    pub kind: StatementKind,
    /// All of it.
    pub span: Span,
}

/// The statements.
#[derive(Debug, Clone, PartialEq)]
pub enum StatementKind {
    /// `within: 20min`.
    Field(Field),
    /// `..base`.
    Spread(Expr),
    /// `step db = expr after [a] within 5min undo hook([..])`.
    Step(Step),
    /// `parallel(limit: 1) { }`, `sequential`, `auto`, `group`, `bracket`.
    Block {
        /// The keyword.
        keyword: Ident,
        /// In parentheses.
        args: Vec<Arg>,
        /// The braces.
        body: Body,
    },
    /// `for x in list { }`.
    For {
        /// `x`.
        name: Option<Ident>,
        /// A list or a name.
        list: Expr,
        /// The braces.
        body: Body,
    },
    /// A bare call, `hook([..])` or a chain, with modifiers.
    Do(Step),
    /// `finally { }`; `on failure | late { }`: `on` with its words.
    Close {
        /// `finally` or `on`.
        keyword: Ident,
        /// `failure`, `degraded`, `late`, `mode`; none for `finally`.
        outcomes: Vec<Ident>,
        /// The braces.
        body: Body,
    },
    /// `let run = simulate(continuous)`.
    Let(Let),
    /// `given failure(..)`, `given env = "production"`.
    Given {
        /// `env`, when a name is bound.
        name: Option<Path>,
        /// The value or the call.
        value: Expr,
    },
    /// `expect run.db == failed`.
    Expect(Expr),
    /// `expect error E0412 { .. }`: the items inside.
    ExpectError {
        /// The code.
        code: Option<Ident>,
        /// The declarations inside.
        items: Vec<Item>,
    },
    /// `start loading`.
    Start(Option<Ident>),
    /// `state loading { .. }`.
    State {
        /// Its name.
        name: Option<Ident>,
        /// Fields and transitions.
        body: Body,
    },
    /// `on ok, done -> next` (endings) or `on event("x") -> next`.
    Transition {
        /// Names or calls.
        on: Vec<Expr>,
        /// Where to.
        to: Option<Ident>,
    },
    /// `final done = ok`.
    Final {
        /// The state.
        name: Option<Ident>,
        /// The outcome.
        outcome: Option<Ident>,
    },
}

/// A step or a bare call, with its modifiers.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// After `step`; nothing for a bare call, or when it was left out.
    pub name: Option<Ident>,
    /// A call or a chain.
    pub value: Expr,
    /// `after` rule.
    pub after: Option<Expr>,
    /// `when` condition.
    pub when: Option<Expr>,
    /// `within`.
    pub within: Option<Expr>,
    /// `undo`.
    pub undo: Option<Expr>,
}

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

/// A literal that is not a text, already read. The parser has reported what cannot be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Literal {
    /// The value.
    pub value: LiteralValue,
    /// Where.
    pub span: Span,
}

/// Values of literals in base units.
#[derive(Debug, Clone, PartialEq)]
pub enum LiteralValue {
    /// `8`, `1_000`.
    Int(i64),
    /// `0.5`: value and digits as written.
    Decimal(f64, String),
    /// `true`.
    Bool(bool),
    /// `500ms`, `2h`: milliseconds.
    Duration(u64),
    /// `1mo`, `1y`: months.
    Period(u32),
    /// `80GiB`: bytes.
    Bytes(u64),
    /// `25MiB/s`, `200Mbit/s`: bits a second.
    Rate(u64),
    /// `5%`, `0.5%`: millionths of the whole (5% is 50_000).
    Percent(u64),
    /// `02:30`: minutes after midnight.
    Time(u16),
    /// `22:00..06:00`: minutes after midnight, start and end; may cross midnight.
    Window(u16, u16),
    /// `2027-01-31`.
    Date {
        /// Year.
        year: i16,
        /// 1 to 12.
        month: u8,
        /// 1 to 31.
        day: u8,
    },
    /// A code, as in `allow W1203`, `explain`.
    Code(String),
    /// Written wrongly (`1m`, `10G`, `5mb`); reported.
    Bad,
}

/// A text literal in pieces.
#[derive(Debug, Clone, PartialEq)]
pub struct TextLit {
    /// Pieces in order; one `Raw` when nothing is interpolated.
    pub parts: Vec<TextPart>,
    /// With the quotes.
    pub span: Span,
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq)]
pub enum TextPart {
    /// Text with its escapes resolved.
    Raw(String),
    /// `${env}`.
    Interpolated(Expr),
}

impl TextLit {
    /// The text, when nothing is interpolated.
    pub fn plain(&self) -> Option<String> {
        self.parts
            .iter()
            .map(|part| if let TextPart::Raw(raw) = part { Some(raw.as_str()) } else { None })
            .collect()
    }
}
