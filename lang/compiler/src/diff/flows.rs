//! What is said of each copy, with its arguments: how it is verified, rehearsed, kept, and whether it is sealed; also of
//! one that another policy makes and this one looks at.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use mainstay_ir::{Call, Ir, Retention, Step, Value};

use super::words;
use crate::prove::effective::Said as Keeps;

/// A source in a repo.
pub(super) type Place<'a> = (&'a str, &'a str);

/// What a verification promises: the share that is read each time, and the span within which all is, in milliseconds.
pub(super) type Verify = (u64, u64);

/// All that steps say of one copy.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Said<'a> {
    /// Workflow or machine, and origin repo, of each step or state that makes it, sorted.
    pub makers: Vec<(&'a str, Option<&'a str>)>,
    /// Whether what every maker brings is sealed.
    pub sealed: bool,
    pub verified: Vec<Verify>,
    /// Workflows and machines that verify it, once for each time.
    pub verified_by: Vec<&'a str>,
    /// The same of those that rehearse a restore of it.
    pub drilled_by: Vec<&'a str>,
    /// What is asked of what was restored.
    pub checks: BTreeSet<String>,
    /// What stays of its snapshots, and of the links of its chain.
    pub keep: Option<Retention>,
    pub keep_of_logs: Option<Retention>,
    /// What each step says of that, sorted.
    pub retains: Vec<String>,
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
    let flows = ir.flows();
    for copy in &flows.copies {
        let said = found.entry((copy.source, copy.repo)).or_insert_with(Said::nothing);
        said.makers.push((copy.workflow, copy.origin.repo()));
    }
    for (name, workflow) in &ir.workflows {
        let mut ends = HashMap::new();
        for (id, step) in &workflow.steps {
            let end = follow(name, step, &ends, &mut found);
            ends.insert(id.as_str(), end);
        }
    }
    for (name, machine) in &ir.machines {
        for state in machine.states.values() {
            follow(name, &state.act, &HashMap::new(), &mut found);
        }
    }
    let keeps = Keeps::of(ir, &flows);
    for ((source, repo), said) in &mut found {
        said.keep = keeps.all_of(source, repo, false);
        said.keep_of_logs = keeps.all_of(source, repo, true);
        said.makers.sort_unstable();
        said.verified.sort_unstable();
        said.retains.sort_unstable();
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
        if let Some(repo) = at.repo {
            let said = found.entry((at.source, repo)).or_insert_with(Said::nothing);
            said.tell(workflow, call, at.sealed);
        }
    }
    flow
}

impl<'a> Said<'a> {
    /// Of a place that nothing was said of so far.
    pub fn nothing() -> Self {
        Self { sealed: true, ..Self::default() }
    }

    /// Whether this policy puts it there: it may also look at what another one did.
    pub fn is_made(&self) -> bool {
        !self.makers.is_empty()
    }

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
                self.verified_by.push(workflow);
            }
            "retain" => self.retains.extend(call.args.get("keep").map(words::value)),
            "drill" => {
                self.drilled_by.push(workflow);
                let checks = call.args.get("check");
                self.checks.extend(checks.into_iter().flat_map(Value::children).map(words::value));
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
