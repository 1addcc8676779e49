//! The language server over its standard streams, as an editor uses it.

use std::path::PathBuf;

use mainstay_kit::{Editor, editor_uri};
use serde_json::{Value, json};

use crate::scene::{Scene, program};

const ROOT: &str = r#"edition 2026
policy billing
use std.pipelines.protect
use "shared/house.stay" as house (zone: "Europe/Berlin")

/// 😀 What the business was promised.
objective gold { rpo: 26h, keep: gfs(daily: 14) }

secret key    = file("/k")
source orders = files { roots: ["/srv/😀"], exclude: ["**/*.tmp"] }
repo shelf    = local { path: "/backup", key: key }

/// Each night.
workflow nightly for gold {
  trigger: daily(at: 01:30, zone: house.zone)
  within:  20min
  step backup = protect(orders, to: shelf, keep: gold.keep)
  step looked = latest(orders, in: shelf) |> verify() after backup
}
"#;

const HOUSE: &str = "edition 2026\nparam zone: Zone = \"Europe/Berlin\"\nlet _own = 1\n";

struct Session {
    scene: Scene,
    editor: Editor,
}

impl Session {
    /// A folder with the policy, opened in an editor that has said hello.
    fn new() -> Self {
        let scene = Scene::new(ROOT);
        scene.write("shared/house.stay", HOUSE);
        let mut editor = Editor::start(&program()).unwrap();
        let hello = editor.hello(&scene.path("")).unwrap();
        assert_eq!(hello["capabilities"]["positionEncoding"], "utf-16");
        Self { scene, editor }
    }

    fn root(&self) -> PathBuf {
        self.scene.path("mainstay.stay")
    }

    fn open(&mut self, text: &str) -> Value {
        let root = self.root();
        self.editor.open(&root, text).unwrap();
        self.editor.published("mainstay.stay").unwrap()
    }

    fn ask(&mut self, method: &str, at: (u32, u32)) -> Value {
        let root = self.root();
        self.editor.ask_at(method, &root, at).unwrap()
    }

    fn labels(&mut self, at: (u32, u32)) -> Vec<String> {
        let items = self.ask("textDocument/completion", at);
        let label = |item: &Value| item["label"].as_str().unwrap_or_default().to_owned();
        items.as_array().unwrap().iter().map(label).collect()
    }
}

/// Line and UTF-16 column of the first place of a needle, plus some.
fn at(text: &str, needle: &str, plus: u32) -> (u32, u32) {
    let offset = text.find(needle).unwrap_or_else(|| panic!("no {needle}"));
    let line = text[..offset].matches('\n').count() as u32;
    let start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
    (line, text[start..offset].encode_utf16().count() as u32 + plus)
}

fn hover(session: &mut Session, needle: &str) -> String {
    let answer = session.ask("textDocument/hover", at(ROOT, needle, 1));
    answer["contents"]["value"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_session_as_an_editor_has_it() {
    let mut session = Session::new();
    let published = session.open(ROOT);
    assert_eq!(published["diagnostics"], json!([]), "{published}");
    let root = session.root();

    // A mistake is told while it is typed, at the right columns behind an emoji, with a way to mend it.
    let (line, column) = at(ROOT, "exclude:", 0);
    session.editor.edit(&root, 2, (line, column), (line, column + 7), "exlude").unwrap();
    let published = session.editor.published("mainstay.stay").unwrap();
    let found = &published["diagnostics"][0];
    assert_eq!((published["version"].as_i64(), found["code"].as_str()), (Some(2), Some("E0302")), "{found}");
    assert_eq!(found["range"]["start"], json!({ "line": line, "character": column }));
    assert_eq!(found["range"]["end"], json!({ "line": line, "character": column + 6 }));
    let context = json!({ "diagnostics": [found] });
    let asked =
        json!({ "textDocument": { "uri": editor_uri(&root) }, "range": found["range"], "context": context });
    let actions = session.editor.ask("textDocument/codeAction", asked).unwrap();
    let edit = &actions[0]["edit"]["changes"][editor_uri(&root)][0];
    assert_eq!(edit["newText"], "exclude", "{actions}");
    session.editor.edit(&root, 3, (line, column), (line, column + 6), "exclude").unwrap();
    assert_eq!(session.editor.published("mainstay.stay").unwrap()["diagnostics"], json!([]));

    // What follows from the policy.
    let nightly = hover(&mut session, "nightly");
    assert!(nightly.contains("Each night.") && nightly.contains("Next runs:"), "{nightly}");
    assert_eq!(nightly.matches(" 01:30 ").count(), 5, "{nightly}");
    assert!(nightly.contains("promises 26 h: kept") && nightly.contains("14 daily"), "{nightly}");
    assert!(hover(&mut session, "gold {").contains("😀 What the business was promised."));
    assert!(hover(&mut session, "roots").contains("roots: List<Path>"));
    assert!(hover(&mut session, "01:30").contains("Time"));
    assert!(hover(&mut session, "verify").contains("stage verify"));

    let definition = session.ask("textDocument/definition", at(ROOT, "orders, to", 2));
    let (line, column) = at(ROOT, "orders = ", 0);
    assert_eq!(definition["range"]["start"], json!({ "line": line, "character": column }));
    let elsewhere = session.ask("textDocument/definition", at(ROOT, "zone)", 1));
    assert!(elsewhere["uri"].as_str().unwrap().ends_with("shared/house.stay"), "{elsewhere}");
    let library = session.ask("textDocument/definition", at(ROOT, "verify", 1));
    let text = session.editor.ask("workspace/textDocumentContent", json!({ "uri": library["uri"] })).unwrap();
    assert!(text["text"].as_str().unwrap().contains("stage verify("));

    let asked = json!({ "textDocument": { "uri": editor_uri(&root) }, "position": { "line": line, "character": column },
        "context": { "includeDeclaration": true } });
    let references = session.editor.ask("textDocument/references", asked).unwrap();
    assert_eq!(references.as_array().unwrap().len(), 3, "{references}");
    let symbols = session
        .editor
        .ask("textDocument/documentSymbol", json!({ "textDocument": { "uri": editor_uri(&root) } }));
    let symbols = symbols.unwrap();
    let nightly = symbols.as_array().unwrap().iter().find(|symbol| symbol["name"] == "nightly").unwrap();
    assert_eq!(nightly["children"][1]["name"], "looked");
    let found = session.editor.ask("workspace/symbol", json!({ "query": "ORD" })).unwrap();
    assert_eq!(found[0]["name"], "orders");
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 99, "character": 0 } });
    let asked = json!({ "textDocument": { "uri": editor_uri(&root) }, "range": range });
    let hints = session.editor.ask("textDocument/inlayHint", asked).unwrap();
    assert_eq!(
        (hints[0]["label"].as_str(), hints[1]["label"].as_str()),
        (Some(": Stored"), Some(": Verified"))
    );
    let tokens = session
        .editor
        .ask("textDocument/semanticTokens/full", json!({ "textDocument": { "uri": editor_uri(&root) } }));
    assert!(tokens.unwrap()["data"].as_array().unwrap().len() > 100);
    assert_eq!(session.editor.bye().unwrap(), Some(0));
}

#[test]
fn what_fits_is_offered() {
    let mut session = Session::new();
    let typed = ROOT.replace("  step looked", "  wi\n  step more = disc\n  step looked");
    session.open(&typed);
    let fields = session.labels(at(&typed, "wi\n", 2));
    assert!(fields.contains(&"overlap".to_owned()) && fields.contains(&"parallel".to_owned()), "{fields:?}");
    assert!(!fields.contains(&"trigger".to_owned()), "given already: {fields:?}");
    assert!(session.labels(at(&typed, "disc\n", 4)).contains(&"discover".to_owned()));
    assert_eq!(session.labels(at(&typed, "shelf) |>", 2))[0], "shelf");
    let zones = session.labels(at(&typed, "Berlin", 3));
    assert!(zones.contains(&"Europe/Berlin".to_owned()) && zones.len() > 400);
    let units = session.labels(at(&typed, "20min", 2));
    assert_eq!(units[0], "20min", "{units:?}");
    assert!(units.contains(&"20h".to_owned()) && !units.contains(&"20GiB".to_owned()));
    let stages = session.labels(at(&typed, "verify() after", 0));
    assert!(stages.contains(&"verify".to_owned()) && !stages.contains(&"encrypt".to_owned()), "{stages:?}");
    let keys = session.labels(at(&typed, "], exclude", 3));
    assert!(keys.contains(&"one_filesystem".to_owned()) && !keys.contains(&"roots".to_owned()), "{keys:?}");
    assert!(session.labels(at(&typed, "house.zone", 6)).contains(&"zone".to_owned()));
    assert!(session.labels(at(&typed, "gold.keep", 5)).contains(&"rpo".to_owned()));
    assert_eq!(session.labels(at(&typed, "after backup", 6)), ["backup", "more"]);
    assert!(session.labels(at(&typed, "protect\n", 1)).contains(&"protect".to_owned()));
    assert!(session.labels(at(&typed, "Each night", 2)).is_empty());
}

#[test]
fn a_name_is_changed_everywhere_or_not_at_all() {
    let mut session = Session::new();
    session.open(ROOT);
    let root = session.root();
    let rename = |session: &mut Session, needle: &str, name: &str| {
        let (line, character) = at(ROOT, needle, 1);
        let asked = json!({ "textDocument": { "uri": editor_uri(&session.root()) }, "newName": name,
            "position": { "line": line, "character": character } });
        session.editor.ask("textDocument/rename", asked)
    };
    let made = rename(&mut session, "zone)", "timezone").unwrap();
    let changes = made["changes"].as_object().unwrap();
    assert_eq!(changes.len(), 2, "{made}");
    let house = changes.iter().find(|(uri, _)| uri.ends_with("house.stay")).unwrap().1;
    assert_eq!(house[0]["range"]["start"], json!({ "line": 1, "character": 6 }));
    assert_eq!(changes[&editor_uri(&root)].as_array().unwrap().len(), 2);
    for (needle, name) in
        [("orders,", "shelf"), ("orders,", "nightly"), ("orders,", "step"), ("verify", "look")]
    {
        assert!(rename(&mut session, needle, name).is_err(), "{needle} as {name}");
    }
    // The parameter would be captured by the step of that name.
    assert!(rename(&mut session, "backup = ", "looked").is_err());
    assert!(rename(&mut session, "backup = ", "copy_of_it").is_ok());
}

#[test]
fn unsaved_texts_count_and_files_find_their_policy() {
    let mut session = Session::new();
    let house = session.scene.path("shared/house.stay");
    session.editor.open(&house, &HOUSE.replace("param zone", "param zones")).unwrap();
    let published = session.editor.published("mainstay.stay").unwrap();
    assert!(published["diagnostics"][0]["message"].as_str().unwrap().contains("zone"), "{published}");
    let params = json!({ "textDocument": { "uri": editor_uri(&house) } });
    session.editor.tell("textDocument/didClose", params).unwrap();
    assert_eq!(session.editor.published("mainstay.stay").unwrap()["diagnostics"], json!([]));
}

#[test]
fn nothing_that_is_sent_ends_the_server() {
    let mut session = Session::new();
    session.open(ROOT);
    let ask = |session: &mut Session, method: &str, params: Value| session.editor.ask(method, params);
    assert!(ask(&mut session, "textDocument/unheardOf", json!({})).unwrap_err().contains("-32601"));
    let nowhere =
        json!({ "textDocument": { "uri": "not a uri" }, "position": { "line": 0, "character": 0 } });
    assert!(ask(&mut session, "textDocument/hover", nowhere).unwrap_err().contains("-32602"));
    assert!(ask(&mut session, "textDocument/hover", json!([1, 2])).unwrap_err().contains("-32602"));
    let gone = json!({ "textDocument": { "uri": "file:///no/such.stay" }, "position": { "line": 9, "character": 9 } });
    assert_eq!(ask(&mut session, "textDocument/hover", gone).unwrap(), Value::Null);
    let far = session.ask("textDocument/hover", (u32::MAX, u32::MAX));
    assert_eq!(far, Value::Null);
    session.editor.tell("textDocument/didChange", json!({ "nonsense": true })).unwrap();
    session.editor.tell("$/setTrace", json!({ "value": "off" })).unwrap();
    session.editor.send(&json!({ "jsonrpc": "2.0", "id": "gone", "result": null })).unwrap();
    let unsaved = json!({ "uri": "untitled:Untitled-1", "languageId": "mainstay", "version": 1, "text": "edition 2026\npolicy p\nlet a = b\n" });
    session.editor.tell("textDocument/didOpen", json!({ "textDocument": unsaved })).unwrap();
    let published = session.editor.published("Untitled-1").unwrap();
    assert_eq!(published["diagnostics"][0]["range"]["start"]["line"], 2, "{published}");
    session.editor.tell("$/cancelRequest", json!({ "id": 4711 })).unwrap();
    assert_eq!(session.editor.bye().unwrap(), Some(0));
}

#[test]
fn a_client_that_goes_away_ends_the_server() {
    let session = Session::new();
    assert_eq!(session.editor.closed().unwrap(), Some(1));
    let mut early = Editor::start(&program()).unwrap();
    assert!(early.ask("textDocument/hover", json!({})).unwrap_err().contains("-32002"));
}
