//! Schedules as arithmetic: the next time, the largest gap, zones and their transitions.
