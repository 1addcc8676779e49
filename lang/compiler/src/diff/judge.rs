//! Two values of a field, under its rule.

use std::collections::BTreeSet;

use mainstay_ir::{Backoff, Retention, Value};

use super::Strength;
use super::table::Rule;
use super::{short, words};
use Strength::{Neutral, Stronger, Weaker};

/// What came of a comparison: the strength, and words where the values alone do not say it.
pub(super) type Judged = (Strength, Option<String>);

/// A month of the calendar in milliseconds, on average: only to compare a period with a duration.
const MONTH_MS: i128 = 2_629_746_000;

/// Compares two values that differ.
pub(super) fn judge(rule: Rule, before: Option<&Value>, after: Option<&Value>) -> Judged {
    let plain = |strength| (strength, None);
    match rule {
        Rule::Nothing | Rule::Neutral | Rule::Fields(_) | Rule::Own => plain(Neutral),
        Rule::More => plain(order(before.map(number), after.map(number))),
        Rule::Less => plain(order(before.map(negative), after.map(negative))),
        Rule::MoreOrFree => {
            plain(order(Some(before.map_or(i128::MAX, number)), Some(after.map_or(i128::MAX, number))))
        }
        Rule::Ranked(ranks) => {
            plain(order(before.map(|it| rank(ranks, it)), after.map(|it| rank(ranks, it))))
        }
        Rule::Wider => sets(before, after, true),
        Rule::Narrower => sets(before, after, false),
        Rule::Only => only(before, after),
        Rule::Guard => plain(guard(before, after)),
        Rule::Open => plain(open(before, after)),
        Rule::There => plain(presence(before, after)),
        Rule::Absent => plain(presence(after, before)),
        Rule::Elsewhere => plain(if before.is_some() { Weaker } else { Neutral }),
        Rule::Databases => databases(before, after),
        Rule::Kept => kept(retention(before), retention(after)),
        Rule::Tries => plain(tries(before, after)),
    }
}

/// Of two findings about one thing: what is weaker wins, and what is neither says nothing.
pub(super) fn both(one: Strength, other: Strength) -> Strength {
    one.min(other)
}

/// By a number of which more is better; absent is less than any.
pub(super) fn order<T: Ord>(before: Option<T>, after: Option<T>) -> Strength {
    match after.cmp(&before) {
        std::cmp::Ordering::Less => Weaker,
        std::cmp::Ordering::Greater => Stronger,
        std::cmp::Ordering::Equal => Neutral,
    }
}

/// More of what counts is stronger; less of anything is weaker, whatever there is more of.
pub(super) fn grown<T: Ord>(before: &BTreeSet<T>, after: &BTreeSet<T>) -> Strength {
    match (before == after, before.is_subset(after)) {
        (true, _) => Neutral,
        (_, true) => Stronger,
        _ => Weaker,
    }
}

fn negative(value: &Value) -> i128 {
    number(value).saturating_neg()
}

/// What a value measures, in the base unit of its kind; spans in milliseconds.
fn number(value: &Value) -> i128 {
    match value {
        Value::Int(number) => i128::from(*number),
        Value::Bool(truth) => i128::from(*truth),
        Value::Duration(length) => i128::from(length.0),
        Value::Period(months) => i128::from(*months) * MONTH_MS,
        Value::Bytes(number) | Value::Rate(number) | Value::Percent(number) => i128::from(*number),
        Value::Time(minutes) => i128::from(*minutes),
        _ => 0,
    }
}

/// The place of a word among ranks; one that is in none is the weakest.
fn rank(ranks: &[&[&str]], value: &Value) -> Option<usize> {
    let word = match value {
        Value::Member(word) | Value::Text(word) => word.clone(),
        other => words::value(other),
    };
    ranks.iter().position(|words| words.contains(&word.as_str()))
}

fn items(value: Option<&Value>) -> BTreeSet<String> {
    match value {
        Some(Value::List(items)) => items.iter().map(words::value).collect(),
        Some(one) => [words::value(one)].into(),
        None => BTreeSet::new(),
    }
}

/// What was taken out and what was put in, each where there is any.
fn taken_and_put(before: &BTreeSet<String>, after: &BTreeSet<String>) -> Option<String> {
    let list = |some: Vec<&String>| (!some.is_empty()).then(|| words::list(some.into_iter().cloned()));
    let gone = list(before.difference(after).collect());
    let (gone, new) = short::pair(gone, list(after.difference(before).collect()));
    let parts = [("without", gone), ("with", new)];
    let parts: Vec<String> =
        parts.into_iter().filter_map(|(word, list)| Some(format!("{word} {}", list?))).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn sets(before: Option<&Value>, after: Option<&Value>, wide: bool) -> Judged {
    let (before, after) = (items(before), items(after));
    let words = taken_and_put(&before, &after);
    // The order of a list of this kind means nothing.
    (if wide { grown(&before, &after) } else { grown(&after, &before) }, words)
}

fn only(before: Option<&Value>, after: Option<&Value>) -> Judged {
    match (before, after) {
        (None, _) => (Stronger, None),
        (_, None) => (Weaker, None),
        _ => sets(before, after, false),
    }
}

fn presence(before: Option<&Value>, after: Option<&Value>) -> Strength {
    match (before, after) {
        (Some(_), None) => Weaker,
        (None, Some(_)) => Stronger,
        _ => Neutral,
    }
}

/// The ends of a range; open ones are as far as can be.
fn ends(value: &Value) -> (i128, i128) {
    match value {
        Value::Range(from, to) => {
            let end = |end: &Option<Box<Value>>, open| end.as_deref().map_or(open, number);
            (end(from, i128::MIN), end(to, i128::MAX))
        }
        one => (number(one), number(one)),
    }
}

fn guard(before: Option<&Value>, after: Option<&Value>) -> Strength {
    let (Some(before), Some(after)) = (before.map(ends), after.map(ends)) else {
        return presence(before, after);
    };
    if after == before {
        Neutral
    } else if after.0 >= before.0 && after.1 <= before.1 {
        Stronger
    } else {
        Weaker
    }
}

/// Minutes of a day in which a window is open.
fn minutes(value: Option<&Value>) -> BTreeSet<u16> {
    const DAY: u16 = 24 * 60;
    match value {
        Some(Value::Window(from, to)) if from < to => (*from..*to).collect(),
        Some(Value::Window(from, to)) => (*from..DAY).chain(0..*to).collect(),
        _ => (0..DAY).collect(),
    }
}

fn open(before: Option<&Value>, after: Option<&Value>) -> Strength {
    grown(&minutes(before), &minutes(after))
}

fn except(value: Option<&Value>) -> Option<Option<&Value>> {
    match value {
        Some(Value::Constructed(made)) => Some(made.fields.get("except")),
        _ => None,
    }
}

fn databases(before: Option<&Value>, after: Option<&Value>) -> Judged {
    match (except(before), except(after)) {
        (Some(before), Some(after)) => sets(before, after, false),
        (Some(_), None) => (Weaker, Some("those that are new are left out".to_owned())),
        (None, Some(left_out)) => {
            let still = items(left_out).is_disjoint(&items(before));
            (if still { Stronger } else { Weaker }, None)
        }
        (None, None) => sets(before, after, true),
    }
}

fn retention(value: Option<&Value>) -> Option<&Retention> {
    match value {
        Some(Value::Retention(keep)) => Some(keep),
        _ => None,
    }
}

/// What a retention holds, by the names of its fields; the window in milliseconds.
fn measures(keep: &Retention) -> impl Iterator<Item = (&'static str, u64)> {
    let counted = keep.buckets().into_iter().map(|(name, count)| (name, u64::from(count)));
    counted.chain([("within", keep.within.map_or(0, |within| within.0))])
}

/// Bucket by bucket: one that holds less is weaker, whatever the others do. Absent keeps all where something is stored,
/// and promises nothing in an objective; `all` covers every bucket.
pub(super) fn kept(before: Option<&Retention>, after: Option<&Retention>) -> Judged {
    let (Some(before), Some(after)) = (before, after) else {
        return (order(before.map(|_| 0), after.map(|_| 0)), None);
    };
    match (before.all, after.all) {
        (true, true) => return (Neutral, None),
        (true, false) => return (Weaker, Some("not everything is kept any more".to_owned())),
        (false, true) => return (Stronger, None),
        (false, false) => {}
    }
    let pairs = || measures(before).zip(measures(after));
    let less: Vec<&str> =
        pairs().filter(|((_, old), (_, new))| new < old).map(|((name, _), _)| name).collect();
    if !less.is_empty() {
        return (Weaker, Some(format!("less {} is kept", less.join(", "))));
    }
    let more = pairs().any(|((_, old), (_, new))| new > old);
    (if more { Stronger } else { Neutral }, None)
}

fn tries(before: Option<&Value>, after: Option<&Value>) -> Strength {
    let usual = Backoff::default();
    let of = |value: Option<&Value>| match value {
        Some(Value::Backoff(tries)) => tries.tries,
        _ => usual.tries,
    };
    order(Some(of(before)), Some(of(after)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(items: &[&str]) -> Value {
        Value::List(items.iter().map(|item| Value::Text((*item).to_owned())).collect())
    }

    #[test]
    fn what_is_both_is_weaker() {
        let (one, other) = (list(&["/a", "/b"]), list(&["/b", "/c"]));
        let (strength, said) = judge(Rule::Wider, Some(&one), Some(&other));
        assert_eq!((strength, said.as_deref()), (Weaker, Some("without [\"/a\"], with [\"/c\"]")));
        assert_eq!(judge(Rule::Narrower, Some(&one), Some(&other)).0, Weaker);
        let keep = |daily, weekly| Retention { daily, weekly, ..Retention::default() };
        assert_eq!(kept(Some(&keep(7, 4)), Some(&keep(14, 3))).0, Weaker);
        assert_eq!(kept(Some(&keep(7, 4)), Some(&keep(7, 5))).0, Stronger);
    }

    #[test]
    fn absence_is_what_the_rule_says() {
        let some = Value::Bytes(5);
        assert_eq!(judge(Rule::Less, Some(&some), None).0, Weaker);
        assert_eq!(judge(Rule::MoreOrFree, Some(&some), None).0, Stronger);
        assert_eq!(judge(Rule::Only, None, Some(&list(&["eu"]))).0, Stronger);
        assert_eq!(judge(Rule::Narrower, None, Some(&list(&["eu"]))).0, Weaker);
        assert_eq!(
            judge(Rule::Ranked(&[&["a"], &["b"]]), None, Some(&Value::Member("a".into()))).0,
            Stronger
        );
    }

    #[test]
    fn windows_and_guards_hold_each_other() {
        let window = |from: u16, to: u16| Value::Window(from * 60, to * 60);
        assert_eq!(judge(Rule::Open, Some(&window(22, 6)), Some(&window(23, 5))).0, Weaker);
        assert_eq!(judge(Rule::Open, Some(&window(22, 6)), Some(&window(21, 6))).0, Stronger);
        assert_eq!(judge(Rule::Open, None, Some(&window(22, 6))).0, Weaker);
        let range = |from, to| Value::Range(Some(Box::new(Value::Int(from))), Some(Box::new(Value::Int(to))));
        assert_eq!(judge(Rule::Guard, Some(&range(1, 9)), Some(&range(2, 9))).0, Stronger);
        assert_eq!(judge(Rule::Guard, Some(&range(1, 9)), Some(&range(0, 5))).0, Weaker);
    }
}
