//! Where a name is declared, and where else it stands.

use std::collections::BTreeSet;

use lsp_types::{DocumentHighlight, DocumentLink, GotoDefinitionResponse, Location, Position};
use mainstay_diagnostics::Span;

use super::View;
use crate::paths::uri_of;
use crate::projects::absolute;

/// The declaration of the name at a position; of the path in a `use`, the file.
pub(crate) fn definition(view: &View, position: Position) -> Option<GotoDefinitionResponse> {
    let places = view.places();
    let named = view.name_at(position)?;
    Some(GotoDefinitionResponse::Scalar(places.location(named.declared)?))
}

/// Every place of the name at a position, in all files of the policy.
pub(crate) fn references(view: &View, position: Position, with_declaration: bool) -> Vec<Location> {
    let Some(named) = view.name_at(position) else { return Vec::new() };
    let places = view.places();
    let mut seen = BTreeSet::new();
    let all = view.analysis.places_of(named.declared).into_iter();
    let wanted = all.filter(|span| with_declaration || *span != named.declared);
    let found = wanted.filter_map(|span| places.location(span));
    found.filter(|place| seen.insert((place.uri.as_str().to_owned(), key(place)))).collect()
}

fn key(place: &Location) -> (u32, u32) {
    (place.range.start.line, place.range.start.character)
}

/// The places of the name at a position in the file itself.
pub(crate) fn highlights(view: &View, position: Position) -> Vec<DocumentHighlight> {
    let Some(named) = view.name_at(position) else { return Vec::new() };
    let places = view.places();
    let here = |span: &Span| places.is_in(*span, &view.page.path);
    let all = view.analysis.places_of(named.declared).into_iter().filter(here);
    let mut found: Vec<_> = all.filter_map(|span| places.range(span)).collect();
    found.dedup();
    found.into_iter().map(|range| DocumentHighlight { range, kind: None }).collect()
}

/// The files that a file uses.
pub(crate) fn links(view: &View) -> Vec<DocumentLink> {
    let places = view.places();
    let links = view.analysis.links(&view.page.file()).into_iter();
    let found = links.filter_map(|(span, written)| {
        let target = absolute(&view.page.path, &written);
        let range = places.range(span)?;
        Some(DocumentLink { range, target: uri_of(&target), tooltip: None, data: None })
    });
    found.collect()
}
