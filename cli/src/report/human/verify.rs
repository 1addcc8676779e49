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
        lines.extend(quarantined(line.quarantined));
    }
    lines.extend(unread(&report.unread, look));
    if report.lines.is_empty() && report.unread.is_empty() {
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

/// What becomes of what is damaged.
pub fn quarantined(packs: u64) -> Option<String> {
    let packs = (packs > 0).then(|| words::counted(packs, "pack"))?;
    Some(format!(
        "    now in quarantine: {packs}; the next run stores anew what of that is still at the source"
    ))
}

/// What may hide that there is something newer.
pub fn unread(found: &[Problem], look: &Look) -> Vec<String> {
    let note = "damaged  a newer snapshot than the newest that can be read may be there:".to_owned();
    let note = (!found.is_empty()).then_some(note);
    note.into_iter().chain(problems(found, look)).collect()
}

/// Each on its line, below what they belong to.
pub fn problems(problems: &[Problem], look: &Look) -> Vec<String> {
    look.some(problems, |problem| {
        format!("    `{}`: {}", clean(&problem.at), words::plain(&clean(&problem.message)))
    })
}
