//! The text that the language began as: its samples stand in `suite/samples`, and where it lies beside this checkout (or where
//! `MAINSTAY_DESIGN` says), every block of it is held to the compiler.

use std::fs;
use std::path::PathBuf;

use super::block::{Block, Info, blocks, shown};
use super::case::Case;
use super::hold::faults_of;
use crate::scene::{skipped, workspace};

/// The text, where it is.
fn text() -> Option<String> {
    let beside = || workspace().join("../shared/design");
    let folder = std::env::var_os("MAINSTAY_DESIGN").map_or_else(beside, PathBuf::from);
    fs::read_to_string(folder.join("language.md")).ok()
}

/// A policy with the files that it uses.
fn case(place: &str, text: &str, files: &[(&str, &str)]) -> Case {
    let info = Info { kind: "policy".to_owned(), ..Info::default() };
    let policy = Block { place: place.to_owned(), info, heading: String::new(), text: text.to_owned() };
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    Case { files, ..Case::of(policy) }
}

/// What waits for an engine in these policies: compiled, and carried out later.
fn waiting(cases: &[Case]) -> String {
    let all = cases.iter().filter_map(|case| case.compiled().ir).flat_map(|ir| ir.waiting);
    let mut constructs: Vec<String> = all.map(|waiting| waiting.construct).collect();
    constructs.sort();
    constructs.dedup();
    if constructs.is_empty() {
        "nothing waits".to_owned()
    } else {
        format!("waiting: {}", constructs.join(", "))
    }
}

#[test]
fn the_samples_are_clean() {
    let read = |name: &str| fs::read_to_string(workspace().join("tests/suite/samples").join(name)).unwrap();
    let house = read("shared/house.stay");
    let cases = [
        case("laptop", &read("laptop.stay"), &[]),
        case("billing", &read("policies/billing.stay"), &[("../shared/house.stay", &house)]),
    ];
    let faults: Vec<String> = cases.iter().flat_map(faults_of).collect();
    super::say(&format!("samples: {} policies, {}", cases.len(), waiting(&cases)));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The signatures of stages, as they stand in the prelude but for what was added to them.
fn unknown_stages(block: &str, prelude: &str) -> Vec<String> {
    let signature = |line: &str| {
        let line = line.split("//").next()?.trim().to_owned();
        let (head, result) = line.rsplit_once(')')?;
        Some((head.to_owned(), result.trim().to_owned()))
    };
    let known: Vec<(String, String)> = prelude.lines().filter_map(signature).collect();
    let stands = |(head, result): &(String, String)| {
        known.iter().any(|(known, gives)| known.starts_with(head.as_str()) && gives == result)
    };
    let wanted = block.lines().filter(|line| line.starts_with("stage "));
    wanted.filter(|line| !signature(line).is_some_and(|one| stands(&one))).map(str::to_owned).collect()
}

#[test]
fn every_block_of_the_design_holds() {
    let Some(text) = text() else { return skipped("the design does not lie beside this checkout") };
    let all = blocks("language.md", &text);
    let with = |words: &str| all.iter().find(|block| block.text.contains(words)).unwrap();
    let house = with("// shared/house.stay").text.clone();
    let laptop = case("laptop", &with("policy laptop").text, &[]);
    let billing = case("billing", &with("policy billing").text, &[("../shared/house.stay", &house)]);
    let dba = "edition 2026\nchannel dba = ntfy { topic: \"dba\", members: [\"ana\"] }\n";
    let machine = format!("use \"house.stay\" as house\n{}", with("machine cutover").text);
    let machine = case("machine", &machine, &[("house.stay", dba)]);
    let cases = [laptop, billing, machine];
    let mut faults: Vec<String> = cases.iter().flat_map(faults_of).collect();
    let prelude = fs::read_to_string(workspace().join("stdlib/prelude.stay")).unwrap();
    let unknown = unknown_stages(&with("stage discover").text, &prelude);
    faults.extend(unknown.iter().map(|line| format!("the prelude has no `{line}`")));
    let order = with("Live -> Frozen").text.trim().to_owned();
    let pipelines = workspace().join("spec/language/pipelines.md");
    let stated = fs::read_to_string(&pipelines).unwrap().contains(&order);
    faults.extend((!stated).then(|| format!("{} does not say `{order}`", shown(&pipelines))));
    super::say(&format!("design: {} blocks, {} policies, {}", all.len(), cases.len(), waiting(&cases)));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(all.len(), cases.len() + 3, "a block that no test knows");
}
