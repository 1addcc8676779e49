//! Triggers that are no schedule, events without a timed trigger beside them, and times that a transition touches.

use mainstay_calendar::{CronError, Schedule, ScheduleError, Touch, TouchKind, Zone, events_only, show};
use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::{goals, risk};
use mainstay_ir::{DurationMs, Trigger, Value, Work};

use super::policy::Policy;
use super::report::Report;
use crate::words;

pub(super) fn check(policy: &Policy<'_>, report: &mut Report) {
    for (name, workflow) in policy.ir.works() {
        schedule(policy, name, workflow, report);
        events(policy, name, workflow, report);
        touches(policy, name, workflow, report);
    }
}

fn schedule(policy: &Policy<'_>, name: &str, workflow: Work<'_>, report: &mut Report) {
    let Err(error) = Schedule::new(workflow.triggers) else { return };
    let span = policy.span(&format!("workflow.{name}.trigger"));
    let said = Diagnostic::error(goals::NO_SCHEDULE, error.to_string(), span, "this is no schedule");
    // The error is that of the first trigger that has one.
    let failed =
        workflow.triggers.iter().find(|trigger| Schedule::new(std::slice::from_ref(trigger)).is_err());
    let help = match (failed, &error) {
        (Some(Trigger::Cron { expression, zone, .. }), ScheduleError::Cron(CronError::Fields { .. })) => {
            cron_of_others(expression, zone)
        }
        _ => None,
    };
    let said = match help {
        Some(help) => said.help(help),
        None => said,
    };
    report.add("schedule", format!("`{name}`"), said);
}

/// What a cron expression that has not five fields means where it comes from.
fn cron_of_others(expression: &str, zone: &str) -> Option<String> {
    let written = match expression.trim() {
        "@hourly" => "every(1h)",
        "@daily" | "@midnight" => "daily(at: 00:00, zone: ..)",
        "@weekly" => "weekly(sunday, at: 00:00, zone: ..)",
        "@monthly" => "monthly(1, at: 00:00, zone: ..)",
        other => {
            let fields: Vec<&str> = other.split_whitespace().collect();
            let ([_, five @ ..], 6) = (fields.as_slice(), fields.len()) else { return None };
            // `?` in a field of days, as Quartz has it, says nothing of them.
            let days = [2, 4];
            let plain = five.iter().enumerate().map(|(at, field)| match *field {
                "?" if days.contains(&at) => "*",
                field => field,
            });
            let expression = plain.collect::<Vec<_>>().join(" ");
            let help = format!("without the seconds in front it is `{expression}`");
            // Six fields may also end with a year: what is no schedule without the first is none of seconds.
            let cron = Trigger::Cron { expression, zone: zone.to_owned(), jitter: DurationMs(0) };
            return Schedule::new(&[cron]).is_ok().then_some(help);
        }
    };
    Some(format!("write `{written}`"))
}

fn events(policy: &Policy<'_>, name: &str, workflow: Work<'_>, report: &mut Report) {
    let Some(lossy) = events_only(workflow.triggers) else { return };
    let span = policy.span(&format!("workflow.{name}.trigger"));
    let message = format!("{} starts by `{lossy}` only, and an event can be lost", policy.named(name));
    let said = Diagnostic::error(goals::EVENTS_ONLY, message, span, "no timed trigger beside it")
        .note(
            "when the event is lost, or its sender is down, nothing would ever run and nothing would say so",
        )
        .help(format!("add a timed trigger for the day it happens: `trigger: [{lossy}(..), every(6h)]`"));
    report.add("events", format!("`{name}`"), said);
}

fn touches(policy: &Policy<'_>, name: &str, workflow: Work<'_>, report: &mut Report) {
    let touches = policy.times.schedule(name).map(Schedule::touches).unwrap_or_default();
    let Some(first) = touches.first() else { return };
    let span = policy.span(&format!("workflow.{name}.trigger"));
    let message = format!("a change of the clocks touches the time at which {} runs", policy.named(name));
    let label = match first.kind {
        TouchKind::Skipped => "some day has no such time",
        TouchKind::Twice => "some day has this time twice",
    };
    let mut said = Diagnostic::warning(risk::CLOCK_CHANGE, message, span, label);
    for touch in &touches {
        said = said.note(touched(touch, &touch.zone));
    }
    let help = match free_time(workflow.triggers) {
        Some((time, zone)) => format!("`at: {time}` exists once on each day of `{zone}`"),
        None => "choose a time that exists once on each day of the zone, or `every(..)`".to_owned(),
    };
    let said = said.help(help);
    report.add("touch", format!("`{name}`"), said);
}

/// The nearest later time that no transition touches, in hours and half hours, and its zone, for a workflow with one
/// trigger at one time.
fn free_time(triggers: &[Trigger]) -> Option<(String, String)> {
    let [trigger] = triggers else { return None };
    (1..48).find_map(|half_hours| {
        let mut later = trigger.clone();
        let (Trigger::Daily { at, zone, .. }
        | Trigger::Weekly { at, zone, .. }
        | Trigger::Monthly { at, zone, .. }) = &mut later
        else {
            return None;
        };
        *at = (*at + 30 * half_hours) % (24 * 60);
        let (time, zone) = (words::value(&Value::Time(*at)), zone.clone());
        let is_free = Schedule::new(&[later]).is_ok_and(|schedule| schedule.touches().is_empty());
        is_free.then_some((time, zone))
    })
}

fn touched(touch: &Touch, zone: &Zone) -> String {
    let civil = touch.civil.strftime("%Y-%m-%d %H:%M");
    let fires = show(touch.fires, zone);
    match touch.kind {
        TouchKind::Skipped => format!("{civil} is skipped: the run starts at {fires}"),
        TouchKind::Twice => {
            format!("{civil} comes twice: the run starts the first time, at {fires}, and not again")
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::one;

    /// What is told of such triggers to help.
    fn help(triggers: &str) -> Option<String> {
        let text = format!(
            "edition 2026\npolicy p\nworkflow w {{\ntrigger: {triggers}\nwithin: 1h\nhook([\"./a\"])\n}}\n"
        );
        let told = one(&text).diagnostics;
        let found =
            told.into_iter().find(|found| found.message.contains("a cron expression has five fields"));
        found.unwrap_or_else(|| panic!("{triggers}")).help
    }

    #[test]
    fn a_cron_of_others_is_helped_where_it_is_the_one_that_fails() {
        let cron = |expression: &str| help(&format!("cron(\"{expression}\", zone: \"UTC\")"));
        assert_eq!(cron("@daily").as_deref(), Some("write `daily(at: 00:00, zone: ..)`"));
        assert_eq!(cron("0 30 1 * * 1").as_deref(), Some("without the seconds in front it is `30 1 * * 1`"));
        assert_eq!(cron("0 30 1 ? * 1").as_deref(), Some("without the seconds in front it is `30 1 * * 1`"));
        // A year behind is none of seconds in front.
        assert_eq!([cron("30 1 * * ? 2026"), cron("30 1 * * ? *"), cron("1 2 3")], [const { None }; 3]);
        assert_eq!(help("[cron(\"1 2 3\", zone: \"UTC\"), cron(\"@daily\", zone: \"UTC\")]"), None);
    }
}
