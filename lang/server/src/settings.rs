//! What a client can do, and what its user has set.

use lsp_types::ClientCapabilities;
use mainstay_compiler::Params;
use serde_json::Value;

/// What the server needs to know of its client.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    /// Completions may hold places to fill in.
    pub(crate) snippets: bool,
    /// The client tells of files that changed on the disk.
    pub(crate) watches: bool,
    /// Values for the params of policies.
    pub(crate) params: Params,
}

impl Settings {
    pub(crate) fn of(client: &ClientCapabilities, options: Option<&Value>) -> Self {
        let item = client.text_document.as_ref().and_then(|document| document.completion.as_ref());
        let item = item.and_then(|completion| completion.completion_item.as_ref());
        let workspace = client.workspace.as_ref();
        let watched = workspace.and_then(|workspace| workspace.did_change_watched_files.as_ref());
        Self {
            snippets: item.and_then(|item| item.snippet_support).unwrap_or(false),
            watches: watched.and_then(|watched| watched.dynamic_registration).unwrap_or(false),
            params: options.map(params).unwrap_or_default(),
        }
    }

    /// `workspace/didChangeConfiguration`: the section `mainstay`, or what is in it.
    pub(crate) fn change(&mut self, settings: &Value) {
        self.params = params(settings.get("mainstay").unwrap_or(settings));
    }
}

/// `{ "params": { "env": "production" } }`.
fn params(options: &Value) -> Params {
    let given = options.get("params").and_then(Value::as_object);
    given.into_iter().flatten().map(|(name, value)| (name.as_str(), written(value))).collect()
}

fn written(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
