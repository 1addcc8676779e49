//! What the simulation says of lines that look weaker or stronger by themselves.

use std::collections::{BTreeSet, HashMap};

use mainstay_calendar::{Zone, show};
use mainstay_ir::Ir;

use super::behind::{Behind, Firsts, Touches};
use super::copies::{Line, line};
use super::restorable::{Failure, Way, Witness};
use super::{Change, Facet, Strength};
use Strength::{Neutral, Stronger, Weaker};

/// Said of a line that looks weaker and whose source is as well off under each failure.
const COVERED: &str = "another copy is as new at every moment, whatever fails";

/// Said of such a line of a workflow that does more than to copy.
const SELDOM: &str = "what it does beside copies is done more seldom, or later";

/// Lets the simulation have its word: what it finds is on a line, with an example; what it does not find is not weaker.
pub(super) fn settle(
    lines: &mut Vec<Line>,
    behind: &Behind<'_>,
    (worse, better): (&[Witness], &[Witness]),
    old: &Ir,
) {
    let hurt: BTreeSet<&str> = worse.iter().map(|witness| witness.source.as_str()).collect();
    cover(lines, behind, &hurt);
    let (mut about, zone) = (About::new(lines, behind), zone(old));
    for witness in worse {
        let example = Some(told(witness, &zone));
        match about.pick(lines, &witness.source, &[Weaker, Neutral, Stronger]) {
            Some(line) => {
                line.change.facet = Facet::Copies;
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
    about.look_again(lines);
    for witness in better.iter().filter(|witness| !hurt.contains(witness.source.as_str())) {
        if about.pick(lines, &witness.source, &[Stronger, Neutral]).is_none() {
            let change = Change::new(Stronger, Facet::Copies, format!("source {}", witness.source));
            let change = change.effect("its newest copy is newer than before under some failure");
            about.push(lines, line(change, &witness.source, true));
        }
    }
}

/// A line that looks weaker is not when none of its sources is worse off.
fn cover(lines: &mut [Line], behind: &Behind<'_>, hurt: &BTreeSet<&str>) {
    let touching = behind.touching(hurt.iter().copied());
    let hurts = |line: &Line| match &line.touches {
        Touches::Sources(sources) => sources.iter().any(|source| hurt.contains(source.as_str())),
        Touches::Behind(work) => touching.contains(work.as_str()),
    };
    let of_copies = |line: &&mut Line| line.by_simulation && line.change.facet == Facet::Copies;
    for line in lines.iter_mut().filter(of_copies).filter(|line| line.change.strength == Weaker) {
        if !hurts(line) {
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
}

/// The places of the lines that may touch each source.
struct About<'b, 'a> {
    /// Of lines that name their sources.
    named: HashMap<String, Vec<usize>>,
    behind: &'b Behind<'a>,
    /// Of the lines of each strength that touch what lies behind a workflow, the first.
    firsts: HashMap<Strength, Firsts>,
}

impl<'b, 'a> About<'b, 'a> {
    fn new(lines: &[Line], behind: &'b Behind<'a>) -> Self {
        let mut about = Self { named: HashMap::new(), behind, firsts: HashMap::new() };
        lines.iter().enumerate().for_each(|(place, line)| about.note(place, line));
        about
    }

    fn note(&mut self, place: usize, line: &Line) {
        match &line.touches {
            Touches::Sources(sources) => {
                for source in sources {
                    self.named.entry(source.clone()).or_default().push(place);
                }
            }
            Touches::Behind(_) => self.note_behind(place, line),
        }
    }

    fn note_behind(&mut self, place: usize, line: &Line) {
        if let Touches::Behind(work) = &line.touches
            && is_meant(line)
        {
            let firsts = self.firsts.entry(line.change.strength).or_default();
            self.behind.note(firsts, work, place);
        }
    }

    /// Lines have become weaker: those that were the first of another strength are that no longer.
    fn look_again(&mut self, lines: &[Line]) {
        self.firsts.clear();
        lines.iter().enumerate().for_each(|(place, line)| self.note_behind(place, line));
    }

    fn push(&mut self, lines: &mut Vec<Line>, line: Line) {
        self.note(lines.len(), &line);
        lines.push(line);
    }

    /// The line that a witness speaks of: one about its source, of the first strength that there is. The first of these is
    /// what it is from now on. Among those of its old strength nobody asks for it again: all that it touches has a line
    /// of the new one now.
    fn pick<'l>(
        &mut self,
        lines: &'l mut [Line],
        source: &str,
        strengths: &[Strength],
    ) -> Option<&'l mut Line> {
        let becomes = *strengths.first()?;
        let found = strengths.iter().find_map(|strength| self.first(lines, source, *strength))?;
        let line = lines.get_mut(found)?;
        if line.change.strength != becomes {
            line.change.strength = becomes;
            self.note_behind(found, line);
        }
        Some(line)
    }

    /// The first line of this strength that is about a source.
    fn first(&self, lines: &[Line], source: &str, strength: Strength) -> Option<usize> {
        let is_it = |line: &Line| line.change.strength == strength && is_meant(line);
        let named = self.named.get(source).into_iter().flatten().copied();
        let named = named.filter(|place| lines.get(*place).is_some_and(is_it)).min();
        let behind = self.firsts.get(&strength).and_then(|firsts| self.behind.first(firsts, source));
        named.into_iter().chain(behind).min()
    }
}

/// Whether the simulation has a word in it.
fn is_meant(line: &Line) -> bool {
    line.by_simulation || (line.change.strength != Neutral && line.change.facet == Facet::Copies)
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
