//! E05: objectives, schedules, retention.

crate::code::codes! {
    RPO = "E0501", "a schedule that cannot keep its rpo", fix;
    NOT_TIMED = "E0502", "an rpo without a timed trigger";
    NO_WITHIN = "E0503", "an rpo without a `within`";
    WITHIN_GAP = "E0504", "a `within` longer than the smallest gap", fix;
    EVENTS_ONLY = "E0505", "an event without a timed trigger";
    NO_SCHEDULE = "E0506", "a trigger that is no schedule";
    NO_ORIGIN = "E0507", "a copy of nothing";
    KEEPS_NOTHING = "E0508", "a `keep` that keeps nothing";
    NO_RETAIN = "E0509", "a copy without `retain`";
    NOT_COVERED = "E0510", "copies that do not cover `keep`";
    CANNOT_LOCK = "E0511", "a store that cannot lock";
    NOT_LOCKED = "E0512", "a lock that no copy has";
    ERASE = "E0513", "kept beyond `erase`";
    COPIES = "E0514", "too few copies";
    UNDECLARED = "E0515", "a place that is not declared";
    RESIDENCY = "E0516", "a copy outside of its regions";
    NO_COPY = "E0517", "a promise without a copy";
    NO_BASE = "E0518", "logs without their base";
    LEFT_OUT = "E0519", "a copy that a run may leave out";
    NO_LOCK_LENGTH = "E0520", "a lock without a length";
    COPY_IN_PLACE = "E0521", "a copy where its original lies", fix;
}
