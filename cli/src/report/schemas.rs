//! JSON schemas of what the verbs print. The tests hold each of them against what the program really prints.

use serde_json::{Map, Value, json};

/// A name and the schema that it stands for.
type Named = (&'static str, fn() -> Value);

/// All documents, by the name that stands in their `schema` field, without `mainstay.` and the version.
pub const ALL: &[Named] = &[
    ("ir", mainstay_ir::schema),
    ("diagnostics", diagnostics),
    ("explain", || document("explain", vec![("codes", list(code()))])),
    ("test", || document("test", tests())),
    ("plan", || document("plan", plan())),
    ("dry_run", || document("dry_run", dry_run())),
    ("run", run),
    ("status", || document("status", status())),
    ("history", || document("history", vec![("runs", list(run_report())), ("left_off", integer())])),
    ("snapshots", || {
        document(
            "snapshots",
            vec![("snapshots", list(snapshot())), ("left_off", integer()), ("faults", list(list(text())))],
        )
    }),
    ("restore", || document("restore", restore())),
    ("verify", || document("verify", vec![("lines", list(verified()))])),
    ("retain", || document("retain", vec![("lines", list(retained())), ("applied", truth())])),
    ("repo_info", || document("repo_info", repo_info())),
    ("repo_check", || document("repo_check", repo_check())),
    ("created", || document("created", vec![("created", list(created()))])),
    ("key", || document("key", vec![("file", text()), ("role", text()), ("recipients", list(text()))])),
    ("keys", || document("keys", vec![("keys", list(key()))])),
    ("key_check", || document("key_check", vec![("keys", list(key_check()))])),
    ("facts", || document("facts", facts())),
    ("diff", difference),
    ("hash", || document("hash", vec![("hash", text())])),
    ("doc", || document("doc", vec![("page", text())])),
    ("version", || document("version", vec![("version", text()), ("ir", integer())])),
    ("end", end),
];

/// The schema of this name.
pub fn find(name: &str) -> Option<Value> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, schema)| schema())
}

type Fields = Vec<(&'static str, Value)>;

fn text() -> Value {
    json!({ "type": "string" })
}

fn truth() -> Value {
    json!({ "type": "boolean" })
}

fn integer() -> Value {
    json!({ "type": "integer" })
}

fn seconds() -> Value {
    json!({ "type": "number", "minimum": 0 })
}

fn time() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

fn word(words: &[&str]) -> Value {
    json!({ "enum": words })
}

fn list(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

/// Unknown is null.
fn maybe(known: Value) -> Value {
    json!({ "anyOf": [known, { "type": "null" }] })
}

/// All fields are always there, and no others.
fn object(fields: Fields) -> Value {
    let required: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    let properties: Map<String, Value> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn document(name: &str, mut fields: Fields) -> Value {
    fields.insert(0, ("schema", json!({ "const": format!("mainstay.{name}/1") })));
    let mut schema = json!({ "$schema": "https://json-schema.org/draft/2020-12/schema" });
    if let (Some(schema), Value::Object(rest)) = (schema.as_object_mut(), object(fields)) {
        schema.extend(rest);
    }
    schema
}

fn event(kind: &str, mut fields: Fields) -> Value {
    fields.insert(0, ("type", json!({ "const": kind })));
    object(fields)
}

fn code() -> Value {
    object(vec![
        ("code", text()),
        ("level", word(&["error", "warning", "note"])),
        ("title", text()),
        ("has_fix", truth()),
        ("page", text()),
    ])
}

fn diagnostics() -> Value {
    document(
        "diagnostics",
        vec![("diagnostics", list(diagnostic())), ("errors", integer()), ("warnings", integer())],
    )
}

fn tests() -> Fields {
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

fn diagnostic() -> Value {
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

fn difference() -> Value {
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

fn figures() -> Value {
    let names = ["files", "folders", "others", "bytes", "new_bytes", "stored_bytes", "faults"];
    object(names.into_iter().map(|name| (name, integer())).collect())
}

fn outcome() -> Value {
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

fn stored() -> Value {
    object(vec![
        ("repo", text()),
        ("source", text()),
        ("snapshot", text()),
        ("whole", truth()),
        ("as_of", time()),
    ])
}

fn run_report() -> Value {
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

fn created() -> Value {
    object(vec![("what", word(&["repository", "key file"])), ("name", text()), ("place", text())])
}

/// One line of the stream.
fn run() -> Value {
    let of_step = |more: Fields| -> Fields {
        let mut fields = vec![("run", text()), ("step", text())];
        fields.extend(more);
        fields
    };
    let report =
        vec![("runs", list(run_report())), ("created", list(created())), ("closed", list(run_report()))];
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
fn end() -> Value {
    let error = json!({ "type": "object", "properties": { "message": text() }, "required": ["message"] });
    let mut end = event("end", vec![("outcome", text()), ("exit_code", integer())]);
    if let Some(properties) = end.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert("error".to_owned(), error);
    }
    end
}

fn plan() -> Fields {
    let act = object(vec![
        ("act", text()),
        ("on", text()),
        ("effect", word(&["reads", "adds", "forgets", "runs"])),
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

fn facts() -> Fields {
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

fn dry_run() -> Fields {
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

fn status() -> Fields {
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

fn snapshot() -> Value {
    object(vec![
        ("repo", text()),
        ("id", text()),
        ("short", text()),
        ("policy", text()),
        ("source", text()),
        ("host", text()),
        ("time", time()),
        ("whole", truth()),
        ("files", integer()),
        ("bytes", integer()),
        ("faults", integer()),
        ("verified", maybe(time())),
        ("run", text()),
    ])
}

fn problem() -> Value {
    object(vec![("at", text()), ("message", text())])
}

fn restore() -> Fields {
    vec![
        ("snapshot", snapshot()),
        ("newer_partial", maybe(snapshot())),
        ("to", text()),
        ("figures", figures()),
        ("dry_run", truth()),
        ("problems", list(problem())),
        ("withheld", integer()),
        ("resumed", truth()),
        ("verified", truth()),
        ("took_seconds", seconds()),
    ]
}

fn verified() -> Value {
    object(vec![
        ("repo", text()),
        ("source", text()),
        ("snapshot", text()),
        ("short", text()),
        ("time", time()),
        ("objects", integer()),
        ("bytes", integer()),
        ("problems", list(problem())),
    ])
}

fn retained() -> Value {
    let ruling = object(vec![
        ("snapshot", text()),
        ("short", text()),
        ("time", time()),
        ("keep", truth()),
        ("reasons", list(text())),
    ]);
    object(vec![("source", text()), ("repo", text()), ("rulings", list(ruling)), ("fault", maybe(text()))])
}

fn repo_info() -> Fields {
    vec![
        ("repo", text()),
        ("place", text()),
        ("family", text()),
        ("instance", text()),
        ("format", integer()),
        ("role", text()),
        ("recipients", list(text())),
        ("created", maybe(time())),
        ("snapshots", integer()),
        ("objects", integer()),
        ("bytes", integer()),
    ]
}

fn repo_check() -> Fields {
    vec![
        ("repo", text()),
        ("place", text()),
        ("read_data", truth()),
        ("objects", integer()),
        ("bytes", integer()),
        ("problems", list(problem())),
    ]
}

fn key() -> Value {
    object(vec![
        ("secret", text()),
        ("origin", text()),
        ("repos", list(text())),
        ("role", maybe(text())),
        ("fault", maybe(text())),
    ])
}

fn key_check() -> Value {
    object(vec![
        ("secret", text()),
        ("origin", text()),
        ("role", maybe(text())),
        ("repo", text()),
        ("opens", truth()),
        ("fault", maybe(text())),
    ])
}
