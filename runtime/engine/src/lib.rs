//! Carries the IR out: plan, next, act, apply.
