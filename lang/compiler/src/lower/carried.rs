//! What the engine of this format carries out. All else is checked here, and refused there by its name.
//!
//! This is the runtime's matter: the table is short, and a test holds it to the engine.

use mainstay_ir::Waiting;

use crate::check::{Checked, CheckedWorkflow};
use crate::resolve::{Program, item_kind};
use crate::value::{Made, Val};

/// Constructors of things, by kind.
const CONSTRUCTORS: &[(&str, &[&str])] = &[
    ("secret", &["env_var", "file", "command", "credential"]),
    ("source", &["files", "command"]),
    ("repo", &["local"]),
];
const STAGES: &[&str] =
    &["discover", "snapshot", "compress", "encrypt", "store", "replicate", "latest", "verify", "retain"];
const VERBS: &[&str] = &["hook", "check"];
/// Triggers that are timed; the others need a daemon that listens.
const TRIGGERS: &[&str] = &["every", "daily", "weekly", "monthly", "cron"];
/// Fields that change what the engine does, and that it does not carry out.
const FIELDS: &[(&str, &[&str])] = &[
    ("source", &["on", "expect", "before", "after"]),
    ("repo", &["on", "lock_mode", "hours", "rotate"]),
    ("pool", &["rate", "space", "memory", "hours", "floor", "adapt"]),
    ("workflow", &["alive", "window", "needs"]),
];

/// The constructs of a policy that wait for an engine, each with its holder.
pub(super) fn waiting(program: &Program, checked: &Checked) -> Vec<Waiting> {
    let mut found = Vec::new();
    for (id, made) in &checked.things {
        let kind = program.item(*id).map_or("", |item| item_kind(&item.kind));
        let holder = format!("{kind} {}", program.full_name(*id));
        let carried = CONSTRUCTORS.iter().find(|(known, _)| *known == kind);
        if carried.is_none_or(|(_, constructors)| !constructors.contains(&made.constructor.name)) {
            add(&mut found, format!("{kind} {}", made.constructor.name), &holder, "");
        }
        fields(&mut found, kind, made.fields.keys(), &holder);
        values(&mut found, kind, made, &holder);
    }
    for (id, promised) in &checked.promises {
        let kind = program.item(*id).map_or("", |item| item_kind(&item.kind));
        let holder = format!("{kind} {}", program.full_name(*id));
        fields(&mut found, kind, promised.keys(), &holder);
        if kind == "pool" && promised.get("reserve").is_some_and(|kept| !matches!(kept.value, Val::Int(0))) {
            add(&mut found, "pool reserve".to_owned(), &holder, "reserve");
        }
        if kind == "pool" && promised.get("slots").is_some_and(|slots| !matches!(slots.value, Val::Int(_))) {
            add(&mut found, "pool slots that adapt".to_owned(), &holder, "slots");
        }
    }
    for workflow in &checked.workflows {
        of_workflow(&mut found, program, workflow);
    }
    for id in &checked.machines {
        add(&mut found, "machine".to_owned(), &format!("machine {}", program.full_name(*id)), "");
    }
    for (old, new, _) in &checked.moved {
        add(&mut found, "moved".to_owned(), &format!("moved {old} => {new}"), "");
    }
    found
}

fn of_workflow(found: &mut Vec<Waiting>, program: &Program, workflow: &CheckedWorkflow) {
    let holder = format!("workflow {}", program.full_name(workflow.id));
    fields(found, "workflow", workflow.fields.keys(), &holder);
    if let Some(trigger) = workflow.fields.get("trigger") {
        triggers(found, &trigger.value, &holder);
    }
    for construct in &workflow.constructs {
        add(found, construct.clone(), &holder, "body");
    }
    for (id, step) in &workflow.steps {
        match &step.value.value {
            Val::Flow(flow) => {
                for call in flow.calls.iter().filter(|call| !STAGES.contains(&call.stage.name)) {
                    add(
                        found,
                        format!("stage {}", call.stage.name),
                        &holder,
                        &format!("step.{id}.{}", call.stage.name),
                    );
                }
            }
            Val::Act(call) => {
                if !VERBS.contains(&call.verb.name) {
                    add(found, format!("verb {}", call.verb.name), &holder, &format!("step.{id}"));
                }
                for arg in ["on", "as"].iter().filter(|arg| call.args.contains_key(**arg)) {
                    let place = format!("step.{id}.{}.{arg}", call.verb.name);
                    add(found, format!("{} {arg}", call.verb.name), &holder, &place);
                }
            }
            _ => {}
        }
        if step.undo.is_some() {
            add(found, "undo".to_owned(), &holder, &format!("step.{id}.undo"));
        }
    }
}

/// Fields that are carried out with some of their values only.
fn values(found: &mut Vec<Waiting>, kind: &str, made: &Made, holder: &str) {
    for (name, typed) in &made.fields {
        let waits = match (kind, name.as_str(), &typed.value) {
            ("source", "snapshot", Val::Member(how)) => how != "best" && how != "none",
            ("source", "tolerate", Val::PercentMillionths(share)) => *share > 0,
            ("source", "as", _) => true,
            ("repo", "trust", Val::List(trusted)) => !trusted.is_empty(),
            _ => false,
        };
        if waits {
            add(found, format!("{kind} {name}"), holder, name);
        }
    }
}

fn triggers(found: &mut Vec<Waiting>, trigger: &Val, holder: &str) {
    match trigger {
        Val::Made(made) if !TRIGGERS.contains(&made.constructor.name) => {
            add(found, format!("trigger {}", made.constructor.name), holder, "trigger");
        }
        Val::List(items) => items.iter().for_each(|item| triggers(found, &item.value, holder)),
        _ => {}
    }
}

fn fields<'f>(found: &mut Vec<Waiting>, kind: &str, given: impl Iterator<Item = &'f String>, holder: &str) {
    let waiting = FIELDS.iter().find(|(known, _)| *known == kind).map(|(_, fields)| *fields);
    for field in given.filter(|field| waiting.unwrap_or_default().contains(&field.as_str())) {
        add(found, format!("{kind} {field}"), holder, field);
    }
}

/// Each construct of a holder once, at its first place. The place is a key of `Places`: the holder, then the part.
fn add(found: &mut Vec<Waiting>, construct: String, holder: &str, part: &str) {
    if found.iter().any(|known| known.construct == construct && known.holder == holder) {
        return;
    }
    let whole = holder.replacen(' ', ".", 1);
    let place = if part.is_empty() { whole } else { format!("{whole}.{part}") };
    found.push(Waiting { construct, holder: holder.to_owned(), place });
}
