//! All files of one compilation in one global offset space, so that a span is two numbers and a label may
//! stand in any file.

use std::sync::Arc;

/// A half-open range of bytes in the global offset space of a [`SourceMap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` to `end`, in global offsets.
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// The smallest span that holds both.
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// A span of no bytes at this span's start.
    pub fn at_start(self) -> Self {
        Self { start: self.start, end: self.start }
    }

    /// A span of no bytes at this span's end: where something is missing.
    pub fn at_end(self) -> Self {
        Self { start: self.end, end: self.end }
    }
}

/// A file of a [`SourceMap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// One file: its name as people see it, and its text.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// The name as it is shown: relative to the folder of the command, `std/pipelines.stay` for the library.
    pub name: String,
    /// The whole text.
    pub text: Arc<str>,
    /// Global offset of the first byte.
    pub start: u32,
    line_starts: Vec<u32>,
}

impl SourceFile {
    /// The line of a byte of the file, from 0.
    pub(crate) fn line_of(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start as usize <= offset).saturating_sub(1)
    }

    /// The first byte of a line, from 0; the end of the file for lines that it does not have.
    pub(crate) fn line_start(&self, line: usize) -> usize {
        self.line_starts.get(line).map_or(self.text.len(), |start| *start as usize)
    }
}

/// A place for people: lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// All files that one compilation has seen.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// Adds a file and gives it the next free range; files are one byte apart so that an empty span at a
    /// file's end still belongs to that file.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        let text = text.into();
        let start = self.files.last().map_or(0, |file| file.start + file.text.len() as u32 + 1);
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0).chain(newlines.map(|(at, _)| at as u32 + 1)).collect();
        self.files.push(SourceFile { name: name.into(), text, start, line_starts });
        FileId(self.files.len() as u32 - 1)
    }

    /// All files in the order in which they were added.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// The file of this id.
    pub fn file(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// The file that holds this global offset.
    pub fn file_at(&self, offset: u32) -> Option<FileId> {
        let after = self.files.partition_point(|file| file.start <= offset);
        after.checked_sub(1).map(|at| FileId(at as u32))
    }

    /// Line and column of a global offset.
    pub fn line_column(&self, offset: u32) -> Option<(FileId, LineColumn)> {
        let id = self.file_at(offset)?;
        let file = self.file(id)?;
        let local = (offset - file.start).min(file.text.len() as u32);
        let line = file.line_starts.partition_point(|start| *start <= local);
        let line_start = *file.line_starts.get(line.checked_sub(1)?)?;
        let column = file.text.get(line_start as usize..local as usize)?.chars().count();
        Some((id, LineColumn { line: line as u32, column: column as u32 + 1 }))
    }

    /// Line and column of a global offset, the column in UTF-16 code units, as SARIF and editors count.
    pub fn utf16_place(&self, offset: u32) -> Option<LineColumn> {
        let (id, LineColumn { line, .. }) = self.line_column(offset)?;
        let file = self.file(id)?;
        let start = file.line_start(line.checked_sub(1)? as usize);
        let end = ((offset - file.start) as usize).min(file.text.len());
        let column = file.text.get(start..end)?.encode_utf16().count();
        Some(LineColumn { line, column: column as u32 + 1 })
    }

    /// The lines that a span stands in, without the last line break; the span itself where no file holds it.
    pub fn lines_around(&self, span: Span) -> Span {
        let Some(file) = self.file_at(span.start).and_then(|id| self.file(id)) else { return span };
        let line_of = |offset: u32| file.line_of(offset.saturating_sub(file.start) as usize);
        let next = file.line_starts.get(line_of(span.end) + 1);
        let end = next.map_or(file.text.len() as u32, |next| next.saturating_sub(1));
        Span::new(file.start + file.line_start(line_of(span.start)) as u32, file.start + end)
    }

    /// The text under a span; nothing where the span is not of one file.
    pub fn text(&self, span: Span) -> Option<&str> {
        let file = self.file(self.file_at(span.start)?)?;
        file.text.get((span.start - file.start) as usize..(span.end - file.start) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_a_span_end_before_their_break() {
        let mut map = SourceMap::default();
        map.add("a.stay", "one\ntwo\n\nfour");
        map.add("b.stay", "five\n");
        let lines = |start, end| map.text(map.lines_around(Span::new(start, end)));
        assert_eq!([lines(1, 2), lines(3, 3), lines(4, 4)], [Some("one"), Some("one"), Some("two")]);
        assert_eq!([lines(2, 5), lines(8, 8), lines(9, 13)], [Some("one\ntwo"), Some(""), Some("four")]);
        assert_eq!([lines(14, 15), lines(18, 18), lines(19, 19)], [Some("five"), Some("five"), Some("")]);
    }
}
