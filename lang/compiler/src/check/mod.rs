//! Types, values and the order of stages, in one walk: each expression gives a value with its type, or poison
//! where a mistake was reported. Nothing stops at the first mistake.
//!
//! A pipeline is checked once for itself, with arguments of which only the types are known, and then carried
//! out quietly at each call: what is wrong with it is told where it is declared.

mod ahead;
mod arguments;
mod asked;
mod blocks;
mod bounds;
mod calls;
mod chains;
mod declarations;
mod elsewhere;
mod expressions;
mod habits;
mod literals;
mod locals;
mod machines;
mod members;
mod mismatch;
mod moved;
mod nesting;
mod operators;
mod order;
mod params;
mod paths;
mod readings;
mod record;
mod records;
mod roles;
mod rules;
mod signatures;
mod simulations;
mod sink;
mod steps;
mod swapped;
mod texts;
mod things;
mod ways;
mod workflows;
mod written;

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use foldhash::{HashMap, HashSet};
use mainstay_diagnostics::{Diagnostic, Span};

use crate::library::{self, Library};
use crate::query::Recorder;
use crate::resolve::{DeclId, ModuleId, Program};
use crate::types::Type;
use crate::value::{Fields, Made, Typed};

pub(crate) use asked::{AskedKind, AskedOf};
use locals::{Local, Locals};
pub(crate) use machines::{CheckedMachine, CheckedState};
pub(crate) use operators::between_units;
pub(crate) use params::{Choice, choices};
pub(crate) use rules::AfterRule;
pub(crate) use simulations::{CheckedExpect, CheckedSimulation, CheckedTest};
use sink::Sink;
pub(crate) use workflows::{Around, CheckedClose, CheckedStep, CheckedWorkflow, Node};

/// All that the checker learned of a policy: what `lower` makes the IR from.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    /// The params of the root file.
    pub(crate) params: Vec<(DeclId, Typed)>,
    /// Secrets, sources, repos and so on.
    pub(crate) things: Vec<(DeclId, Rc<Made>)>,
    /// Objectives, pools and estates.
    pub(crate) promises: Vec<(DeclId, Rc<Fields>)>,
    pub(crate) workflows: Vec<CheckedWorkflow>,
    pub(crate) machines: Vec<CheckedMachine>,
    /// From the old name to the new one.
    pub(crate) moved: Vec<(String, String, Span)>,
    pub(crate) tests: Vec<CheckedTest>,
    /// Which declarations something refers to.
    pub(crate) used: Vec<bool>,
    /// Names that nothing binds, where the parser may have lost what does.
    pub(crate) unsure: HashSet<Span>,
}

/// Where an expression stands: its file, and the names around it.
#[derive(Debug, Clone)]
struct Env {
    module: ModuleId,
    locals: Locals,
}

impl Env {
    fn of(module: ModuleId) -> Self {
        Self { module, locals: Locals::default() }
    }

    fn local(&self, name: &str) -> Option<&Local> {
        self.locals.find(name).map(|(_, local)| local)
    }
}

/// What is wanted of an expression, and who wants it.
#[derive(Debug, Clone, Default)]
struct Want {
    ty: Option<Type>,
    /// The declaration that wants it.
    by: Option<By>,
}

/// A declaration that wants something. Its words are made when they are needed: most of what is wanted is given.
#[derive(Debug, Clone)]
enum By {
    /// With what to say of it.
    Said(Span, String),
    /// A parameter of this type, and who has it.
    Takes(Span, Cow<'static, str>, Type),
}

impl Want {
    fn nothing() -> Self {
        Self::default()
    }

    fn of(ty: &Type) -> Self {
        Self { ty: Some(ty.clone()), by: None }
    }

    fn by(ty: &Type, span: Span, text: String) -> Self {
        Self { ty: Some(ty.clone()), by: Some(By::Said(span, text)) }
    }
}

impl Checker<'_> {
    /// Where it is declared that something is wanted, and what to say of it.
    fn wanted_by(&self, want: &Want) -> Option<(Span, String)> {
        match want.by.as_ref()? {
            By::Said(span, text) => Some((*span, text.clone())),
            By::Takes(span, owner, ty) => {
                let written = self.program.map.text(*span).unwrap_or_default();
                let name = written.split(':').next().unwrap_or_default().trim();
                Some((*span, format!("{owner} takes `{name}: {ty}`")))
            }
        }
    }
}

/// How far a value is.
enum Memo {
    Fresh,
    Done(Typed),
}

/// The walk.
struct Checker<'a> {
    program: &'a Program,
    library: &'static Library,
    /// The values of the root's params in this combination.
    choice: &'a Choice,
    sink: Sink,
    memo: Vec<Memo>,
    things: HashMap<DeclId, Rc<Made>>,
    /// The steps of workflows that are named from elsewhere.
    written: RefCell<HashMap<DeclId, Rc<written::WrittenSteps<'a>>>>,
    promises: HashMap<DeclId, Rc<Fields>>,
    /// Values of defaults, by the place of their parameter.
    defaults: HashMap<Span, Typed>,
    used: Vec<bool>,
    unsure: HashSet<Span>,
    /// Declarations whose values are being computed: a second visit is a circle.
    open: Vec<DeclId>,
    /// Whether the chain at hand has had its mistake of order.
    broken: bool,
    /// What the keys of repos are used for, and cannot do.
    overreaching: roles::Overreaching,
    /// Expressions that may still be looked at.
    budget: u64,
    /// Whether it has been told that nothing more is looked at.
    is_ended: bool,
    /// Expressions, calls and declarations that the walk is inside of.
    inside: usize,
}

/// Expressions that one compilation looks at, loops unrolled and pipelines expanded: far above any policy that
/// people could review, and about a second.
const EXPANSION_BUDGET: u64 = 5_000_000;

/// Stages of one step: pipelines that call pipelines double them quickly, and nobody reads a step of more.
const MOST_STAGES: usize = 64;

/// Steps of one workflow, its loops unrolled: a run keeps all of them in sight.
const MOST_STEPS: usize = 10_000;

/// States of one machine, its ends among them: each is looked at for circles through it, and nobody draws more.
const MOST_STATES: usize = 1_000;

/// Checks a program with one choice of its params.
pub(crate) fn check(program: &Program, choice: &Choice) -> (Checked, Vec<Diagnostic>) {
    let (checked, sink) = walk(program, choice, Sink::default());
    (checked, sink.finish())
}

/// The same, with notes of names and types for whoever asks about a place of the text.
pub(crate) fn check_noting(
    program: &Program,
    choice: &Choice,
    notes: Recorder,
) -> (Checked, Vec<Diagnostic>, Recorder) {
    let (checked, mut sink) = walk(program, choice, Sink::noting(notes));
    let notes = sink.take_notes();
    (checked, sink.finish(), notes)
}

fn walk(program: &Program, choice: &Choice, sink: Sink) -> (Checked, Sink) {
    let mut checker = Checker {
        program,
        library: library::library(),
        choice,
        sink,
        memo: program.decls.iter().map(|_| Memo::Fresh).collect(),
        things: HashMap::default(),
        written: RefCell::default(),
        promises: HashMap::default(),
        defaults: HashMap::default(),
        used: vec![false; program.decls.len()],
        unsure: HashSet::default(),
        open: Vec::new(),
        broken: false,
        overreaching: roles::Overreaching::default(),
        budget: EXPANSION_BUDGET,
        is_ended: false,
        inside: 0,
    };
    let checked = checker.program();
    checker.tell_overreaching();
    (checked, checker.sink)
}
