//! What is shown is cut, what is compared is not.

use super::{said, same};

const LONG: &str = r#"edition 2026
policy long
use std.pipelines.protect
secret key  = file("/k")
source home = files { roots: ["/home"] }
repo shelf  = local { path: "/shelf", key: key }
sandbox box = scratch { dir: "/tmp/x" }
workflow w {
  trigger: [daily(at: 01:00, zone: "UTC"), daily(at: 02:00, zone: "UTC"), daily(at: 03:00, zone: "UTC"),
    daily(at: 04:00, zone: "UTC"), daily(at: 05:00, zone: "UTC"), daily(at: 06:00, zone: "UTC"),
    daily(at: 07:00, zone: "UTC"), daily(at: 08:00, zone: "UTC"), daily(at: 09:00, zone: "UTC"), every(1h)]
  within: 30min
  step one = hook(["./a"]) undo hook(["a", "b", "c", "d", "e", "f", "g", "h", "i", "undo"])
  bracket(acquire: hook(["x"]), release: hook(["a", "b", "c", "d", "e", "f", "g", "h", "i", "release"])) { hook(["./b"]) }
}
workflow v {
  trigger: daily(at: 01:30, zone: "UTC")
  within: 2h
  step kept = protect(home, to: shelf, keep: gfs(daily: 14))
  step tried = kept |> drill(into: box, check: [program(["a", "b", "c", "d", "e", "f", "g", "h", "i", "--strict"])])
}
estate all { discover: [databases(of: home)] }
"#;

#[test]
fn what_stands_behind_the_eighth_item_counts() {
    let one = |from: &str, to: &str| said(LONG, &[(from, to)]);
    same(
        &one("\"undo\"", "\"rm\""),
        &[
            r#"Neutral Care workflow w, step one, undo: .."undo"], with: [], skip_on: []) -> .."rm"], with: [], skip_on: [])"#,
        ],
    );
    same(
        &one("\"release\"", "\"rm\""),
        &[
            r#"Neutral Care workflow w, bracket hook(argv: ["x"], with: [], skip_on: []), release: .."release"], with: [], skip_on: []) -> .."rm"], with: [], skip_on: [])"#,
        ],
    );
    same(
        &one("--strict", "--dry"),
        &[
            r#"Weaker Care `home` on `shelf`, drill check: .."--strict"])] -> .."--dry"])]; less is asked of what was restored"#,
        ],
    );
    same(
        &one("every(1h)", "every(1000h)"),
        &[
            r#"Weaker Running workflow w, trigger: ..every(1h)] -> ..every(1000h)]; from one run to the next at most: 1 h -> 16 h"#,
        ],
    );
}
