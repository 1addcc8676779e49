use mainstay_engine::report::{CheckReport, KeyReport, RepoReport};

use super::Look;
use super::verify::{problems, quarantined};
use crate::report::table::clean;
use crate::report::words;

/// What a repository says of itself.
pub fn repository(report: &RepoReport, look: &Look) -> Vec<String> {
    let made = report.created_ms.map_or("unknown".to_owned(), |at| look.minute(at));
    let mut lines = vec![
        format!("{}  {}", report.repo, clean(&report.place)),
        format!(
            "  holds      {}, {} in {}",
            words::counted(report.snapshots, "snapshot"),
            words::bytes(report.bytes),
            words::counted(report.objects, "object")
        ),
        format!("  key file   {}", report.role),
        format!("  made       {made}"),
        format!("  format     {}", report.format),
        format!("  family     {}", report.family),
        format!("  instance   {}", report.instance),
    ];
    lines.extend(report.recipients.iter().map(|recipient| format!("  sealed to  {recipient}")));
    lines
}

/// What a check found.
pub fn check(report: &CheckReport, look: &Look) -> Vec<String> {
    let word = look.paint(if report.problems.is_empty() { "ok" } else { "damaged" });
    let depth =
        if report.read_data { "all data was read" } else { "metadata only; `--read-data` reads everything" };
    let mut lines = vec![format!(
        "{word}  {}: {}, {} read back, {depth}",
        report.repo,
        words::counted(report.objects, "object"),
        words::bytes(report.bytes)
    )];
    lines.extend(problems(&report.problems, look));
    lines.extend(quarantined(report.quarantined, &report.repo));
    lines
}

/// The path in the words that say where a secret comes from; only files are open to others.
fn path_of(origin: &str) -> String {
    clean(origin.split('`').nth(1).unwrap_or(origin))
}

/// The key files that a policy names.
pub fn keys(reports: &[KeyReport], look: &Look) -> Vec<String> {
    let mut lines = Vec::new();
    for key in reports {
        let role = key.role.as_deref().unwrap_or("unknown role");
        let word = look.paint(if key.fault.is_none() { "ok" } else { "failed" });
        lines.push(format!(
            "{word}  {}  {role}, {}, opens {}",
            key.secret,
            clean(&key.origin),
            key.repos.join(", ")
        ));
        if key.is_open {
            lines.push(format!(
                "      note: other users of this machine may read or change it: `chmod o= {}`",
                path_of(&key.origin)
            ));
        }
        lines.extend(key.fault.iter().map(|fault| format!("      {}", clean(fault))));
    }
    if reports.is_empty() {
        lines.push("the policy names no key file".to_owned());
    }
    lines
}
