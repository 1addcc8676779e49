//! Results of tests as JUnit XML: a suite for each policy, a case for each test.
//!
//! The form is the one that Jenkins, GitLab, GitHub's reporters and others read: `failure` for what does not hold,
//! `error` for what could not be carried out.

use std::fmt::Write as _;

use mainstay_diagnostics::render;
use mainstay_world::TimestampMs;

use crate::trial::{End, Trial, Trials};

/// The whole document.
pub fn document(all: &[Trials], now: TimestampMs, took_ms: u64) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let (tests, failures, errors) =
        all.iter().map(counts).fold((0, 0, 0), |(a, b, c), (d, e, f)| (a + d, b + e, c + f));
    let time = seconds(took_ms);
    let _ = writeln!(
        text,
        "<testsuites name=\"mainstay\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" time=\"{time}\">"
    );
    all.iter().for_each(|of| suite(&mut text, of, now));
    text.push_str("</testsuites>\n");
    text
}

/// Tests, failures, errors. A policy that does not compile and has no test is one error.
fn counts(of: &Trials) -> (usize, usize, usize) {
    let broken = usize::from(of.broken.is_some());
    let failures = of.trials.iter().filter(|trial| trial.end == End::Failed).count();
    let good = of.trials.iter().filter(|trial| trial.end == End::Passed).count();
    let errors = of.trials.len() - failures - good + broken;
    (of.trials.len() + broken, failures, errors)
}

fn suite(text: &mut String, of: &Trials, now: TimestampMs) {
    let (tests, failures, errors) = counts(of);
    let took_ms = of.trials.iter().map(|trial| trial.took_ms).sum();
    let _ = writeln!(
        text,
        "  <testsuite name=\"{}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"0\" \
         timestamp=\"{}\" time=\"{}\">",
        escaped(&of.policy),
        timestamp(now),
        seconds(took_ms),
    );
    of.trials.iter().for_each(|trial| case(text, &of.policy, trial));
    if let Some((findings, map)) = &of.broken {
        let _ = writeln!(
            text,
            "    <testcase name=\"compiles\" classname=\"{}\" time=\"0.000\">",
            escaped(&of.policy)
        );
        let details = render::human(findings, map, render::Style::default());
        element(text, "error", ("the policy does not compile", "broken"), &details);
        text.push_str("    </testcase>\n");
    }
    text.push_str("  </testsuite>\n");
}

fn case(text: &mut String, policy: &str, trial: &Trial) {
    let _ = write!(
        text,
        "    <testcase name=\"{}\" classname=\"{}\" file=\"{}\" line=\"{}\" time=\"{}\"",
        escaped(&trial.name),
        escaped(policy),
        escaped(&trial.file),
        trial.line,
        seconds(trial.took_ms),
    );
    if trial.end == End::Passed {
        text.push_str("/>\n");
        return;
    }
    text.push_str(">\n");
    let details = render::human(&trial.findings, &trial.map, render::Style::default());
    let first = trial.findings.first();
    let message = first.map(|found| found.message.as_str());
    match &trial.end {
        End::Failed => {
            let code = first.map_or("failed", |found| found.code.as_str());
            element(text, "failure", (message.unwrap_or_default(), code), &details);
        }
        End::Refused(reason) => element(text, "error", (reason, "refused"), reason),
        _ => element(text, "error", (message.unwrap_or("the policy does not compile"), "broken"), &details),
    }
    text.push_str("    </testcase>\n");
}

fn element(text: &mut String, name: &str, (message, kind): (&str, &str), details: &str) {
    let (message, kind) = (escaped(message), escaped(kind));
    let _ =
        writeln!(text, "      <{name} message=\"{message}\" type=\"{kind}\">{}</{name}>", escaped(details));
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1_000, ms % 1_000)
}

/// As ISO 8601 without a zone, in UTC: what the readers' schemas ask for.
fn timestamp(now: TimestampMs) -> String {
    let at = jiff::Timestamp::from_millisecond(now.0).unwrap_or_default();
    at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// For attributes and content alike. What XML cannot hold at all is replaced.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push_str("&#9;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_replaced() {
        assert_eq!(escaped("a<b>&\"c\"\n\u{7}"), "a&lt;b&gt;&amp;&quot;c&quot;&#10;\u{fffd}");
    }
}
