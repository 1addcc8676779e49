//! What is said of each copy, with its arguments: how it is verified, rehearsed, kept, and whether it is sealed.

use std::collections::{BTreeMap, HashMap};

use mainstay_ir::{Call, Ir, Retention, Step, Value};

/// A source in a repo.
pub(super) type Place<'a> = (&'a str, &'a str);

/// What a verification promises: the share that is read each time, and the span within which all is, in milliseconds.
pub(super) type Verify = (u64, u64);

/// All that steps say of one copy.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Said<'a> {
    /// Workflow and origin repo of each step that makes it, sorted.
    pub makers: Vec<(&'a str, Option<&'a str>)>,
    /// Whether what every maker brings is sealed.
    pub sealed: bool,
    pub verified: Vec<Verify>,
    /// Workflows that verify or rehearse it.
    pub looked_at_by: Vec<&'a str>,
    pub drilled: usize,
    /// What each workflow keeps of it, in source order.
    pub keeps: Vec<(&'a str, &'a Retention)>,
}

/// By place.
pub(super) type Copies<'a> = BTreeMap<Place<'a>, Said<'a>>;

#[derive(Clone, Copy)]
struct Flow<'a> {
    source: &'a str,
    repo: Option<&'a str>,
    sealed: bool,
}

/// Of all copies of a policy.
pub(super) fn said(ir: &Ir) -> Copies<'_> {
    let mut found = Copies::new();
    for copy in ir.copies() {
        let said = found.entry((copy.source, copy.repo)).or_insert(Said { sealed: true, ..Said::default() });
        let from = match copy.origin {
            mainstay_ir::Origin::Source => None,
            mainstay_ir::Origin::Copy { repo } | mainstay_ir::Origin::Latest { repo } => Some(repo),
        };
        said.makers.push((copy.workflow, from));
    }
    for (name, workflow) in &ir.workflows {
        let mut ends = HashMap::new();
        for (id, step) in &workflow.steps {
            let end = follow(name, step, &ends, &mut found);
            ends.insert(id.as_str(), end);
        }
    }
    for said in found.values_mut() {
        said.makers.sort_unstable();
        said.verified.sort_unstable();
        said.looked_at_by.sort_unstable();
    }
    found
}

fn follow<'a>(
    workflow: &'a str,
    step: &'a Step,
    ends: &HashMap<&'a str, Option<Flow<'a>>>,
    found: &mut Copies<'a>,
) -> Option<Flow<'a>> {
    let mut flow = None;
    for call in step.calls() {
        flow = call.args.get("of").map_or(flow, |of| taken(of, ends));
        let Some(at) = flow.as_mut() else { continue };
        match call.name.as_str() {
            "encrypt" => at.sealed = true,
            "store" | "replicate" => at.repo = thing(call, "to"),
            "latest" | "oldest" | "random" => {
                at.repo = thing(call, "in");
                at.sealed = true;
            }
            _ => {}
        }
        if let Some(repo) = at.repo
            && let Some(said) = found.get_mut(&(at.source, repo))
        {
            said.tell(workflow, call, at.sealed);
        }
    }
    flow
}

impl<'a> Said<'a> {
    fn tell(&mut self, workflow: &'a str, call: &'a Call, sealed: bool) {
        match call.name.as_str() {
            "store" | "replicate" => self.sealed &= sealed,
            "verify" => {
                let number = |name: &str| match call.args.get(name) {
                    Some(Value::Percent(number)) => Some(*number),
                    Some(Value::Duration(span)) => Some(span.0),
                    _ => None,
                };
                self.verified.push((number("sample").unwrap_or(0), number("all_within").unwrap_or(u64::MAX)));
                self.looked_at_by.push(workflow);
            }
            "retain" => {
                if let Some(Value::Retention(keep)) = call.args.get("keep") {
                    self.keeps.push((workflow, keep));
                }
            }
            "drill" => {
                self.drilled += 1;
                self.looked_at_by.push(workflow);
            }
            _ => {}
        }
    }
}

fn taken<'a>(of: &'a Value, ends: &HashMap<&'a str, Option<Flow<'a>>>) -> Option<Flow<'a>> {
    match of {
        Value::Thing(kind, name) if kind == "source" => {
            Some(Flow { source: name, repo: None, sealed: false })
        }
        Value::Step(id) => ends.get(id.as_str()).copied().flatten(),
        Value::Constructed(made) => {
            let flow = made.fields.get("of").and_then(|of| taken(of, ends))?;
            match made.fields.get("in") {
                Some(Value::Thing(_, repo)) => Some(Flow { repo: Some(repo), sealed: true, ..flow }),
                _ => Some(flow),
            }
        }
        _ => None,
    }
}

fn thing<'a>(call: &'a Call, field: &str) -> Option<&'a str> {
    match call.args.get(field) {
        Some(Value::Thing(_, name)) => Some(name),
        _ => None,
    }
}
