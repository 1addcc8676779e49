//! A second reader of the tz database (RFC 9636), so that the calendar is not judged by the library that it uses.

/// When the clocks of a zone are how far ahead of UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offsets {
    /// In force before the first change, in seconds.
    first: i64,
    /// Seconds since the epoch, and what is in force from then on; neighbours differ.
    changes: Vec<(i64, i64)>,
}

/// The years for which the rule at the end of a file is written out.
const YEARS: std::ops::RangeInclusive<i64> = 2018..=2048;

const DAY: i64 = 86_400;

impl Offsets {
    /// Reads version 2 or later of the format.
    pub fn read(bytes: &[u8]) -> Self {
        let (v1, after_v1) = Block::read(bytes, 4);
        assert!(v1.version >= b'2', "the data has no 64-bit block");
        let (block, footer) = Block::read(after_v1, 8);
        let mut changes = block.changes();
        let rule = std::str::from_utf8(footer).unwrap().trim_matches('\n');
        let last = changes.last().map_or(i64::MIN, |(at, _)| *at);
        changes.extend(by_rule(rule).into_iter().filter(|(at, _)| *at > last));
        let first = block.first_offset();
        let mut in_force = first;
        changes.retain(|(_, offset)| std::mem::replace(&mut in_force, *offset) != *offset);
        Self { first, changes }
    }

    /// The changes of the clocks in a span of seconds since the epoch: when, from what, to what.
    pub fn changes_in(&self, span: std::ops::Range<i64>) -> Vec<(i64, i64, i64)> {
        let before = std::iter::once(self.first).chain(self.changes.iter().map(|(_, offset)| *offset));
        let all = self.changes.iter().zip(before).map(|((at, to), from)| (*at, from, *to));
        all.filter(|(at, ..)| span.contains(at)).collect()
    }

    /// Seconds ahead of UTC.
    pub fn at(&self, second: i64) -> i64 {
        let after = self.changes.partition_point(|(at, _)| *at <= second);
        after.checked_sub(1).map_or(self.first, |last| self.changes[last].1)
    }
}

/// One of the two blocks of a file.
struct Block<'a> {
    version: u8,
    times: Vec<i64>,
    kinds: &'a [u8],
    offsets: Vec<i64>,
}

impl<'a> Block<'a> {
    /// The block, and what follows it.
    fn read(bytes: &'a [u8], width: usize) -> (Self, &'a [u8]) {
        assert_eq!(&bytes[..4], b"TZif");
        let count = |number: usize| {
            let at = 20 + number * 4;
            u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize
        };
        let [is_utc, is_std, leaps, times, types, letters] = [0, 1, 2, 3, 4, 5].map(count);
        let mut rest = &bytes[44..];
        let mut take = |length: usize| {
            let (taken, left) = rest.split_at(length);
            rest = left;
            taken
        };
        let number = |bytes: &[u8]| match bytes.len() {
            4 => i64::from(i32::from_be_bytes(bytes.try_into().unwrap())),
            _ => i64::from_be_bytes(bytes.try_into().unwrap()),
        };
        let read_times = take(times * width).chunks(width).map(number).collect();
        let kinds = take(times);
        let offsets = take(types * 6).chunks(6).map(|one| number(&one[..4])).collect();
        take(letters + leaps * (width + 4) + is_std + is_utc);
        (Self { version: bytes[4], times: read_times, kinds, offsets }, rest)
    }

    fn changes(&self) -> Vec<(i64, i64)> {
        let kinds = self.kinds.iter().map(|kind| self.offsets[usize::from(*kind)]);
        self.times.iter().copied().zip(kinds).collect()
    }

    fn first_offset(&self) -> i64 {
        self.offsets[0]
    }
}

/// What the rule of a POSIX TZ string says: `CET-1CEST,M3.5.0,M10.5.0/3`. Nothing without daylight saving.
fn by_rule(rule: &str) -> Vec<(i64, i64)> {
    let mut text = Text(rule);
    text.name();
    let standard = -text.time();
    if text.0.is_empty() {
        return Vec::new();
    }
    text.name();
    let summer = if text.0.starts_with(',') { standard + 3600 } else { -text.time() };
    let (start, end) = (text.day(), text.day());
    let year = |year| [(start.at(year) - standard, summer), (end.at(year) - summer, standard)];
    let mut found: Vec<(i64, i64)> = YEARS.flat_map(year).collect();
    found.sort_unstable();
    found
}

/// What is left of a rule.
struct Text<'a>(&'a str);

impl Text<'_> {
    fn name(&mut self) {
        let end = match self.0.strip_prefix('<') {
            Some(quoted) => quoted.find('>').unwrap() + 2,
            None => self.0.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(self.0.len()),
        };
        self.0 = &self.0[end..];
    }

    fn number(&mut self) -> i64 {
        let end = self.0.find(|digit: char| !digit.is_ascii_digit()).unwrap_or(self.0.len());
        let (number, rest) = self.0.split_at(end);
        self.0 = rest;
        number.parse().unwrap()
    }

    fn skip(&mut self, letter: char) -> bool {
        let rest = self.0.strip_prefix(letter);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    /// Hours, minutes and seconds as seconds, with a sign.
    fn time(&mut self) -> i64 {
        let minus = self.skip('-');
        self.skip('+');
        let mut seconds = self.number() * 3600;
        for unit in [60, 1] {
            if self.skip(':') {
                seconds += self.number() * unit;
            }
        }
        if minus { -seconds } else { seconds }
    }

    fn day(&mut self) -> Change {
        assert!(self.skip(','));
        let day = if self.skip('M') {
            let month = self.number();
            assert!(self.skip('.'));
            let week = self.number();
            assert!(self.skip('.'));
            Day::Week { month, week, weekday: self.number() }
        } else if self.skip('J') {
            Day::NoLeap(self.number())
        } else {
            Day::Count(self.number())
        };
        let time = if self.skip('/') { self.time() } else { 2 * 3600 };
        Change { day, time }
    }
}

enum Day {
    /// The n-th such weekday of a month, 5 is the last; 0 is Sunday.
    Week { month: i64, week: i64, weekday: i64 },
    /// From 1, and 29 February is never counted.
    NoLeap(i64),
    /// From 0.
    Count(i64),
}

struct Change {
    day: Day,
    time: i64,
}

impl Change {
    /// Seconds of the wall clock since the epoch.
    fn at(&self, year: i64) -> i64 {
        let day = match self.day {
            Day::Week { month, week, weekday } => {
                let first = day_number(year, month, 1);
                let ahead = (weekday - weekday_of(first)).rem_euclid(7);
                let last = day_number(year + month / 12, month % 12 + 1, 1) - 1;
                let day = first + ahead + 7 * (week - 1);
                if day > last { day - 7 } else { day }
            }
            Day::NoLeap(number) => {
                let after_february = number >= 60 && day_number(year, 3, 1) - day_number(year, 1, 1) == 60;
                day_number(year, 1, 1) + number - 1 + i64::from(after_february)
            }
            Day::Count(number) => day_number(year, 1, 1) + number,
        };
        day * DAY + self.time
    }
}

/// Days since 1970-01-01, by counting years and months one by one.
pub fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let years: i64 = (1970..year).map(|year| 365 + i64::from(is_leap(year))).sum();
    let months: i64 = (1..month).map(|month| month_length(year, month)).sum();
    years + months + day - 1
}

/// 0 is Sunday; 1970-01-01 was a Thursday.
pub fn weekday_of(day: i64) -> i64 {
    (day + 4).rem_euclid(7)
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// In days.
pub fn month_length(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
