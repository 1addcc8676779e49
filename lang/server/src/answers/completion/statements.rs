//! Declarations and statements: what a line may begin with.

use lsp_types::{CompletionItem, CompletionItemKind};
use mainstay_compiler::query::Around;

use super::Maker;

/// A word with what to fill in behind it.
type Shape = (&'static str, &'static str);

const DECLARATIONS: &[Shape] = &[
    ("edition", "edition 2026"),
    ("policy", "policy ${1:name}"),
    ("use", "use ${1:std.pipelines.protect}"),
    ("param", "param ${1:name}: ${2:Text} = $0"),
    ("let", "let ${1:name} = $0"),
    ("secret", "secret ${1:name} = ${2:file(\"$3\")}"),
    ("host", "host ${1:name} = agent { name: \"$2\" }"),
    ("source", "source ${1:name} = ${2:files} { $0 }"),
    ("repo", "repo ${1:name} = ${2:local} { $0 }"),
    ("sandbox", "sandbox ${1:name} = scratch { $0 }"),
    ("channel", "channel ${1:name} = ${2:ntfy} { $0 }"),
    ("probe", "probe ${1:name} = ${2:tcp} { $0 }"),
    ("objective", "objective ${1:name} {\n  rpo:  ${2:26h}\n  keep: ${3:gfs(daily: 14)}\n}"),
    ("pool", "pool ${1:name} { slots: ${2:2} }"),
    ("estate", "estate ${1:name} { $0 }"),
    ("pipeline", "pipeline ${1:name}(${2:src: Source}, ${3:to: Repo}) -> ${4:Verified} =\n  $0"),
    ("workflow", "workflow ${1:name} {\n  trigger: $2\n  within:  ${3:1h}\n  $0\n}"),
    ("machine", "machine ${1:name} {\n  start ${2:first}\n  $0\n}"),
    ("test", "test \"${1:what must hold}\" {\n  let run = simulate(${2:workflow})\n  expect $0\n}"),
    ("moved", "moved ${1:old} => ${2:new}"),
    ("allow", "allow ${1:W1203} \"${2:why}\""),
];

const STEPS: &[Shape] = &[
    ("step", "step ${1:name} = $0"),
    ("parallel", "parallel {\n  $0\n}"),
    ("sequential", "sequential {\n  $0\n}"),
    ("auto", "auto {\n  $0\n}"),
    ("for", "for ${1:item} in ${2:[]} {\n  $0\n}"),
    ("group", "group(apart: ${1:5min}) {\n  $0\n}"),
    ("bracket", "bracket(acquire: ${1:hook([])}, release: ${2:hook([])}) {\n  $0\n}"),
    ("finally", "finally {\n  $0\n}"),
    ("on failure", "on failure {\n  $0\n}"),
    ("allow", "allow ${1:W1203} \"${2:why}\""),
];

const STATES: &[Shape] = &[
    ("start", "start ${1:first}"),
    ("state", "state ${1:name} {\n  do: $2\n  on ok -> $0\n}"),
    ("final", "final ${1:name} = ${2:ok}"),
    ("on failure", "on failure {\n  $0\n}"),
];

const TRANSITIONS: &[Shape] = &[("on", "on ${1:ok} -> $0")];

const SCRIPTS: &[Shape] = &[
    ("given", "given $0"),
    ("let", "let ${1:run} = simulate(${2:workflow})"),
    ("expect", "expect $0"),
    ("expect error", "expect error ${1:E0412} {\n  $0\n}"),
];

impl Maker<'_> {
    /// What a line may begin with here.
    pub(super) fn statements(&self, around: Around) -> Vec<CompletionItem> {
        let shapes = match around {
            Around::File => DECLARATIONS,
            Around::Workflow | Around::Block => STEPS,
            Around::Machine => STATES,
            Around::State => TRANSITIONS,
            Around::Test => SCRIPTS,
            Around::Declaration => &[],
        };
        let items = shapes.iter().enumerate().map(|(number, (word, shape))| {
            let text = if self.snippets { (*shape).to_owned() } else { format!("{word} ") };
            let mut item = self.item(word, CompletionItemKind::KEYWORD, text);
            item.sort_text = Some(format!("5{number:03}"));
            item
        });
        items.collect()
    }
}
