//! The repository: encrypted, deduplicated snapshots in a store.
