//! A sandbox lies where no source does: a rehearsal writes there, and may never meet what is protected.

use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::stages;
use mainstay_ir::{Constructed, Value};

use super::fields::folders;
use super::policy::{Policy, text};
use super::report::Report;

/// Marks of a pattern: what stands before them in a path is meant as written.
const WILD: [char; 3] = ['*', '?', '['];

pub(super) fn check(policy: &Policy<'_>, report: &mut Report) {
    for (name, sandbox) in &policy.ir.sandboxes {
        let Some(dir) = sandbox.fields.get("dir").and_then(text) else { continue };
        let beside = |source: &Constructed| source.fields.get("on") == sandbox.fields.get("on");
        for (source, made) in policy.ir.sources.iter().filter(|(_, source)| beside(source)) {
            if let Some((field, _)) = places(made).into_iter().find(|(_, root)| meet(dir, root, made)) {
                report.add("sandbox", format!("`{name}`"), met(policy, name, source, field));
            }
        }
    }
}

fn met(policy: &Policy<'_>, name: &str, source: &str, field: &str) -> Diagnostic {
    let message = format!(
        "the sandbox `{name}` lies where `{source}` does: a drill would write into what is protected"
    );
    let span = policy.span(&format!("sandbox.{name}.dir"));
    Diagnostic::error(stages::SANDBOX, message, span, "restores are rehearsed here")
        .label(policy.span(&format!("source.{source}.{field}")), "this is protected")
        .help("give the sandbox a folder of its own")
}

/// The fields of a source that name places, with each place.
fn places(source: &Constructed) -> Vec<(&'static str, &str)> {
    let list = |field: &str| match source.fields.get(field) {
        Some(Value::List(items)) => items.iter().filter_map(text).collect(),
        Some(value) => text(value).into_iter().collect(),
        None => Vec::new(),
    };
    match source.constructor.as_str() {
        "files" => list("roots").into_iter().map(|root| ("roots", root)).collect(),
        "sqlite" => list("path").into_iter().map(|path| ("path", path)).collect(),
        _ => Vec::new(),
    }
}

/// Whether one of two places holds the other; what the source leaves out is not in its place.
fn meet(dir: &str, root: &str, source: &Constructed) -> bool {
    let (dir, fixed) = (parts(dir), parts(root));
    if fixed.starts_with(&dir) {
        return true;
    }
    let excluded = match source.fields.get("exclude") {
        Some(Value::List(items)) => items.iter().filter_map(text).any(|out| leaves_out(out, root, &dir)),
        _ => false,
    };
    dir.starts_with(&fixed) && !excluded
}

/// Whether a pattern leaves out all of a folder: it names the folder, or one above, by its whole path or from the root on.
fn leaves_out(pattern: &str, root: &str, dir: &[&str]) -> bool {
    let named = pattern.trim_end_matches("/**");
    let whole = if named.starts_with('/') { named.to_owned() } else { format!("{root}/{named}") };
    !named.contains(WILD) && dir.starts_with(&parts(&whole))
}

/// The parts of a path, up to the first that is a pattern.
fn parts(path: &str) -> Vec<&str> {
    folders(path).into_iter().take_while(|part| !part.contains(WILD)).collect()
}

#[cfg(test)]
mod tests {
    use crate::tests::one;

    fn codes(dir: &str, source: &str) -> Vec<String> {
        let text = format!(
            "edition 2026\npolicy p\nsecret key = file(\"/k\")\nhost far = agent {{ name: \"far\" }}\nsource s = {source}\n\
             repo r = local {{ path: \"/r\", key: key }}\nsandbox lab = scratch {{ dir: \"{dir}\" }}\n\
             workflow w {{ step back = latest(s, in: r) |> drill(into: lab) }}\n"
        );
        let told = one(&text).diagnostics;
        told.iter().map(|one| one.code.to_string()).filter(|code| code.starts_with('E')).collect()
    }

    #[test]
    fn a_sandbox_never_lies_where_a_source_does() {
        for (dir, source) in [
            ("/srv", "files { roots: [\"/srv\"] }"),
            ("/srv", "files { roots: [\"/etc\", \"/srv/a/b\"] }"),
            ("/scratch/../srv/lab", "files { roots: [\"/srv\"] }"),
            ("/srv/scratch/", "files { roots: [\"/srv\"] }"),
            ("/srv/a", "files { roots: [\"/srv/*/data\"] }"),
            ("/srv", "sqlite { path: \"/srv/shop.db\" }"),
            ("/any", "files { roots: [\"/\"], exclude: [\"/anything/**\", \"**/any\"] }"),
        ] {
            assert_eq!(codes(dir, source), ["E0406"], "{dir} {source}");
        }
    }

    #[test]
    fn beside_a_source_it_may_lie() {
        for (dir, source) in [
            ("/scratch", "files { roots: [\"/srv\"] }"),
            ("/srv2", "files { roots: [\"/srv\"] }"),
            ("/srv", "files { on: far, roots: [\"/srv\"] }"),
            ("/scratch", "files { roots: [\"/\"], exclude: [\"/scratch/**\"] }"),
            ("/srv/lab/x", "files { roots: [\"/srv\"], exclude: [\"lab\"] }"),
            ("/srv", "command { argv: [\"/srv/list\"] }"),
        ] {
            assert_eq!(codes(dir, source), [""; 0], "{dir} {source}");
        }
    }
}
