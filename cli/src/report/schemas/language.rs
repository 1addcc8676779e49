//! What is said of a policy: findings, codes, tests, differences, facts.

use serde_json::Value;

use super::shape::{Fields, document, integer, list, maybe, object, seconds, text, truth, word};

pub(super) fn code() -> Value {
    object(vec![
        ("code", text()),
        ("level", word(&["error", "warning", "note"])),
        ("title", text()),
        ("has_fix", truth()),
        ("page", text()),
    ])
}

pub(super) fn diagnostics() -> Value {
    document(
        "diagnostics",
        vec![("diagnostics", list(diagnostic())), ("errors", integer()), ("warnings", integer())],
    )
}

pub(super) fn tests() -> Fields {
    let test = object(vec![
        ("policy", text()),
        ("name", text()),
        ("file", text()),
        ("line", integer()),
        ("outcome", word(&["ok", "failed", "refused", "broken"])),
        ("reason", maybe(text())),
        ("took_seconds", seconds()),
        ("diagnostics", list(diagnostic())),
    ]);
    vec![("tests", list(test)), ("diagnostics", list(diagnostic()))]
}

pub(super) fn diagnostic() -> Value {
    let place = || -> Fields {
        vec![
            ("file", maybe(text())),
            ("line", maybe(integer())),
            ("column", maybe(integer())),
            ("end_line", maybe(integer())),
            ("end_column", maybe(integer())),
        ]
    };
    let with = |mut fields: Fields, more: Fields| {
        fields.extend(more);
        object(fields)
    };
    let edit = with(place(), vec![("replacement", text())]);
    let fix = object(vec![("title", text()), ("safe", truth()), ("edits", list(edit))]);
    let mut diagnostic: Fields =
        vec![("code", text()), ("severity", word(&["error", "warning", "note"])), ("message", text())];
    diagnostic.extend(place());
    diagnostic.extend([
        ("notes", list(text())),
        ("help", maybe(text())),
        ("labels", list(with(place(), vec![("text", text())]))),
        ("fixes", list(fix)),
    ]);
    object(diagnostic)
}

pub(super) fn difference() -> Value {
    let change = object(vec![
        ("strength", word(&["weaker", "stronger", "neutral"])),
        ("facet", word(&["copies", "scope", "history", "promise", "control", "care", "notice", "running"])),
        ("subject", text()),
        ("field", maybe(text())),
        ("before", maybe(text())),
        ("after", maybe(text())),
        ("effect", maybe(text())),
        ("example", maybe(text())),
    ]);
    document(
        "diff",
        vec![
            ("old", text()),
            ("new", text()),
            ("weaker", integer()),
            ("stronger", integer()),
            ("neutral", integer()),
            ("changes", list(change)),
        ],
    )
}

pub(super) fn facts() -> Fields {
    let worst = || {
        object(vec![
            ("age_seconds", maybe(seconds())),
            ("chain", list(text())),
            ("timeline", list(text())),
            ("sum", text()),
            ("unknown", maybe(text())),
        ])
    };
    let copy = object(vec![
        ("source", text()),
        ("repo", text()),
        ("objective", maybe(text())),
        ("makers", list(text())),
        ("worst", worst()),
        ("assumed", list(text())),
        ("rpo_seconds", maybe(seconds())),
        ("survives", maybe(integer())),
        ("retention", maybe(text())),
        ("is_verified", truth()),
        ("is_locked", truth()),
        ("is_offline", truth()),
        ("site", maybe(text())),
        ("region", maybe(text())),
        ("deleters", list(text())),
        ("base", maybe(text())),
    ]);
    let drill = object(vec![
        ("source", text()),
        ("repo", text()),
        ("objective", maybe(text())),
        ("maker", text()),
        ("worst", worst()),
        ("promised_seconds", maybe(seconds())),
    ]);
    vec![("assumed", text()), ("copies", list(copy)), ("drills", list(drill))]
}
