//! Triggers that are no schedule, events without a timed trigger beside them, and times that a transition touches.

use mainstay_calendar::{CronError, Schedule, ScheduleError, Touch, TouchKind, Zone, events_only, show};
use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::{goals, risk};
use mainstay_ir::{Trigger, Value, Work};

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
    let help = workflow.triggers.iter().find_map(|trigger| match trigger {
        Trigger::Cron { expression, .. } => cron_of_others(expression),
        _ => None,
    });
    let said = match help.filter(|_| matches!(error, ScheduleError::Cron(CronError::Fields { .. }))) {
        Some(help) => said.help(help),
        None => said,
    };
    report.add("schedule", format!("`{name}`"), said);
}

/// What a cron expression that has not five fields means where it comes from.
fn cron_of_others(expression: &str) -> Option<String> {
    let written = match expression.trim() {
        "@hourly" => "every(1h)",
        "@daily" | "@midnight" => "daily(at: 00:00, zone: ..)",
        "@weekly" => "weekly(sunday, at: 00:00, zone: ..)",
        "@monthly" => "monthly(1, at: 00:00, zone: ..)",
        other => {
            let fields: Vec<&str> = other.split_whitespace().collect();
            let [_, five @ ..] = fields.as_slice() else { return None };
            let help = format!("without the seconds in front it is `{}`", five.join(" "));
            return (five.len() == 5).then_some(help);
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
