//! What tests share: trees, seeded randomness, a fake clock, comparison.
