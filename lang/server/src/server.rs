//! The server as a state machine.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::{Diagnostic as Shown, PublishDiagnosticsParams};

use crate::answers::{Page, View};
use crate::documents::Documents;
use crate::outside::Outside;
use crate::overlay::Disk;
use crate::paths::uri_of;
use crate::projects::{Projects, Reader};
use crate::settings::Settings;

/// How far the conversation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nothing but `initialize` is answered.
    New,
    Running,
    /// Nothing but `exit` is wanted.
    ShutDown,
    Ended,
}

/// A language server for one client.
pub struct Server<'o> {
    pub(crate) outside: &'o dyn Outside,
    pub(crate) phase: Phase,
    pub(crate) exit_code: i32,
    pub(crate) settings: Settings,
    pub(crate) documents: Documents,
    pub(crate) disk: Disk,
    pub(crate) projects: Projects,
    /// Whether something changed since mistakes were last looked for.
    pub(crate) changed: bool,
    /// What the editor shows now.
    shown: BTreeMap<PathBuf, Vec<Shown>>,
}

impl<'o> Server<'o> {
    /// A server that nobody has spoken to.
    pub fn new(outside: &'o dyn Outside) -> Self {
        Self {
            outside,
            phase: Phase::New,
            exit_code: 1,
            settings: Settings::default(),
            documents: Documents::default(),
            disk: Disk::default(),
            projects: Projects::default(),
            changed: false,
            shown: BTreeMap::new(),
        }
    }

    /// Takes what has arrived, in order, and gives what is to be sent. What was cancelled by the same lot is not
    /// worked on.
    pub fn receive(&mut self, lot: Vec<Message>) -> Vec<Message> {
        let cancelled: HashSet<RequestId> = lot.iter().filter_map(cancelled).collect();
        let mut out = Vec::new();
        for message in lot {
            match message {
                Message::Request(request) if cancelled.contains(&request.id) => {
                    out.push(refused(request.id, ErrorCode::RequestCanceled, "cancelled"));
                }
                Message::Request(request) => out.extend(self.request(request)),
                Message::Notification(notification) => out.extend(self.notification(notification)),
                // The server asks for nothing whose answer matters.
                Message::Response(_) => {}
            }
        }
        out
    }

    /// Whether there is work for a moment in which nothing arrives.
    pub fn has_work(&self) -> bool {
        self.changed && self.phase == Phase::Running
    }

    /// Looks for mistakes, and gives what the editor does not show yet. To be called when nothing arrives.
    pub fn idle(&mut self) -> Vec<Message> {
        if !self.has_work() {
            return Vec::new();
        }
        self.changed = false;
        let found = guarded(|| self.find()).unwrap_or_else(|| self.shown.clone());
        let mut out = Vec::new();
        let gone: BTreeSet<PathBuf> =
            self.shown.keys().filter(|path| !found.contains_key(*path)).cloned().collect();
        for path in gone {
            out.extend(self.publication(&path, Vec::new()));
        }
        for (path, diagnostics) in &found {
            if self.shown.get(path).is_none_or(|known| known != diagnostics) {
                out.extend(self.publication(path, diagnostics.clone()));
            }
        }
        self.shown = found;
        out
    }

    /// The exit code, once the conversation is over.
    pub fn ended(&self) -> Option<i32> {
        (self.phase == Phase::Ended).then_some(self.exit_code)
    }

    /// What is wrong with the policies of all open files, by file.
    fn find(&mut self) -> BTreeMap<PathBuf, Vec<Shown>> {
        let open: Vec<PathBuf> = self.documents.paths().cloned().collect();
        let mut roots = BTreeSet::new();
        for path in &open {
            let (projects, reader) = self.parts();
            roots.insert(projects.root_of(path, &reader));
        }
        let mut all: BTreeMap<PathBuf, Vec<Shown>> = BTreeMap::new();
        for root in roots {
            let (projects, reader) = self.parts();
            let compiled = projects.compiled(&root, &reader);
            for (path, found) in crate::publish::by_file(&root, &compiled) {
                let known = all.entry(path).or_default();
                let fresh: Vec<Shown> = found.into_iter().filter(|one| !known.contains(one)).collect();
                known.extend(fresh);
            }
        }
        all
    }

    fn publication(&self, path: &Path, diagnostics: Vec<Shown>) -> Option<Message> {
        let open = self.documents.get(path);
        let uri = open.map(|document| document.uri.clone()).or_else(|| uri_of(path))?;
        let version = open.map(|document| document.version);
        let params = PublishDiagnosticsParams { uri, diagnostics, version };
        Some(Message::Notification(Notification::new("textDocument/publishDiagnostics".to_owned(), params)))
    }

    /// The policies, and what they are read through.
    pub(crate) fn parts(&mut self) -> (&mut Projects, Reader<'_>) {
        let Self { outside, disk, documents, settings, projects, .. } = self;
        (projects, Reader { outside: *outside, disk, documents, params: &settings.params })
    }

    /// A file and the policy that it belongs to; none when it cannot be read.
    pub(crate) fn page(&mut self, path: &Path) -> Option<Page> {
        let text = match self.documents.get(path) {
            Some(document) => Arc::clone(&document.text),
            None => self.outside.read(path).ok()?,
        };
        let (projects, reader) = self.parts();
        let root = projects.root_of(path, &reader);
        Some(Page { root, path: path.to_path_buf(), text })
    }

    /// The same with what the checker knows.
    pub(crate) fn view(&mut self, path: &Path) -> Option<View> {
        let page = self.page(path)?;
        let (projects, reader) = self.parts();
        let analysis = projects.analysis(&page.root, &reader);
        Some(View { page, analysis })
    }

    fn request(&mut self, request: Request) -> Vec<Message> {
        let id = request.id.clone();
        let refusal = match (self.phase, request.method.as_str()) {
            (Phase::New, "initialize") | (Phase::Running, _) => None,
            (Phase::New, _) => Some(ErrorCode::ServerNotInitialized),
            (Phase::ShutDown | Phase::Ended, _) => Some(ErrorCode::InvalidRequest),
        };
        if let Some(code) = refusal {
            return vec![refused(id, code, "not now")];
        }
        let answered = guarded(|| self.answer(request));
        let result = answered.unwrap_or_else(|| {
            // Whatever was half-made is made anew.
            self.projects.forget();
            Err((ErrorCode::InternalError, "the question could not be answered".to_owned()))
        });
        match result {
            Ok(value) => vec![Message::Response(Response::new_ok(id, value))],
            Err((code, message)) => vec![refused(id, code, &message)],
        }
    }
}

/// Nothing that somebody types may end the server: a bug in one answer stays in that answer.
fn guarded<R>(act: impl FnOnce() -> R) -> Option<R> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(act)).ok()
}

fn refused(id: RequestId, code: ErrorCode, message: &str) -> Message {
    Message::Response(Response::new_err(id, code as i32, message.to_owned()))
}

/// The request that a message takes back.
fn cancelled(message: &Message) -> Option<RequestId> {
    let Message::Notification(Notification { method, params }) = message else { return None };
    if method != "$/cancelRequest" {
        return None;
    }
    serde_json::from_value(params.get("id")?.clone()).ok()
}
