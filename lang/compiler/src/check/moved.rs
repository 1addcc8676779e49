//! `moved old => new`: a rename keeps its history, so what is named must be what it was.

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
        let mut moves: Vec<Move> = Vec::new();
        for (number, module) in program.modules.iter().enumerate().filter(|(_, module)| !module.is_library())
        {
            for item in &module.file.items {
                if let ItemKind::Moved(moved) = &item.kind
                    && let Some(found) = self.one_move(ModuleId(number), moved, item.span)
                {
                    match moves.iter().find(|first| first.old == found.old) {
                        Some(first) => self.sink.push(twice(&found, first)),
                        None => moves.push(found),
                    }
                }
            }
        }
        for number in 0..moves.len() {
            match end_of(&moves, number) {
                Some(new) => {
                    let from = moves.get(number);
                    checked.moved.extend(from.map(|from| (from.old.clone(), new, from.span)));
                }
                None => self.no_end(&moves, number),
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
            [step] => match self.program.item(id).map(|item| &item.kind) {
                Some(ItemKind::Workflow(workflow)) => {
                    let steps = super::workflows::step_names(&workflow.body);
                    steps
                        .iter()
                        .any(|(known, _)| *known == step.text)
                        .then(|| format!("{name}.{}", step.text))
                }
                _ => None,
            },
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
        let used = self.used.clone();
        let target = self.target(&Env::of(module), path);
        self.used = used;
        self.sink.restore(muted);
        target
    }

    fn no_end(&mut self, moves: &[Move], number: usize) {
        let Some(from) = moves.get(number) else { return };
        // In a row of renames the last one is wrong, and a circle is told once.
        let onward = |name: &str| moves.iter().position(|next| next.old == name);
        let mut seen = vec![number];
        let mut at = from;
        while let Some(next) = onward(&at.new) {
            if seen.contains(&next) {
                if next == number && seen.iter().all(|other| *other >= number) {
                    let message = format!("`{}` moves in a circle", from.old);
                    let found =
                        Diagnostic::error(names::MOVED, message, from.new_span, "comes back to itself")
                            .help("the last of the new names is one that is declared");
                    self.sink.push(found);
                }
                return;
            }
            seen.push(next);
            match moves.get(next) {
                Some(next) => at = next,
                None => return,
            }
        }
        let first = at.new.split('.').next().unwrap_or_default();
        let bound = mainstay_syntax::ast::Ident { text: first.to_owned(), span: at.new_span };
        if seen.len() > 1 || self.may_be_bound(&Env::of(at.module), &bound) {
            return;
        }
        let known = self.fitting_names(&Env::of(at.module), None);
        let help = crate::resolve::did_you_mean(&at.new, known.iter().map(String::as_str));
        let message = format!("there is nothing named `{}` to move to", at.new);
        self.sink.push(Diagnostic::error(names::MOVED, message, at.new_span, "unknown").help(help));
    }
}

/// What a rename leads to in the end, over later ones; nothing when that is not declared.
fn end_of(moves: &[Move], number: usize) -> Option<String> {
    let mut at = moves.get(number)?;
    for _ in 0..=moves.len() {
        if at.ends {
            return Some(at.new.clone());
        }
        at = moves.iter().find(|next| next.old == at.new)?;
    }
    None
}

fn text(path: &Path) -> String {
    path.parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join(".")
}

fn twice(second: &Move, first: &Move) -> Diagnostic {
    let message = format!("`{}` moves twice", second.old);
    Diagnostic::error(names::MOVED, message, second.span, "again here").label(first.span, "first here")
}
