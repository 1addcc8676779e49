//! What goes wrong, and who is worse off by it: each pair differs in one thing that shows under one failure only.

use super::super::restorable::{Failure, Way, losses};
use super::ir;

const HEAD: &str = r#"edition 2026
policy failures
secret key  = file("/k")
source home = files { roots: ["/home"] }
source mail = files { roots: ["/mail"] }
source data = postgres { databases: ["d"], globals: true, user: "b", password: key, mode: physical }
repo near  = local { path: "/near", key: key, place: { site: "a", account: "x" } }
repo far   = local { path: "/far", key: key, place: { site: "b", account: "y" } }
repo third = local { path: "/third", key: key, place: { site: "c", account: "z" } }
"#;

/// A workflow that runs each day at an hour, for an hour.
fn daily(name: &str, hour: u32, body: &str) -> String {
    timed(name, &format!("daily(at: {hour:02}:00, zone: \"UTC\")"), body)
}

/// One that takes an hour.
fn timed(name: &str, trigger: &str, body: &str) -> String {
    format!("workflow {name} {{\n  trigger: {trigger}\n  within: 1h\n{body}\n}}\n")
}

fn store(source: &str, repo: &str) -> String {
    format!("  step {source}_{repo} = discover({source}) |> snapshot() |> encrypt() |> store({repo})\n")
}

fn side_by_side(steps: &str) -> String {
    format!("  parallel {{\n{steps}  }}\n")
}

/// A link of the chain of `data`, whose base lies in `near`.
fn link(repo: &str) -> String {
    format!("  step link_{repo} = logs(data, since: latest(data, in: near)) |> encrypt() |> store({repo})\n")
}

fn away(from: &str, to: &str) -> String {
    format!("  step away = latest(home, in: {from}) |> replicate(to: {to})\n")
}

/// The sources that are worse off by going from one to the other, each with what goes wrong.
fn hurt(old: &[String], new: &[String]) -> Vec<(String, Failure)> {
    hurt_from(HEAD, &old.concat(), HEAD, &new.concat())
}

fn hurt_from(old_head: &str, old: &str, new_head: &str, new: &str) -> Vec<(String, Failure)> {
    let (old, new) = (ir(&format!("{old_head}{old}")), ir(&format!("{new_head}{new}")));
    losses(&old, &new).into_iter().map(|witness| (witness.source, witness.failure)).collect()
}

fn one(source: &str, failure: Failure) -> Vec<(String, Failure)> {
    vec![(source.to_owned(), failure)]
}

fn repo(name: &str) -> Failure {
    Failure::Repo(name.to_owned())
}

fn run(name: &str) -> Failure {
    Failure::Run(name.to_owned())
}

/// `w` and something that follows its good end.
fn followed(first: &str, within: &str) -> [String; 2] {
    let follower = timed("follower", "after_success(w)", &store("mail", "far"));
    [first.to_owned(), follower.replace("within: 1h", &format!("within: {within}"))]
}

#[test]
fn what_a_good_end_starts_hangs_on_what_it_follows() {
    let hook = |hour| daily("w", hour, "  hook([\"/h\"], within: 1min)");
    let later = hurt(&followed(&hook(1), "1h"), &followed(&hook(2), "1h"));
    assert_eq!(later, one("mail", Failure::Nothing));
    // The clock starts it even when the run before it has failed.
    let by_clock = [hook(1), daily("follower", 2, &store("mail", "far"))];
    assert_eq!(hurt(&by_clock, &followed(&hook(1), "1h")), one("mail", run("w")));
    assert_eq!(hurt(&followed(&hook(1), "1h"), &by_clock), []);
    // Only one of three that do the same is followed.
    let twins = ["v", "u"].map(|name| daily(name, 1, &store("home", "near")));
    let three = |within: &str| {
        let own = followed(&daily("w", 1, &store("home", "near")), within);
        [twins.as_slice(), &own].concat()
    };
    assert_eq!(hurt(&three("1h"), &three("2h")), one("mail", Failure::Nothing));
}

#[test]
fn a_step_that_waits_for_another_fails_with_its_repo() {
    let stores = [store("home", "near"), store("mail", "far")].concat();
    let (apart, in_turn) = ([daily("w", 1, &side_by_side(&stores))], [daily("w", 1, &stores)]);
    assert_eq!(hurt(&apart, &in_turn), one("mail", repo("near")));
    assert_eq!(hurt(&in_turn, &apart), []);
}

#[test]
fn a_state_that_fails_goes_its_way() {
    let machine = |failed: &str| {
        [format!(
            "machine m {{\n  trigger: daily(at: 01:00, zone: \"UTC\")\n  within: 1h\n  start a\n  \
             state a {{ do: discover(home) |> snapshot() |> encrypt() |> store(near) on ok -> b on failed -> {failed} }}\n  \
             state b {{ do: discover(mail) |> snapshot() |> encrypt() |> store(far) on ok -> done on failed -> lost }}\n  \
             final done = ok\n  final lost = failed\n}}\n"
        )]
    };
    assert_eq!(hurt(&machine("b"), &machine("lost")), one("mail", repo("near")));
    assert_eq!(hurt(&machine("lost"), &machine("b")), []);
    let drill = |ways: &str| {
        let text = machine("lost").concat();
        [text.replace("on ok -> done on failed -> lost }", &format!("on ok -> done {ways} }}"))]
    };
    let failed = Failure::State {
        machine: "m".to_owned(),
        state: "a".to_owned(),
        way: Way::Ending("failed".to_owned()),
    };
    let hooked = |failed: &str| {
        let store = "discover(home) |> snapshot() |> encrypt() |> store(near)";
        drill("on failed -> lost").map(|text| {
            text.replace(store, "hook([\"/h\"], within: 1min)")
                .replace("on failed -> lost }\n  state b", &format!("on failed -> {failed} }}\n  state b"))
        })
    };
    assert_eq!(hurt(&hooked("b"), &hooked("lost")), one("mail", failed));
}

#[test]
fn a_run_that_fails_shows_where_one_run_makes_what_two_made() {
    let two = [daily("v", 1, &store("home", "near")), daily("w", 1, &store("home", "far"))];
    let stores = [store("home", "near"), store("home", "far")].concat();
    let one_run = [daily("w", 1, &side_by_side(&stores))];
    assert_eq!(hurt(&two, &one_run), one("home", run("w")));
    assert_eq!(hurt(&one_run, &two), []);
}

#[test]
fn damage_shows_where_the_next_base_is_long_in_coming() {
    // Two of each do the same, so that one that fails is made good by the other.
    let twice = |name: &str, trigger: &str, body: &str| {
        ["one", "other"].map(|twin| timed(&format!("{name}_{twin}"), trigger, body)).concat()
    };
    let (midnight, noon) = (r#"daily(at: 00:00, zone: "UTC")"#, r#"daily(at: 12:00, zone: "UTC")"#);
    let links = twice("links", noon, &link("near"));
    let often = [twice("base", midnight, &store("data", "near")), links.clone()];
    let seldom = [
        twice("base", "weekly(thursday, at: 00:00, zone: \"UTC\")", &store("data", "near")),
        twice("more", midnight, &link("near")),
        links,
    ];
    assert_eq!(hurt(&often, &seldom), one("data", Failure::Damage("near".to_owned())));
    assert_eq!(hurt(&seldom, &often), []);
}

#[test]
fn links_are_nothing_without_the_base_beside_them() {
    let links = daily("links", 12, &[link("near"), link("far")].concat());
    let base = daily("base", 0, &store("data", "near"));
    let copied = |trigger: &str| {
        let copy = timed("copy", trigger, &away("near", "far").replace("home", "data"));
        [base.clone(), links.clone(), copy]
    };
    let often = copied("daily(at: 06:00, zone: \"UTC\")");
    let seldom = copied("weekly(sunday, at: 06:00, zone: \"UTC\")");
    assert_eq!(hurt(&often, &seldom), one("data", repo("near")));
    // Without any base the run fails, and starts nothing.
    let hung = |trigger: &str| {
        let base = timed("base", trigger, &store("data", "near"));
        let base = if trigger.is_empty() { base.replace("  trigger: \n", "") } else { base };
        [base, daily("w", 12, &link("near")), followed("", "1h")[1].clone()]
    };
    let sources = |all: Vec<(String, Failure)>| all.into_iter().map(|(source, _)| source).collect::<Vec<_>>();
    assert_eq!(sources(hurt(&hung("daily(at: 00:00, zone: \"UTC\")"), &hung(""))), ["mail", "data"]);
}

#[test]
fn what_ends_at_an_instant_is_there_for_what_starts_then() {
    let copied = |at: &str| {
        let trigger = format!("daily(at: {at}, zone: \"UTC\")");
        [daily("w", 1, &store("home", "near")), timed("copy", &trigger, &away("near", "far"))]
    };
    assert_eq!(hurt(&copied("02:00"), &copied("01:59")), one("home", repo("near")));
    assert_eq!(hurt(&copied("02:00"), &copied("02:00")), []);
}

#[test]
fn what_one_run_brings_may_be_of_two_ages() {
    let of = |second: &str| [daily("w", 1, &[store("home", "near"), second.to_owned()].concat())];
    assert_eq!(hurt(&of(&store("home", "far")), &of(&away("near", "far"))), one("home", repo("near")));
}

#[test]
fn how_long_a_run_may_be_late_counts() {
    let late = |jitter: &str| {
        [timed("w", &format!("daily(at: 01:00, zone: \"UTC\"{jitter})"), &store("home", "near"))]
    };
    assert_eq!(hurt(&late(""), &late(", jitter: 10min")), one("home", Failure::Nothing));
    assert_eq!(hurt(&late(", jitter: 10min"), &late("")), []);
}

#[test]
fn a_time_that_comes_in_leap_years_only_is_missed() {
    let sunday = r#"weekly(sunday, at: 01:00, zone: "UTC")"#;
    let leap = format!(r#"[{sunday}, cron("0 3 29 2 *", zone: "UTC")]"#);
    let policy = |trigger: &str| followed(&timed("w", trigger, &store("home", "near")), "1h");
    let late = || Failure::LateTime("w".to_owned());
    let expected = [("home".to_owned(), late()), ("mail".to_owned(), late())];
    assert_eq!(hurt(&policy(&leap), &policy(sunday)), expected);
    assert_eq!(hurt(&policy(sunday), &policy(&leap)), []);
}

#[test]
fn a_place_that_is_not_said_may_be_any() {
    let both = daily("w", 1, &[store("home", "near"), store("home", "far")].concat());
    let site = Failure::Site("a".to_owned());
    let account = Failure::Account("x".to_owned());
    for (from, to, failure) in [
        ("site: \"b\", ", "", &site),
        (", account: \"y\"", "", &account),
        ("account: \"y\"", "account: \"y\", deleters: [\"x\"]", &account),
    ] {
        let head = HEAD.replace(from, to);
        assert_ne!(head, HEAD);
        assert_eq!(hurt_from(HEAD, &both, &head, &both), one("home", failure.clone()), "{to}");
        assert_eq!(hurt_from(&head, &both, HEAD, &both), [], "{to}");
    }
}
