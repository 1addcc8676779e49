//! What nobody wrote, read by all that reads: the parser, the formatter, the checker, the reader of the IR and the writer
//! of SARIF. None panics or hangs, none takes longer or more memory than the size of what it reads allows.
//!
//! Inputs are made from the samples, the examples, the wrong policies and their IRs by a seed: tokens and bytes are
//! taken out, moved and replaced, and a run of them is repeated, each time with other names or with the same, up to
//! large sizes. So each input has one of twice its size, and a cost that grows faster than that is a failure. A
//! failure is made small, and names the seed that makes it again.
//!
//! A sample runs with the tests; `cargo xtask campaign fuzz [READER]` runs ten minutes for each reader.

mod bombs;
mod breed;
mod campaign;
mod documents;
mod family;
mod findings;
mod log;
mod measure;
mod readers;
mod shrink;
mod watch;

use std::time::Duration;

use campaign::{Campaign, Tally};
use readers::{Corpus, Reader};

/// Inputs of each reader that are read with every run of the tests.
const SAMPLE: u64 = 60;

#[track_caller]
fn no_failure(reader: Reader, tally: &Tally) {
    let shown: Vec<String> =
        tally.failures.iter().map(|(fault, input)| format!("{fault}\n  {input}")).collect();
    assert!(shown.is_empty(), "{reader:?}: {}", shown.join("\n"));
}

#[test]
fn a_sample_of_what_nobody_wrote_is_read() {
    let corpus = Corpus::open();
    for reader in [Reader::Parser, Reader::Formatter, Reader::Checker, Reader::Ir, Reader::Sarif] {
        let mut campaign = Campaign::new(&corpus, reader);
        (0..SAMPLE).for_each(|seed| campaign.once(seed, None));
        no_failure(reader, &campaign.tally);
    }
}

/// Minutes from `MAINSTAY_FUZZ_MINUTES`; seeds from `MAINSTAY_FUZZ_SEED`, or from the clock: each campaign looks at
/// other inputs.
fn campaign_of(reader: Reader) {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let minutes = number("MAINSTAY_FUZZ_MINUTES").unwrap_or(10);
    let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let first = number("MAINSTAY_FUZZ_SEED").unwrap_or(u64::from(clock.subsec_nanos()) << 24);
    let corpus = Corpus::open();
    let mut campaign = Campaign::new(&corpus, reader);
    campaign.run(first, Duration::from_secs(60 * minutes));
    let Tally { inputs, readings, bytes, grown, at_budget, largest, slowest, failures } = &campaign.tally;
    println!(
        "{reader:?}: {inputs} inputs from seed {first}, {readings} readings, {} MB, {grown} looked at for growth, \
         {at_budget} at the budget, the largest {largest} bytes, the slowest {slowest:?}, peak {} MiB, {} failures",
        bytes / 1_000_000,
        watch::memory_bytes("VmHWM:") >> 20,
        failures.len()
    );
    no_failure(reader, &campaign.tally);
}

#[test]
#[ignore = "ten minutes: cargo xtask campaign fuzz parser"]
fn campaign_parser() {
    campaign_of(Reader::Parser);
}

#[test]
#[ignore = "ten minutes: cargo xtask campaign fuzz formatter"]
fn campaign_formatter() {
    campaign_of(Reader::Formatter);
}

#[test]
#[ignore = "ten minutes: cargo xtask campaign fuzz checker"]
fn campaign_checker() {
    campaign_of(Reader::Checker);
}

#[test]
#[ignore = "ten minutes: cargo xtask campaign fuzz ir"]
fn campaign_ir() {
    campaign_of(Reader::Ir);
}

#[test]
#[ignore = "ten minutes: cargo xtask campaign fuzz sarif"]
fn campaign_sarif() {
    campaign_of(Reader::Sarif);
}
