//! Ways to mend what was found: those that the compiler knows.

use std::collections::HashMap;

use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, Diagnostic as Shown, Range, TextEdit, Uri, WorkspaceEdit,
};
use mainstay_compiler::Compiled;
use mainstay_diagnostics::{Diagnostic, Edit};

use super::{Page, Places};

/// The actions for a range.
pub(crate) fn actions(
    page: &Page,
    compiled: &Compiled,
    range: Range,
    shown: impl Fn(&Diagnostic) -> Option<Shown>,
) -> Vec<CodeActionOrCommand> {
    let places = Places::new(&compiled.map, &page.root);
    let here = |found: &&Diagnostic| places.is_in(found.span(), &page.path);
    let touched = |found: &&Diagnostic| {
        places.range(found.span()).is_some_and(|at| at.start <= range.end && range.start <= at.end)
    };
    let mut all = Vec::new();
    for found in compiled.diagnostics.iter().filter(here).filter(touched) {
        let only = found.fixes.len() == 1;
        for fix in &found.fixes {
            let Some(edit) = edit(&places, &fix.edits) else { continue };
            all.push(CodeActionOrCommand::CodeAction(CodeAction {
                title: format!("{} ({})", fix.title, found.code),
                kind: Some(CodeActionKind::QUICKFIX),
                diagnostics: shown(found).map(|one| vec![one]),
                edit: Some(edit),
                is_preferred: Some(fix.safe || only),
                ..CodeAction::default()
            }));
        }
    }
    let safe: Vec<&Diagnostic> = compiled.diagnostics.iter().filter(here).collect();
    all.extend(fix_all(&places, &safe).map(CodeActionOrCommand::CodeAction));
    all
}

/// All that can be mended without asking, each place once.
fn fix_all(places: &Places<'_>, found: &[&Diagnostic]) -> Option<CodeAction> {
    let safe = found.iter().flat_map(|found| &found.fixes).filter(|fix| fix.safe);
    let mut edits: Vec<Edit> = Vec::new();
    let mut count = 0;
    for fix in safe {
        let free = |edit: &Edit| {
            edits.iter().all(|known| edit.span.end < known.span.start || known.span.end < edit.span.start)
        };
        if fix.edits.iter().all(free) {
            edits.extend(fix.edits.iter().cloned());
            count += 1;
        }
    }
    Some(CodeAction {
        title: format!("mend all that is safe to mend ({count})"),
        kind: Some(CodeActionKind::SOURCE_FIX_ALL),
        edit: Some(edit(places, &edits)?),
        ..CodeAction::default()
    })
}

/// None when there is nothing to do, or a part of it is out of reach.
#[expect(clippy::mutable_key_type, reason = "the protocol's map has addresses as its keys")]
fn edit(places: &Places<'_>, edits: &[Edit]) -> Option<WorkspaceEdit> {
    let mut changes: HashMap<Uri, Vec<TextEdit>> = HashMap::new();
    for edit in edits {
        places.path(edit.span)?;
        let made = TextEdit { range: places.range(edit.span)?, new_text: edit.replacement.clone() };
        changes.entry(places.uri(edit.span)?).or_default().push(made);
    }
    (!changes.is_empty()).then(|| WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() })
}
