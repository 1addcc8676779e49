//! Machines: their fields, their states, and where each ending leads.

use mainstay_diagnostics::codes::{graph, names, types};
use mainstay_diagnostics::{Diagnostic, Span};
use mainstay_ir::IndexMap;
use mainstay_syntax::ast::{Body, Expr, Ident, Machine, Statement, StatementKind};

use super::workflows::{Builder, CheckedClose, misplaced};
use super::{Checker, Env, Want};
use crate::resolve::{DeclId, PRELUDE, did_you_mean, duplicate};
use crate::types::Type;
use crate::value::{Fields, Made, Typed, Val};

/// How a machine may end.
const FINALS: &[&str] = &["ok", "degraded", "failed"];

/// How stages end, for a state that does what a step of a workflow would. `degraded` goes where `ok` goes, unless
/// the state says where else.
const STAGE_ENDINGS: &[&str] = &["ok", "degraded", "failed"];

/// A machine with all its values.
#[derive(Debug)]
pub(crate) struct CheckedMachine {
    pub(crate) id: DeclId,
    pub(crate) docs: Vec<String>,
    pub(crate) objective: Option<DeclId>,
    pub(crate) fields: Fields,
    pub(crate) start: Option<Ident>,
    pub(crate) states: IndexMap<String, CheckedState>,
    pub(crate) finals: IndexMap<String, (String, Span)>,
    pub(crate) closes: Vec<CheckedClose>,
    /// Something in it was reported: what leads where is not certain.
    pub(super) broken: bool,
}

/// A state with all its values.
#[derive(Debug)]
pub(crate) struct CheckedState {
    pub(crate) named: Span,
    pub(crate) docs: Vec<String>,
    /// `do`, `enter`, `leave`, `visits`.
    pub(crate) fields: Fields,
    /// Where each ending leads.
    pub(crate) on: IndexMap<String, Way>,
    /// Where each event leads, by its subject.
    pub(crate) events: IndexMap<String, Way>,
}

/// A transition.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    pub(crate) to: String,
    /// Where the ending or the event stands.
    pub(crate) span: Span,
}

impl CheckedState {
    /// All that may come next.
    pub(super) fn ways(&self) -> impl Iterator<Item = &Way> {
        self.on.values().chain(self.events.values())
    }

    /// The endings of what it does, and where they are declared; nothing when that is unknown.
    pub(super) fn endings(&self) -> Option<(&'static [&'static str], Option<Span>)> {
        match &self.fields.get("do")?.value {
            Val::Act(call) => Some((&call.verb.endings, Some(call.verb.span))),
            Val::Flow(_) => Some((STAGE_ENDINGS, None)),
            _ => None,
        }
    }
}

impl Checker<'_> {
    pub(super) fn machine(&mut self, id: DeclId, machine: &Machine) -> CheckedMachine {
        let module = self.program.decl(id).map_or(PRELUDE, |decl| decl.module);
        let env = Env::of(module);
        let mut checked = CheckedMachine {
            id,
            docs: self.program.item(id).map(|item| item.docs.clone()).unwrap_or_default(),
            objective: machine.objective.as_ref().and_then(|path| self.objective(module, path)),
            fields: self.body_fields("Machine", machine.name.as_ref(), &env, &machine.body),
            start: None,
            states: IndexMap::default(),
            finals: IndexMap::default(),
            closes: Vec::new(),
            broken: self.program.is_damaged(id),
        };
        if !self.names_of_states(&mut checked, &machine.body) {
            checked.broken = true;
            return checked;
        }
        for statement in &machine.body.statements {
            self.of_machine(&mut checked, &env, statement);
        }
        // No step of what closes it has the name of a state.
        let names = checked.states.iter().map(|(name, state)| (name.clone(), state.named)).collect();
        let mut builder = Builder { names, ..Builder::default() };
        self.closes(&mut builder, &env, &machine.body);
        checked.closes = builder.closes;
        self.start(&mut checked, machine);
        if !checked.broken {
            self.leads_somewhere(&checked);
        }
        self.roles_of_machine(&checked);
        checked
    }

    fn of_machine(&mut self, machine: &mut CheckedMachine, env: &Env, statement: &Statement) {
        match &statement.kind {
            StatementKind::State { name: Some(name), body } => {
                let state = self.state(machine, env, name, body, &statement.docs);
                if let Some(slot) =
                    machine.states.get_mut(&name.text).filter(|known| known.named == name.span)
                {
                    *slot = state;
                }
            }
            StatementKind::Start(Some(start)) => match &machine.start {
                Some(first) => {
                    machine.broken = true;
                    self.sink.push(super::arguments::given_twice("start", start.span, first.span));
                }
                None => {
                    self.goes_to(machine, start);
                    machine.start = Some(start.clone());
                }
            },
            StatementKind::Final { outcome: Some(outcome), .. } => self.ends_as(machine, outcome),
            StatementKind::Start(None) | StatementKind::State { .. } | StatementKind::Final { .. } => {
                machine.broken = true;
            }
            StatementKind::Field(_) | StatementKind::Spread(_) | StatementKind::Close { .. } => {}
            other => self.sink.push(misplaced(other, "machine", statement.span)),
        }
    }

    /// All states and finals, before any of them is looked at: each may be named by an earlier one. False when there
    /// are too many to look at.
    fn names_of_states(&mut self, machine: &mut CheckedMachine, body: &Body) -> bool {
        for statement in &body.statements {
            let (name, outcome) = match &statement.kind {
                StatementKind::State { name: Some(name), .. } => (name, None),
                StatementKind::Final { name: Some(name), outcome } => (name, Some(outcome)),
                _ => continue,
            };
            if machine.states.len() + machine.finals.len() >= super::MOST_STATES {
                self.too_large(name.span);
                return false;
            }
            let state = machine.states.get(&name.text).map(|state| state.named);
            let first = state.or_else(|| machine.finals.get(&name.text).map(|(_, span)| *span));
            match (first, outcome) {
                (Some(first), _) => {
                    machine.broken = true;
                    self.sink.push(duplicate(&name.text, name.span, first));
                }
                (None, Some(outcome)) => {
                    let outcome = outcome.as_ref().map(|outcome| outcome.text.clone()).unwrap_or_default();
                    machine.finals.insert(name.text.clone(), (outcome, name.span));
                }
                (None, None) => {
                    machine.states.insert(name.text.clone(), CheckedState::named(name.span));
                }
            }
        }
        true
    }

    fn ends_as(&mut self, machine: &mut CheckedMachine, outcome: &Ident) {
        if !FINALS.contains(&outcome.text.as_str()) {
            machine.broken = true;
            let message = format!("a machine does not end as `{}`", outcome.text);
            let help = did_you_mean(&outcome.text, FINALS.iter().copied());
            let found = Diagnostic::error(types::NOT_A_MEMBER, message, outcome.span, "unknown").help(help);
            self.sink.push(found);
        }
    }

    fn state(
        &mut self,
        machine: &mut CheckedMachine,
        env: &Env,
        name: &Ident,
        body: &Body,
        docs: &[String],
    ) -> CheckedState {
        let fields = self.body_fields("State", Some(name), env, body);
        let mut state = CheckedState { fields, docs: docs.to_vec(), ..CheckedState::named(name.span) };
        for statement in &body.statements {
            match &statement.kind {
                StatementKind::Transition { on, to } => {
                    let known = to.as_ref().is_some_and(|to| self.goes_to(machine, to));
                    machine.broken |= !known;
                    let to = to.as_ref().map_or("", |to| to.text.as_str());
                    on.iter().for_each(|on| self.transition(machine, env, &mut state, on, to));
                }
                StatementKind::Field(_) | StatementKind::Spread(_) => {}
                other => self.sink.push(misplaced(other, "state", statement.span)),
            }
        }
        machine.broken |= state.endings().is_none();
        state
    }

    /// An ending of what the state does, or an event.
    fn transition(
        &mut self,
        machine: &mut CheckedMachine,
        env: &Env,
        state: &mut CheckedState,
        on: &Expr,
        to: &str,
    ) {
        let way = Way { to: to.to_owned(), span: on.span() };
        let name = match on {
            Expr::Path(path) if path.parts.len() == 1 => {
                let ending = path.parts.first().map(|part| part.text.clone()).unwrap_or_default();
                machine.broken |= !self.is_ending(state, &ending, on.span());
                ending
            }
            Expr::Missing(_) => return,
            _ => {
                let event = self.expr(env, on, &Want::of(&Type::Named("Trigger")));
                match self.subject(&event) {
                    Some(subject) => subject,
                    None => return machine.broken = true,
                }
            }
        };
        let ways = if matches!(on, Expr::Path(_)) { &mut state.on } else { &mut state.events };
        match ways.get(&name) {
            Some(first) => {
                machine.broken = true;
                self.sink.push(two_ways(&name, way.span, first.span));
            }
            None => drop(ways.insert(name, way)),
        }
    }

    /// The subject of an `event(..)`; other triggers start a machine, and lead nowhere in one.
    fn subject(&mut self, event: &Typed) -> Option<String> {
        let made: &Made = match &event.value {
            Val::Made(made) => made,
            _ => return None,
        };
        match (made.constructor.name, made.fields.get("subject").map(|subject| &subject.value)) {
            ("event", Some(Val::Text(subject))) => Some(subject.as_ref().to_owned()),
            ("event", _) => None,
            (other, _) => {
                let message = format!("`{other}` leads from no state to another");
                let found = Diagnostic::error(types::MISMATCH, message, event.span, "not an event")
                    .help("write an ending, `on ok -> STATE`, or `on event(\"SUBJECT\") -> STATE`");
                self.sink.push(found);
                None
            }
        }
    }

    fn is_ending(&mut self, state: &CheckedState, ending: &str, span: Span) -> bool {
        let Some((endings, declared)) = state.endings() else { return false };
        if endings.contains(&ending) {
            return true;
        }
        let message = format!("what this state does never ends `{ending}`");
        let found = Diagnostic::error(names::UNKNOWN, message, span, "no such ending");
        let found = match declared {
            Some(declared) => found.label(declared, "its endings are declared here"),
            None => found,
        };
        self.sink.push(found.help(did_you_mean(ending, endings.iter().copied())));
        false
    }

    fn goes_to(&mut self, machine: &mut CheckedMachine, to: &Ident) -> bool {
        let declared = machine.states.get(&to.text).map(|state| state.named);
        if let Some(declared) = declared.or_else(|| Some(machine.finals.get(&to.text)?.1)) {
            self.sink.used(to.span, declared);
            return true;
        }
        machine.broken = true;
        let known = machine.states.keys().chain(machine.finals.keys()).map(String::as_str);
        let message = format!("there is no state `{}`", to.text);
        let help = did_you_mean(&to.text, known);
        self.sink.push(Diagnostic::error(names::UNKNOWN, message, to.span, "unknown").help(help));
        false
    }

    /// A machine starts in one of its states.
    fn start(&mut self, checked: &mut CheckedMachine, machine: &Machine) {
        let name = machine.name.as_ref().map_or(machine.body.span.at_start(), |name| name.span);
        let found = match &checked.start {
            None if checked.broken => return,
            None => Diagnostic::error(
                graph::NO_START,
                "this machine does not say where it starts",
                name,
                "no `start`",
            )
            .help("write `start STATE` before its states"),
            Some(start) if checked.finals.contains_key(&start.text) => Diagnostic::error(
                graph::NO_START,
                "this machine has ended before it did anything",
                start.span,
                "a final",
            )
            .help("start in a state that does something"),
            Some(_) => return,
        };
        checked.broken = true;
        self.sink.push(found);
    }
}

impl CheckedState {
    fn named(named: Span) -> Self {
        Self {
            named,
            docs: Vec::new(),
            fields: Fields::default(),
            on: IndexMap::default(),
            events: IndexMap::default(),
        }
    }
}

fn two_ways(ending: &str, second: Span, first: Span) -> Diagnostic {
    let message = format!("`{ending}` leads two ways");
    Diagnostic::error(graph::TWO_WAYS, message, second, "again here")
        .label(first, "first here")
        .help("each ending of a state leads to one other: take one of them out")
}
