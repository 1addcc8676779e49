//! What each name is, so that the editor may colour it: a grammar of words cannot know.

use lsp_types::{SemanticToken, SemanticTokenModifier, SemanticTokenType, SemanticTokensLegend};

use super::View;

/// The kinds, in the order of their numbers.
const TYPES: [SemanticTokenType; 9] = [
    SemanticTokenType::VARIABLE,
    SemanticTokenType::FUNCTION,
    SemanticTokenType::PROPERTY,
    SemanticTokenType::ENUM_MEMBER,
    SemanticTokenType::TYPE,
    SemanticTokenType::NAMESPACE,
    SemanticTokenType::PARAMETER,
    SemanticTokenType::CLASS,
    SemanticTokenType::METHOD,
];

const DECLARATION: u32 = 1;
const OF_LIBRARY: u32 = 2;

/// What the numbers mean.
pub(crate) fn legend() -> SemanticTokensLegend {
    let token_modifiers = vec![SemanticTokenModifier::DECLARATION, SemanticTokenModifier::DEFAULT_LIBRARY];
    SemanticTokensLegend { token_types: TYPES.to_vec(), token_modifiers }
}

/// The names of a file.
pub(crate) fn tokens(view: &View) -> Vec<SemanticToken> {
    let places = view.places();
    let mut found = Vec::new();
    let (mut line, mut column) = (0, 0);
    let start = view.analysis.offset(&view.page.file(), 0);
    for named in view.analysis.names() {
        if places.file(named.at).map(|file| file.start) != start {
            continue;
        }
        let Some(declared) = view.analysis.declaration(named.declared) else { continue };
        let Some(range) = places.range(named.at) else { continue };
        if range.start.line != range.end.line || range.end.character <= range.start.character {
            continue;
        }
        let of_library = if places.path(named.declared).is_none() { OF_LIBRARY } else { 0 };
        let own = if named.at == named.declared { DECLARATION } else { 0 };
        let delta_line = range.start.line - line;
        let delta_start =
            if delta_line == 0 { range.start.character - column } else { range.start.character };
        found.push(SemanticToken {
            delta_line,
            delta_start,
            length: range.end.character - range.start.character,
            token_type: number(declared.kind),
            token_modifiers_bitset: of_library | own,
        });
        (line, column) = (range.start.line, range.start.character);
    }
    found
}

fn number(kind: &str) -> u32 {
    match kind {
        "stage" | "verb" | "constructor" | "pipeline" => 1,
        "field" => 2,
        "member" => 3,
        "type" | "enum" => 4,
        "file" => 5,
        "parameter" | "loop variable" => 6,
        "workflow" | "machine" | "objective" => 7,
        "step" | "state" | "final state" => 8,
        _ => 0,
    }
}
