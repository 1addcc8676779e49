//! Machines and estates.

use mainstay_ir::{Action, Constructed, Estate, Exemption, Final, IndexMap, Machine, State, Step, Value};

use super::Lowering;
use super::bodies::Order;
use super::values::duration;
use crate::check::{CheckedMachine, CheckedState};
use crate::value::{Fields, Val};

impl Lowering<'_> {
    pub(super) fn machine(&mut self, checked: &CheckedMachine) -> Machine {
        self.note("machine", checked.id, &checked.fields);
        let key = format!("machine.{}", self.name(checked.id));
        let mut machine = Machine {
            docs: checked.docs.clone(),
            objective: checked.objective.map(|id| self.name(id)),
            within: duration(&checked.fields, "within"),
            start: checked.start.as_ref().map(|start| start.text.clone()).unwrap_or_default(),
            ..Machine::default()
        };
        if let Some(trigger) = checked.fields.get("trigger") {
            machine.triggers = self.triggers(trigger);
        }
        machine.other = self.values(&checked.fields);
        machine.other.retain(|name, _| name != "trigger" && name != "within");
        for (name, state) in &checked.states {
            let place = format!("{key}.state.{name}");
            for (field, value) in super::written(&state.fields) {
                self.places.insert(format_args!("{place}.{field}"), value.span);
            }
            if let Some(act) = state.fields.get("do") {
                self.note_calls(&place, &act.value);
            }
            self.places.insert(place, state.named);
            machine.states.insert(name.clone(), self.state(state));
        }
        let finals = checked.finals.iter();
        machine.finals = finals.map(|(name, (outcome, _))| (name.clone(), final_of(outcome))).collect();
        let none = IndexMap::default();
        machine.closes = Order::new(self, &key, &none).closes(&checked.closes);
        machine
    }

    fn state(&self, checked: &CheckedState) -> State {
        let call = |name: &str| match &checked.fields.get(name)?.value {
            Val::Act(call) => Some(self.act_alone(call.verb, &call.args)),
            _ => None,
        };
        let mut on: IndexMap<_, _> =
            checked.on.iter().map(|(ending, way)| (ending.clone(), way.to.clone())).collect();
        let act = checked.fields.get("do").map(|act| &act.value);
        if let (Some(Val::Flow(_)), Some(ok)) = (act, on.get("ok").cloned()) {
            on.entry("degraded".to_owned()).or_insert(ok);
        }
        State {
            act: Step { docs: checked.docs.clone(), ..act.map_or_else(nothing, |act| self.act(act)) },
            enter: call("enter"),
            leave: call("leave"),
            visits: match checked.fields.get("visits").map(|visits| &visits.value) {
                Some(Val::Int(visits)) => u32::try_from(*visits).unwrap_or(u32::MAX),
                _ => 1,
            },
            on,
            events: checked.events.iter().map(|(on, way)| (on.clone(), way.to.clone())).collect(),
        }
    }

    pub(super) fn estate(&self, docs: Vec<String>, fields: &Fields) -> Estate {
        let mut values = self.values(fields);
        let mut made = |name: &str| match values.shift_remove(name) {
            Some(Value::List(items)) => items.into_iter().filter_map(constructed).collect(),
            _ => Vec::new(),
        };
        let (discover, exempt) = (made("discover"), made("exempt"));
        Estate { docs, discover, exempt: exempt.iter().map(exemption).collect() }
    }
}

/// What stands for a mistake that was reported.
fn nothing() -> Step {
    Step::new(Action::Stages(Vec::new()))
}

fn constructed(value: Value) -> Option<Constructed> {
    match value {
        Value::Constructed(made) => Some(*made),
        _ => None,
    }
}

fn exemption(made: &Constructed) -> Exemption {
    let text = |name: &str| match made.fields.get(name) {
        Some(Value::Text(text) | Value::Date(text)) => text.clone(),
        _ => String::new(),
    };
    Exemption { what: text("what"), owner: text("owner"), reason: text("reason"), until: text("until") }
}

fn final_of(outcome: &str) -> Final {
    match outcome {
        "ok" => Final::Ok,
        "degraded" => Final::Degraded,
        _ => Final::Failed,
    }
}
