use super::*;
use crate::codes::syntax;
use crate::{SourceMap, Span};

fn sample() -> (SourceMap, Vec<Diagnostic>) {
    let mut map = SourceMap::default();
    map.add("house.stay", "edition 2026\nlet limit = 1h\n");
    map.add(
        "main.stay",
        "edition 2026\n\nobjective gold {\n  rpo: 1h\n}\n\n\n\n\n\nworkflow w {\n  trigger: every(2h)\n}\n",
    );
    let second = map.files()[1].start;
    let at = |text: &str, file: usize| {
        let file = &map.files()[file];
        let start = file.start + file.text.find(text).unwrap() as u32;
        Span::new(start, start + text.len() as u32)
    };
    let first =
        Diagnostic::error(syntax::UNEXPECTED, "this cannot be kept", at("every(2h)", 1), "fires every 2h")
            .label(at("rpo: 1h", 1), "at most 1h is promised here")
            .label(at("limit", 0), "and here")
            .note("worst case 2h: gap 2h")
            .help("`every(30min)` keeps it")
            .fix("write `every(30min)`", at("every(2h)", 1), "every(30min)", true);
    let warning =
        Diagnostic::warning(syntax::SEPARATOR, "100% of it, said\ntwice", Span::new(second, second), "");
    (map, vec![first, warning])
}

#[test]
fn people_see_labels_of_several_files() {
    let (map, diagnostics) = sample();
    insta::assert_snapshot!(human(&diagnostics, &map, Style::default()));
}

#[test]
fn ascii_has_no_other_characters() {
    let (map, diagnostics) = sample();
    let text = human(&diagnostics, &map, Style { unicode: false, ..Style::default() });
    assert!(text.is_ascii(), "{text}");
}

#[test]
fn color_is_only_there_when_asked_for() {
    let (map, diagnostics) = sample();
    assert!(!human(&diagnostics, &map, Style::default()).contains('\x1b'));
    assert!(
        human(&diagnostics, &map, Style { color: true, ..Style::default() })
            .contains("\x1b[1;31merror[E0101]")
    );
}

#[test]
fn machines_read_every_place() {
    let (map, diagnostics) = sample();
    insta::assert_snapshot!(json(&diagnostics, &map));
}

#[test]
fn a_line_each() {
    let (map, diagnostics) = sample();
    let lines = concise(&diagnostics[..1], &map);
    assert_eq!(lines, "main.stay:12:12: error[E0101]: this cannot be kept\n");
}

#[test]
fn the_worst_ten_are_annotations_and_the_others_a_summary() {
    let (map, diagnostics) = sample();
    let mut many: Vec<Diagnostic> = std::iter::repeat_n(diagnostics[1].clone(), 12).collect();
    let mut barred = diagnostics[1].clone();
    "a | b".clone_into(&mut barred.message);
    many.push(barred);
    many.push(diagnostics[0].clone());
    let review = github(&[(&map, &many)]);
    assert!(review.annotations.starts_with("::error file=main.stay,line=12"), "{}", review.annotations);
    assert_eq!(review.annotations.matches("::warning ").count(), 9);
    assert!(review.annotations.contains(
        "::warning file=main.stay,line=1,endLine=1,col=1,endColumn=1,title=E0106::100%25 of it, said%0Atwice"
    ));
    assert_eq!(review.rest.matches("warning[E0106]").count(), 4);
    assert_eq!(review.summary.matches("| warning | E0106 | main.stay:1 | ").count(), 4);
    assert!(review.summary.contains("| a \\| b |"), "{}", review.summary);
    assert_eq!(github(&[(&map, &diagnostics)]).summary, "");
}

#[test]
fn code_scanning_reads_places_in_utf16_and_relative_addresses() {
    let mut map = SourceMap::default();
    map.add("std/prelude.stay", "stage x\n");
    map.add("my folder/ä.stay", "edition 2026\n// 😀😀 x\nlet a = 1\n");
    let file = &map.files()[1];
    let start = file.start + file.text.find(" x").unwrap() as u32 + 1;
    let found = Diagnostic::warning(syntax::UNEXPECTED, "m", Span::new(start, start + 1), "here")
        .label(Span::new(0, 5), "of the library")
        .label(Span::new(file.start, file.start + 7), "the edition")
        .fix("write it", Span::new(start, start + 1), "y", true);
    let log: serde_json::Value = serde_json::from_str(&sarif(&[(&map, &[found])], "0.1.0")).unwrap();
    let result = &log["runs"][0]["results"][0];
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "my%20folder/%C3%A4.stay");
    assert_eq!(
        place["region"],
        serde_json::json!({ "startLine": 2, "startColumn": 9, "endLine": 2, "endColumn": 10 })
    );
    assert_eq!(result["relatedLocations"].as_array().unwrap().len(), 1, "nobody has the library's files");
    assert_eq!(result["relatedLocations"][0]["message"]["text"], "the edition");
    assert_eq!(result["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"]["text"], "y");
    assert_eq!(result["ruleIndex"], 0);
    assert_eq!(log["runs"][0]["tool"]["driver"]["rules"][0]["id"], "E0101");
}

#[test]
fn places_at_the_ends_of_files_can_be_drawn() {
    let mut map = SourceMap::default();
    map.add("empty.stay", "");
    map.add("short.stay", "a\u{e9}\n");
    map.add("long.stay", "x\n".repeat(1_000));
    for start in 0..=map.files()[2].start + 2_000 {
        for length in [0, 1, 3, 900] {
            let diagnostic =
                Diagnostic::error(syntax::UNEXPECTED, "m", Span::new(start, start + length), "here")
                    .label(Span::new(0, 0), "");
            let text = human_one(&diagnostic, &map, Style::default());
            assert!(text.lines().count() < 20, "{start} {length}: {text}");
            assert!(!text.contains("Failed"), "{start} {length}: {text}");
        }
    }
}

#[test]
fn a_line_that_is_too_long_to_be_drawn_is_named() {
    let mut map = SourceMap::default();
    map.add("wide.stay", format!("edition 2026\nlet x = {}\n", "f() |> ".repeat(20_000)));
    let span = Span::new(120_000, 120_001);
    let code = crate::codes::all().next().unwrap().code;
    let text = human(&[Diagnostic::error(code, "one side is missing", span, "here")], &map, Style::default());
    assert!(text.contains("at wide.stay:2:") && text.len() < 500, "{}", &text[..text.len().min(500)]);
}
