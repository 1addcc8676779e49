//! Making fixes: several at once, none over another.

use std::collections::BTreeMap;

use crate::{Edit, FileId, Fix, SourceMap};

/// Files after some fixes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fixed {
    /// The new texts.
    pub texts: BTreeMap<FileId, String>,
    /// Which of the fixes were made, by their places among those given.
    pub made: Vec<usize>,
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
            made.push(number);
        }
    }
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
        assert_eq!(fixed.made, [0, 3, 4]);
        assert_eq!(fixed.texts.get(&first).map(String::as_str), Some("01XX457+89"));
        assert_eq!(fixed.texts.get(&second).map(String::as_str), Some("Abcdef"));
    }
}
