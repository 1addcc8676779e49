//! Brackets that hold longer than they need to.

use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::risk;
use mainstay_ir::{Constructed, Step, Value};
use mainstay_syntax::ast::{Arg, Expr};

use crate::lint::walk::{Block, Written, blocks, steps};
use crate::prove::policy::{Policy, text};

/// Words in the command of an `acquire` that stop people from working: what is mounted or opened may stay so.
const STOPS_WORK: [&str; 14] = [
    "freeze",
    "thaw",
    "lock",
    "quiesce",
    "pause",
    "suspend",
    "stop",
    "halt",
    "read-only",
    "readonly",
    "read_only",
    "maintenance",
    "fsfreeze",
    "flush",
];

/// Constructors of sources whose state at one moment can be held while work goes on.
const HELD_ELSEWHERE: [&str; 3] = ["postgres", "mariadb", "sqlite"];

pub(super) fn look(policy: &Policy<'_>, written: &[Written<'_>], found: &mut Vec<Diagnostic>) {
    for workflow in written {
        for bracket in blocks(workflow.body, "bracket") {
            found.extend(held_too_long(policy, workflow, &bracket));
        }
    }
}

/// What stops work until the last byte is away, where a snapshot would let it go on at once.
fn held_too_long(policy: &Policy<'_>, workflow: &Written<'_>, bracket: &Block<'_>) -> Option<Diagnostic> {
    let arg =
        |name: &str| bracket.args.iter().find(|arg| arg.name.as_ref().is_some_and(|it| it.text == name));
    let acquire = arg("acquire").filter(|acquire| stops_work(acquire))?;
    let until = arg("until");
    if until.is_some_and(|until| !is_name(&until.value, "end")) {
        return None;
    }
    let inside = steps(bracket.body);
    let names = inside.iter().filter_map(|place| place.step.name.as_ref());
    let uploads: Vec<_> = names
        .filter_map(|name| {
            workflow.rounds.named(&name.text).iter().find(|(_, step)| moves(step)).map(|it| (name, it))
        })
        .collect();
    let (first, _) = uploads.first()?;
    if !uploads.iter().all(|(_, (_, step))| can_let_go(policy, step)) {
        return None;
    }
    let message = "this bracket holds until everything inside is uploaded";
    let span = until.map_or(bracket.keyword.span, |until| until.span);
    Some(
        Diagnostic::warning(risk::HELD_TOO_LONG, message, span, "released at the end of the block")
            .label(acquire.span, "nobody can work from here on")
            .label(first.span, "and this moves data")
            .note("a snapshot is taken in seconds; on a slow night the upload takes hours")
            .help("write `until: snapshots`: it is released when the last snapshot inside is held"),
    )
}

/// Whether the command that acquires has a word in it that stops work.
fn stops_work(acquire: &Arg) -> bool {
    let Expr::Call { args, .. } = &acquire.value else { return false };
    let Some(Expr::List { items, .. }) = args.first().map(|arg| &arg.value) else { return false };
    let words = items.iter().filter_map(|item| match item {
        Expr::Text(text) => text.plain(),
        _ => None,
    });
    words.into_iter().any(|word| {
        let name = word.rsplit('/').next().unwrap_or(&word).to_lowercase();
        let mut parts = name.split(['-', '_', '.', ' ']);
        STOPS_WORK.contains(&name.as_str()) || parts.any(|part| STOPS_WORK.contains(&part))
    })
}

fn is_name(expr: &Expr, name: &str) -> bool {
    matches!(expr, Expr::Path(path) if path.parts.len() == 1 && path.parts.iter().all(|part| part.text == name))
}

fn moves(step: &Step) -> bool {
    step.calls().iter().any(|call| matches!(call.name.as_str(), "store" | "replicate"))
}

/// Whether what a step needs is held by a snapshot, so that the rest can go on without the bracket: a copy of a copy, a
/// database, or files in a snapshot of their file system.
fn can_let_go(policy: &Policy<'_>, step: &Step) -> bool {
    let of = step.calls().iter().find_map(|call| call.args.get("of"));
    match of {
        Some(Value::Thing(_, source)) => policy.ir.sources.get(source).is_some_and(holds_a_moment),
        _ => true,
    }
}

fn holds_a_moment(source: &Constructed) -> bool {
    let moment = source.fields.get("snapshot").and_then(text);
    HELD_ELSEWHERE.contains(&source.constructor.as_str())
        || moment.is_some_and(|kind| super::sources::MOMENTS.contains(&kind))
}
