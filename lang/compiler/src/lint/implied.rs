//! `after [a, b]` where `b` runs only after `a` anyway.

use std::collections::HashSet;

use mainstay_diagnostics::codes::style;
use mainstay_diagnostics::{Diagnostic, SourceMap, Span};
use mainstay_ir::{Ir, Workflow};
use mainstay_syntax::ast::{Expr, Ident, Path, Step};

use super::walk::{Written, base, demanded, steps, workflows};
use crate::resolve::Program;

/// Steps named in an `after` that another name in it, or the value that the step takes, waits for already.
pub(super) fn look(program: &Program, ir: &Ir) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for written in workflows(program, ir) {
        for place in steps(written.body) {
            let Some(name) = &place.step.name else { continue };
            let named = place.step.after.as_ref().map(named).unwrap_or_default();
            let spare: Vec<&Ident> =
                named.iter().copied().filter(|other| is_spare(&written, name, other)).collect();
            found.extend(spare.first().map(|first| told(&program.map, place.step, first, &spare, &named)));
        }
    }
    found
}

/// The plain names in a list, or the one name; anything else says more than an edge.
fn named(after: &Expr) -> Vec<&Ident> {
    match after {
        Expr::List { items, .. } => {
            items.iter().map(plain).collect::<Option<Vec<&Ident>>>().unwrap_or_default()
        }
        one => plain(one).into_iter().collect(),
    }
}

fn plain(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Path(Path { parts, .. }) if parts.len() == 1 => parts.first(),
        _ => None,
    }
}

/// Whether the step would wait for `other` as well without naming it, in each of its rounds.
fn is_spare(workflow: &Written<'_>, name: &Ident, other: &Ident) -> bool {
    let all = workflow.rounds.named(&name.text);
    !all.is_empty()
        && all.iter().all(|(_, step)| {
            if takes(step, &other.text) {
                return true;
            }
            let mut needs = Vec::new();
            demanded(&step.needs, &mut needs);
            let (own, others): (Vec<&str>, Vec<&str>) =
                needs.into_iter().partition(|id| base(id) == other.text);
            let reached = behind(workflow.compiled, &others);
            !own.is_empty() && own.iter().all(|id| reached.contains(id))
        })
}

fn takes(step: &mainstay_ir::Step, name: &str) -> bool {
    let mut taken = Vec::new();
    step.calls().iter().flat_map(|call| call.args.values()).for_each(|value| value.steps(&mut taken));
    taken.into_iter().any(|id| base(id) == name)
}

/// All steps that must have ended well before these could run.
fn behind<'a>(workflow: &'a Workflow, steps: &[&'a str]) -> HashSet<&'a str> {
    let (mut open, mut seen) = (steps.to_vec(), HashSet::new());
    while let Some(id) = open.pop() {
        let Some(step) = workflow.steps.get(id) else { continue };
        let mut needs = Vec::new();
        demanded(&step.needs, &mut needs);
        open.extend(needs.into_iter().filter(|need| seen.insert(*need)));
    }
    seen
}

fn told(map: &SourceMap, step: &Step, first: &Ident, spare: &[&Ident], named: &[&Ident]) -> Diagnostic {
    let names: Vec<String> = spare.iter().map(|name| format!("`{}`", name.text)).collect();
    let message = format!("this step waits for {} already", names.join(" and "));
    let mut said = Diagnostic::warning(style::IMPLIED_EDGE, message, first.span, "implied");
    for other in spare.iter().skip(1) {
        said = said.label(other.span, "implied too");
    }
    let said = said.note("what it takes, or what else it names, runs only after that has ended well");
    let kept: Vec<&str> =
        named.iter().filter(|name| !spare.contains(name)).map(|name| name.text.as_str()).collect();
    let Some((span, text)) = mended(map, step, &kept) else { return said.help("leave it out") };
    said.help("leave it out").fix("leave it out", span, text, true)
}

/// The `after` without what it need not name; nothing where a comment stands in it.
fn mended(map: &SourceMap, step: &Step, kept: &[&str]) -> Option<(Span, String)> {
    let after = step.after.as_ref()?.span();
    let whole = Span::new(step.value.span().end, after.end);
    if map.text(whole)?.contains("//") {
        return None;
    }
    Some(match kept {
        [] => (whole, String::new()),
        [one] => (after, (*one).to_owned()),
        many => (after, format!("[{}]", many.join(", "))),
    })
}
