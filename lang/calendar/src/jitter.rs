//! Jitter that is the same each time.

use mainstay_ir::DurationMs;

/// Keeps these hashes apart from all others.
const CONTEXT: &str = "mainstay 2026-11 jitter of a workflow on a host";

/// The fixed offset of a workflow on a host: from 0 up to and including `most`, in milliseconds, evenly spread
/// over workflows and hosts.
pub fn jitter_offset(workflow: &str, host: &str, most: DurationMs) -> DurationMs {
    let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
    hasher.update(&(workflow.len() as u64).to_le_bytes()).update(workflow.as_bytes()).update(host.as_bytes());
    let mut drawn = [0; 8];
    hasher.finalize_xof().fill(&mut drawn);
    // Scaled by multiplication: no bias worth the name, and no division by a chosen number.
    let scaled = (u128::from(u64::from_le_bytes(drawn)) * (u128::from(most.0) + 1)) >> 64;
    DurationMs(u64::try_from(scaled).unwrap_or(most.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_and_spreads() {
        let most = DurationMs(120_000);
        let offsets: Vec<u64> =
            (0..200).map(|n| jitter_offset("nightly", &format!("host-{n}"), most).0).collect();
        assert!(offsets.iter().all(|offset| *offset <= most.0));
        assert!(
            offsets.iter().any(|offset| *offset < 20_000) && offsets.iter().any(|offset| *offset > 100_000)
        );
        assert_eq!(jitter_offset("a", "b", most), jitter_offset("a", "b", most));
        assert_ne!(jitter_offset("ab", "c", most), jitter_offset("a", "bc", most));
        assert_eq!(jitter_offset("a", "b", DurationMs(0)), DurationMs(0));
    }
}
