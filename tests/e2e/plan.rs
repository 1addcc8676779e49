//! What a plan says of what is there already.

use crate::scene::Scene;

const POLICY: &str = r#"edition 2026
policy plans
use std.pipelines.{protect, copy}
secret key = file("DIR/home.key")
source home = files { roots: ["DIR/home"] }
repo shelf = local { path: "DIR/shelf", key: key }
repo attic = local { path: "DIR/attic", key: key }
workflow nightly {
  trigger: daily(at: 01:30, zone: "UTC")
  step backup = protect(home, to: shelf, keep: gfs(daily: 14))
  step away = copy(backup, to: attic, keep: gfs(daily: 14))
}
"#;

#[test]
fn a_plan_says_what_is_there_and_what_is_to_be_made() {
    let scene = Scene::new(POLICY);
    scene.write("home/letter", "dear all");
    let before = scene.run(&["plan"]).expect(0);
    assert!(before.out.contains("to be made: backup, away"), "{}", before.all());
    scene.run(&["run", "--create"]).expect(0);
    let after = scene.run(&["plan"]).expect(0);
    for said in [
        "store home to shelf (is there: ",
        "(nothing to forget)",
        "nothing new: what its steps make is there",
    ] {
        assert!(after.out.contains(said), "{said}: {}", after.all());
    }
    assert!(!after.out.contains("(adds)"), "{}", after.all());
    let document: serde_json::Value =
        serde_json::from_str(&scene.run(&["plan", "--json"]).expect(0).out).unwrap();
    let steps = document["workflows"][0]["steps"].as_array().unwrap();
    assert!(steps.iter().all(|step| step["artefact"] == "there"), "{document}");
    assert_eq!(steps[1]["acts"][0]["artefact"]["state"], "there", "{document}");
    assert!(document["workflows"][0]["slot"].is_string(), "{document}");
}
