//! Machines: their fields, their states, and whether each transition leads to a state that there is.

use mainstay_diagnostics::codes::names;
use mainstay_diagnostics::{Diagnostic, Span};
use mainstay_syntax::ast::{Body, Expr, Ident, Machine, StatementKind};

use super::{Checker, Env, Want};
use crate::resolve::{DeclId, PRELUDE, did_you_mean, duplicate};
use crate::value::{Fields, Val};

impl Checker<'_> {
    pub(super) fn machine(&mut self, id: DeclId, machine: &Machine) {
        let module = self.program.decl(id).map_or(PRELUDE, |decl| decl.module);
        let env = Env::of(module);
        if let Some(path) = &machine.objective {
            self.objective(module, path);
        }
        self.body_fields("Machine", machine.name.as_ref(), &env, &machine.body);
        let states = self.states(&machine.body);
        for statement in &machine.body.statements {
            match &statement.kind {
                StatementKind::State { name, body } => self.state(&env, name.as_ref(), body, &states),
                StatementKind::Start(Some(start)) => self.goes_to(start, &states),
                StatementKind::Close { keyword, outcomes, body } => {
                    let mut builder = super::workflows::Builder::default();
                    self.close(&mut builder, &env, keyword, outcomes, body);
                }
                _ => {}
            }
        }
    }

    fn states(&mut self, body: &Body) -> Vec<(String, Span)> {
        let mut states: Vec<(String, Span)> = Vec::new();
        for statement in &body.statements {
            let (StatementKind::State { name: Some(name), .. }
            | StatementKind::Final { name: Some(name), .. }) = &statement.kind
            else {
                continue;
            };
            match states.iter().find(|(known, _)| *known == name.text) {
                Some((_, first)) => self.sink.push(duplicate(&name.text, name.span, *first)),
                None => states.push((name.text.clone(), name.span)),
            }
        }
        states
    }

    fn state(&mut self, env: &Env, name: Option<&Ident>, body: &Body, states: &[(String, Span)]) {
        let fields = self.body_fields("State", name, env, body);
        for statement in &body.statements {
            if let StatementKind::Transition { on, to } = &statement.kind {
                on.iter().for_each(|on| self.transition(env, on, &fields));
                to.iter().for_each(|to| self.goes_to(to, states));
            }
        }
    }

    /// An ending of what the state does, or an event.
    fn transition(&mut self, env: &Env, on: &Expr, fields: &Fields) {
        let Expr::Path(path) = on else {
            self.expr(env, on, &Want::nothing());
            return;
        };
        let Some(Val::Act(call)) = fields.get("do").map(|act| &act.value) else { return };
        let Some(ending) = path.parts.first() else { return };
        if !call.verb.endings.contains(&ending.text.as_str()) {
            let message = format!("`{}` never ends `{}`", call.verb.name, ending.text);
            let found = Diagnostic::error(names::UNKNOWN, message, ending.span, "no such ending")
                .label(call.verb.span, "its endings are declared here")
                .help(did_you_mean(&ending.text, call.verb.endings.iter().copied()));
            self.sink.push(found);
        }
    }

    fn goes_to(&mut self, to: &Ident, states: &[(String, Span)]) {
        if let Some((_, declared)) = states.iter().find(|(state, _)| *state == to.text) {
            return self.sink.used(to.span, *declared);
        }
        let message = format!("there is no state `{}`", to.text);
        let help = did_you_mean(&to.text, states.iter().map(|(state, _)| state.as_str()));
        self.sink.push(Diagnostic::error(names::UNKNOWN, message, to.span, "unknown").help(help));
    }
}
