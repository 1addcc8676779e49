//! `moved old => new`: a rename keeps its history, so what is named must be what it was.

use foldhash::HashMap;
use mainstay_diagnostics::codes::names;
use mainstay_diagnostics::{Diagnostic, Span};
use mainstay_syntax::ast::{ItemKind, Moved, Path};

use super::paths::Target;
use super::{Checked, Checker, Env};
use crate::resolve::ModuleId;

/// A rename that is right for itself.
#[derive(Debug)]
pub(super) struct Move {
    old: String,
    new: String,
    span: Span,
    new_span: Span,
    /// Whether the new name is declared; if not, it must be the old one of a later rename.
    ends: bool,
    module: ModuleId,
}

impl Checker<'_> {
    /// All renames of all files: none twice, none of what is still there, each to an end.
    pub(super) fn moves(&mut self, checked: &mut Checked) {
        let program = self.program;
        let mut moves = Moves::default();
        for (number, module) in program.modules.iter().enumerate().filter(|(_, module)| !module.is_library())
        {
            for item in &module.file.items {
                if let ItemKind::Moved(moved) = &item.kind
                    && let Some(found) = self.one_move(ModuleId(number), moved, item.span)
                {
                    match moves.of(&found.old) {
                        Some((_, first)) => self.sink.push(twice(&found, first)),
                        None => moves.push(found),
                    }
                }
            }
        }
        let ways = moves.ways();
        for (from, way) in moves.all.iter().zip(ways) {
            match way {
                Way::To(end) => {
                    let new = moves.all.get(end).map(|end| end.new.clone());
                    checked.moved.extend(new.map(|new| (from.old.clone(), new, from.span)));
                }
                Way::Circle => self.sink.push(in_a_circle(from)),
                // In a row of renames the last one is wrong.
                Way::Nowhere if moves.of(&from.new).is_none() => self.no_end(from),
                Way::Nowhere => {}
            }
        }
    }

    fn one_move(&mut self, module: ModuleId, moved: &Moved, span: Span) -> Option<Move> {
        let (old, new) = (moved.old.as_ref()?, moved.new.as_ref()?);
        let (new_span, ends) = (new.span, true);
        if moved.kind.is_some() {
            return self.of_policy(module, old, new).then(|| {
                let (old, new) = (format!("policy {}", text(old)), text(new));
                Move { old, new, span, new_span, ends, module }
            });
        }
        if self.named(module, old).is_some() {
            let message = format!("`{}` is still declared, so it has not moved", text(old));
            let found = Diagnostic::error(names::MOVED, message, old.span, "still here")
                .help("take away the declaration, or this line");
            self.sink.push(found);
            return None;
        }
        let prefix = self.program.module(module).map_or("", |module| module.prefix.as_str());
        let old = format!("{prefix}{}", text(old));
        Some(match self.named(module, new) {
            Some(new) => Move { old, new, span, new_span, ends, module },
            None => Move { old, new: format!("{prefix}{}", text(new)), span, new_span, ends: false, module },
        })
    }

    /// The full name of what a path names: a declaration, or a step of a workflow.
    fn named(&mut self, module: ModuleId, path: &Path) -> Option<String> {
        let Target::Decl(id, taken) = self.quiet_target(module, path) else { return None };
        let name = self.program.full_name(id);
        match path.parts.get(taken..).unwrap_or_default() {
            [] => Some(name),
            [step] => {
                let is_there = self.steps_written(id).all.contains_key(step.text.as_str());
                is_there.then(|| format!("{name}.{}", step.text))
            }
            _ => None,
        }
    }

    /// The policy has the new name; only the root file says so.
    fn of_policy(&mut self, module: ModuleId, old: &Path, new: &Path) -> bool {
        let items =
            self.program.module(module).map(|module| module.file.items.as_slice()).unwrap_or_default();
        let policy = items.iter().find_map(|item| match &item.kind {
            ItemKind::Policy(name) => name.as_ref(),
            _ => None,
        });
        let found = match policy {
            Some(policy) if policy.text == text(old) => {
                Diagnostic::error(names::MOVED, "the policy still has this name", old.span, "not moved")
                    .label(policy.span, "named here")
            }
            Some(policy) if policy.text != text(new) => {
                let message = format!("the policy is not named `{}`", text(new));
                Diagnostic::error(names::MOVED, message, new.span, "not its name")
                    .label(policy.span, "named here")
            }
            Some(_) => return true,
            None => {
                let message = "only the file that names the policy says how it was named before";
                Diagnostic::error(names::MOVED, message, old.span, "not in this file")
            }
        };
        self.sink.push(found.help("write `moved policy OLD => NEW` with the name of today on the right"));
        false
    }

    fn quiet_target(&mut self, module: ModuleId, path: &Path) -> Target {
        let muted = self.sink.mute();
        let used = std::mem::take(&mut self.used);
        let target = self.target(&Env::of(module), path);
        self.used = used;
        self.sink.restore(muted);
        target
    }

    fn no_end(&mut self, at: &Move) {
        let first = at.new.split('.').next().unwrap_or_default();
        let bound = mainstay_syntax::ast::Ident { text: first.to_owned(), span: at.new_span };
        if self.may_be_bound(at.module, &bound) {
            return;
        }
        let known = self.fitting_names(&Env::of(at.module), None);
        let help = crate::resolve::did_you_mean(&at.new, known.iter().map(String::as_str));
        let message = format!("there is nothing named `{}` to move to", at.new);
        self.sink.push(Diagnostic::error(names::MOVED, message, at.new_span, "unknown").help(help));
    }
}

/// Renames in the order of the files, each old name once.
#[derive(Debug, Default)]
struct Moves {
    all: Vec<Move>,
    index: HashMap<String, usize>,
}

/// Where a rename leads in the end, over later ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// To what this one, by its number, names: that is declared.
    To(usize),
    /// Back to itself, and it is the first of that circle.
    Circle,
    Nowhere,
}

impl Moves {
    fn push(&mut self, one: Move) {
        self.index.insert(one.old.clone(), self.all.len());
        self.all.push(one);
    }

    /// The rename of what bore this name.
    fn of(&self, old: &str) -> Option<(usize, &Move)> {
        let number = *self.index.get(old)?;
        self.all.get(number).map(|one| (number, one))
    }

    /// For each the way; none is gone twice, because names that move every year make long rows.
    fn ways(&self) -> Vec<Way> {
        let mut ways: Vec<Option<Way>> = vec![None; self.all.len()];
        for start in 0..self.all.len() {
            let mut path: Vec<usize> = Vec::new();
            let mut next = Some(start);
            let end = loop {
                let Some((number, one)) = next.and_then(|next| Some((next, self.all.get(next)?))) else {
                    break Way::Nowhere;
                };
                match ways.get(number).copied().flatten() {
                    Some(Way::To(end)) => break Way::To(end),
                    // Gone before, and without an end; or a part of this path, whose circle begins here.
                    Some(_) => break Way::Nowhere,
                    None => {}
                }
                path.push(number);
                ways.get_mut(number).into_iter().for_each(|way| *way = Some(Way::Nowhere));
                if one.ends {
                    break Way::To(number);
                }
                next = self.of(&one.new).map(|(next, _)| next);
            };
            let circle = next.and_then(|next| path.iter().position(|number| *number == next));
            let first = circle.and_then(|from| path.iter().skip(from).min().copied());
            for number in path {
                let way = if first == Some(number) && end == Way::Nowhere { Way::Circle } else { end };
                ways.get_mut(number).into_iter().for_each(|known| *known = Some(way));
            }
        }
        ways.into_iter().map(|way| way.unwrap_or(Way::Nowhere)).collect()
    }
}

fn in_a_circle(from: &Move) -> Diagnostic {
    let message = format!("`{}` moves in a circle", from.old);
    Diagnostic::error(names::MOVED, message, from.new_span, "comes back to itself")
        .help("the last of the new names is one that is declared")
}

fn text(path: &Path) -> String {
    path.parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join(".")
}

fn twice(second: &Move, first: &Move) -> Diagnostic {
    let message = format!("`{}` moves twice", second.old);
    Diagnostic::error(names::MOVED, message, second.span, "again here").label(first.span, "first here")
}
