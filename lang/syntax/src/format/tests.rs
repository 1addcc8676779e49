use super::*;
use crate::tests::samples;
use crate::token::Kind;
use crate::tokens;

#[track_caller]
fn formatted(text: &str) -> String {
    match format(text) {
        Ok(text) => text,
        Err(mistakes) => panic!("{mistakes}: {:#?}", mistakes.diagnostics),
    }
}

/// Every comment, in order.
fn comments(text: &str) -> Vec<String> {
    let is_comment = |kind| matches!(kind, Kind::Comment | Kind::Doc | Kind::FileDoc);
    let found = tokens(text).into_iter().filter(|token| is_comment(token.kind));
    found.map(|token| text[token.range()].trim_end().to_owned()).collect()
}

#[test]
fn the_samples_of_the_design_are_in_the_style() {
    for name in ["laptop", "billing"] {
        let (_, text) = samples::ALL.iter().find(|(known, _)| *known == name).unwrap();
        // Arguments below each other are not aligned; the design aligns those of one pair.
        let text = text.replace("[\"./hooks/thaw\"],   within", "[\"./hooks/thaw\"], within");
        assert!(formatted(&text) == text, "{name}:\n{}", formatted(&text));
    }
}

#[test]
fn a_second_time_changes_nothing_and_every_comment_stays() {
    for (name, text) in samples::ALL {
        let once = formatted(text);
        assert!(formatted(&once) == once, "{name}");
        assert_eq!(comments(text), comments(&once), "{name}");
    }
}

/// Tokens without commas, which come and go with lines.
fn words(text: &str) -> Vec<String> {
    let all = tokens(text).into_iter().filter(|token| !token.kind.is_trivia() && token.kind != Kind::Comma);
    all.map(|token| text[token.range()].to_owned()).collect()
}

#[test]
fn layout_does_not_matter_and_nothing_is_lost() {
    for (name, text) in samples::ALL {
        let is_text = |kind: Kind| kind == Kind::LongText;
        let squeezed: String = tokens(text)
            .into_iter()
            .map(|token| match token.kind {
                Kind::Space if text[token.range()].contains('\n') => "\n ".to_owned(),
                Kind::Space => " ".to_owned(),
                kind if is_text(kind) => text[token.range()].to_owned(),
                _ => format!("{} ", &text[token.range()]),
            })
            .collect();
        let once = formatted(&squeezed);
        assert_eq!(words(&once), words(text), "{name}");
        assert_eq!(comments(&once), comments(&squeezed), "{name}");
        assert!(formatted(&once) == once, "{name}");
    }
}

#[test]
fn a_comment_between_any_two_tokens_stays() {
    let (_, text) = samples::ALL.iter().find(|(name, _)| *name == "billing").unwrap();
    let all = tokens(text);
    for (at, token) in all.iter().enumerate().filter(|(at, _)| at % 7 == 0) {
        for comment in [" // why\n", "\n// why\n", "\n\n/// why\n\n"] {
            let place = token.end();
            if all.get(at + 1).is_some_and(|next| matches!(next.kind, Kind::Space)) {
                let text = format!("{}{comment}{}", &text[..place], &text[place..]);
                let once = formatted(&text);
                assert_eq!(comments(&once), comments(&text), "{text}");
                assert!(formatted(&once) == once, "not stable after {comment:?} at {place}:\n{once}");
            }
        }
    }
}

#[test]
fn wide_braces_are_opened_and_narrow_ones_are_not() {
    let narrow = "edition 2026\nchannel a = email { host: \"mail\", to: [\"b\"] }\n";
    assert_eq!(formatted(narrow), narrow);
    let wide = narrow.replace("\"b\"", &["\"somebody@bank.example\""; 5].join(", "));
    let opened = formatted(&wide);
    assert!(opened.contains("email {\n  host: \"mail\"\n  to: ["), "{opened}");
    assert_eq!(formatted(&opened), opened);
}

#[test]
fn commas_follow_the_lines() {
    let given = "edition 2026\npool a {\n  slots: 4,\n  rate: 1MB/s,\n}\npool b { slots: 4 rate: 1MB/s, }\n\n\n\nlet c = [\n 1, 2 ]\nlet d = [1,2,]\n";
    let wanted = "edition 2026\npool a {\n  slots: 4\n  rate:  1MB/s\n}\npool b { slots: 4, rate: 1MB/s }\n\nlet c = [\n  1,\n  2,\n]\nlet d = [1, 2]\n";
    assert_eq!(formatted(given), wanted);
}

#[test]
fn a_file_with_mistakes_is_left_alone() {
    assert!(format("edition 2026\npool disk {").is_err());
}

#[test]
fn nothing_is_nothing() {
    assert_eq!(formatted("// only this\nedition 2026"), "// only this\nedition 2026\n");
}

#[test]
fn a_keyword_as_a_value_is_still_one_when_its_braces_are_opened() {
    let place = "place: { site: \"berlin\", region: \"eu\", account: \"ops\", medium: disk_array }";
    let given = format!("edition 2026\nrepo near = local {{ path: source, key: key, lock: 30d, {place} }}\n");
    let opened = formatted(&given);
    assert!(opened.contains("  path: source\n  key: key\n"), "{opened}");
    assert_eq!(formatted(&opened), opened);
}

#[test]
fn what_a_long_line_moved_away_comes_back_where_there_is_room() {
    let step = |name: &str| format!("step {name} = hook([\"./tell\", \"done\", \"{name}\"]) after kept");
    let given = format!("edition 2026\nworkflow w {{ {} {} {} }}\n", step("one"), step("two"), step("three"));
    let opened = formatted(&given);
    assert!(opened.contains(&step("two").replace("two =", "two   =")), "{opened}");
    assert_eq!(formatted(&opened), opened);
}

#[test]
fn a_long_chain_gets_a_line_for_each_stage() {
    let given = "edition 2026\npipeline sealed(src: Source, to: Repo, keep: Retention) -> Verified = discover(src) |> snapshot() |> encrypt() |> store(to) |> verify(sample: 10%) |> retain(keep)\nworkflow w { step again = latest(marks, in: consortium) |> drill(into: lab, check: [sql(\"select count(*) > 0 from marks where a = 1\")]) within 2h }\n";
    let opened = formatted(given);
    let pipeline = "-> Verified =\n  discover(src)\n    |> snapshot()\n    |> encrypt()\n";
    assert!(opened.contains(pipeline), "{opened}");
    let step = "consortium)\n    |> drill(into: lab, check: [";
    assert!(opened.contains(step), "{opened}");
    assert_eq!(formatted(&opened), opened);
    let short = "edition 2026\nlet a = latest(marks, in: consortium) |> drill(into: lab)\n";
    assert_eq!(formatted(short), short);
}

#[test]
fn of_a_long_sum_all_calls_are_opened_that_must_be() {
    let call = "copy(from: near, to: far_away)";
    let given = format!("edition 2026\nlet a = {}\n", vec![call; 100].join(" + "));
    let opened = formatted(&given);
    assert!(opened.lines().all(|line| line.chars().count() <= LINE_WIDTH_COLUMNS), "{opened}");
    // The last ones have room beside each other.
    assert_eq!(opened.matches("copy(\n").count(), 97);
    assert_eq!(formatted(&opened), opened);
}
