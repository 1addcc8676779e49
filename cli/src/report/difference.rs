//! What differs between two policies: for a terminal, for a pull request, for machines.

use mainstay_compiler::diff::{Change, Difference, Facet, Strength};
use serde_json::{Value, json};

use super::words;

/// The word of a strength.
pub fn strength(of: Strength) -> &'static str {
    match of {
        Strength::Weaker => "weaker",
        Strength::Stronger => "stronger",
        Strength::Neutral => "neutral",
    }
}

/// The word of a facet.
pub fn facet(of: Facet) -> &'static str {
    match of {
        Facet::Copies => "copies",
        Facet::Scope => "scope",
        Facet::History => "history",
        Facet::Promise => "promise",
        Facet::Control => "control",
        Facet::Care => "care",
        Facet::Notice => "notice",
        Facet::Running => "running",
    }
}

/// Letters of a hash that people are shown.
const HASH_LETTERS: usize = 12;

fn short(hash: &mainstay_ir::IrHash) -> String {
    hash.to_string().chars().take(HASH_LETTERS).collect()
}

/// One line for each change, worst first, with an example where there is one; the head names both policies.
pub fn text(difference: &Difference, color: bool) -> Vec<String> {
    let mut lines = vec![format!("policy {} -> {}", short(&difference.old), short(&difference.new))];
    for change in &difference.changes {
        let word = format!("{:<8}", strength(change.strength));
        let word = if color { painted(change.strength, &word) } else { word };
        lines.push(format!("{word}  {}", super::table::clean(&change.line())));
        lines.extend(
            change.example.iter().map(|example| format!("          e.g. {}", super::table::clean(example))),
        );
    }
    lines.push(summary(difference));
    lines
}

fn painted(of: Strength, word: &str) -> String {
    let code = match of {
        Strength::Weaker => "31",
        Strength::Stronger => "32",
        Strength::Neutral => "2",
    };
    format!("\x1b[{code}m{word}\x1b[0m")
}

fn summary(difference: &Difference) -> String {
    if difference.changes.is_empty() {
        return "nothing differs".to_owned();
    }
    let all = [Strength::Weaker, Strength::Stronger, Strength::Neutral];
    let counts = all.map(|of| format!("{} {}", difference.count(of), strength(of)));
    let changes = words::counted(difference.changes.len() as u64, "change");
    format!("{changes}: {}", counts.join(", "))
}

/// For a pull request: a heading, then a table for each strength; what is neutral is folded away.
pub fn markdown(difference: &Difference) -> String {
    let (old, new) = (short(&difference.old), short(&difference.new));
    let mut text = format!("### Backup policy: {}\n\n`{old}` -> `{new}`\n", summary(difference));
    for of in [Strength::Weaker, Strength::Stronger, Strength::Neutral] {
        let changes: Vec<&Change> =
            difference.changes.iter().filter(|change| change.strength == of).collect();
        if changes.is_empty() {
            continue;
        }
        let title = format!("{} {}", changes.len(), strength(of));
        let folded = of == Strength::Neutral;
        text += &if folded {
            format!("\n<details><summary>{title}</summary>\n")
        } else {
            format!("\n#### {title}\n")
        };
        text += "\n| what | before | after | effect |\n|---|---|---|---|\n";
        changes.iter().for_each(|change| text += &row(change));
        text += if folded { "\n</details>\n" } else { "" };
    }
    text
}

fn row(change: &Change) -> String {
    let field = change.field.as_ref().map(|field| format!(", {field}")).unwrap_or_default();
    let code = |value: &Option<String>| {
        value.as_ref().map_or(String::new(), |value| format!("`{}`", value.replace('`', "'")))
    };
    let effect: Vec<&str> = change.effect.iter().chain(&change.example).map(String::as_str).collect();
    let cells = [
        format!("{}{field}", change.subject),
        code(&change.before),
        code(&change.after),
        effect.join("; e.g. "),
    ];
    let cells = cells.map(|cell| super::table::clean(&cell).replace('|', "\\|"));
    format!("| {} |\n", cells.join(" | "))
}

/// As the schema `diff` says.
pub fn document(difference: &Difference) -> Value {
    let change = |change: &Change| {
        json!({
            "strength": strength(change.strength), "facet": facet(change.facet), "subject": change.subject,
            "field": change.field, "before": change.before, "after": change.after, "effect": change.effect,
            "example": change.example,
        })
    };
    json!({
        "schema": "mainstay.diff/1",
        "old": difference.old.to_string(),
        "new": difference.new.to_string(),
        "weaker": difference.count(Strength::Weaker),
        "stronger": difference.count(Strength::Stronger),
        "neutral": difference.count(Strength::Neutral),
        "changes": difference.changes.iter().map(change).collect::<Vec<_>>(),
    })
}
