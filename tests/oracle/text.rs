//! A sketch in the words of the language.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use mainstay_kit::SeededRandom;

use super::sketch::{ACCOUNTS, Doing, Makes, PATTERNS, ROOTS, Repo, SITES, Sketch, When, Work};

const TIERS: [&str; 3] = ["hot", "cold", "offline"];
const LOCKS: [&str; 3] = ["", "governance", "compliance"];
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
            parts.push(format!(
                "source {} = files {{ roots: [{}], exclude: [{}] }}",
                source.name,
                list(&source.roots, &ROOTS, "/srv/"),
                list(&source.exclude, &PATTERNS, "")
            ));
        }
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
        let is_known = |name: &str| self.works.iter().any(|other| other.name == name && name != work.name);
        let known = work.triggers.iter().filter(|when| match when {
            When::AfterSuccess { work } => is_known(work),
            _ => true,
        });
        let mut triggers: Vec<String> = known.map(|when| self.trigger(when)).collect();
        let is_timed = |text: &String| !text.starts_with("change");
        if !triggers.iter().any(is_timed) {
            triggers.clear();
        }
        let mut text = format!("workflow {}{} {{\n", work.name, if work.promised { " for gold" } else { "" });
        match triggers.as_slice() {
            [] => {}
            [one] => text += &format!("  trigger: {one}\n"),
            all => text += &format!("  trigger: [{}]\n", all.join(", ")),
        }
        text += &work.within_hours.map(|hours| format!("  within: {hours}h\n")).unwrap_or_default();
        let takes = |doing: &Doing| matches!(doing.makes, Makes::Replicate { .. });
        let parallel = work.parallel && !work.steps.iter().any(takes);
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
        text + if parallel { "  }\n}" } else { "}" }
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
            (Makes::Look { source: of, repo: at }, _) => {
                return format!("latest({}, in: {}){look}", source(*of), repo(*at));
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
