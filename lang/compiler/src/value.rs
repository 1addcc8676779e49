//! Values as the checker computes them, with their types and places.

use std::rc::Rc;

use mainstay_diagnostics::Span;

use crate::library::Signature;
use crate::resolve::DeclId;
use crate::types::Type;

/// A value with its type and where it came from.
#[derive(Debug, Clone)]
pub(crate) struct Typed {
    pub(crate) ty: Type,
    pub(crate) value: Val,
    /// The expression that the value was written as: for what was handed to a pipeline, the argument.
    pub(crate) span: Span,
    /// The declaration that gave it this type: a stage, a pipeline, a param.
    pub(crate) made_by: Option<Span>,
    /// Filled in by the declaration: nobody wrote it, so it has no place of its own.
    pub(crate) is_default: bool,
}

impl Typed {
    pub(crate) fn new(ty: Type, value: Val, span: Span) -> Self {
        Self { ty, value, span, made_by: None, is_default: false }
    }

    /// What stands for a mistake that was reported.
    pub(crate) fn poison(span: Span) -> Self {
        Self::new(Type::Poison, Val::Unknown, span)
    }

    pub(crate) fn at(mut self, span: Span) -> Self {
        self.span = span;
        self
    }
}

pub(crate) use crate::fields::Fields;

/// A value. `Unknown` is the argument of a pipeline that is checked for itself, and what a mistake left.
#[derive(Debug, Clone)]
pub(crate) enum Val {
    Unknown,
    Text(Rc<str>),
    Int(i64),
    Decimal(f64, Rc<str>),
    Bool(bool),
    DurationMs(u64),
    PeriodMonths(u32),
    Bytes(u64),
    RateBits(u64),
    PercentMillionths(u64),
    TimeMinutes(u16),
    Window(u16, u16),
    Date(i16, u8, u8),
    Range(Option<Box<Val>>, Option<Box<Val>>),
    /// A member of an enumeration.
    Member(Rc<str>),
    List(Vec<Typed>),
    /// Fields in braces.
    Record(Rc<Fields>),
    /// What a constructor made.
    Made(Rc<Made>),
    /// A thing, promise or workflow, by its declaration.
    Decl(DeclId),
    /// A step of the workflow at hand.
    Step(Rc<StepRef>),
    /// A step of a workflow, from outside.
    StepName(Rc<NamedStep>),
    /// What flows out of stages.
    Flow(Rc<Flow>),
    /// A call of a verb.
    Act(Rc<VerbCall>),
}

/// A call of a constructor.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) constructor: &'static Signature,
    pub(crate) fields: Fields,
}

/// A step of a workflow, from outside: its workflow, its name, and a round of it.
#[derive(Debug, Clone)]
pub(crate) struct NamedStep {
    pub(crate) workflow: DeclId,
    pub(crate) step: String,
    pub(crate) round: Option<String>,
}

/// A step as a value.
#[derive(Debug, Clone)]
pub(crate) struct StepRef {
    /// Its id: `backup`, `kept[orders]`.
    pub(crate) id: String,
    /// The source and the repo of the snapshot that it left.
    pub(crate) source: Option<DeclId>,
    pub(crate) repo: Option<DeclId>,
}

/// Stages in the order in which they act, pipelines expanded.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flow {
    pub(crate) calls: Vec<StageCall>,
    /// Whose data it is, when that is known.
    pub(crate) source: Option<DeclId>,
    /// Where it lies by now.
    pub(crate) repo: Option<DeclId>,
}

/// A stage with its arguments; the value that flows in is not among them unless it is a step.
#[derive(Debug, Clone)]
pub(crate) struct StageCall {
    pub(crate) stage: &'static Signature,
    pub(crate) args: Fields,
    pub(crate) span: Span,
    /// The repo that it reads, when it works on what is stored.
    pub(crate) reads: Option<DeclId>,
}

/// A verb with its arguments.
#[derive(Debug, Clone)]
pub(crate) struct VerbCall {
    pub(crate) verb: &'static Signature,
    pub(crate) args: Fields,
    pub(crate) span: Span,
}

impl Val {
    /// As it stands inside a text: only values whose form is beyond doubt.
    pub(crate) fn in_text(&self) -> Option<String> {
        match self {
            Self::Text(text) | Self::Decimal(_, text) => Some(text.as_ref().to_owned()),
            Self::Int(number) => Some(number.to_string()),
            Self::Bool(truth) => Some(truth.to_string()),
            Self::Date(year, month, day) => Some(format!("{year:04}-{month:02}-{day:02}")),
            _ => None,
        }
    }

    /// How many values stand in each other at its deepest place; 0 for what holds none.
    pub(crate) fn depth(&self) -> usize {
        let deepest = |inside: Option<usize>| 1 + inside.unwrap_or(0);
        match self {
            Self::Range(from, to) => deepest([from, to].into_iter().flatten().map(|end| end.depth()).max()),
            Self::List(items) => deepest(items.iter().map(|item| item.value.depth()).max()),
            Self::Record(fields) => 1 + fields.depth(),
            Self::Made(made) => 1 + made.fields.depth(),
            Self::Act(call) => 1 + call.args.depth(),
            Self::Flow(flow) => deepest(flow.calls.iter().map(|call| call.args.depth()).max()),
            _ => 0,
        }
    }

    /// The declaration behind a thing.
    pub(crate) fn decl(&self) -> Option<DeclId> {
        if let Self::Decl(id) = self { Some(*id) } else { None }
    }
}
