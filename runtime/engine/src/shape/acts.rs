//! Cutting the calls of a step into acts.

use mainstay_ir::{Action, Backoff, Call, Name, Step};

use super::arguments::{Arguments, Fault};
use super::{Act, ActKind};

/// Level of zstd for what no `compress` stands before: none is used.
const NOT_COMPRESSED: Option<i32> = None;

/// Stages on their way to `store`.
struct Underway {
    source: Name,
    level: Option<i32>,
    discover_ms: Option<u64>,
    snapshot_ms: Option<u64>,
}

/// The acts of a step.
pub(super) fn of(step: &Step) -> Result<Vec<Act>, Fault> {
    match &step.action {
        Action::Verb(call) => Ok(vec![act(call, verb(call)?, &step.retry)]),
        Action::Stages(calls) => stages(calls, &step.retry),
    }
}

fn act(call: &Call, kind: ActKind, retry: &Backoff) -> Act {
    let arguments = Arguments(call);
    Act { kind, retry: arguments.retry(retry), within_ms: arguments.within_ms() }
}

fn verb(call: &Call) -> Result<ActKind, Fault> {
    let arguments = Arguments(call);
    match call.name.as_str() {
        "hook" => hook(arguments),
        "check" => {
            Ok(ActKind::Check { repo: arguments.thing("repo")?, read_data: arguments.truth("read_data") })
        }
        _ => Err(Fault::NotCarried(call.name.clone())),
    }
}

fn hook(arguments: Arguments<'_>) -> Result<ActKind, Fault> {
    if !arguments.is_absent("as") {
        return Err(Fault::NotCarried("hook as".to_owned()));
    }
    if !arguments.is_absent("on") {
        return Err(Fault::NotCarried("hook on".to_owned()));
    }
    Ok(ActKind::Hook {
        argv: arguments.texts("argv")?,
        with: arguments.variables("with")?,
        skip_on: arguments.numbers("skip_on")?,
    })
}

fn stages(calls: &[Call], retry: &Backoff) -> Result<Vec<Act>, Fault> {
    let mut acts = Vec::new();
    let mut underway: Option<Underway> = None;
    for call in calls {
        if let Some(kind) = stage(call, &mut underway)? {
            acts.push(act(call, kind, retry));
        }
    }
    if underway.is_some() { Err(Fault::NoStore) } else { Ok(acts) }
}

/// The act that a stage ends, if it ends one.
fn stage(call: &Call, underway: &mut Option<Underway>) -> Result<Option<ActKind>, Fault> {
    let arguments = Arguments(call);
    let kind = match call.name.as_str() {
        "discover" => {
            *underway = Some(begin(arguments)?);
            return Ok(None);
        }
        "snapshot" | "compress" | "encrypt" => {
            go_on(arguments, underway.as_mut().ok_or(Fault::NoStore)?)?;
            return Ok(None);
        }
        "store" => store(arguments, underway.take().ok_or(Fault::NoStore)?)?,
        "replicate" => ActKind::Replicate { from: arguments.from(), to: arguments.thing("to")? },
        "latest" => ActKind::Latest { source: arguments.thing("of")?, repo: arguments.thing("in")? },
        "verify" => ActKind::Verify {
            from: arguments.from(),
            sample_ppm: arguments.percent("sample")?,
            all_within_ms: arguments.duration("all_within")?.0,
        },
        "retain" => ActKind::Retain { from: arguments.from(), keep: arguments.retention("keep")? },
        _ => return Err(Fault::NotCarried(call.name.clone())),
    };
    Ok(Some(kind))
}

fn begin(arguments: Arguments<'_>) -> Result<Underway, Fault> {
    Ok(Underway {
        source: arguments.thing("of")?,
        level: NOT_COMPRESSED,
        discover_ms: arguments.within_ms(),
        snapshot_ms: None,
    })
}

fn go_on(arguments: Arguments<'_>, underway: &mut Underway) -> Result<(), Fault> {
    match arguments.0.name.as_str() {
        "snapshot" => underway.snapshot_ms = arguments.within_ms(),
        "compress" if arguments.member("codec") != Some("none") => {
            underway.level = Some(arguments.small("level")?);
        }
        _ => {}
    }
    Ok(())
}

fn store(arguments: Arguments<'_>, underway: Underway) -> Result<ActKind, Fault> {
    Ok(ActKind::Backup {
        source: underway.source,
        repo: arguments.thing("to")?,
        level: underway.level,
        discover_ms: underway.discover_ms,
        snapshot_ms: underway.snapshot_ms,
        checkpoint_bytes: arguments.bytes_if("checkpoint"),
    })
}
