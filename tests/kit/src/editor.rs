//! An editor by script: a client of the language server over its standard streams.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// An answer that takes longer is none: tests must not hang.
const PATIENCE: Duration = Duration::from_secs(60);

/// A client with its server.
#[derive(Debug)]
pub struct Editor {
    child: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    next_id: i64,
    /// What the server told without being asked, in order.
    pub told: Vec<Value>,
}

impl Editor {
    /// Starts `program lsp --stdio`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(program: &Path) -> std::io::Result<Self> {
        let mut child = Command::new(program)
            .args(["lsp", "--stdio"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()?;
        let input = child.stdin.take();
        let (sender, messages) = channel();
        if let Some(output) = child.stdout.take() {
            thread::spawn(move || {
                let mut output = BufReader::new(output);
                while let Some(message) = read(&mut output) {
                    if sender.send(message).is_err() {
                        return;
                    }
                }
            });
        }
        Ok(Self { child, input, messages, next_id: 0, told: Vec::new() })
    }

    /// Says hello as VS Code does, and waits for the answer.
    ///
    /// # Errors
    /// As [`Editor::ask`].
    pub fn hello(&mut self, folder: &Path) -> Result<Value, String> {
        let uri = format!("file://{}", folder.display());
        let answer = self.ask(
            "initialize",
            json!({
                "processId": std::process::id(),
                "clientInfo": { "name": "Visual Studio Code", "version": "1.105.0" },
                "rootUri": uri,
                "workspaceFolders": [{ "uri": uri, "name": "policies" }],
                "capabilities": {
                    "general": { "positionEncodings": ["utf-16"] },
                    "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": true } },
                    "textDocument": { "completion": { "completionItem": { "snippetSupport": true } } },
                },
                "trace": "off",
            }),
        )?;
        self.tell("initialized", json!({}))?;
        Ok(answer)
    }

    /// Sends a notification.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn tell(&mut self, method: &str, params: Value) -> Result<(), String> {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }))
    }

    /// Sends any message.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn send(&mut self, message: &Value) -> Result<(), String> {
        let text = message.to_string();
        self.send_raw(&format!("Content-Length: {}\r\n\r\n{text}", text.len()))
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn send_raw(&mut self, text: &str) -> Result<(), String> {
        let input = self.input.as_mut().ok_or("the stream is closed")?;
        input.write_all(text.as_bytes()).and_then(|()| input.flush()).map_err(|error| error.to_string())
    }

    /// Asks, and gives the result.
    ///
    /// # Errors
    /// The server's refusal, or that nothing came.
    pub fn ask(&mut self, method: &str, params: Value) -> Result<Value, String> {
        self.next_id += 1;
        let id = self.next_id;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))?;
        loop {
            let mut message = self.receive()?;
            if message.get("id") == Some(&json!(id)) && message.get("method").is_none() {
                return match message.get("error") {
                    Some(error) => Err(error.to_string()),
                    None => Ok(message.get_mut("result").map(Value::take).unwrap_or_default()),
                };
            }
            self.told.push(message);
        }
    }

    /// The next message of the server.
    ///
    /// # Errors
    /// When none comes.
    pub fn receive(&mut self) -> Result<Value, String> {
        self.messages.recv_timeout(PATIENCE).map_err(|error| format!("nothing came: {error}"))
    }

    /// Waits for the next publication of diagnostics of a file whose name ends so, and gives its parameters.
    ///
    /// # Errors
    /// When none comes.
    pub fn published(&mut self, file: &str) -> Result<Value, String> {
        let is_it = |message: &Value| {
            message.get("method").and_then(Value::as_str) == Some("textDocument/publishDiagnostics")
                && message
                    .pointer("/params/uri")
                    .and_then(Value::as_str)
                    .is_some_and(|uri| uri.ends_with(file))
        };
        if let Some(at) = self.told.iter().position(is_it) {
            return Ok(self.told.remove(at).get_mut("params").map(Value::take).unwrap_or_default());
        }
        loop {
            let mut message = self.receive()?;
            if is_it(&message) {
                return Ok(message.get_mut("params").map(Value::take).unwrap_or_default());
            }
            self.told.push(message);
        }
    }

    /// Opens a file of this text.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn open(&mut self, path: &Path, text: &str) -> Result<(), String> {
        let document = json!({ "uri": uri(path), "languageId": "mainstay", "version": 1, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }))
    }

    /// Replaces what stands between two positions (line and UTF-16 column, from 0).
    ///
    /// # Errors
    /// When the server is gone.
    pub fn edit(
        &mut self,
        path: &Path,
        version: i32,
        from: (u32, u32),
        to: (u32, u32),
        text: &str,
    ) -> Result<(), String> {
        let range = json!({ "start": position(from), "end": position(to) });
        let document = json!({ "uri": uri(path), "version": version });
        let changes = json!([{ "range": range, "text": text }]);
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }))
    }

    /// Asks about a place of a file.
    ///
    /// # Errors
    /// As [`Editor::ask`].
    pub fn ask_at(&mut self, method: &str, path: &Path, at: (u32, u32)) -> Result<Value, String> {
        self.ask(method, json!({ "textDocument": { "uri": uri(path) }, "position": position(at) }))
    }

    /// Ends the conversation, and gives the exit code.
    ///
    /// # Errors
    /// As [`Editor::ask`].
    pub fn bye(mut self) -> Result<Option<i32>, String> {
        self.ask("shutdown", Value::Null)?;
        self.tell("exit", Value::Null)?;
        self.closed()
    }

    /// Closes the stream to the server, and gives its exit code.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn closed(mut self) -> Result<Option<i32>, String> {
        self.input = None;
        self.child.wait().map(|status| status.code()).map_err(|error| error.to_string())
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        // A test that failed leaves no server behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address of a file.
pub fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

fn position((line, character): (u32, u32)) -> Value {
    json!({ "line": line, "character": character })
}

fn read(input: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if input.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("Content-Length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}
