//! The braces of workflows, blocks, machines, states and tests.

use mainstay_diagnostics::Span;

use super::{Allow, Arg, Expr, Field, Ident, Item, Let, Path};

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
