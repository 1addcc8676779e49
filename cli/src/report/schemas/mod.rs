//! JSON schemas of what the verbs print. The tests hold each of them against what the program really prints.

mod language;
mod repository;
mod runs;
mod shape;

use serde_json::Value;

use language::{code, diagnostics, difference, facts, tests};
use repository::{
    key, key_check, problem, repo_check, repo_info, restore, retained, snapshot, unreached, verified,
};
use runs::{created, dry_run, end, plan, run, run_report, status};
use shape::{document, integer, list, text, truth};

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
    ("verify", || {
        let fields =
            vec![("lines", list(verified())), ("unread", list(problem())), ("unreached", list(unreached()))];
        document("verify", fields)
    }),
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
