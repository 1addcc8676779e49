//! A small repository damaged in every way: each bit flipped, each object cut, removed, or in another's place. Always
//! noticed, never a wrong byte restored, never a panic, and what the damage does not touch stays readable.

mod subject;

use std::thread;

use mainstay_store::ObjectName;

use subject::{Subject, Verdict};

/// After so many flips, a full check and a full restore of one snapshot, each in its turn.
const FULL_EVERY: usize = 64;

/// How many flips of a campaign CI makes: one in this many.
const CI_SHARE: usize = 256;

/// Flips each `step`-th bit of each object, and tells each object when it is through; answers how many.
fn flip_bits(subject: &Subject, step: usize, offset: usize, tell: impl Fn(&ObjectName, usize)) -> usize {
    let mut flips = 0;
    let mut at = offset;
    for (name, bytes) in subject.objects() {
        let bits = bytes.len() * 8;
        while at < bits {
            let mut damaged = bytes.clone();
            damaged[at / 8] ^= 1 << (at % 8);
            subject.with(name, Some(damaged), || {
                let what = format!("bit {at}");
                judge(subject, name, Some(at / 8), &what);
                if flips % FULL_EVERY == 0 {
                    judge_fully(subject, name, flips / FULL_EVERY, &what);
                }
            });
            flips += 1;
            at += step;
        }
        at -= bits;
        tell(name, flips);
    }
    flips
}

/// Reads what was hit.
fn judge(subject: &Subject, name: &ObjectName, byte: Option<usize>, what: &str) {
    let verdict = subject.probe(name, byte);
    assert!(verdict != Verdict::WrongData, "{what} of {name}: wrong data was read");
}

/// Checks everything, and restores one snapshot.
fn judge_fully(subject: &Subject, name: &ObjectName, turn: usize, what: &str) {
    assert!(subject.check_notices(), "{what} of {name}: a full check found nothing");
    subject.restores_nothing_wrong(turn, &format!("{what} of {name}"));
}

/// Damage to whole objects; each with up to `swaps` others of its kind in its place.
fn damage_objects(subject: &Subject, swaps: usize) -> usize {
    let objects = subject.objects();
    let mut count = 0;
    let mut hit = |name: &ObjectName, bytes: Option<Vec<u8>>, what: &str| {
        subject.with(name, bytes, || {
            judge(subject, name, None, what);
            judge_fully(subject, name, count, what);
            subject.unaffected_are_whole(&format!("{what} of {name}"));
        });
        count += 1;
    };
    for (number, (name, bytes)) in objects.iter().enumerate() {
        hit(name, None, "removal");
        hit(name, Some(Vec::new()), "emptying");
        hit(name, Some(bytes[..bytes.len() / 2].to_vec()), "cutting in half");
        hit(name, Some(bytes[..bytes.len() - 1].to_vec()), "loss of the last byte");
        hit(name, Some([bytes.as_slice(), b"x"].concat()), "a byte more");
        let alike =
            |other: &&(ObjectName, Vec<u8>)| other.0.as_str()[..2] == name.as_str()[..2] && other.1 != *bytes;
        for (_, foreign) in objects.iter().skip(number + 1).filter(alike).take(swaps) {
            hit(name, Some(foreign.clone()), "an object of its kind in its place");
        }
    }
    count
}

#[test]
fn what_is_not_damaged_is_clean() {
    let subject = Subject::new(11);
    assert!(!subject.check_notices());
    subject.unaffected_are_whole("no damage");
}

#[test]
fn a_share_of_all_bits_flipped() {
    let subject = Subject::new(12);
    let flips = flip_bits(&subject, CI_SHARE, 77, |_, _| {});
    assert!(flips > 1000, "only {flips} flips");
}

#[test]
fn whole_objects_damaged() {
    let subject = Subject::new(13);
    assert!(damage_objects(&subject, 1) > 50);
}

#[test]
#[ignore = "two million flips: cargo xtask campaign damage"]
fn campaign() {
    let subject = Subject::large(14);
    let bytes = subject.bytes();
    println!("{} objects, {bytes} bytes", subject.objects().len());
    assert!(bytes >= 256 * 1024, "smaller than a small repository");
    let shares = thread::available_parallelism().map_or(1, usize::from);
    let flips: usize = thread::scope(|scope| {
        let share = |number| {
            let twin = subject.twin();
            scope.spawn(move || {
                let tell = |name: &_, flips| println!("share {number}: {name} through, {flips} flips");
                flip_bits(&twin, shares, number, tell)
            })
        };
        let all: Vec<_> = (0..shares).map(share).collect();
        all.into_iter().map(|one| one.join().unwrap()).sum()
    });
    assert_eq!(flips, bytes * 8);
    println!("{flips} bits flipped");
    println!("{} objects damaged", damage_objects(&subject, usize::MAX));
}
