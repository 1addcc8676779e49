//! What makes a finding the same finding after lines have moved.

use crate::{Diagnostic, SourceFile, SourceMap};

/// Sixteen hexadecimal digits: enough for no two findings of one policy to be taken for the same.
const DIGITS: usize = 16;

/// A hash of the code, the file, the line that opens the declaration around the place, and the text under the label. Lines
/// may move and blanks may change; a finding on changed text is another one.
pub fn fingerprint(diagnostic: &Diagnostic, map: &SourceMap) -> String {
    let span = diagnostic.span();
    let file = map.file_at(span.start).and_then(|id| map.file(id));
    let name = file.map_or("", |file| file.name.as_str());
    let within = file.map(|file| opening(file, (span.start - file.start) as usize)).unwrap_or_default();
    let mut hasher = blake3::Hasher::new();
    for part in [diagnostic.code.as_str(), name, &within, map.text(span).unwrap_or_default()] {
        for word in part.split_whitespace() {
            hasher.update(word.as_bytes());
            hasher.update(b" ");
        }
        hasher.update(b"\n");
    }
    let mut text = hasher.finalize().to_hex().to_string();
    text.truncate(DIGITS);
    text
}

/// The first two words of the nearest line at or above a place that is not indented: `workflow nightly`. All declarations
/// of a formatted file begin so, and the lines inside them do not.
fn opening(file: &SourceFile, offset: usize) -> String {
    let mut line = file.line_of(offset);
    loop {
        let text = file.text.get(file.line_start(line)..file.line_start(line + 1)).unwrap_or_default();
        if text.starts_with(|first: char| first.is_ascii_lowercase()) {
            return text.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
        }
        let Some(above) = line.checked_sub(1) else { return String::new() };
        line = above;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::style;
    use crate::{SourceMap, Span};

    fn of(text: &str, word: &str) -> String {
        let mut map = SourceMap::default();
        map.add("a.stay", text);
        let start = text.find(word).unwrap() as u32;
        let span = Span::new(start, start + word.len() as u32);
        fingerprint(&Diagnostic::warning(style::UNUSED, "m", span, ""), &map)
    }

    #[test]
    fn lines_move_and_words_do_not() {
        let text = "edition 2026\n\nworkflow w {\n  step a = f( b )\n}\n";
        let known = of(text, "f( b )");
        assert_eq!(known.len(), DIGITS);
        let moved =
            text.replace("\n\nworkflow w", "\npolicy p\n\n// why\nworkflow  w").replace("step a", "  step a");
        assert_eq!(of(&moved, "f( b )"), known);
        assert_ne!(of(&text.replace("workflow w", "workflow v"), "f( b )"), known);
        assert_ne!(of(&text.replace("f( b )", "f( c )"), "f( c )"), known);
    }
}
