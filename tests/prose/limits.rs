//! The limits that the specification states: at each of them a policy is taken, and beyond it refused.

use std::collections::BTreeMap;

use super::block::{Block, Info, blocks_of};
use super::case::{Case, ROOT};
use crate::scene::workspace;

/// How a policy of a size is made, and the code that refuses one that is too large.
struct Limit {
    name: &'static str,
    code: &'static str,
    made: fn(u64) -> String,
}

/// All limits that a block may state.
const LIMITS: &[Limit] = &[
    Limit { name: "file_bytes", code: "E0113", made: of_bytes },
    Limit {
        name: "brackets",
        code: "E0112",
        made: |n| format!("let a = {}1{}", repeated("[", n), repeated("]", n)),
    },
    Limit { name: "operators", code: "E0112", made: |n| format!("let a = 1{}", repeated(" + 1", n)) },
    Limit { name: "values", code: "E0603", made: of_values },
    Limit { name: "blocks", code: "E0603", made: of_blocks },
    Limit { name: "types", code: "E0104", made: of_type },
    Limit { name: "combinations", code: "E0209", made: of_combinations },
    Limit { name: "stages", code: "E0215", made: of_stages },
    Limit { name: "steps", code: "E0215", made: of_steps },
    Limit { name: "states", code: "E0215", made: of_states },
    Limit { name: "priority", code: "E0313", made: |n| format!("workflow w {{ priority: {n} }}") },
    Limit { name: "port", code: "E0313", made: |n| format!("probe p = tcp {{ host: \"a\", port: {n} }}") },
    Limit {
        name: "level",
        code: "E0313",
        made: |n| format!("pipeline p(of: Frozen) -> Packed = of |> compress(level: {n})"),
    },
    Limit {
        name: "day",
        code: "E0313",
        made: |n| format!("workflow w {{ trigger: monthly(day: {n}, at: 12:00, zone: \"UTC\") }}"),
    },
    Limit { name: "tries", code: "E0313", made: |n| format!("let b = backoff(tries: {n})") },
    Limit { name: "copies", code: "E0313", made: |n| format!("let c = at_least({n})") },
    Limit { name: "visits", code: "E0313", made: of_visits },
    Limit {
        name: "skip_on",
        code: "E0313",
        made: |n| format!("workflow w {{ step told = hook([\"a\"], skip_on: [{n}]) }}"),
    },
    Limit {
        name: "sample_percent",
        code: "E0313",
        made: |n| format!("pipeline p(of: Stored) -> Verified = of |> verify(sample: {n}%)"),
    },
    Limit {
        name: "each_percent",
        code: "E0313",
        made: |n| format!("pool d {{ slots: 2, rate: 1MB/s }}\nlet c = claim(d, each: {n}%)"),
    },
    Limit {
        name: "tolerate_percent",
        code: "E0313",
        made: |n| format!("source s = files {{ roots: [\"/a\"], tolerate: {n}% }}"),
    },
];

fn repeated(text: &str, times: u64) -> String {
    text.repeat(usize::try_from(times).unwrap())
}

/// With the two lines that stand above it.
fn of_bytes(size: u64) -> String {
    let above = "edition 2026\npolicy p\n//";
    format!("{above}{}", repeated("x", size - above.len() as u64))
}

/// Each in the one before it.
fn of_values(depth: u64) -> String {
    let next = |level: u64| format!("let a{level} = [a{}]\n", level - 1);
    format!("let a0 = 1\n{}", (1..=depth).map(next).collect::<String>())
}

/// The body of the workflow is the first of them.
fn of_blocks(depth: u64) -> String {
    format!(
        "workflow w {{ {} step told = hook([\"a\"]) {} }}",
        repeated("sequential { ", depth - 1),
        repeated("}", depth - 1)
    )
}

fn of_type(depth: u64) -> String {
    format!("param p: {}Text{} = []", repeated("List<", depth - 1), repeated(">", depth - 1))
}

fn of_combinations(count: u64) -> String {
    let texts: Vec<String> = (0..count).map(|number| format!("\"v{number}\"")).collect();
    format!("param p: {} = \"v0\"", texts.join(" | "))
}

fn of_stages(count: u64) -> String {
    format!("workflow w {{ step read = latest(home, in: shelf){} }}", repeated(" |> verify()", count - 1))
}

/// Hundreds of rounds of a loop, and what is missing beside it.
fn of_steps(count: u64) -> String {
    let items: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    let list = items.join(", ");
    let rest: String = (0..count % 100).map(|number| format!("step r{number} = hook([\"a\"]) ")).collect();
    let hundreds: Vec<String> = (0..count / 100).map(|number| number.to_string()).collect();
    format!(
        "let few = [{list}]\nlet more = [{}]\nworkflow w {{ for a in more {{ for b in few {{ step s = hook([\"a\"]) }} }} {rest} }}",
        hundreds.join(", ")
    )
}

/// One after the other, the last one an end.
fn of_states(count: u64) -> String {
    let last = count - 1;
    let state = |number: u64| {
        let next = number + 1;
        format!("state s{number} {{ do: hook([\"a\"]) on ok -> s{next} on failed -> s{last} }}\n")
    };
    let states: String = (0..last).map(state).collect();
    format!("machine m {{ start s0\n{states}final s{last} = ok }}")
}

fn of_visits(count: u64) -> String {
    format!(
        "machine m {{ start a\nstate a {{ do: hook([\"a\"]) visits: {count} on ok -> done on failed -> a }}\nfinal done = ok }}"
    )
}

/// A policy that is made.
fn made(text: String) -> Case {
    let (place, info) = ("made".to_owned(), Info::default());
    Case::of(Block { place, info, heading: String::new(), text })
}

/// Whether the policy gives this code, or why it gives something else.
fn refused(case: &Case, code: &str) -> Result<bool, String> {
    let errors: Vec<_> = case
        .compiled()
        .diagnostics
        .into_iter()
        .filter(|one| one.severity == mainstay_diagnostics::Severity::Error)
        .collect();
    match errors.first() {
        None => Ok(false),
        Some(one) if one.code.as_str() == code => Ok(true),
        Some(one) => Err(format!("{} {}", one.code, one.message)),
    }
}

/// A policy of so many files: the prelude, the root, and those that it uses.
fn of_files(count: u64) -> Case {
    let used = 0..count - 2;
    let uses: String = used.clone().map(|number| format!("use \"f{number}.stay\" as f{number}\n")).collect();
    let files: BTreeMap<String, String> =
        used.map(|number| (format!("f{number}.stay"), "edition 2026\n".to_owned())).collect();
    assert!(!files.contains_key(ROOT));
    Case { files, ..made(uses) }
}

/// A policy whose files use each other so deep.
fn of_levels(count: u64) -> Case {
    let text = |number: u64| {
        let next = number + 1;
        let goes_on = if next < count { format!("use \"f{next}.stay\" as next\n") } else { String::new() };
        format!("edition 2026\n{goes_on}")
    };
    let files = (0..count).map(|number| (format!("f{number}.stay"), text(number))).collect();
    Case { files, ..made("use \"f0.stay\" as next\n".to_owned()) }
}

/// What is wrong with a limit that is said to be so large.
fn fault(name: &str, most: u64) -> Option<String> {
    let sizes = [most, most + 1];
    let found: Vec<Result<bool, String>> = match (name, LIMITS.iter().find(|limit| limit.name == name)) {
        (_, Some(limit)) => {
            sizes.iter().map(|size| refused(&made((limit.made)(*size)), limit.code)).collect()
        }
        ("files", None) => sizes.iter().map(|size| refused(&of_files(*size), "E0203")).collect(),
        ("levels", None) => sizes.iter().map(|size| refused(&of_levels(*size), "E0203")).collect(),
        ("mistakes", None) => return mistakes(most),
        (_, None) => return Some("nobody knows this limit".to_owned()),
    };
    (found != [Ok(false), Ok(true)]).then(|| format!("at it and beyond it: {found:?}"))
}

/// A file with more mistakes gives exactly so many.
fn mistakes(most: u64) -> Option<String> {
    let text = format!("edition 2026\npolicy p\n{}", "pool d { slots = 2 }\n\n\n".repeat(most as usize + 20));
    let given = mainstay_syntax::format(&text).err().map_or(0, |wrong| wrong.diagnostics.len());
    (given as u64 != most).then(|| format!("{given} are told"))
}

#[test]
fn the_limits_are_where_the_specification_says() {
    let blocks = blocks_of(&workspace().join("spec/language/limits.md"));
    let lines =
        blocks.iter().filter(|block| block.info.kind == "limits").flat_map(|block| block.text.lines());
    let stated: Vec<(&str, u64)> = lines
        .map(|line| line.split_once(" = ").unwrap())
        .map(|(name, number)| (name, number.parse().unwrap()))
        .collect();
    let faults: Vec<String> = stated
        .iter()
        .filter_map(|(name, most)| fault(name, *most).map(|fault| format!("{name} = {most}: {fault}")))
        .collect();
    super::say(&format!("{} limits", stated.len()));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(stated.len(), LIMITS.len() + 3, "every limit is stated");
}
