//! What a reading costs, and whether that grows faster than what is read.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use super::family::Family;
use super::readers::Reading;

/// Time of the processor for a thread, not of the clock on the wall: the machine has other things to do.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost(pub Duration);

/// What the calling thread has used of a processor.
fn used() -> Duration {
    let used = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(used.tv_sec.unsigned_abs(), u32::try_from(used.tv_nsec).unwrap_or(0))
}

/// What was done, and what it cost.
pub fn measured<T>(act: impl FnOnce() -> T) -> (T, Cost) {
    let before = used();
    let made = act();
    (made, Cost(used().saturating_sub(before)))
}

/// A doubling of what is read may cost so much more: twice, and what caches and noise add.
const MOST_PER_DOUBLING: f64 = 2.6;

/// Below it a time is noise.
const MEASURABLE: Duration = Duration::from_millis(2);

/// Growth is looked at from here on, or from where a reading is measurable.
const FIRST_BYTES: usize = 16 << 10;

/// No family is made larger.
const MOST_BYTES: usize = 4 << 20;

/// A single reading that takes so long is looked at no further: it is slow enough.
const SLOW: Duration = Duration::from_secs(20);

/// What reads, until the time is over.
type Read<'a> = dyn FnMut(&[u8]) -> Option<Reading> + 'a;

/// Times a suspicion is looked into before it is held.
const LOOKS: usize = 3;

/// What is wrong with how the cost of a family grows: four sizes, each twice the one before, and the second and third
/// doubling both cost too much. What ends at the budget is bounded by that. From the deadline on nothing more is read, and
/// nothing is held.
pub fn growth(family: &Family, deadline: Instant, read: &mut dyn FnMut(&[u8]) -> Reading) -> Option<String> {
    let mut read = |text: &[u8]| (Instant::now() < deadline).then(|| read(text));
    grows(family, &mut read)
}

fn grows(family: &Family, read: &mut Read<'_>) -> Option<String> {
    if !family.grows() {
        return None;
    }
    let mut count = family.count_for(FIRST_BYTES);
    let mut first = times(family, count, read)?;
    while first.1 < MEASURABLE {
        count *= 2;
        if first.0 > MOST_BYTES / 8 {
            return None;
        }
        first = times(family, count, read)?;
    }
    let mut said = None;
    for _ in 0..LOOKS {
        said = Some(grown(family, count, read)?);
    }
    said
}

/// One look: what is suspicious, if anything.
fn grown(family: &Family, count: usize, read: &mut Read<'_>) -> Option<String> {
    let mut all: Vec<(usize, Duration)> = Vec::new();
    for doubling in 0..4 {
        all.push(times(family, count << doubling, read)?);
        if all.last().is_some_and(|(bytes, took)| *took > SLOW || *bytes > MOST_BYTES) {
            break;
        }
    }
    let doublings: Vec<f64> = all.windows(2).map(|pair| per_doubling(pair[0], pair[1])).collect();
    let last = doublings.iter().rev().take(2);
    let shown = || {
        let sizes =
            all.iter().map(|(bytes, took)| format!("{bytes} bytes {:.1} ms", took.as_secs_f64() * 1000.0));
        sizes.collect::<Vec<_>>().join(", ")
    };
    (doublings.len() >= 2 && last.clone().all(|it| *it > MOST_PER_DOUBLING))
        .then(|| format!("grows faster than what is read: {}", shown()))
}

/// How many times the cost for twice the size.
fn per_doubling(small: (usize, Duration), large: (usize, Duration)) -> f64 {
    let bytes = large.0 as f64 / small.0.max(1) as f64;
    (large.1.as_secs_f64() / small.1.as_secs_f64().max(1e-9)).powf(1.0 / bytes.log2().max(0.1))
}

/// The size, and the best of two readings; none where the budget, the deadline or a fault, which is another matter, ended
/// it.
fn times(family: &Family, count: usize, read: &mut Read<'_>) -> Option<(usize, Duration)> {
    let text = family.text(count);
    let first = read(&text)?;
    let second = if first.cost.0 > SLOW { first.cost.0 } else { read(&text)?.cost.0 };
    (!first.at_budget && first.fault.is_none()).then(|| (text.len(), first.cost.0.min(second)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(work: fn(f64) -> f64) -> Option<String> {
        let mut read = |text: &[u8]| Reading {
            cost: Cost(Duration::from_secs_f64(work(text.len() as f64))),
            at_budget: false,
            fault: None,
        };
        growth(&Family::single(b"0123456789"), far(), &mut read)
    }

    fn far() -> Instant {
        Instant::now() + Duration::from_secs(3600)
    }

    #[test]
    fn behind_the_deadline_nothing_is_read() {
        let mut readings = 0;
        let mut read = |text: &[u8]| {
            readings += 1;
            let cost = Cost(Duration::from_secs_f64((text.len() as f64).powi(2) * 1e-9));
            Reading { cost, at_budget: false, fault: None }
        };
        assert_eq!(growth(&Family::single(b"0123456789"), Instant::now(), &mut read), None);
        assert_eq!(readings, 0);
    }

    #[test]
    fn what_is_quadratic_is_told_and_what_is_sorted_is_not() {
        assert!(said(|bytes| bytes * bytes * 1e-9).is_some());
        assert!(said(|bytes| bytes * bytes * 1e-12 + bytes * 1e-9).is_some(), "late");
        assert!(said(|bytes| bytes * bytes.log2() * 1e-8).is_none());
        assert!(said(|bytes| bytes * 1e-7).is_none());
        assert!(said(|bytes| (bytes * bytes * 1e-9).min(0.4)).is_none(), "bounded");
    }

    #[test]
    fn a_family_that_repeats_nothing_has_no_growth() {
        let mut read = |_: &[u8]| Reading { cost: Cost(Duration::ZERO), at_budget: false, fault: None };
        assert_eq!(growth(&Family::new(b"abc", 1..1, None), far(), &mut read), None);
    }
}
