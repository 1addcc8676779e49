//! scratch
#![allow(
    clippy::all,
    clippy::pedantic,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::allow_attributes,
    clippy::disallowed_methods,
    clippy::allow_attributes_without_reason,
    clippy::indexing_slicing
)]
fn main() {
    for path in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut map = mainstay_diagnostics::SourceMap::default();
        let file = map.add(path.clone(), text);
        let parsed = mainstay_syntax::parse(&map, file);
        for d in &parsed.diagnostics {
            let (_, at) = map.line_column(d.span().start).unwrap();
            println!(
                "{path}:{}:{}: {} {} [{}] {:?}",
                at.line,
                at.column,
                d.code,
                d.message,
                map.text(d.span()).unwrap_or("").lines().next().unwrap_or(""),
                d.fixes.iter().map(|f| &f.title).collect::<Vec<_>>()
            );
        }
        if path.ends_with("dump.stay") {
            println!("{:#?}", parsed.file);
        }
    }
}
