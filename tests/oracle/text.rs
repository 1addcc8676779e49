//! A sketch in the words of the language.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use mainstay_kit::SeededRandom;

use super::sketch::{
    ACCOUNTS, Doing, Machine, Makes, PATTERNS, ROOTS, Repo, SITES, Sketch, To, Ways, When, Work,
};

const TIERS: [&str; 3] = ["hot", "cold", "offline"];
const LOCKS: [&str; 3] = ["", "governance", "compliance"];
const ENDS: [&str; 3] = ["ok", "degraded", "failed"];
const ZONES: [&str; 3] = ["Europe/Berlin", "America/New_York", "UTC"];
const KEPT: [&str; 7] = ["hourly", "daily", "weekly", "monthly", "yearly", "last", "within"];
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl Sketch {
    pub fn text(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        for source in &self.sources {
            let list = |all: &BTreeSet<usize>, texts: &[&str], ahead: &str| {
                all.iter().map(|one| format!("\"{ahead}{}\"", texts[*one])).collect::<Vec<_>>().join(", ")
            };
            parts.push(if source.logs {
                format!(
                    "source {} = postgres {{ databases: [\"d\"], globals: true, user: \"b\", password: key, mode: physical }}",
                    source.name
                )
            } else {
                format!(
                    "source {} = files {{ roots: [{}], exclude: [{}] }}",
                    source.name,
                    list(&source.roots, &ROOTS, "/srv/"),
                    list(&source.exclude, &PATTERNS, "")
                )
            });
        }
        parts.push("sandbox bench = scratch { dir: \"/scratch\", postgres: 16 }".to_owned());
        parts.push("channel house = ntfy { topic: \"house\", members: [\"ana\"] }".to_owned());
        parts.extend(self.repos.iter().map(Repo::text));
        parts.push(format!("objective gold {{ lock: {}d }}", self.lock_days));
        parts.extend(self.works.iter().map(|work| self.workflow(work)));
        parts.extend(self.moved.iter().map(|(from, to)| format!("moved {from} => {to}")));
        parts.push("secret key = file(\"/k\")".to_owned());
        if self.order > 0 {
            let random = SeededRandom::new(self.order);
            for place in (1..parts.len()).rev() {
                parts.swap(place, random.below(place + 1));
            }
        }
        let head = format!("edition 2026\npolicy {}\nuse std.pipelines.{{protect, copy}}\n", self.policy);
        let comment = if self.commented { "// As it was agreed.\n/// Said of this.\n" } else { "" };
        let told = |part: &String| {
            let documented = !part.starts_with("moved");
            format!("{}{part}\n", if documented { comment } else { "" })
        };
        head + &parts.iter().map(told).collect::<String>()
    }

    fn workflow(&self, work: &Work) -> String {
        let is_known = |name: &str| {
            let other = |other: &&Work| other.name == name && name != work.name;
            self.works.iter().find(other).is_some_and(|other| other.machine.is_none())
        };
        let known = work.triggers.iter().filter(|when| match when {
            When::AfterSuccess { work } => is_known(work),
            _ => true,
        });
        let mut triggers: Vec<String> = known.map(|when| self.trigger(when)).collect();
        let is_timed = |text: &String| !text.starts_with("change");
        if !triggers.iter().any(is_timed) {
            triggers.clear();
        }
        let kind = if work.machine.is_some() { "machine" } else { "workflow" };
        let mut text = format!("{kind} {}{} {{\n", work.name, if work.promised { " for gold" } else { "" });
        match triggers.as_slice() {
            [] => {}
            [one] => text += &format!("  trigger: {one}\n"),
            all => text += &format!("  trigger: [{}]\n", all.join(", ")),
        }
        text += &work.within_hours.map(|hours| format!("  within: {hours}h\n")).unwrap_or_default();
        text + &work.machine.map_or_else(|| self.body(work), |machine| self.states(work, machine)) + "}"
    }

    fn body(&self, work: &Work) -> String {
        let takes = |doing: &Doing| matches!(doing.makes, Makes::Replicate { .. });
        let parallel = work.parallel && !work.steps.iter().any(takes);
        let mut text = match work.bracket {
            Some((program, most)) => {
                let most = if most > 0 { format!(", at_most: {most}min") } else { String::new() };
                format!(
                    "  bracket(acquire: hook([\"./hold{program}\"]), release: hook([\"./drop\"]){most}) {{\n"
                )
            }
            None => String::new(),
        };
        text += if parallel { "  parallel {\n" } else { "" };
        let mut before: Option<usize> = None;
        for doing in &work.steps {
            let after = match (before.filter(|_| !parallel), doing.after) {
                (Some(before), false) => format!(" after {}.ended", step_name(before)),
                _ => String::new(),
            };
            let _ = writeln!(text, "  step {} = {}{after}", step_name(doing.id), self.stages(work, doing));
            before = Some(doing.id);
        }
        let closes = usize::from(parallel) + usize::from(work.bracket.is_some());
        text + &"  }\n".repeat(closes)
    }

    /// Those that can be reached: others do not compile.
    fn states(&self, work: &Work, machine: Machine) -> String {
        let count = work.steps.len();
        let (mut reached, mut ends) = (BTreeSet::new(), BTreeSet::new());
        let mut open = vec![To::State(machine.start)];
        while let Some(to) = open.pop() {
            match to {
                To::State(number) if reached.insert(number % count) => {
                    let Ways { well, badly, event } = work.steps[number % count].ways;
                    open.extend([well, badly].into_iter().chain(event));
                }
                To::State(_) => {}
                To::Well => drop(ends.insert(0)),
                To::Badly => drop(ends.insert(1)),
            }
        }
        let name = |to: To| match to {
            To::State(number) => step_name(work.steps[number % count].id),
            To::Well => "saved".to_owned(),
            To::Badly => "gave_up".to_owned(),
        };
        let mut text = format!("  start {}\n", name(To::State(machine.start)));
        for number in reached {
            let doing = &work.steps[number];
            let badly = if matches!(doing.makes, Makes::Ask) { "denied, expired" } else { "failed" };
            let event =
                doing.ways.event.map(|to| format!(" on event(\"go\") -> {}", name(to))).unwrap_or_default();
            let _ = writeln!(
                text,
                "  state {} {{ do: {} visits: 2 on ok -> {} on {badly} -> {}{event} }}",
                step_name(doing.id),
                self.stages(work, doing),
                name(doing.ways.well),
                name(doing.ways.badly)
            );
        }
        for end in ends {
            let _ = writeln!(text, "  final {} = {}", ["saved", "gave_up"][end], ENDS[machine.ends[end]]);
        }
        text
    }

    fn trigger(&self, when: &When) -> String {
        let ends = |zone: &usize, jitter: &usize| {
            let jitter = if *jitter > 0 { format!(", jitter: {jitter}min") } else { String::new() };
            format!("zone: \"{}\"{jitter}", ZONES[*zone])
        };
        let clock = |at: &usize| format!("{:02}:{:02}", at / 60, at % 60);
        match when {
            When::Every { hours, jitter: 0 } => format!("every({hours}h)"),
            When::Every { hours, jitter } => format!("every({hours}h, jitter: {jitter}min)"),
            When::Daily { at, zone, jitter } => format!("daily(at: {}, {})", clock(at), ends(zone, jitter)),
            When::Weekly { day, at, zone, jitter } => {
                format!("weekly({}, at: {}, {})", DAYS[*day], clock(at), ends(zone, jitter))
            }
            When::Monthly { day, at, zone, jitter } => {
                format!("monthly({day}, at: {}, {})", clock(at), ends(zone, jitter))
            }
            When::Cron { expression, zone, jitter } => {
                format!("cron(\"{expression}\", {})", ends(zone, jitter))
            }
            When::Change { source } => format!("change({}, settle: 30s)", self.sources[*source].name),
            When::AfterSuccess { work } => format!("after_success({work})"),
            When::Wal { source, hours } => {
                format!("wal({}, at_most: {hours}h)", self.sources[*source].name)
            }
        }
    }

    fn stages(&self, work: &Work, doing: &Doing) -> String {
        let repo = |number: usize| self.repos[number].name.as_str();
        let source = |number: usize| self.sources[number].name.as_str();
        // A promise asks for a `retain`, and that for a `verify`.
        let keep = doing.keep.map(gfs).or(work.promised.then(|| "keep_all".to_owned()));
        let verify = doing.verify.or(keep.is_some().then_some((1, 30)));
        let look = verify.map(|(sample, days)| format!(" |> verify(sample: {sample}%, all_within: {days}d)"));
        let look = look.unwrap_or_default();
        let tidy =
            look.clone() + &keep.as_ref().map(|keep| format!(" |> retain({keep})")).unwrap_or_default();
        let piped = keep.filter(|_| doing.piped && !doing.unsealed);
        let first = match (&doing.makes, piped) {
            (Makes::Hook { program }, _) => return format!("hook([\"./tell{program}\"])"),
            (Makes::Ask, _) => return "approval(from: house, within: 10min)".to_owned(),
            (Makes::Look { source: of, repo: at, drill }, _) => {
                let drill = drill.map_or(String::new(), |checks| {
                    let checks: Vec<_> =
                        (0..checks).map(|one| format!("program([\"./look{one}\"])")).collect();
                    format!(" |> drill(into: bench, check: [{}])", checks.join(", "))
                });
                return format!("latest({}, in: {}){look}{drill}", source(*of), repo(*at));
            }
            (Makes::Link { source: of, repo: to }, _) => {
                let (of, to) = (source(*of), repo(*to));
                format!("logs({of}, since: latest({of}, in: {to})) |> encrypt() |> store({to}){tidy}")
            }
            (Makes::Store { source: of, repo: to }, Some(keep)) => {
                format!("protect({}, to: {}, keep: {keep})", source(*of), repo(*to))
            }
            (Makes::Replicate { step, repo: to }, Some(keep)) => {
                format!("copy({}, to: {}, keep: {keep})", step_name(*step), repo(*to))
            }
            (Makes::Away { source: of, from, repo: to }, Some(keep)) => {
                let latest = format!("latest({}, in: {})", source(*of), repo(*from));
                format!("copy({latest}, to: {}, keep: {keep})", repo(*to))
            }
            (Makes::Store { source: of, repo: to }, None) => {
                format!("discover({}) |> snapshot() |> encrypt() |> store({}){tidy}", source(*of), repo(*to))
            }
            (Makes::Replicate { step, repo: to }, None) => {
                format!("replicate({}, to: {}){tidy}", step_name(*step), repo(*to))
            }
            (Makes::Away { source: of, from, repo: to }, None) => {
                format!("latest({}, in: {}) |> replicate(to: {}){tidy}", source(*of), repo(*from), repo(*to))
            }
        };
        let also = doing.also.map(|also| format!(" |> replicate(to: {}){tidy}", repo(also)));
        first + &also.unwrap_or_default()
    }
}

impl Repo {
    fn text(&self) -> String {
        let site = self.site.map(|site| format!("site: \"{}\"", SITES[site]));
        let account = self.account.map(|account| format!("account: \"{}\"", ACCOUNTS[account]));
        let names: Vec<String> = self.deleters.iter().map(|who| format!("\"{}\"", ACCOUNTS[*who])).collect();
        let deleters = (!names.is_empty()).then(|| format!("deleters: [{}]", names.join(", ")));
        let place: Vec<String> = site.into_iter().chain(account).chain(deleters).collect();
        let mut fields = vec!["key: key".to_owned()];
        fields.extend((!place.is_empty()).then(|| format!("place: {{ {} }}", place.join(", "))));
        fields.extend((self.tier > 0).then(|| format!("tier: {}", TIERS[self.tier])));
        fields.extend((self.lock > 0).then(|| format!("lock_mode: {}", LOCKS[self.lock])));
        let (made, own) = match self.bucket {
            true => (
                "s3",
                format!("bucket: \"b{}\", region: \"eu\", access_key: key, secret_key: key", self.path),
            ),
            false => ("local", format!("path: \"/backup/{}\"", self.path)),
        };
        format!("repo {} = {made} {{ {own}, {} }}", self.name, fields.join(", "))
    }
}

pub fn step_name(id: usize) -> String {
    format!("step{id}")
}

fn gfs(keep: [usize; 7]) -> String {
    let said = KEPT.into_iter().zip(keep).filter(|(_, count)| *count > 0).map(|(name, count)| {
        let unit = if name == "within" { "d" } else { "" };
        format!("{name}: {count}{unit}")
    });
    format!("gfs({})", said.collect::<Vec<_>>().join(", "))
}
