//! What files declare, for outlines and for finding by name.

use lsp_types::{DocumentSymbol, Location, SymbolKind, WorkspaceSymbol};
use mainstay_compiler::query::{Analysis, Declared};

use super::{Places, View};

/// Symbols that one search gives: nobody reads more.
const MOST_FOUND: usize = 500;

/// The outline of a file: its declarations, with the steps and states inside.
pub(crate) fn outline(view: &View) -> Vec<DocumentSymbol> {
    let places = view.places();
    let here = |one: &&Declared| places.is_in(one.named, &view.page.path);
    let all = view.analysis.declarations();
    let top = all.iter().enumerate().filter(|(_, one)| one.holder.is_none() && here(one));
    let first = top.clone().map(|(_, one)| places.file(one.named).map(|file| file.start)).next().flatten();
    // Of a file that is used twice, one copy is enough.
    let top = top.filter(|(_, one)| places.file(one.named).map(|file| file.start) == first);
    top.filter_map(|(number, one)| {
        let inner = all.iter().filter(|inner| inner.holder == Some(number) && is_shown(inner));
        let children = inner.filter_map(|inner| symbol(&places, inner, Vec::new())).collect();
        symbol(&places, one, children)
    })
    .collect()
}

fn is_shown(declared: &Declared) -> bool {
    matches!(declared.kind, "step" | "state" | "final state" | "run")
}

#[expect(deprecated, reason = "the type asks for a field that nobody may set")]
fn symbol(places: &Places<'_>, one: &Declared, children: Vec<DocumentSymbol>) -> Option<DocumentSymbol> {
    Some(DocumentSymbol {
        name: one.name.clone(),
        detail: Some(one.kind.to_owned()),
        kind: kind(one.kind),
        tags: None,
        deprecated: None,
        range: places.range(one.whole)?,
        selection_range: places.range(one.named)?,
        children: (!children.is_empty()).then_some(children),
    })
}

fn kind(word: &str) -> SymbolKind {
    match word {
        "workflow" | "machine" => SymbolKind::CLASS,
        "pipeline" => SymbolKind::FUNCTION,
        "step" | "state" | "final state" => SymbolKind::METHOD,
        "objective" | "estate" => SymbolKind::INTERFACE,
        "param" | "let" | "run" => SymbolKind::VARIABLE,
        "secret" => SymbolKind::KEY,
        "file" => SymbolKind::MODULE,
        "pool" => SymbolKind::STRUCT,
        _ => SymbolKind::OBJECT,
    }
}

/// The declarations of one policy whose names hold the query.
pub(crate) fn search(
    analysis: &Analysis,
    places: &Places<'_>,
    query: &str,
    found: &mut Vec<WorkspaceSymbol>,
) {
    let query = query.to_lowercase();
    let all = analysis.declarations().iter();
    let wanted = all.filter(|one| one.holder.is_none() || is_shown(one));
    for one in wanted.filter(|one| one.name.to_lowercase().contains(&query)) {
        if found.len() >= MOST_FOUND {
            return;
        }
        let holder = one.holder.and_then(|holder| analysis.declarations().get(holder));
        let Some(location) = places.location(one.named) else { continue };
        let symbol = WorkspaceSymbol {
            name: one.name.clone(),
            kind: kind(one.kind),
            tags: None,
            container_name: holder.map(|holder| holder.name.clone()),
            location: lsp_types::OneOf::Left(location),
            data: None,
        };
        let place = |other: &WorkspaceSymbol| match &other.location {
            lsp_types::OneOf::Left(Location { uri, range }) => (uri.as_str().to_owned(), range.start),
            lsp_types::OneOf::Right(other) => (other.uri.as_str().to_owned(), Default::default()),
        };
        if !found.iter().any(|other| place(other) == place(&symbol)) {
            found.push(symbol);
        }
    }
}
