//! The order of a body: which steps wait for which, what each needs, and how blocks limit it.
//!
//! A statement starts when the one before it has ended: its first steps wait for the last steps of that one. A
//! step that takes no step's value and names none in `after` needs all steps of the statement before to have
//! ended well. Rounds of a `for` run one after another in a sequence and side by side in a `parallel`, and never
//! depend on each other; neither do branches of `parallel`.

use mainstay_ir::{Block, BlockLimit, Rule, Workflow};

use crate::check::{CheckedWorkflow, Node};

/// Sets `waits`, `needs`, `limits` and `body`.
pub(super) fn order(checked: &CheckedWorkflow, workflow: &mut Workflow) {
    let mut order = Order { checked, workflow, blocks: 0, limits: Vec::new() };
    let before = Before::default();
    let (body, _) = order.sequence(&checked.body, &before);
    let block = Block::Sequential(body);
    workflow.body = block;
}

/// What comes before a node.
#[derive(Debug, Clone, Default)]
struct Before {
    /// Steps that must have ended.
    waits: Vec<String>,
    /// All steps of the statement before.
    statement: Vec<String>,
}

/// What a node leaves behind.
#[derive(Debug, Default)]
struct After {
    /// Its last steps.
    ends: Vec<String>,
    /// All of its steps.
    all: Vec<String>,
}

impl After {
    fn join(mut self, other: Self) -> Self {
        self.ends.extend(other.ends);
        self.all.extend(other.all);
        self
    }
}

struct Order<'a> {
    checked: &'a CheckedWorkflow,
    workflow: &'a mut Workflow,
    /// Blocks with a limit so far.
    blocks: u32,
    /// Those around the node at hand.
    limits: Vec<BlockLimit>,
}

impl Order<'_> {
    fn node(&mut self, node: &Node, before: &Before) -> (Option<Block>, After) {
        match node {
            Node::Step(id) => {
                self.step(id, before);
                let after = After { ends: vec![id.clone()], all: vec![id.clone()] };
                (Some(Block::Step(id.clone())), after)
            }
            Node::Sequence(nodes) => {
                let (blocks, after) = self.sequence(nodes, before);
                (some_block(blocks, Block::Sequential), after)
            }
            Node::Rounds(rounds) => self.rounds(rounds, before),
            Node::Parallel { limit, branches } => self.parallel(*limit, branches, before),
            Node::Auto(nodes) => self.side_by_side(nodes, before, None),
        }
    }

    fn sequence(&mut self, nodes: &[Node], before: &Before) -> (Vec<Block>, After) {
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
    fn rounds(&mut self, rounds: &[Node], before: &Before) -> (Option<Block>, After) {
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

    fn parallel(&mut self, limit: Option<u32>, branches: &[Node], before: &Before) -> (Option<Block>, After) {
        self.side_by_side(branches, before, limit)
    }

    /// Branches; a loop among them gives a branch for each round.
    fn side_by_side(
        &mut self,
        nodes: &[Node],
        before: &Before,
        limit: Option<u32>,
    ) -> (Option<Block>, After) {
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
        (some_block(blocks, |branches| Block::Parallel { limit, branches }), whole)
    }

    fn step(&mut self, id: &str, before: &Before) {
        let Some(checked) = self.checked.steps.get(id) else { return };
        let Some(step) = self.workflow.steps.get_mut(id) else { return };
        let named = std::mem::take(&mut step.needs);
        step.waits = before.waits.clone();
        let mut after = Vec::new();
        steps_of(&named, &mut after);
        for other in checked.takes.iter().chain(&after) {
            if !step.waits.contains(other) {
                step.waits.push(other.clone());
            }
        }
        let mut rules: Vec<Rule> = checked.takes.iter().cloned().map(Rule::Well).collect();
        if !named.is_always() {
            rules.push(named);
        }
        if rules.is_empty() {
            rules = before.statement.iter().cloned().map(Rule::Well).collect();
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
    let mut flat: Vec<Rule> = Vec::new();
    for rule in rules {
        let inner = if let Rule::All(inner) = rule { inner } else { vec![rule] };
        for rule in inner {
            if !flat.contains(&rule) {
                flat.push(rule);
            }
        }
    }
    match flat.len() {
        0 => Rule::Always,
        1 => flat.remove(0),
        _ => Rule::All(flat),
    }
}

fn steps_of(rule: &Rule, steps: &mut Vec<String>) {
    match rule {
        Rule::Always => {}
        Rule::Well(step) | Rule::Failed(step) | Rule::Ended(step) => steps.push(step.clone()),
        Rule::All(rules) | Rule::Any(rules) => rules.iter().for_each(|rule| steps_of(rule, steps)),
    }
}
