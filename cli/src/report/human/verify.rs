use mainstay_engine::report::{Problem, VerifyLine, VerifyReport};

use super::Look;
use super::doubts::{unreached, unread};
use crate::report::table::clean;
use crate::report::words;

/// What reading back found. `flag` names the policy in the commands that follow.
pub fn verify(report: &VerifyReport, look: &Look, flag: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for line in &report.lines {
        lines.push(one(line, look));
        lines.extend(problems(&line.problems, look));
        lines.extend(quarantined(line.quarantined, &line.repo));
    }
    lines.extend(unread(&report.unread, look));
    lines.extend(unreached(&report.unreached, "what should have been read back", look));
    lines.extend(
        report.unreached.iter().filter(|one| one.may_hold).map(|one| {
            format!("next: make `{0}` reachable, then `mainstay verify --repo {0}{flag}`", one.repo)
        }),
    );
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
pub fn quarantined(packs: u64, repo: &str) -> Option<String> {
    let packs = (packs > 0).then(|| words::counted(packs, "pack"))?;
    Some(format!(
        "    now in quarantine: {packs}; the next run that stores or copies into `{repo}` stores anew what it still finds of that"
    ))
}

/// Each on its line, below what they belong to.
pub fn problems(problems: &[Problem], look: &Look) -> Vec<String> {
    look.some(problems, |problem| {
        format!("    `{}`: {}", clean(&problem.at), words::plain(&clean(&problem.message)))
    })
}
