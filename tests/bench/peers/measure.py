#!/usr/bin/env python3
"""Mainstay beside other languages for configuration and policies: one estate, in the form of each.

    python3 tests/bench/peers/measure.py [--mainstay PROGRAM] [--pkl PROGRAM] [--taplo PROGRAM] [--python PYTHON]
        [--before "WORDS"] [--sizes 100,1000,10000] [--only PEER,..]
        [--show-faults] [--no-faults]

Programs are taken from PATH unless named; libraries (`cedarpy`, `kcl_lib`, `py-nickel`, `rjsonnet`) from the Python that is
named, by default this one. A peer that is not there is left out with one line. WORDS stand before each measured command:
`chrt --rr 1` keeps other work from the figures. Printed are tables for `spec/decisions/`.
"""

import argparse
import os
import resource
import shlex
import subprocess
import sys
import tempfile

import estate
from languages import ALL

ROUNDS = 3
# A command that takes longer is ended, and its cell says so.
LIMIT_SECONDS = 30


def run(words, before=()):
    """CPU seconds, MiB at most, the exit code, and what was printed."""
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen([*before, *words], stdout=out, stderr=subprocess.STDOUT, preexec_fn=limits)
        _, status, used = os.wait4(child.pid, 0)
        out.seek(0)
        said = out.read().decode(errors="replace")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, os.waitstatus_to_exitcode(status), said


def limits():
    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT_SECONDS, LIMIT_SECONDS))
    resource.setrlimit(resource.RLIMIT_STACK, (512 << 20, resource.RLIM_INFINITY))


def least(words, codes, before):
    """The least CPU seconds of some rounds, the most memory; none when the command fails."""
    seconds, memory = [], []
    for _ in range(ROUNDS):
        took, most, code, said = run(words, before)
        if code not in codes:
            reason = f"over {LIMIT_SECONDS} s" if took > LIMIT_SECONDS - 2 else (said.strip().split("\n") or [""])[-1][:100]
            return None, reason if reason.startswith("over") else f"exit {code}: {reason}"
        seconds.append(took)
        memory.append(most)
        if took > 2:
            break
    return min(seconds), max(memory)


def near(peer_place, token, text):
    """Whether a place that a peer names is on the faulty token."""
    line, column = peer_place
    if isinstance(column, tuple):
        _, shown, offset = column
        whole = text.split("\n")[line - 1] if line <= text.count("\n") else ""
        at = whole.find(shown.rstrip())
        if at < 0:
            return False, False
        column = at + offset + 1
    return line == token[0], line == token[0] and token[1] <= column <= token[2]


def faults(peer, folder, show):
    """How many faults are found; with the first place, or any place, on the token; with the first on its line."""
    counts = dict(found=0, first=0, any=0, line=0)
    for number, fault in enumerate(estate.FAULTS):
        text, token = estate.place(peer.form().render(estate.planted(number)), "line" in fault)
        file = peer.write(text, folder)
        words = getattr(peer, "check_placed", peer.check)(file)
        _, _, code, said = run(words)
        if code not in peer.wrong:
            if show:
                print(f"  {peer.name}: {fault[0]}: not found (exit {code})", file=sys.stderr)
            continue
        places = [near(place, token, text) for place in peer.first_place(said)]
        on = [on_token for _, on_token in places]
        counts["found"] += 1
        counts["first"] += bool(on and on[0])
        counts["any"] += any(on)
        counts["line"] += bool(places and places[0][0])
        if show and not any(on):
            print(f"  {peer.name}: {fault[0]}: elsewhere; wanted {token}, got {peer.first_place(said)[:3]}", file=sys.stderr)
    return counts


def cell(value, pattern="{:.2f}"):
    return pattern.format(value) if isinstance(value, float) else str(value)


def told(why):
    """What stands in a cell without a figure."""
    return why if why.startswith("over") else "-" if not why else "fails"


def growth(row):
    last, shown = None, []
    for value in row:
        if isinstance(value, float) and isinstance(last, float) and last > 0:
            shown.append(f"{value / last:.1f}")
        last = value
    return " ".join(shown) or "-"


def table(title, heads, rows):
    print(f"\n## {title}\n\n| peer | " + " | ".join(heads) + " |\n|---|" + "---|" * len(heads))
    for name, cells in rows:
        print(f"| {name} | " + " | ".join(cells) + " |")


def one_fault(form, count):
    """The estate with a key that nobody knows in the middle of it."""
    all_ = estate.estate(count)
    estate.key_is(f"nightly_{count // 2}.within", "withn")(all_)
    return estate.place(form.render(all_))[0]


def sizes_of(peer, sizes, folder, before):
    rows = dict(check=[], memory=[], first=[], format=[])
    for count in sizes:
        file = peer.write(peer.form().render(estate.estate(count)), folder)
        seconds, memory = least(peer.check(file), peer.clean, before)
        if seconds is None:
            print(f"{peer.name}, {count} workflows: {memory}", file=sys.stderr)
        rows["check"].append(told(memory) if seconds is None else seconds)
        rows["memory"].append("-" if seconds is None else memory)
        formatted, why = None, ""
        if hasattr(peer, "format"):
            formatted, why = least(peer.format(file), getattr(peer, "format_codes", (0,)), before)
            if formatted is None:
                print(f"{peer.name}, format of {count} workflows: {why}", file=sys.stderr)
        rows["format"].append(told(why) if formatted is None else formatted)
        file = peer.write(one_fault(peer.form(), count), folder)
        first, why = least(peer.check(file), peer.wrong, before)
        if first is None:
            print(f"{peer.name}, a fault in {count} workflows: {why}", file=sys.stderr)
        rows["first"].append(told(why) if first is None else first)
    return rows


def options():
    parser = argparse.ArgumentParser()
    for peer in ("mainstay", "pkl", "taplo", "python"):
        parser.add_argument(f"--{peer}")
    parser.add_argument("--before", default="")
    parser.add_argument("--sizes", default="100,1000,10000")
    parser.add_argument("--only", default="")
    parser.add_argument("--show-faults", action="store_true")
    parser.add_argument("--no-faults", action="store_true")
    return parser.parse_args()


def main():
    given = options()
    named = {key: value for key, value in vars(given).items() if value}
    sizes = [int(size) for size in given.sizes.split(",") if size]
    only = [name for name in given.only.split(",") if name]
    before = shlex.split(given.before)
    measured, found = [], []
    with tempfile.TemporaryDirectory() as folder:
        for kind in ALL:
            peer = kind(named)
            if only and peer.name not in only:
                continue
            if not peer.find():
                print(f"{peer.name} is not here: left out", file=sys.stderr)
                continue
            name = f"{peer.name} {peer.version()}"
            start = cell(least(peer.empty(), (0,), before)[0]) if hasattr(peer, "empty") else "-"
            measured.append((name, start, sizes_of(peer, sizes, folder, before)))
            if not given.no_faults:
                found.append((name, faults(peer, folder, given.show_faults)))
            print(f"{name}: done", file=sys.stderr)
    heads = [f"{size:,}" for size in sizes]
    for title, key in [("check", "check"), ("one fault in the middle, until it is told", "first"), ("format", "format")]:
        rows = [(name, [cell(one) for one in rows[key]] + [growth(rows[key])]) for name, _, rows in measured]
        table(f"{title}: CPU seconds by workflows", [*heads, "growth per tenfold"], rows)
    rows = [(name, [cell(one, "{:.0f}") for one in rows["memory"]]) for name, _, rows in measured]
    table("check: peak memory, MiB", heads, rows)
    table("start of the process alone: CPU seconds", ["start"], [(name, [start]) for name, start, _ in measured])
    if given.no_faults:
        return
    total = len(estate.FAULTS)
    rows = [(name, [str(one["found"]), str(one["first"]), str(one["any"]), str(one["line"])]) for name, one in found]
    heads = ["found", "first place on the token", "any place on the token", "first place on its line"]
    table(f"{total} planted faults", heads, rows)


if __name__ == "__main__":
    main()
