//! What nobody wrote, read by all that reads: the parser, the formatter, the checker, the reader of the IR and the writer
//! of SARIF. No text makes one of them panic, and none takes longer than its size allows.
//!
//! Texts are made from the samples and examples by a seed: tokens are taken out, doubled, moved and replaced, runs of them
//! are repeated, and now and then a byte changes. A failure names the seed that makes it again.

mod breed;

use std::time::{Duration, Instant};

use mainstay_compiler::Params;
use mainstay_ir::Ir;
use mainstay_kit::SeededRandom;

use crate::mutants::Policy;
use breed::{bytes_changed, grown};

/// A text of a few kilobytes is read in milliseconds; so much means that something does not end, or grows faster than
/// the text. Wide enough for a machine that is busy with other things, and for a build without optimisation.
const SLOWEST: Duration = Duration::from_secs(10);

/// One text, made from the seed, through all readers.
fn once(corpus: &[Policy], irs: &[Vec<u8>], seed: u64) {
    let random = SeededRandom::new(seed);
    let policy = &corpus[random.below(corpus.len())];
    let text = grown(&policy.text, &random);
    let start = Instant::now();
    if let Ok(formatted) = mainstay_syntax::format(&text) {
        let again = mainstay_syntax::format(&formatted).ok();
        assert_eq!(
            again.as_deref(),
            Some(formatted.as_str()),
            "seed {seed}: formatted otherwise the second time"
        );
    }
    let compiled = policy.compiled(&text, &Params::default());
    let log = mainstay_diagnostics::render::sarif(&[(&compiled.map, &compiled.diagnostics)], "1.0.0");
    assert!(serde_json::from_str::<serde_json::Value>(&log).is_ok(), "seed {seed}: the SARIF is no JSON");
    if let Some(ir) = &compiled.ir {
        let json = ir.to_json();
        let read = Ir::read(json.as_bytes());
        assert!(read.is_ok(), "seed {seed}: an IR that cannot be read: {read:?}");
    }
    // Any answer will do, as long as it is one.
    let _ = Ir::read(&bytes_changed(&irs[random.below(irs.len())], &random));
    let took = start.elapsed();
    assert!(took < SLOWEST, "seed {seed}: {} bytes took {took:?}", text.len());
}

fn irs(corpus: &[Policy]) -> Vec<Vec<u8>> {
    let compiled = corpus.iter().filter_map(|policy| policy.compiled(&policy.text, &Params::default()).ir);
    compiled.map(|ir| ir.to_json().into_bytes()).collect()
}

#[test]
fn a_sample_of_texts_that_nobody_wrote_is_read() {
    let corpus = crate::mutants::corpus();
    let irs = irs(&corpus);
    (0..150).for_each(|seed| once(&corpus, &irs, seed));
}

/// Minutes from `MAINSTAY_FUZZ_MINUTES`, seeds from the clock: each campaign looks at other texts.
#[test]
#[ignore = "ten minutes: cargo xtask campaign fuzz"]
fn campaign() {
    let minutes =
        std::env::var("MAINSTAY_FUZZ_MINUTES").ok().and_then(|text| text.parse().ok()).unwrap_or(10);
    let begin = Instant::now();
    let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let first = u64::from(clock.subsec_nanos()) << 24;
    let corpus = crate::mutants::corpus();
    let irs = irs(&corpus);
    let mut seed = first;
    while begin.elapsed() < Duration::from_secs(60 * minutes) {
        let read = std::panic::catch_unwind(|| once(&corpus, &irs, seed));
        assert!(read.is_ok(), "seed {seed} fails");
        seed += 1;
    }
    println!("{} texts from seed {first} in {minutes} minutes", seed - first);
}
