use proptest::prelude::*;

use super::*;

pub(crate) mod mutants;
pub(crate) mod samples;
mod words;

/// Reads a text, and holds the laws that hold for every text.
#[track_caller]
pub(crate) fn parsed(text: &str) -> Parsed {
    let mut map = SourceMap::default();
    let file = map.add("a.stay", text);
    let parsed = parse(&map, file);
    let together: String = parsed.tree.tokens().iter().map(|token| &text[token.range()]).collect();
    assert!(text.len() > FILE_SIZE_LIMIT_BYTES || together == text, "the tree lost text");
    for diagnostic in &parsed.diagnostics {
        let spans = diagnostic.labels.iter().map(|label| label.span);
        for span in
            spans.chain(diagnostic.fixes.iter().flat_map(|fix| fix.edits.iter().map(|edit| edit.span)))
        {
            assert!(map.text(span).is_some(), "{diagnostic:?} points nowhere");
        }
    }
    parsed
}

#[test]
fn the_samples_have_no_mistake() {
    for (name, text) in samples::ALL {
        let found = parsed(text).diagnostics;
        assert!(found.is_empty(), "{name}: {found:#?}");
    }
}

#[test]
fn every_symbol_stands_for_one_kind() {
    let mut seen = std::collections::HashSet::new();
    for (kind, spelling) in KEYWORDS {
        let symbol = kind.symbol().unwrap();
        assert!(seen.insert(symbol), "{spelling} shares its symbol");
        let kinds: Vec<Kind> = tokens(spelling).into_iter().map(|token| token.kind).collect();
        assert_eq!(kinds, [*kind]);
    }
    let grammar = include_str!("grammar.pest");
    for (kind, spelling) in KEYWORDS.iter().filter(|(kind, _)| !matches!(kind, Kind::True | Kind::False)) {
        let rule = format!("kw_{spelling} = _{{ \"{}\" }}", char::from(kind.symbol().unwrap()));
        let named = grammar.contains(&format!("kw_{spelling} = "));
        assert!(!named || grammar.contains(&rule), "the grammar spells `{spelling}` otherwise: {rule}");
    }
}

#[test]
fn the_keywords_that_bind_a_name_are_those_that_miss_one() {
    let misses = |text: String, word: &str| {
        let nameless = format!("`{word}` has no name");
        parsed(&text).diagnostics.iter().any(|found| found.message == nameless)
    };
    for (kind, word) in KEYWORDS {
        // `start` names a state that stands elsewhere, `for` also an objective; a file that is used is told with its `as`.
        if matches!(kind, Kind::Start | Kind::For | Kind::As) {
            continue;
        }
        let found = misses(format!("edition 2026\n{word}\n"), word)
            || misses(format!("machine m {{ {word} }}\n"), word);
        assert_eq!(found, kind.binds_name(), "{word}");
    }
}

#[test]
fn a_file_that_is_too_large_is_one_mistake() {
    let found = parsed(&"a ".repeat(FILE_SIZE_LIMIT_BYTES / 2 + 1));
    let codes: Vec<&str> = found.diagnostics.iter().map(|it| it.code.as_str()).collect();
    assert_eq!(codes, ["E0113"]);
}

#[test]
fn deep_nesting_is_one_mistake_and_no_crash() {
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{a: ", "}"),
        ("f(", ")"),
        ("not ", ""),
        ("-", ""),
        ("1 + ", ""),
        ("a[", "]"),
    ] {
        for count in [NESTING_LIMIT + 1, 100_000] {
            let text = format!("edition 2026\nlet a = {}1{}\n", open.repeat(count), close.repeat(count));
            let found = parsed(&text).diagnostics;
            let codes: Vec<&str> = found.iter().map(|it| it.code.as_str()).collect();
            assert_eq!(codes, ["E0112"], "{open} {count}");
        }
        let text = format!("edition 2026\nlet a = {}1{}\n", open.repeat(60), close.repeat(60));
        assert!(parsed(&text).diagnostics.is_empty(), "{open}: {:?}", parsed(&text).diagnostics);
    }
}

#[test]
fn nesting_over_lines_that_look_like_declarations_is_deep_all_the_same() {
    for line in ["[\nlet ", "{\npool: ", "(\nlet\n"] {
        let close = if line.starts_with('[') {
            "]"
        } else if line.starts_with('{') {
            "}"
        } else {
            ")"
        };
        for text in [line.repeat(100_000), format!("{}{}", line.repeat(100_000), close.repeat(100_000))] {
            parsed(&text);
        }
    }
}

#[test]
fn mistakes_without_number_are_bounded() {
    for unit in ["; ", "@ ", "let a = ) \n", "'a ", "\u{201c}", "1m ", "x: = "] {
        assert!(parsed(&unit.repeat(20_000)).diagnostics.len() <= MISTAKE_LIMIT, "{unit}");
    }
}

#[test]
fn a_file_of_wrong_brackets_is_given_up() {
    let one = "let a = f(1, g(2)\n";
    let given_up = parsed(&format!("edition 2026\n{}", one.repeat(MISTAKE_LIMIT + 1)));
    assert_eq!(given_up.diagnostics.len(), MISTAKE_LIMIT);
    assert!(given_up.diagnostics.iter().all(|found| found.code.as_str() == "E0102"));
    assert!(given_up.diagnostics.last().is_some_and(|last| !last.notes.is_empty()));
    assert!(given_up.file.items.is_empty());

    let read = parsed(&format!("edition 2026\n{}", one.repeat(MISTAKE_LIMIT)));
    assert_eq!((read.diagnostics.len(), read.file.items.len()), (MISTAKE_LIMIT, MISTAKE_LIMIT + 1));
    assert!(read.diagnostics.last().is_some_and(|last| last.notes.is_empty()));

    let in_one = parsed(&format!("edition 2026\n{}", "}".repeat(10_000)));
    assert_eq!(in_one.diagnostics.len(), 1, "all beside each other are one mistake");
}

#[test]
fn nothing_is_understood_of_a_file_with_more_mistakes_than_are_told() {
    let of = |count| parsed(&format!("edition 2026\n{}", "pool a { slots = 1 }\n".repeat(count)));
    assert_eq!(of(MISTAKE_LIMIT).file.items.len(), MISTAKE_LIMIT + 1);
    assert!(of(MISTAKE_LIMIT + 1).file.items.is_empty());
    assert_eq!(of(MISTAKE_LIMIT + 1).diagnostics.len(), MISTAKE_LIMIT);
}

/// Words of the language and what is none, in any order.
fn soup() -> impl Strategy<Value = String> {
    let spelling: Vec<&'static str> = KEYWORDS.iter().map(|(_, spelling)| *spelling).collect();
    let marks = "( ) [ ] { } , : = . .. ? | < > |> -> => == != <= >= + - * / && || ! ; @ # ' \" \"\"\" // /* */ \n 1m 5min 8 02:30";
    let marks: Vec<&'static str> = marks.split(' ').collect();
    let word = prop_oneof![
        proptest::sample::select(spelling),
        proptest::sample::select(marks),
        Just("name"),
        Just("Type"),
        Just("\"text\""),
        Just("\n"),
    ];
    proptest::collection::vec(word, 0..60).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_string_has_a_tree(text in any::<String>()) {
        parsed(&text);
    }

    #[test]
    fn every_soup_of_words_has_a_tree(text in soup()) {
        parsed(&text);
    }

    #[test]
    fn what_parses_is_formatted_once_and_for_all(text in soup()) {
        if let Ok(once) = format(&text) {
            prop_assert_eq!(&format(&once).unwrap(), &once);
        }
    }
}
