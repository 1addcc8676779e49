//! What goes on as lines of JSON on standard output.

use std::io::Write as _;

use mainstay_engine::{Monitor, Progress};
use mainstay_world::TimestampMs;
use serde_json::{Value, json};

use crate::report::{machine, words};

/// Events on standard output; the header and the end are the verb's.
pub struct Events;

impl Monitor for Events {
    fn event(&self, event: &Progress) {
        // A reader that went away has what it wanted.
        let _ = writeln!(std::io::stdout().lock(), "{}", value(event));
    }
}

fn value(event: &Progress) -> Value {
    match event {
        Progress::Created { what, name, place } => {
            json!({ "type": "created", "what": what, "name": name, "place": place })
        }
        Progress::Recovered { what } => json!({ "type": "recovered", "what": what }),
        Progress::RunStarted { run, workflow, steps } => {
            json!({ "type": "run_started", "run": run, "workflow": workflow, "steps": steps })
        }
        Progress::ActStarted { run, step, act, attempt } => {
            json!({ "type": "act_started", "run": run, "step": step, "act": act, "attempt": attempt })
        }
        Progress::Waiting { run, step, reason } => {
            json!({ "type": "waiting", "run": run, "step": step, "reason": reason })
        }
        Progress::Working { run, step, figures, total_bytes } => {
            json!({ "type": "working", "run": run, "step": step, "figures": figures, "total_bytes": total_bytes })
        }
        Progress::Restoring { what, files, bytes } => {
            json!({ "type": "restoring", "what": what, "files": files, "bytes": bytes })
        }
        Progress::Fault { step, path, message } => {
            json!({ "type": "fault", "step": step, "path": path, "message": message })
        }
        Progress::LeftOut { run, step, path, what } => {
            json!({ "type": "left_out", "run": run, "step": step, "path": path, "what": what })
        }
        Progress::Retrying { run, step, at_ms, reason } => {
            let at = words::rfc3339(TimestampMs(*at_ms));
            json!({ "type": "retrying", "run": run, "step": step, "at": at, "reason": reason })
        }
        Progress::StepEnded { run, step, outcome, stored, figures, took_ms } => json!({
            "type": "step_ended", "run": run, "step": step, "outcome": machine::value(outcome), "stored": machine::value(stored),
            "figures": figures, "took_seconds": *took_ms as f64 / 1000.0,
        }),
        Progress::RunEnded { run, workflow, outcome } => {
            json!({ "type": "run_ended", "run": run, "workflow": workflow, "outcome": machine::value(outcome) })
        }
    }
}
