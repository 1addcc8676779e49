//! From what was checked to the IR: plain data in source order, and the places that it came from.

mod bodies;
mod carried;
mod claims;
mod machines;
mod steps;
mod tests;
mod triggers;
mod values;

use mainstay_ir::{Constructed, Copies, IndexMap, Ir, Objective, Pool, Value};
use mainstay_syntax::ast::ItemKind;

use crate::check::Checked;
use crate::places::Places;
use crate::resolve::{DeclId, Program, item_kind};
use crate::value::{Fields, Made, Typed};

pub use carried::waiting;
pub(crate) use tests::tests;

/// What lowering needs to look up.
struct Lowering<'a> {
    program: &'a Program,
    checked: &'a Checked,
    things: IndexMap<DeclId, &'a Made>,
    places: Places,
}

/// The IR of a checked policy, and where its parts stand. What was wrong is left out of it, so after a mistake it only
/// serves to prove what stands beside that.
pub(crate) fn lower(program: &Program, checked: &Checked) -> (Ir, Places) {
    let things = checked.things.iter().map(|(id, made)| (*id, &**made)).collect();
    let mut lowering = Lowering { program, checked, things, places: Places::default() };
    let ir = lowering.ir();
    (ir, lowering.places)
}

impl Lowering<'_> {
    fn ir(&mut self) -> Ir {
        let edition = crate::resolve::EDITION as u32;
        let mut ir = Ir::new(self.policy_name(), edition, mainstay_calendar::tzdb_version());
        ir.docs = self.root_docs();
        let checked = self.checked;
        for (id, value) in &checked.params {
            ir.params.extend(self.value(&value.value).map(|value| (self.name(*id), value)));
        }
        for (id, made) in &checked.things {
            self.thing(&mut ir, *id, made);
        }
        for (id, fields) in &checked.promises {
            self.promise(&mut ir, *id, fields);
        }
        for workflow in &checked.workflows {
            let lowered = self.workflow(workflow);
            ir.workflows.insert(self.name(workflow.id), lowered);
        }
        for machine in &checked.machines {
            let lowered = self.machine(machine);
            ir.machines.insert(self.name(machine.id), lowered);
        }
        for (old, new, span) in &checked.moved {
            self.places.insert(format_args!("moved.{old}"), *span);
            ir.moved.insert(old.clone(), new.clone());
        }
        ir.waiting = waiting(&ir);
        ir
    }

    fn name(&self, id: DeclId) -> String {
        self.program.full_name(id)
    }

    fn policy_name(&self) -> String {
        let root = self.program.root.and_then(|root| self.program.module(root));
        let items = root.map(|root| root.file.items.as_slice()).unwrap_or_default();
        let name = items.iter().find_map(|item| match &item.kind {
            ItemKind::Policy(name) => name.as_ref(),
            _ => None,
        });
        name.map(|name| name.text.clone()).unwrap_or_default()
    }

    fn root_docs(&self) -> Vec<String> {
        let root = self.program.root.and_then(|root| self.program.module(root));
        root.map(|root| root.file.docs.clone()).unwrap_or_default()
    }

    fn thing(&mut self, ir: &mut Ir, id: DeclId, made: &Made) {
        let kind = self.kind(id).to_owned();
        self.note(&kind, id, &made.fields);
        let constructed = self.constructed(made);
        let name = self.name(id);
        let all = match kind.as_str() {
            "secret" => &mut ir.secrets,
            "host" => &mut ir.hosts,
            "source" => &mut ir.sources,
            "repo" => &mut ir.repos,
            "sandbox" => &mut ir.sandboxes,
            "channel" => &mut ir.channels,
            _ => &mut ir.probes,
        };
        all.insert(name, constructed);
    }

    fn kind(&self, id: DeclId) -> &str {
        self.program.item(id).map_or("", |item| item_kind(&item.kind))
    }

    /// Notes where a declaration and its fields stand.
    fn note(&mut self, kind: &str, id: DeclId, fields: &Fields) {
        let key = format!("{kind}.{}", self.name(id));
        if let Some(decl) = self.program.decl(id) {
            self.places.insert(&key, decl.name_span);
        }
        for (name, value) in written(fields) {
            self.places.insert(format_args!("{key}.{name}"), value.span);
        }
    }

    fn promise(&mut self, ir: &mut Ir, id: DeclId, fields: &Fields) {
        let kind = self.kind(id).to_owned();
        self.note(&kind, id, fields);
        let docs = self.program.item(id).map(|item| item.docs.clone()).unwrap_or_default();
        match kind.as_str() {
            "objective" => drop(ir.objectives.insert(self.name(id), self.objective(docs, fields))),
            "pool" => drop(ir.pools.insert(self.name(id), self.pool(fields))),
            _ => drop(ir.estates.insert(self.name(id), self.estate(docs, fields))),
        }
    }

    fn objective(&self, docs: Vec<String>, fields: &Fields) -> Objective {
        let mut objective = Objective { docs, ..Objective::default() };
        for (name, value) in self.values(fields) {
            match (name.as_str(), value) {
                ("rpo", Value::Duration(rpo)) => objective.rpo = Some(rpo),
                ("rto", Value::Duration(rto)) => objective.rto = Some(rto),
                ("keep", Value::Retention(keep)) => objective.keep = Some(keep),
                ("copies", Value::Constructed(copies)) => objective.copies = Some(copies_of(&copies)),
                (_, value) => drop(objective.other.insert(name, value)),
            }
        }
        objective
    }

    fn pool(&self, fields: &Fields) -> Pool {
        let mut pool = Pool::default();
        for (name, value) in self.values(fields) {
            match (name.as_str(), slots_of(&value)) {
                ("slots", Some(slots)) => pool.slots = Some(slots),
                _ => drop(pool.other.insert(name, value)),
            }
        }
        let medium = match pool.other.get("medium") {
            Some(Value::Member(medium)) => medium_slots(medium),
            _ => None,
        };
        pool.slots = pool.slots.or(medium);
        pool
    }
}

/// What somebody wrote: only that has a place of its own.
fn written(fields: &Fields) -> impl Iterator<Item = (&str, &Typed)> {
    fields.iter().filter(|(_, value)| !value.is_default)
}

/// Slots that suit a medium when none are given: one stream to a tape, few heads on disks, many on flash.
fn medium_slots(medium: &str) -> Option<(u32, u32)> {
    let slots = match medium {
        "tape" => 1,
        "hdd" => 4,
        "disk_array" => 4,
        "ssd" => 8,
        "object" => 16,
        _ => return None,
    };
    Some((slots, slots))
}

fn slots_of(value: &Value) -> Option<(u32, u32)> {
    let whole = |value: &Value| match value {
        Value::Int(number) => u32::try_from(*number).ok(),
        _ => None,
    };
    match value {
        Value::Int(_) => whole(value).map(|slots| (slots, slots)),
        Value::Range(from, to) => {
            let low = from.as_deref().map_or(Some(1), whole)?;
            let high = to.as_deref().map_or(Some(u32::MAX), whole)?;
            Some((low, high))
        }
        _ => None,
    }
}

fn copies_of(made: &Constructed) -> Copies {
    let number = |name: &str| match made.fields.get(name) {
        Some(Value::Int(number)) => u32::try_from(*number).unwrap_or(0),
        _ => 0,
    };
    Copies {
        count: number("count"),
        sites: number("sites"),
        media: number("media"),
        locked: number("locked"),
        offline: number("offline"),
    }
}
