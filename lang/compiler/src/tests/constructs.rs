//! Each construct beside steps, from the policy to its place in the IR.

use mainstay_ir::{Action, Block, Ending, Final, Mode, Rule, Until};

use super::{one, told};

const HEAD: &str = r#"edition 2026
policy all
use std.pipelines.protect

secret key  = file("/etc/mainstay/home.key")
source home = files { roots: ["/home"] }
source docs = files { roots: ["/docs"], tolerate: 5% }
repo shelf  = local { path: "/backup", key: key }
pool uplink { slots: 4, rate: 100Mbit/s }
channel ops = ntfy { topic: "ops" }
probe up    = tcp { host: "db", port: 5432 }
sandbox lab = scratch { dir: "/scratch" }
"#;

fn compiled(body: &str) -> mainstay_ir::Ir {
    let compiled = one(&format!("{HEAD}{body}"));
    assert!(!compiled.has_errors(), "{}", told(&compiled));
    for waiting in &compiled.ir.as_ref().unwrap().waiting {
        let known = compiled.places.get(&waiting.place).is_some();
        assert!(known, "{waiting:?} has no place");
    }
    let ir = compiled.ir.unwrap();
    assert_eq!(mainstay_ir::Ir::read(&ir.canonical()).unwrap(), ir);
    ir
}

fn wrong(body: &str) -> String {
    let compiled = one(&format!("{HEAD}{body}"));
    let codes: Vec<_> = compiled.diagnostics.iter().map(|found| found.code.as_str()).collect();
    let codes: Vec<_> = codes.into_iter().filter(|code| code.starts_with('E')).collect();
    codes.join(" ")
}

#[test]
fn blocks_hold_around_their_steps() {
    let ir = compiled(
        r#"workflow w {
  bracket(acquire: hook(["./freeze"], within: 30s), release: hook(["./thaw"]), until: snapshots, at_most: 2min) {
    group(apart: 5min) {
      step a = protect(home, to: shelf, keep: keep_all)
      step b = protect(docs, to: shelf, keep: keep_all)
    }
  }
  auto(expect: parallel) {
    step c = hook(["./c"])
    step d = hook(["./d"]) after c
  }
}
"#,
    );
    let workflow = &ir.workflows["w"];
    let Block::Sequential(parts) = &workflow.body else { panic!("{:?}", workflow.body) };
    let Block::Bracket { acquire, release, until, at_most, body } = &parts[0] else { panic!("{parts:?}") };
    assert_eq!((acquire.name.as_str(), acquire.within.unwrap().0), ("hook", 30_000));
    assert_eq!((release.name.as_str(), *until), ("hook", Until::Snapshots));
    assert_eq!(at_most.unwrap().0, 120_000);
    let Block::Group { apart, body } = &body[0] else { panic!("{body:?}") };
    assert_eq!((apart.0, body.len()), (300_000, 2));
    assert_eq!(workflow.steps["b"].needs, Rule::Well("a".into()));
    let Block::Auto { expect, .. } = &parts[1] else { panic!("{parts:?}") };
    assert_eq!(*expect, Some(Mode::Parallel));
    assert_eq!(parts[1].steps(), ["c", "d"]);
    // What stands before the bracket and behind it is ordered as around any block.
    assert_eq!(workflow.steps["c"].needs, Rule::All(vec![Rule::Well("a".into()), Rule::Well("b".into())]));
    assert_eq!(workflow.steps["d"].needs, Rule::Well("c".into()));
    let places: Vec<_> = ir.waiting.iter().map(|one| (one.construct.as_str(), one.place.as_str())).collect();
    assert!(places.contains(&("bracket", "workflow.w.block.0")), "{places:?}");
    assert!(places.contains(&("group", "workflow.w.block.1")), "{places:?}");
    assert!(places.contains(&("auto", "workflow.w.block.2")), "{places:?}");
    assert!(places.contains(&("source tolerate", "source.docs.tolerate")), "{places:?}");
}

#[test]
fn closes_stand_apart_and_see_the_whole_body() {
    let ir = compiled(
        r#"workflow w {
  on failure | late { notify(ops, urgency: high) }
  parallel {
    step a = protect(home, to: shelf, keep: keep_all)
    step b = hook(["./b"])
    finally { step tidy = hook(["./tidy"]) after b.ended }
  }
  hook(["./c"])
  finally { hook(["./last"]) }
}
"#,
    );
    let workflow = &ir.workflows["w"];
    assert_eq!(workflow.steps.keys().collect::<Vec<_>>(), ["a", "b", "hook.1"]);
    let Block::Sequential(parts) = &workflow.body else { panic!("{:?}", workflow.body) };
    let Block::Closed { by, body } = &parts[0] else { panic!("{parts:?}") };
    assert_eq!((by.as_slice(), body.steps().len()), ([0].as_slice(), 2));
    let closes: Vec<_> = workflow
        .closes
        .iter()
        .map(|close| (close.on.as_slice(), close.steps.keys().map(String::as_str).collect::<Vec<_>>()))
        .collect();
    assert_eq!(closes[0], ([].as_slice(), vec!["tidy"]));
    assert_eq!(closes[1], ([Ending::Failure, Ending::Late].as_slice(), vec!["notify.1"]));
    assert_eq!(closes[2], ([].as_slice(), vec!["hook.2"]));
    assert_eq!(workflow.closes[0].steps["tidy"].needs, Rule::Ended("b".into()));
    assert_eq!(workflow.closes[2].steps["hook.2"].needs, Rule::Always);
}

#[test]
fn closes_are_checked_like_a_body() {
    assert_eq!(wrong(r#"workflow w { hook(["./a"]) finally { within: 3h hook(["./b"]) } }"#), "E0302");
    assert_eq!(wrong(r#"workflow w { step a = hook(["./a"]) finally { step a = hook(["./b"]) } }"#), "E0202");
    assert_eq!(wrong(r#"workflow w { hook(["./a"]) on falure { hook(["./b"]) } }"#), "E0201");
    assert_eq!(wrong(r#"workflow w { hook(["./a"]) on late | late { hook(["./b"]) } }"#), "E0304");
    let nested = r#"workflow w { hook(["./a"]) finally { hook(["./b"]) on late { hook(["./c"]) } } }"#;
    assert_eq!(wrong(nested), "E0214");
}

#[test]
fn a_step_says_how_it_is_taken_back() {
    let ir = compiled(
        r#"workflow w {
  step load = hook(["./load"]) within 2h undo hook(["./unload"], within: 10min)
  step ask  = approval(from: ops, within: 8h)
  step wait = wait_until(up, every: 10s)
  step tell = notify(ops, urgency: high)
  step away = protect(home, to: shelf, keep: keep_all)
  step more = latest(home, in: shelf) |> verify(pool: claim(uplink, slots: 2, each: 50%))
}
"#,
    );
    let steps = &ir.workflows["w"].steps;
    let undo = steps["load"].undo.as_ref().unwrap();
    assert_eq!((undo.name.as_str(), undo.within.unwrap().0), ("hook", 600_000));
    for (id, verb) in [("ask", "approval"), ("wait", "wait_until"), ("tell", "notify")] {
        assert!(matches!(&steps[id].action, Action::Verb(call) if call.name == verb), "{id}");
    }
    assert_eq!(steps["more"].shares["uplink"], 500_000);
    assert_eq!(steps["more"].claims["uplink"], 2);
}

const CUTOVER: &str = r#"machine cutover {
  trigger: daily(at: 01:30, zone: "Europe/Berlin")
  within: 8h
  start loading
  /// The long one.
  state loading      { do: hook(["./load"])  visits: 3  on ok -> deciding  on failed -> rolling_back }
  state deciding     {
    do: approval(from: ops, within: 4h)
    enter: hook(["./ready"])
    visits: 3
    on ok -> done
    on denied, expired -> rolling_back
    on event("again") -> loading
  }
  state rolling_back { do: latest(home, in: shelf) |> drill(into: lab)  on ok, failed -> gave_up }
  final done = ok
  final gave_up = failed
  on failure { notify(ops) }
}
"#;

#[test]
fn a_machine_is_whole() {
    let ir = compiled(CUTOVER);
    let machine = &ir.machines["cutover"];
    assert_eq!((machine.start.as_str(), machine.triggers.len()), ("loading", 1));
    assert_eq!(machine.within.unwrap().0, 8 * 3_600_000);
    let deciding = &machine.states["deciding"];
    let on: Vec<_> = deciding.on.iter().map(|(ending, to)| (ending.as_str(), to.as_str())).collect();
    assert_eq!(on, [("ok", "done"), ("denied", "rolling_back"), ("expired", "rolling_back")]);
    assert_eq!(deciding.events["again"], "loading");
    assert_eq!((deciding.visits, deciding.enter.as_ref().unwrap().name.as_str()), (3, "hook"));
    assert_eq!(machine.states["loading"].act.docs, ["The long one."]);
    let back = &machine.states["rolling_back"];
    assert!(matches!(&back.act.action, Action::Stages(calls) if calls.len() == 2));
    assert_eq!(back.on["degraded"], "gave_up");
    assert_eq!(machine.finals["gave_up"], Final::Failed);
    assert_eq!(machine.closes.len(), 1);
}

#[test]
fn a_machine_leads_everywhere_and_to_an_end() {
    let with = |from: &str, to: &str| {
        assert!(CUTOVER.contains(from), "{from}");
        wrong(&CUTOVER.replace(from, to))
    };
    assert_eq!(with("on denied, expired ->", "on denied ->"), "E0621");
    assert_eq!(with("on denied, expired ->", "on denied, expird ->"), "E0201");
    assert_eq!(with("  start loading\n", ""), "E0622");
    assert_eq!(with("start loading", "start done"), "E0622");
    assert_eq!(with("start loading", "start loading\n  start deciding"), "E0304");
    assert_eq!(with("on failed -> rolling_back", "on failed -> deciding").as_str(), "");
    assert_eq!(with("on denied, expired -> rolling_back", "on denied, expired -> done").as_str(), "");
    let lost = CUTOVER.replace("on failed -> rolling_back", "on failed -> deciding");
    assert_eq!(wrong(&lost.replace("expired -> rolling_back", "expired -> done")), "E0623");
    assert_eq!(with("on ok, failed -> gave_up", "visits: 2 on ok, failed -> rolling_back"), "E0624");
    assert_eq!(with("    visits: 3\n", ""), "E0625");
    assert_eq!(with("visits: 3  on ok", "visits: 0  on ok"), "E0313");
    assert_eq!(with("on ok -> done", "on ok -> done on ok -> gave_up"), "E0626");
    assert_eq!(with("final done = ok", "final done = fine"), "E0307");
    assert_eq!(with("final done = ok", "final loading = ok"), "E0201 E0202");
    assert_eq!(with("on event(\"again\")", "on webhook(\"again\")"), "E0301");
    assert_eq!(
        with(r#"do: hook(["./load"])"#, r#"do: hook(["./load"]) step x = hook(["./x"])"#),
        "E0214 E0114"
    );
}

#[test]
fn a_machine_restores_only_when_somebody_said_yes() {
    let machine = |trigger: &str, first: &str| {
        format!(
            "machine back {{ {trigger} start {first} \
             state asked {{ do: approval(from: ops) on ok -> put on denied, expired -> gone }} \
             state put {{ do: latest(home, in: shelf) |> restore(to: home) on ok -> done on failed -> gone }} \
             final done = ok final gone = failed }}"
        )
    };
    assert_eq!(wrong(&machine("", "asked")), "");
    assert_eq!(wrong(&machine("", "put")), "E0623 E0404");
    assert_eq!(wrong(&machine("trigger: every(2h)", "asked")), "E0404");
    assert_eq!(wrong(&machine("", "asked").replace("expired -> gone", "expired -> put")), "E0404");
}

#[test]
fn an_estate_and_a_rename_stand_in_the_ir() {
    let ir = compiled(
        r#"estate house {
  discover: [mounts(below: "/srv"), timers()]
  exempt: [exemption(what: "/srv/tmp", owner: "ana", reason: "made anew each night", until: 2027-01-31)]
}
moved house_old => home
workflow w { step a = protect(home, to: shelf, keep: keep_all) }
"#,
    );
    let estate = &ir.estates["house"];
    assert_eq!(estate.discover[0].constructor, "mounts");
    assert_eq!((estate.exempt[0].owner.as_str(), estate.exempt[0].until.as_str()), ("ana", "2027-01-31"));
    assert_eq!(ir.moved["house_old"], "home");
}

fn role(role: &str, body: &str) -> String {
    wrong(&format!("repo box = local {{ path: \"/box\", key: key, role: {role} }}\nworkflow w {{ {body} }}"))
}

#[test]
fn what_a_role_cannot_do_does_not_compile() {
    let store = "step a = discover(home) |> snapshot() |> encrypt() |> store(box)";
    assert_eq!(role("writer", store), "");
    assert_eq!(role("full", "step a = protect(home, to: box, keep: keep_all)"), "");
    // One pipeline, two stages that a writer cannot carry out: one mistake.
    assert_eq!(role("writer", "step a = protect(home, to: box, keep: keep_all)"), "E0405");
    assert_eq!(role("writer", &format!("{store} |> verify()")), "E0405");
    assert_eq!(role("writer", "step a = latest(home, in: box) |> drill(into: lab)"), "E0405");
    assert_eq!(role("writer", "prune(box)"), "E0405");
    assert_eq!(role("writer", "step a = latest(home, in: shelf) |> replicate(to: box)"), "");
    assert_eq!(role("writer", "hook([\"./a\"]) finally { prune(box) }"), "E0405");
    assert_eq!(role("janitor", "prune(box)"), "");
    assert_eq!(role("janitor", store), "E0405");
}

#[test]
fn numbers_have_their_bounds() {
    let workflow = |field: &str| wrong(&format!("workflow w {{ {field} hook([\"./a\"]) }}"));
    assert_eq!(workflow("priority: 9"), "");
    assert_eq!(workflow("priority: 10"), "E0313");
    assert_eq!(workflow("priority: -1"), "E0313");
    assert_eq!(workflow("trigger: every(0s)"), "E0313");
    assert_eq!(workflow("trigger: monthly(32, at: 01:30, zone: \"Europe/Berlin\")"), "E0313");
    let probe = |port: &str| wrong(&format!("probe p = tcp {{ host: \"a\", port: {port} }}"));
    assert_eq!(
        (probe("65535").as_str(), probe("0").as_str(), probe("65536").as_str()),
        ("", "E0313", "E0313")
    );
    let step = |call: &str| wrong(&format!("workflow w {{ step a = {call} }}"));
    assert_eq!(step("latest(home, in: shelf) |> verify(sample: 100%)"), "");
    assert_eq!(step("latest(home, in: shelf) |> verify(sample: 101%)"), "E0313");
    assert_eq!(step("latest(home, in: shelf) |> verify(sample: 0%)"), "E0313");
    assert_eq!(step("protect(home, to: shelf, keep: gfs(daily: -3))"), "E0313");
    assert_eq!(wrong("source s = files { roots: [\"/s\"], tolerate: 150% }"), "E0313");
    assert_eq!(wrong("pool p { slots: 4, reserve: -1 }"), "E0313");
    assert_eq!(step("hook([\"./a\"], retry: backoff(tries: 0))"), "E0313");
}

#[test]
fn a_rename_leads_to_what_is_declared() {
    let body = "workflow w { step a = protect(home, to: shelf, keep: keep_all) }\n";
    let moves = |lines: &str| wrong(&format!("{body}{lines}"));
    assert_eq!(moves("moved houses => home"), "");
    assert_eq!(moves("moved houses => hom"), "E0213");
    assert_eq!(moves("moved docs => home"), "E0213");
    // A row of renames leads to the last one; a circle leads nowhere.
    assert_eq!(moves("moved a => b\nmoved b => home"), "");
    assert_eq!(moves("moved a => b\nmoved b => c"), "E0213");
    assert_eq!(moves("moved a => b\nmoved b => a"), "E0213");
    assert_eq!(moves("moved a => home\nmoved a => docs"), "E0213");
    assert_eq!(moves("moved w.b => w.a"), "");
    assert_eq!(moves("moved w.b => w.c"), "E0213");
    assert_eq!(moves("moved w.a => w.a"), "E0213");
    assert_eq!(moves("moved policy most => all"), "");
    assert_eq!(moves("moved policy all => most"), "E0213");
    let ir = compiled(&format!("{body}moved a => b\nmoved b => home\nmoved w.b => w.a"));
    let moved: Vec<_> = ir.moved.iter().map(|(old, new)| (old.as_str(), new.as_str())).collect();
    assert_eq!(moved, [("a", "home"), ("b", "home"), ("w.b", "w.a")]);
}

#[test]
fn a_yes_is_one_that_the_restore_needs() {
    let put = "latest(home, in: shelf) |> restore(to: home)";
    let with = |body: &str| wrong(&format!("workflow w {{ {body} }}"));
    assert_eq!(with(&format!("step put = {put}")), "E0404");
    assert_eq!(with(&format!("step ask = approval(from: ops) step put = {put}")), "");
    assert_eq!(with(&format!("step ask = approval(from: ops) step put = {put} after ask.ended")), "E0404");
    assert_eq!(with(&format!("parallel {{ step ask = approval(from: ops) step put = {put} }}")), "E0404");
    // It takes a step's value, so the statement before is only waited for.
    let taken = "step found = latest(home, in: shelf) |> verify() step ask = approval(from: ops)";
    assert_eq!(with(&format!("{taken} step put = restore(found, to: home)")), "E0404");
    assert_eq!(with(&format!("{taken} step put = restore(found, to: home) after ask")), "");
    // Over any number of steps.
    let far =
        "step ask = approval(from: ops) step a = hook([\"./a\"]) step b = hook([\"./b\"]) after a.failed";
    assert_eq!(with(&format!("{far} step put = {put} after b")), "");
    assert_eq!(
        with(&format!(
            "step a = hook([\"./a\"]) {} step put = {put} after a or ask",
            "step ask = approval(from: ops)"
        )),
        "E0404"
    );
    assert_eq!(with("step put = latest(home, in: shelf) |> restore(to: lab)"), "");
    assert_eq!(with(&format!("trigger: every(2h) step ask = approval(from: ops) step put = {put}")), "E0404");
    assert_eq!(with(&format!("hook([\"./a\"]) on failure {{ step put = {put} }}")), "E0404");
}

#[test]
fn what_only_a_run_knows_shapes_no_graph() {
    let when = |what: &str| {
        wrong(&format!("workflow w {{ step a = hook([\"./a\"]) step b = hook([\"./b\"]) when {what} }}"))
    };
    assert_eq!(when("a.failed"), "E0704");
    assert_eq!(when("a"), "E0704");
    assert_eq!(when("up"), "E0704");
    assert_eq!(when("key"), "E0702");
    assert_eq!(when("\"x\" == \"x\""), "");
}

#[test]
fn what_when_leaves_out_asks_for_nothing_and_never_fails() {
    let ir = compiled(
        r#"workflow w {
  step a = hook(["./a"])
  step gone = hook(["./gone"]) when "x" == "y"
  step b = hook(["./b"]) after [a, gone]
  step c = hook(["./c"]) after gone.failed
  step d = hook(["./d"]) after gone.failed or a.failed
  step e = hook(["./e"]) after c.failed and a
  step f = hook(["./f"]) after gone.ended
  hook(["./g"]) after gone.failed
}
"#,
    );
    let steps = &ir.workflows["w"].steps;
    assert_eq!(steps.keys().collect::<Vec<_>>(), ["a", "b", "d", "f"]);
    assert_eq!(steps["b"].needs, Rule::Well("a".into()));
    assert_eq!(steps["d"].needs, Rule::Any(vec![Rule::Failed("a".into())]));
    assert_eq!(steps["f"].needs, Rule::Well("d".into()));
    let typo = "workflow w { step a = hook([\"./a\"]) when 1 == 2 step b = hook([\"./b\"]) after a.faild }";
    assert_eq!(wrong(typo), "E0307");
}

#[test]
fn blocks_that_wait_for_snapshots_have_some() {
    let kept = "step a = protect(home, to: shelf, keep: keep_all)";
    let bracket = |until: &str, body: &str| {
        wrong(&format!(
            "workflow w {{ bracket(acquire: hook([\"./a\"]), release: hook([\"./b\"]){until}) {{ {body} }} }}"
        ))
    };
    assert_eq!(bracket("", "hook([\"./c\"])"), "");
    assert_eq!(bracket(", until: snapshots", "hook([\"./c\"])"), "E0627");
    assert_eq!(bracket(", until: snapshots", kept), "");
    assert_eq!(bracket(", until: snapshots", &format!("parallel {{ {kept} }}")), "");
    assert_eq!(wrong("workflow w { group(apart: 5min) { hook([\"./c\"]) } }"), "E0627");
    let both = "for x in [home, docs] { step a = protect(x, to: shelf, keep: keep_all) }";
    assert_eq!(wrong(&format!("workflow w {{ group(apart: 5min) {{ {both} }} }}")), "");
}

#[test]
fn a_host_is_one_machine_or_all_of_a_label() {
    assert_eq!(wrong("host h = agent { name: \"a\" }"), "");
    assert_eq!(wrong("host h = agent {}"), "E0303");
    assert_eq!(wrong("host h = agent { name: \"a\", label: \"b\" }"), "E0304");
}
