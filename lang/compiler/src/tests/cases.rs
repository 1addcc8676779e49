//! Mistakes and what is told of them: a policy, what is changed in it, and the whole of the diagnostics in a
//! snapshot beside it.

use super::{Files, one, told};
use crate::{Params, compile};

/// The small policy with a pipeline of its own.
const BASE: &str = r#"edition 2026
policy laptop

param env: "test" | "live" = "test"

secret key  = file("/etc/mainstay/home.key")
source home = files { roots: ["/home"] }
repo shelf  = local { path: "/backup", key: key }
repo second = local { path: "/mnt/second", key: key }

pipeline protect(src: Source, to: Repo, keep: Retention) -> Verified =
  discover(src) |> snapshot() |> compress(zstd, level: 6) |> encrypt() |> store(to) |> verify() |> retain(keep)

workflow nightly {
  trigger: daily(at: 01:30, zone: "Europe/Berlin")
  within:  2h
  step backup = protect(home, to: shelf, keep: gfs(daily: 14, monthly: 6))
  step away   = replicate(backup, to: second) |> verify()
  step check_env = hook(["./check", env], within: 1min)
}
"#;

/// A name, and what is replaced by what; all of these are wrong.
const WRONG: &[(&str, &[(&str, &str)])] = &[
    // What would be written instead is known.
    ("a_text_of_a_param_without_quotes", &[("= \"test\"", "= live")]),
    (
        "a_text_that_the_param_never_is",
        &[("env], within: 1min)", "env], within: 1min) when env == \"lvie\"")],
    ),
    ("a_list_in_words", &[("within:  2h", "within:  2h\n  needs: line and power")]),
    ("a_copy_of_a_source", &[("replicate(backup,", "replicate(home,")]),
    ("a_zone_without_its_continent", &[("Europe/Berlin", "Lord_Howe")]),
    (
        "an_outcome_of_no_run",
        &[(
            "workflow nightly {",
            "test \"t\" { given failure(backup) expect nightly.away == ok }\nworkflow nightly {",
        )],
    ),
    ("a_share_without_its_unit", &[("|> verify()", "|> verify(sample: 5)")]),
    (
        "a_loop_over_one_thing",
        &[(
            "step away   =",
            "for one in home { step each = latest(one, in: shelf) |> verify() }\n  step away   =",
        )],
    ),
    ("a_promise_of_another_kind", &[("workflow nightly {", "workflow nightly for shelf {")]),
    (
        "a_day_hidden_by_a_name",
        &[("workflow nightly {", "let sunday = 3\nworkflow nightly {"), ("daily(at", "weekly(sunday, at")],
    ),
    // The order of protection.
    ("store_before_encrypt", &[("|> encrypt() |> store(to)", "|> store(to) |> encrypt()")]),
    ("store_without_encrypt", &[("|> encrypt() ", "")]),
    (
        "compress_after_encrypt",
        &[(" |> compress(zstd, level: 6) |> encrypt()", " |> encrypt() |> compress(zstd)")],
    ),
    ("retain_before_verify", &[("|> verify() |> retain(keep)", "|> retain(keep) |> verify()")]),
    (
        "encrypt_before_compress_and_snapshot",
        &[("snapshot() |> compress(zstd, level: 6) |> encrypt()", "encrypt() |> snapshot()")],
    ),
    (
        "snapshot_far_behind",
        &[(
            "snapshot() |> compress(zstd, level: 6) |> encrypt()",
            "compress(zstd, level: 6) |> encrypt() |> snapshot()",
        )],
    ),
    ("retain_without_verify", &[("|> verify() |> retain(keep)", "|> retain(keep)")]),
    ("snapshot_left_out", &[("|> snapshot() ", "")]),
    ("discover_left_out", &[("discover(src) |> snapshot()", "snapshot(src)")]),
    ("promises_more_than_it_gives", &[("|> verify() |> retain(keep)", "")]),
    (
        "stored_where_verified_is_wanted",
        &[("|> verify()\n", "|> verify()\n  step kept = latest(home, in: shelf) |> retain(gfs(daily: 1))\n")],
    ),
    (
        "nothing_is_kept",
        &[
            ("protect(home, to: shelf, keep: gfs(daily: 14, monthly: 6))", "discover(home) |> snapshot()"),
            ("step away   = replicate(backup, to: second) |> verify()", ""),
        ],
    ),
    ("a_verb_in_a_chain", &[("|> verify()\n", "|> hook([\"./x\"])\n")]),
    ("a_stage_without_its_parentheses", &[("|> encrypt() |>", "|> encrypt |>")]),
    (
        "restore_by_the_clock",
        &[("|> verify()\n", "|> verify()\n  step back = latest(home, in: shelf) |> restore(to: home)\n")],
    ),
    // Types and units.
    ("a_size_where_a_time_belongs", &[("within:  2h", "within:  2GiB")]),
    ("a_month_where_a_time_belongs", &[("within:  2h", "within:  1mo")]),
    ("a_number_without_its_unit", &[("within:  2h", "within:  2")]),
    ("one_m", &[("within:  2h", "within:  1m")]),
    ("ten_g", &[("roots: [\"/home\"]", "roots: [\"/home\"], skip_larger: 10G")]),
    ("an_unknown_key", &[("roots: [\"/home\"]", "roots: [\"/home\"], exlude: [\"*.tmp\"]")]),
    ("a_misspelt_key_that_must_be_there", &[("files { roots:", "files { rots:")]),
    ("an_unknown_label", &[("to: shelf", "too: shelf")]),
    ("fields_that_are_missing", &[("local { path: \"/backup\", key: key }", "local { }")]),
    ("one_text_where_a_list_belongs", &[("roots: [\"/home\"]", "roots: \"/home\"")]),
    ("an_unknown_zone", &[("Europe/Berlin", "Europe/Berln")]),
    ("an_unknown_member", &[("within:  2h", "within:  2h\n  overlap: skipp")]),
    ("a_repo_where_a_source_belongs", &[("protect(home,", "protect(shelf,")]),
    ("the_wrong_value_of_a_union", &[("= \"test\"\n", "= \"tset\"\n")]),
    ("a_time_and_a_month_added", &[("within:  2h", "within:  2h + 1mo")]),
    ("an_empty_list", &[("roots: [\"/home\"]", "roots: []")]),
    (
        "a_constructor_with_the_wrong_brackets",
        &[("files { roots: [\"/home\"] }", "files(roots: [\"/home\"])")],
    ),
    ("a_thing_without_its_constructor", &[("files { roots", "{ roots")]),
    ("an_unknown_type", &[("src: Source", "src: Sorce")]),
    ("too_many_arguments", &[("to: shelf, keep: gfs(daily: 14, monthly: 6)", "shelf, gfs(daily: 14), 3")]),
    // Names.
    (
        "an_unknown_name_is_told_once",
        &[
            ("to: shelf", "to: shlf"),
            ("|> verify()\n", "|> verify()\n  step more = latest(home, in: shlf) |> verify()\n"),
        ],
    ),
    ("two_sources_of_one_name", &[("repo shelf", "source home = files { roots: [\"/root\"] }\nrepo shelf")]),
    ("two_steps_of_one_name", &[("step away ", "step backup ")]),
    ("a_step_with_the_name_of_a_repo", &[("step away ", "step shelf ")]),
    ("steps_in_a_circle", &[("monthly: 6))", "monthly: 6)) after away")]),
    (
        "steps_in_a_circle_of_three",
        &[
            ("monthly: 6))", "monthly: 6)) after told"),
            ("step away", "step told = hook([\"./tell\"]) after away\n  step away"),
        ],
    ),
    ("a_step_that_stands_later", &[("step away", "step told = hook([\"./tell\"]) after away\n  step away")]),
    ("a_step_that_waits_for_itself", &[("replicate(backup,", "replicate(away,")]),
    ("a_let_in_a_circle", &[("pipeline", "let a = b\nlet b = a\n\npipeline")]),
    (
        "a_pipeline_that_calls_itself",
        &[("|> retain(keep)", "|> retain(keep) |> protect(to: to, keep: keep)")],
    ),
    (
        "a_pipeline_that_is_not_imported",
        &[("replicate(backup, to: second) |> verify()", "copy(backup, to: second, keep: gfs(daily: 1))")],
    ),
    (
        "a_field_of_an_objective_that_is_not_given",
        &[
            ("workflow nightly", "objective gold { rpo: 2d }\nworkflow nightly for gold"),
            ("keep: gfs(daily: 14, monthly: 6)", "keep: gold.keep"),
        ],
    ),
    ("an_ending_that_no_step_has", &[("within: 1min)", "within: 1min) after backup.done")]),
    // Secrets and phases.
    ("a_secret_in_a_text", &[("\"/home\"", "\"/home/${key}\"")]),
    ("a_secret_as_a_text", &[("[\"./check\", env]", "[\"./check\", key]")]),
    ("a_secret_written_out", &[("\"/mnt/second\", key: key", "\"/mnt/second\", key: \"hunter2\"")]),
    ("a_secret_compared", &[("within: 1min)", "within: 1min) when key == \"a\"")]),
    ("a_thing_in_a_text", &[("\"/home\"", "\"/home/${shelf}\"")]),
    // Several at once, each told once.
    (
        "several_at_once",
        &[
            ("within:  2h", "within:  2GiB"),
            ("to: second)", "to: secnd)"),
            ("Europe/Berlin", "Berlin"),
            ("\"/backup\", key", "\"/backup\", kee"),
        ],
    ),
    // Every value of the union is checked, not only the one that is chosen.
    (
        "a_fault_of_the_value_that_is_not_chosen",
        &[
            ("workflow nightly", "objective two { copies: at_least(2) }\nworkflow nightly for two"),
            ("|> verify()\n", "|> verify() |> retain(gfs(daily: 7)) when env == \"test\"\n"),
        ],
    ),
    (
        "a_branch_takes_from_another",
        &[("step backup", "parallel {\n  step backup"), ("|> verify()\n", "|> verify()\n  }\n")],
    ),
    (
        "one_item_twice",
        &[(
            "workflow nightly {",
            "workflow more {\n  for x in [home, home] { step kept = latest(x, in: shelf) |> verify() }\n}\n\nworkflow nightly {",
        )],
    ),
    ("a_negative_number", &[("daily: 14", "daily: -14")]),
    ("a_number_from_nothing", &[("within:  2h", "within:  10min / (1 - 1)")]),
];

fn changed(changes: &[(&str, &str)]) -> String {
    let mut text = BASE.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    text
}

#[test]
fn the_base_is_clean() {
    assert_eq!(told(&one(BASE)), "");
}

#[test]
fn mistakes_are_told_once_with_both_places() {
    for (name, changes) in WRONG {
        let text = changed(changes);
        let compiled = one(&text);
        assert!(compiled.has_errors() && compiled.ir.is_none(), "{name} is not found");
        let shown: Vec<String> = changes.iter().map(|(from, to)| format!("- {from}\n+ {to}")).collect();
        insta::assert_snapshot!(*name, format!("{}\n\n{}", shown.join("\n"), told(&compiled)));
    }
}

#[test]
fn params_are_handed_in_and_missing_ones_are_told_at_once() {
    let text =
        BASE.replace("= \"test\"\n", "\nparam root: Path\nparam most: Duration = 2h where most < 1d\n");
    let text = text.replace("[\"/home\"]", "[root]").replace("within:  2h", "within:  most");
    let files = Files::default().with("mainstay.stay", &text);
    let with = |pairs: &[(&str, &str)]| {
        compile(
            &files,
            "mainstay.stay",
            &pairs.iter().map(|(name, value)| (*name, *value)).collect::<Params>(),
        )
    };
    insta::assert_snapshot!("params_missing", told(&with(&[])));
    insta::assert_snapshot!(
        "params_wrong",
        told(&with(&[("env", "lve"), ("root", "/home"), ("most", "2d"), ("x", "1")]))
    );
    insta::assert_snapshot!(
        "params_of_another_type",
        told(&with(&[("env", "live"), ("root", "/home"), ("most", "2GiB")]))
    );
    let right = with(&[("env", "live"), ("root", "/srv"), ("most", "90min")]);
    assert_eq!(told(&right), "");
    let ir = right.ir.unwrap();
    assert_eq!(ir.params.get("env"), Some(&mainstay_ir::Value::Text("live".into())));
    assert_eq!(ir.workflows["nightly"].within, Some(mainstay_ir::DurationMs(5_400_000)));
}

#[test]
fn files_use_each_other_by_their_public_names() {
    let house = "edition 2026\nparam root: Path\nsecret key = file(\"/k\")\nlet usual = files { exclude: [\"*.tmp\"] }\nlet _hidden = 1\n";
    let root = BASE
        .replace(
            "secret key  = file(\"/etc/mainstay/home.key\")\n",
            "use \"lib/house.stay\" as house (root: \"/srv\")\n",
        )
        .replace("key: key", "key: house.key")
        .replace("files { roots: [\"/home\"] }", "files { ..house.usual, roots: [house.root] }");
    let files = Files::default().with("mainstay.stay", &root).with("lib/house.stay", house);
    let compiled = compile(&files, "mainstay.stay", &Params::none());
    assert_eq!(told(&compiled), "");
    let ir = compiled.ir.unwrap();
    assert!(ir.secrets.contains_key("house.key"));
    let wrong = root.replacen("house.key", "house._hidden", 1).replacen("house.usual", "house.usal", 1);
    let wrong = wrong.replace(" (root: \"/srv\")", "");
    let files = files.with("mainstay.stay", &wrong);
    insta::assert_snapshot!(
        "a_private_name_and_a_slip",
        told(&compile(&files, "mainstay.stay", &Params::none()))
    );
    let slip = root.replace("(root: \"/srv\")", "(roots: \"/srv\")");
    let files = files.with("mainstay.stay", &slip);
    insta::assert_snapshot!(
        "a_slip_in_what_is_handed_over",
        told(&compile(&files, "mainstay.stay", &Params::none()))
    );
    let files = files.with("lib/house.stay", "edition 2026\nuse \"../mainstay.stay\" as back\n");
    insta::assert_snapshot!("files_in_a_circle", told(&compile(&files, "mainstay.stay", &Params::none())));
}
