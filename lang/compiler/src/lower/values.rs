//! Values in base units.

use mainstay_ir::{Backoff, Constructed, DurationMs, IndexMap, Retention, Value};

use super::Lowering;
use crate::resolve::item_kind;
use crate::value::{Fields, Flow, Made, Typed, Val};

impl Lowering<'_> {
    /// Fields by name, in declared order.
    pub(super) fn values(&self, fields: &Fields) -> IndexMap<String, Value> {
        self.values_of(fields.iter().collect())
    }

    /// Just as large as they are: calls are what a large policy is made of, and most have an argument or two.
    pub(super) fn values_of(&self, fields: Vec<(&str, &Typed)>) -> IndexMap<String, Value> {
        let mut values = IndexMap::with_capacity_and_hasher(fields.len(), Default::default());
        for (name, typed) in fields {
            if let Some(value) = self.value(&typed.value) {
                values.insert(name.to_owned(), value);
            }
        }
        values
    }

    pub(super) fn constructed(&self, made: &Made) -> Constructed {
        Constructed { constructor: made.constructor.name.to_owned(), fields: self.values(&made.fields) }
    }

    /// A value of the IR; none for what is unknown or only flows.
    pub(super) fn value(&self, value: &Val) -> Option<Value> {
        let boxed = |end: &Option<Box<Val>>| end.as_ref().and_then(|end| self.value(end)).map(Box::new);
        Some(match value {
            Val::Unknown | Val::StepName(..) => return None,
            Val::Flow(flow) => return self.looked_up(flow),
            Val::Text(text) => Value::Text(text.as_ref().to_owned()),
            Val::Int(number) => Value::Int(*number),
            Val::Decimal(_, digits) => Value::Decimal(digits.as_ref().to_owned()),
            Val::Bool(truth) => Value::Bool(*truth),
            Val::DurationMs(ms) => Value::Duration(DurationMs(*ms)),
            Val::PeriodMonths(months) => Value::Period(*months),
            Val::Bytes(bytes) => Value::Bytes(*bytes),
            Val::RateBits(bits) => Value::Rate(*bits),
            Val::PercentMillionths(millionths) => Value::Percent(*millionths),
            Val::TimeMinutes(minutes) => Value::Time(*minutes),
            Val::Window(start, end) => Value::Window(*start, *end),
            Val::Date(..) => Value::Date(value.in_text()?),
            Val::Range(from, to) => Value::Range(boxed(from), boxed(to)),
            Val::Member(member) => Value::Member(member.as_ref().to_owned()),
            Val::List(items) => {
                Value::List(items.iter().filter_map(|item| self.value(&item.value)).collect())
            }
            Val::Record(fields) => Value::Record(Box::new(self.values(fields))),
            Val::Made(made) => self.made(made),
            Val::Decl(id) => {
                let name = self.name(*id);
                match self.program.item(*id).map(|item| item_kind(&item.kind)) {
                    Some("secret") => Value::Secret(name),
                    kind => Value::Thing(kind.unwrap_or_default().to_owned(), name),
                }
            }
            Val::Step(step) => Value::Step(step.id.clone()),
            Val::Act(call) => Value::Constructed(Box::new(Constructed {
                constructor: call.verb.name.to_owned(),
                fields: self.values(&call.args),
            })),
        })
    }

    /// A copy that an argument looks up in place, as in `logs(db, since: latest(db, in: vault))`; what flows on through
    /// other stages is no argument.
    fn looked_up(&self, flow: &Flow) -> Option<Value> {
        let [call] = flow.calls.as_slice() else { return None };
        let constructor = call.stage.name.to_owned();
        Some(Value::Constructed(Box::new(Constructed { constructor, fields: self.values(&call.args) })))
    }

    fn made(&self, made: &Made) -> Value {
        match made.constructor.name {
            "gfs" => Value::Retention(retention(&made.fields)),
            "backoff" => Value::Backoff(backoff(&made.fields)),
            _ => Value::Constructed(Box::new(self.constructed(made))),
        }
    }
}

fn count(fields: &Fields, name: &str) -> u32 {
    match fields.get(name).map(|typed| &typed.value) {
        Some(Val::Int(number)) => u32::try_from((*number).max(0)).unwrap_or(u32::MAX),
        _ => 0,
    }
}

/// A span of time among fields.
pub(super) fn duration(fields: &Fields, name: &str) -> Option<DurationMs> {
    match fields.get(name).map(|typed| &typed.value) {
        Some(Val::DurationMs(ms)) => Some(DurationMs(*ms)),
        _ => None,
    }
}

fn retention(fields: &Fields) -> Retention {
    Retention {
        all: matches!(fields.get("all").map(|typed| &typed.value), Some(Val::Bool(true))),
        last: count(fields, "last"),
        hourly: count(fields, "hourly"),
        daily: count(fields, "daily"),
        weekly: count(fields, "weekly"),
        monthly: count(fields, "monthly"),
        yearly: count(fields, "yearly"),
        within: duration(fields, "within"),
    }
}

/// `backoff(..)`, or the default of the language where a part is unknown.
pub(super) fn backoff(fields: &Fields) -> Backoff {
    let usual = Backoff::default();
    Backoff {
        first: duration(fields, "first").unwrap_or(usual.first),
        most: duration(fields, "most").unwrap_or(usual.most),
        tries: count(fields, "tries").max(1),
    }
}
