//! `compile` gives the same bytes on every machine.
//!
//! The samples of the language are compiled a hundred times: with their params in another order, in another zone and
//! language, from a folder and files of other names. The bytes stay the same.

use std::fs;
use std::path::Path;

use crate::scene::{Scene, ran};

/// What a machine may have set: zone and language, right and wrong ones.
const MACHINES: [(&str, &str); 5] = [
    ("UTC", "C"),
    ("Europe/Berlin", "de_DE.UTF-8"),
    ("Asia/Kathmandu", "ne_NP"),
    (":/nowhere", "C.UTF-8"),
    ("America/St_Johns", "tr_TR.UTF-8"),
];

/// In turn, so that a hundred runs see each machine with each order.
const RUNS: usize = 100;

/// The samples of the language, where they stand: the root file, what it uses, and its params.
const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/suite/samples");

fn sample(name: &str) -> String {
    fs::read_to_string(Path::new(SAMPLES).join(name)).unwrap()
}

/// A folder with the large sample: `root` is its file, `shared` the folder of what it uses.
fn scene(root: &str, shared: &str) -> Scene {
    let scene = Scene::new("");
    scene.write(root, &sample("policies/billing.stay").replace("../shared/house.stay", shared));
    let folder = Path::new(root).parent().unwrap().to_string_lossy().into_owned();
    scene.write(&format!("{folder}/{shared}"), &sample("shared/house.stay"));
    scene
}

fn compiled(scene: &Scene, root: &str, run: usize) -> String {
    let params = [["--set", "env=staging"], ["--set", "zone=Asia/Tokyo"]];
    let (first, second) = if run.is_multiple_of(2) { (0, 1) } else { (1, 0) };
    let mut arguments = vec!["compile", "-p", root];
    arguments.extend(params[first]);
    arguments.extend(params[second]);
    let (zone, language) = MACHINES[run % MACHINES.len()];
    let mut command = scene.command(&arguments);
    command.env("TZ", zone).env("LANG", language).env("LC_ALL", language).env("TZDIR", "/nowhere");
    ran(&mut command).expect(0).out
}

#[test]
fn the_same_policy_gives_the_same_bytes_everywhere() {
    let here = scene("billing/mainstay.stay", "../shared/house.stay");
    let there = scene("other/policies/root.stay", "houses/ours.stay");
    let first = compiled(&here, "billing/mainstay.stay", 0);
    assert!(first.contains("\"policy\": \"billing\"") && first.contains("Asia/Tokyo"), "{first}");
    for run in 1..RUNS {
        let again = match run % 3 {
            0 => compiled(&there, "other/policies/root.stay", run),
            _ => compiled(&here, "billing/mainstay.stay", run),
        };
        assert!(first == again, "run {run} gave other bytes");
    }
}
