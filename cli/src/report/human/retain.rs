use mainstay_engine::report::{RetainLine, RetainReport};

use super::Look;
use crate::report::table::{Table, clean};
use crate::report::words;

/// What retention does, and why.
pub fn retain(report: &RetainReport, look: &Look) -> Vec<String> {
    let mut lines = Vec::new();
    for line in &report.lines {
        lines.extend(one(line, report.applied, look));
    }
    let forgotten: usize = report.lines.iter().map(RetainLine::forgotten).sum();
    let total = words::counted(forgotten as u64, "snapshot");
    if forgotten == 0 && report.lines.iter().any(|line| line.fault.is_some()) {
        return lines;
    }
    lines.push(match (report.applied, forgotten) {
        (_, 0) => "nothing to forget".to_owned(),
        (true, _) => {
            format!("{total} forgotten; their space is not freed yet: no verb of this version collects")
        }
        (false, _) => {
            format!("{total} would be forgotten; nothing was changed: `mainstay retain --apply` does it")
        }
    });
    lines
}

fn one(line: &RetainLine, applied: bool, look: &Look) -> Vec<String> {
    let mut lines = vec![format!("{} in {}", line.source, line.repo)];
    if let Some(fault) = &line.fault {
        lines.push(format!("  {}  nothing was decided: {}", look.paint("failed"), clean(fault)));
        return lines;
    }
    let mut table = Table::new(&["", "", "", "", ""]);
    for ruling in &line.rulings {
        let word = match (ruling.keep, applied) {
            (true, _) => "keep",
            (false, true) => "forgotten",
            (false, false) => "forget",
        };
        let why = if ruling.keep { ruling.reasons.join(", ") } else { "no rule keeps it".to_owned() };
        table.row([
            word.to_owned(),
            ruling.short.clone(),
            look.minute(ruling.time_ms),
            look.age(ruling.time_ms),
            why,
        ]);
    }
    lines.extend(table.lines().into_iter().skip(1).map(|row| format!("  {row}")));
    if line.rulings.is_empty() {
        lines.push("  no snapshots".to_owned());
    }
    lines
}
