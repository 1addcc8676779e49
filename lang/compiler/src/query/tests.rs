use super::*;
use crate::tests::Files;

const POLICY: &str = "edition 2026
policy p
use std.pipelines.protect
use \"house.stay\" as house
secret key = file(\"/k\")
source home = files { roots: [\"/home\"] }
repo shelf = local { path: \"/b\", key: key }
objective gold { rpo: 26h, keep: gfs(daily: 3) }
/// Each night.
workflow nightly for gold {
  trigger: daily(at: 01:30, zone: house.zone)
  within: 1h
  step backup = discover(home) |> snapshot() |> encrypt() |> store(shelf) |> verify() |> retain(gold.keep)
  step looked = latest(home, in: shelf) |> verify() after backup
}
";

fn files(text: &str) -> Files {
    let house = "edition 2026\nparam zone: Zone = \"Europe/Berlin\"\nlet _hidden = 1\n";
    Files::default().with("mainstay.stay", text).with("house.stay", house)
}

fn asked(text: &str) -> Analysis {
    analyse(&files(text), "mainstay.stay", &Params::none(), None)
}

/// Asks at the `^` of the text, which is taken out.
fn at(marked: &str) -> Analysis {
    let offset = marked.find('^').unwrap();
    let text = marked.replacen('^', "", 1);
    let focus = Focus { file: "mainstay.stay", offset: offset as u32 };
    analyse(&files(&text), "mainstay.stay", &Params::none(), Some(focus))
}

fn text_at(analysis: &Analysis, span: Span) -> &str {
    analysis.map.text(span).unwrap_or_default()
}

fn meaning(analysis: &Analysis, needle: &str) -> String {
    let local = POLICY.find(needle).unwrap() as u32;
    let offset = analysis.offset("mainstay.stay", local).unwrap();
    let named = analysis.name_at(offset).unwrap();
    let declared = analysis.declaration(named.declared).unwrap();
    format!("{} {}", declared.kind, declared.name)
}

#[test]
fn every_name_leads_to_its_declaration() {
    let analysis = asked(POLICY);
    assert_eq!(meaning(&analysis, "protect"), "pipeline protect");
    assert_eq!(meaning(&analysis, "gold {\n"), "objective gold");
    assert_eq!(meaning(&analysis, "zone: house"), "parameter zone");
    assert_eq!(meaning(&analysis, "house.zone"), "file house");
    assert_eq!(meaning(&analysis, "zone)\n"), "param zone");
    assert_eq!(meaning(&analysis, "home) |>"), "source home");
    assert_eq!(meaning(&analysis, "snapshot()"), "stage snapshot");
    assert_eq!(meaning(&analysis, "keep)\n"), "field keep");
    assert_eq!(meaning(&analysis, "roots"), "field roots");
    assert_eq!(meaning(&analysis, "backup\n"), "step backup");
    assert_eq!(meaning(&analysis, "files {"), "constructor files");
}

#[test]
fn all_places_of_a_name_are_found() {
    let analysis = asked(POLICY);
    let offset = analysis.offset("mainstay.stay", POLICY.find("home =").unwrap() as u32).unwrap();
    let declared = analysis.name_at(offset).unwrap().declared;
    let places = analysis.places_of(declared);
    assert_eq!(places.len(), 3);
    assert!(places.iter().all(|span| text_at(&analysis, *span) == "home"));
}

#[test]
fn data_changes_its_state_along_a_chain() {
    let analysis = asked(POLICY);
    let stages: Vec<String> = analysis.stages().map(|(_, ty)| ty).collect();
    let first = ["Live", "Frozen", "Sealed", "Stored", "Verified", "Verified"];
    assert_eq!(stages, [&first[..], &["Stored", "Verified"]].concat());
}

fn names(analysis: &Analysis) -> Vec<&str> {
    let wanted = analysis.wanted().map(|wanted| wanted.candidates.as_slice()).unwrap_or_default();
    wanted.iter().map(|one| one.name.as_str()).collect()
}

#[test]
fn only_what_fits_is_offered() {
    let stored = at(&POLICY.replace("store(shelf)", "store(x^)"));
    assert_eq!(names(&stored), ["shelf", "house"]);
    let objective = at(&POLICY.replace("for gold", "for x^"));
    assert_eq!(names(&objective), ["gold", "house"]);
    let flow = at(&POLICY.replace("|> encrypt()", "|> x^()"));
    assert!(names(&flow).contains(&"compress") && names(&flow).contains(&"encrypt"), "{:?}", names(&flow));
    assert!(!names(&flow).contains(&"store"));
    let trigger = at(&POLICY.replace("daily(at: 01:30, zone: house.zone)", "x^"));
    assert!(names(&trigger).contains(&"every") && !names(&trigger).contains(&"local"));
    let module = at(&POLICY.replace("house.zone", "house.x^"));
    assert_eq!(names(&module), ["zone"]);
    let field = at(&POLICY.replace("gold.keep", "gold.x^"));
    assert!(names(&field).contains(&"keep"));
    let step = at(&POLICY.replace("after backup", "after x^"));
    assert_eq!(names(&step), ["backup"]);
}

#[test]
fn keys_are_those_of_the_constructor_at_hand() {
    let keys = at(&POLICY.replace("roots: [\"/home\"]", "roots: [\"/home\"] ^")).keys().unwrap().clone();
    assert_eq!(keys.owner, "constructor `files`");
    assert!(keys.keys.iter().any(|key| key.name == "exclude" && !key.given));
    assert!(keys.keys.iter().any(|key| key.name == "roots" && key.given && key.required));
    let labels = at(&POLICY.replace("at: 01:30, ", "at: 01:30, ^")).keys().unwrap().clone();
    assert_eq!(labels.owner, "constructor `daily`");
    let workflow = at(&POLICY.replace("within: 1h", "^within: 1h"));
    assert_eq!(workflow.keys().unwrap().owner, "workflow");
}

#[test]
fn a_place_knows_what_stands_around_it() {
    let analysis = asked(POLICY);
    let around = |needle: &str| {
        analysis.around(analysis.offset("mainstay.stay", POLICY.find(needle).unwrap() as u32).unwrap())
    };
    assert_eq!(around("within: 1h"), Around::Workflow);
    assert_eq!(around("roots"), Around::Declaration);
    assert_eq!(around("secret"), Around::File);
}
