//! What may hide that there is something newer, or was not looked at.

use mainstay_engine::report::{Problem, Unreached};

use super::Look;
use super::verify::problems;
use crate::report::table::clean;
use crate::report::words;

/// Records that cannot be read, and repositories that are behind.
pub fn unread(found: &[Problem], look: &Look) -> Vec<String> {
    let word = look.paint("damaged");
    let note = format!("{word}  a newer snapshot than the newest that can be read may be there:");
    let note = (!found.is_empty()).then_some(note);
    note.into_iter().chain(problems(found, look)).collect()
}

/// Repositories that could not be looked into, or not to the end; first those of which that matters.
pub fn unreached(found: &[Unreached], what: &str, look: &Look) -> Vec<String> {
    let doubts: Vec<&Unreached> = found.iter().filter(|one| one.may_hold).collect();
    let head = format!("{}  {what} may lie there:", look.paint("not looked into"));
    let head = (!doubts.is_empty()).then_some(head);
    let doubts = doubts.into_iter().map(|one| format!("    {}", reason(one)));
    let others = found.iter().filter(|one| !one.may_hold);
    let others = others.map(|one| {
        format!("note: not looked into, and nothing of this is known to lie there: {}", reason(one))
    });
    head.into_iter().chain(doubts).chain(others).collect()
}

/// Which, and why.
pub fn reason(one: &Unreached) -> String {
    format!("`{}`: {}", one.repo, words::plain(&clean(&one.message)))
}
