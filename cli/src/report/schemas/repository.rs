//! What is said of repositories, their snapshots and their keys.

use serde_json::Value;

use super::runs::figures;
use super::shape::{Fields, integer, list, maybe, object, seconds, text, time, truth};

pub(super) fn snapshot() -> Value {
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
        ("damaged", maybe(time())),
        ("run", text()),
    ])
}

pub(super) fn problem() -> Value {
    object(vec![("at", text()), ("message", text())])
}

pub(super) fn unreached() -> Value {
    object(vec![("repo", text()), ("message", text()), ("may_hold", truth())])
}

pub(super) fn restore() -> Fields {
    vec![
        ("snapshot", snapshot()),
        ("newer_partial", maybe(snapshot())),
        ("unread", list(problem())),
        ("unreached", list(unreached())),
        ("elsewhere", list(text())),
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

pub(super) fn verified() -> Value {
    object(vec![
        ("repo", text()),
        ("source", text()),
        ("snapshot", text()),
        ("short", text()),
        ("time", time()),
        ("objects", integer()),
        ("bytes", integer()),
        ("problems", list(problem())),
        ("quarantined", integer()),
    ])
}

pub(super) fn retained() -> Value {
    let ruling = object(vec![
        ("snapshot", text()),
        ("short", text()),
        ("time", time()),
        ("keep", truth()),
        ("reasons", list(text())),
    ]);
    object(vec![("source", text()), ("repo", text()), ("rulings", list(ruling)), ("fault", maybe(text()))])
}

pub(super) fn repo_info() -> Fields {
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

pub(super) fn repo_check() -> Fields {
    vec![
        ("repo", text()),
        ("place", text()),
        ("read_data", truth()),
        ("objects", integer()),
        ("bytes", integer()),
        ("problems", list(problem())),
        ("quarantined", integer()),
    ]
}

pub(super) fn key() -> Value {
    object(vec![
        ("secret", text()),
        ("origin", text()),
        ("repos", list(text())),
        ("role", maybe(text())),
        ("fault", maybe(text())),
        ("is_open", truth()),
    ])
}

pub(super) fn key_check() -> Value {
    object(vec![
        ("secret", text()),
        ("origin", text()),
        ("role", maybe(text())),
        ("repo", text()),
        ("opens", truth()),
        ("fault", maybe(text())),
    ])
}
