//! A line for each change of state, and a beat a minute.

use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use mainstay_engine::{Monitor, Progress};
use mainstay_journal::Outcome;
use mainstay_world::Clock;

use crate::report::human::{Look, figures};
use crate::report::table::clean;
use crate::report::words;

/// From one sign of life of a step to the next.
const BEAT_MS: u64 = 60_000;

/// Faults beyond these are counted, and listed by the report; a tree that cannot be read would flood the log.
const SHOWN_FAULTS: usize = 20;

/// Lines, to wherever they go.
pub struct Lines<W> {
    look: Look,
    clock: Arc<dyn Clock>,
    state: Mutex<State<W>>,
}

struct State<W> {
    out: W,
    /// When a step last said something.
    said: HashMap<String, u64>,
    faults: usize,
}

impl<W: Write + Send> Lines<W> {
    /// To `out`.
    pub fn new(look: Look, clock: Arc<dyn Clock>, out: W) -> Self {
        Self { look, clock, state: Mutex::new(State { out, said: HashMap::new(), faults: 0 }) }
    }

    fn line(&self, state: &mut State<W>, event: &Progress) -> Option<String> {
        let now = self.clock.monotonic_ms();
        if let Progress::Working { step, .. } | Progress::Restoring { what: step, .. } = event {
            let said = state.said.get(step).copied().unwrap_or(0);
            if now.saturating_sub(said) < BEAT_MS {
                return None;
            }
        }
        if let Some(step) = step_of(event) {
            state.said.insert(step.to_owned(), now);
        }
        if matches!(event, Progress::Fault { .. }) {
            state.faults += 1;
            if state.faults == SHOWN_FAULTS + 1 {
                return Some("more could not be had; all are named in the report".to_owned());
            }
            if state.faults > SHOWN_FAULTS {
                return None;
            }
        }
        Some(text(event, &self.look))
    }
}

impl<W: Write + Send> Monitor for Lines<W> {
    fn event(&self, event: &Progress) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = self.line(&mut state, event) {
            // Nobody may be listening any more; the work goes on.
            let _ = writeln!(state.out, "{line}");
        }
    }
}

fn step_of(event: &Progress) -> Option<&str> {
    match event {
        Progress::ActStarted { step, .. }
        | Progress::Working { step, .. }
        | Progress::Restoring { what: step, .. }
        | Progress::Waiting { step, .. } => Some(step),
        _ => None,
    }
}

/// An event in words.
pub fn text(event: &Progress, look: &Look) -> String {
    match event {
        Progress::Created { what, name, place } => {
            format!("made the {what} `{name}`: {}", words::place(place))
        }
        Progress::Recovered { what } => format!("put in order: {what}"),
        Progress::RunStarted { run, workflow, steps } => {
            format!("{workflow} begins: {}, run {}", words::counted(*steps as u64, "step"), run.short())
        }
        Progress::ActStarted { step, act, attempt: 1, .. } => format!("  {step}.{act} begins"),
        Progress::ActStarted { step, act, attempt, .. } => format!("  {step}.{act} begins, try {attempt}"),
        Progress::Waiting { step, reason, .. } => format!("  {step} waits: {reason}"),
        Progress::Working { step, figures: done, total_bytes, .. } => {
            let total = total_bytes.map(|total| format!(" of {}", words::bytes(total))).unwrap_or_default();
            format!("  {step}: {}{total}", figures(done))
        }
        Progress::Restoring { what, files, bytes } => {
            format!("  {what}: {}, {}", words::counted(*files, "file"), words::bytes(*bytes))
        }
        Progress::Fault { step, path, message } => format!("  {step}: `{}` {message}", clean(path)),
        Progress::LeftOut { step, path, what, .. } => {
            format!("  {step} leaves out `{}`: it is {}", clean(path), clean(what))
        }
        Progress::Retrying { step, at_ms, reason, .. } => {
            format!("  {step} is tried again {}: {}", look.age(*at_ms), clean(reason))
        }
        Progress::StepEnded { step, outcome, figures: done, took_ms, .. } => {
            let done = figures(done);
            let comma = if done.is_empty() { "" } else { ", " };
            format!(
                "  {step} {} in {}{comma}{done}{}",
                look.outcome(Some(outcome)),
                words::span(*took_ms),
                why(outcome)
            )
        }
        Progress::RunEnded { workflow, outcome, .. } => format!("{workflow} {}", look.outcome(Some(outcome))),
    }
}

fn why(outcome: &Outcome) -> String {
    outcome.reason().map(|reason| format!(": {}", words::plain(&clean(reason)))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mainstay_engine::{Monitor as _, Progress};
    use mainstay_journal::{Figures, RunId};
    use mainstay_kit::FakeClock;
    use mainstay_world::TimestampMs;

    use super::{Lines, SHOWN_FAULTS};
    use crate::report::human::plain;

    fn shown(events: &[(u64, Progress)]) -> Vec<String> {
        let clock = Arc::new(FakeClock::at(TimestampMs(0)));
        let lines = Lines::new(plain(), Arc::clone(&clock) as _, Vec::new());
        for (pause_ms, event) in events {
            clock.advance_ms(*pause_ms);
            lines.event(event);
        }
        let state = lines.state.into_inner().unwrap();
        String::from_utf8(state.out).unwrap().lines().map(str::to_owned).collect()
    }

    fn working(bytes: u64) -> Progress {
        let figures = Figures { files: 1, bytes, ..Figures::default() };
        Progress::Working { run: RunId([1; 32]), step: "kept".into(), figures, total_bytes: None }
    }

    #[test]
    fn a_step_at_work_gives_a_beat_a_minute() {
        let begins =
            Progress::ActStarted { run: RunId([1; 32]), step: "kept".into(), act: "store", attempt: 1 };
        let found = shown(&[(0, begins), (30_000, working(1)), (30_000, working(2)), (59_000, working(3))]);
        assert_eq!(found, ["  kept.store begins", "  kept: 1 file, 2 B, 0 B new"]);
    }

    #[test]
    fn faults_do_not_flood_the_log() {
        let fault = || Progress::Fault {
            step: "kept".into(),
            path: "a\nb".into(),
            message: "may not be read".into(),
        };
        let found = shown(&(0..100).map(|_| (0, fault())).collect::<Vec<_>>());
        assert_eq!(found.len(), SHOWN_FAULTS + 1);
        assert_eq!(found[0], "  kept: `a\\nb` may not be read");
    }
}
