//! What can be proved although something else is wrong: all mistakes are told in one run.
//!
//! A declaration that holds a mistake is unknown, and so is one that names it. What is left is proved as if the
//! rest were not there. What a proof then misses may stand in what is unknown: nothing is said that leans on it.

use foldhash::{HashMap, HashSet};
use mainstay_diagnostics::codes::{goals, syntax};
use mainstay_diagnostics::{Code, Diagnostic, Severity, Span};
use mainstay_ir::Ir;
use mainstay_syntax::ast::{Item, ItemKind};

use crate::Places;
use crate::prove::prove;
use crate::resolve::{Program, Words, item_kind, item_name, words};

/// Proofs that count copies: an unknown workflow may make one that is missing.
const COUNTING: [Code; 5] =
    [goals::NOT_COVERED, goals::NOT_LOCKED, goals::COPIES, goals::NO_COPY, goals::NOT_TIMED];

/// Proofs about a source in a repo; how many names in their messages say of which, and how many of these an unknown workflow
/// must have. It may make another copy more often when it has all, the objective among them. What is never there at all
/// may be what it puts there, when the mistake stands where the other name should.
const OF_A_PLACE: [(Code, usize, usize); 3] =
    [(goals::RPO, 3, 3), (goals::NO_ORIGIN, 2, 1), (goals::NO_BASE, 2, 1)];

/// What the parts without a mistake cannot prove: one that was told, or a name that perhaps is bound where the parser could
/// not read.
pub(crate) fn prove_intact(
    program: &Program,
    ir: &Ir,
    places: &Places,
    (told, unsure): (&[Diagnostic], &HashSet<Span>),
) -> Vec<Diagnostic> {
    // Of what comes behind so many nothing is known.
    let errors = told.iter().filter(|one| one.severity == Severity::Error).count();
    if errors >= mainstay_syntax::MISTAKE_LIMIT {
        return Vec::new();
    }
    let Some(unknown) = Unknown::of(program, ir, told, unsure) else { return Vec::new() };
    let is_unknown = |kind: &str, name: &String| {
        places.get(&format!("{kind}.{name}")).is_none_or(|span| unknown.holds(span))
    };
    let mut left = ir.clone();
    left.workflows.retain(|name, _| !is_unknown("workflow", name));
    left.machines.retain(|name, _| !is_unknown("machine", name));
    left.objectives.retain(|name, _| !is_unknown("objective", name));
    let objectives = left.workflows.values_mut().map(|workflow| &mut workflow.objective);
    for objective in objectives.chain(left.machines.values_mut().map(|machine| &mut machine.objective)) {
        objective.take_if(|objective| is_unknown("objective", objective));
    }
    let mut found = prove(&left, places);
    found.retain(|one| !COUNTING.contains(&one.code) || !unknown.may_add_to(program, one));
    found.retain(|one| !unknown.may_store(one));
    found.retain(|one| !one.labels.iter().any(|label| unknown.holds(label.span)));
    found
}

/// The declarations of which nothing can be said.
struct Unknown<'a> {
    /// In the order of the files.
    items: Vec<&'a Item>,
    /// The words of each workflow and machine among them, up to the next declaration: what stands between was theirs, too.
    workflows: Vec<Words>,
    /// A workflow could not be read as it was written: it may be for any objective.
    any_objective: bool,
}

impl<'a> Unknown<'a> {
    /// None when a mistake may touch any declaration: it stands outside of all, in a `use`, or where a name is
    /// missing.
    fn of(program: &'a Program, ir: &Ir, told: &[Diagnostic], unsure: &HashSet<Span>) -> Option<Self> {
        let mut all: Vec<&Item> = items(program).collect();
        all.sort_unstable_by_key(|item| item.span.start);
        let mut broken = HashSet::default();
        let mut any_objective = false;
        for mistake in told.iter().filter(|one| one.severity == Severity::Error) {
            let at = around(&all, mistake.span())?;
            let item = all.get(at)?;
            any_objective |= is_workflow(item) && hides_words(mistake.code);
            if matches!(item.kind, ItemKind::Use(_)) || is_nameless(&item.kind) {
                return None;
            }
            broken.insert(at);
        }
        broken.extend(unsure.iter().filter_map(|name| around(&all, *name)));
        let there = There::of(ir);
        let lost = |item: &Item| program.is_torn(item.span) || there.lacks(&item.kind);
        for (at, item) in all.iter().enumerate().filter(|(_, item)| lost(item)) {
            if matches!(item.kind, ItemKind::Use(_)) {
                return None;
            }
            broken.insert(at);
        }
        spread(program, &there, &all, &mut broken);
        let mut broken: Vec<usize> = broken.into_iter().collect();
        broken.sort_unstable();
        let workflows = broken.iter().filter(|at| all.get(**at).is_some_and(|item| is_workflow(item)));
        let workflows = workflows.filter_map(|at| text_of(program, &all, *at)).map(Words::of).collect();
        let items = broken.iter().filter_map(|at| all.get(*at).copied()).collect();
        Some(Self { items, workflows, any_objective })
    }

    fn holds(&self, span: Span) -> bool {
        around(&self.items, span).is_some()
    }

    /// Whether an unknown workflow has to do with the source and the repo that this diagnostic speaks of.
    fn may_store(&self, found: &Diagnostic) -> bool {
        let Some((_, said, enough)) = OF_A_PLACE.iter().find(|(code, ..)| *code == found.code) else {
            return false;
        };
        let quoted = found.message.split('`').skip(1).step_by(2).take(*said);
        let words: Vec<&str> = quoted.map(|name| name.rsplit('.').next().unwrap_or(name)).collect();
        let named = |own: &Words| words.iter().filter(|word| own.may_hold(word)).count();
        self.workflows.iter().any(|own| named(own) >= *enough)
    }

    /// Whether an unknown workflow is for an objective that this diagnostic shows.
    fn may_add_to(&self, program: &Program, found: &Diagnostic) -> bool {
        let shown = |item: &&Item| found.labels.iter().any(|label| holds(item.span, label.span));
        let objectives: Vec<&str> = items(program)
            .filter(shown)
            .filter(|item| item_kind(&item.kind) == "objective")
            .filter_map(|item| Some(item_name(&item.kind)?.text.as_str()))
            .collect();
        let is_for = |own: &Words| objectives.iter().any(|objective| own.may_hold(objective));
        self.any_objective || self.workflows.iter().any(is_for)
    }
}

/// The number of the item that a span stands in, of items in order.
fn around(items: &[&Item], span: Span) -> Option<usize> {
    let at = items.partition_point(|item| item.span.start <= span.start).checked_sub(1)?;
    items.get(at).is_some_and(|item| holds(item.span, span)).then_some(at)
}

fn is_workflow(item: &Item) -> bool {
    matches!(item.kind, ItemKind::Workflow(_) | ItemKind::Machine(_))
}

/// The text from this item on up to the next one of its file.
fn text_of<'p>(program: &'p Program, all: &[&Item], at: usize) -> Option<&'p str> {
    let own = all.get(at)?.span;
    let file = program.module_around(own)?.file.span;
    let next = all.get(at + 1).map_or(file.end, |next| next.span.start);
    program.map.text(Span::new(own.start, next.min(file.end)))
}

fn holds(outer: Span, inner: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// Whether the parser may have lost words to this mistake; a literal that cannot be read takes nothing with it.
fn hides_words(code: Code) -> bool {
    code.as_str().starts_with("E01") && code != syntax::BAD_LITERAL && code != syntax::BAD_TEXT
}

/// The declarations of the policy's own files.
fn items(program: &Program) -> impl Iterator<Item = &Item> {
    program.modules.iter().filter(|module| !module.is_library()).flat_map(|module| &module.file.items)
}

/// Adds what names an unknown declaration, until nothing is added. A thing that is there does not spread: a copy of
/// a source with a mistake in its fields is a copy, and what looks into a repo or pool shows it in a label.
fn spread(program: &Program, there: &There<'_>, all: &[&Item], broken: &mut HashSet<usize>) {
    let mut naming: HashMap<&str, Vec<usize>> = HashMap::default();
    for (at, item) in all.iter().enumerate() {
        let words: HashSet<&str> = words(program.map.text(item.span).unwrap_or_default()).collect();
        words.into_iter().for_each(|word| naming.entry(word).or_default().push(at));
    }
    let mut open: Vec<usize> = broken.iter().copied().collect();
    while let Some(at) = open.pop() {
        let Some(name) =
            all.get(at).filter(|item| spreads(there, &item.kind)).and_then(|item| item_name(&item.kind))
        else {
            continue;
        };
        // Each word is looked up once: all that name it are broken from then on.
        let others = naming.remove(name.text.as_str()).unwrap_or_default();
        open.extend(others.into_iter().filter(|other| broken.insert(*other)));
    }
}

fn spreads(there: &There<'_>, kind: &ItemKind) -> bool {
    let always = matches!(kind, ItemKind::Let(_) | ItemKind::Param(_) | ItemKind::Pipeline(_));
    always || item_kind(kind) == "objective" || there.lacks(kind)
}

/// The repos and sources that are in the IR, each by the last part of its name.
struct There<'a> {
    repos: HashSet<&'a str>,
    sources: HashSet<&'a str>,
}

impl<'a> There<'a> {
    fn of(ir: &'a Ir) -> Self {
        let last = |name: &'a mainstay_ir::Name| name.rsplit('.').next().unwrap_or(name);
        Self { repos: ir.repos.keys().map(last).collect(), sources: ir.sources.keys().map(last).collect() }
    }

    /// A source or repo that is not in the IR: something that it names is not known.
    fn lacks(&self, kind: &ItemKind) -> bool {
        let name = item_name(kind).map_or("", |name| name.text.as_str());
        match item_kind(kind) {
            "repo" => !self.repos.contains(name),
            "source" => !self.sources.contains(name),
            _ => false,
        }
    }
}

/// Whether it should bind a name, and does not.
fn is_nameless(kind: &ItemKind) -> bool {
    let binds = !matches!(
        kind,
        ItemKind::Edition(_)
            | ItemKind::Policy(_)
            | ItemKind::Use(_)
            | ItemKind::Test(_)
            | ItemKind::Moved(_)
    );
    binds && item_name(kind).is_none()
}

#[cfg(test)]
mod tests {
    use crate::tests::one;

    const MANY: &str = r#"edition 2026
policy many

secret key  = file("/etc/mainstay/home.key")
source home = files { roots: ["/home"] }
source docs = files { rots: ["/docs"] }
repo shelf  = local { path: "/backup", key: key }
pool disk { slots: 2 }
source big  = files { roots: ["/big"], pool: claim(disk, slots: 3) }

objective gold { rpo: 24h, keep: gfs(daily: 14, monthly: 12) }

pipeline early(src: Source, to: Repo) -> Stored = discover(src) |> snapshot() |> store(to) |> encrypt()

pipeline good(src: Source, to: Repo, keep: Retention) -> Verified =
  discover(src) |> snapshot() |> encrypt() |> store(to) |> verify() |> retain(keep)

workflow nightly for gold {
  trigger: daily(at: 01:30, zone: "Europe/Berlin")
  within:  2h
  step backup = good(home, to: shelf, keep: gfs(daily: 14))
}
workflow second {
  within: 10G
  step kept = good(home, to: shelf, keep: gfs(daily: 3))
}
workflow third {
  step big_kept = good(big, to: shelf, keep: gfs(daily: 0))
}
workflow fourth {
  trigger: after_success(fifth)
  step a = hook(["./a"])
}
workflow fifth {
  trigger: after_success(fourth)
  step a = hook(["./a"])
  step a = hook(["./a"])
}
"#;

    fn codes(text: &str) -> Vec<&'static str> {
        one(text).diagnostics.iter().map(|found| found.code.as_str()).collect()
    }

    #[test]
    fn what_an_unknown_workflow_may_store_is_not_missed() {
        let text = MANY.split("source docs").next().unwrap().to_owned()
            + r#"
repo shelf = local { path: "/backup", key: key }
repo away  = local { path: "/away", key: key }
use std.pipelines.{protect, copy}
objective gold { rpo: 2h }
workflow hourly for gold {
  trigger: every(30min)
  within:  30
  step kept = protect(home, to: shelf, keep: gfs(daily: 3))
}
workflow daily for gold {
  trigger: every(12h)
  within:  1h
  step kept = protect(home, to: shelf, keep: gfs(daily: 3))
}
workflow carry {
  trigger: every(1h)
  within:  1h
  step carried = copy(latest(home, in: shelf), to: away, keep: gfs(daily: 3))
}
"#;
        assert_eq!(codes(&text), ["E0306"]);
        assert_eq!(codes(&text.replace("within:  30\n", "within: 30min\n")), [""; 0]);
    }

    const TWO: &str = r#"edition 2026
policy two
use std.pipelines.{protect, copy}
secret key  = file("/etc/mainstay/home.key")
param zone: Zone = "Europe/Berlin"
source home = files { roots: ["/home"] }
repo shelf  = local { path: "/backup", key: key }
repo away   = local { path: "/away", key: key }
objective gold { rpo: 26h }
workflow nightly for gold {
  trigger: daily(at: 01:30, zone: zone)
  within:  1h
  step kept = protect(home, to: shelf, keep: gfs(daily: 3))
}
workflow by_hand { within: 1h  step now = protect(home, to: shelf, keep: gfs(daily: 3)) }
objective far { rpo: 3d }
workflow carry for far {
  trigger: every(1d)
  within:  1h
  step carried = copy(latest(home, in: shelf), to: away, keep: gfs(daily: 3))
}
"#;

    #[test]
    fn what_an_unknown_workflow_starts_or_stores_is_not_missed() {
        assert_eq!(codes(TWO), [""; 0]);
        // A workflow for the same objective starts by the clock.
        assert_eq!(codes(&TWO.replace("at: 01:30, zone", "at: 01:30 zone")), ["E0106"]);
        // The names stand behind where it ends, have run into the next one, or are the mistake.
        let no_hand = TWO.lines().filter(|line| !line.contains("by_hand")).collect::<Vec<_>>().join("\n");
        for (from, to) in [
            ("nightly for gold", "nightly gold"),
            ("(home, to: shelf", "(hometo, : shelf"),
            ("protect(home, to: shelf", "protect(shelf, to: shelf"),
            ("protect(home, to: shelf", "protect(home, to: shelfx"),
            // The param that the trigger names may be the one that has lost its own name.
            ("zone: Zone =", "zoneZone : ="),
        ] {
            assert_eq!(codes(&no_hand.replace(from, to)).len(), 1, "`{from}` -> `{to}`");
        }
    }

    #[test]
    fn mistakes_of_all_kinds_are_told_in_one_run() {
        assert_eq!(codes(MANY), ["E0302", "E0401", "E0501", "E0510", "E0107", "E0601", "E0508", "E0202"]);
        // The circle goes through a workflow with a mistake, and is told when that is mended.
        let mended = MANY.replace("  step a = hook([\"./a\"])\n  step a", "  step a");
        assert!(codes(&mended).contains(&"E0602"));
    }

    #[test]
    fn what_leans_on_a_mistake_is_not_told() {
        let lost = |from: &str, to: &str| codes(&MANY.replace(from, to));
        // No copy is missing while the workflow that may make it is unknown.
        assert!(!lost("workflow second {", "workflow second for gold {").contains(&"E0510"));
        // Nor does anything fail that needs an objective, a pipeline or a repo with a mistake.
        assert!(!lost("rpo: 24h", "rpo: 24 h").contains(&"E0510"));
        assert!(!lost("-> Verified =", "-> Sealed =").contains(&"E0501"));
        assert!(!lost("repo shelf  = local", "repo shelf  = ").iter().any(|code| code.starts_with("E05")));
        // A mistake in a `use` may be one in anything.
        let used = lost("\nsecret key", "\nuse std.nothing\nsecret key");
        assert!(!used.iter().any(|code| code.starts_with("E05")), "{used:?}");
    }
}
