//! From policy files to the IR: resolve, check, prove, lint, lower.
