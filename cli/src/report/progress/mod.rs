//! What goes on while something runs: bars on a terminal, lines elsewhere, events for machines. All of it but the
//! events goes to standard error.

mod bars;
mod events;
mod faults;
mod lines;

use std::io::IsTerminal as _;
use std::sync::Arc;

use mainstay_engine::{Monitor, Progress};
use mainstay_world::Clock;

use crate::context::Context;
use crate::options::Progress as Wish;
use crate::report::human::Look;

use self::bars::Bars;
use self::events::Events;
pub use self::faults::Faults;
use self::lines::Lines;

/// Everybody who is told.
struct All(Vec<Box<dyn Monitor>>);

impl Monitor for All {
    fn event(&self, event: &Progress) {
        self.0.iter().for_each(|one| one.event(event));
    }
}

/// Whoever shows what goes on, as the command line wishes; `faults` keeps what could not be had, `stream` sends events to
/// standard output.
pub fn monitor(
    context: &Context,
    look: Look,
    clock: Arc<dyn Clock>,
    faults: Faults,
    stream: bool,
) -> Arc<dyn Monitor> {
    let terminal = std::io::stderr().is_terminal();
    let mut all: Vec<Box<dyn Monitor>> = vec![Box::new(faults)];
    match context.globals.progress {
        Wish::None => {}
        Wish::Bar => all.push(Box::new(Bars::new(look))),
        Wish::Auto if terminal && !context.globals.json => all.push(Box::new(Bars::new(look))),
        Wish::Lines | Wish::Auto => all.push(Box::new(Lines::new(look, clock, std::io::stderr()))),
    }
    if stream {
        all.push(Box::new(Events));
    }
    Arc::new(All(all))
}
