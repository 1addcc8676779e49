use super::*;

fn kinds(text: &str) -> Vec<(Kind, &str)> {
    tokens(text)
        .into_iter()
        .filter(|token| token.kind != Kind::Space)
        .map(|token| (token.kind, &text[token.range()]))
        .collect()
}

#[test]
fn numbers_are_one_token_with_their_unit() {
    for text in [
        "8",
        "1_000",
        "0.5",
        "30min",
        "25MiB/s",
        "200Mbit/s",
        "5%",
        "0.5%",
        "02:30",
        "2:30",
        "2027-01-31",
        "2027-1-31",
        "1m",
        "10G",
        "5mb",
        "10pm",
        "02:30:00",
    ] {
        assert_eq!(kinds(text), [(Kind::Number, text)], "{text}");
    }
}

#[test]
fn ranges_and_divisions_stay_apart() {
    assert_eq!(kinds("1..8").len(), 3);
    assert_eq!(kinds("22:00..06:00").len(), 3);
    assert_eq!(kinds("1GiB/10min").len(), 3);
    assert_eq!(kinds("1GiB/size").len(), 3);
}

#[test]
fn a_text_without_its_end_leaves_the_brackets_alone() {
    assert_eq!(
        kinds("[\"/home]\n"),
        [(Kind::OpenSquare, "["), (Kind::OpenText, "\"/home"), (Kind::CloseSquare, "]")]
    );
}

#[test]
fn comments_are_told_apart() {
    let found: Vec<Kind> =
        kinds("// a\n/// b\n//! c\n//// d\n# e\n/* f */").iter().map(|(kind, _)| *kind).collect();
    use Kind::{BlockComment, Comment, Doc, FileDoc, HashComment};
    assert_eq!(found, [Comment, Doc, FileDoc, Comment, HashComment, BlockComment]);
}
