//! What a merge left behind.

use mainstay_diagnostics::codes::syntax;
use mainstay_diagnostics::{Diagnostic, Span};

/// How the two sides of a conflict begin and end, as git and its kin write it.
const MARKS: [&str; 2] = ["<<<<<<< ", ">>>>>>> "];

/// A conflict that nobody resolved: one mistake, whatever the two sides say.
pub(crate) fn unmerged(text: &str, base: u32) -> Option<Diagnostic> {
    let [begins, ends] = MARKS;
    let start = line_with(text, begins, 0)?;
    let end = line_with(text, ends, start)?;
    let mark = |at: usize| Span::new(base + at as u32, base + (at + begins.len() - 1) as u32);
    let message = "this file holds both sides of a merge";
    Some(
        Diagnostic::error(syntax::UNEXPECTED, message, mark(start), "the conflict begins here")
            .label(mark(end), "and ends here")
            .help("keep one of the two sides, and take the marks out"),
    )
}

/// The first line at or behind `from` that begins so.
fn line_with(text: &str, mark: &str, from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    if rest.starts_with(mark) {
        return Some(from);
    }
    rest.find(&format!("\n{mark}")).map(|at| from + at + 1)
}

#[cfg(test)]
mod tests {
    use super::unmerged;

    #[test]
    fn a_conflict_has_both_its_marks() {
        let place = |text: &str| unmerged(text, 10).map(|found| found.span().start);
        assert_eq!(place("<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n"), Some(10));
        assert_eq!(place("x\n<<<<<<< ours\n>>>>>>> theirs"), Some(12));
        assert_eq!(place("<<<<<<< ours\n"), None);
        assert_eq!(place("// <<<<<<< ours\n// >>>>>>> theirs\n"), None);
    }
}
