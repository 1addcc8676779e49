use mainstay_engine::report::SnapshotsReport;

use super::Look;
use crate::report::table::Table;
use crate::report::words;

/// A line for each snapshot.
pub fn snapshots(report: &SnapshotsReport, look: &Look) -> Vec<String> {
    let mut table = Table::new(&["snapshot", "source", "repo", "taken", "", ">files", ">size", "state"]);
    let is_foreign = report.snapshots.iter().any(|line| line.host != report.here);
    for line in &report.snapshots {
        let state = match (line.damaged_ms, line.whole, line.verified_ms) {
            (Some(at), ..) => format!("damaged, read back {}", look.age(at)),
            (None, false, _) => format!("degraded: {} missing", words::count(line.faults)),
            (None, true, Some(at)) => format!("verified {}", look.age(at)),
            (None, true, None) => "not verified here".to_owned(),
        };
        let taken = look.minute(line.time_ms);
        let age = look.age(line.time_ms);
        let (files, bytes) = (words::count(line.files), words::bytes(line.bytes));
        table.row([
            line.short.clone(),
            if is_foreign { format!("{} on {}", line.source, line.host) } else { line.source.clone() },
            line.repo.clone(),
            taken,
            age,
            files,
            bytes,
            state,
        ]);
    }
    let mut lines = table.lines();
    if report.snapshots.is_empty() && report.faults.is_empty() && report.left_off == 0 {
        lines.push("nothing is stored yet".to_owned());
    }
    if report.left_off > 0 {
        let others = words::counted(report.left_off as u64, "snapshot");
        lines.push(format!("{others} of other machines or policies; `--all` lists them"));
    }
    lines
}
