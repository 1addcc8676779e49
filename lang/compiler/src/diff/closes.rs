//! What closes a workflow, a part of its body, or a machine: what is done, on which endings, and of which steps.
//!
//! On each ending all that was done before must still be done, wherever it is written: a `finally` does it as well as an
//! `on failure`, and two closes do it as well as one.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::ops::Range;

use mainstay_ir::{Action, Block, Close, Ending, Step};

use super::blocks::body;
use super::steps::{Loss, called, losses, step};
use super::walk::Walk;
use super::work::{added, removed};
use super::{Change, Facet, Strength, words};
use Strength::{Neutral, Stronger, Weaker};

/// The end that no `on` names.
const WELL: &str = "success";

/// All that closes a workflow or a machine.
pub(super) struct Closes<'a> {
    closes: Vec<Closing<'a>>,
    acts: Vec<Act<'a>>,
    /// Numbers of acts, by what they do.
    alike: HashMap<String, Vec<usize>>,
}

/// One of them.
struct Closing<'a> {
    close: &'a Close,
    endings: Vec<&'static str>,
    /// The steps that it closes; none: all there are.
    scope: Scope<'a>,
    /// Numbers of its acts.
    acts: Range<usize>,
}

type Scope<'a> = Option<BTreeSet<&'a str>>;

/// A step of a close.
struct Act<'a> {
    close: usize,
    id: &'a str,
    step: &'a Step,
    /// What it does, in words.
    deed: String,
}

impl<'a> Closes<'a> {
    /// Those of a workflow, with its body; of a machine, without.
    pub fn new(closes: &'a [Close], body: Option<&'a Block>) -> Self {
        let mut scopes = vec![None; closes.len()];
        body.into_iter().for_each(|body| parts(body, &mut scopes));
        let mut all = Self { closes: Vec::new(), acts: Vec::new(), alike: HashMap::new() };
        for (number, (close, scope)) in closes.iter().zip(scopes).enumerate() {
            let from = all.acts.len();
            let act = |(id, step): (&'a String, &'a Step)| Act { close: number, id, step, deed: deed(step) };
            all.acts.extend(close.steps.iter().map(act));
            let acts = from..all.acts.len();
            all.closes.push(Closing { close, endings: endings(close), scope, acts });
        }
        for (number, act) in all.acts.iter().enumerate() {
            all.alike.entry(act.deed.clone()).or_default().push(number);
        }
        all
    }
}

impl Closing<'_> {
    /// As it is written.
    fn name(&self) -> String {
        if self.close.on.is_empty() { "finally".to_owned() } else { format!("on {}", self.on()) }
    }

    fn on(&self) -> String {
        let words: BTreeSet<&str> = self.close.on.iter().map(|ending| ending.word()).collect();
        let words: Vec<&str> = words.into_iter().collect();
        if words.is_empty() { "any end".to_owned() } else { words.join(", ") }
    }

    fn around(&self) -> String {
        let steps = |steps: &BTreeSet<&str>| words::list(steps.iter().map(|step| (*step).to_owned()));
        self.scope.as_ref().map_or("all steps".to_owned(), steps)
    }

    /// Whether it does on an ending what another one did there, for all steps that still are.
    fn does(&self, ending: &str, scope: &Scope<'_>, still: &BTreeSet<&str>) -> bool {
        let covers = match (&self.scope, scope) {
            (None, _) => true,
            (Some(own), Some(wanted)) => {
                wanted.iter().all(|step| own.contains(step) || !still.contains(step))
            }
            (Some(_), None) => false,
        };
        covers && self.endings.contains(&ending)
    }
}

fn endings(close: &Close) -> Vec<&'static str> {
    if close.on.is_empty() {
        // What was due and did not run has no end.
        return vec![WELL, Ending::Failure.word(), Ending::Degraded.word(), Ending::Mode.word()];
    }
    let words: BTreeSet<&str> = close.on.iter().map(|ending| ending.word()).collect();
    words.into_iter().collect()
}

fn parts<'a>(block: &'a Block, scopes: &mut [Scope<'a>]) {
    if let Block::Closed { by, body } = block {
        for number in by {
            let scope = usize::try_from(*number).ok().and_then(|number| scopes.get_mut(number));
            if let Some(scope) = scope {
                *scope = Some(body.steps().into_iter().map(String::as_str).collect());
            }
        }
    }
    block.children().iter().for_each(|block| parts(block, scopes));
}

fn deed(step: &Step) -> String {
    let calls = match &step.action {
        Action::Stages(calls) => calls.as_slice(),
        Action::Verb(call) => std::slice::from_ref(call),
    };
    calls.iter().map(words::call).collect::<Vec<_>>().join(" |> ")
}

/// Whether all that it does is said of the copies. A restore is no matter of theirs.
fn is_told(step: &Step) -> bool {
    matches!(&step.action, Action::Stages(calls) if calls.iter().all(|call| call.name != "restore"))
}

/// Numbers of acts, or of closes, of the old and the new policy that belong together.
type Pairs = Vec<(usize, usize)>;

struct Compared<'c, 'a> {
    subject: &'c str,
    old: &'c Closes<'a>,
    new: &'c Closes<'a>,
    /// Of the body, in both.
    still: BTreeSet<&'c str>,
    /// By the old one, and by the new one.
    acts: [BTreeMap<usize, usize>; 2],
    closes: [BTreeMap<usize, usize>; 2],
}

/// All that differs. `still` are the steps that the body has in both.
pub(super) fn compare(
    walk: &mut Walk,
    subject: &str,
    old: &Closes<'_>,
    new: &Closes<'_>,
    still: BTreeSet<&str>,
) {
    let acts = matched(old, new);
    let closes = together(old, new, &acts);
    let (acts, closes) = (both_ways(acts), both_ways(closes));
    let compared = Compared { subject, old, new, still, acts, closes };
    compared.pairs(walk);
    compared.gone(walk);
    compared.came(walk);
}

fn both_ways(pairs: Pairs) -> [BTreeMap<usize, usize>; 2] {
    let back = pairs.iter().map(|(one, other)| (*other, *one)).collect();
    [pairs.into_iter().collect(), back]
}

/// What has the same name and does the same; then what does the same; then what has the same name.
fn matched(old: &Closes<'_>, new: &Closes<'_>) -> Pairs {
    let ids: HashMap<&str, usize> = new.acts.iter().enumerate().map(|(at, act)| (act.id, at)).collect();
    let mut alike: HashMap<&str, VecDeque<usize>> =
        new.alike.iter().map(|(deed, acts)| (deed.as_str(), acts.iter().copied().collect())).collect();
    let mut free: HashSet<usize> = (0..new.acts.len()).collect();
    let mut open: Vec<(usize, &Act<'_>)> = old.acts.iter().enumerate().collect();
    let mut found = Pairs::new();
    for pass in 0..3 {
        open.retain(|(number, act)| {
            let named = ids.get(act.id).copied();
            let does_the_same =
                |other: &usize| new.acts.get(*other).is_some_and(|other| other.deed == act.deed);
            let mut next = || {
                let queue = alike.get_mut(act.deed.as_str())?;
                std::iter::from_fn(|| queue.pop_front()).find(|at| free.contains(at))
            };
            let other = match pass {
                0 => named.filter(does_the_same),
                1 => next(),
                _ => named,
            };
            let other = other.filter(|other| free.remove(other));
            found.extend(other.map(|other| (*number, other)));
            other.is_none()
        });
    }
    found.sort_unstable();
    found
}

/// The closes of acts that belong together, and of the others those on the same endings.
fn together(old: &Closes<'_>, new: &Closes<'_>, acts: &Pairs) -> Pairs {
    let close = |side: &Closes<'_>, act: usize| side.acts.get(act).map(|act| act.close);
    let of_acts = acts.iter().filter_map(|(one, other)| Some((close(old, *one)?, close(new, *other)?)));
    let mut found = Pairs::new();
    let (mut taken, mut taken_there) = (HashSet::new(), HashSet::new());
    for (one, other) in of_acts {
        if !taken.contains(&one) && !taken_there.contains(&other) {
            taken.insert(one);
            taken_there.insert(other);
            found.push((one, other));
        }
    }
    let mut alike: HashMap<&[&str], VecDeque<usize>> = HashMap::new();
    for (number, closing) in new.closes.iter().enumerate().filter(|(at, _)| !taken_there.contains(at)) {
        alike.entry(&closing.endings).or_default().push_back(number);
    }
    for (number, closing) in old.closes.iter().enumerate().filter(|(at, _)| !taken.contains(at)) {
        let other = alike.get_mut(closing.endings.as_slice()).and_then(VecDeque::pop_front);
        found.extend(other.map(|other| (number, other)));
    }
    found
}

/// Whether there is an ending on which what an act did is not done any more, or not for as many steps.
fn lost(
    from: &Closes<'_>,
    act: &Act<'_>,
    (to, other): (&Closes<'_>, Option<usize>),
    still: &BTreeSet<&str>,
) -> bool {
    let Some(closing) = from.closes.get(act.close) else { return false };
    let alike = to.alike.get(&act.deed).into_iter().flatten().copied();
    let is_done = |ending: &&str| {
        let mut acts = other.into_iter().chain(alike.clone()).filter_map(|act| to.acts.get(act));
        acts.any(|act| {
            to.closes.get(act.close).is_some_and(|close| close.does(ending, &closing.scope, still))
        })
    };
    !closing.endings.iter().all(is_done)
}

impl Compared<'_, '_> {
    fn holder(&self, closing: &Closing<'_>) -> String {
        format!("{}, {}", self.subject, closing.name())
    }

    fn pairs(&self, walk: &mut Walk) {
        let [acts, _] = &self.acts;
        for (one, other) in acts {
            if let (Some(old), Some(new)) = (self.old.acts.get(*one), self.new.acts.get(*other))
                && let Some(closing) = self.new.closes.get(new.close)
            {
                let holder = self.holder(closing);
                called(walk, &format!("{holder}, step {}", old.id), old.id, new.id);
                step(walk, &format!("{holder}, step {}", new.id), old.step, new.step);
            }
        }
        let [closes, _] = &self.closes;
        for (one, other) in closes {
            if let (Some(old), Some(new)) = (self.old.closes.get(*one), self.new.closes.get(*other)) {
                self.reach(walk, old, new);
                body(walk, &self.holder(new), &old.close.body, &new.close.body);
            }
        }
    }

    /// On which endings, and around which steps, the same is done.
    fn reach(&self, walk: &mut Walk, old: &Closing<'_>, new: &Closing<'_>) {
        let [there, here] = &self.acts;
        let is_less = |from: &Closes<'_>, to, acts: &Range<usize>, pairs: &BTreeMap<usize, usize>| {
            let mut kept = acts.clone().filter_map(|at| Some((from.acts.get(at)?, *pairs.get(&at)?)));
            kept.any(|(act, other)| lost(from, act, (to, Some(other)), &self.still))
        };
        let strength = match (
            is_less(self.old, self.new, &old.acts, there),
            is_less(self.new, self.old, &new.acts, here),
        ) {
            (true, _) => Weaker,
            (false, true) => Stronger,
            (false, false) => Neutral,
        };
        let fields = [
            ("on", old.on(), new.on(), "it is not done then any more"),
            ("around", old.around(), new.around(), "less is closed by it"),
        ];
        for (field, was, is, effect) in fields.into_iter().filter(|(_, was, is, _)| was != is) {
            let change = Change::new(strength, Facet::Notice, self.holder(old)).field(field);
            let effect = if strength == Weaker { effect } else { "" };
            walk.add(change.values(Some(was), Some(is)).effect(effect));
        }
    }

    /// What is done no more, or elsewhere.
    fn gone(&self, walk: &mut Walk) {
        let ([acts, _], [closes, _]) = (&self.acts, &self.closes);
        for (number, closing) in self.old.closes.iter().enumerate() {
            let alone = Alone::of(self.old, closing, acts, (self.new, &self.still));
            let holder = self.holder(closing);
            if alone.is_whole && !closes.contains_key(&number) && alone.is_missed {
                let effect = "removed: nothing is done then any more";
                walk.add(Change::new(Weaker, Facet::Notice, holder).effect(effect));
                continue;
            }
            for (act, lost) in alone.acts {
                walk.add(removed(&format!("{holder}, step {}", act.id), lost, None));
            }
        }
    }

    fn came(&self, walk: &mut Walk) {
        let ([_, acts], [_, closes]) = (&self.acts, &self.closes);
        for (number, closing) in self.new.closes.iter().enumerate() {
            let alone = Alone::of(self.new, closing, acts, (self.old, &self.still));
            let holder = self.holder(closing);
            if !closes.contains_key(&number) && !closing.acts.is_empty() {
                let is_new = alone.is_whole && alone.is_missed;
                let strength = if is_new { Stronger } else { Neutral };
                walk.add(Change::new(strength, Facet::Notice, holder.as_str()).effect("added"));
                if alone.is_whole {
                    continue;
                }
            }
            for (act, won) in alone.acts {
                walk.add(added(&format!("{holder}, step {}", act.id), &won));
            }
        }
    }
}

/// The acts of a close that belong to none of the other policy.
struct Alone<'c, 'a> {
    /// Whether these are all.
    is_whole: bool,
    /// With what is lost with each: nothing where the other policy does it too.
    acts: Vec<(&'c Act<'a>, Vec<Loss>)>,
    /// Whether any of them is done nowhere there.
    is_missed: bool,
}

impl<'c, 'a> Alone<'c, 'a> {
    fn of(
        side: &'c Closes<'a>,
        closing: &Closing<'_>,
        pairs: &BTreeMap<usize, usize>,
        (other, still): (&Closes<'_>, &BTreeSet<&str>),
    ) -> Self {
        let alone = closing.acts.clone().filter(|at| !pairs.contains_key(at));
        let mut found = Self { is_whole: true, acts: Vec::new(), is_missed: false };
        for act in alone.filter_map(|at| side.acts.get(at)) {
            let is_lost = lost(side, act, (other, None), still);
            found.is_missed |= is_lost && !is_told(act.step);
            found.acts.push((act, if is_lost { losses([act.step]) } else { Vec::new() }));
        }
        found.is_whole = found.acts.len() == closing.acts.len();
        found
    }
}
