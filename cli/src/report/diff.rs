//! What changes from one text to another, by lines.

/// Lines around a change that are shown with it.
const AROUND: usize = 3;

/// Beyond this many lines in either text (after equal beginnings and ends are cut) the change is shown as one piece: the
/// comparison takes time and room of the product of both.
const COMPARED_LINES: usize = 4_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edit<'a> {
    Keep(&'a str),
    Remove(&'a str),
    Add(&'a str),
}

/// A unified diff; empty when the texts are equal.
pub fn unified(name: &str, old: &str, new: &str) -> String {
    if old == new {
        return String::new();
    }
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let edits = edits(&old, &new);
    let mut text = format!("--- {name}\n+++ {name}\n");
    for (begin, end) in hunks(&edits) {
        write_hunk(&edits, begin, end, &mut text);
    }
    text
}

/// Stretches of edits with a change in them and what stands around.
fn hunks(edits: &[Edit<'_>]) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (place, edit) in edits.iter().enumerate() {
        if matches!(edit, Edit::Keep(_)) {
            continue;
        }
        let (begin, end) = (place.saturating_sub(AROUND), (place + AROUND + 1).min(edits.len()));
        match found.last_mut() {
            Some(last) if begin <= last.1 => last.1 = end,
            _ => found.push((begin, end)),
        }
    }
    found
}

fn write_hunk(edits: &[Edit<'_>], begin: usize, end: usize, text: &mut String) {
    let before = edits.get(..begin).unwrap_or_default();
    let inside = edits.get(begin..end).unwrap_or_default();
    let old = |edits: &[Edit<'_>]| edits.iter().filter(|edit| !matches!(edit, Edit::Add(_))).count();
    let new = |edits: &[Edit<'_>]| edits.iter().filter(|edit| !matches!(edit, Edit::Remove(_))).count();
    let (old_lines, new_lines) = (old(inside), new(inside));
    let old_begin = old(before) + usize::from(old_lines > 0);
    let new_begin = new(before) + usize::from(new_lines > 0);
    text.push_str(&format!("@@ -{old_begin},{old_lines} +{new_begin},{new_lines} @@\n"));
    for edit in inside {
        let (mark, line) = match edit {
            Edit::Keep(line) => (' ', line),
            Edit::Remove(line) => ('-', line),
            Edit::Add(line) => ('+', line),
        };
        text.push(mark);
        text.push_str(line);
        text.push('\n');
    }
}

fn edits<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<Edit<'a>> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (old.get(head..).unwrap_or_default(), new.get(head..).unwrap_or_default());
    let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let middle = |lines: &[&'a str]| lines.get(..lines.len() - tail).unwrap_or_default().to_vec();
    let mut edits: Vec<Edit<'a>> = old.iter().take(head).copied().map(Edit::Keep).collect();
    edits.extend(between(&middle(old_rest), &middle(new_rest)));
    edits.extend(old.iter().skip(old.len() - tail).copied().map(Edit::Keep));
    edits
}

/// By the longest common subsequence.
fn between<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<Edit<'a>> {
    let all = || old.iter().map(|line| Edit::Remove(line)).chain(new.iter().map(|line| Edit::Add(line)));
    if old.len() > COMPARED_LINES || new.len() > COMPARED_LINES {
        return all().collect();
    }
    let common = common_lengths(old, new);
    let length = |at: (usize, usize)| common.get(at.0 * (new.len() + 1) + at.1).copied().unwrap_or(0);
    let mut edits = Vec::new();
    let mut at = (0, 0);
    loop {
        match (old.get(at.0), new.get(at.1)) {
            (Some(a), Some(b)) if a == b => {
                edits.push(Edit::Keep(a));
                at = (at.0 + 1, at.1 + 1);
            }
            (Some(a), b) if b.is_none() || length((at.0 + 1, at.1)) >= length((at.0, at.1 + 1)) => {
                edits.push(Edit::Remove(a));
                at.0 += 1;
            }
            (_, Some(b)) => {
                edits.push(Edit::Add(b));
                at.1 += 1;
            }
            _ => return edits,
        }
    }
}

/// The length of the longest common subsequence from each pair of places on.
fn common_lengths(old: &[&str], new: &[&str]) -> Vec<u32> {
    let width = new.len() + 1;
    let mut lengths = vec![0_u32; (old.len() + 1) * width];
    for (i, a) in old.iter().enumerate().rev() {
        for (j, b) in new.iter().enumerate().rev() {
            let at = |i: usize, j: usize| lengths.get(i * width + j).copied().unwrap_or(0);
            let best = if a == b { at(i + 1, j + 1) + 1 } else { at(i + 1, j).max(at(i, j + 1)) };
            if let Some(cell) = lengths.get_mut(i * width + j) {
                *cell = best;
            }
        }
    }
    lengths
}

#[cfg(test)]
mod tests {
    use super::unified;

    #[test]
    fn changes_are_shown_with_what_stands_around() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\n";
        let new = "a\nb\nc\nD\ne\nf\ng\nh\nnew\n";
        let expected = "--- x\n+++ x\n@@ -1,8 +1,9 @@\n a\n b\n c\n-d\n+D\n e\n f\n g\n h\n+new\n";
        assert_eq!(unified("x", old, new), expected);
        assert_eq!(unified("x", old, old), "");
        assert_eq!(unified("x", "", "a\n"), "--- x\n+++ x\n@@ -0,0 +1,1 @@\n+a\n");
    }

    #[test]
    fn distant_changes_are_shown_apart() {
        let old: String = (0..30).map(|line| format!("{line}\n")).collect();
        let new = old.replace("3\n", "x\n").replace("27\n", "y\n");
        assert_eq!(unified("x", &old, &new).matches("@@ -").count(), 3, "{}", unified("x", &old, &new));
    }
}
