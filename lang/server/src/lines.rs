//! Positions as editors count them: lines from 0, columns in UTF-16 code units.

use lsp_types::{Position, Range};

/// The code units before each multiple of so many bytes are known: a line may be a whole file, and columns of all its
/// names are asked for.
const MARK_BYTES: usize = 1 << 10;

/// A text with the starts of its lines.
#[derive(Debug, Clone)]
pub(crate) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
    /// Code units before each mark, the first of which is the beginning.
    marks: Vec<usize>,
}

/// The code units of the characters that begin in these bytes.
fn units(bytes: &[u8]) -> usize {
    // What continues a character is none, and characters of four bytes are two.
    bytes.iter().map(|byte| usize::from(byte & 0xC0 != 0x80) + usize::from(*byte >= 0xF0)).sum()
}

impl<'t> Lines<'t> {
    /// A line ends with `\n`, `\r\n` or `\r`.
    pub(crate) fn new(text: &'t str) -> Self {
        let bytes = text.as_bytes();
        let ends = bytes.iter().enumerate().filter(|(at, byte)| match byte {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        });
        let starts = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        let marks = bytes.chunks(MARK_BYTES).scan(0, |before, part| {
            *before += units(part);
            Some(*before)
        });
        Self { text, starts, marks: std::iter::once(0).chain(marks).collect() }
    }

    /// The byte at a position. What lies behind a line is its end, behind the text the text's; half of a pair of
    /// code units is its character.
    pub(crate) fn offset(&self, position: Position) -> usize {
        let line = position.line as usize;
        let Some(start) = self.starts.get(line).copied() else { return self.text.len() };
        let end = self.starts.get(line + 1).copied().unwrap_or(self.text.len());
        let content = self.text.get(start..end).unwrap_or_default().trim_end_matches(['\r', '\n']);
        let mut units = 0;
        for (at, character) in content.char_indices() {
            units += character.len_utf16() as u32;
            if units > position.character {
                return start + at;
            }
        }
        start + content.len()
    }

    /// The position of a byte; in the middle of a character, that of the character.
    pub(crate) fn position(&self, offset: usize) -> Position {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or(0);
        let character = self.units_before(offset).saturating_sub(self.units_before(start));
        Position { line: line as u32, character: character as u32 }
    }

    /// The code units from the beginning of the text.
    fn units_before(&self, offset: usize) -> usize {
        let mark = offset / MARK_BYTES;
        let behind = self.text.as_bytes().get(mark * MARK_BYTES..offset).unwrap_or_default();
        let before = self.marks.get(mark).copied().unwrap_or(0);
        before + units(behind)
    }

    /// Two bytes as a range.
    pub(crate) fn range(&self, start: usize, end: usize) -> Range {
        Range { start: self.position(start), end: self.position(end) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32, character: u32) -> Position {
        Position { line, character }
    }

    #[test]
    fn columns_are_code_units() {
        let lines = Lines::new("a😀ä\nb");
        assert_eq!(lines.offset(at(0, 1)), 1);
        assert_eq!(lines.offset(at(0, 2)), 1, "the middle of a pair is its character");
        assert_eq!(lines.offset(at(0, 3)), 5);
        assert_eq!(lines.offset(at(0, 4)), 7);
        assert_eq!(lines.position(5), at(0, 3));
        assert_eq!(lines.position(7), at(0, 4));
        assert_eq!(lines.position(8), at(1, 0));
    }

    #[test]
    fn what_lies_behind_is_the_end() {
        let lines = Lines::new("ab\r\ncd");
        assert_eq!(lines.offset(at(0, 9)), 2);
        assert_eq!(lines.offset(at(9, 0)), 6);
        assert_eq!(lines.offset(at(1, 9)), 6);
        assert_eq!(lines.position(99), at(1, 2));
    }

    #[test]
    fn every_byte_comes_back() {
        let text = "x😀\r\n\rä\n\n€𝄞";
        let lines = Lines::new(text);
        for (offset, _) in text.char_indices().filter(|(_, one)| *one != '\n' && *one != '\r') {
            assert_eq!(lines.offset(lines.position(offset)), offset);
        }
    }

    /// Longer than a few marks, ending at one, and with characters across them.
    #[test]
    fn columns_of_a_long_line_are_counted_from_its_start() {
        let text = format!("ab\n{}", "xä€😀".repeat(4 * MARK_BYTES / 10));
        let text = format!("{text}{}", "y".repeat(MARK_BYTES - text.len() % MARK_BYTES));
        let lines = Lines::new(&text);
        let mut column = 0;
        for (offset, character) in text.char_indices().skip(3) {
            assert_eq!(lines.position(offset), at(1, column));
            column += character.len_utf16() as u32;
        }
        assert_eq!((text.len() % MARK_BYTES, lines.position(text.len())), (0, at(1, column)));
    }
}
