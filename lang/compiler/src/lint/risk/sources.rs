//! Risks in how sources and repos are declared.

use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::risk;
use mainstay_ir::{Constructed, Value};

use crate::prove::policy::{Policy, text};

/// Shells whose `-c` takes a line with pipes.
const SHELLS: [&str; 6] = ["sh", "bash", "dash", "zsh", "ksh", "ash"];

/// Programs that pack what flows through them.
const PACKERS: [&str; 9] = ["gzip", "pigz", "bzip2", "pbzip2", "xz", "zstd", "lz4", "7z", "zip"];

/// Names of packed files.
const PACKED_NAMES: [&str; 7] = [".gz", ".bz2", ".xz", ".zst", ".lz4", ".zip", ".7z"];

/// Where database servers keep their files, on the systems that most servers run.
pub(super) const DATABASE_FOLDERS: [&str; 11] = [
    "/var/lib/postgresql",
    "/var/lib/pgsql",
    "/var/lib/mysql",
    "/var/lib/mariadb",
    "/var/lib/mongodb",
    "/var/lib/mongo",
    "/var/lib/redis",
    "/var/lib/influxdb",
    "/var/lib/elasticsearch",
    "/var/lib/clickhouse",
    "/var/lib/cassandra",
];

/// Snapshots of a file system hold a moment; nothing else does.
pub(super) const MOMENTS: [&str; 3] = ["lvm", "btrfs", "zfs"];

/// Streams that one medium bears; more only make it slower. Flash and object stores are not counted.
const MEDIA: [(&str, u32); 2] = [("tape", 1), ("hdd", 8)];

pub(super) fn look(policy: &Policy<'_>, found: &mut Vec<Diagnostic>) {
    for (name, source) in &policy.ir.sources {
        let looked = match source.constructor.as_str() {
            "command" => [masked_exit(policy, name, source), packed_stream(policy, name, source)],
            "postgres" => [no_globals(policy, name, source), None],
            "files" => [live_database(policy, name, source), None],
            _ => [None, None],
        };
        found.extend(looked.into_iter().flatten());
    }
    found.extend(policy.ir.repos.iter().filter_map(|(name, repo)| one_recipient(policy, name, repo)));
    found.extend(policy.ir.pools.iter().filter_map(|(name, pool)| too_many_slots(policy, name, pool)));
}

pub(super) fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::List(values)) => values.iter().filter_map(text).collect(),
        _ => Vec::new(),
    }
}

/// The last part of a path.
fn program(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The line that a shell is given, when the argv starts one, without what stands in quotes.
fn shell_line(argv: &[&str]) -> Option<String> {
    let (shell, rest) = argv.split_first()?;
    let takes_line = |flag: &&&str| flag.starts_with('-') && flag.ends_with('c');
    let at = rest.iter().position(|flag| takes_line(&flag))?;
    let line = rest.get(at + 1).filter(|_| SHELLS.contains(&program(shell)))?;
    let mut quote = None;
    let outside = line.chars().filter(|character| match quote {
        Some(open) => {
            quote = Some(open).filter(|open| open != character);
            false
        }
        None => {
            quote = Some(*character).filter(|it| matches!(it, '\'' | '"'));
            quote.is_none()
        }
    });
    Some(outside.collect::<String>().replace("||", " or "))
}

fn masked_exit(policy: &Policy<'_>, name: &str, source: &Constructed) -> Option<Diagnostic> {
    let argv = texts(source.fields.get("argv"));
    let minds = argv.iter().any(|word| word.contains("pipefail"));
    let line = shell_line(&argv).filter(|line| line.contains('|') && !minds)?;
    let first = line
        .split('|')
        .next()
        .and_then(|part| part.split_whitespace().next())
        .unwrap_or("the first program")
        .to_owned();
    let span = policy.span(&format!("source.{name}.argv"));
    let message = format!("when `{first}` fails in this pipe, the shell still says that all went well");
    Some(
        Diagnostic::warning(risk::MASKED_EXIT, message, span, "only the last program's end counts")
            .note("half a dump would be stored, and called a backup")
            .help("give the program itself as `argv`, or start the line with `set -o pipefail;` in a shell that has it"),
    )
}

fn packed_stream(policy: &Policy<'_>, name: &str, source: &Constructed) -> Option<Diagnostic> {
    let deduplicates =
        |repo: &str| policy.ir.repos.get(repo).is_some_and(|repo| repo.constructor != "archive");
    let copy = policy.flows().all().find(|copy| copy.source == name && deduplicates(copy.repo))?;
    let argv = texts(source.fields.get("argv"));
    let line = shell_line(&argv).unwrap_or_default();
    let last: Vec<&str> =
        line.split('|').next_back().map(|part| part.split_whitespace().collect()).unwrap_or_default();
    let by_program = packs(&argv) || packs(&last);
    let by_name = source
        .fields
        .get("as")
        .and_then(text)
        .is_some_and(|name| PACKED_NAMES.iter().any(|end| name.ends_with(end)));
    if !by_program && !by_name {
        return None;
    }
    let span = policy.span(&format!("source.{name}.{}", if by_program { "argv" } else { "as" }));
    let message =
        format!("`{name}` is packed before it is stored, so `{}` stores all of it each time", copy.repo);
    Some(
        Diagnostic::warning(risk::PACKED_STREAM, message, span, "packed here")
            .label(policy.span(&format!("repo.{}", copy.repo)), "stores what is new, and packs it")
            .note("one changed byte changes all that a packer writes after it")
            .help("let the program write plain bytes: the pipeline packs them"),
    )
}

/// Whether what a program writes is packed: it packs, or was told to.
fn packs(argv: &[&str]) -> bool {
    let Some((first, args)) = argv.split_first() else { return false };
    let has = |wanted: &[&str]| args.iter().any(|arg| wanted.contains(arg));
    match program(first) {
        "pg_dump" => {
            let apart = args.windows(2).any(|pair| matches!(pair, ["-F" | "--format", "c" | "custom"]));
            let custom = apart || has(&["-Fc", "-Fcustom", "--format=c", "--format=custom"]);
            custom && !has(&["-Z0", "--compress=0", "--compress=none"])
        }
        "tar" => {
            let bundled = |arg: &&str| {
                let letters = arg.strip_prefix('-').unwrap_or(arg);
                letters.starts_with('c')
                    && letters.chars().all(char::is_alphabetic)
                    && letters.contains(['z', 'j', 'J'])
            };
            args.first().is_some_and(bundled)
                || has(&["-z", "-j", "-J", "--gzip", "--bzip2", "--xz", "--zstd"])
        }
        "mongodump" => has(&["--gzip"]),
        name => PACKERS.contains(&name),
    }
}

/// Reported for the first of a server's sources only.
fn no_globals(policy: &Policy<'_>, name: &str, source: &Constructed) -> Option<Diagnostic> {
    let field = |one: &Constructed, name: &str| one.fields.get(name).cloned();
    let server = |one: &Constructed| [field(one, "host"), field(one, "port"), field(one, "on")];
    let beside = policy
        .ir
        .sources
        .iter()
        .filter(|(_, one)| one.constructor == "postgres" && server(one) == server(source));
    let beside: Vec<_> = beside.collect();
    if beside.iter().any(|(_, one)| one.fields.get("globals") == Some(&Value::Bool(true))) {
        return None;
    }
    let dumped = |name: &str, one: &Constructed| {
        let physical = one.fields.get("mode").and_then(text) == Some("physical");
        !physical && policy.flows().all().any(|copy| copy.source == name)
    };
    let (first, _) = beside.into_iter().find(|(name, one)| dumped(name, one))?;
    if first != name {
        return None;
    }
    let span = policy.span(&format!("source.{name}"));
    let message = format!("`{name}` is dumped without the roles and tablespaces that its objects belong to");
    Some(
        Diagnostic::warning(risk::NO_GLOBALS, message, span, "no `globals: true` for this server")
            .note("a restore into a fresh server stops at the first owner that does not exist")
            .help("add `globals: true`"),
    )
}

/// Whether a path is a folder, or lies in it.
pub(super) fn below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn live_database(policy: &Policy<'_>, name: &str, source: &Constructed) -> Option<Diagnostic> {
    if source.fields.get("snapshot").and_then(text).is_some_and(|kind| MOMENTS.contains(&kind)) {
        return None;
    }
    let inside = |root: &&str| DATABASE_FOLDERS.iter().any(|folder| below(root, folder));
    let root = texts(source.fields.get("roots")).into_iter().find(inside)?;
    let span = policy.span(&format!("source.{name}.roots"));
    let message = format!("`{root}` holds a live database, and its files are read one after another");
    Some(
        Diagnostic::warning(risk::LIVE_DATABASE, message, span, "no moment in which these files belong together")
            .help("let the database dump itself (`postgres`, `mariadb`, `redis`, `command`), or take a `snapshot: lvm`, `btrfs` or `zfs` of them"),
    )
}

fn one_recipient(policy: &Policy<'_>, name: &str, repo: &Constructed) -> Option<Diagnostic> {
    let recipients = texts(repo.fields.get("recipients"));
    let [_] = recipients.as_slice() else { return None };
    let span = policy.span(&format!("repo.{name}.recipients"));
    let message = format!("one person can read `{name}`, and nobody when that key is lost");
    let said = Diagnostic::warning(risk::ONE_RECIPIENT, message, span, "one recipient");
    Some(said.help("add a second recipient whose key lies elsewhere"))
}

fn too_many_slots(policy: &Policy<'_>, name: &str, pool: &mainstay_ir::Pool) -> Option<Diagnostic> {
    let medium = pool.other.get("medium").and_then(text)?;
    let (_, bears) = MEDIA.into_iter().find(|(known, _)| *known == medium)?;
    let (_, most) = pool.slots.filter(|(_, most)| *most > bears)?;
    let message = format!("`{name}` lets {most} streams onto one {medium}, which bears {bears}");
    let said = Diagnostic::warning(
        risk::TOO_MANY_SLOTS,
        message,
        policy.span(&format!("pool.{name}.slots")),
        "more make each other slow",
    );
    Some(
        said.label(policy.span(&format!("pool.{name}.medium")), "the medium")
            .help(format!("write `slots: {bears}`, or leave `slots` out")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_that_pack_are_known_by_their_names_and_by_what_they_are_told() {
        let packed = [
            "/usr/bin/gzip -9",
            "pg_dump -Fc app",
            "pg_dump -F c app",
            "tar czf - /srv",
            "tar -cf - --zstd /srv",
        ];
        let plain =
            ["pg_dump app", "pg_dump -Fc -Z0 app", "tar -cf - /srv/jazz", "cat a.gz", "tar -xzf a", ""];
        let packs = |line: &str| super::packs(&line.split_whitespace().collect::<Vec<_>>());
        assert!(packed.into_iter().all(packs));
        assert!(!plain.into_iter().any(packs));
    }

    #[test]
    fn a_line_of_the_shell_is_read_without_its_quotes() {
        let line = |argv: &[&str]| shell_line(argv);
        assert_eq!(line(&["/bin/sh", "-c", "dump 'a|b' | gzip"]).as_deref(), Some("dump  | gzip"));
        assert_eq!(line(&["bash", "-e", "-uc", "a || b"]).as_deref(), Some("a  or  b"));
        assert_eq!(line(&["pg_dump", "-c", "a | b"]), None);
        assert_eq!(line(&["sh", "./dump"]), None);
    }
}
