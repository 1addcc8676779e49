//! The compiler names what waits for an engine; the engine does what it can. Here the two are held together: for
//! each stage, verb and constructor of the standard library, the one says that it waits exactly when the other refuses.

use std::sync::Arc;

use mainstay_compiler::waiting;
use mainstay_engine::{EmptyEnvironment, Engine, EngineConfig, NullMonitor};
use mainstay_ir::{Action, Ir};
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
