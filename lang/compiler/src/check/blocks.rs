//! Blocks of a workflow: side by side, one after another, left to the planner, around others, at the end.

use mainstay_diagnostics::codes::{graph, names, types};
use mainstay_diagnostics::{Diagnostic, Span};
use mainstay_syntax::ast::{Arg, Body, Ident, StatementKind};

use super::arguments::Owner;
use super::workflows::{Around, Builder, CheckedClose, Node, closed};
use super::{Checker, Env};
use crate::resolve::{PRELUDE, did_you_mean};
use crate::value::{Fields, Flow, Val};

/// What `on` may close a block for.
const OUTCOMES: &[&str] = &["failure", "degraded", "late", "mode"];

impl Checker<'_> {
    pub(super) fn block(
        &mut self,
        builder: &mut Builder,
        env: &mut Env,
        keyword: &Ident,
        args: &[Arg],
        body: &Body,
    ) -> Option<Node> {
        let args = self.block_args(env, keyword, args);
        self.no_fields_inside(body);
        Some(closed(builder, |builder| {
            let inner = match keyword.text.as_str() {
                "parallel" => self.branches(builder, env, body),
                _ => self.statements(builder, env, body),
            };
            let kind = match keyword.text.as_str() {
                "parallel" => return Node::Parallel { limit: self.limit(&args), branches: inner },
                "auto" => Around::Auto,
                "group" => Around::Group,
                "bracket" => Around::Bracket,
                _ => return Node::Sequence(inner),
            };
            self.snapshots_inside(builder, keyword, &args, &inner);
            Node::Around { keyword: keyword.span, kind, args, body: inner }
        }))
    }

    /// `until: snapshots` waits for one, and a `group` keeps some together: those of the members of one source, too.
    fn snapshots_inside(&mut self, builder: &Builder, keyword: &Ident, args: &Fields, nodes: &[Node]) {
        let until = args.get("until").map(|until| &until.value);
        let why = match keyword.text.as_str() {
            "bracket" if matches!(until, Some(Val::Member(until)) if &**until == "snapshots") => {
                "it is released when the last snapshot inside is held"
            }
            "group" => "it keeps the snapshots inside close together, of its steps or of their members",
            _ => return,
        };
        if snapshots(builder, nodes).is_none_or(|count| count > 0) {
            return;
        }
        let message = format!("this `{}` has nothing to wait for", keyword.text);
        let found = Diagnostic::error(graph::NO_SNAPSHOT, message, keyword.span, "no snapshot inside")
            .note(why)
            .help("put the steps that take the snapshots into it, or take it away");
        self.sink.push(found);
    }

    /// What stands in the parentheses of a block, against the type of its name: `Parallel`, `Bracket`.
    fn block_args(&mut self, env: &Env, keyword: &Ident, args: &[Arg]) -> Fields {
        let mut letters = keyword.text.chars();
        let name: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
        let Some(info) = self.library.types.get(name.as_str()) else { return Fields::default() };
        let owner = Owner {
            text: format!("`{}`", keyword.text).into(),
            declared: info.span,
            named: keyword.span,
            end: args.last().map_or(keyword.span, |arg| arg.span.at_end()),
            module: PRELUDE,
            partial: false,
        };
        let params = info.fields.as_deref().unwrap_or_default();
        self.bind(env, &owner, params, 0, args, None)
    }

    fn limit(&mut self, fields: &Fields) -> Option<u32> {
        let limit = fields.get("limit")?;
        match &limit.value {
            Val::Int(number) if *number >= 1 => u32::try_from(*number).ok(),
            Val::Int(_) => {
                let message = "a block lets at least one branch run";
                let found = Diagnostic::error(types::OUT_OF_RANGE, message, limit.span, "less than one");
                self.sink.push(found.help("write `limit: 1` for one at a time"));
                None
            }
            _ => None,
        }
    }

    /// What closes a body: after all else of it, and with all of its steps in sight.
    pub(super) fn closes(&mut self, builder: &mut Builder, env: &Env, body: &Body) {
        for statement in &body.statements {
            let StatementKind::Close { keyword, outcomes, body } = &statement.kind else { continue };
            if builder.in_close {
                self.sink.push(close_in_close(keyword.span));
                continue;
            }
            let number = u32::try_from(builder.closes.len()).unwrap_or(u32::MAX);
            self.close(builder, env, keyword, outcomes, body);
            builder.closing.push(number);
        }
    }

    /// `finally { }`, `on failure | late { }`.
    pub(super) fn close(
        &mut self,
        builder: &mut Builder,
        env: &Env,
        keyword: &Ident,
        outcomes: &[Ident],
        body: &Body,
    ) {
        self.outcomes(keyword, outcomes);
        self.no_fields_inside(body);
        let outside = std::mem::take(&mut builder.steps);
        builder.in_close = true;
        let body = self.statements(builder, &mut env.clone(), body);
        builder.in_close = false;
        let steps = std::mem::replace(&mut builder.steps, outside);
        let on = outcomes.iter().map(|outcome| outcome.text.clone()).collect();
        builder.closes.push(CheckedClose { span: keyword.span, on, steps, body });
    }

    fn outcomes(&mut self, keyword: &Ident, outcomes: &[Ident]) {
        if keyword.text == "on" && outcomes.is_empty() {
            let message = "`on` does not say on what";
            let found = Diagnostic::error(names::MISPLACED, message, keyword.span, "on what?")
                .help("write `on failure`, `on degraded`, `on late` or `on mode`");
            self.sink.push(found);
        }
        for (number, outcome) in outcomes.iter().enumerate() {
            if !OUTCOMES.contains(&outcome.text.as_str()) {
                let message = format!("a block does not close on `{}`", outcome.text);
                let help = did_you_mean(&outcome.text, OUTCOMES.iter().copied());
                let found = Diagnostic::error(names::UNKNOWN, message, outcome.span, "unknown").help(help);
                self.sink.push(found);
            }
            let before = outcomes.get(..number).unwrap_or_default();
            if let Some(first) = before.iter().find(|first| first.text == outcome.text) {
                self.sink.push(super::arguments::given_twice(&outcome.text, outcome.span, first.span));
            }
        }
    }
}

/// How many snapshots the steps of these nodes take; nothing when a step is not known for a mistake.
fn snapshots(builder: &Builder, nodes: &[Node]) -> Option<usize> {
    let mut count = 0;
    for node in nodes {
        count += match node {
            Node::Step(id) => match &builder.steps.get(id)?.value.value {
                Val::Flow(flow) if begins(flow) => {
                    flow.calls.iter().filter(|call| call.stage.name == "snapshot").count()
                }
                Val::Act(_) => 0,
                _ => return None,
            },
            Node::Sequence(inner) | Node::Rounds(inner) | Node::Parallel { branches: inner, .. } => {
                snapshots(builder, inner)?
            }
            Node::Around { body, .. } => snapshots(builder, body)?,
            Node::Closed { body, .. } => snapshots(builder, std::slice::from_ref(body))?,
        };
    }
    Some(count)
}

/// Whether what flows is known from its first stage on: behind a mistake, the stages before it are lost.
fn begins(flow: &Flow) -> bool {
    flow.calls.first().is_some_and(|call| call.args.get("of").is_some_and(|of| !of.ty.is_poison()))
}

fn close_in_close(span: Span) -> Diagnostic {
    let message = "what closes a block is not closed itself";
    Diagnostic::error(names::MISPLACED, message, span, "inside of another close")
        .help("put it beside the outer one")
}
