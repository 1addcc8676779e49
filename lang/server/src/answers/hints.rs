//! What data has become behind each stage of a chain.

use lsp_types::{InlayHint, InlayHintKind, InlayHintLabel, Range};

use super::View;

/// The hints of a range.
pub(crate) fn hints(view: &View, range: Range) -> Vec<InlayHint> {
    let places = view.places();
    let stages = view.analysis.stages().filter(|(span, _)| places.is_in(*span, &view.page.path));
    let placed = stages.filter_map(|(span, ty)| Some((places.range(span)?.end, ty)));
    placed
        .filter(|(position, _)| range.start <= *position && *position <= range.end)
        .map(|(position, ty)| InlayHint {
            position,
            label: InlayHintLabel::String(format!(": {ty}")),
            kind: Some(InlayHintKind::TYPE),
            text_edits: None,
            tooltip: None,
            padding_left: Some(false),
            padding_right: Some(false),
            data: None,
        })
        .collect()
}
