//! A value that the help proposes keeps the promise: written into the policy, it proves.

use mainstay_diagnostics::codes::goals;
use proptest::prelude::*;

use crate::tests::one;

fn trigger() -> impl Strategy<Value = String> {
    let zone = prop::sample::select(vec!["Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "UTC"]);
    let jitter = prop::sample::select(vec!["", ", jitter: 2min", ", jitter: 50min"]);
    let every = (prop::sample::select(vec!["45min", "2h", "5h", "30h"]), jitter.clone())
        .prop_map(|(interval, jitter)| format!("every({interval}{jitter})"));
    let daily = (0..24, zone.clone(), jitter)
        .prop_map(|(hour, zone, jitter)| format!("daily(at: {hour:02}:30, zone: \"{zone}\"{jitter})"));
    let weekly =
        (0..24, zone).prop_map(|(hour, zone)| format!("weekly(sunday, at: {hour:02}:00, zone: \"{zone}\")"));
    let list = (0..24, 1..24).prop_map(|(hour, later)| {
        let at = |hour| format!("daily(at: {:02}:15, zone: \"Europe/Berlin\")", hour % 24);
        format!("[{}, {}]", at(hour), at(hour + later))
    });
    prop_oneof![3 => every, 3 => daily, 1 => weekly, 2 => list]
}

fn policy(rpo: u64, first: (&str, u64), second: (&str, u64)) -> String {
    let (trigger, within) = first;
    let (then, then_within) = second;
    format!(
        r#"edition 2026
policy mended
use std.pipelines.{{protect, copy}}
secret key  = file("/etc/mainstay/home.key")
source home = files {{ roots: ["/home"] }}
repo shelf  = local {{ path: "/backup", key: key }}
repo away   = local {{ path: "/mnt/away", key: key }}
objective gold {{ rpo: {rpo}min }}
workflow nightly for gold {{
  trigger: {trigger}
  within:  {within}min
  step kept = protect(home, to: shelf, keep: gfs(daily: 14))
}}
workflow carry for gold {{
  trigger: {then}
  within:  {then_within}min
  step carried = copy(latest(home, in: shelf), to: away, keep: gfs(daily: 14))
}}
"#
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_proposed_keeps_the_promise(
        rpo in 30..6000_u64,
        trigger in trigger(),
        within in 1..600_u64,
        then in prop_oneof![trigger(), Just("after_success(nightly)".to_owned())],
        then_within in 1..600_u64,
    ) {
        let text = policy(rpo, (&trigger, within), (&then, then_within));
        let compiled = one(&text);
        let late = compiled.diagnostics.iter().filter(|found| found.code == goals::RPO);
        for found in late {
            for edit in found.fixes.iter().flat_map(|fix| &fix.edits) {
                let file = compiled.map.files().iter().find(|file| file.name.ends_with("mainstay.stay")).unwrap();
                let (start, end) = (edit.span.start - file.start, edit.span.end - file.start);
                let mut mended = text.clone();
                mended.replace_range(start as usize..end as usize, &edit.replacement);
                let again = one(&mended);
                let same = |other: &&mainstay_diagnostics::Diagnostic| {
                    [goals::RPO, goals::WITHIN_GAP].contains(&other.code) && subject(other) == subject(found)
                };
                let still = again.diagnostics.iter().find(same).map(|other| other.message.clone());
                prop_assert_eq!(still, None, "{}\nmended: {}", found.message, edit.replacement);
            }
        }
    }
}

/// The copy, or the workflow, that a message is about.
fn subject(found: &mainstay_diagnostics::Diagnostic) -> &str {
    let away = found.message.contains("`away`") || found.message.contains("`carry`");
    if away { "away" } else { "shelf" }
}
