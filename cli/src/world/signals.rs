//! SIGINT, SIGTERM and SIGHUP: the first asks for a clean stop, the second ends the process.
//!
//! SIGHUP is that of a terminal that goes away, with the connection that it hung on. Who starts a program so that it outlives the
//! terminal (`nohup`) has it ignored, and it stays so.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals as Arriving;

use crate::exit::Exit;

/// What asks for the end, and what it is then.
const ENDS: [(i32, Exit); 3] =
    [(SIGINT, Exit::Interrupted), (SIGTERM, Exit::Terminated), (SIGHUP, Exit::HungUp)];

/// Whether somebody wants the program to end. The first signal asks: what runs comes to a clean stop. The second one of
/// the same kind ends the process at once, which is safe as well: nothing counts before it is committed.
#[derive(Debug, Clone)]
pub struct Signals {
    asked: Arc<AtomicUsize>,
}

impl Signals {
    /// Begins to listen; `ask` is called, from another thread, when the first one comes.
    pub fn listen(ask: impl Fn() + Send + 'static) -> io::Result<Self> {
        let asked = Arc::new(AtomicUsize::new(0));
        let mut heard = ENDS.to_vec();
        if is_hang_up_ignored() {
            heard.retain(|(signal, _)| *signal != SIGHUP);
        }
        for &(signal, exit) in &heard {
            let second = Arc::new(AtomicBool::new(false));
            // In this order: the shutdown looks at a flag that only the same signal's first arrival sets.
            signal_hook::flag::register_conditional_shutdown(
                signal,
                i32::from(exit.code()),
                Arc::clone(&second),
            )?;
            signal_hook::flag::register(signal, second)?;
            signal_hook::flag::register_usize(signal, Arc::clone(&asked), usize::from(exit.code()))?;
        }
        let mut arriving = Arriving::new(heard.iter().map(|(signal, _)| signal))?;
        std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || arriving.forever().for_each(|_| ask()))?;
        Ok(Self { asked })
    }

    /// How the process ends if it was asked to.
    pub fn exit(&self) -> Option<Exit> {
        let code = self.asked.load(Ordering::Relaxed);
        ENDS.into_iter().map(|(_, exit)| exit).find(|exit| usize::from(exit.code()) == code)
    }
}

/// Whether whoever started this process has SIGHUP ignored. Where the kernel does not say, it is heard.
fn is_hang_up_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    ignores(&status, SIGHUP)
}

/// Out of `/proc/PID/status`: a mask in hexadecimal, the first signal in its lowest bit.
fn ignores(status: &str, signal: i32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask.checked_shr(signal.unsigned_abs().saturating_sub(1)).is_some_and(|rest| rest & 1 == 1)
}

#[cfg(test)]
mod tests {
    use signal_hook::consts::{SIGHUP, SIGINT};

    use super::ignores;

    #[test]
    fn the_mask_of_ignored_signals_is_read() {
        let status = |mask: &str| format!("Name:\tmainstay\nSigBlk:\t0000000000000003\nSigIgn:\t{mask}\n");
        assert!(ignores(&status("0000000000001001"), SIGHUP));
        assert!(!ignores(&status("0000000000001000"), SIGHUP));
        assert!(ignores(&status("0000000000000002"), SIGINT) && !ignores(&status("2"), SIGHUP));
        assert!(!ignores("", SIGHUP) && !ignores(&status("?"), SIGHUP));
    }
}
