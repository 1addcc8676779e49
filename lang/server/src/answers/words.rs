//! Values of a policy in words.

use mainstay_ir::Retention;

/// `14 daily, 6 monthly`, `everything for 30 d`.
pub(crate) fn kept(keep: &Retention) -> String {
    if keep.all {
        return "everything for ever".to_owned();
    }
    let buckets = [
        (keep.last, "newest"),
        (keep.hourly, "hourly"),
        (keep.daily, "daily"),
        (keep.weekly, "weekly"),
        (keep.monthly, "monthly"),
        (keep.yearly, "yearly"),
    ];
    let counted = buckets.iter().filter(|(count, _)| *count > 0);
    let mut parts: Vec<String> = counted.map(|(count, name)| format!("{count} {name}")).collect();
    parts.extend(keep.within.map(|within| format!("everything for {within}")));
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
}
