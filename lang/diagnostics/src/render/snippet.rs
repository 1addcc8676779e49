//! The door through which miette reads our files.
//!
//! miette knows one source for a diagnostic, and scans it from its first byte for every label. Here the source is the
//! whole [`SourceMap`], so labels may stand in several files, and a line is found by bisection.

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::{SourceFile, SourceMap, Span};

/// Labels with at most so many lines between them are shown in one piece.
const JOINED_GAP_LINES: usize = 3;

/// A label over more lines shows its first one only.
const LABEL_LINES_LIMIT: u32 = 6;

/// Reads lines of any file of a map.
pub(super) struct Lines<'m>(pub(super) &'m SourceMap);

impl SourceCode for Lines<'_> {
    /// Whole lines, where any context is asked for; else exactly the span. miette tells neighbours by the count of
    /// lines, so the count given here is larger by the gap that may lie between two labels of one piece.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        _after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (start, end) = (span.offset() as u32, (span.offset() + span.len()) as u32);
        let place = Place::of(self.0, Span::new(start, end)).ok_or(MietteError::OutOfBounds)?;
        let (from, to) = if before == 0 { (place.start, place.end) } else { place.lines() };
        let data = place.file.text.get(from..to).ok_or(MietteError::OutOfBounds)?;
        let column = if before == 0 { place.column() } else { 0 };
        let shown = SourceSpan::new((place.file.start as usize + from).into(), to - from);
        let count = place.last_line - place.first_line + 1 + JOINED_GAP_LINES;
        let name = place.file.name.clone();
        let contents =
            MietteSpanContents::new_named(name, data.as_bytes(), shown, place.first_line, column, count);
        Ok(Box::new(contents))
    }
}

/// A span within one file: offsets from its start, lines from 0.
struct Place<'m> {
    file: &'m SourceFile,
    start: usize,
    end: usize,
    first_line: usize,
    last_line: usize,
}

impl<'m> Place<'m> {
    fn of(map: &'m SourceMap, span: Span) -> Option<Self> {
        let file = map.file(map.file_at(span.start)?)?;
        let (start, end) = ((span.start - file.start) as usize, (span.end - file.start) as usize);
        if end > file.text.len() {
            return None;
        }
        let last = end.saturating_sub(1).max(start);
        Some(Self { file, start, end, first_line: file.line_of(start), last_line: file.line_of(last) })
    }

    fn lines(&self) -> (usize, usize) {
        (self.file.line_start(self.first_line), self.file.line_start(self.last_line + 1))
    }

    fn column(&self) -> usize {
        let line_start = self.file.line_start(self.first_line);
        self.file.text.get(line_start..self.start).map_or(0, |before| before.chars().count())
    }
}

/// The span as it is shown: inside one file, on the bounds of characters, and not over a whole screen.
pub(super) fn shown(map: &SourceMap, span: Span) -> Option<Span> {
    let file = map.file(map.file_at(span.start)?)?;
    let bound = |mut at: usize| {
        while !file.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = bound(((span.start - file.start) as usize).min(file.text.len()));
    let mut end = bound((span.end.saturating_sub(file.start) as usize).clamp(start, file.text.len()));
    let first = file.line_of(start);
    if file.line_of(end) - first >= LABEL_LINES_LIMIT as usize {
        let line = file.text.get(start..file.line_start(first + 1)).unwrap_or_default();
        end = start + line.trim_end().len();
    }
    Some(Span::new(file.start + start as u32, file.start + end as u32))
}
