use mainstay_engine::report::{Problem, VerifyLine, VerifyReport};

use super::Look;
use crate::report::table::clean;
use crate::report::words;

/// What reading back found.
pub fn verify(report: &VerifyReport, look: &Look) -> Vec<String> {
    let mut lines = Vec::new();
    for line in &report.lines {
        lines.push(one(line, look));
        lines.extend(problems(&line.problems, look));
    }
    if report.lines.is_empty() {
        lines.push("nothing is stored yet, so nothing was read back".to_owned());
    }
    lines
}

fn one(line: &VerifyLine, look: &Look) -> String {
    let word = look.paint(if line.problems.is_empty() { "ok" } else { "damaged" });
    format!(
        "{word}  {} in {}, snapshot {} of {}: {}, {} read back",
        line.source,
        line.repo,
        line.short,
        look.minute(line.time_ms),
        words::counted(line.objects, "object"),
        words::bytes(line.bytes)
    )
}

/// Each on its line, below what they belong to.
pub fn problems(problems: &[Problem], look: &Look) -> Vec<String> {
    look.some(problems, |problem| {
        format!("    `{}`: {}", clean(&problem.at), words::plain(&clean(&problem.message)))
    })
}
