//! A campaign of one reader: inputs from consecutive seeds until the time is over, each reading watched, suspicious
//! costs looked into, failures made small.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use mainstay_kit::SeededRandom;

use super::measure::{Cost, growth};
use super::readers::{Corpus, Input, Reader, Reading};
use super::shrink::smallest;
use super::watch::{memory_bytes, saved, watched};

/// A cost per byte so many times the usual one asks for a look at how it grows.
const SUSPICIOUS: f64 = 8.0;

/// Below this size the cost of a reading is that of its beginning.
const LEAST_BYTES: usize = 1 << 10;

/// One input in so many has its growth looked at without a suspicion.
const ANYWAY: usize = 24;

/// Costs of which the usual one is taken.
const REMEMBERED: usize = 1000;

/// What the process may hold at its peak: so much for each byte of the largest input, and the rest for what does not
/// depend on it, the budget of expansion foremost.
const MOST_BYTES_PER_BYTE: u64 = 2_000;
const REST_BYTES: u64 = 1 << 30;

/// Failures after which a campaign ends: more would be of the same few kinds.
const MOST_FAILURES: usize = 12;

/// What a campaign came to.
#[derive(Debug, Default)]
pub struct Tally {
    pub inputs: u64,
    pub readings: u64,
    pub bytes: u64,
    /// Families whose growth was looked at.
    pub grown: u64,
    /// Inputs that ended at the budget of expansion.
    pub at_budget: u64,
    pub largest: usize,
    pub slowest: Duration,
    /// By what is wrong, the first seed and the input.
    pub failures: BTreeMap<String, String>,
}

pub struct Campaign<'c> {
    corpus: &'c Corpus,
    reader: Reader,
    /// Costs per byte of the last readings, in nanoseconds.
    costs: Vec<f64>,
    pub tally: Tally,
}

impl<'c> Campaign<'c> {
    pub fn new(corpus: &'c Corpus, reader: Reader) -> Self {
        Self { corpus, reader, costs: Vec::new(), tally: Tally::default() }
    }

    /// Seeds from this one on until the time is over.
    pub fn run(&mut self, first: u64, time: Duration) {
        let begin = Instant::now();
        let mut seed = first;
        while begin.elapsed() < time && self.tally.failures.len() < MOST_FAILURES {
            self.once(seed, Some(begin + time));
            seed += 1;
        }
    }

    /// The input of one seed; its growth is looked at only with a deadline for that.
    pub fn once(&mut self, seed: u64, growth_until: Option<Instant>) {
        let input = self.corpus.input(self.reader, seed);
        let text = input.family.text(input.family.count);
        self.tally.inputs += 1;
        self.tally.largest = self.tally.largest.max(text.len());
        let reading = self.read(seed, &input, &text);
        let took = reading.cost.0;
        self.tally.slowest = self.tally.slowest.max(took);
        self.tally.at_budget += u64::from(reading.at_budget);
        if let Some(fault) = &reading.fault {
            return self.failed(seed, fault, &input, &text);
        }
        let suspicious = self.is_suspicious(reading.cost, text.len());
        if let Some(deadline) = growth_until
            && (suspicious || SeededRandom::new(!seed).one_in(ANYWAY))
        {
            self.look_at_growth(seed, &input, deadline);
        }
        self.look_at_memory(seed, &input, &text);
    }

    /// A reading under the watch; a panic is a fault.
    fn read(&mut self, seed: u64, input: &Input, text: &[u8]) -> Reading {
        self.tally.readings += 1;
        self.tally.bytes += text.len() as u64;
        read(self.corpus, self.reader, seed, input.policy, text)
    }

    fn is_suspicious(&mut self, Cost(took): Cost, bytes: usize) -> bool {
        if bytes < LEAST_BYTES {
            return false;
        }
        let each = took.as_nanos() as f64 / bytes as f64;
        let slot = self.tally.inputs as usize % REMEMBERED;
        if let Some(old) = self.costs.get_mut(slot) {
            *old = each
        } else {
            self.costs.push(each)
        }
        let mut sorted = self.costs.clone();
        sorted.sort_by(f64::total_cmp);
        self.costs.len() > 20 && each > SUSPICIOUS * sorted[sorted.len() / 2]
    }

    fn look_at_growth(&mut self, seed: u64, input: &Input, deadline: Instant) {
        self.tally.grown += 1;
        let mut readings = 0;
        let said = growth(&input.family, deadline, &mut |text| {
            readings += 1;
            read(self.corpus, self.reader, seed, input.policy, text)
        });
        self.tally.readings += readings;
        if let Some(fault) = said {
            let sample = input.family.text(3);
            let path = saved(
                &format!("{:?} {seed} grows", self.reader),
                &input.family.text(input.family.count_for(64 << 10)),
            );
            let shown = format!("seed {seed}, {}: {}", path.display(), String::from_utf8_lossy(&sample));
            self.tally.failures.insert(format!("{fault} (seed {seed})"), shown);
        }
    }

    fn look_at_memory(&mut self, seed: u64, input: &Input, text: &[u8]) {
        let most = REST_BYTES + MOST_BYTES_PER_BYTE * self.tally.largest as u64;
        let peak = memory_bytes("VmHWM:");
        if peak > most {
            self.failed(seed, &format!("takes more than {} MiB", most >> 20), input, text);
        }
    }

    fn failed(&mut self, seed: u64, fault: &str, input: &Input, text: &[u8]) {
        if self.tally.failures.contains_key(fault) {
            return;
        }
        saved(&format!("{:?} {seed}", self.reader), text);
        let still = |text: &[u8]| {
            read(self.corpus, self.reader, seed, input.policy, text).fault.as_deref() == Some(fault)
        };
        let small = smallest(text, &still);
        let path = saved(&format!("{:?} {seed} small", self.reader), &small);
        let shown = format!("seed {seed}, {}: {}", path.display(), String::from_utf8_lossy(&small));
        self.tally.failures.insert(fault.to_owned(), shown);
    }
}

fn read(corpus: &Corpus, reader: Reader, seed: u64, policy: Option<usize>, text: &[u8]) -> Reading {
    let name = format!("{reader:?} {seed}");
    // What ends the whole process, as a stack that is too small does, leaves what it read.
    saved(&format!("{reader:?} under way"), text);
    let act = || catch_unwind(AssertUnwindSafe(|| corpus.read(reader, policy, text)));
    watched(&name, text, act).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        let fault = Some(format!("panics: {}", text.unwrap_or_default()));
        Reading { cost: Cost::default(), at_budget: false, fault }
    })
}
