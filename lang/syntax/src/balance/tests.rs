use proptest::prelude::*;

use super::*;
use crate::lex;

/// The text with every bracket that was put in, as `+(`, and every one that was passed over, as `-)`.
fn mended(text: &str) -> String {
    let balanced = balance(text, lex::tokens(text));
    assert!(balanced.too_deep.is_none());
    let written = |token: &Token| match token.kind {
        Kind::MissingOpen(bracket) => format!("+{}", bracket.open()),
        Kind::MissingClose(bracket) => format!("+{}", bracket.close()),
        Kind::StrayClose(bracket) => format!("-{}", bracket.close()),
        _ => text[token.range()].to_owned(),
    };
    balanced.tokens.iter().map(written).collect()
}

const WHOLE: &str = "\
workflow w for gold {
  trigger: daily(at: 01:30, zone: \"UTC\")
  bracket(acquire: hook([\"./a\"], within: 30s),
          release: hook([\"./b\"], within: 30s), until: snapshots) {
    parallel(limit: 1) {
      step db   = protect(orders, to: onsite, keep: gfs(daily: 7))
      step docs = latest(invoices, in: onsite) |> drill(into: lab) within 2h
    }
  }
  for x in [a, b] {
    step c = hook([\"./c\", \"d\"], with: [env(\"E\", s)]) undo hook([\"./e\"])
  }
  on failure { notify(ops) }
}
repo shelf = local {
  path: \"/backup\"
  place: { site: \"a\", medium: tape }
}
pool disk { slots: 2 }
";

#[test]
fn what_matches_is_left_alone() {
    assert_eq!(mended(WHOLE), WHOLE);
}

/// Each bracket of a policy taken out: it comes back at its place, or, where two places are as good, at the other.
#[test]
fn a_bracket_that_was_taken_out_comes_back() {
    let brackets: Vec<usize> =
        WHOLE.match_indices(['(', ')', '[', ']', '{', '}']).map(|(at, _)| at).collect();
    let mut lost = Vec::new();
    for at in &brackets {
        let (head, bracket, tail) = (&WHOLE[..*at], &WHOLE[*at..at + 1], &WHOLE[at + 1..]);
        let found = mended(&format!("{head} {tail}"));
        let compact = |text: &str| text.split_whitespace().collect::<String>();
        if compact(&found) != compact(&format!("{head}+{bracket}{tail}")) {
            let line = head.matches('\n').count() + 1;
            lost.push(format!(
                "{line}: `{bracket}` of `{}`",
                WHOLE.lines().nth(line - 1).unwrap_or_default().trim()
            ));
        }
    }
    assert!(lost.len() * 5 <= brackets.len(), "{} of {}: {lost:#?}", lost.len(), brackets.len());
}

#[test]
fn other_declarations_are_not_touched() {
    let text = "pool a { slots: 1\npool b { slots: 2 }\nlet c = f(1\nlet d = [1, 2]\n";
    assert_eq!(mended(text), "pool a { slots: 1+}\npool b { slots: 2 }\nlet c = f(1+)\nlet d = [1, 2]\n");
}

#[test]
fn a_bracket_too_many_is_passed_over() {
    assert_eq!(mended("let a = 1)\n"), "let a = 1-)\n");
    assert_eq!(mended("pool a { slots: 1 }\n}\n"), "pool a { slots: 1 }\n-}\n");
}

#[test]
fn what_is_called_and_its_first_argument_may_have_run_together() {
    assert_eq!(mended("let a = latestsrc, in: b) |> c()\n"), "let a = latestsrc+(, in: b) |> c()\n");
    let whole = "workflow w {\n  alive: a\n  bracketacquire: b(1),\n          until: c) {\n  }\n}\n";
    assert_eq!(mended(whole), whole.replace("bracketacquire", "bracketacquire+("));
    assert_eq!(
        mended("test \"t\" {\n  given tooka.b, 6min)\n}\n"),
        "test \"t\" {\n  given tooka+(.b, 6min)\n}\n"
    );
}

#[test]
fn a_line_below_the_first_argument_belongs_beside_it() {
    let text = "workflow w {\n  bracket(acquire: a([1],\n          release: b([1]), until: c) {\n  }\n}\n";
    assert_eq!(mended(text), text.replace("a([1]", "a([1]+)"));
    let text = "workflow w {\n  bracket(acquire: a([1]), release: b([1], until: c) {\n  }\n}\n";
    assert_eq!(mended(text), text.replace("b([1]", "b([1]+)"));
}

/// Whether each bracket has its other half, those that were put in among them.
fn is_paired(tokens: &[Token]) -> bool {
    let mut open = Vec::new();
    let goes_on = tokens.iter().all(|token| match half(token.kind) {
        Some(Half::Opens(bracket)) => {
            open.push(bracket);
            true
        }
        Some(Half::Closes(bracket)) => open.pop() == Some(bracket),
        None => true,
    });
    goes_on && open.is_empty()
}

#[test]
fn what_is_put_in_for_one_bracket_never_stands_across_another() {
    let blocks: String = (0..24).map(|depth| format!("{:1$}parallel {{\n", "", 20 + 2 * depth)).collect();
    let text = format!("{blocks}{:60}{{\n{:58}}}\n{:36}]{:20}}}\n{:54}}}\n", "", "", "", "", "");
    assert!(is_paired(&balance(&text, lex::tokens(&text)).tokens));
}

proptest! {
    #[test]
    fn brackets_of_any_layout_are_paired(lines in proptest::collection::vec((0..12_usize, 0..LINES.len()), 0..40)) {
        let text: String = lines.iter().map(|(indent, line)| format!("{:1$}{2}\n", "", 2 * indent, LINES[*line])).collect();
        let balanced = balance(&text, lex::tokens(&text));
        prop_assert!(balanced.gave_up || is_paired(&balanced.tokens), "{text}");
    }
}

const LINES: [&str; 12] = [
    "parallel {",
    "{",
    "}",
    "]",
    "]    }",
    "{ {",
    "f(a, b",
    "x: [a,",
    ")",
    "a, b)",
    "within: 2h",
    "step s = a(b, [c) |> d(",
];
