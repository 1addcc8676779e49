//! Whatever is typed, every question has an answer, and none of them is a bug.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use lsp_server::{Message, Notification, Request};
use mainstay_compiler::WorldError;
use mainstay_server::{Outside, Server};
use serde_json::{Value, json};

const POLICY: &str = "//! 😀\nedition 2026\npolicy p\nuse std.pipelines.protect\nparam env: \"a\" | \"b\" = \"a\"\nsecret key = \
file(\"/k\")\nsource home = files { roots: [\"/home/${env}\"] }\nrepo shelf = local { path: \"/b\", key: key }\nobjective gold { rpo: \
26h, keep: gfs(daily: 3) }\n/// ä\nworkflow nightly for gold {\n  trigger: daily(at: 01:30, zone: \"Europe/Berlin\")\n  within: 1h\n  \
step a = protect(home, to: shelf, keep: gold.keep)\n  step b = latest(home, in: shelf) |> verify() after a.ended\n  on failure { \
hook([\"./x\"]) }\n}\ntest \"t\" { let run = simulate(nightly)\n expect run.a == ok }\n";

struct Nothing;

impl Outside for Nothing {
    fn read(&self, _: &Path) -> Result<Arc<str>, WorldError> {
        Err(WorldError::Missing)
    }

    fn nearest_root(&self, _: &Path) -> Option<PathBuf> {
        None
    }

    fn policies_below(&self, _: &Path) -> Vec<PathBuf> {
        Vec::new()
    }

    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

const AT_A_PLACE: &[&str] = &[
    "textDocument/completion",
    "textDocument/hover",
    "textDocument/definition",
    "textDocument/documentHighlight",
    "textDocument/prepareRename",
];

const OF_A_FILE: &[&str] = &[
    "textDocument/documentSymbol",
    "textDocument/semanticTokens/full",
    "textDocument/documentLink",
    "textDocument/formatting",
    "textDocument/inlayHint",
    "textDocument/codeAction",
    "textDocument/rename",
    "textDocument/references",
];

struct Asked<'o> {
    server: Server<'o>,
    version: i32,
}

impl Asked<'_> {
    fn ask(&mut self, method: &str, params: Value, text: &str) {
        let request = Request::new(1.into(), method.to_owned(), params);
        for message in self.server.receive(vec![Message::Request(request)]) {
            let Message::Response(response) = message else { continue };
            if let Err(error) = &response.response_result {
                assert_ne!(error.code, -32603, "{method} of {text:?}: {}", error.message);
            }
        }
    }

    /// Shows a text, and asks everything about the place.
    fn show(&mut self, text: &str, line: u32, character: u32) {
        self.version += 1;
        let document = json!({ "uri": "file:///p/mainstay.stay", "version": self.version });
        let params = json!({ "textDocument": document, "contentChanges": [{ "text": text }] });
        let typed = Notification::new("textDocument/didChange".to_owned(), params);
        self.server.receive(vec![Message::Notification(typed)]);
        let position = json!({ "line": line, "character": character });
        let place = json!({ "textDocument": document, "position": position, "newName": "other",
            "range": { "start": { "line": 0, "character": 0 }, "end": position },
            "options": { "tabSize": 2, "insertSpaces": true },
            "context": { "diagnostics": [], "includeDeclaration": true } });
        for method in AT_A_PLACE.iter().chain(OF_A_FILE) {
            self.ask(method, place.clone(), text);
        }
    }
}

/// Line and UTF-16 column of a byte.
fn position(text: &str, offset: usize) -> (u32, u32) {
    let head = &text[..offset];
    let line = head.rsplit('\n').next().unwrap_or_default();
    (head.matches('\n').count() as u32, line.encode_utf16().count() as u32)
}

fn running(outside: &Nothing) -> Asked<'_> {
    let mut server = Server::new(outside);
    let hello = Request::new(0.into(), "initialize".to_owned(), json!({ "capabilities": {} }));
    let document =
        json!({ "uri": "file:///p/mainstay.stay", "languageId": "mainstay", "version": 0, "text": "" });
    let opened = Notification::new("textDocument/didOpen".to_owned(), json!({ "textDocument": document }));
    server.receive(vec![Message::Request(hello), Message::Notification(opened)]);
    Asked { server, version: 0 }
}

/// Every so many bytes of the sample a text is cut, or something is put in.
const STRIDE: usize = 29;

#[test]
fn a_half_typed_policy_has_answers() {
    let outside = Nothing;
    let mut asked = running(&outside);
    for (offset, _) in POLICY.char_indices().step_by(STRIDE) {
        let text = &POLICY[..offset];
        let (line, character) = position(text, offset);
        asked.show(text, line, character);
    }
    asked.server.idle();
}

#[test]
fn what_nobody_would_type_has_answers() {
    let outside = Nothing;
    let mut asked = running(&outside);
    let strange = ["\"", "{", ")", "😀", "|>", "\u{0}", "\r", "x.", "9m", "..", "step ", "\"\"\"", "|> "];
    for (number, (offset, _)) in POLICY.char_indices().step_by(STRIDE).enumerate() {
        let put = strange[number % strange.len()];
        let text = format!("{}{put}{}", &POLICY[..offset], &POLICY[offset..]);
        let (line, character) = position(&text, offset + put.len());
        asked.show(&text, line, character);
    }
    asked.show("", 0, 0);
    asked.show("\u{feff}", 0, 1);
    assert!(!asked.server.idle().is_empty());
}
