//! When a workflow runs.

use mainstay_ir::{DurationMs, Trigger, WEEKDAYS};

use super::Lowering;
use super::values::duration;
use crate::value::{Fields, Made, Typed, Val};

impl Lowering<'_> {
    /// One trigger, or a list of them.
    pub(super) fn triggers(&self, value: &Typed) -> Vec<Trigger> {
        match &value.value {
            Val::Made(made) => self.trigger(made).into_iter().collect(),
            Val::List(items) => items.iter().flat_map(|item| self.triggers(item)).collect(),
            _ => Vec::new(),
        }
    }

    fn trigger(&self, made: &Made) -> Option<Trigger> {
        let fields = &made.fields;
        let jitter = duration(fields, "jitter").unwrap_or(DurationMs(0));
        let wall = || Some((minutes(fields)?, text(fields, "zone")?));
        Some(match made.constructor.name {
            "every" => Trigger::Every { interval: duration(fields, "interval")?, jitter },
            "daily" => {
                let (at, zone) = wall()?;
                Trigger::Daily { at, zone, jitter }
            }
            "weekly" => {
                let (at, zone) = wall()?;
                Trigger::Weekly { day: weekday(fields)?, at, zone, jitter }
            }
            "monthly" => {
                let (at, zone) = wall()?;
                Trigger::Monthly { day: day(fields)?, at, zone, jitter }
            }
            "cron" => {
                let expression = text(fields, "expression")?;
                Trigger::Cron { expression, zone: text(fields, "zone")?, jitter }
            }
            name => Trigger::Event { name: name.to_owned(), args: self.values(fields) },
        })
    }
}

fn minutes(fields: &Fields) -> Option<u16> {
    match fields.get("at")?.value {
        Val::TimeMinutes(minutes) => Some(minutes),
        _ => None,
    }
}

fn text(fields: &Fields, name: &str) -> Option<String> {
    match &fields.get(name)?.value {
        Val::Text(text) => Some(text.as_ref().to_owned()),
        _ => None,
    }
}

fn weekday(fields: &Fields) -> Option<u8> {
    let Val::Member(day) = &fields.get("day")?.value else { return None };
    let at = WEEKDAYS.iter().position(|known| **known == **day)?;
    u8::try_from(at + 1).ok()
}

fn day(fields: &Fields) -> Option<u8> {
    match fields.get("day")?.value {
        Val::Int(day) => u8::try_from(day).ok(),
        _ => None,
    }
}
