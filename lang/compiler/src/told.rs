//! Diagnostics of several passes as one list: each mistake once, in the order of the files.

use foldhash::{HashMap, HashSet};
use mainstay_diagnostics::codes::{names, syntax, types};
use mainstay_diagnostics::{Code, Diagnostic, Severity, SourceMap, Span};
use mainstay_syntax::tokens;

/// Adds what was not found with an earlier choice of params, and says with which one it was.
pub(crate) fn add_new(all: &mut Vec<Diagnostic>, found: Vec<Diagnostic>, choice: Option<&str>) {
    let seen: HashSet<_> = all.iter().map(|found| (found.code, found.span())).collect();
    for diagnostic in found.into_iter().filter(|found| !seen.contains(&(found.code, found.span()))) {
        all.push(match choice {
            Some(choice) => diagnostic.note(format!("with {choice}")),
            None => diagnostic,
        });
    }
}

/// In order, each mistake once. The same unknown name at many places is one: the first place tells of the others. What
/// stands right behind a mistake and is none by itself is its echo.
pub(crate) fn folded(map: &SourceMap, mut all: Vec<Diagnostic>) -> Vec<Diagnostic> {
    all.sort_by_key(|found| (found.span().start, found.span().end));
    let mut known = HashSet::default();
    all.retain(|found| known.insert((found.code, found.span(), found.message.clone())));
    let mut kept: Vec<(Diagnostic, u32)> = Vec::new();
    let mut first: HashMap<String, usize> = HashMap::default();
    let mut echo = Span::default();
    for found in all {
        let inside = found.span().end <= echo.end && echo.start < found.span().start;
        if inside || kept.last().is_some_and(|(before, _)| is_echo(map, before, echo, &found)) {
            echo = echo.to(found.span());
            continue;
        }
        echo = Span::new(found.span().end, found.span().end);
        let Some(key) = unknown(map, &found) else {
            kept.push((found, 0));
            continue;
        };
        let known = first.get(&key).copied();
        if known.is_none() && found.code != types::UNKNOWN_FIELD {
            first.insert(key, kept.len());
        }
        match known.and_then(|at| kept.get_mut(at)) {
            Some((_, others)) => *others += 1,
            None => kept.push((found, 0)),
        }
    }
    let told = |(found, others)| match others {
        0 => found,
        1 => Diagnostic::note(found, "the same at one more place"),
        many => Diagnostic::note(found, format!("the same at {many} more places")),
    };
    kept.into_iter().map(told).collect()
}

/// The name that is not known, or the message where more than a name is told. A field that is not known may be one that
/// a name of before was meant to declare, and begins no fold of its own.
fn unknown(map: &SourceMap, found: &Diagnostic) -> Option<String> {
    match found.code {
        types::SPREAD => Some(found.message.clone()),
        names::UNKNOWN | names::MOVED | types::NOT_CALLED | types::UNKNOWN_FIELD => {
            map.text(found.span()).map(str::to_owned)
        }
        _ => None,
    }
}

/// So many tokens between two mistakes, and the second follows from the first: two neighbours have changed places.
const ECHO_TOKENS: usize = 2;

/// Longer gaps are not looked into.
const ECHO_BYTES: u32 = 100;

/// Mistakes of the parser that have no consequences: what they stand in could be read.
const PLAIN: [Code; 5] =
    [syntax::BAD_LITERAL, syntax::BAD_TEXT, syntax::BAD_COMMENT, syntax::BAD_NAME, syntax::STRAY_MARK];

/// Behind what the parser could not read, two tokens may be lost, and so it is the other way round. Behind a value that
/// is not known, a key that does not belong was perhaps that value; then its own value is none, too.
fn is_echo(map: &SourceMap, before: &Diagnostic, echo: Span, found: &Diagnostic) -> bool {
    let (end, start) = (before.span().end.max(echo.end), found.span().start);
    if found.severity != Severity::Error || start < end || start - end > ECHO_BYTES {
        return false;
    }
    let is_value = matches!(before.code, names::UNKNOWN | types::NOT_A_MEMBER | types::MISMATCH);
    let is_unknown = is_value || before.code == types::UNKNOWN_FIELD;
    let follows = is_of_syntax(before.code) && !PLAIN.contains(&before.code);
    let most = match (is_of_syntax(found.code), found.code) {
        (false, _) if follows => ECHO_TOKENS,
        (true, code) if is_unknown && code != syntax::MISSING_PART => 1,
        (_, names::MISPLACED) if is_unknown => 1,
        (_, types::UNKNOWN_FIELD | types::GIVEN_TWICE) if is_value => 0,
        (_, types::MISMATCH) if echo.start < echo.end => 1,
        _ => return false,
    };
    let Some(between) = map.text(Span::new(end, start)) else { return false };
    tokens(between).iter().filter(|token| !token.kind.is_trivia()).count() <= most
}

fn is_of_syntax(code: Code) -> bool {
    code.as_str().starts_with("E01")
}

/// Whether a policy with these does not compile.
pub(crate) fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|found| found.severity == Severity::Error)
}
