//! The history of runs: an append-only stream of events, in SQLite.
