//! Things of a policy, and the values of their fields, as people read them.

use mainstay_ir::{Constructed, Value, clock};

use super::Docs;
use super::prose::{Piece, prose};
use crate::report::words;

/// A source, repo or anything else with fields.
#[derive(Debug)]
pub struct Thing {
    /// As the policy calls it.
    pub name: String,
    /// `files`, `local`.
    pub made_by: String,
    /// What its author says.
    pub docs: Vec<Piece>,
    /// Fields with their values; those that say nothing are left out.
    pub fields: Vec<(String, String)>,
}

/// All things of one kind.
pub fn things<'i>(all: impl IntoIterator<Item = (&'i String, &'i Constructed)>, docs: &Docs) -> Vec<Thing> {
    all.into_iter().map(|(name, made)| thing(name, made, docs)).collect()
}

fn thing(name: &str, made: &Constructed, docs: &Docs) -> Thing {
    let fields = made.fields.iter().filter(|(_, value)| says_something(value));
    Thing {
        name: name.to_owned(),
        made_by: made.constructor.clone(),
        docs: docs.get(name).map(|lines| prose(lines)).unwrap_or_default(),
        fields: fields.map(|(name, field)| (name.replace('_', " "), value(field))).collect(),
    }
}

fn says_something(value: &Value) -> bool {
    !matches!(value, Value::List(items) if items.is_empty()) && *value != Value::Bool(false)
}

/// A value in words. A secret is its name: nobody here knows more.
pub fn value(of: &Value) -> String {
    match of {
        Value::Text(text) | Value::Decimal(text) | Value::Date(text) => text.clone(),
        Value::Member(name) | Value::Thing(_, name) | Value::Step(name) => name.clone(),
        Value::Int(number) => number.to_string(),
        Value::Bool(truth) => if *truth { "yes" } else { "no" }.to_owned(),
        Value::Duration(length) => length.to_string(),
        Value::Period(months) if months % 12 == 0 => words::counted(u64::from(months / 12), "year"),
        Value::Period(months) => words::counted(u64::from(*months), "month"),
        Value::Bytes(bytes) => words::bytes(*bytes),
        Value::Rate(bits) => format!("{}/s", words::bytes(bits / 8)),
        Value::Percent(millionths) => format!("{}%", *millionths as f64 / 10_000.0),
        Value::Time(minutes) => clock(*minutes),
        Value::Window(from, to) => format!("{} to {}", clock(*from), clock(*to)),
        Value::Range(from, to) => range(from.as_deref(), to.as_deref()),
        Value::List(items) => items.iter().map(value).collect::<Vec<_>>().join(", "),
        Value::Record(fields) => named(fields.iter()),
        Value::Secret(name) => format!("secret {name}"),
        Value::Retention(keep) => keep.to_string(),
        Value::Backoff(retry) => {
            let tries = words::counted(u64::from(retry.tries), "try");
            format!("{tries}, {} at first, {} at most", retry.first, retry.most)
        }
        Value::Constructed(made) if made.fields.is_empty() => made.constructor.clone(),
        Value::Constructed(made) => format!("{}: {}", made.constructor, named(made.fields.iter())),
    }
}

fn named<'v>(fields: impl Iterator<Item = (&'v String, &'v Value)>) -> String {
    let said = fields.filter(|(_, field)| says_something(field));
    said.map(|(name, field)| format!("{} {}", name.replace('_', " "), value(field)))
        .collect::<Vec<_>>()
        .join(", ")
}

fn range(from: Option<&Value>, to: Option<&Value>) -> String {
    match (from.map(value), to.map(value)) {
        (Some(from), Some(to)) => format!("{from} to {to}"),
        (Some(from), None) => format!("{from} or more"),
        (None, Some(to)) => format!("up to {to}"),
        (None, None) => "anything".to_owned(),
    }
}
