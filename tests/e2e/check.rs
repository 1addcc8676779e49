//! `check` from outside: what it prints for machines, what it mends, and what it lets be.

use serde_json::Value;

use crate::scene::Scene;

/// Nine mistakes with one evident reading each, two of which show only when the others are gone.
const EVIDENT: &str = r#"policy office
use std.pipelines.{protect, copy}

secret key    = file("/etc/mainstay/office.key")
source papers = files { roots: ["/srv/papers"], exlude: ["*.tmp"] }
repo   shelf  = local { path: "/backup", key: key };   // spaced as I like it

allow W1201 "nothing"
workflow nightly {
  trigger: daily(at: 01:30, zone: 'Europe/Berlin')
  step kept  = protect(papers to: shelf, keep: gfs(daily: 14))
  step look  = hook("/usr/local/bin/look")
  step tell  = hook(["/usr/local/bin/tell"]) after [kept, look]
}
"#;

const MENDED: &str = r#"edition 2026
policy office
use std.pipelines.protect

secret key    = file("/etc/mainstay/office.key")
source papers = files { roots: ["/srv/papers"], exclude: ["*.tmp"] }
repo   shelf  = local { path: "/backup", key: key }   // spaced as I like it

workflow nightly {
  trigger: daily(at: 01:30, zone: "Europe/Berlin")
  step kept  = protect(papers, to: shelf, keep: gfs(daily: 14))
  step look  = hook(["/usr/local/bin/look"])
  step tell  = hook(["/usr/local/bin/tell"]) after look
}
"#;

#[test]
fn what_has_one_reading_is_mended_and_nothing_else_is_touched() {
    let scene = Scene::new(EVIDENT);
    let shown = scene.run(&["check", "--fix", "--diff"]).expect(4);
    assert!(
        shown.out.contains("-policy office\n") || shown.out.contains("+edition 2026\n"),
        "{}",
        shown.all()
    );
    assert_eq!(std::fs::read_to_string(scene.path("mainstay.stay")).unwrap(), EVIDENT, "only shown");
    let fixed = scene.run(&["check", "--fix"]).expect(0);
    assert_eq!(std::fs::read_to_string(scene.path("mainstay.stay")).unwrap(), MENDED);
    assert_eq!(fixed.err.matches("fixed: mainstay.stay:").count(), 9, "{}", fixed.all());
    let again = scene.run(&["check", "--fix"]).expect(0);
    assert!(again.err.contains("nothing can be fixed"), "{}", again.all());
    let human = Scene::new(EVIDENT).run(&["check"]).expect(4);
    assert!(human.err.contains("1 file, ") && human.err.contains("6 errors, 6 fixable"), "{}", human.all());
}

#[test]
fn a_fix_that_is_taken_back_is_not_counted() {
    let scene = Scene::new("edition \"2026\"\npolicy shop\n");
    let shown = scene.run(&["check"]).expect(4);
    assert!(!shown.all().contains("fixable") && !shown.all().contains("check --fix"), "{}", shown.all());
    assert!(scene.run(&["check", "--fix"]).expect(4).err.contains("nothing can be fixed"));
}

/// Two readings, so nobody may choose.
#[test]
fn what_has_two_readings_is_left() {
    let policy = MENDED.replace("gfs(daily: 14)", "gfs(daily: 14, within: 1m)");
    let scene = Scene::new(&policy);
    scene.run(&["check", "--fix"]).expect(4);
    assert_eq!(std::fs::read_to_string(scene.path("mainstay.stay")).unwrap(), policy);
}

#[test]
fn what_a_baseline_knows_is_let_be_until_it_changes() {
    let risky = MENDED.replace("01:30", "02:30");
    let scene = Scene::new(&risky);
    scene.run(&["check", "--deny", "warnings"]).expect(4);
    scene.run(&["check", "--baseline", "known.json"]).expect(2);
    scene.run(&["check", "--baseline", "known.json", "--write-baseline"]).expect(0);
    scene.write("mainstay.stay", &risky.replace("\nworkflow", "\n\n// moved down\nworkflow"));
    scene.run(&["check", "--baseline", "known.json", "--deny", "warnings"]).expect(0);
    scene.write("mainstay.stay", &risky.replace("02:30", "02:45"));
    scene.run(&["check", "--baseline", "known.json", "--deny", "warnings"]).expect(4);
    scene.write("mainstay.stay", MENDED);
    let stale = scene.run(&["check", "--baseline", "known.json", "--deny", "warnings"]).expect(0);
    assert!(stale.err.contains("W1101 of the baseline is not found any more"), "{}", stale.all());
    scene.write("mainstay.stay", &risky.replace("papers", "paper s"));
    scene.run(&["check", "--baseline", "known.json"]).expect(4);
}

#[test]
fn what_ends_is_told_on_the_day_that_is_asked_for_and_the_policy_is_the_same() {
    let policy = MENDED
        .replace("01:30", "02:30")
        .replace("workflow", "allow W1101 \"tried\" until 2027-01-31\nworkflow");
    let scene = Scene::new(&policy);
    scene.run(&["check", "--deny", "warnings", "--today", "2027-01-31"]).expect(0);
    let over =
        scene.run(&["check", "--deny", "warnings", "--today", "2027-02-01", "--format", "concise"]).expect(4);
    assert!(over.out.contains("warning[W2005]") && over.out.lines().count() == 2, "{}", over.all());
    scene.run(&["check", "--today", "soon"]).expect(2);
}

#[test]
fn a_review_gets_the_worst_ten_and_the_summary_of_its_job_the_others() {
    let unused: String = (0..14).map(|n| format!("source s{n} = files {{ roots: [\"/{n}\"] }}\n")).collect();
    let scene = Scene::new(&format!("{MENDED}{unused}"));
    let mut command = scene.command(&["check", "--format", "github"]);
    let told = crate::scene::ran(command.env("GITHUB_STEP_SUMMARY", scene.path("summary.md"))).expect(0);
    assert_eq!(told.out.matches("::warning file=mainstay.stay").count(), 10, "{}", told.all());
    let summary = std::fs::read_to_string(scene.path("summary.md")).unwrap();
    assert_eq!(summary.matches("| warning | W2002 | mainstay.stay:").count(), 4, "{summary}");
    assert_eq!(summary.matches("| note | W1222 | mainstay.stay:2 |").count(), 1, "{summary}");
}

/// What the standard allows in the objects that we write, and what it asks for (SARIF 2.1.0, sections 3.13 and on).
const SHAPES: &[(&str, &[&str], &[&str])] = &[
    ("", &["version", "runs"], &["$schema"]),
    ("runs", &["tool"], &["columnKind", "results"]),
    ("tool", &["driver"], &[]),
    ("driver", &["name"], &["semanticVersion", "rules"]),
    ("rules", &["id"], &["shortDescription", "fullDescription", "help", "defaultConfiguration"]),
    ("shortDescription", &["text"], &["markdown"]),
    ("fullDescription", &["text"], &["markdown"]),
    ("help", &["text"], &["markdown"]),
    ("defaultConfiguration", &[], &["level"]),
    (
        "results",
        &["message"],
        &["ruleId", "ruleIndex", "level", "locations", "relatedLocations", "partialFingerprints", "fixes"],
    ),
    ("message", &["text"], &["markdown"]),
    ("locations", &[], &["id", "physicalLocation", "message"]),
    ("relatedLocations", &[], &["id", "physicalLocation", "message"]),
    ("physicalLocation", &[], &["artifactLocation", "region"]),
    ("artifactLocation", &[], &["uri"]),
    ("region", &[], &["startLine", "startColumn", "endLine", "endColumn"]),
    ("deletedRegion", &[], &["startLine", "startColumn", "endLine", "endColumn"]),
    ("partialFingerprints", &[], &["mainstay/v1"]),
    ("fixes", &["artifactChanges"], &["description"]),
    ("description", &["text"], &["markdown"]),
    ("artifactChanges", &["artifactLocation", "replacements"], &[]),
    ("replacements", &["deletedRegion"], &["insertedContent"]),
    ("insertedContent", &[], &["text"]),
];

fn faults(name: &str, value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(|item| faults(name, item)).collect(),
        Value::Object(fields) => {
            let Some((_, asked, allowed)) = SHAPES.iter().find(|(known, _, _)| *known == name) else {
                return vec![format!("nothing is known of `{name}`")];
            };
            let missing = asked.iter().filter(|field| !fields.contains_key(**field));
            let mut found: Vec<String> = missing.map(|field| format!("`{name}` has no `{field}`")).collect();
            for (field, value) in fields {
                if !asked.contains(&field.as_str()) && !allowed.contains(&field.as_str()) {
                    found.push(format!("`{name}` may not have `{field}`"));
                }
                found.extend(faults(field, value));
            }
            found
        }
        Value::Number(number) if name.ends_with("Line") || name.ends_with("Column") => {
            let fits = number.as_u64().is_some_and(|number| number > 0);
            if fits { Vec::new() } else { vec![format!("`{name}` is {number}")] }
        }
        Value::String(level) if name == "level" => {
            let fits = ["error", "warning", "note"].contains(&level.as_str());
            if fits { Vec::new() } else { vec![format!("a level is `{level}`")] }
        }
        _ => Vec::new(),
    }
}

#[test]
fn code_scanning_can_read_it() {
    for (policy, code) in [(EVIDENT, 4), (MENDED, 0)] {
        let scene = Scene::new(policy);
        let told = scene.run(&["check", "--format", "sarif"]).expect(code);
        let log: Value = serde_json::from_str(&told.out).unwrap();
        assert_eq!(faults("", &log), [""; 0], "{log:#}");
        assert_eq!(log["version"], "2.1.0");
        let results = log["runs"][0]["results"].as_array().unwrap();
        let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
        assert!(!results.is_empty());
        for result in results {
            let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
            assert_eq!(rule["id"], result["ruleId"]);
            assert!(rule["help"]["markdown"].as_str().unwrap().contains("## Wrong"));
        }
    }
}
