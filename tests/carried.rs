//! The compiler names what waits for an engine; the engine does what it can. Here the two are held together: for
//! each stage, verb and constructor of the standard library, the one says that it waits exactly when the other refuses.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mainstay_calendar::Timetable;
use mainstay_compiler::waiting;
use mainstay_engine::{EmptyEnvironment, Engine, EngineConfig, NullMonitor};
use mainstay_ir::{Action, IndexMap, Ir, Name, Value};
use mainstay_kit::{FakeClock, SeededRandom};
use mainstay_world::TimestampMs;

use crate::scene::{Scene, workspace};

const POLICY: &str = r#"edition 2026
policy carried
use std.pipelines.protect
secret key  = file("key")
source data = files { roots: ["data"] }
repo shelf  = local { path: "repo", key: key }
workflow w {
  step kept = protect(data, to: shelf, keep: gfs(last: 3))
  step told = hook(["true"])
}
"#;

/// What of the standard library is declared with this word: `stage`, or `constructor` and the type that it makes.
fn declared(word: &str, makes: Option<&str>) -> Vec<String> {
    let prelude = std::fs::read_to_string(workspace().join("stdlib/prelude.stay")).unwrap();
    let mut found = Vec::new();
    let begin = format!("\n{word} ");
    for (at, _) in prelude.match_indices(&begin) {
        let text = &prelude[at + begin.len()..];
        let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let made = text.split_once("-> ").unwrap().1.split_whitespace().next().unwrap();
        if makes.is_none_or(|wanted| wanted == made) {
            found.push(name);
        }
    }
    assert!(found.len() >= 2, "{word} {makes:?}: {found:?}");
    found
}

/// Why the engine itself refuses a policy, if it does: what the compiler says of it is taken away first.
fn refusal(scene: &Scene, ir: &Ir) -> Option<String> {
    let ir = Ir { waiting: Vec::new(), ..ir.clone() };
    let engine = Engine::new(EngineConfig {
        ir: Arc::new(ir),
        policy_root: scene.path(""),
        state: scene.path("state"),
        host: "here".to_owned(),
        clock: Arc::new(FakeClock::at(TimestampMs(0))),
        random: Arc::new(SeededRandom::new(1)),
        environment: Arc::new(EmptyEnvironment),
        monitor: Arc::new(NullMonitor),
        cancel: Default::default(),
    });
    let told = match engine.dry_run(&[]) {
        Err(error) => vec![error.to_string()],
        Ok(found) => {
            let sources = found.sources.into_iter().filter_map(|source| source.fault);
            sources.chain(found.repos.into_iter().filter_map(|repo| repo.fault)).collect()
        }
    };
    told.into_iter().find(|text| text.ends_with(" yet"))
}

/// The policy, compiled, with a repository that is there.
fn scene() -> (Scene, Ir) {
    let scene = Scene::new(POLICY);
    scene.write("data/file", "content");
    scene.run(&["run", "--create"]).expect(0);
    let ir = Ir::read(scene.run(&["compile"]).expect(0).out.as_bytes()).unwrap();
    (scene, ir)
}

#[track_caller]
fn agree(scene: &Scene, ir: &Ir, what: &str, name: &str) {
    let (waits, refused) = (waiting(ir), refusal(scene, ir));
    assert_eq!(
        waits.is_empty(),
        refused.is_none(),
        "{what} `{name}`: {waits:?}, and the engine: {refused:?}"
    );
    assert!(waits.is_empty() || waits[0].construct == format!("{what} {name}"), "{waits:?}");
}

#[test]
fn the_compiler_and_the_engine_agree_on_what_is_carried_out() {
    let (scene, ir) = scene();
    agree(&scene, &ir, "policy", "as it is");
    for name in declared("constructor", Some("Source")) {
        let mut ir = ir.clone();
        ir.sources["data"].constructor.clone_from(&name);
        agree(&scene, &ir, "source", &name);
    }
    for name in declared("constructor", Some("Repo")) {
        let mut ir = ir.clone();
        ir.repos["shelf"].constructor.clone_from(&name);
        agree(&scene, &ir, "repo", &name);
    }
    for name in declared("constructor", Some("Secret")) {
        let mut ir = ir.clone();
        ir.secrets["key"].constructor.clone_from(&name);
        agree(&scene, &ir, "secret", &name);
    }
    for (word, step) in [("stage", "kept"), ("verb", "told")] {
        for name in declared(word, None) {
            let mut ir = ir.clone();
            match &mut ir.workflows["w"].steps[step].action {
                Action::Stages(calls) => calls.last_mut().unwrap().name.clone_from(&name),
                Action::Verb(call) => call.name.clone_from(&name),
            }
            agree(&scene, &ir, word, &name);
        }
    }
}

#[test]
fn what_waits_is_refused_by_run_and_plan_with_its_place_before_anything_else() {
    let scene = Scene::new(&POLICY.replace("step told", "finally { hook([\"true\"]) }\n  step told"));
    for command in [&["run", "--create"][..], &["run", "--dry-run"], &["plan"]] {
        let answer = scene.run(command).expect(2);
        assert!(
            answer.err.contains("error: finally in workflow w cannot be carried out yet"),
            "{}",
            answer.all()
        );
        assert!(answer.err.contains("mainstay.stay:9\n"), "{}", answer.all());
        assert_eq!(answer.err.matches("error").count(), 1, "{}", answer.all());
        assert!(!scene.path("state").exists() && !scene.path("key").exists() && !scene.path("repo").exists());
    }
    scene.run(&["check"]).expect(0);
}

/// Fields that nothing has to carry out: people, proofs and the plan read them.
const SAID_ONLY: [(&str, &[&str]); 3] = [
    ("Source", &["owner", "tags"]),
    ("Repo", &["place", "price", "tier"]),
    // It speaks of the end of a `window`, which waits.
    ("Workflow", &["at_end"]),
];

/// Fields that have a place of their own in the IR, and how a reader writes it.
const TYPED: [(&str, &str); 7] = [
    ("trigger", ".triggers"),
    ("within", ".within"),
    ("overlap", ".overlap"),
    ("missed", ".missed"),
    ("slots", ".slots"),
    ("limit", "limits"),
    // Presets of slots are the compiler's.
    ("medium", ".slots"),
];

/// The fields that a type or a constructor of the standard library declares, in its braces.
fn fields_of(head: &str) -> Vec<String> {
    let prelude = fs::read_to_string(workspace().join("stdlib/prelude.stay")).unwrap();
    let begin = format!("\n{head} {{");
    let text = prelude.split_once(&begin).unwrap_or_else(|| panic!("no `{head}`")).1;
    let body = text.split_once('}').unwrap().0;
    let lines = body.lines().filter(|line| !line.trim_start().starts_with("///"));
    let parts = lines.flat_map(|line| line.split(", "));
    let name = |part: &str| part.split_once(':').map(|(name, _)| name.trim().to_owned());
    parts.filter_map(name).filter(|name| name.chars().all(|c| c.is_alphabetic() || c == '_')).collect()
}

/// The code of the runtime, without its tests.
fn runtime() -> String {
    fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = entry.file_name().unwrap().to_string_lossy().into_owned();
            match entry.is_dir() {
                true if !matches!(name.as_str(), "tests" | "benches" | "examples") => collect(&entry, found),
                false if name.ends_with(".rs") && name != "tests.rs" => found.push(entry),
                _ => {}
            }
        }
    }
    let mut files = Vec::new();
    collect(&workspace().join("runtime"), &mut files);
    assert!(files.len() > 50, "{files:?}");
    let code = |path: PathBuf| {
        fs::read_to_string(path).unwrap().split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned()
    };
    files.into_iter().map(code).collect()
}

/// Whether the compiler says of any value of this field that it waits.
fn waits(ir: &Ir, put: impl Fn(&mut Ir) -> &mut IndexMap<Name, Value>, field: &str) -> bool {
    let values = [
        Value::Int(7),
        Value::Member("lvm".into()),
        Value::List(vec![Value::Text("a".into())]),
        Value::Bool(true),
    ];
    values.into_iter().any(|value| {
        let mut ir = ir.clone();
        put(&mut ir).insert(field.to_owned(), value);
        !waiting(&ir).is_empty()
    })
}

#[test]
fn each_field_is_read_by_the_engine_or_waits_for_one() {
    let (_scene, ir) = scene();
    let code = runtime();
    let mut ir = ir;
    ir.pools.insert("lane".to_owned(), mainstay_ir::Pool::default());
    type Put = fn(&mut Ir) -> &mut IndexMap<Name, Value>;
    let source: Put = |ir| &mut ir.sources["data"].fields;
    let repo: Put = |ir| &mut ir.repos["shelf"].fields;
    let pool: Put = |ir| &mut ir.pools["lane"].other;
    let workflow: Put = |ir| &mut ir.workflows["w"].other;
    let kinds = [
        ("Source", "type Source", source),
        ("Source", "constructor files", source),
        ("Source", "constructor command", source),
        ("Repo", "type Repo", repo),
        ("Repo", "constructor local", repo),
        ("Pool", "type Pool", pool),
        ("Workflow", "type Workflow", workflow),
        ("Parallel", "type Parallel", workflow),
    ];
    let mut forgotten = Vec::new();
    let mut count = 0;
    for (kind, head, put) in kinds {
        for field in fields_of(head) {
            let said = SAID_ONLY.iter().any(|(of, fields)| *of == kind && fields.contains(&field.as_str()));
            let typed = TYPED.iter().find(|(name, _)| *name == field).map(|(_, written)| *written);
            let read =
                code.contains(&format!("\"{field}\"")) || typed.is_some_and(|typed| code.contains(typed));
            count += 1;
            if !(said || read || waits(&ir, put, &field)) {
                forgotten.push(format!("{kind} {field}"));
            }
        }
    }
    assert!(count > 40, "{count}");
    assert!(forgotten.is_empty(), "nobody carries these out, and they do not wait: {forgotten:?}");
}

#[test]
fn each_trigger_is_a_schedule_or_waits() {
    let written = [
        ("every", "every(1h)"),
        ("daily", "daily(at: 01:00, zone: \"UTC\")"),
        ("weekly", "weekly(sunday, at: 01:00, zone: \"UTC\")"),
        ("monthly", "monthly(day: 1, at: 01:00, zone: \"UTC\")"),
        ("cron", "cron(\"0 1 * * *\", zone: \"UTC\")"),
        ("change", "[change(data), every(1h)]"),
        ("event", "[event(\"a\"), every(1h)]"),
        ("webhook", "[webhook(\"a\"), every(1h)]"),
        ("after_success", "[after_success(other), every(1h)]"),
        ("wal", "[wal(data, at_most: 5min), every(1h)]"),
    ];
    let all = declared("constructor", Some("Trigger"));
    assert_eq!(all, written.map(|(name, _)| name));
    for (name, trigger) in written {
        let text = POLICY.replace("workflow w {\n", &format!("workflow w {{\n  trigger: {trigger}\n"));
        let scene = Scene::new(&format!("{text}workflow other {{\n  step a = hook([\"true\"])\n}}\n"));
        let ir = Ir::read(scene.run(&["compile"]).expect(0).out.as_bytes()).unwrap();
        let is_event = trigger.starts_with('[');
        let constructs: Vec<String> = waiting(&ir).into_iter().map(|one| one.construct).collect();
        let expected = if is_event { vec![format!("trigger {name}")] } else { Vec::new() };
        assert_eq!(constructs, expected);
        assert!(Timetable::new(&ir).schedule("w").is_some(), "{name}");
    }
}

#[test]
fn each_block_is_carried_out_or_waits() {
    let written = [
        ("parallel", "parallel(limit: 1) {"),
        ("sequential", "sequential {"),
        ("auto", "auto {"),
        ("group", "group(apart: 5min) {"),
        ("bracket", "bracket(acquire: hook([\"true\"]), release: hook([\"true\"])) {"),
    ];
    for (name, block) in written {
        let text = POLICY
            .replace("  step kept", &format!("  {block}\n  step kept"))
            .replace("  step told", "  }\n  step told");
        let scene = Scene::new(&text);
        scene.write("data/file", "content");
        let ir = Ir::read(scene.run(&["compile"]).expect(0).out.as_bytes()).unwrap();
        match waiting(&ir).as_slice() {
            [] => drop(scene.run(&["run", "--create"]).expect(0)),
            [one] => {
                assert_eq!(one.construct, name);
                scene.run(&["run", "--create"]).expect(2);
            }
            more => panic!("{more:?}"),
        }
    }
}
