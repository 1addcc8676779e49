//! What is shown of two values, in one line: a long list is cut, but not where the two differ.

/// A list longer than this is cut: one line for each change.
const MOST_ITEMS: usize = 8;

/// Characters of what differs that are shown, where the cut lists are alike.
const MOST_CHARS: usize = 80;

/// Two values in words. What stands in for what was cut tells them apart.
pub(super) fn pair(before: Option<String>, after: Option<String>) -> (Option<String>, Option<String>) {
    let short = [&before, &after].map(|text| text.as_deref().map(cut));
    let [old, new] = short;
    match (&before, &after) {
        (Some(before), Some(after)) if before != after && old == new => {
            let (old, new) = apart(before, after);
            (Some(old), Some(new))
        }
        _ => (old, new),
    }
}

/// The same with each list cut.
fn cut(text: &str) -> String {
    let mut cut = Cut::default();
    let mut chars = text.chars();
    while let Some(next) = chars.next() {
        match next {
            '"' => cut.text(&mut chars),
            '[' | '(' | '{' => cut.open(next),
            ']' | ')' | '}' => cut.close(next),
            ',' => cut.comma(),
            other => cut.put(other),
        }
    }
    cut.out
}

#[derive(Default)]
struct Cut {
    out: String,
    /// What is open, and how many items it has so far.
    open: Vec<(char, usize)>,
    /// How many are open around the list of which the rest is left out.
    hidden: Option<usize>,
}

impl Cut {
    fn put(&mut self, next: char) {
        if self.hidden.is_none() {
            self.out.push(next);
        }
    }

    /// A text in quotes, of which the first was taken.
    fn text(&mut self, chars: &mut std::str::Chars<'_>) {
        self.put('"');
        while let Some(next) = chars.next() {
            self.put(next);
            match next {
                '\\' => chars.next().into_iter().for_each(|escaped| self.put(escaped)),
                '"' => return,
                _ => {}
            }
        }
    }

    fn open(&mut self, bracket: char) {
        self.put(bracket);
        self.open.push((bracket, 1));
    }

    fn close(&mut self, bracket: char) {
        let (_, items) = self.open.pop().unwrap_or_default();
        if self.hidden == Some(self.open.len()) {
            self.hidden = None;
            self.out += &format!(", and {} more", items.saturating_sub(MOST_ITEMS));
        }
        self.put(bracket);
    }

    fn comma(&mut self) {
        let around = self.open.len().saturating_sub(1);
        if let Some(('[', items)) = self.open.last_mut() {
            *items += 1;
            if *items == MOST_ITEMS + 1 && self.hidden.is_none() {
                self.hidden = Some(around);
            }
        }
        self.put(',');
    }
}

/// The first items in which two texts differ, between `..`.
fn apart(before: &str, after: &str) -> (String, String) {
    let pairs = before.char_indices().zip(after.chars());
    let same = pairs.take_while(|((_, one), other)| one == other).last();
    let end = same.map_or(0, |((at, one), _)| at + one.len_utf8());
    let begin = before.get(..end).and_then(|same| same.rfind(", ")).map_or(0, |at| at + 2);
    let shown = |text: &str| {
        let rest = text.get(begin..).unwrap_or_default();
        let shown: String = rest.chars().take(MOST_CHARS).collect();
        let left_out = if shown.len() < rest.len() { ".." } else { "" };
        format!("..{shown}{left_out}")
    };
    (shown(before), shown(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(items: &[&str]) -> String {
        crate::words::list(items.iter().map(|item| format!("{item:?}")))
    }

    #[test]
    fn a_long_list_is_cut_wherever_it_stands() {
        let nine = ["a, ]", "b", "c", "d", "e\"", "f", "g", "h", "i"];
        let shown = r#"["a, ]", "b", "c", "d", "e\"", "f", "g", "h", and 1 more]"#;
        assert_eq!(cut(&list(&nine)), shown);
        assert_eq!(
            cut(&format!("hook(argv: {}, with: [])", list(&nine))),
            format!("hook(argv: {shown}, with: [])")
        );
        assert_eq!(cut(&list(nine.split_at(8).0)), list(nine.split_at(8).0));
        let inner = format!("[a, {}, c, d, e, f, g, h, [i], [j, k]]", list(&nine));
        assert_eq!(cut(&inner), format!("[a, {shown}, c, d, e, f, g, h, and 2 more]"));
        let fields = "{ a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8, i: 9 }";
        assert_eq!(cut(fields), fields);
    }

    #[test]
    fn what_differs_is_shown_behind_the_cut() {
        let ten = |last| list(&["a", "b", "c", "d", "e", "f", "g", "h", "i", last]);
        let shown = pair(Some(ten("new")), Some(ten("net")));
        assert_eq!(shown, (Some(r#".."new"]"#.to_owned()), Some(r#".."net"]"#.to_owned())));
        let long = pair(Some(ten(&"ö".repeat(200))), Some(ten(&"ö".repeat(201))));
        assert!(long.0.is_some_and(|text| text.chars().count() == MOST_CHARS + 4));
        assert_eq!(pair(None, Some("[a]".to_owned())), (None, Some("[a]".to_owned())));
    }
}
