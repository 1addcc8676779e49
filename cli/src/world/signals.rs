//! SIGINT and SIGTERM: the first asks for a clean stop, the second ends the process.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals as Arriving;

use crate::exit::Exit;

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
        for (signal, exit) in [(SIGINT, Exit::Interrupted), (SIGTERM, Exit::Terminated)] {
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
        let mut arriving = Arriving::new([SIGINT, SIGTERM])?;
        std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || arriving.forever().for_each(|_| ask()))?;
        Ok(Self { asked })
    }

    /// How the process ends if it was asked to.
    pub fn exit(&self) -> Option<Exit> {
        let code = self.asked.load(Ordering::Relaxed);
        [Exit::Interrupted, Exit::Terminated].into_iter().find(|exit| usize::from(exit.code()) == code)
    }
}
