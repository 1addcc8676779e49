//! Making fixes: several at once, none over another.

use std::collections::BTreeMap;

use crate::{Edit, FileId, Fix, SourceMap};

/// Files after some fixes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fixed {
    /// The new texts.
    pub texts: BTreeMap<FileId, String>,
    /// The fixes that were made.
    pub made: Vec<Made>,
}

/// A fix that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    /// Its place among those given.
    pub number: usize,
    /// The file of its first edit.
    pub file: FileId,
    /// Where its first edit begins in the new text, in bytes.
    pub offset: usize,
}

/// Makes fixes in the order given. One that touches what an earlier one changes is left for another round.
pub fn apply<'f>(fixes: impl IntoIterator<Item = &'f Fix>, map: &SourceMap) -> Fixed {
    let mut taken: BTreeMap<u32, &Edit> = BTreeMap::new();
    let mut made = Vec::new();
    for (number, fix) in fixes.into_iter().enumerate() {
        let fits = !fix.edits.is_empty()
            && fix.edits.iter().all(|edit| is_free(&taken, edit) && map.text(edit.span).is_some());
        if fits && !overlap_themselves(&fix.edits) {
            taken.extend(fix.edits.iter().map(|edit| (edit.span.start, edit)));
            made.extend(fix.edits.first().map(|edit| (number, edit.span.start)));
        }
    }
    let made = made.into_iter().filter_map(|(number, start)| new_place(&taken, map, number, start)).collect();
    let mut texts = BTreeMap::new();
    // From the end, so that the places before stay right.
    for edit in taken.into_values().rev() {
        let Some(id) = map.file_at(edit.span.start) else { continue };
        let Some(file) = map.file(id) else { continue };
        let text: &mut String = texts.entry(id).or_insert_with(|| file.text.to_string());
        let (start, end) = ((edit.span.start - file.start) as usize, (edit.span.end - file.start) as usize);
        text.replace_range(start..end, &edit.replacement);
    }
    Fixed { texts, made }
}

/// Where the text that stood at `start` stands after all edits before it in its file.
fn new_place(taken: &BTreeMap<u32, &Edit>, map: &SourceMap, number: usize, start: u32) -> Option<Made> {
    let id = map.file_at(start)?;
    let file = map.file(id)?;
    let mut offset = (start - file.start) as usize;
    for edit in taken.range(file.start..start).map(|(_, edit)| edit) {
        offset = offset + edit.replacement.len() - (edit.span.end - edit.span.start) as usize;
    }
    Some(Made { number, file: id, offset })
}

/// Two edits may not even touch: what is inserted at one place twice has no order.
fn is_free(taken: &BTreeMap<u32, &Edit>, edit: &Edit) -> bool {
    let before = taken.range(..=edit.span.end).next_back();
    before.is_none_or(|(_, other)| other.span.end < edit.span.start)
}

fn overlap_themselves(edits: &[Edit]) -> bool {
    let mut spans: Vec<_> = edits.iter().map(|edit| edit.span).collect();
    spans.sort_unstable();
    spans.windows(2).any(|pair| matches!(pair, [first, second] if second.start <= first.end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Span;

    fn fix(edits: &[(u32, u32, &str)]) -> Fix {
        let edits = edits.iter().map(|(start, end, text)| Edit {
            span: Span::new(*start, *end),
            replacement: (*text).to_owned(),
        });
        Fix { title: String::new(), edits: edits.collect(), safe: true }
    }

    #[test]
    fn fixes_that_touch_wait_for_another_round() {
        let mut map = SourceMap::default();
        let first = map.add("a", "0123456789");
        let second = map.add("b", "abcdef");
        let fixes = [
            fix(&[(2, 4, "XX"), (8, 8, "+")]),
            fix(&[(4, 5, "no: it touches")]),
            fix(&[(8, 8, "no: at the same place")]),
            fix(&[(6, 7, "")]),
            fix(&[(11, 12, "A")]),
            fix(&[(0, 1, "z"), (3, 4, "no: one of its edits")]),
            fix(&[(9, 30, "no: over two files")]),
        ];
        let fixed = apply(&fixes, &map);
        let made: Vec<_> = fixed.made.iter().map(|made| (made.number, made.file, made.offset)).collect();
        assert_eq!(made, [(0, first, 2), (3, first, 6), (4, second, 0)]);
        assert_eq!(fixed.texts.get(&first).map(String::as_str), Some("01XX457+89"));
        assert_eq!(fixed.texts.get(&second).map(String::as_str), Some("Abcdef"));
    }
}
