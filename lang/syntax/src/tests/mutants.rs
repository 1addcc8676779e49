//! What happens to the samples when a token goes, or two change places.

use super::{parsed, samples};
use crate::tokens;

/// A changed text, and the bytes around the change: the tokens that changed and their neighbours.
pub(crate) struct Mutant {
    pub(crate) what: String,
    pub(crate) text: String,
    pub(crate) near: std::ops::Range<usize>,
}

/// Every deletion of a token, and every exchange of neighbours. Blanks keep what is beside each other apart.
pub(crate) fn all(text: &str) -> Vec<Mutant> {
    let ranges: Vec<_> =
        tokens(text).into_iter().filter(|token| !token.kind.is_trivia()).map(|token| token.range()).collect();
    let mut found = Vec::new();
    for (at, range) in ranges.iter().enumerate() {
        let from = at.checked_sub(1).map_or(0, |before| ranges[before].start);
        let (head, word) = (&text[..range.start], &text[range.clone()]);
        let to = |ahead: usize| ranges.get(at + ahead).map_or(text.len(), |range| range.end);
        let line = head.matches('\n').count() + 1;
        let deleted = format!("{head} {}", &text[range.end..]);
        let near = from..to(1) + 1 - word.len();
        found.push(Mutant { what: format!("{line}: without `{word}`"), text: deleted, near });
        let Some(next) = ranges.get(at + 1).filter(|next| text[(*next).clone()] != *word) else { continue };
        let (between, other) = (&text[range.end..next.start], &text[next.clone()]);
        let swapped = format!("{head} {other} {between} {word} {}", &text[next.end..]);
        found.push(Mutant {
            what: format!("{line}: `{word}` behind `{other}`"),
            text: swapped,
            near: from..to(2) + 4,
        });
    }
    found
}

/// A mistake that the grammar can see is labelled at the change, in nearly all cases as the only one. What it cannot see is
/// the compiler's to find.
#[test]
fn a_token_less_or_two_exchanged_is_one_mistake_at_its_place() {
    let (mut total, mut far, mut several) = (0, Vec::new(), 0);
    for (name, text) in samples::ALL {
        // One in three: the whole set runs in the suite, through the compiler.
        for mutant in all(text).into_iter().step_by(3) {
            let found = parsed(&mutant.text).diagnostics;
            let touches = |span: mainstay_diagnostics::Span| {
                span.start as usize <= mutant.near.end && span.end as usize >= mutant.near.start
            };
            let is_near = found.iter().any(|it| it.labels.iter().any(|label| touches(label.span)));
            total += 1;
            several += usize::from(found.len() > 1);
            if !found.is_empty() && !is_near {
                far.push(format!("{name}:{}", mutant.what));
            }
        }
    }
    assert!(total > 700, "only {total} mutants");
    assert!(far.len() * 100 <= total, "{} of {total} are reported elsewhere: {far:#?}", far.len());
    assert!(several * 100 <= total * 5, "{several} of {total} are reported more than once");
}
