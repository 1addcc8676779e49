//! The one style, as an edit of the lines that differ.

use lsp_types::TextEdit;

use super::Refusal;
use crate::lines::Lines;

/// What makes the text well laid out.
pub(crate) fn format(text: &str) -> Result<Vec<TextEdit>, Refusal> {
    let wanted = mainstay_syntax::format(text).map_err(|mistakes| Refusal(mistakes.to_string()))?;
    Ok(edit(text, &wanted).into_iter().collect())
}

/// The smallest run of whole lines that differs.
fn edit(text: &str, wanted: &str) -> Option<TextEdit> {
    if text == wanted {
        return None;
    }
    let same = |pair: &(&str, &str)| pair.0 == pair.1;
    let head = text.split_inclusive('\n').zip(wanted.split_inclusive('\n')).take_while(same);
    let start: usize = head.map(|(line, _)| line.len()).sum();
    let (rest, new) = (text.get(start..)?, wanted.get(start..)?);
    let tail = rest.split_inclusive('\n').rev().zip(new.split_inclusive('\n').rev()).take_while(same);
    let end: usize = tail.map(|(line, _)| line.len()).sum();
    let range = Lines::new(text).range(start, text.len() - end);
    Some(TextEdit { range, new_text: new.get(..new.len() - end)?.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(text: &str) -> String {
        let edits = format(text).unwrap();
        let Some(edit) = edits.first() else { return text.to_owned() };
        let lines = Lines::new(text);
        let mut changed = text.to_owned();
        changed.replace_range(lines.offset(edit.range.start)..lines.offset(edit.range.end), &edit.new_text);
        changed
    }

    #[test]
    fn the_edit_makes_the_text_that_the_formatter_wants() {
        let tidy = "edition 2026\npolicy p\n\n// 😀\nlet a = 1\nlet b = 2\n";
        for text in [
            tidy,
            "edition 2026\npolicy p\n\n// 😀\nlet a=1\nlet b = 2\n",
            "edition 2026\npolicy   p\n\n\n\n// 😀\nlet a=1\nlet b = 2",
        ] {
            assert_eq!(applied(text), tidy);
        }
        assert!(format(tidy).unwrap().is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_not_touched() {
        assert!(format("edition 2026\nlet a = (").is_err());
    }
}
