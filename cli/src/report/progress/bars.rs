//! A line that lives for each step at work; finished steps stay above as lines.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use mainstay_engine::{Monitor, Progress};

use super::lines::text;
use crate::report::human::{Look, figures};
use crate::report::words;

/// How often a spinner moves, so that a silent step is seen to live.
const TICK: Duration = Duration::from_millis(120);

/// Without a known total there is neither a bar nor an estimate.
const UNKNOWN: &str = "{spinner} {prefix:<24} {elapsed:>5}  {msg}";
const KNOWN: &str = "{spinner} {prefix:<24} {elapsed:>5}  {bar:16}  {percent:>3}%  {msg}  about {eta} left";

/// Bars on standard error.
pub struct Bars {
    look: Look,
    screen: MultiProgress,
    steps: Mutex<HashMap<String, ProgressBar>>,
}

impl Bars {
    /// Nothing is shown yet.
    pub fn new(look: Look) -> Self {
        Self { look, screen: MultiProgress::new(), steps: Mutex::new(HashMap::new()) }
    }

    fn say(&self, event: &Progress) {
        // A terminal that went away; the work goes on.
        let _ = self.screen.println(text(event, &self.look));
    }

    fn with_bar(&self, step: &str, change: impl FnOnce(&ProgressBar)) {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = steps.entry(step.to_owned()).or_insert_with(|| {
            let bar = self.screen.add(ProgressBar::new_spinner());
            bar.set_style(style(UNKNOWN));
            bar.enable_steady_tick(TICK);
            bar
        });
        change(bar);
    }

    fn drop_bar(&self, step: &str) {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = steps.remove(step) {
            bar.finish_and_clear();
        }
    }
}

impl Monitor for Bars {
    fn event(&self, event: &Progress) {
        match event {
            Progress::ActStarted { step, act, .. } => self.with_bar(step, |bar| {
                bar.set_style(style(UNKNOWN));
                bar.set_prefix(format!("{step}.{act}"));
                bar.set_message("");
            }),
            Progress::Waiting { step, reason, .. } => {
                self.with_bar(step, |bar| {
                    bar.set_prefix(step.clone());
                    bar.set_message(format!("waits: {reason}"));
                });
            }
            Progress::Working { step, figures: done, total_bytes, .. } => self.with_bar(step, |bar| {
                if let Some(total) = total_bytes {
                    bar.set_style(style(KNOWN));
                    bar.set_length(*total);
                    bar.set_position(done.bytes);
                }
                bar.set_message(figures(done));
            }),
            Progress::Restoring { what, files, bytes } => self.with_bar(what, |bar| {
                bar.set_prefix(what.clone());
                bar.set_message(format!("{}, {}", words::counted(*files, "file"), words::bytes(*bytes)));
            }),
            Progress::StepEnded { step, .. } => {
                self.drop_bar(step);
                self.say(event);
            }
            Progress::RunEnded { .. } => {}
            _ => self.say(event),
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .progress_chars("##-")
}
