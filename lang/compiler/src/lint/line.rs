//! Machines that never turn.

use foldhash::HashSet;
use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::style;
use mainstay_ir::Machine;

use crate::prove::policy::Policy;
use crate::prove::pools::WAITING;

/// One state does not make a line; it may be there for what is to come.
const LINE_STATES: usize = 2;

/// Machines whose states follow one another, each once: a workflow says the same, and resumes by itself.
pub(super) fn look(policy: &Policy<'_>) -> Vec<Diagnostic> {
    let lines = policy.ir.machines.iter().filter(|(_, machine)| is_line(machine));
    lines.map(|(name, _)| told(name, policy.span(&format!("machine.{name}")))).collect()
}

fn told(name: &str, span: mainstay_diagnostics::Span) -> Diagnostic {
    let message = format!("machine `{name}` goes through its states one after another, and never elsewhere");
    Diagnostic::warning(style::MACHINE_LINE, message, span, "a line")
        .note("a machine is for what comes back, branches, or waits for one of several answers")
        .help("write a workflow: its steps are a line, and `undo` takes back what was done")
}

/// Endings after which a line goes on.
const WELL: [&str; 2] = ["ok", "degraded"];

/// Whether each state leads to one other at most, when it went well, none is reached from two, and none waits.
fn is_line(machine: &Machine) -> bool {
    let mut reached: HashSet<&str> = HashSet::default();
    let each = machine.states.values().all(|state| {
        let mut ways = state.on.iter().filter(|(_, to)| machine.states.contains_key(*to));
        let next: HashSet<&str> = ways.clone().map(|(_, to)| to.as_str()).collect();
        // An act that waits may take days, and its answer is what a machine is for.
        state.events.is_empty()
            && !state.act.calls().iter().any(|call| WAITING.contains(&call.name.as_str()))
            && ways.all(|(ending, _)| WELL.contains(&ending.as_str()))
            && next.len() <= 1
            && next.into_iter().all(|to| reached.insert(to))
    });
    each && machine.states.len() >= LINE_STATES && !reached.contains(machine.start.as_str())
}
