//! `after [a, b]` where `b` runs only after `a` anyway.

use std::cell::LazyCell;

use foldhash::{HashMap, HashSet};
use mainstay_diagnostics::codes::style;
use mainstay_diagnostics::{Diagnostic, SourceMap, Span};
use mainstay_ir::Ir;
use mainstay_syntax::ast::{Expr, Ident, Path, Step};

use super::walk::{Written, base, bodies, demanded, steps, workflows};
use crate::resolve::Program;

/// So many steps of a workflow are looked back at: some hundred times those of any that a person wrote, and an instant. What
/// lies beyond is not told.
const MOST_LOOKED_BACK: usize = 1_000_000;

/// The steps of a workflow by id, each with its number: none waits for one behind it.
type Order<'a> = HashMap<&'a str, (usize, &'a mainstay_ir::Step)>;

/// Steps named in an `after` that another name in it, or the value that the step takes, waits for already.
pub(super) fn look(program: &Program, ir: &Ir) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for written in workflows(program, ir) {
        let mut steps_left = MOST_LOOKED_BACK;
        let all_steps = || written.compiled.all_steps().enumerate();
        let order = LazyCell::new(|| all_steps().map(|(at, (id, step))| (id, (at, step))).collect());
        for place in bodies(written.body).into_iter().flat_map(steps) {
            let Some(name) = &place.step.name else { continue };
            let named = place.step.after.as_ref().map(named).unwrap_or_default();
            let spare = spare(&written, &order, name, &named, &mut steps_left);
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

/// Those of the named that the step would wait for as well without naming them, in each of its rounds.
fn spare<'n, 'a>(
    workflow: &Written<'a>,
    order: &LazyCell<Order<'a>, impl FnOnce() -> Order<'a>>,
    name: &Ident,
    named: &[&'n Ident],
    steps_left: &mut usize,
) -> Vec<&'n Ident> {
    let mut spare = named.to_vec();
    let rounds = workflow.rounds.named(&name.text);
    if rounds.is_empty() || named.is_empty() {
        return Vec::new();
    }
    for (_, step) in rounds {
        let taken = taken(step);
        let mut needs = Vec::new();
        demanded(&step.needs, &mut needs);
        let reached = behind(order, &needs, steps_left);
        let mut own: HashMap<&str, bool> = HashMap::default();
        for id in needs {
            *own.entry(base(id)).or_insert(true) &= reached.contains(id);
        }
        spare.retain(|other| {
            let name = other.text.as_str();
            taken.contains(name) || own.get(name) == Some(&true)
        });
    }
    spare
}

/// The names of the steps whose values a step takes.
fn taken(step: &mainstay_ir::Step) -> HashSet<&str> {
    let mut taken = Vec::new();
    step.calls().iter().flat_map(|call| call.args.values()).for_each(|value| value.steps(&mut taken));
    taken.into_iter().map(|id| base(id)).collect()
}

/// All steps that must have ended well before these could run. No step stands behind itself, so one of these is among them
/// only when another of these waits for it.
fn behind<'a>(order: &Order<'a>, steps: &[&'a str], steps_left: &mut usize) -> HashSet<&'a str> {
    let mut seen = HashSet::default();
    // What stands before all of them cannot be one of them.
    let first = steps.iter().filter_map(|id| order.get(id)).map(|(at, _)| *at).min();
    let mut open = if steps.len() > 1 { steps.to_vec() } else { Vec::new() };
    while let Some(id) = open.pop() {
        let Some((at, step)) = order.get(id).copied() else { continue };
        if Some(at) <= first || *steps_left == 0 {
            continue;
        }
        *steps_left -= 1;
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
