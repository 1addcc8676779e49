//! The words of messages.

use std::fs;

use super::block::{files_below, shown};

/// Source files below these folders write messages.
const WRITERS: [&str; 3] = ["lang", "runtime", "cli"];

/// A placeholder or a word in backticks behind the wrong article.
fn wrong_articles(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (article, wrong) in [("a `", "aeiouAEIOU{"), ("an `", "{")] {
        for (at, _) in text.match_indices(article) {
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            let rest = &text[at + article.len()..];
            let is_word = before.is_none_or(|letter| !letter.is_alphanumeric());
            // "use" begins as "you" does.
            let is_word = is_word && !rest.starts_with("use");
            if is_word && rest.chars().next().is_some_and(|letter| wrong.contains(letter)) {
                found.push(rest.chars().take(20).collect());
            }
        }
    }
    found
}

/// What a message calls a thing begins with the article that is spoken: "an `Int`". A word that is put in by `{}` gets its
/// article with it, from `with_article`.
#[test]
fn articles_fit_what_they_stand_before() {
    let mut wrong = Vec::new();
    let mut looked_at = 0;
    for folder in WRITERS {
        for path in files_below(folder, "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            for line in code.filter(|line| line.contains('"') && !line.contains("with_article(")) {
                looked_at += 1;
                wrong
                    .extend(wrong_articles(line).into_iter().map(|word| format!("{}: {word}", shown(&path))));
            }
        }
    }
    for path in files_below("tests/suite/wrong", "expect") {
        looked_at += 1;
        let text = fs::read_to_string(&path).unwrap();
        wrong.extend(wrong_articles(&text).into_iter().map(|word| format!("{}: {word}", shown(&path))));
    }
    assert!(looked_at > 2_000, "{looked_at}");
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(wrong_articles("this is a `Int`, an `{}` and a `{ty}`, a `b`").len(), 3);
}
