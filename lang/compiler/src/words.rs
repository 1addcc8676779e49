//! Values in the words of the language, whole: what differs differs in these words too. Who shows them shortens them.

use mainstay_ir::{Backoff, Block, Call, Constructed, IndexMap, Rule, Trigger, Value, WEEKDAYS, clock};

/// As somebody would write it.
pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("{text:?}"),
        Value::Int(number) => number.to_string(),
        Value::Decimal(digits) => digits.clone(),
        Value::Bool(truth) => truth.to_string(),
        Value::Duration(length) => length.literal(),
        Value::Period(months) if *months > 0 && months % 12 == 0 => format!("{}y", months / 12),
        Value::Period(months) => format!("{months}mo"),
        Value::Bytes(bytes) => {
            scaled(*bytes, &[(1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")], "B")
        }
        Value::Rate(bits) => {
            scaled(*bits, &[(1_000_000_000, "Gbit/s"), (1_000_000, "Mbit/s"), (1_000, "kbit/s")], "bit/s")
        }
        Value::Percent(millionths) => percent(*millionths),
        Value::Time(minutes) => clock(*minutes),
        Value::Window(from, to) => format!("{}..{}", clock(*from), clock(*to)),
        Value::Date(date) => date.clone(),
        Value::Range(from, to) => {
            let end = |end: &Option<Box<Value>>| end.as_deref().map(self::value).unwrap_or_default();
            format!("{}..{}", end(from), end(to))
        }
        Value::Member(name) | Value::Secret(name) | Value::Step(name) => name.clone(),
        Value::Thing(_, name) => name.clone(),
        Value::List(items) => list(items.iter().map(self::value)),
        Value::Record(fields) => format!("{{ {} }}", self::fields(fields)),
        Value::Retention(keep) => keep.literal(),
        Value::Backoff(tries) => backoff(tries),
        Value::Constructed(made) => constructed(made),
    }
}

fn scaled(number: u64, units: &[(u64, &str)], smallest: &str) -> String {
    let exact = units.iter().find(|(unit, _)| number > 0 && number.is_multiple_of(*unit));
    exact.map_or(format!("{number}{smallest}"), |(unit, name)| format!("{}{name}", number / unit))
}

fn percent(millionths: u64) -> String {
    let (whole, rest) = (millionths / 10_000, millionths % 10_000);
    if rest == 0 {
        return format!("{whole}%");
    }
    format!("{whole}.{}%", format!("{rest:04}").trim_end_matches('0'))
}

/// `[a, b]`.
pub(crate) fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

fn fields(fields: &IndexMap<String, Value>) -> String {
    let each = fields.iter().map(|(name, of)| format!("{name}: {}", value(of)));
    each.collect::<Vec<_>>().join(", ")
}

pub(crate) fn constructed(made: &Constructed) -> String {
    if made.fields.is_empty() {
        return format!("{}()", made.constructor);
    }
    format!("{}({})", made.constructor, fields(&made.fields))
}

pub(crate) fn call(call: &Call) -> String {
    let mut parts: Vec<String> =
        call.args.iter().map(|(name, of)| format!("{name}: {}", value(of))).collect();
    parts.extend(call.within.map(|within| format!("within: {}", within.literal())));
    format!("{}({})", call.name, parts.join(", "))
}

pub(crate) fn backoff(tries: &Backoff) -> String {
    let (first, most) = (tries.first.literal(), tries.most.literal());
    format!("backoff(first: {first}, most: {most}, tries: {})", tries.tries)
}

/// A trigger as it is written.
pub(crate) fn trigger(trigger: &Trigger) -> String {
    let (name, mut parts, jitter) = match trigger {
        Trigger::Every { interval, jitter } => ("every", vec![interval.literal()], Some(jitter)),
        Trigger::Daily { at, zone, jitter } => ("daily", placed(*at, zone), Some(jitter)),
        Trigger::Weekly { day, at, zone, jitter } => {
            ("weekly", [vec![format!("day: {}", weekday(*day))], placed(*at, zone)].concat(), Some(jitter))
        }
        Trigger::Monthly { day, at, zone, jitter } => {
            ("monthly", [vec![format!("day: {day}")], placed(*at, zone)].concat(), Some(jitter))
        }
        Trigger::Cron { expression, zone, jitter } => {
            ("cron", vec![format!("{expression:?}"), format!("zone: {zone:?}")], Some(jitter))
        }
        Trigger::Event { name, args } => {
            let parts = args.iter().map(|(name, of)| format!("{name}: {}", value(of)));
            (name.as_str(), parts.collect(), None)
        }
    };
    parts.extend(jitter.filter(|jitter| jitter.0 > 0).map(|jitter| format!("jitter: {}", jitter.literal())));
    format!("{name}({})", parts.join(", "))
}

fn placed(at: u16, zone: &str) -> Vec<String> {
    vec![format!("at: {}", clock(at)), format!("zone: {zone:?}")]
}

fn weekday(day: u8) -> String {
    let name = usize::from(day).checked_sub(1).and_then(|day| WEEKDAYS.get(day));
    name.map_or_else(|| day.to_string(), |name| (*name).to_owned())
}

/// All triggers of a workflow, in an order of their own: which one stands first means nothing.
pub(crate) fn triggers(all: &[Trigger]) -> Option<String> {
    let mut shown: Vec<String> = all.iter().map(trigger).collect();
    shown.sort();
    shown.dedup();
    match shown.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        _ => Some(list(shown.into_iter())),
    }
}

/// What a step asks of others.
pub(crate) fn rule(rule: &Rule) -> String {
    let joined = |rules: &[Rule], word: &str| {
        let mut all: Vec<String> = rules.iter().map(self::rule).collect();
        all.sort();
        all.join(word)
    };
    match rule {
        Rule::Always => "nothing".to_owned(),
        Rule::Well(step) => step.clone(),
        Rule::Failed(step) => format!("{step}.failed"),
        Rule::Ended(step) => format!("{step}.ended"),
        Rule::All(rules) => joined(rules, " and "),
        Rule::Any(rules) => format!("({})", joined(rules, " or ")),
    }
}

/// How a body nests, in one line; branches side by side have no order.
pub(crate) fn block(block: &Block) -> String {
    let inner = |blocks: &[Block]| blocks.iter().map(self::block).collect::<Vec<_>>().join("; ");
    match block {
        Block::Step(name) => name.clone(),
        Block::Sequential(blocks) => format!("{{ {} }}", inner(blocks)),
        Block::Parallel { limit, branches } => {
            let mut all: Vec<String> = branches.iter().map(self::block).collect();
            all.sort();
            let limit = limit.map(|limit| format!("(limit: {limit})")).unwrap_or_default();
            format!("parallel{limit} {{ {} }}", all.join("; "))
        }
        // What closes a part of it stands nowhere in this order.
        Block::Closed { body, .. } => self::block(body),
        other => format!("{{ {} }}", inner(other.children())),
    }
}
