use super::*;

#[track_caller]
fn parsed(text: &str) -> Parsed {
    let mut map = SourceMap::default();
    let file = map.add("a.stay", text);
    let parsed = parse(&map, file);
    let together: String = parsed.tree.tokens().iter().map(|token| &text[token.range.clone()]).collect();
    assert_eq!(together, text, "the tree lost text");
    parsed
}

#[test]
fn the_samples_have_no_mistake() {
    for (name, text) in samples::ALL {
        let found = parsed(text).diagnostics;
        let shown: Vec<String> = found
            .iter()
            .map(|d| format!("{} {} at {:?}", d.message, d.code, &text[d.span().start as usize..]))
            .collect();
        assert!(
            found.is_empty(),
            "{name}: {:#?}",
            shown.iter().map(|s| s.chars().take(120).collect::<String>()).collect::<Vec<_>>()
        );
    }
}

pub(crate) mod samples;
