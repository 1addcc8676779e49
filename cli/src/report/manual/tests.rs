use mainstay_ir::{
    Action, Call, Constructed, DurationMs, IndexMap, Ir, Objective, Step, Trigger, Value, Workflow,
};

use super::*;

/// Elements that the page may have.
const ELEMENTS: &[&str] = &[
    "a", "article", "aside", "body", "code", "dd", "defs", "details", "div", "dl", "dt", "figure", "footer",
    "g", "h1", "h2", "h3", "h4", "head", "header", "html", "li", "main", "marker", "meta", "nav", "ol", "p",
    "path", "pre", "rect", "section", "span", "strong", "style", "summary", "svg", "table", "tbody", "td",
    "text", "th", "thead", "title", "tr", "ul",
];

/// Texts that would be markup if anything let them through.
const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'onmouseover='alert(1)",
    "</style><svg/onload=alert(1)>",
    "&lt;b&gt; {{ policy }} {% include \"x\" %}",
    "javascript:alert(1)",
    "]]><!-- -->",
    "\u{0}\u{202e}\u{1F600}\n\t",
];

/// A policy whose every text is this.
fn policy_of(text: &str) -> Ir {
    let mut ir = Ir::new(text, 2026, text);
    let made = || Constructed {
        constructor: text.to_owned(),
        fields: IndexMap::from_iter([(text.to_owned(), Value::Text(text.to_owned()))]),
    };
    let thing = |kind: &str| Value::Thing(kind.to_owned(), text.to_owned());
    ir.docs = vec![text.to_owned(), format!("`{text}`"), "```".to_owned(), text.to_owned()];
    for things in [&mut ir.sources, &mut ir.repos, &mut ir.secrets, &mut ir.channels, &mut ir.probes] {
        things.insert(text.to_owned(), made());
    }
    let objective =
        Objective { docs: ir.docs.clone(), rpo: Some(DurationMs::hours(1)), ..Objective::default() };
    ir.objectives.insert(text.to_owned(), objective);
    let call = |name: &str, key: &str, kind: &str| Call {
        name: name.to_owned(),
        args: IndexMap::from_iter([(key.to_owned(), thing(kind))]),
        within: None,
    };
    let stages = vec![call("discover", "of", "source"), call("store", "to", "repo"), call(text, text, text)];
    let mut second = Step::new(Action::Verb(call(text, text, text)));
    second.waits = vec![text.to_owned()];
    second.docs = ir.docs.clone();
    let zone = text.to_owned();
    let workflow = Workflow {
        docs: ir.docs.clone(),
        objective: Some(text.to_owned()),
        triggers: vec![
            Trigger::Event {
                name: text.to_owned(),
                args: IndexMap::from_iter([(text.to_owned(), thing(text))]),
            },
            Trigger::Daily { at: 1, zone, jitter: DurationMs(0) },
        ],
        other: IndexMap::from_iter([(text.to_owned(), Value::List(vec![thing(text)]))]),
        steps: IndexMap::from_iter([
            (text.to_owned(), Step::new(Action::Stages(stages))),
            (format!("{text} "), second),
        ]),
        ..Workflow::default()
    };
    ir.workflows.insert(text.to_owned(), workflow);
    ir
}

fn page_of(text: &str) -> String {
    let docs = Docs::from([(text.to_owned(), vec![text.to_owned()])]);
    page(&policy_of(text), &docs, Timestamp::UNIX_EPOCH).unwrap()
}

/// The tags of a page, each with its attributes as they stand, style sheet and all.
fn tags(page: &str) -> Vec<&str> {
    let (head, rest) = page.split_once("<style>").unwrap();
    let (_, body) = rest.split_once("</style>").unwrap();
    [head, body]
        .iter()
        .flat_map(|part| part.split('<').skip(1))
        .map(|part| part.split('>').next().unwrap())
        .collect()
}

#[test]
fn no_text_of_a_policy_becomes_markup() {
    let plain: Vec<String> = tags(&page_of("x")).into_iter().map(str::to_owned).collect();
    for hostile in HOSTILE {
        let page = page_of(hostile);
        let found = tags(&page);
        for tag in &found {
            let name = tag.trim_start_matches(['/', '!']).split([' ', '/', '\n']).next().unwrap();
            assert!(ELEMENTS.contains(&name) || name == "DOCTYPE", "{hostile:?} made <{tag}>");
            let attributes = tag.split('"').step_by(2).collect::<String>();
            assert!(!attributes.contains(" on"), "{hostile:?} made an attribute of <{tag}>");
        }
        let names = |tags: &[&str]| {
            tags.iter().map(|tag| tag.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let plain: Vec<&str> = plain.iter().map(String::as_str).collect();
        assert_eq!(names(&found), names(&plain), "{hostile:?}");
    }
}

#[test]
fn the_page_reaches_for_nothing() {
    let page = page_of("x");
    assert!(!page.contains("<script") && !page.contains("http://") && !page.contains("https://"));
    assert!(!page.contains("src=") && !page.contains("@import") && !page.contains("<link"));
    let out = page.split("href=\"").skip(1).find(|rest| !rest.starts_with('#'));
    assert_eq!(out.map(|rest| rest.get(..20)), None);
}

#[test]
fn every_link_leads_somewhere() {
    let page = page_of("x");
    let mut links: Vec<&str> =
        page.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    links.sort();
    links.dedup();
    for link in links {
        assert!(page.contains(&format!("id=\"{link}\"")), "#{link}");
    }
}

#[test]
fn the_same_policy_makes_the_same_page() {
    assert_eq!(page_of("x"), page_of("x"));
}
