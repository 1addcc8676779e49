//! What the checker says of names, types and wants while it walks, for whoever asks about a place in the text.
//!
//! A compilation has no recorder, and pays for none: the checker's notes go to `Option<Recorder>`.

use mainstay_diagnostics::Span;

use crate::types::Type;

/// Something that may stand at the place that was asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// As it is written.
    pub name: String,
    /// What it is.
    pub kind: CandidateKind,
    /// Where it is declared; nothing for what is written out, such as `true`.
    pub declared: Option<Span>,
    /// Its type, for people.
    pub detail: String,
    /// How it goes on.
    pub form: Form,
}

/// The kinds of candidates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CandidateKind {
    /// A thing, promise, let, param or step.
    Value,
    /// A workflow or machine.
    Workflow,
    /// A file that is used.
    Module,
    /// A stage or pipeline.
    Stage,
    /// A verb.
    Verb,
    /// A constructor or function.
    Constructor,
    /// A member of an enumeration.
    Member,
    /// A literal that is one of a few.
    Literal,
    /// A type.
    Type,
    /// A field of something that is named before the dot.
    Field,
}

/// What follows the name of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Nothing.
    Plain,
    /// `(..)`
    Call,
    /// ` { .. }`
    Braces,
}

/// A key or label that may stand where it was asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// `roots`.
    pub name: String,
    /// Its type, for people.
    pub ty: String,
    /// Where it is declared.
    pub declared: Span,
    /// Whether it must be given.
    pub required: bool,
    /// Whether it is given already.
    pub given: bool,
}

/// The keys of the innermost braces or parentheses around a place.
#[derive(Debug, Clone)]
pub struct Keys {
    /// The braces or parentheses with what is in them.
    pub span: Span,
    /// Whose keys: ``constructor `files` ``.
    pub owner: String,
    /// In declared order.
    pub keys: Vec<Key>,
}

/// What is wanted at a place.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The expression that stands there.
    pub span: Span,
    /// The type; none where anything may stand.
    pub(crate) ty: Option<Type>,
    /// What would fit.
    pub candidates: Vec<Candidate>,
}

impl Wanted {
    /// Whether a value of the type of this name may stand there, alone or in the list or range that is wanted.
    pub fn allows(&self, name: &str) -> bool {
        self.ty.iter().flat_map(Type::alternatives).any(|ty| match ty {
            Type::List(item) | Type::Range(item) => item.allows(name),
            other => other.allows(name),
        })
    }

    /// The type, for people.
    pub fn shown(&self) -> Option<String> {
        self.ty.as_ref().map(Type::to_string)
    }
}

/// The notes of one walk.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    /// The place that is asked about, when one is.
    pub(crate) focus: Option<u32>,
    /// Where a name stands, and where what it names is declared.
    pub(crate) uses: Vec<(Span, Span)>,
    pub(crate) types: Vec<(Span, Type)>,
    /// What each part of a chain gives.
    pub(crate) flows: Vec<(Span, Type)>,
    pub(crate) wanted: Option<Wanted>,
    pub(crate) keys: Option<Keys>,
}

impl Recorder {
    pub(crate) fn of(focus: Option<u32>) -> Self {
        Self { focus, ..Self::default() }
    }

    /// Whether the place that is asked about is in this span or at one of its ends, and nothing smaller has
    /// been noted for it.
    pub(crate) fn wants(&self, span: Span) -> bool {
        let smaller = self.wanted.as_ref().is_none_or(|known| width(span) < width(known.span));
        smaller && self.is_at(span)
    }

    /// The same, for the inside of braces or parentheses.
    pub(crate) fn wants_keys(&self, span: Span) -> bool {
        let smaller = self.keys.as_ref().is_none_or(|known| width(span) < width(known.span));
        smaller && self.focus.is_some_and(|at| span.start < at && at < span.end)
    }

    fn is_at(&self, span: Span) -> bool {
        self.focus.is_some_and(|at| span.start <= at && at <= span.end)
    }
}

fn width(span: Span) -> u32 {
    span.end.saturating_sub(span.start)
}
