//! What is planned, is running, and has run.

use serde_json::{Value, json};

use super::repository::retained;
use super::shape::{Fields, event, integer, list, maybe, object, seconds, text, time, truth, word};

pub(super) fn figures() -> Value {
    let names = ["files", "folders", "others", "bytes", "new_bytes", "stored_bytes", "faults"];
    object(names.into_iter().map(|name| (name, integer())).collect())
}

pub(super) fn outcome() -> Value {
    let reason = || ("reason", text());
    let of = |word: &str| ("outcome", json!({ "const": word }));
    json!({ "anyOf": [
        object(vec![of("ok")]),
        object(vec![of("degraded"), reason()]),
        object(vec![of("lost"), reason()]),
        object(vec![of("skipped"), reason()]),
        object(vec![of("failed"), ("class", word(&["transient", "permanent"])), ("fault", text()), reason()]),
    ] })
}

pub(super) fn stored() -> Value {
    object(vec![
        ("repo", text()),
        ("source", text()),
        ("snapshot", text()),
        ("whole", truth()),
        ("as_of", time()),
    ])
}

pub(super) fn run_report() -> Value {
    let step = object(vec![
        ("step", text()),
        ("outcome", maybe(outcome())),
        ("stored", maybe(stored())),
        ("figures", figures()),
        ("tries", integer()),
        ("took_seconds", maybe(seconds())),
    ]);
    object(vec![
        ("run", text()),
        ("policy", text()),
        ("policy_hash", text()),
        ("workflow", text()),
        ("cause", word(&["hand", "trigger"])),
        ("host", text()),
        ("slot", time()),
        ("started", time()),
        ("ended", maybe(time())),
        ("outcome", maybe(outcome())),
        ("steps", list(step)),
    ])
}

pub(super) fn created() -> Value {
    object(vec![("what", word(&["repository", "key file"])), ("name", text()), ("place", text())])
}

/// One line of the stream.
pub(super) fn run() -> Value {
    let of_step = |more: Fields| -> Fields {
        let mut fields = vec![("run", text()), ("step", text())];
        fields.extend(more);
        fields
    };
    let report = vec![
        ("runs", list(run_report())),
        ("created", list(created())),
        ("closed", list(run_report())),
        ("is_older_policy", truth()),
    ];
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "anyOf": [
            event("header", vec![("schema", json!({ "const": "mainstay.run/1" })), ("verb", text()), ("version", text())]),
            event("created", vec![("what", text()), ("name", text()), ("place", text())]),
            event("recovered", vec![("what", text())]),
            event("run_started", vec![("run", text()), ("workflow", text()), ("steps", integer())]),
            event("act_started", of_step(vec![("act", text()), ("attempt", integer())])),
            event("waiting", of_step(vec![("reason", text())])),
            event("working", of_step(vec![("figures", figures()), ("total_bytes", maybe(integer()))])),
            event("restoring", vec![("what", text()), ("files", integer()), ("bytes", integer())]),
            event("fault", vec![("step", text()), ("path", text()), ("message", text())]),
            event("left_out", of_step(vec![("path", text()), ("what", text())])),
            event("retrying", of_step(vec![("at", maybe(time())), ("reason", text())])),
            event("step_ended", of_step(vec![
                ("outcome", outcome()), ("stored", maybe(stored())), ("figures", figures()), ("took_seconds", seconds()),
            ])),
            event("run_ended", vec![("run", text()), ("workflow", text()), ("outcome", outcome())]),
            event("report", report),
            end(),
        ],
    })
}

/// The last line, or the whole document of a verb that ended without its result.
pub(super) fn end() -> Value {
    let error = json!({ "type": "object", "properties": { "message": text() }, "required": ["message"] });
    let mut end = event("end", vec![("outcome", text()), ("exit_code", integer())]);
    if let Some(properties) = end.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert("error".to_owned(), error);
    }
    end
}

pub(super) fn plan() -> Fields {
    let state = || word(&["there", "unknown", "due"]);
    let artefact = object(vec![
        ("state", state()),
        ("snapshot", maybe(text())),
        ("at", maybe(time())),
        ("fault", maybe(text())),
    ]);
    let act = object(vec![
        ("act", text()),
        ("on", text()),
        ("effect", word(&["reads", "adds", "forgets", "runs"])),
        ("artefact", maybe(artefact)),
    ]);
    let claim = json!({ "type": "array", "prefixItems": [text(), integer()] });
    let step = object(vec![
        ("number", integer()),
        ("step", text()),
        ("docs", list(text())),
        ("acts", list(act)),
        ("after", list(integer())),
        ("pools", list(claim)),
        ("usual_seconds", maybe(seconds())),
        ("last_bytes", maybe(integer())),
        ("artefact", maybe(state())),
    ]);
    let copy = object(vec![
        ("source", text()),
        ("repo", text()),
        ("step", text()),
        ("is_verified", truth()),
        ("worst_seconds", maybe(seconds())),
        ("worst_sum", text()),
        ("survives", maybe(integer())),
    ]);
    let workflow = object(vec![
        ("workflow", text()),
        ("docs", list(text())),
        ("objective", maybe(text())),
        ("rpo_seconds", maybe(seconds())),
        ("within_seconds", maybe(seconds())),
        ("next", list(time())),
        ("slot", maybe(time())),
        ("steps", list(step)),
        ("mode", word(&["sequential", "parallel", "hybrid"])),
        ("why", text()),
        ("copies", list(copy)),
        ("retention", list(retained())),
    ]);
    vec![
        ("policy", text()),
        ("policy_hash", text()),
        ("host", text()),
        ("at", time()),
        ("workflows", list(workflow)),
    ]
}

pub(super) fn dry_run() -> Fields {
    let source = object(vec![
        ("source", text()),
        ("entries", maybe(integer())),
        ("bytes", maybe(integer())),
        ("fault", maybe(text())),
    ]);
    let repo = object(vec![
        ("repo", text()),
        ("place", text()),
        ("snapshots", maybe(integer())),
        ("fault", maybe(text())),
        ("is_missing", truth()),
    ]);
    vec![("plan", object(plan())), ("sources", list(source)), ("repos", list(repo))]
}

pub(super) fn status() -> Fields {
    let healths = ["ok", "seeding", "degraded", "overdue", "never_ran", "failed"];
    let last_run = object(vec![("run", text()), ("started", time()), ("outcome", maybe(outcome()))]);
    let line = object(vec![
        ("health", word(&healths)),
        ("reason", text()),
        ("workflow", text()),
        ("step", maybe(text())),
        ("source", maybe(text())),
        ("repo", maybe(text())),
        ("last_good", maybe(time())),
        ("snapshot", maybe(text())),
        ("age_seconds", maybe(seconds())),
        ("rpo_seconds", maybe(seconds())),
        ("is_missed", truth()),
        ("overdue_since", maybe(time())),
        ("next", maybe(time())),
        ("last_run", maybe(last_run)),
        ("verified", maybe(time())),
    ]);
    let open = object(vec![
        ("run", text()),
        ("workflow", text()),
        ("started", time()),
        ("is_alive", truth()),
        ("at", list(list(text()))),
    ]);
    vec![("policy", text()), ("at", time()), ("lines", list(line)), ("open", list(open))]
}
