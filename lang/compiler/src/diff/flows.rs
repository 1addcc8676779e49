//! What is said of each copy, with its arguments: how it is verified, rehearsed, kept, and whether it is sealed; also of
//! one that another policy makes and this one looks at, and of what is done only when a run ends otherwise than well.

use std::collections::{BTreeMap, BTreeSet};

use mainstay_ir::{Call, Ending, Flows, Ir, Remark, Retention, SourceCopy, Value, When};

use super::words;
use crate::prove::effective::Said as Keeps;

/// A source in a repo.
pub(super) type Place<'a> = (&'a str, &'a str);

/// What a verification promises: the share that is read each time, and the span within which all is, in milliseconds.
pub(super) type Verify = (u64, u64);

/// Workflow or machine, and origin repo, of what makes a copy.
pub(super) type Maker<'a> = (&'a str, Option<&'a str>);

/// All that steps say of one copy.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Said<'a> {
    /// One for each step or state that makes it, sorted.
    pub makers: Vec<Maker<'a>>,
    /// The same of what makes it when a run has ended: no simulation knows these.
    pub closing: Vec<Maker<'a>>,
    /// Whether what every maker brings is sealed.
    pub sealed: bool,
    pub verified: Vec<Verify>,
    /// Workflows and machines that verify it, once for each time.
    pub verified_by: Vec<&'a str>,
    /// The same of those that rehearse a restore of it.
    pub drilled_by: Vec<&'a str>,
    /// The same of those that bring it back.
    pub restored_by: Vec<&'a str>,
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

/// Of all copies of a policy: what each run comes to.
pub(super) fn said(ir: &Ir) -> Copies<'_> {
    let mut found = Copies::new();
    let flows = ir.flows();
    for copy in &flows.copies {
        let said = at(&mut found, (copy.source, copy.repo));
        said.makers.push((copy.workflow, copy.origin.repo()));
        said.sealed &= copy.sealed;
    }
    for (copy, _) in closing(&flows).filter(|(_, when)| when.is_in_each_run()) {
        at(&mut found, (copy.source, copy.repo)).is_closed_by(copy);
    }
    for remark in &flows.remarks {
        let said = at(&mut found, (remark.source, remark.repo));
        // What was forgotten is gone, however seldom somebody forgets.
        if remark.call.name == "retain" {
            said.retains.extend(remark.call.args.get("keep").map(words::value));
        } else if remark.when.is_in_each_run() {
            said.tell(remark);
        }
    }
    let keeps = Keeps::of(ir, &flows);
    for ((source, repo), said) in &mut found {
        said.keep = keeps.all_of(source, repo, false);
        said.keep_of_logs = keeps.all_of(source, repo, true);
        said.retains.sort_unstable();
        said.sort();
    }
    found
}

/// What is done to copies on one ending only, besides: by its word.
pub(super) type OnEndings<'a> = BTreeMap<(&'static str, Place<'a>), Said<'a>>;

/// What is said of copies, and what they are made for, by what closes on endings.
pub(super) fn on_endings(ir: &Ir) -> OnEndings<'_> {
    let mut found = OnEndings::new();
    let flows = ir.flows();
    let endings = |when: When<'_>| -> Vec<&'static str> {
        let When::On(endings) = when else { return Vec::new() };
        endings.iter().map(|ending: &Ending| ending.word()).collect()
    };
    for (copy, when) in closing(&flows) {
        for ending in endings(when) {
            let place = (copy.source, copy.repo);
            found.entry((ending, place)).or_insert_with(Said::nothing).is_closed_by(copy);
        }
    }
    for remark in flows.remarks.iter().filter(|remark| remark.call.name != "retain") {
        for ending in endings(remark.when) {
            let place = (remark.source, remark.repo);
            found.entry((ending, place)).or_insert_with(Said::nothing).tell(remark);
        }
    }
    found.values_mut().for_each(Said::sort);
    found
}

fn closing<'f, 'a>(flows: &'f Flows<'a>) -> impl Iterator<Item = (&'f SourceCopy<'a>, When<'a>)> {
    flows.closing.iter().map(|closing| (&closing.copy, closing.when))
}

fn at<'f, 'a>(found: &'f mut Copies<'a>, place: Place<'a>) -> &'f mut Said<'a> {
    found.entry(place).or_insert_with(Said::nothing)
}

impl<'a> Said<'a> {
    /// Of a place that nothing was said of so far.
    pub fn nothing() -> Self {
        Self { sealed: true, ..Self::default() }
    }

    /// Whether this policy puts it there: it may also look at what another one did.
    pub fn is_made(&self) -> bool {
        !self.makers.is_empty() || !self.closing.is_empty()
    }

    /// What is done in each run, and besides. What is kept was said of each run.
    pub fn and(&self, other: &Self) -> Self {
        let mut both = Self {
            makers: self.makers.clone(),
            closing: [self.closing.as_slice(), &other.closing].concat(),
            sealed: self.sealed && other.sealed,
            verified: [self.verified.as_slice(), &other.verified].concat(),
            verified_by: [self.verified_by.as_slice(), &other.verified_by].concat(),
            restored_by: [self.restored_by.as_slice(), &other.restored_by].concat(),
            drilled_by: [self.drilled_by.as_slice(), &other.drilled_by].concat(),
            checks: self.checks.union(&other.checks).cloned().collect(),
            ..Self::nothing()
        };
        both.sort();
        both
    }

    fn sort(&mut self) {
        self.makers.sort_unstable();
        self.closing.sort_unstable();
        self.verified.sort_unstable();
        self.restored_by.sort_unstable();
    }

    fn is_closed_by(&mut self, copy: &SourceCopy<'a>) {
        self.closing.push((copy.workflow, copy.origin.repo()));
        self.sealed &= copy.sealed;
    }

    fn tell(&mut self, remark: &Remark<'a>) {
        let call = remark.call;
        match call.name.as_str() {
            "verify" => {
                self.verified.push(verify(call));
                self.verified_by.push(remark.workflow);
            }
            "restore" => self.restored_by.push(remark.workflow),
            _ => {
                self.drilled_by.push(remark.workflow);
                let checks = call.args.get("check");
                self.checks.extend(checks.into_iter().flat_map(Value::children).map(words::value));
            }
        }
    }
}

fn verify(call: &Call) -> Verify {
    let number = |name: &str| match call.args.get(name) {
        Some(Value::Percent(number)) => Some(*number),
        Some(Value::Duration(span)) => Some(span.0),
        _ => None,
    };
    (number("sample").unwrap_or(0), number("all_within").unwrap_or(u64::MAX))
}
