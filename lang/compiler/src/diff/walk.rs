//! Field by field, under the rules of the table.

use std::collections::BTreeSet;

use mainstay_ir::{
    Constructed, DurationMs, Estate, Exemption, IndexMap, Ir, Name, Objective, Pool, Retention, Value,
};

use super::judge::{judge, kept, order};
use super::pairs::{differing, names};
use super::table::{Rule, entry};
use super::{Change, Facet, Strength, words};
use crate::prove::policy::record;

/// A field that no table knows: it cannot be called harmless.
const UNKNOWN: &str = "what this means is not known";

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Walk {
    pub changes: Vec<Change>,
}

/// What becomes of a kind of thing when one is there no more, and when one is new.
struct Coming {
    facet: Facet,
    gone: Strength,
    new: Strength,
    lost: &'static str,
}

const fn harmless(facet: Facet) -> Coming {
    Coming { facet, gone: Strength::Neutral, new: Strength::Neutral, lost: "" }
}

const fn missed(facet: Facet, lost: &'static str) -> Coming {
    Coming { facet, gone: Strength::Weaker, new: Strength::Stronger, lost }
}

impl Walk {
    pub fn add(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// One field.
    pub fn field(
        &mut self,
        subject: &str,
        keys: &[String],
        name: &str,
        before: Option<&Value>,
        after: Option<&Value>,
    ) {
        if before == after {
            return;
        }
        let known = keys.iter().find_map(|key| entry(key));
        let Some(known) = known else {
            let values = (before.map(words::value), after.map(words::value));
            let change = Change::new(Strength::Weaker, Facet::Scope, subject).field(name).effect(UNKNOWN);
            return self.add(change.values(values.0, values.1));
        };
        if let Rule::Fields(owner) = known.rule {
            let of = |value: Option<&Value>| value.and_then(record).cloned().unwrap_or_default();
            let deeper = |field: &str| format!("{name}.{field}");
            return self.record(subject, &[owner], &of(before), &of(after), &deeper);
        }
        if known.rule == Rule::Nothing || known.rule == Rule::Own {
            return;
        }
        let (strength, said) = judge(known.rule, before, after);
        if strength == Strength::Neutral && is_set(known.rule) {
            return;
        }
        let change = Change::new(strength, known.facet, subject).field(name);
        let meaning = if strength == Strength::Weaker { known.weaker } else { "" };
        let shown = match said {
            Some(said) if is_set(known.rule) && before.is_some() && after.is_some() => {
                let effect = if meaning.is_empty() { said } else { format!("{said}: {meaning}") };
                change.effect(effect)
            }
            said => {
                let parts: Vec<String> = said.into_iter().chain([meaning.to_owned()]).collect();
                let effect = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ");
                change.values(before.map(words::value), after.map(words::value)).effect(effect)
            }
        };
        self.add(shown);
    }

    /// The fields of a record, or of what a constructor made; the owners are tried in turn.
    pub fn record(
        &mut self,
        subject: &str,
        owners: &[&str],
        before: &IndexMap<Name, Value>,
        after: &IndexMap<Name, Value>,
        shown: &dyn Fn(&str) -> String,
    ) {
        for name in names(before, after) {
            let keys: Vec<String> = owners.iter().map(|owner| format!("{owner}.{name}")).collect();
            self.field(subject, &keys, &shown(name), before.get(name), after.get(name));
        }
    }

    /// All that stands outside of workflows and machines.
    pub fn declarations(&mut self, old: &Ir, new: &Ir, renamed: &[super::renames::Renamed]) {
        for (kind, from, to) in renamed {
            let change = Change::new(Strength::Neutral, Facet::History, format!("{kind} {to}"));
            self.add(change.effect(format!("it was called `{from}`; its history stays")));
        }
        let text = |text: &str| Value::Text(text.to_owned());
        let whole = |number: u32| Value::Int(i64::from(number));
        let head = [
            ("policy", text(&old.policy), text(&new.policy)),
            ("edition", whole(old.edition), whole(new.edition)),
            ("tzdb", text(&old.tzdb), text(&new.tzdb)),
        ];
        for (name, before, after) in head {
            self.field("policy", &[format!("Ir.{name}")], name, Some(&before), Some(&after));
        }
        self.waiting(old, new);
        for name in names(&old.params, &new.params) {
            let keys = ["Ir.params".to_owned()];
            self.field(&format!("param {name}"), &keys, "value", old.params.get(name), new.params.get(name));
        }
        let running = || harmless(Facet::Running);
        self.things("secret", "Secret", harmless(Facet::Control), &old.secrets, &new.secrets);
        self.things("host", "Host", running(), &old.hosts, &new.hosts);
        let source =
            Coming { new: Strength::Neutral, ..missed(Facet::Scope, "it is not protected any more") };
        self.things("source", "Source", source, &old.sources, &new.sources);
        let lost = "the policy does not know its snapshots any more";
        let repo = Coming { new: Strength::Neutral, ..missed(Facet::History, lost) };
        self.things("repo", "Repo", repo, &old.repos, &new.repos);
        self.things("sandbox", "Sandbox", harmless(Facet::Care), &old.sandboxes, &new.sandboxes);
        let channel = missed(Facet::Notice, "nobody is told there any more");
        self.things("channel", "Channel", channel, &old.channels, &new.channels);
        self.things("probe", "Probe", running(), &old.probes, &new.probes);
        self.pools(old, new);
        self.objectives(old, new);
        self.estates(old, new);
    }

    fn waiting(&mut self, old: &Ir, new: &Ir) {
        let all = |ir: &Ir| -> BTreeSet<String> {
            ir.waiting.iter().map(|waiting| format!("{} in {}", waiting.construct, waiting.holder)).collect()
        };
        let (before, after) = (all(old), all(new));
        for added in after.difference(&before) {
            let change = Change::new(Strength::Neutral, Facet::Running, "policy").field("waiting");
            self.add(change.effect(format!("{added} is not carried out yet")));
        }
        for gone in before.difference(&after) {
            let change = Change::new(Strength::Neutral, Facet::Running, "policy").field("waiting");
            self.add(change.effect(format!("{gone} is not asked for any more")));
        }
    }

    /// One that is there no more, or new; true when it is in both.
    fn coming(
        &mut self,
        kind: &str,
        name: &str,
        coming: &Coming,
        before: bool,
        after: bool,
        beside: &[&Name],
    ) -> bool {
        let subject = format!("{kind} {name}");
        match (before, after) {
            (true, true) => return true,
            (true, false) => {
                let mut effect = "removed".to_owned();
                if !coming.lost.is_empty() {
                    effect += &format!(": {}", coming.lost);
                }
                effect += &if_moved(name, beside).map(|hint| format!("; {hint}")).unwrap_or_default();
                self.add(Change::new(coming.gone, coming.facet, subject).effect(effect));
            }
            (false, _) => self.add(Change::new(coming.new, coming.facet, subject).effect("added")),
        }
        false
    }

    fn each<'m, T>(
        &mut self,
        kind: &str,
        coming: &Coming,
        old: &'m IndexMap<Name, T>,
        new: &'m IndexMap<Name, T>,
    ) -> Vec<(&'m Name, &'m T, &'m T)> {
        let fresh: Vec<&Name> = new.keys().filter(|name| !old.contains_key(*name)).collect();
        let mut both = Vec::new();
        for name in names(old, new) {
            let (before, after) = (old.get(name), new.get(name));
            if self.coming(kind, name, coming, before.is_some(), after.is_some(), &fresh)
                && let (Some(before), Some(after)) = (before, after)
            {
                both.push((name, before, after));
            }
        }
        both
    }

    fn things(
        &mut self,
        kind: &str,
        ty: &str,
        coming: Coming,
        old: &IndexMap<Name, Constructed>,
        new: &IndexMap<Name, Constructed>,
    ) {
        for (name, before, after) in self.each(kind, &coming, old, new) {
            let subject = format!("{kind} {name}");
            if before.constructor == after.constructor {
                let own = format!("{ty}.{}", before.constructor);
                self.record(&subject, &[&own, ty], &before.fields, &after.fields, &str::to_owned);
            } else {
                self.other_constructor(&subject, ty, before, after);
            }
        }
    }

    /// Another kind of thing under the same name: what all of that type share is compared, the rest is another.
    fn other_constructor(&mut self, subject: &str, ty: &str, before: &Constructed, after: &Constructed) {
        let (strength, facet, effect) = match ty {
            "Source" => (Strength::Weaker, Facet::Scope, "what it was is not protected any more"),
            "Repo" => {
                (Strength::Weaker, Facet::History, "it starts empty: the snapshots stay in the old place")
            }
            _ => (Strength::Neutral, Facet::Running, ""),
        };
        let (old, new) = (words::constructed(before), words::constructed(after));
        self.add(Change::new(strength, facet, subject).values(Some(old), Some(new)).effect(effect));
        let shared = |made: &Constructed| -> IndexMap<Name, Value> {
            let known = |name: &str| entry(&format!("{ty}.{name}")).is_some();
            made.fields
                .iter()
                .filter(|(name, _)| known(name))
                .map(|(name, of)| (name.clone(), of.clone()))
                .collect()
        };
        self.record(subject, &[ty], &shared(before), &shared(after), &str::to_owned);
    }

    fn pools(&mut self, old: &Ir, new: &Ir) {
        for (name, before, after) in self.each("pool", &harmless(Facet::Running), &old.pools, &new.pools) {
            let subject = format!("pool {name}");
            let slots = |pool: &Pool| pool.slots.map(|(low, high)| Value::Range(whole(low), whole(high)));
            self.field(
                &subject,
                &["Pool.slots".into()],
                "slots",
                slots(before).as_ref(),
                slots(after).as_ref(),
            );
            self.record(&subject, &["Pool"], &before.other, &after.other, &str::to_owned);
        }
    }

    fn objectives(&mut self, old: &Ir, new: &Ir) {
        let coming = missed(Facet::Promise, "nothing of it is promised any more");
        for (name, before, after) in self.each("objective", &coming, &old.objectives, &new.objectives) {
            let subject = format!("objective {name}");
            for (field, of) in [("rpo", (before.rpo, after.rpo)), ("rto", (before.rto, after.rto))] {
                let value = |span: Option<DurationMs>| span.map(Value::Duration);
                let (before, after) = (value(of.0), value(of.1));
                self.field(&subject, &[format!("Objective.{field}")], field, before.as_ref(), after.as_ref());
            }
            self.promised_keep(&subject, before, after);
            let copies = |objective: &Objective| counts(objective);
            self.record(&subject, &["Copies"], &copies(before), &copies(after), &|name| {
                format!("copies.{name}")
            });
            self.record(&subject, &["Objective"], &before.other, &after.other, &str::to_owned);
        }
    }

    fn promised_keep(&mut self, subject: &str, before: &Objective, after: &Objective) {
        if before.keep != after.keep {
            let (strength, said) = kept(before.keep.as_ref(), after.keep.as_ref());
            let shown = |objective: &Objective| objective.keep.as_ref().map(Retention::literal);
            let change = Change::new(strength, Facet::Promise, subject).field("keep");
            self.add(change.values(shown(before), shown(after)).effect(said.unwrap_or_default()));
        }
    }

    fn estates(&mut self, old: &Ir, new: &Ir) {
        let coming = missed(Facet::Care, "an audit does not look for what it names");
        for (name, before, after) in self.each("estate", &coming, &old.estates, &new.estates) {
            let subject = format!("estate {name}");
            let discover = |estate: &Estate| {
                Value::List(
                    estate.discover.iter().map(|made| Value::Constructed(made.clone().into())).collect(),
                )
            };
            let (old, new) = (discover(before), discover(after));
            self.field(&subject, &["Estate.discover".into()], "discover", Some(&old), Some(&new));
            self.exemptions(&subject, before, after);
        }
    }

    /// One exemption more, or a later end of one, is weaker; owner and reason are shown.
    fn exemptions(&mut self, subject: &str, before: &Estate, after: &Estate) {
        let by_what = |estate: &Estate| -> IndexMap<Name, Vec<Exemption>> {
            let mut all: IndexMap<Name, Vec<Exemption>> = IndexMap::default();
            estate.exempt.iter().for_each(|one| all.entry(one.what.clone()).or_default().push(one.clone()));
            all
        };
        let (before, after) = (by_what(before), by_what(after));
        for what in names(&before, &after) {
            let of = |all: &IndexMap<Name, Vec<Exemption>>| all.get(what).cloned().unwrap_or_default();
            for (old, new) in differing(of(&before), of(&after)) {
                let until = |one: &Option<Exemption>| one.as_ref().map(|one| one.until.clone());
                let strength = order(until(&new), until(&old));
                let shown =
                    |one: Exemption| format!("until {}, by {:?}: {:?}", one.until, one.owner, one.reason);
                let change = Change::new(strength, Facet::Care, subject).field(format!("exempt {what:?}"));
                self.add(change.values(old.map(shown), new.map(shown)));
            }
        }
    }

    /// A value that means nothing to the protection.
    pub fn shown(
        &mut self,
        facet: Facet,
        subject: &str,
        field: &str,
        before: Option<String>,
        after: Option<String>,
    ) {
        if before != after {
            self.add(Change::new(Strength::Neutral, facet, subject).field(field).values(before, after));
        }
    }
}

/// Whether a rule compares lists without order.
fn is_set(rule: Rule) -> bool {
    matches!(rule, Rule::Wider | Rule::Narrower | Rule::Only | Rule::Databases)
}

fn whole(number: u32) -> Option<Box<Value>> {
    Some(Box::new(Value::Int(i64::from(number))))
}

/// What to do when a thing that is there no more is the only new one under another name.
pub(super) fn if_moved(name: &str, fresh: &[&Name]) -> Option<String> {
    let [new] = fresh else { return None };
    Some(format!("if it is `{new}` now, `moved {name} => {new}` keeps its history"))
}

/// `at_least(..)` as fields; what asks for nothing is absent.
fn counts(objective: &Objective) -> IndexMap<Name, Value> {
    let Some(copies) = &objective.copies else { return IndexMap::default() };
    let all = [
        ("count", copies.count),
        ("sites", copies.sites),
        ("media", copies.media),
        ("locked", copies.locked),
        ("offline", copies.offline),
    ];
    let asked = all.into_iter().filter(|(_, count)| *count > 0);
    asked.map(|(name, count)| (name.to_owned(), Value::Int(i64::from(count)))).collect()
}
