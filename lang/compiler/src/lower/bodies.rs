//! The order of a body: which steps wait for which, what each needs, and how blocks limit it.
//!
//! A statement starts when the one before it has ended: its first steps wait for the last steps of that one. A
//! step that takes no step's value and names none in `after` needs all steps of the statement before to have
//! ended well. Rounds of a `for` run one after another in a sequence and side by side in a `parallel`, and never
//! depend on each other; neither do branches of `parallel`.

use mainstay_diagnostics::Span;
use mainstay_ir::{Block, BlockLimit, Close, Ending, IndexMap, IndexSet, Mode, Name, Rule, Step, Until};

use super::Lowering;
use super::values::duration;
use crate::check::{Around, CheckedClose, CheckedStep, Node};
use crate::value::{Fields, Val};

/// The order of one workflow: of its body, and of what closes it.
pub(super) struct Order<'a, 'p> {
    lowering: &'a mut Lowering<'p>,
    /// The key of the workflow or machine.
    key: String,
    /// The steps at hand: those of the body, or of a close.
    checked: &'a IndexMap<String, CheckedStep>,
    steps: IndexMap<Name, Step>,
    /// Blocks with a limit so far.
    blocks: u32,
    /// Those around the node at hand.
    limits: Vec<BlockLimit>,
    /// Blocks of the other kinds so far: their places have these numbers.
    around: u32,
}

impl<'a, 'p> Order<'a, 'p> {
    pub(super) fn new(
        lowering: &'a mut Lowering<'p>,
        key: &str,
        checked: &'a IndexMap<String, CheckedStep>,
    ) -> Self {
        let key = key.to_owned();
        Self { lowering, key, checked, steps: IndexMap::default(), blocks: 0, limits: Vec::new(), around: 0 }
    }

    /// The steps with `waits`, `needs` and `limits`, and how they nest.
    pub(super) fn body(&mut self, nodes: &[Node]) -> (IndexMap<Name, Step>, Block) {
        for (id, step) in self.checked {
            self.lowering.note_step(&self.key, id, step);
            let lowered = self.lowering.step(step);
            self.steps.insert(id.clone(), lowered);
        }
        let (body, _) = self.sequence(nodes, &Before::default());
        (std::mem::take(&mut self.steps), Block::Sequential(body))
    }

    /// Each with an order of its own.
    pub(super) fn closes(&mut self, closes: &'a [CheckedClose]) -> Vec<Close> {
        let mut lowered = Vec::new();
        for (number, close) in closes.iter().enumerate() {
            let place = format!("{}.close.{number}", self.key);
            self.lowering.places.insert(place, close.span);
            self.checked = &close.steps;
            let (steps, body) = self.body(&close.body);
            lowered.push(Close {
                on: close.on.iter().filter_map(|word| ending(word)).collect(),
                steps,
                body,
            });
        }
        lowered
    }
}

/// What comes before a node.
#[derive(Debug, Clone, Default)]
struct Before<'n> {
    /// Steps that must have ended.
    waits: Vec<&'n str>,
    /// All steps of the statement before.
    statement: Vec<&'n str>,
}

/// What a node leaves behind.
#[derive(Debug, Default)]
struct After<'n> {
    /// Its last steps.
    ends: Vec<&'n str>,
    /// All of its steps.
    all: Vec<&'n str>,
}

impl After<'_> {
    fn join(mut self, other: Self) -> Self {
        self.ends.extend(other.ends);
        self.all.extend(other.all);
        self
    }
}

impl Order<'_, '_> {
    fn node<'n>(&mut self, node: &'n Node, before: &Before<'n>) -> (Option<Block>, After<'n>) {
        match node {
            Node::Step(id) => {
                self.step(id, before);
                let after = After { ends: vec![id], all: vec![id] };
                (Some(Block::Step(id.clone())), after)
            }
            Node::Sequence(nodes) => {
                let (blocks, after) = self.sequence(nodes, before);
                (some_block(blocks, Block::Sequential), after)
            }
            Node::Rounds(rounds) => self.rounds(rounds, before),
            Node::Parallel { limit, branches } => self.parallel(*limit, branches, before),
            Node::Around { keyword, kind, args, body } => self.around(*keyword, *kind, args, body, before),
            Node::Closed { by, body } => {
                let (block, after) = self.node(body, before);
                (block.map(|body| Block::Closed { by: by.clone(), body: Box::new(body) }), after)
            }
        }
    }

    fn around<'n>(
        &mut self,
        keyword: Span,
        kind: Around,
        args: &Fields,
        nodes: &'n [Node],
        before: &Before<'n>,
    ) -> (Option<Block>, After<'n>) {
        let number = self.around;
        self.around += 1;
        let (body, after) = match kind {
            Around::Auto => self.branches(nodes, before, None),
            Around::Group | Around::Bracket => self.sequence(nodes, before),
        };
        let expect = member(args, "expect").and_then(Mode::of_word);
        let block = match kind {
            Around::Auto => some_block(body, |body| Block::Auto { expect, body }),
            Around::Group => duration(args, "apart").map(|apart| Block::Group { apart, body }),
            Around::Bracket => self.bracket(args, body),
        };
        match block {
            Some(_) => self.note_block(number, keyword, args),
            // What is not there takes no number from what is.
            None => self.around = number,
        }
        (block, after)
    }

    fn note_block(&mut self, number: u32, keyword: Span, args: &Fields) {
        let place = format!("{}.block.{number}", self.key);
        for (name, value) in super::written(args) {
            self.lowering.places.insert(format_args!("{place}.{name}"), value.span);
        }
        self.lowering.places.insert(place, keyword);
    }

    /// A bracket holds what it acquires, also around nothing.
    fn bracket(&self, args: &Fields, body: Vec<Block>) -> Option<Block> {
        let act = |name: &str| match &args.get(name)?.value {
            Val::Act(call) => Some(Box::new(self.lowering.act_alone(call.verb, &call.args))),
            _ => None,
        };
        let until = match member(args, "until") {
            Some("snapshots") => Until::Snapshots,
            _ => Until::End,
        };
        let at_most = duration(args, "at_most");
        Some(Block::Bracket { acquire: act("acquire")?, release: act("release")?, until, at_most, body })
    }

    fn sequence<'n>(&mut self, nodes: &'n [Node], before: &Before<'n>) -> (Vec<Block>, After<'n>) {
        let mut blocks = Vec::new();
        let mut before = before.clone();
        let mut whole = After::default();
        for node in nodes {
            let (block, after) = self.node(node, &before);
            blocks.extend(block);
            // A statement without steps changes nothing for the next one.
            if !after.all.is_empty() {
                before = Before { waits: after.ends.clone(), statement: after.all.clone() };
                whole.ends = after.ends;
                whole.all.extend(after.all);
            }
        }
        (blocks, whole)
    }

    /// In a sequence, each round waits for the one before and depends on what came before the loop.
    fn rounds<'n>(&mut self, rounds: &'n [Node], before: &Before<'n>) -> (Option<Block>, After<'n>) {
        let mut blocks = Vec::new();
        let mut before = before.clone();
        let mut whole = After::default();
        for round in rounds {
            let (block, after) = self.node(round, &before);
            blocks.extend(block);
            if !after.all.is_empty() {
                before.waits = after.ends.clone();
                whole.ends = after.ends;
                whole.all.extend(after.all);
            }
        }
        (some_block(blocks, Block::Sequential), whole)
    }

    fn parallel<'n>(
        &mut self,
        limit: Option<u32>,
        branches: &'n [Node],
        before: &Before<'n>,
    ) -> (Option<Block>, After<'n>) {
        let (branches, after) = self.branches(branches, before, limit);
        (some_block(branches, |branches| Block::Parallel { limit, branches }), after)
    }

    /// Branches; a loop among them gives a branch for each round.
    fn branches<'n>(
        &mut self,
        nodes: &'n [Node],
        before: &Before<'n>,
        limit: Option<u32>,
    ) -> (Vec<Block>, After<'n>) {
        let number = self.blocks;
        self.blocks += u32::from(limit.is_some());
        let branches = nodes.iter().flat_map(|node| match node {
            Node::Rounds(rounds) => rounds.as_slice(),
            other => std::slice::from_ref(other),
        });
        let mut blocks = Vec::new();
        let mut whole = After::default();
        for (branch, node) in branches.enumerate() {
            if let Some(limit) = limit {
                let branch = u32::try_from(branch).unwrap_or(u32::MAX);
                self.limits.push(BlockLimit { block: number, limit, branch });
            }
            let (block, after) = self.node(node, before);
            blocks.extend(block);
            whole = whole.join(after);
            if limit.is_some() {
                self.limits.pop();
            }
        }
        (blocks, whole)
    }

    fn step(&mut self, id: &str, before: &Before<'_>) {
        let Some(checked) = self.checked.get(id) else { return };
        let Some(step) = self.steps.get_mut(id) else { return };
        let named = std::mem::take(&mut step.needs);
        let mut after = Vec::new();
        steps_of(&named, &mut after);
        let own = checked.takes.iter().chain(&after).map(String::as_str);
        let waits: IndexSet<&str> = before.waits.iter().copied().chain(own).collect();
        step.waits = waits.into_iter().map(str::to_owned).collect();
        let mut rules: Vec<Rule> = checked.takes.iter().cloned().map(Rule::Well).collect();
        if !named.is_always() {
            rules.push(named);
        }
        if rules.is_empty() {
            rules = before.statement.iter().map(|step| Rule::Well((*step).to_owned())).collect();
        }
        step.needs = all_of(rules);
        step.limits = self.limits.clone();
    }
}

fn some_block(blocks: Vec<Block>, whole: impl FnOnce(Vec<Block>) -> Block) -> Option<Block> {
    (!blocks.is_empty()).then(|| whole(blocks))
}

/// All of these rules, flat and each once.
fn all_of(rules: Vec<Rule>) -> Rule {
    let mut flat: IndexSet<Rule> = IndexSet::default();
    for rule in rules {
        match rule {
            Rule::All(inner) => flat.extend(inner),
            rule => flat.extend([rule]),
        }
    }
    match flat.len() {
        0 | 1 => flat.pop().unwrap_or_default(),
        _ => Rule::All(flat.into_iter().collect()),
    }
}

fn steps_of(rule: &Rule, steps: &mut Vec<String>) {
    match rule {
        Rule::Always => {}
        Rule::Well(step) | Rule::Failed(step) | Rule::Ended(step) => steps.push(step.clone()),
        Rule::All(rules) | Rule::Any(rules) => rules.iter().for_each(|rule| steps_of(rule, steps)),
    }
}

fn member<'f>(fields: &'f Fields, name: &str) -> Option<&'f str> {
    match &fields.get(name)?.value {
        Val::Member(member) => Some(member),
        _ => None,
    }
}

fn ending(word: &str) -> Option<Ending> {
    match word {
        "failure" => Some(Ending::Failure),
        "degraded" => Some(Ending::Degraded),
        "late" => Some(Ending::Late),
        "mode" => Some(Ending::Mode),
        _ => None,
    }
}
