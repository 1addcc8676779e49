//! What acts beside the steps, and may claim a pool by its own `pool:`.

use mainstay_ir::{Action, Block, Call, Close, Ir, Step, Value};

/// All but the `undo` of steps: where it stands, the name that a message gives it, and the step that it is like.
pub(super) fn all(ir: &Ir) -> Vec<(String, &'static str, Step)> {
    let mut found = Vec::new();
    for (name, workflow) in &ir.workflows {
        let bodies = std::iter::once(&workflow.body).chain(bodies(&workflow.closes));
        brackets(&format!("workflow.{name}"), bodies, &mut found);
    }
    for (name, machine) in &ir.machines {
        brackets(&format!("machine.{name}"), bodies(&machine.closes), &mut found);
        for (id, state) in &machine.states {
            let acts = [("enter", &state.enter), ("leave", &state.leave)];
            for (field, call) in acts.into_iter().filter_map(|(field, call)| Some((field, call.as_ref()?))) {
                found.push((format!("machine.{name}.state.{id}.{field}"), field, step(call)));
            }
        }
    }
    found
}

fn bodies(closes: &[Close]) -> impl Iterator<Item = &Block> {
    closes.iter().map(|close| &close.body)
}

/// The brackets of a body and of what closes it: their blocks are numbered through, as they were lowered.
fn brackets<'a>(
    key: &str,
    bodies: impl Iterator<Item = &'a Block>,
    found: &mut Vec<(String, &'static str, Step)>,
) {
    let mut number = 0;
    bodies.for_each(|body| blocks(key, body, &mut number, found));
}

/// Brackets, with the numbers of the blocks around something in source order.
fn blocks(key: &str, block: &Block, number: &mut u32, found: &mut Vec<(String, &'static str, Step)>) {
    let own = *number;
    *number += u32::from(matches!(block, Block::Auto { .. } | Block::Group { .. } | Block::Bracket { .. }));
    if let Block::Bracket { acquire, release, .. } = block {
        for (field, call) in [("acquire", acquire), ("release", release)] {
            found.push((format!("{key}.block.{own}.{field}"), field, step(call)));
        }
    }
    block.children().iter().for_each(|inner| blocks(key, inner, number, found));
}

/// The step that does this, with what it claims.
pub(super) fn step(call: &Call) -> Step {
    let mut step = Step::new(Action::Verb(call.clone()));
    match call.args.get("pool") {
        Some(Value::Thing(_, pool)) => drop(step.claims.insert(pool.clone(), 1)),
        Some(Value::Constructed(claim)) => {
            let Some(Value::Thing(_, pool)) = claim.fields.get("of") else { return step };
            let slots = match claim.fields.get("slots") {
                Some(Value::Int(slots)) => u32::try_from(*slots).unwrap_or(1),
                _ => 1,
            };
            step.claims.insert(pool.clone(), slots);
            if let Some(Value::Percent(share)) = claim.fields.get("each") {
                step.shares.insert(pool.clone(), *share);
            }
        }
        _ => {}
    }
    step
}
