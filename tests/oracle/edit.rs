//! What can be done to a policy between two revisions, each edit with its name.

use mainstay_kit::SeededRandom;

use super::sketch::{Makes, PATTERNS, ROOTS, Sketch, When, bracket, ends, keep, place, verify, ways, within};

type Edit = fn(&mut Sketch, usize, usize, &SeededRandom);

/// Each is handed a workflow and a repo.
pub const EDITS: [(&str, Edit); 43] = [
    ("other triggers", |sketch, work, _, random| sketch.works[work].triggers = sketch.triggers(random)),
    ("one more trigger", |sketch, work, _, random| {
        let one = sketch.timed(random);
        sketch.works[work].triggers.push(one);
    }),
    ("one trigger less", |sketch, work, _, _| drop(sketch.works[work].triggers.pop())),
    ("another jitter", |sketch, work, _, random| {
        let minutes = 10 * random.below(3);
        sketch.works[work].triggers.iter_mut().for_each(|when| set_jitter(when, minutes));
    }),
    ("after another workflow", |sketch, work, _, random| {
        let other = sketch.works[random.below(sketch.works.len())].name.clone();
        let circular = sketch.works.iter().any(|known| {
            known.triggers.iter().any(|when| matches!(when, When::AfterSuccess { .. })) && known.name == other
        });
        let is_machine = sketch.works.iter().any(|known| known.name == other && known.machine.is_some());
        if !circular && !is_machine {
            sketch.works[work].triggers = vec![When::AfterSuccess { work: other }];
        }
    }),
    ("another within", |sketch, work, _, random| sketch.works[work].within_hours = within(random)),
    ("another site", |sketch, _, repo, random| sketch.repos[repo].site = place(random)),
    ("another account", |sketch, _, repo, random| sketch.repos[repo].account = place(random)),
    ("other deleters", |sketch, _, repo, random| {
        let one = random.below(3);
        let deleters = &mut sketch.repos[repo].deleters;
        if !deleters.remove(&one) {
            deleters.insert(one);
        }
    }),
    ("another tier", |sketch, _, repo, random| {
        sketch.repos[repo].tier = (sketch.repos[repo].tier + 1 + random.below(2)) % 3;
    }),
    ("another lock mode", |sketch, _, repo, random| {
        sketch.repos[repo].lock = if sketch.repos[repo].bucket { random.below(3) } else { 0 };
    }),
    ("another lock length", |sketch, _, _, random| sketch.lock_days = 7 + random.below(30)),
    ("for a promise or not", |sketch, work, _, _| sketch.works[work].promised ^= true),
    ("one step less", |sketch, work, _, random| {
        let steps = sketch.works[work].steps.len();
        sketch.works[work].steps.remove(random.below(steps));
        sketch.works[work].mend();
    }),
    ("one step more", |sketch, work, _, random| sketch.add_step(work, random)),
    ("one workflow more", |sketch, _, _, random| sketch.add_work(random)),
    ("one workflow less", |sketch, work, _, _| drop(sketch.works.remove(work))),
    ("the same workflow twice", |sketch, work, _, _| {
        let mut copy = sketch.works[work].clone();
        copy.name = format!("work{}", sketch.fresh());
        sketch.works.push(copy);
    }),
    ("other verifies", |sketch, work, _, random| {
        for step in sketch.works[work].steps.iter_mut().filter(|step| step.keep.is_none()) {
            step.verify = verify(random);
        }
    }),
    ("another retention", |sketch, work, _, random| {
        for step in sketch.works[work].steps.iter_mut().filter(|step| step.verify.is_some()) {
            step.keep = (!random.one_in(5)).then(|| keep(random));
        }
    }),
    ("not sealed", |sketch, work, _, random| {
        let steps = &mut sketch.works[work].steps;
        let one = random.below(steps.len());
        steps[one].unsealed ^= matches!(steps[one].makes, Makes::Store { .. }) && !steps[one].piped;
    }),
    ("another rule of after", |sketch, work, _, random| {
        let steps = &mut sketch.works[work].steps;
        let one = random.below(steps.len());
        steps[one].after ^= true;
    }),
    ("side by side or not", |sketch, work, _, _| sketch.works[work].parallel ^= true),
    ("by a pipeline or not", |sketch, work, _, _| {
        sketch.works[work].steps.iter_mut().for_each(|step| step.piped ^= true);
    }),
    ("copied to another repo", |sketch, work, repo, random| {
        let steps = &mut sketch.works[work].steps;
        let one = random.below(steps.len());
        match &mut steps[one].makes {
            Makes::Store { repo: to, .. }
            | Makes::Replicate { repo: to, .. }
            | Makes::Away { repo: to, .. }
            | Makes::Link { repo: to, .. } => {
                *to = repo;
            }
            _ => {}
        }
    }),
    ("other exclusions", |sketch, _, _, random| {
        let (one, pattern) = (random.below(sketch.sources.len()), random.below(PATTERNS.len()));
        let exclude = &mut sketch.sources[one].exclude;
        if !exclude.remove(&pattern) {
            exclude.insert(pattern);
        }
    }),
    ("other roots", |sketch, _, _, random| {
        let (one, root) = (random.below(sketch.sources.len()), 1 + random.below(ROOTS.len() - 1));
        let roots = &mut sketch.sources[one].roots;
        if !roots.remove(&root) {
            roots.insert(root);
        }
    }),
    ("one hook more", |sketch, work, _, random| {
        sketch.add_step(work, random);
        let steps = &mut sketch.works[work].steps;
        if let Some(last) = steps.last_mut() {
            (last.makes, last.also) = (Makes::Hook { program: random.below(3) }, None);
        }
    }),
    ("no hooks", |sketch, work, _, _| {
        sketch.works[work].steps.retain(|step| !matches!(step.makes, Makes::Hook { .. }));
    }),
    ("a repo is moved", |sketch, _, repo, _| {
        let name = format!("repo{}", 10 + sketch.fresh());
        sketch.moved.push((std::mem::replace(&mut sketch.repos[repo].name, name.clone()), name));
    }),
    ("a source is moved", |sketch, _, _, random| {
        let one = random.below(sketch.sources.len());
        let name = format!("source{}", 10 + sketch.fresh());
        sketch.moved.push((std::mem::replace(&mut sketch.sources[one].name, name.clone()), name));
    }),
    ("a workflow is moved", |sketch, work, _, _| {
        let name = format!("work{}", 100 + sketch.fresh());
        let old = std::mem::replace(&mut sketch.works[work].name, name.clone());
        for when in sketch.works.iter_mut().flat_map(|work| &mut work.triggers) {
            if let When::AfterSuccess { work } = when
                && *work == old
            {
                work.clone_from(&name);
            }
        }
        sketch.moved.push((old, name));
    }),
    ("the policy is moved", |sketch, _, _, _| {
        let name = format!("oracle{}", sketch.fresh());
        let old = std::mem::replace(&mut sketch.policy, name.clone());
        sketch.moved.push((format!("policy {old}"), name));
    }),
    ("a state leads elsewhere", |sketch, work, _, random| {
        let steps = &mut sketch.works[work].steps;
        let one = random.below(steps.len());
        steps[one].ways = ways(random);
    }),
    ("an ending leads elsewhere", |sketch, work, _, random| {
        let steps = &mut sketch.works[work].steps;
        let one = random.below(steps.len());
        steps[one].ways.badly = ways(random).badly;
    }),
    ("another start", |sketch, work, _, random| {
        let states = sketch.works[work].steps.len();
        if let Some(machine) = &mut sketch.works[work].machine {
            machine.start = random.below(states);
        }
    }),
    ("other ends", |sketch, work, _, random| {
        if let Some(machine) = &mut sketch.works[work].machine {
            machine.ends = ends(random);
        }
    }),
    ("another bracket", |sketch, work, _, random| sketch.works[work].bracket = bracket(random)),
    ("another drill", |sketch, work, _, random| {
        for step in &mut sketch.works[work].steps {
            if let Makes::Look { drill, .. } = &mut step.makes {
                *drill = random.one_in(2).then(|| random.below(3));
            }
        }
    }),
    ("logs more seldom", |sketch, work, _, _| {
        for when in &mut sketch.works[work].triggers {
            if let When::Wal { hours, .. } = when {
                *hours += 4;
            }
        }
    }),
    ("another order", |sketch, _, _, random| sketch.order = 1 + random.next_u64() % 1_000_000),
    ("comments and docs", |sketch, _, _, _| sketch.commented ^= true),
    ("formatted", |sketch, _, _, _| sketch.formatted ^= true),
];

/// Edits that mean nothing.
pub const MEANINGLESS: [&str; 3] = ["another order", "comments and docs", "formatted"];

/// Something is changed; now and then, nothing that means anything. The name of the edit.
pub fn edit(sketch: &mut Sketch, random: &SeededRandom) -> &'static str {
    let (name, edit) = EDITS[random.below(EDITS.len())];
    edit(sketch, random.below(sketch.works.len()), random.below(sketch.repos.len()), random);
    sketch.works.retain(|work| !work.steps.is_empty());
    if sketch.works.is_empty() {
        sketch.add_work(random);
    }
    name
}

fn set_jitter(when: &mut When, minutes: usize) {
    match when {
        When::Every { jitter, .. }
        | When::Daily { jitter, .. }
        | When::Weekly { jitter, .. }
        | When::Monthly { jitter, .. }
        | When::Cron { jitter, .. } => *jitter = minutes,
        When::Change { .. } | When::AfterSuccess { .. } | When::Wal { .. } => {}
    }
}
