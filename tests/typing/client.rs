//! An editor that takes each answer at its word: it looks at every range, and applies every edit.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use lsp_server::{Message, Notification, Request};
use mainstay_compiler::WorldError;
use mainstay_server::{Outside, Server};
use serde_json::{Value, json};

/// Files of a policy below `/p`, the root as `mainstay.stay`.
pub struct Disk(pub BTreeMap<PathBuf, Arc<str>>);

impl Outside for Disk {
    fn read(&self, path: &Path) -> Result<Arc<str>, WorldError> {
        self.0.get(path).cloned().ok_or(WorldError::Missing)
    }

    fn nearest_root(&self, folder: &Path) -> Option<PathBuf> {
        let above = folder.ancestors().map(|folder| folder.join("mainstay.stay"));
        above.into_iter().find(|root| self.0.contains_key(root))
    }

    fn policies_below(&self, folder: &Path) -> Vec<PathBuf> {
        self.0.keys().filter(|path| path.starts_with(folder)).cloned().collect()
    }

    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

/// A place as editors count: line and UTF-16 column.
pub type At = (u64, u64);

/// The place of a byte.
pub fn place(text: &str, offset: usize) -> At {
    let head = &text[..offset];
    let line = head.rsplit('\n').next().unwrap_or_default();
    (head.matches('\n').count() as u64, line.encode_utf16().count() as u64)
}

/// The byte of a place; none where the text has no such place.
fn byte(text: &str, (line, column): At) -> Option<usize> {
    let mut start = 0;
    for _ in 0..line {
        start += text[start..].find('\n')? + 1;
    }
    let mut units = 0;
    for (at, character) in text[start..].char_indices() {
        if units == column {
            return Some(start + at);
        }
        if character == '\n' {
            return None;
        }
        units += character.len_utf16() as u64;
    }
    (units == column).then_some(text.len())
}

/// The bytes of a range; none where the text has no such range.
pub fn bytes(text: &str, range: &Value) -> Option<std::ops::Range<usize>> {
    let at = |of: &Value| Some((of["line"].as_u64()?, of["character"].as_u64()?));
    let (start, end) = (byte(text, at(&range["start"])?)?, byte(text, at(&range["end"])?)?);
    (start <= end).then_some(start..end)
}

/// The text with edits made; none where one lies outside of it, or two in each other.
pub fn edited(text: &str, edits: &[Value]) -> Option<String> {
    let mut places = Vec::new();
    for edit in edits {
        places.push((bytes(text, &edit["range"])?, edit["newText"].as_str()?));
    }
    places.sort_by_key(|(range, _)| (range.start, range.end));
    let apart = places.windows(2).all(|pair| pair[0].0.end <= pair[1].0.start);
    let mut text = text.to_owned();
    for (range, new) in places.into_iter().rev() {
        text.replace_range(range, new);
    }
    apart.then_some(text)
}

pub struct Client<'d> {
    server: Server<'d>,
    version: i32,
    pub diagnostics: BTreeMap<String, Vec<Value>>,
}

impl<'d> Client<'d> {
    /// Has said hello, with snippets where those are wanted.
    pub fn new(disk: &'d Disk, snippets: bool) -> Self {
        let mut client = Self { server: Server::new(disk), version: 0, diagnostics: BTreeMap::new() };
        let item = json!({ "completionItem": { "snippetSupport": snippets } });
        let hello = json!({ "capabilities": { "textDocument": { "completion": item } },
            "workspaceFolders": [{ "uri": "file:///p", "name": "p" }] });
        client.ask("initialize", hello).unwrap();
        client.tell("initialized", json!({}));
        client
    }

    pub fn open(&mut self, path: &str, text: &str) {
        let document = json!({ "uri": uri(path), "languageId": "mainstay", "version": 0, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// The editor shows this text now.
    pub fn show(&mut self, path: &str, text: &str) {
        self.version += 1;
        let document = json!({ "uri": uri(path), "version": self.version });
        self.tell(
            "textDocument/didChange",
            json!({ "textDocument": document, "contentChanges": [{ "text": text }] }),
        );
    }

    fn tell(&mut self, method: &str, params: Value) {
        let notification = Notification::new(method.to_owned(), params);
        let out = self.server.receive(vec![Message::Notification(notification)]);
        self.heard(out);
    }

    /// Waits until mistakes are told.
    pub fn settle(&mut self) {
        let out = self.server.idle();
        self.heard(out);
    }

    fn heard(&mut self, out: Vec<Message>) {
        for message in out {
            let Message::Notification(told) = message else { continue };
            let found = told.params["diagnostics"].as_array().cloned().unwrap_or_default();
            self.diagnostics.insert(told.params["uri"].as_str().unwrap_or_default().to_owned(), found);
        }
    }

    /// The answer, or the words of a refusal; a bug in the server is neither.
    pub fn ask(&mut self, method: &str, params: Value) -> Result<Value, String> {
        let request = Request::new(1.into(), method.to_owned(), params);
        let mut answer = None;
        for message in self.server.receive(vec![Message::Request(request)]) {
            let Message::Response(response) = message else { continue };
            answer = Some(response.response_result);
        }
        match answer.expect("no answer") {
            Ok(value) => Ok(value),
            Err(error) => {
                // A bug, or a question that this client does not put as the protocol has it.
                assert!(![-32603, -32602, -32601].contains(&error.code), "{method}: {}", error.message);
                Err(error.message)
            }
        }
    }

    pub fn ask_at(&mut self, method: &str, path: &str, (line, character): At) -> Result<Value, String> {
        let position = json!({ "line": line, "character": character });
        let context = json!({ "includeDeclaration": true, "triggerKind": 1 });
        self.ask(method, json!({ "textDocument": { "uri": uri(path) }, "position": position, "context": context, "newName": "other_name" }))
    }
}

pub fn uri(path: &str) -> String {
    format!("file://{path}")
}
