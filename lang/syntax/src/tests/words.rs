//! Mistakes that people make, what is said of each, and that its fix mends it.

use super::parsed;

/// A policy that is right, as far as the grammar sees.
const RIGHT: &str = "\
edition 2026
policy laptop
use \"house.stay\" as house
param env: \"a\" | \"b\" = \"a\"
secret key = file(\"/key\")
pool disk { slots: 2, rate: 1MB/s }
objective gold {
  rpo: 1h
  lock: 30d
}
pipeline p(src: Source, to: Repo) -> Stored =
  discover(src) |> store(to, retry: 5min)
workflow w for gold {
  trigger: daily(at: 01:30, zone: \"UTC\")
  parallel(limit: 1) {
    step a = p(home, to: shelf) after x within 2h
  }
  for s in [orders, invoices] {
    step b = p(s, to: shelf)
  }
  on failure { notify(house.ops) }
}
moved old => new
test \"t\" {
  expect a == b and not c
}
";

/// What is written instead of what, the code, and whether the first fix gives back what was right.
const MISTAKES: &[(&str, &str, &str, bool)] = &[
    ("key = file", "key : file", "E0103", true),
    ("slots: 2", "slots = 2", "E0103", true),
    ("slots: 2", "slots := 2", "E0103", true),
    ("|> store", "-> store", "E0103", true),
    ("|> store", "| store", "E0103", true),
    ("a == b", "a = b", "E0103", true),
    ("and not c", "&& not c", "E0103", true),
    ("not c", "!c", "E0103", true),
    ("-> Stored", "=> Stored", "E0103", true),
    ("old => new", "old -> new", "E0103", true),
    ("\"/key\"", "'/key'", "E0108", true),
    ("\"/key\"", "`/key`", "E0108", true),
    ("\"/key\"", "\u{201c}/key\u{201d}", "E0108", true),
    ("\"/key\"", "\u{201e}/key\u{201c}", "E0108", true),
    ("\"/key\"", "\u{2018}/key\u{2019}", "E0108", true),
    ("\"/key\"", "\u{201c}/key\"", "E0108", true),
    ("\"/key\"", "\"/key", "E0108", true),
    ("\"/key\"", "\"/key\\q\"", "E0108", false),
    ("\"/key\"", "\"/key${1}\"", "E0108", false),
    ("rpo: 1h", "# why\n  rpo: 1h", "E0109", false),
    ("(home, to: shelf)", "(Home, to: shelf)", "E0101", true),
    ("rpo: 1h", "/* why */ rpo: 1h", "E0109", false),
    ("rpo: 1h", "rpo: 1h;", "E0110", true),
    ("rpo: 1h", "rpo: 1h @", "E0110", false),
    ("edition 2026", "```stay\nedition 2026", "E0110", false),
    ("rpo: 1h", "rpo: 1hour", "E0107", true),
    ("30d", "1m", "E0107", false),
    ("rate: 1MB/s", "rate: 10G", "E0107", false),
    ("1MB/s", "1mbps", "E0107", false),
    ("rpo: 1h", "rpo: 1 h", "E0107", true),
    ("rpo: 1h", "rpo: 1h 30min", "E0107", false),
    ("within 2h", "within 1h 30min", "E0107", false),
    ("slots: 2, rate", "slots: 2,5, rate", "E0107", false),
    ("01:30", "1:30", "E0107", true),
    ("[orders, invoices]", "[orders invoices]", "E0106", true),
    ("(home, to: shelf)", "(home to: shelf)", "E0106", true),
    ("(home, to: shelf)", "(home,, to: shelf)", "E0106", true),
    ("[orders, invoices]", "[, orders, invoices]", "E0106", false),
    ("pool disk", "pool my-disk", "E0105", false),
    ("pool disk", "pool Disk", "E0105", true),
    ("pool disk", "pool \"disk\"", "E0105", true),
    ("pool disk", "pool repo", "E0105", false),
    ("pool disk {", "pool {", "E0104", false),
    ("pool disk {", "pool disk = {", "E0101", false),
    ("key = file", "key file", "E0104", true),
    ("rpo: 1h", "rpo 1h", "E0104", true),
    ("rpo: 1h", "rpo:", "E0104", false),
    ("-> Stored =", "=", "E0104", false),
    ("as house", "house", "E0104", true),
    ("s in [", "s [", "E0104", true),
    ("s in [", "s of [", "E0103", true),
    ("(home, to: shelf)", "(home, to: shelf", "E0102", true),
    ("[orders, invoices]", "orders, invoices]", "E0102", true),
    ("rate: 1MB/s }", "rate: 1MB/s", "E0102", false),
    ("gold {\n  rpo", "gold\n  rpo", "E0102", true),
    ("parallel(limit: 1) {", "parallel(limit: 1)", "E0102", true),
    ("to: shelf)\n  }\n  on", "to: shelf)\n  on", "E0102", false),
    ("edition 2026\n", "", "E0111", true),
    ("edition 2026", "edition 2025", "E0111", true),
    ("after x within 2h", "within 2h after x", "E0114", false),
    ("within 2h", "within: 2h", "E0101", true),
    ("after x", "after x after y", "E0114", false),
    ("  trigger: daily", "  : daily", "E0101", false),
    ("trigger: daily(at: 01:30, zone: \"UTC\")", ": daily(at: 01:30)\n  within: 1h", "E0101", false),
    ("  rpo: 1h", "  ..base\n  copies: 1\n  ..other", "E0114", false),
    ("lock: 30d", "lock:\n  - orders\n  - invoices", "E0115", false),
    ("on failure", "pool x { } on failure", "E0116", false),
    ("step a", "stpe a", "E0117", true),
    ("parallel(limit: 1) {", "parallel(limit: 1): {", "E0101", true),
    ("parallel(limit: 1) {", "parallel: {", "E0101", false),
    ("orders, invoices] {", "orders, invoices]: {", "E0101", true),
    ("on failure {", "on failure: {", "E0101", true),
    ("on failure {", "finally: {", "E0101", false),
    ("parallel(limit: 1) {", "paralel(limit: 1) {", "E0117", true),
    ("parallel(limit: 1) {", "paral {", "E0117", false),
    ("workflow w for", "worklow w for", "E0117", true),
    ("objective gold {", "objectiv gold {", "E0117", true),
    ("moved old", "and moved old", "E0101", false),
    ("slots: 2, rate", "slots: 2 3, rate", "E0101", false),
    ("[orders, invoices]", "[a: orders, invoices]", "E0101", false),
];

#[test]
fn the_right_one_is_right() {
    assert_eq!(parsed(RIGHT).diagnostics, []);
}

/// What is wrong with how a mistake is told.
fn faults(right: &str, wrong: &str, code: &str, mends: bool) -> Vec<String> {
    let text = RIGHT.replacen(right, wrong, 1);
    let found = parsed(&text).diagnostics;
    let codes: Vec<&str> = found.iter().map(|it| it.code.as_str()).collect();
    if codes != [code] {
        let said: Vec<&str> = found.iter().map(|it| it.message.as_str()).collect();
        return vec![format!("`{wrong}`: {codes:?}, not {code}: {said:?}")];
    }
    let mut faults = Vec::new();
    let mut mended: Vec<String> = Vec::new();
    for fix in &found[0].fixes {
        let mut text = text.clone();
        for edit in fix.edits.iter().rev() {
            text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.replacement);
        }
        let left = parsed(&text).diagnostics;
        if !left.is_empty() {
            faults.push(format!("`{wrong}`: `{}` leaves {left:?}", fix.title));
        }
        mended.push(text.split_whitespace().collect());
    }
    let wanted: String = RIGHT.split_whitespace().collect();
    if mends && !mended.contains(&wanted) {
        faults.push(format!("`{wrong}`: no fix gives back `{right}`: {mended:#?}"));
    }
    faults
}

#[test]
fn each_mistake_is_said_once_and_its_fix_mends_it() {
    assert!(MISTAKES.iter().all(|(right, ..)| RIGHT.contains(right)));
    let faults: Vec<String> =
        MISTAKES.iter().flat_map(|(right, wrong, code, mends)| faults(right, wrong, code, *mends)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn all_mistakes_are_said_in_one_run() {
    let wrong = RIGHT
        .replace("slots: 2", "slots = 2")
        .replace("30d", "1m")
        .replace("|> store", "-> store")
        .replace("old =>", "old ->");
    let found = parsed(&wrong).diagnostics;
    let codes: Vec<&str> = found.iter().map(|it| it.code.as_str()).collect();
    assert_eq!(codes, ["E0103", "E0107", "E0103", "E0103"], "{found:#?}");
}
