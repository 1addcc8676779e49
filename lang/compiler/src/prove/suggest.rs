//! Values that people would write.

use mainstay_ir::DurationMs;

/// Lengths that read well, in minutes, ascending.
const ROUND_MINUTES: [u64; 26] = [
    1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 360, 480, 600, 720, 1080, 1440, 2880, 4320,
    7200, 10_080, 20_160, 43_200,
];

/// The round lengths that are not over `most`, the longest first: intervals to run in.
pub(super) fn rounds_down(most: DurationMs) -> impl Iterator<Item = DurationMs> {
    let round = ROUND_MINUTES.iter().rev().map(|minutes| DurationMs::minutes(*minutes));
    round.filter(move |length| *length <= most)
}

/// What people count a length in: minutes, a quarter of an hour from one hour on, hours from three hours on.
fn unit(length: DurationMs) -> u64 {
    match length.0 / DurationMs::hours(1).0 {
        0 => DurationMs::minutes(1).0,
        1..3 => DurationMs::minutes(15).0,
        _ => DurationMs::hours(1).0,
    }
}

/// The shortest length that people count and that is not under `least`.
pub(super) fn counted_up(least: DurationMs) -> DurationMs {
    let unit = unit(least);
    DurationMs(least.0.div_ceil(unit) * unit)
}

/// The longest length that people count and that is not over `most`; none below a minute.
pub(super) fn counted_down(most: DurationMs) -> Option<DurationMs> {
    let unit = unit(most);
    Some(DurationMs(most.0 / unit * unit)).filter(|length| length.0 > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_well_and_keep_their_side() {
        let down = |ms| rounds_down(DurationMs(ms)).next().map(|it| it.literal());
        assert_eq!(down(95 * 60_000).as_deref(), Some("90min"));
        assert_eq!(down(59_999), None);
        let up = |minutes| counted_up(DurationMs::minutes(minutes)).literal();
        assert_eq!((up(27 * 60 + 5), up(62), up(59)), ("28h".into(), "75min".into(), "59min".into()));
        let down = |minutes| counted_down(DurationMs::minutes(minutes)).map(|it| it.literal());
        assert_eq!(down(23 * 60 + 30).as_deref(), Some("23h"));
        assert_eq!(down(62).as_deref(), Some("1h"));
        assert_eq!(down(0), None);
    }
}
