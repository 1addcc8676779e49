//! Somebody types in the samples and examples, and asks the language server everything at every place: of the whole
//! text, and of one that ends at the place or whose line does.
//!
//! Every question has an answer, every range is one of the text, every edit can be made; after a rename the policy
//! means what it did, after a quick fix it is not written worse than before.
//!
//! A sample runs with the tests; `cargo xtask campaign typing` looks at every place.

mod client;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::scene::workspace;
use client::{At, Client, Disk, bytes, edited, place, uri};

/// A policy, and the file of it that somebody types in.
struct Session {
    disk: Disk,
    path: String,
    text: String,
}

/// What was asked and answered.
#[derive(Debug, Default)]
struct Tally {
    places: usize,
    answers: usize,
    completions: usize,
    edits: usize,
    faults: Vec<String>,
}

fn sessions() -> Vec<Session> {
    let root = workspace();
    let read = |name: &str| std::fs::read_to_string(root.join(name)).unwrap();
    let samples = "tests/suite/samples";
    let both = [
        ("/p/policies/mainstay.stay", read(&format!("{samples}/policies/billing.stay"))),
        ("/p/shared/house.stay", read(&format!("{samples}/shared/house.stay"))),
    ];
    let alone = |text: String| session(&[("/p/mainstay.stay", text)], 0);
    let mut all = vec![session(&both, 0), session(&both, 1), alone(read(&format!("{samples}/laptop.stay")))];
    let mut examples: Vec<PathBuf> =
        std::fs::read_dir(root.join("examples")).unwrap().map(|entry| entry.unwrap().path()).collect();
    examples.sort();
    all.extend(
        examples.iter().map(|example| alone(std::fs::read_to_string(example.join("mainstay.stay")).unwrap())),
    );
    all
}

fn session(files: &[(&str, String)], typed: usize) -> Session {
    let disk = files.iter().map(|(path, text)| (PathBuf::from(path), text.as_str().into())).collect();
    let (path, text) = &files[typed];
    Session { disk: Disk(disk), path: (*path).to_owned(), text: text.clone() }
}

/// How many mistakes there are in how it is written.
fn mistakes(text: &str) -> usize {
    let mut map = mainstay_diagnostics::SourceMap::default();
    let file = map.add("a.stay", text);
    mainstay_syntax::parse(&map, file).diagnostics.len()
}

/// One text in the editor, and what is asked of it.
struct Asked<'a, 'd> {
    session: &'a Session,
    client: Client<'d>,
    text: String,
    tally: &'a mut Tally,
}

impl Asked<'_, '_> {
    fn show(&mut self, text: String) {
        let path = self.session.path.clone();
        self.client.show(&path, &text);
        self.text = text;
    }

    fn fault(&mut self, what: &str, at: At) {
        self.tally.faults.push(format!("{} {at:?}: {what}\n{}", self.session.path, self.text));
    }

    fn ask(&mut self, method: &str, at: At) -> Option<Value> {
        self.tally.answers += 1;
        self.client.ask_at(method, &self.session.path, at).ok().filter(|answer| !answer.is_null())
    }

    /// Every `range` of this file in an answer is one of its text.
    fn ranges(&mut self, what: &str, answer: &Value, at: At) {
        let mut bad = Vec::new();
        ranges_in(answer, &mut |owner, range| {
            let elsewhere = owner.get("uri").is_some_and(|of| *of != uri(&self.session.path));
            if !elsewhere && bytes(&self.text, range).is_none() {
                bad.push(range.to_string());
            }
        });
        if let Some(range) = bad.first() {
            self.fault(&format!("{what} has the range {range}"), at);
        }
    }

    /// What is asked at the place of the cursor, whatever stands there.
    fn at(&mut self, at: At) {
        self.tally.places += 1;
        for method in ["hover", "definition", "references", "documentHighlight", "prepareRename"] {
            if let Some(answer) = self.ask(&format!("textDocument/{method}"), at) {
                self.ranges(method, &answer, at);
            }
        }
        self.complete(at);
    }

    fn complete(&mut self, at: At) {
        let items = self.ask("textDocument/completion", at).unwrap_or_default();
        for item in items.as_array().into_iter().flatten() {
            self.tally.completions += 1;
            let range = &item["textEdit"]["range"];
            let (start, end) = (&range["start"], &range["end"]);
            let here = (start["line"].as_u64(), end["line"].as_u64()) == (Some(at.0), Some(at.0));
            let around = start["character"].as_u64() <= Some(at.1) && Some(at.1) <= end["character"].as_u64();
            if !here || !around || edited(&self.text, &[item["textEdit"].clone()]).is_none() {
                self.fault(&format!("the completion {item} is not at the cursor"), at);
            }
        }
    }

    /// What is asked of the whole file.
    fn of_file(&mut self) {
        let document = json!({ "uri": uri(&self.session.path) });
        let range =
            json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 9999, "character": 0 } });
        let params = json!({ "textDocument": document, "range": range, "options": { "tabSize": 2, "insertSpaces": true }, "query": "a",
            "context": { "diagnostics": [] } });
        for method in ["textDocument/documentSymbol", "textDocument/documentLink", "textDocument/inlayHint"] {
            self.tally.answers += 1;
            let answer = self.client.ask(method, params.clone()).unwrap_or_default();
            self.ranges(method, &answer, (0, 0));
        }
        let _ = self.client.ask("textDocument/semanticTokens/full", params.clone());
        let _ = self.client.ask("workspace/symbol", params.clone());
        if let Ok(edits) = self.client.ask("textDocument/formatting", params.clone()) {
            let wanted = mainstay_syntax::format(&self.text).ok();
            let made = edits.as_array().and_then(|edits| edited(&self.text, edits));
            if made != wanted {
                self.fault("formatting gives another text", (0, 0));
            }
        }
        self.mend(&params);
    }

    /// Mistakes are told at places of the text, and each way to mend them can be gone.
    fn mend(&mut self, params: &Value) {
        self.client.settle();
        let told = self.client.diagnostics.get(&uri(&self.session.path)).cloned().unwrap_or_default();
        self.ranges("diagnostics", &json!(told), (0, 0));
        let actions = self.client.ask("textDocument/codeAction", params.clone()).unwrap_or_default();
        let before = mistakes(&self.text);
        for action in actions.as_array().into_iter().flatten() {
            let Some(edits) = action["edit"]["changes"].get(uri(&self.session.path)) else { continue };
            self.tally.edits += 1;
            let made = edits.as_array().and_then(|edits| edited(&self.text, edits));
            if made.is_none_or(|made| mistakes(&made) > before) {
                self.fault(&format!("the action {action} makes it worse"), (0, 0));
            }
        }
    }

    /// A new name at a place of a whole policy: it still has no mistake.
    fn rename(&mut self, at: At) {
        let Some(answer) = self.ask("textDocument/rename", at) else { return };
        let mut files = BTreeMap::new();
        for (path, text) in &self.session.disk.0 {
            let edits = answer["changes"].get(uri(&path.to_string_lossy())).and_then(Value::as_array);
            let edits = edits.cloned().unwrap_or_default();
            self.tally.edits += edits.len();
            match edited(text, &edits) {
                Some(text) => drop(files.insert(path.clone(), text.into())),
                None => return self.fault("a rename that cannot be made", at),
            }
        }
        let disk = Disk(files);
        let mut after = Client::new(&disk, false);
        after.open(&self.session.path, &disk.0[&PathBuf::from(&self.session.path)]);
        after.settle();
        let severe = |found: &Value| found["severity"] == 1;
        if let Some(found) = after.diagnostics.values().flatten().find(|found| severe(found)) {
            self.fault(&format!("after a rename: {}", found["message"]), at);
        }
    }
}

fn ranges_in(value: &Value, see: &mut dyn FnMut(&Value, &Value)) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| ranges_in(item, see)),
        Value::Object(members) => {
            for (name, member) in members {
                if name == "range" || name == "selectionRange" {
                    see(value, member);
                }
                ranges_in(member, see);
            }
        }
        _ => {}
    }
}

/// Looks at each `stride`-th place of a policy, from the `first` on.
fn look(session: &Session, first: usize, stride: usize, tally: &mut Tally) {
    let mut client = Client::new(&session.disk, first.is_multiple_of(2));
    client.open(&session.path, &session.text);
    let mut asked = Asked { session, client, text: session.text.clone(), tally };
    let places = || session.text.char_indices().map(|(offset, _)| offset).skip(first).step_by(stride);
    for offset in places() {
        asked.at(place(&session.text, offset));
        asked.rename(place(&session.text, offset));
    }
    asked.of_file();
    for offset in places() {
        let at = place(&session.text, offset);
        let line_end = session.text[offset..].find('\n').map_or(session.text.len(), |end| offset + end);
        for text in
            [&session.text[..offset], &(session.text[..offset].to_owned() + &session.text[line_end..])]
        {
            asked.show(text.to_owned());
            asked.at(at);
            asked.of_file();
        }
    }
}

#[track_caller]
fn no_fault(tally: &Tally) {
    let first: Vec<&String> = tally.faults.iter().take(5).collect();
    assert!(first.is_empty(), "{} faults, the first: {first:#?}", tally.faults.len());
}

#[test]
fn a_sample_of_places_has_answers() {
    let mut tally = Tally::default();
    sessions().iter().enumerate().for_each(|(number, session)| look(session, 7 * number, 211, &mut tally));
    assert!(tally.places > 50 && tally.completions > 100 && tally.edits > 10, "{tally:?}");
    no_fault(&tally);
}

#[test]
#[ignore = "each place of each example: cargo xtask campaign typing"]
fn campaign() {
    let mut tally = Tally::default();
    sessions().iter().for_each(|session| look(session, 0, 1, &mut tally));
    let Tally { places, answers, completions, edits, faults } = &tally;
    println!(
        "{places} places, {answers} answers, {completions} completions, {edits} edits, {} faults",
        faults.len()
    );
    no_fault(&tally);
}
