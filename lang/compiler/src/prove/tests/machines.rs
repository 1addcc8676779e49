//! What stands in machines, what a writer's key leaves to others, and pools of what is no step: from text to proof.

use mainstay_ir::{Block, Value};

use super::super::{Worst, facts};
use crate::Compiled;
use crate::tests::one;

const HEAD: &str = r#"edition 2026
policy shop
use std.pipelines.{protect, copy}
secret key  = file("/etc/mainstay/shop.key")
source data = files { roots: ["/srv/shop"] }
repo shelf  = local { path: "/backup", key: key }
"#;

fn compiled(text: &str) -> Compiled {
    one(&format!("{HEAD}{text}"))
}

fn codes(text: &str) -> Vec<&'static str> {
    let all = compiled(text).diagnostics;
    all.iter().map(|found| found.code.as_str()).filter(|code| code.starts_with('E')).collect()
}

const CLOSING: &str = r#"
objective gold { rpo: 27h, keep: gfs(daily: 14) }
machine closing for gold {
  trigger: daily(at: 22:00, zone: "Europe/Berlin", jitter: 30min)
  within:  90min
  start saving
  state saving  { do: protect(data, to: shelf, keep: gfs(daily: 14))  on ok -> telling  on failed -> lost_it }
  state telling { do: hook(["./tell"])                                on ok, failed -> saved }
  state lost_it { do: hook(["./cry"])                                 on ok, failed -> lost }
  final saved = ok
  final lost = failed
}
"#;

#[test]
fn a_state_makes_a_copy_as_a_step_does() {
    assert_eq!(codes(CLOSING), [""; 0]);
    let ir = compiled(CLOSING).ir.unwrap();
    let [copy] = &facts(&ir).copies[..] else { panic!("{:?}", facts(&ir)) };
    let Worst::Proved { age, sum, .. } = &copy.worst else { panic!("{copy:?}") };
    assert_eq!(
        (age.literal().as_str(), sum.as_str()),
        ("27h", "25 h gap + 30 min jitter + 1 h 30 min within")
    );
    assert_eq!(copy.makers, [("closing".to_owned(), "saving".to_owned())]);
    assert_eq!((copy.objective.as_deref(), copy.is_verified, copy.survives), (Some("gold"), true, Some(0)));
    assert_eq!(codes(&CLOSING.replace("rpo: 27h", "rpo: 26h")), ["E0501"]);
    assert_eq!(codes(&CLOSING.replace("keep: gfs(daily: 14) }", "keep: gfs(daily: 15) }")), ["E0510"]);
    assert_eq!(codes(&CLOSING.replace("keep: gfs(daily: 14) }", "copies: at_least(2) }")), ["E0514"]);
}

#[test]
fn a_way_around_the_state_is_no_copy() {
    let around = CLOSING.replace("on ok, failed -> lost }", "on ok -> saved on failed -> lost }");
    assert_eq!(codes(&around), ["E0519"]);
    let carried = format!(
        "{}repo away = local {{ path: \"/away\", key: key }}
workflow carry for gold {{
  trigger: every(1h)
  within:  30min
  step carried = copy(latest(data, in: shelf), to: away, keep: gfs(daily: 14))
}}",
        around.replace("machine closing for gold", "machine closing")
    );
    // What is made of a copy that nobody can count on cannot be counted on.
    assert_eq!(codes(&carried), ["E0519"]);
}

#[test]
fn an_event_that_leads_past_the_copy_is_a_way_around() {
    let text =
        CLOSING.replace("on failed -> lost_it }", "on failed -> lost_it on event(\"stop\") -> saved }");
    assert_eq!(codes(&text), ["E0519"]);
    let degraded = CLOSING.replace("on ok -> telling", "on ok, degraded -> telling");
    assert_eq!(codes(&degraded), [""; 0]);
}

const BOX: &str = r#"
repo box = sftp { host: "box", user: "shop", path: "/srv/shop", identity: key, key: key, role: writer }
objective gold { rpo: 26h, keep: gfs(daily: 14) }
workflow nightly for gold {
  trigger: daily(at: 01:30, zone: "UTC")
  within:  2h
  step kept = discover(data) |> snapshot() |> compress() |> encrypt() |> store(box)
}
"#;

const OWNER: &str = r#"
secret owner = file("/etc/mainstay/owner.key")
repo tidy = sftp { host: "box", user: "owner", path: "/srv/shop", identity: owner, key: owner }
workflow tidied for gold {
  trigger: weekly(sunday, at: 03:00, zone: "UTC")
  within:  2h
  step kept = latest(data, in: tidy) |> verify() |> retain(gfs(daily: 14))
}
"#;

#[test]
fn a_writer_leaves_the_forgetting_to_another_key() {
    assert_eq!(codes(BOX), [""; 0]);
    let assumed = |text: &str| facts(&compiled(text).ir.unwrap()).copies[0].assumed.clone();
    assert_eq!(assumed(BOX), ["who else holds a key of `box` forgets nothing there that is promised"]);
    let whole = format!("{BOX}{OWNER}");
    assert_eq!(codes(&whole), [""; 0]);
    assert_eq!(assumed(&whole), [""; 0]);
    // What the owner's key forgets is gone under both names.
    assert_eq!(codes(&whole.replace("retain(gfs(daily: 14))", "retain(gfs(daily: 7))")), ["E0510"]);
    // A key that may forget has to say what.
    assert_eq!(codes(&BOX.replace(", role: writer", "")), ["E0509"]);
}

#[test]
fn the_pool_of_what_is_no_step_is_kept() {
    let text = r#"
pool doors { slots: 2 }
workflow w {
  bracket(acquire: hook(["./hold"], pool: doors), release: hook(["./let-go"], pool: claim(doors, slots: 2))) {
    step opened = hook(["./open"], pool: doors) undo hook(["./close"], pool: doors)
  }
}
machine m {
  start a
  state a { enter: hook(["./a"], pool: doors) leave: hook(["./b"], pool: doors) do: hook(["./c"]) on ok -> done on failed -> b }
  state b { do: hook(["./c"]) on ok, failed -> done }
  final done = ok
}
"#;
    assert_eq!(codes(text), [""; 0]);
    let ir = compiled(text).ir.unwrap();
    let doors = Some(&Value::Thing("pool".into(), "doors".into()));
    let workflow = &ir.workflows["w"];
    let Block::Sequential(blocks) = &workflow.body else { panic!("{:?}", workflow.body) };
    let Block::Bracket { acquire, release, .. } = &blocks[0] else { panic!("{blocks:?}") };
    assert_eq!(acquire.args.get("pool"), doors);
    assert!(
        matches!(release.args.get("pool"), Some(Value::Constructed(claim)) if claim.constructor == "claim")
    );
    let step = &workflow.steps["opened"];
    assert_eq!(step.undo.as_ref().unwrap().args.get("pool"), doors);
    // A step's own pool stands among its claims, and only there.
    assert_eq!((step.claims.get("doors"), step.calls()[0].args.get("pool")), (Some(&1), None));
    let state = &ir.machines["m"].states["a"];
    assert_eq!([&state.enter, &state.leave].map(|call| call.as_ref().unwrap().args.get("pool")), [doors; 2]);
    for (from, to) in
        [("slots: 2))", "slots: 3))"), ("./a\"], pool: doors", "./a\"], pool: claim(doors, slots: 9)")]
    {
        assert_eq!(codes(&text.replace(from, to)), ["E0601"], "{to}");
    }
}

/// All that acts, each with a claim that fits; `ACT` stands for what is done by the one at hand.
const ACTS: [(&str, &str); 10] = [
    ("step", "workflow w { step acts = ACT }"),
    ("undo", "workflow w { step one = hook([\"./a\"]) undo ACT }"),
    ("acquire", "workflow w { bracket(acquire: ACT, release: hook([\"./a\"])) { hook([\"./b\"]) } }"),
    ("release", "workflow w { auto { } bracket(acquire: hook([\"./a\"]), release: ACT) { hook([\"./b\"]) } }"),
    ("in a close", "workflow w { hook([\"./a\"]) finally { step acts = ACT } }"),
    (
        "a bracket in a close",
        "workflow w { group(apart: 5min) { step one = discover(data) |> snapshot() |> encrypt() |> store(shelf) }
          finally { bracket(acquire: ACT, release: hook([\"./a\"])) { hook([\"./b\"]) } } }",
    ),
    ("state", "machine m { start acts state acts { do: ACT ENDINGS } final done = ok }"),
    ("enter", "machine m { start one state one { enter: ACT do: hook([\"./a\"]) on ok, failed -> done } final done = ok }"),
    (
        "in a machine's close",
        "machine m { start one state one { do: hook([\"./a\"]) on ok, failed -> done } final done = ok
          on failure { step acts = ACT } }",
    ),
    (
        "a bracket in a machine's close",
        "machine m { start one state one { do: hook([\"./a\"]) on ok, failed -> done } final done = ok
          finally { bracket(acquire: hook([\"./a\"]), release: ACT) { hook([\"./b\"]) } } }",
    ),
];

/// What is told of this act, and the text that each of it points at.
fn told_of(around: &str, act: &str, endings: &str) -> Vec<(&'static str, String)> {
    let work = around.replace("ACT", act).replace("ENDINGS", endings);
    let text = format!(
        "pool doors {{ slots: 2 }}
channel desk = email {{ host: \"mail.example\", from: \"a@example\", to: [\"b@example\"], members: [\"ana\"] }}
{work}
"
    );
    let compiled = compiled(&text);
    let of = |found: &mainstay_diagnostics::Diagnostic| {
        compiled.map.text(found.span()).unwrap_or_default().to_owned()
    };
    let errors = compiled.diagnostics.iter().filter(|found| found.code.as_str().starts_with('E'));
    errors.map(|found| (found.code.as_str(), of(found))).collect()
}

/// With an argument of the head of `pools.rs`: whatever acts holds its slots only while it acts, gets no more than there
/// are, and does not wait with them.
#[test]
fn whatever_acts_asks_a_pool_for_what_there_is_and_never_waits_with_it() {
    for (what, around) in ACTS {
        // A step and a state are told at their name, all else at the call.
        let at = |act: &str| if around.contains(" acts ") { "acts".to_owned() } else { act.to_owned() };
        let hook = |slots: u32| format!("hook([\"./x\"], pool: claim(doors, slots: {slots}))");
        let ways = "on ok, failed -> done";
        assert_eq!(told_of(around, &hook(2), ways), [], "{what}");
        assert_eq!(told_of(around, &hook(3), ways), [("E0601", at(&hook(3)))], "{what}");
        let asked = "approval(from: desk, within: 1h, pool: doors)";
        let ways = "on ok, denied, expired -> done";
        assert_eq!(told_of(around, asked, ways), [("E0606", at(asked))], "{what}");
    }
}

#[test]
fn a_message_names_a_state_as_a_state() {
    let text = "pool doors { slots: 2 }
machine m {
  start opening
  state opening { do: hook([\"./a\"], pool: claim(doors, slots: 3)) on ok, failed -> done }
  final done = ok
}
";
    let found = compiled(text).diagnostics;
    let asked = found.iter().find(|found| found.code.as_str() == "E0601").unwrap();
    assert_eq!(asked.message, "state `opening` needs 3 slots of `doors` at once, and the pool has 2 to give");
}

#[test]
fn what_closes_is_looked_at_as_a_body_is() {
    let nothing = "workflow w { hook([\"./a\"])
  finally { step tidy = latest(data, in: shelf) |> verify() |> retain(gfs(daily: 0)) } }";
    assert_eq!(codes(nothing), ["E0508"]);
    let desk = r#"channel desk = ntfy { topic: "desk" }"#;
    let ask = "step asked = approval(from: desk, within: 4h)";
    let steps = "start one state one { do: hook([\"./a\"]) on ok, failed -> done } final done = ok";
    for work in [
        format!("workflow w {{ {ask} }}"),
        format!("workflow w {{ hook([\"./a\"]) on failure {{ {ask} }} }}"),
        format!("workflow w {{ parallel {{ hook([\"./a\"]) finally {{ {ask} }} }} }}"),
        format!("machine m {{ {steps} on failure {{ {ask} }} }}"),
    ] {
        let compiled = compiled(&format!("{desk}\n{work}"));
        let unanswered = compiled.diagnostics.iter().find(|found| found.code.as_str() == "W1224");
        let span = unanswered.unwrap_or_else(|| panic!("{work}")).span();
        assert_eq!(compiled.map.text(span).unwrap(), "desk", "{work}");
    }
}
