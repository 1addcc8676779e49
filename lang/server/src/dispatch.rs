//! Which method asks what.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use lsp_server::{ErrorCode, Message, Notification, Request};
use lsp_types::{
    CodeActionParams, CompletionParams, DidChangeConfigurationParams, DidChangeTextDocumentParams,
    DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
    DocumentFormattingParams, DocumentHighlightParams, DocumentLinkParams, DocumentSymbolParams,
    DocumentSymbolResponse, GotoDefinitionParams, HoverParams, InitializeParams, InlayHintParams, Position,
    ReferenceParams, RenameParams, SemanticTokens, SemanticTokensParams, TextDocumentPositionParams,
    TextEdit, Uri, WorkspaceEdit, WorkspaceSymbol, WorkspaceSymbolParams,
};
use mainstay_compiler::query::Analysis;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::answers::{
    Places, Refusal, View, actions, completion, facts, format, hints, hover, names, rename, symbols, tokens,
};
use crate::lines::Lines;
use crate::paths::{LIBRARY_SCHEME, path_of, uri_of};
use crate::server::{Phase, Server};
use crate::settings::Settings;

/// A result, or the code and the words of a refusal.
type Answer = Result<Value, (ErrorCode, String)>;

impl Server<'_> {
    pub(crate) fn answer(&mut self, request: Request) -> Answer {
        let Request { method, params, .. } = request;
        match method.as_str() {
            "initialize" => self.initialize(read(params)?),
            "shutdown" => {
                self.phase = Phase::ShutDown;
                Ok(Value::Null)
            }
            "textDocument/completion" => self.completion(read(params)?),
            "textDocument/hover" => self.hover(read(params)?),
            "textDocument/definition" => self.definition(read(params)?),
            "textDocument/references" => self.references(read(params)?),
            "textDocument/documentHighlight" => self.highlights(read(params)?),
            "textDocument/prepareRename" => self.prepare_rename(read(params)?),
            "textDocument/rename" => self.rename(read(params)?),
            "textDocument/documentSymbol" => self.outline(read(params)?),
            "workspace/symbol" => self.search(read(params)?),
            "textDocument/formatting" => self.format(read(params)?),
            "textDocument/codeAction" => self.actions(read(params)?),
            "textDocument/inlayHint" => self.hints(read(params)?),
            "textDocument/semanticTokens/full" => self.tokens(read(params)?),
            "textDocument/documentLink" => self.links(read(params)?),
            "workspace/textDocumentContent" => library_text(read(params)?),
            other => Err((ErrorCode::MethodNotFound, format!("`{other}` is not answered"))),
        }
    }

    /// What the client tells. What cannot be understood is passed over: nobody waits for an answer.
    pub(crate) fn notification(&mut self, notification: Notification) -> Vec<Message> {
        let Notification { method, params } = notification;
        if method == "exit" {
            self.exit_code = if self.phase == Phase::ShutDown { 0 } else { 1 };
            self.phase = Phase::Ended;
        }
        if self.phase != Phase::Running {
            return Vec::new();
        }
        match method.as_str() {
            "initialized" => return self.watch(),
            "textDocument/didOpen" => self.opened(params),
            "textDocument/didChange" => self.typed(params),
            "textDocument/didClose" => self.closed(params),
            "textDocument/didSave" | "workspace/didChangeWatchedFiles" => self.files_changed(),
            "workspace/didChangeWorkspaceFolders" => self.folders_changed(params),
            "workspace/didChangeConfiguration" => self.configured(params),
            _ => {}
        }
        Vec::new()
    }

    fn initialize(&mut self, params: InitializeParams) -> Answer {
        self.settings = Settings::of(&params.capabilities, params.initialization_options.as_ref());
        let folders = params.workspace_folders.unwrap_or_default();
        self.projects.folders = folders.iter().map(|folder| path_of(&folder.uri)).collect();
        if self.projects.folders.is_empty() {
            #[expect(deprecated, reason = "what older clients send in its place")]
            let root = params.root_uri;
            self.projects.folders.extend(root.as_ref().map(path_of));
        }
        self.phase = Phase::Running;
        Ok(json!({ "capabilities": capabilities(), "serverInfo": {
            "name": "mainstay", "version": env!("CARGO_PKG_VERSION"),
        } }))
    }

    /// Asks to be told of files that change on the disk.
    fn watch(&self) -> Vec<Message> {
        if !self.settings.watches {
            return Vec::new();
        }
        let watchers = json!([{ "globPattern": "**/*.stay" }]);
        let registration = json!({ "id": "files", "method": "workspace/didChangeWatchedFiles",
            "registerOptions": { "watchers": watchers } });
        let params = json!({ "registrations": [registration] });
        let id = "files".to_owned().into();
        vec![Message::Request(Request::new(id, "client/registerCapability".to_owned(), params))]
    }

    fn opened(&mut self, params: Value) {
        let Ok(DidOpenTextDocumentParams { text_document: it }) = serde_json::from_value(params) else {
            return;
        };
        let path = self.documents.open(it.uri, it.version, it.text);
        self.touched(&path);
    }

    fn typed(&mut self, params: Value) {
        let Ok(DidChangeTextDocumentParams { text_document: it, content_changes }) =
            serde_json::from_value(params)
        else {
            return;
        };
        let path = path_of(&it.uri);
        if self.documents.change(&path, it.version, content_changes) {
            self.touched(&path);
        }
    }

    fn closed(&mut self, params: Value) {
        let Ok(DidCloseTextDocumentParams { text_document: it }) = serde_json::from_value(params) else {
            return;
        };
        let path = path_of(&it.uri);
        self.documents.close(&path);
        self.disk.forget();
        self.touched(&path);
    }

    fn touched(&mut self, path: &std::path::Path) {
        if !self.settings.watches {
            self.disk.forget();
        }
        self.projects.touch(path);
        self.changed = true;
    }

    fn files_changed(&mut self) {
        self.disk.forget();
        self.projects.forget();
        self.changed = true;
    }

    fn folders_changed(&mut self, params: Value) {
        let Ok(DidChangeWorkspaceFoldersParams { event }) = serde_json::from_value(params) else { return };
        let gone: Vec<PathBuf> = event.removed.iter().map(|folder| path_of(&folder.uri)).collect();
        self.projects.folders.retain(|folder| !gone.contains(folder));
        self.projects.folders.extend(event.added.iter().map(|folder| path_of(&folder.uri)));
        self.files_changed();
    }

    fn configured(&mut self, params: Value) {
        let Ok(DidChangeConfigurationParams { settings }) = serde_json::from_value(params) else { return };
        self.settings.change(&settings);
        self.files_changed();
    }

    fn at(&mut self, uri: &Uri) -> Option<View> {
        self.view(&path_of(uri))
    }

    fn completion(&mut self, params: CompletionParams) -> Answer {
        let TextDocumentPositionParams { text_document, position } = params.text_document_position;
        let path = path_of(&text_document.uri);
        let snippets = self.settings.snippets;
        let Some(page) = self.page(&path) else { return Ok(Value::Null) };
        let (_, reader) = self.parts();
        let at = page.local(position);
        written(completion::complete(&page, at, &reader, snippets))
    }

    fn hover(&mut self, params: HoverParams) -> Answer {
        let TextDocumentPositionParams { text_document, position } = params.text_document_position_params;
        let Some(view) = self.at(&text_document.uri) else { return Ok(Value::Null) };
        let now = self.outside.now();
        let (projects, reader) = self.parts();
        let known = |topic: &hover::Topic| {
            let compiled = projects.good(&view.page.root, &reader);
            let ir = compiled.as_ref().and_then(|compiled| compiled.ir.as_ref());
            ir.map(|ir| facts::of(ir, topic, now)).unwrap_or_default()
        };
        written(hover::hover(&view, position, known))
    }

    fn definition(&mut self, params: GotoDefinitionParams) -> Answer {
        let TextDocumentPositionParams { text_document, position } = params.text_document_position_params;
        let view = self.at(&text_document.uri);
        written(view.and_then(|view| names::definition(&view, position)))
    }

    fn references(&mut self, params: ReferenceParams) -> Answer {
        let TextDocumentPositionParams { text_document, position } = params.text_document_position;
        let view = self.at(&text_document.uri);
        let with_declaration = params.context.include_declaration;
        written(view.map(|view| names::references(&view, position, with_declaration)))
    }

    fn highlights(&mut self, params: DocumentHighlightParams) -> Answer {
        let TextDocumentPositionParams { text_document, position } = params.text_document_position_params;
        let view = self.at(&text_document.uri);
        written(view.map(|view| names::highlights(&view, position)))
    }

    fn links(&mut self, params: DocumentLinkParams) -> Answer {
        let view = self.at(&params.text_document.uri);
        written(view.map(|view| names::links(&view)))
    }

    fn prepare_rename(&mut self, params: TextDocumentPositionParams) -> Answer {
        let Some(view) = self.at(&params.text_document.uri) else { return Ok(Value::Null) };
        let (range, placeholder) = rename::prepare(&view, params.position).map_err(refusal)?;
        Ok(json!({ "range": range, "placeholder": placeholder }))
    }

    fn rename(&mut self, params: RenameParams) -> Answer {
        let TextDocumentPositionParams { text_document, position } = params.text_document_position;
        let Some(view) = self.at(&text_document.uri) else { return Ok(Value::Null) };
        let (places, texts) = self.renamed(&view, position, &params.new_name).map_err(refusal)?;
        let edits = |path: &PathBuf, text: &Arc<str>| {
            let lines = Lines::new(text);
            let places = places.get(path).into_iter().flatten();
            let edits = places.map(|(start, end)| TextEdit {
                range: lines.range(*start as usize, *end as usize),
                new_text: params.new_name.clone(),
            });
            edits.collect::<Vec<_>>()
        };
        #[expect(clippy::mutable_key_type, reason = "the protocol's map has addresses as its keys")]
        let changes: HashMap<Uri, Vec<TextEdit>> =
            texts.iter().filter_map(|(path, text)| Some((uri_of(path)?, edits(path, text)))).collect();
        written(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() })
    }

    /// The places that a new name goes to in every policy that knows the declaration, with the old texts.
    fn renamed(
        &mut self,
        view: &View,
        position: Position,
        name: &str,
    ) -> Result<(rename::Places, rename::Texts), Refusal> {
        rename::check_name(name)?;
        let (home, local, old) = rename::declared(view, position)?;
        let (projects, reader) = self.parts();
        for root in projects.all_roots(&reader) {
            projects.analysis(&root, &reader);
        }
        let roots = projects.users_of(&home);
        let mut places = rename::Places::new();
        for root in &roots {
            rename::collect(root, &projects.analysis(root, &reader), &home, local, &mut places);
        }
        let text = |path: &PathBuf| reader.text(path);
        let texts: Vec<_> = places.keys().filter_map(|path| Some((path.clone(), text(path)?))).collect();
        for (path, text) in &texts {
            if let Some(of) = places.get_mut(path) {
                of.retain(|(start, end)| text.get(*start as usize..*end as usize) == Some(&*old));
            }
        }
        let instead: Vec<_> = texts
            .iter()
            .filter_map(|(path, text)| Some((path.clone(), rename::replaced(text, places.get(path)?, name))))
            .collect();
        for root in &roots {
            let before = projects.analysis(root, &reader);
            rename::verify(root, &before, &reader, &instead, &places, name)?;
        }
        Ok((places, texts))
    }

    fn outline(&mut self, params: DocumentSymbolParams) -> Answer {
        let view = self.at(&params.text_document.uri);
        written(view.map(|view| DocumentSymbolResponse::Nested(symbols::outline(&view))))
    }

    fn search(&mut self, params: WorkspaceSymbolParams) -> Answer {
        let (projects, reader) = self.parts();
        let mut found: Vec<WorkspaceSymbol> = Vec::new();
        for root in projects.all_roots(&reader) {
            let analysis = projects.analysis(&root, &reader);
            let places = Places::new(&analysis.map, &root);
            symbols::search(&analysis, &places, &params.query, &mut found);
        }
        written(found)
    }

    fn format(&mut self, params: DocumentFormattingParams) -> Answer {
        let path = path_of(&params.text_document.uri);
        let Some(document) = self.documents.get(&path) else { return Ok(Value::Null) };
        written(format::format(&document.text).map_err(refusal)?)
    }

    fn actions(&mut self, params: CodeActionParams) -> Answer {
        let Some(page) = self.page(&path_of(&params.text_document.uri)) else { return Ok(Value::Null) };
        let (projects, reader) = self.parts();
        let compiled = projects.compiled(&page.root, &reader);
        let places = Places::new(&compiled.map, &page.root);
        let shown = |found: &mainstay_diagnostics::Diagnostic| crate::publish::shown(&places, found);
        written(actions::actions(&page, &compiled, params.range, shown))
    }

    fn hints(&mut self, params: InlayHintParams) -> Answer {
        let view = self.at(&params.text_document.uri);
        written(view.map(|view| hints::hints(&view, params.range)))
    }

    fn tokens(&mut self, params: SemanticTokensParams) -> Answer {
        let view = self.at(&params.text_document.uri);
        written(view.map(|view| SemanticTokens { result_id: None, data: tokens::tokens(&view) }))
    }
}

/// `mainstay:/std/prelude.stay`: the library as it is built in.
fn library_text(params: Value) -> Answer {
    let uri = params.get("uri").and_then(Value::as_str).unwrap_or_default();
    let name = uri.strip_prefix(LIBRARY_SCHEME).map(|rest| rest.trim_start_matches([':', '/']));
    let text = name.and_then(Analysis::library_text);
    let text = text.ok_or((ErrorCode::InvalidParams, format!("there is no text at `{uri}`")))?;
    Ok(json!({ "text": text }))
}

/// What the server can do.
fn capabilities() -> Value {
    json!({
        "positionEncoding": "utf-16",
        "textDocumentSync": { "openClose": true, "change": 2, "save": { "includeText": false } },
        "completionProvider": { "triggerCharacters": [".", "\"", ":", "(", ">", "{", "/"] },
        "hoverProvider": true,
        "definitionProvider": true,
        "referencesProvider": true,
        "documentHighlightProvider": true,
        "documentSymbolProvider": true,
        "workspaceSymbolProvider": true,
        "documentFormattingProvider": true,
        "documentLinkProvider": { "resolveProvider": false },
        "renameProvider": { "prepareProvider": true },
        "codeActionProvider": { "codeActionKinds": ["quickfix", "source.fixAll"] },
        "inlayHintProvider": true,
        "semanticTokensProvider": { "legend": tokens::legend(), "full": true },
        "workspace": {
            "workspaceFolders": { "supported": true, "changeNotifications": true },
            "textDocumentContent": { "schemes": [LIBRARY_SCHEME] },
        },
    })
}

fn read<P: DeserializeOwned>(params: Value) -> Result<P, (ErrorCode, String)> {
    serde_json::from_value(params).map_err(|error| (ErrorCode::InvalidParams, error.to_string()))
}

fn written(result: impl serde::Serialize) -> Answer {
    serde_json::to_value(result).map_err(|error| (ErrorCode::InternalError, error.to_string()))
}

fn refusal(Refusal(message): Refusal) -> (ErrorCode, String) {
    (ErrorCode::RequestFailed, message)
}
