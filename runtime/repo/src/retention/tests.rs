use proptest::prelude::*;

use super::*;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// 2024-01-31T12:00:00Z, a Wednesday.
const NOW: TimestampMs = TimestampMs(1_706_702_400_000);

fn at(number: u8, hours_ago: i64) -> SnapshotTime {
    SnapshotTime {
        id: SnapshotId::new(0, [number; 16]),
        time: TimestampMs(NOW.0 - hours_ago * HOUR_MS),
        whole: true,
        verified: true,
    }
}

fn kept(retention: &Retention, snapshots: &[SnapshotTime]) -> Vec<u8> {
    let decisions = decide(retention, snapshots, NOW);
    decisions.iter().filter(|decision| decision.keep).map(|decision| decision.id.0[8]).collect()
}

fn reasons(retention: &Retention, snapshots: &[SnapshotTime], number: u8) -> Vec<String> {
    let decisions = decide(retention, snapshots, NOW);
    let found = decisions.iter().find(|decision| decision.id.0[8] == number).unwrap();
    found.reasons.iter().map(ToString::to_string).collect()
}

#[test]
fn the_newest_of_each_day_stays() {
    let snapshots = [at(1, 1), at(2, 5), at(3, 20), at(4, 30), at(5, 60)];
    let retention = Retention { daily: 2, ..Retention::default() };
    // 12:00 less 20 h and less 30 h are both yesterday.
    assert_eq!(kept(&retention, &snapshots), [1, 3]);
    assert_eq!(reasons(&retention, &snapshots, 3), ["daily 2 of 2"]);
    assert_eq!(
        reasons(&retention, &snapshots, 1),
        ["daily 1 of 2", "newest whole one", "newest verified one"]
    );
    assert!(reasons(&retention, &snapshots, 5).is_empty());
}

#[test]
fn days_without_a_snapshot_take_no_place() {
    let snapshots = [at(1, 1), at(2, 24 * 10), at(3, 24 * 20)];
    assert_eq!(kept(&Retention { daily: 3, ..Retention::default() }, &snapshots), [1, 2, 3]);
}

#[test]
fn a_degraded_one_takes_no_place_and_stands_in_where_there_is_no_better() {
    let degraded = |number, hours| SnapshotTime { whole: false, verified: false, ..at(number, hours) };
    let snapshots = [degraded(1, 1), at(2, 2), degraded(3, 25), at(4, 49), degraded(5, 50)];
    let retention = Retention { daily: 2, ..Retention::default() };
    assert_eq!(kept(&retention, &snapshots), [1, 2, 3, 4]);
    assert_eq!(reasons(&retention, &snapshots, 1), ["degraded, newer than any whole one"]);
    assert_eq!(reasons(&retention, &snapshots, 3), ["degraded, stands in (daily)"]);
    assert_eq!(kept(&Retention::default(), &[degraded(1, 1), degraded(2, 2)]), [1]);
}

#[test]
fn a_degraded_copy_is_not_gone_as_soon_as_it_is_made() {
    let degraded = |number, hours| SnapshotTime { whole: false, verified: false, ..at(number, hours) };
    let snapshots = [degraded(1, 1), degraded(2, 2), degraded(3, 3), at(4, 4), degraded(5, 5)];
    let keep = |last| Retention { last, ..Retention::default() };
    assert_eq!(kept(&keep(1), &snapshots), [1, 4]);
    assert_eq!(kept(&keep(2), &snapshots), [1, 2, 4]);
    assert_eq!(
        kept(&keep(9), &snapshots),
        [1, 2, 3, 4],
        "what is older than a whole one holds nothing newer"
    );
    let daily = Retention { daily: 7, ..Retention::default() };
    assert_eq!(kept(&daily, &snapshots), [1, 4], "although its day has a whole one");
}

#[test]
fn the_last_verified_one_stays_though_newer_ones_are_whole() {
    let unverified = |number, hours| SnapshotTime { verified: false, ..at(number, hours) };
    let snapshots = [unverified(1, 1), unverified(2, 30), at(3, 24 * 90)];
    assert_eq!(kept(&Retention { last: 1, ..Retention::default() }, &snapshots), [1, 3]);
}

#[test]
fn nothing_asked_still_leaves_one_and_the_future_counts_for_nothing() {
    assert_eq!(kept(&Retention::default(), &[at(1, 1), at(2, 2)]), [1]);
    let snapshots = [at(9, -24 * 400), at(1, 1), at(2, 30)];
    assert_eq!(kept(&Retention { daily: 2, ..Retention::default() }, &snapshots), [9, 1, 2]);
    assert_eq!(reasons(&Retention::default(), &snapshots, 9), ["dated in the future"]);
    assert!(decide(&Retention::default(), &[], NOW).is_empty());
}

#[test]
fn within_is_by_age_and_all_is_all() {
    let snapshots = [at(1, 1), at(2, 2), at(3, 24), at(4, 25)];
    let day = Some(u64::try_from(DAY_MS).unwrap());
    assert_eq!(kept(&Retention { within_ms: day, ..Retention::default() }, &snapshots), [1, 2]);
    assert_eq!(kept(&Retention { all: true, ..Retention::default() }, &snapshots), [1, 2, 3, 4]);
}

#[test]
fn a_year_of_daily_runs_leaves_the_usual_ladder() {
    let retention = Retention { daily: 14, weekly: 8, monthly: 12, yearly: 7, ..Retention::default() };
    let mut left: Vec<SnapshotTime> = Vec::new();
    for day in 0..900_i64 {
        let now = TimestampMs(NOW.0 + day * DAY_MS);
        let mut random = [0; 16];
        random[..8].copy_from_slice(&day.to_be_bytes());
        left.push(SnapshotTime { id: SnapshotId::new(0, random), time: now, whole: true, verified: true });
        let decisions = decide(&retention, &left, now);
        left.retain(|snapshot| decisions.iter().any(|decision| decision.id == snapshot.id && decision.keep));
    }
    // 14 days; 8 weeks, of which 2 or 3 are among the days; 12 months; 2 more years: some stand for several.
    assert!((26..=36).contains(&left.len()), "{}", left.len());
    let oldest = left.iter().map(|snapshot| snapshot.time).min().unwrap();
    assert_eq!(Span::Year.bucket(oldest, 0), 2024);
}

fn snapshots() -> impl Strategy<Value = Vec<SnapshotTime>> {
    let one = (any::<[u8; 16]>(), -50..20_000_i64, any::<bool>(), any::<bool>());
    proptest::collection::vec(one, 0..60).prop_map(|all| {
        let made = all.into_iter().map(|(random, hours, whole, verified)| SnapshotTime {
            id: SnapshotId::new(0, random),
            time: TimestampMs(NOW.0 - hours * HOUR_MS - i64::from(random[0])),
            whole,
            verified: verified && whole,
        });
        made.collect()
    })
}

fn retention() -> impl Strategy<Value = Retention> {
    let counts = proptest::array::uniform6(0..12_u32);
    let within = proptest::option::of(0..2_000_000_000_u64);
    (counts, within, -50_000..50_000_i32).prop_map(|(counts, within_ms, offset_s)| {
        let [last, hourly, daily, weekly, monthly, yearly] = counts;
        Retention { all: false, last, hourly, daily, weekly, monthly, yearly, within_ms, offset_s }
    })
}

fn kept_ids(retention: &Retention, snapshots: &[SnapshotTime]) -> BTreeSet<SnapshotId> {
    let decisions = decide(retention, snapshots, NOW);
    decisions.into_iter().filter(|decision| decision.keep).map(|decision| decision.id).collect()
}

proptest! {
    #[test]
    fn more_asked_never_keeps_less(all in snapshots(), asked in retention(), more in 0..6_usize, by in 1..9_u32) {
        let mut bolder = asked.clone();
        match more {
            0 => bolder.last += by,
            1 => bolder.hourly += by,
            2 => bolder.daily += by,
            3 => bolder.weekly += by,
            4 => bolder.monthly += by,
            _ => bolder.within_ms = Some(asked.within_ms.unwrap_or(0) + u64::from(by) * 10_000_000),
        }
        prop_assert!(kept_ids(&asked, &all).is_subset(&kept_ids(&bolder, &all)));
    }

    #[test]
    fn what_stayed_stays_when_asked_again(all in snapshots(), asked in retention()) {
        let kept = kept_ids(&asked, &all);
        let left: Vec<SnapshotTime> = all.into_iter().filter(|one| kept.contains(&one.id)).collect();
        prop_assert_eq!(kept_ids(&asked, &left), kept);
    }

    #[test]
    fn what_is_asked_and_there_is_kept(all in snapshots(), asked in retention()) {
        let kept = kept_ids(&asked, &all);
        for span in Span::ALL {
            let whole = || all.iter().filter(|one| one.whole && one.time <= NOW);
            let bucket = |one: &SnapshotTime| span.bucket(one.time, asked.offset_s);
            let mut there: Vec<i64> = whole().map(bucket).collect();
            there.sort_unstable();
            there.dedup();
            for wanted in there.iter().rev().take(asked.of(span) as usize) {
                let newest = whole().filter(|one| bucket(one) == *wanted).max_by_key(|one| (one.time, one.id)).unwrap();
                prop_assert!(kept.contains(&newest.id));
            }
        }
    }

    #[test]
    fn something_stays_and_so_do_the_newest_whole_and_verified(all in snapshots(), asked in retention()) {
        let kept = kept_ids(&asked, &all);
        prop_assert!(all.is_empty() || !kept.is_empty());
        let past = || all.iter().filter(|one| one.whole && one.time <= NOW);
        let newest = |verified: bool| past().filter(|one| one.verified || !verified).max_by_key(|one| (one.time, one.id));
        for one in [newest(false), newest(true)].into_iter().flatten() {
            prop_assert!(kept.contains(&one.id));
        }
    }

    #[test]
    fn degraded_ones_push_out_nothing(all in snapshots(), asked in retention()) {
        let whole: Vec<SnapshotTime> = all.iter().filter(|one| one.whole).copied().collect();
        let alone = kept_ids(&asked, &whole);
        let whole_ids: BTreeSet<SnapshotId> = whole.iter().map(|one| one.id).collect();
        let among: BTreeSet<SnapshotId> = kept_ids(&asked, &all).intersection(&whole_ids).copied().collect();
        prop_assert_eq!(alone, among);
    }
}
