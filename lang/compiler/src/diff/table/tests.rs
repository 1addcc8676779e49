//! No field of the IR, and none that the library declares, is without an entry; and no entry is without a field.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::*;
use crate::library::library;

/// `Type.field` and `Type.variant.field` of the IR, read off its schema.
fn of_the_ir() -> BTreeSet<String> {
    let schema = serde_json::to_value(mainstay_ir::schema()).unwrap();
    let mut found = BTreeSet::new();
    properties("Ir", &schema, &mut found);
    for (name, shape) in schema["$defs"].as_object().unwrap() {
        // A value is compared under the rule of its field, a rule as what it says.
        if name == "Value" || name == "Rule" || name == "Action" {
            continue;
        }
        properties(name, shape, &mut found);
        for variant in shape["oneOf"].as_array().into_iter().flatten() {
            for (word, inner) in variant["properties"].as_object().into_iter().flatten() {
                properties(&format!("{name}.{word}"), inner, &mut found);
            }
        }
    }
    found
}

fn properties(owner: &str, shape: &Json, found: &mut BTreeSet<String>) {
    if shape["type"] != "object" {
        return;
    }
    let names = shape["properties"].as_object().into_iter().flatten().map(|(name, _)| name);
    found.extend(names.map(|name| format!("{owner}.{name}")));
}

fn of_the_library() -> BTreeSet<String> {
    let library = library();
    let mut found = BTreeSet::new();
    for (name, info) in &library.types {
        let fields = info.fields.iter().flatten();
        found.extend(fields.map(|field| format!("{name}.{}", field.name)));
    }
    for (kind, calls) in [("stage", &library.stages), ("verb", &library.verbs)] {
        for (name, call) in calls {
            let own = call.params.iter().take(call.own);
            found.extend(own.map(|param| format!("{kind}.{name}.{}", param.name)));
        }
    }
    for signature in library.constructors.values().flatten() {
        let ty = signature.result.name().unwrap();
        let own = signature.params.iter().take(signature.own);
        found.extend(own.map(|param| format!("{ty}.{}.{}", signature.name, param.name)));
    }
    found
}

#[test]
fn every_field_has_an_entry_and_every_entry_a_field() {
    let fields: BTreeSet<String> = of_the_ir().union(&of_the_library()).cloned().collect();
    assert!(fields.len() > 200, "{}", fields.len());
    let missing: Vec<_> = fields.iter().filter(|key| entry(key).is_none()).collect();
    assert!(missing.is_empty(), "no entry says what a change of these does: {missing:#?}");
    let rows = ir::ROWS.iter().chain(library::ROWS).flat_map(|(keys, ..)| *keys);
    let stale: Vec<_> = rows.clone().filter(|key| !fields.contains(**key)).collect();
    assert!(stale.is_empty(), "nothing has these fields: {stale:#?}");
    assert_eq!(rows.clone().count(), rows.collect::<BTreeSet<_>>().len(), "a key stands twice");
}
