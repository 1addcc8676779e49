//! Every rule of the language has an example that runs, and every example shows a rule.

use std::collections::{BTreeMap, BTreeSet};

use mainstay_diagnostics::Severity;

use super::block::{Block, blocks_of, files_below, is_rule, shown};
use super::case::MORE;

/// The rules of the language: all that stands below the first, and what a comparison of policies means.
const LANGUAGE: [&str; 2] = ["spec/language/", "spec/diff.md"];

/// The rules that a text states, with their places: list items that begin with an id in bold brackets.
fn rules(place: &str, text: &str) -> Vec<(String, String)> {
    let lines = text.lines().enumerate();
    let stated = lines.filter_map(|(number, line)| {
        let (id, _) = line.strip_prefix("- **[")?.split_once("]**")?;
        Some((id.to_owned(), format!("{place}:{}", number + 1)))
    });
    stated.collect()
}

/// What is counted of a text, or of many.
#[derive(Default)]
struct Coverage {
    rules: BTreeMap<String, String>,
    faults: Vec<String>,
    shown: BTreeSet<String>,
    pages: BTreeSet<String>,
    examples: usize,
}

impl Coverage {
    /// Counts the rules of a text; those of the language must be shown.
    fn state(&mut self, place: &str, text: &str) {
        for (id, place) in rules(place, text) {
            if !is_rule(&id) {
                self.faults.push(format!("{place}: `{id}` is no id of a rule"));
            }
            if let Some(other) = self.rules.insert(id.clone(), place.clone()) {
                self.faults.push(format!("{place}: `{id}` stands at {other} too"));
            }
        }
    }

    /// Counts the examples among the blocks of a text of the language.
    fn show(&mut self, blocks: &[Block]) {
        for block in blocks {
            let is_file = block.info.said("file").next().is_some();
            let kind = block.info.kind.as_str();
            let is_example = ["policy", "limits"].contains(&kind) || MORE.contains(&kind);
            let place = &block.place;
            self.faults.extend(block.info.odd.iter().map(|word| format!("{place}: `{word}` means nothing")));
            if is_example && !is_file {
                self.examples += 1;
                let names = !block.info.rules.is_empty();
                self.faults.extend((!names).then(|| format!("{place}: it names no rule")));
            }
            if kind == "pages" {
                self.show_pages(block);
            }
            let unknown = block.info.rules.iter().filter(|id| !self.rules.contains_key(*id));
            self.faults.extend(unknown.map(|id| format!("{place}: there is no rule `{id}`")));
            self.shown.extend(block.info.rules.iter().cloned());
        }
    }

    /// Counts the pages of diagnostics that show rules: a line has a code and a rule.
    fn show_pages(&mut self, block: &Block) {
        for line in block.text.lines() {
            let (code, rule) = line.split_once(' ').unwrap_or((line, ""));
            let is_known = mainstay_diagnostics::codes::all().any(|entry| entry.code.as_str() == code);
            let place = &block.place;
            self.faults.extend((!is_known).then(|| format!("{place}: there is no code `{code}`")));
            let is_stated = self.rules.contains_key(rule);
            self.faults.extend((!is_stated).then(|| format!("{place}: there is no rule `{rule}`")));
            let is_first = self.pages.insert(code.to_owned());
            self.faults.extend((!is_first).then(|| format!("{place}: `{code}` stands twice")));
            self.shown.insert(rule.to_owned());
            self.examples += 1;
        }
    }

    /// The rules of the language that no example shows, and how many there are at all.
    fn finish(mut self) -> (usize, Vec<String>) {
        let of_language = |place: &str| LANGUAGE.iter().any(|begin| place.starts_with(begin));
        let stated: Vec<_> = self.rules.iter().filter(|(_, place)| of_language(place)).collect();
        let bare = stated.iter().filter(|(id, _)| !self.shown.contains(*id));
        self.faults.extend(bare.map(|(id, place)| format!("{place}: no example shows `{id}`")));
        (stated.len(), self.faults)
    }
}

#[test]
fn every_rule_has_an_example_and_every_example_a_rule() {
    let mut coverage = Coverage::default();
    let files = files_below("spec", "md");
    for path in &files {
        coverage.state(&shown(path), &std::fs::read_to_string(path).unwrap());
    }
    for path in &files {
        if LANGUAGE.iter().any(|begin| shown(path).starts_with(begin)) {
            coverage.show(&blocks_of(path));
        }
    }
    let warnings = mainstay_diagnostics::codes::all().filter(|entry| entry.severity != Severity::Error);
    let unruled = warnings.filter(|entry| !coverage.pages.contains(entry.code.as_str()));
    let unruled: Vec<String> = unruled.map(|entry| format!("no rule names {}", entry.code)).collect();
    coverage.faults.extend(unruled);
    let (examples, with) = (coverage.examples, coverage.shown.len());
    let (all, faults) = coverage.finish();
    super::say(&format!("{all} rules, {with} with examples, {examples} examples"));
    assert!(faults.is_empty(), "{} faults: {faults:#?}", faults.len());
    assert!(all > 190, "only {all} rules");
}

/// What the gate is for, planted: each of these is told.
#[test]
fn the_gate_fails_at_what_it_is_for() {
    let faults = |text: &str| {
        let mut coverage = Coverage::default();
        coverage.state("spec/language/x.md", text);
        coverage.show(&super::block::blocks("spec/language/x.md", text));
        coverage.finish().1.join("\n")
    };
    let stated = "- **[a.one]** This.\n";
    let example = "```policy a.one\npool disk { slots: 2 }\n```\n";
    assert_eq!(faults(&format!("{stated}{example}")), "");
    assert!(faults(stated).contains("no example shows `a.one`"));
    assert!(faults(&format!("{stated}{stated}{example}")).contains("`a.one` stands at"));
    assert!(faults(&format!("{stated}{}", example.replace(" a.one", ""))).contains("it names no rule"));
    assert!(
        faults(&format!("{stated}{}", example.replace("a.one", "a.one a.two"))).contains("no rule `a.two`")
    );
    assert!(
        faults(&format!("{stated}{}", example.replace("a.one", "a.one maybe")))
            .contains("`maybe` means nothing")
    );
    assert!(faults("- **[One]** This.\n").contains("is no id of a rule"));
}
