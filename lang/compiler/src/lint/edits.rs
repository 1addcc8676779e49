//! What an edit takes with it.

use mainstay_diagnostics::{SourceMap, Span};

/// A span with the rest of its lines, where nothing else stands on them: taken out, it leaves no empty line.
pub(super) fn with_line(map: &SourceMap, span: Span) -> Span {
    let Some(file) = map.file_at(span.start).and_then(|id| map.file(id)) else { return span };
    let (before, after) = (span.start - file.start, span.end - file.start);
    let head = file.text.get(..before as usize).unwrap_or_default();
    let rest = file.text.get(after as usize..).unwrap_or_default();
    let indent = head.len() - head.trim_end_matches([' ', '\t']).len();
    let line = rest.split_inclusive('\n').next().unwrap_or_default();
    let alone = head.len() == indent || head.as_bytes().get(head.len() - indent - 1) == Some(&b'\n');
    if alone && line.trim().is_empty() {
        return Span::new(span.start - indent as u32, span.end + line.len() as u32);
    }
    span
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_only_when_nothing_else_stands_on_it() {
        let mut map = SourceMap::default();
        map.add("a", "x\n  allow\n  b allow\nallow");
        let taken = |start, end| map.text(with_line(&map, Span::new(start, end))).unwrap().to_owned();
        assert_eq!(taken(4, 9), "  allow\n");
        assert_eq!(taken(14, 19), "allow");
        assert_eq!(taken(20, 25), "allow");
    }
}
