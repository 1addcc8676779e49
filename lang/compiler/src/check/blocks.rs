//! Blocks of a workflow: side by side, one after another, left to the planner, around others, at the end.

use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::{names, types};
use mainstay_syntax::ast::{Arg, Body, Ident};

use super::arguments::Owner;
use super::workflows::{Builder, Node};
use super::{Checker, Env};
use crate::resolve::{PRELUDE, did_you_mean};
use crate::value::{Fields, Val};

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
        let fields = self.block_args(env, keyword, args);
        self.no_fields_inside(body);
        let inner = match keyword.text.as_str() {
            "parallel" => self.branches(builder, env, body),
            _ => self.statements(builder, env, body),
        };
        Some(match keyword.text.as_str() {
            "parallel" => Node::Parallel { limit: self.limit(&fields), branches: inner },
            "auto" => {
                builder.constructs.push("auto".to_owned());
                Node::Auto(inner)
            }
            "sequential" => Node::Sequence(inner),
            other => {
                builder.constructs.push(other.to_owned());
                Node::Sequence(inner)
            }
        })
    }

    /// What stands in the parentheses of a block, against the type of its name: `Parallel`, `Bracket`.
    fn block_args(&mut self, env: &Env, keyword: &Ident, args: &[Arg]) -> Fields {
        let mut letters = keyword.text.chars();
        let name: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
        let Some(info) = self.library.types.get(name.as_str()) else { return Fields::new() };
        let owner = Owner {
            text: format!("`{}`", keyword.text),
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

    /// `finally { }`, `on failure | late { }`.
    pub(super) fn close(
        &mut self,
        builder: &mut Builder,
        env: &Env,
        keyword: &Ident,
        outcomes: &[Ident],
        body: &Body,
    ) {
        if keyword.text == "on" && outcomes.is_empty() {
            let message = "`on` does not say on what";
            let found = Diagnostic::error(names::MISPLACED, message, keyword.span, "on what?")
                .help("write `on failure`, `on degraded`, `on late` or `on mode`");
            self.sink.push(found);
        }
        for outcome in outcomes.iter().filter(|outcome| !OUTCOMES.contains(&outcome.text.as_str())) {
            let message = format!("a block does not close on `{}`", outcome.text);
            let help = did_you_mean(&outcome.text, OUTCOMES.iter().copied());
            let found = Diagnostic::error(names::UNKNOWN, message, outcome.span, "unknown").help(help);
            self.sink.push(found);
        }
        let words: Vec<_> = outcomes.iter().map(|outcome| outcome.text.as_str()).collect();
        let construct = match keyword.text.as_str() {
            "on" => format!("on {}", words.join(" | ")),
            other => other.to_owned(),
        };
        builder.constructs.push(construct);
        // Its steps are checked, and belong to no order of the body.
        let mut apart = Builder { all: builder.all.clone(), ..Builder::default() };
        self.statements(&mut apart, &mut env.clone(), body);
    }
}
