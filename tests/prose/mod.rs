//! What the prose shows, runs: every policy in the specification, the diagnostics' pages, the standard library's
//! comments, the README and the examples' READMEs.
//!
//! A fenced block says what it is: `policy` compiles without an error, `policy error[E0301]` gives exactly that code; what may
//! stand behind a policy is said in `spec/language/README.md`. In a page of a diagnostic the policies below `## Wrong` give exactly
//! its code, those below `## Right` nothing.

mod articles;
mod block;
mod case;
mod console;
mod coverage;
mod design;
mod hold;
mod kept;
mod limits;

use std::fs;

use mainstay_diagnostics::CodeEntry;

use block::{Block, Info, blocks, blocks_of, files_below, shown};
use case::{Case, cases};
use hold::faults_of;

use crate::scene::workspace;

/// Says a line that stands in the output of every run.
fn say(line: &str) {
    let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("{line}\n").as_bytes());
}

/// Holds all cases, and says how many there were.
#[track_caller]
fn hold(what: &str, least: usize, all: &[Case]) {
    let faults: Vec<String> = all.iter().flat_map(faults_of).collect();
    say(&format!("{what}: {} policies", all.len()));
    assert!(faults.is_empty(), "{} of {}: {}", faults.len(), all.len(), faults.join("\n"));
    assert!(all.len() >= least, "only {} policies were found", all.len());
}

#[test]
fn the_policies_of_the_specification_and_the_readmes_are_as_they_say() {
    let mut files = files_below("spec", "md");
    files.extend(files_below("examples", "md"));
    files.push(workspace().join("README.md"));
    let all: Vec<Case> = files.iter().flat_map(|path| cases(&blocks_of(path))).collect();
    hold("specification and READMEs", 100, &all);
}

/// Follows the blocks of a page in order.
#[track_caller]
fn follow(path: &std::path::Path, mut page: console::Page) {
    let all = blocks_of(path);
    let faults: Vec<String> = all.iter().flat_map(|block| page.follow(block)).collect();
    let consoles = all.iter().filter(|block| block.info.kind == "console").count();
    say(&format!("{}: {consoles} consoles", shown(path)));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_tutorial_works_as_it_is_printed() {
    follow(&workspace().join("docs/tutorial.md"), console::Page::new());
}

#[test]
fn the_readmes_work_as_they_are_printed() {
    follow(&workspace().join("README.md"), console::Page::in_checkout());
    for path in files_below("examples", "md") {
        follow(&path, console::Page::in_checkout());
    }
}

/// What gives a code of a limit: an example would be longer than a page.
fn generated(code: &str) -> Option<String> {
    match code {
        "E0113" => Some(format!("edition 2026\npolicy big\n// {}\n", "x".repeat(16 << 20))),
        "E0215" => Some(expanding()),
        _ => None,
    }
}

/// Four loops over a list of sixty, each round with a step.
fn expanding() -> String {
    let names: Vec<String> = (0..60).map(|number| format!("s{number}")).collect();
    let mut text = "edition 2026\npolicy big\n".to_owned();
    for name in &names {
        text += &format!("source {name} = files {{ roots: [\"/srv/{name}\"] }}\n");
    }
    text += &format!("let all = [{}]\nworkflow w {{\n", names.join(", "));
    for variable in ["a", "b", "c", "d"] {
        text += &format!("  for {variable} in all {{\n");
    }
    text + "    step told = hook([\"true\"])\n  }\n  }\n  }\n  }\n}\n"
}

/// A policy that is made, and stands on no page.
fn generated_case(text: String) -> Case {
    let (place, info) = ("generated".to_owned(), Info::default());
    Case::of(Block { place, info, heading: String::new(), text })
}

/// What a code must have, and has not.
fn faults_of_code(entry: &CodeEntry) -> Vec<String> {
    let code = entry.code.as_str();
    let page = cases(&blocks(&format!("pages/{code}.md"), entry.page));
    let mut faults = Vec::new();
    let mut fixes = false;
    if !entry.page.starts_with(&format!("# {code}: {}\n", entry.title)) {
        faults.push(format!("{code} does not begin with its title"));
    }
    for heading in ["Wrong", "Right"] {
        let mut examples: Vec<Case> =
            page.iter().filter(|case| case.policy.heading == heading).cloned().collect();
        if heading == "Wrong" {
            examples.extend(generated(code).map(generated_case));
        }
        if examples.is_empty() {
            faults.push(format!("{code} has no policy below `## {heading}`"));
        }
        for case in &examples {
            let given = case.complaints(code);
            fixes |= given.iter().any(|one| !one.fixes.is_empty());
            let exact = !given.is_empty()
                && given.iter().all(|one| one.code == entry.code && one.severity == entry.severity);
            let right = if heading == "Wrong" { exact } else { given.is_empty() };
            if !right {
                let given: Vec<_> = given.iter().map(|one| (one.code.to_string(), &one.message)).collect();
                faults.push(format!("{} ({heading}) gives {given:?}", case.policy.place));
            }
        }
    }
    if fixes && !entry.has_fix {
        faults.push(format!("{code} has a fix, and the registry does not say so"));
    }
    faults
}

#[test]
fn each_code_has_an_example_that_gives_it_and_a_mended_one() {
    let all: Vec<&CodeEntry> = mainstay_diagnostics::codes::all().collect();
    assert!(all.len() > 90, "only {} codes are registered", all.len());
    let faults: Vec<String> = all.iter().flat_map(|entry| faults_of_code(entry)).collect();
    assert!(faults.is_empty(), "{} faults in {} codes: {faults:#?}", faults.len(), all.len());
}

#[test]
fn the_examples_in_the_standard_library_compile() {
    let mut all = Vec::new();
    for path in files_below("stdlib", "stay") {
        let text = fs::read_to_string(&path).unwrap();
        let comment = |line: &str| {
            line.trim_start()
                .strip_prefix("///")
                .map(|rest| rest.strip_prefix(' ').unwrap_or(rest).to_owned())
        };
        let comments: Vec<String> = text.lines().map(|line| comment(line).unwrap_or_default()).collect();
        all.extend(cases(&blocks(&shown(&path), &comments.join("\n"))));
    }
    hold("standard library", 6, &all);
}
