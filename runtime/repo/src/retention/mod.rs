//! Which snapshots of one source stay. Pure arithmetic: it reads no clock and deletes nothing.
//!
//! Per rule of the form "one for each of the last n days", the newest whole snapshot of each of the n newest days
//! that have one stays. A degraded snapshot is never counted; where a day since the oldest of these has nothing
//! better, its newest degraded one stands in, beside the n, and at most n of them. Whatever the rules say, the newest whole one
//! stays, the newest verified one stays, and the newest of all stays: a degraded one that is newer than any whole one holds
//! what no other does, and it must not be gone as soon as it is made. Of such, as many stay as `last` asks for. What is dated in the future is kept and not
//! counted: a clock that once ran ahead must not push out the past.
//!
//! Hours, days, weeks (from Monday, as in ISO 8601), months and years are those of UTC, or of one fixed offset
//! from it. A zone with daylight saving is not used here: a snapshot must not change its day when the rules of
//! a zone do. Snapshots are told apart by policy and source, never by path: the caller groups them.
//!
//! Laws, held by tests: more asked never keeps less; what is asked and there is kept; what stayed once stays when
//! it is asked again at the same moment.

mod calendar;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;

use mainstay_world::TimestampMs;

use crate::id::SnapshotId;
use calendar::Span;

/// What is asked for. Counts of 0 keep nothing of their kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Retention {
    /// Nothing is ever forgotten.
    pub all: bool,
    /// The newest n whole ones, whatever their age.
    pub last: u32,
    /// One for each of the last n hours that have one. The same for the rest.
    pub hourly: u32,
    /// Days.
    pub daily: u32,
    /// Weeks, from Monday.
    pub weekly: u32,
    /// Months.
    pub monthly: u32,
    /// Years.
    pub yearly: u32,
    /// Everything younger than this, in milliseconds.
    pub within_ms: Option<u64>,
    /// How far the calendar's hours and days are from those of UTC, in seconds east; 0 is UTC.
    pub offset_s: i32,
}

/// A snapshot, as retention sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapshotTime {
    /// Which.
    pub id: SnapshotId,
    /// When its walk began.
    pub time: TimestampMs,
    /// False: degraded.
    pub whole: bool,
    /// A verification has found it good.
    pub verified: bool,
}

/// What becomes of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Which.
    pub id: SnapshotId,
    /// Whether it stays.
    pub keep: bool,
    /// Why it stays; empty when it goes.
    pub reasons: Vec<Reason>,
}

/// Why a snapshot stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// Nothing is forgotten here.
    All,
    /// Among the newest: the how-manieth of how many.
    Last {
        /// 1 is the newest.
        number: u32,
        /// Asked for.
        of: u32,
    },
    /// The newest of its hour, day, week, month or year.
    Bucket {
        /// Which rule.
        span: Span,
        /// 1 is the newest.
        number: u32,
        /// Asked for.
        of: u32,
    },
    /// Young enough.
    Within,
    /// Degraded, and its hour, day, ... has nothing better.
    StandsIn(Span),
    /// The newest that is whole.
    NewestWhole,
    /// The newest whole one that a verification found good.
    NewestVerified,
    /// Dated in the future.
    Future,
    /// Degraded, and newer than every whole one: what it holds of the time since stands nowhere else.
    Newer,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all are kept"),
            Self::Last { number, of } => write!(f, "last {number} of {of}"),
            Self::Bucket { span, number, of } => write!(f, "{span} {number} of {of}"),
            Self::Within => f.write_str("young enough"),
            Self::StandsIn(span) => write!(f, "degraded, stands in ({span})"),
            Self::NewestWhole => f.write_str("newest whole one"),
            Self::NewestVerified => f.write_str("newest verified one"),
            Self::Future => f.write_str("dated in the future"),
            Self::Newer => f.write_str("degraded, newer than any whole one"),
        }
    }
}

impl Retention {
    fn of(&self, span: Span) -> u32 {
        match span {
            Span::Hour => self.hourly,
            Span::Day => self.daily,
            Span::Week => self.weekly,
            Span::Month => self.monthly,
            Span::Year => self.yearly,
        }
    }
}

/// Decides about all snapshots of one source. The answers come newest first.
pub fn decide(retention: &Retention, snapshots: &[SnapshotTime], now: TimestampMs) -> Vec<Decision> {
    let mut sorted: Vec<&SnapshotTime> = snapshots.iter().collect();
    sorted.sort_by_key(|snapshot| std::cmp::Reverse((snapshot.time, snapshot.id)));
    let mut judged: Vec<Judged<'_>> =
        sorted.into_iter().map(|snapshot| Judged { snapshot, reasons: BTreeSet::new() }).collect();
    for judged in &mut judged {
        alone(retention, judged, now);
    }
    last(retention.last, &mut judged, now);
    for span in Span::ALL {
        buckets(retention, span, &mut judged, now);
    }
    newest(&mut judged, now);
    newer(retention.last.max(1), &mut judged, now);
    judged.into_iter().map(Judged::decided).collect()
}

struct Judged<'a> {
    snapshot: &'a SnapshotTime,
    reasons: BTreeSet<Reason>,
}

impl Judged<'_> {
    fn decided(self) -> Decision {
        let reasons: Vec<Reason> = self.reasons.into_iter().collect();
        Decision { id: self.snapshot.id, keep: !reasons.is_empty(), reasons }
    }

    /// Whether it fills a place: whole, and not of the future.
    fn counts(&self, now: TimestampMs) -> bool {
        self.snapshot.whole && self.snapshot.time <= now
    }
}

/// Reasons that lie in the snapshot alone.
fn alone(retention: &Retention, judged: &mut Judged<'_>, now: TimestampMs) {
    if retention.all {
        judged.reasons.insert(Reason::All);
    }
    if judged.snapshot.time > now {
        judged.reasons.insert(Reason::Future);
    }
    let age = now.0.saturating_sub(judged.snapshot.time.0);
    if retention.within_ms.is_some_and(|within| u64::try_from(age).is_ok_and(|age| age < within)) {
        judged.reasons.insert(Reason::Within);
    }
}

fn last(of: u32, judged: &mut [Judged<'_>], now: TimestampMs) {
    let whole = judged.iter_mut().filter(|judged| judged.counts(now));
    for (number, judged) in (1..=of).zip(whole) {
        judged.reasons.insert(Reason::Last { number, of });
    }
}

/// One rule of the calendar, over snapshots that come newest first: so the first of each bucket is its newest.
///
/// Degraded ones stand in only since the oldest place that is taken. Further back, whole ones that go now would
/// leave buckets where a degraded one could stand in next time, and push out another.
fn buckets(retention: &Retention, span: Span, judged: &mut [Judged<'_>], now: TimestampMs) {
    let of = retention.of(span);
    let bucket = |judged: &Judged<'_>| span.bucket(judged.snapshot.time, retention.offset_s);
    let mut filled = BTreeSet::new();
    let mut places = Places::new(of);
    for judged in judged.iter_mut().filter(|judged| judged.counts(now)) {
        filled.insert(bucket(judged));
        if let Some(number) = places.take(bucket(judged)) {
            judged.reasons.insert(Reason::Bucket { span, number, of });
        }
    }
    let since = places.oldest();
    let mut places = Places::new(of);
    for judged in judged.iter_mut().filter(|judged| judged.snapshot.time <= now && !judged.snapshot.whole) {
        let bucket = bucket(judged);
        if bucket >= since && !filled.contains(&bucket) && places.take(bucket).is_some() {
            judged.reasons.insert(Reason::StandsIn(span));
        }
    }
}

/// The places of one rule, filled from the newest bucket on.
struct Places {
    of: u32,
    taken: u32,
    latest: Option<i64>,
}

impl Places {
    fn new(of: u32) -> Self {
        Self { of, taken: 0, latest: None }
    }

    /// The number of the place, if this bucket is new and a place is left.
    fn take(&mut self, bucket: i64) -> Option<u32> {
        if self.latest == Some(bucket) || self.taken == self.of {
            return None;
        }
        self.latest = Some(bucket);
        self.taken += 1;
        Some(self.taken)
    }

    /// The bucket of the last place; when places are left, there is no oldest.
    fn oldest(&self) -> i64 {
        self.latest.filter(|_| self.taken == self.of).unwrap_or(i64::MIN)
    }
}

/// What stays whatever the rules say.
fn newest(judged: &mut [Judged<'_>], now: TimestampMs) {
    let mut keep = |wanted: &dyn Fn(&Judged<'_>) -> bool, reason| {
        if let Some(found) = judged.iter_mut().find(|judged| wanted(judged)) {
            found.reasons.insert(reason);
        }
    };
    keep(&|judged| judged.counts(now), Reason::NewestWhole);
    keep(&|judged| judged.counts(now) && judged.snapshot.verified, Reason::NewestVerified);
}

/// The newest degraded ones that come after the newest whole one.
fn newer(most: u32, judged: &mut [Judged<'_>], now: TimestampMs) {
    let past = judged.iter_mut().filter(|judged| judged.snapshot.time <= now);
    for (_, judged) in (0..most).zip(past.take_while(|judged| !judged.snapshot.whole)) {
        judged.reasons.insert(Reason::Newer);
    }
}
