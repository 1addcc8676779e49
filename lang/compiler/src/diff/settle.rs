//! What the simulation says of lines that look weaker or stronger by themselves.

use std::collections::{BTreeSet, HashMap};

use mainstay_calendar::{Zone, show};
use mainstay_ir::Ir;

use super::copies::{Line, line};
use super::restorable::{Failure, Way, Witness};
use super::{Change, Facet, Strength};
use Strength::{Neutral, Stronger, Weaker};

/// Said of a line that looks weaker and whose source is as well off under each failure.
const COVERED: &str = "another copy is as new at every moment, whatever fails";

/// Said of such a line of a workflow that does more than to copy.
const SELDOM: &str = "what it does beside copies is done more seldom, or later";

/// Lets the simulation have its word: what it finds is on a line, with an example; what it does not find is not weaker.
pub(super) fn settle(lines: &mut Vec<Line>, worse: &[Witness], better: Vec<Witness>, old: &Ir) {
    let hurt: BTreeSet<&str> = worse.iter().map(|witness| witness.source.as_str()).collect();
    let of_copies = |line: &&mut Line| line.by_simulation && line.change.facet == Facet::Copies;
    for line in lines.iter_mut().filter(of_copies).filter(|line| line.change.strength == Weaker) {
        if !line.touches.iter().any(|source| hurt.contains(source.as_str())) {
            let meaning = if line.does_more {
                line.change.facet = Facet::Care;
                SELDOM
            } else {
                line.change.strength = Neutral;
                COVERED
            };
            let said = line.change.effect.take();
            line.change.effect = Some(said.map_or(meaning.to_owned(), |said| format!("{said}; {meaning}")));
        }
    }
    let (mut about, zone) = (About::new(lines), zone(old));
    for witness in worse {
        let example = Some(told(witness, &zone));
        match about.pick(lines, &witness.source, &[Weaker, Neutral, Stronger]) {
            Some(line) => {
                (line.change.strength, line.change.facet) = (Weaker, Facet::Copies);
                line.change.example = line.change.example.take().or(example);
            }
            None => {
                let change = Change::new(Weaker, Facet::Copies, format!("source {}", witness.source));
                let change =
                    change.effect("its newest copy can be older than before, or gone").example(example);
                about.push(lines, line(change, &witness.source, true));
            }
        }
    }
    for witness in better.iter().filter(|witness| !hurt.contains(witness.source.as_str())) {
        match about.pick(lines, &witness.source, &[Stronger, Neutral]) {
            Some(line) => line.change.strength = Stronger,
            None => {
                let change = Change::new(Stronger, Facet::Copies, format!("source {}", witness.source));
                let change = change.effect("its newest copy is newer than before under some failure");
                about.push(lines, line(change, &witness.source, true));
            }
        }
    }
}

/// The places of the lines that may touch each source.
struct About {
    places: HashMap<String, Vec<usize>>,
}

impl About {
    fn new(lines: &[Line]) -> Self {
        let mut about = Self { places: HashMap::new() };
        lines.iter().enumerate().for_each(|(place, line)| about.note(place, line));
        about
    }

    fn note(&mut self, place: usize, line: &Line) {
        for source in &line.touches {
            self.places.entry(source.clone()).or_default().push(place);
        }
    }

    fn push(&mut self, lines: &mut Vec<Line>, line: Line) {
        self.note(lines.len(), &line);
        lines.push(line);
    }

    /// The line that a witness speaks of: one about its source, of the first strength that there is.
    fn pick<'l>(&self, lines: &'l mut [Line], source: &str, strengths: &[Strength]) -> Option<&'l mut Line> {
        let is_meant = |line: &Line, strength: Strength| {
            line.change.strength == strength
                && (line.by_simulation || (strength != Neutral && line.change.facet == Facet::Copies))
        };
        let touching = self.places.get(source)?;
        let of = |strength: &Strength| {
            touching.iter().find(|place| lines.get(**place).is_some_and(|line| is_meant(line, *strength)))
        };
        let found = *strengths.iter().find_map(of)?;
        lines.get_mut(found)
    }
}

/// The first zone that a policy names: on its clocks all of it is told.
pub(super) fn zone(ir: &Ir) -> Zone {
    ir.works()
        .filter_map(|(_, work)| mainstay_calendar::Schedule::new(work.triggers).ok())
        .find_map(|schedule| schedule.zone().cloned())
        .unwrap_or_else(Zone::utc)
}

/// The witness in words.
pub(super) fn told(witness: &Witness, zone: &Zone) -> String {
    let Witness { source, at, failure, before, after } = witness;
    let at = show(*at, zone);
    if let Failure::LateTime(workflow) = failure {
        return format!("{at}: `{workflow}` does not start any more");
    }
    let after = after.map_or(format!("no copy of `{source}`"), |after| {
        format!("the newest copy of `{source}` is of {}", show(after, zone))
    });
    let before = before.map(|before| format!("; the old policy has one of {}", show(before, zone)));
    format!("{at}, {}: {after}{}", failed(failure), before.unwrap_or_default())
}

fn failed(failure: &Failure) -> String {
    match failure {
        Failure::Nothing | Failure::LateTime(_) => "without any failure".to_owned(),
        Failure::Repo(name) => format!("with repo `{name}` lost"),
        Failure::Site(name) => format!("with site `{name}` lost"),
        Failure::Account(name) => format!("with account `{name}` lost"),
        Failure::Damage(name) => format!("with `{name}` damaged at that time"),
        Failure::Run(name) => format!("after a run of `{name}` failed"),
        Failure::State { machine, state, way: Way::Ending(ending) } => {
            format!("with `{state}` of `{machine}` ending {ending}")
        }
        Failure::State { machine, state, way: Way::Event(subject) } => {
            format!("with \"{subject}\" coming in `{state}` of `{machine}`")
        }
    }
}
