"""One estate as plain data: what each language is given in its own form, and the 50 faults that are planted in it.

A value is a tuple of its kind and what it holds. What a fault touches stands between MARK and UNMARK, so that the place
of the faulty token is known in each language's text.
"""

import copy

MARK, UNMARK = "\x01", "\x02"
ZONES = ["Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Sydney", "America/Sao_Paulo"]


def text(value):
    return ("text", value)


def dur(value):
    return ("dur", value)


def whole(value):
    return ("int", value)


def ref(kind, name):
    return ("ref", kind, name)


def made(kind, **fields):
    return ("made", kind, [[key, value] for key, value in fields.items()])


def decl(kind, name, **fields):
    return {"kind": kind, "name": name, "fields": [[key, value] for key, value in fields.items()]}


def step(name, kind, **fields):
    return {"kind": kind, "name": name, "fields": [[key, value] for key, value in fields.items()]}


def repo(name, path, pool, site, region, account):
    place = made("Place", site=text(site), region=text(region), account=text(account))
    return decl("Repo", name, path=text(path), key=ref("Secret", "estate_key"), pool=ref("Pool", pool), place=place)


def estate(count):
    """An estate of so many workflows; each tenth has a rehearsal beside it, as that of `cargo xtask estate`."""
    all_ = [
        decl("Secret", "estate_key", path=text("/etc/mainstay/estate.key")),
        decl("Channel", "ops", topic=text("ops")),
        decl("Sandbox", "lab", dir=text("/scratch")),
        decl("Pool", "disk", slots=whole(8)),
        decl("Pool", "uplink", slots=whole(4)),
        repo("onsite", "/backup", "disk", "a", "eu", "ops"),
        repo("offsite", "/vault", "uplink", "b", "eu", "vault"),
        decl(
            "Objective",
            "gold",
            rpo=dur("30h"),
            rto=dur("4h"),
            keep=made("Gfs", daily=whole(14), weekly=whole(8), monthly=whole(12)),
            copies=made("AtLeast", count=whole(2), sites=whole(2)),
            owner=ref("Channel", "ops"),
        ),
    ]
    for number in range(count):
        hour, minute, zone = 4 + number % 5, number % 60, ZONES[number % 5]
        data, keep = f"data_{number}", ("field", "gold", "keep")
        at = lambda hour: ("time", f"{hour:02}:{minute:02}")
        all_.append(decl("Source", data, roots=("list", [text(f"/srv/{number}")]), exclude=("list", [text("**/*.tmp")])))
        kept = f"kept_{number}"
        workflow = decl(
            "Workflow",
            f"nightly_{number}",
            objective=ref("Objective", "gold"),
            trigger=made("Daily", at=at(hour), zone=text(zone), jitter=dur("10min")),
            within=dur("3h"),
        )
        workflow["steps"] = [
            step(kept, "Protect", of=ref("Source", data), to=ref("Repo", "onsite"), keep=keep),
            step(f"away_{number}", "Copy", of=ref("Step", kept), to=ref("Repo", "offsite"), keep=keep),
        ]
        all_.append(workflow)
        if number % 10 == 0:
            rehearsal = decl(
                "Workflow",
                f"rehearsal_{number}",
                objective=ref("Objective", "gold"),
                trigger=made("Weekly", day=("member", "sunday"), at=at(6), zone=text(zone)),
                within=dur("4h"),
            )
            rehearsal["steps"] = [
                step(f"rehearse_{number}", "Drill", of=ref("Source", data), out_of=ref("Repo", "offsite"), into=ref("Sandbox", "lab"))
            ]
            all_.append(rehearsal)
    return all_


def find(all_, name):
    return next(one for one in all_ if one["name"] == name)


def slot(all_, path):
    """The `[key, value]` at a path such as `nightly_3.trigger.zone` or `nightly_3.#0.to`."""
    name, *rest = path.split(".")
    holder = find(all_, name)
    if rest[0].startswith("#"):
        holder = holder["steps"][int(rest[0][1:])]
        rest = rest[1:]
    fields = holder["fields"]
    for number, key in enumerate(rest):
        at = next(field for field in fields if field[0] == key)
        if number + 1 == len(rest):
            return fields, at
        fields = at[1][2]


def marked(value):
    return ("marked", value)


def value_is(path, value, place=None):
    """Another value; the place is that of the value, or of the whole that is wrong with it."""

    def plant(all_):
        slot(all_, path)[1][1] = value
        held = slot(all_, place or path)[1]
        held[1] = marked(held[1])

    return plant


def key_is(path, key):
    def plant(all_):
        slot(all_, path)[1][0] = MARK + key + UNMARK

    return plant


def gone(path, owner):
    """A field is left out: the place is what should have it. Of a declaration that is all of its first line."""

    def plant(all_):
        fields, at = slot(all_, path)
        fields.remove(at)
        if "." in owner:
            slot(all_, owner)[1][1] = marked(slot(all_, owner)[1][1])
        else:
            holder = find(all_, owner)
            holder["name"] = MARK + holder["name"] + UNMARK

    return plant


def twice(path):
    def plant(all_):
        fields, at = slot(all_, path)
        again = copy.deepcopy(at)
        again[0] = MARK + again[0] + UNMARK
        fields.append(again)

    return plant


def name_again(name, other):
    def plant(all_):
        find(all_, other)["name"] = MARK + name + UNMARK

    return plant


GFS = lambda **fields: made("Gfs", **{key: whole(value) for key, value in fields.items()})

FAULTS = [
    # Units.
    ("unit: 3hr", value_is("nightly_1.within", dur("3hr"))),
    ("unit: 30hours", value_is("gold.rpo", dur("30hours"))),
    ("unit: 10mins", value_is("nightly_7.trigger.jitter", dur("10mins"))),
    ("unit: 4hrs", value_is("gold.rto", dur("4hrs"))),
    ("unit: none", value_is("nightly_9.within", whole(3))),
    # Keys that nobody knows.
    ("key of a workflow", key_is("nightly_2.within", "withn")),
    ("key of a trigger", key_is("nightly_3.trigger.jitter", "jiter")),
    ("key of a source", key_is("data_4.exclude", "exclud")),
    ("key of a promise", key_is("gold.rto", "rtoo")),
    ("key of a repo", key_is("onsite.pool", "pol")),
    ("key of a step", key_is("nightly_5.#0.keep", "kep")),
    ("key of a retention", key_is("gold.keep.monthly", "montly")),
    ("key of a record", key_is("offsite.place.region", "regoin")),
    # The wrong kind of value.
    ("text for a duration", value_is("nightly_1.within", text("three hours"))),
    ("duration for a time", value_is("nightly_2.trigger.at", dur("4h"))),
    ("text for a list", value_is("data_3.roots", text("/srv/3"))),
    ("text for a number", value_is("disk.slots", text("eight"))),
    ("number for a text", value_is("lab.dir", whole(5))),
    ("number for a zone", value_is("nightly_6.trigger.zone", whole(1))),
    ("text for a count", value_is("gold.keep.daily", text("two weeks"))),
    ("pool for a key", value_is("onsite.key", ref("Pool", "disk"))),
    ("repo for a source", value_is("nightly_8.#0.of", ref("Repo", "offsite"))),
    ("source for a repo", value_is("nightly_8.#1.to", ref("Source", "data_8"))),
    ("objective for a channel", value_is("gold.owner", ref("Repo", "onsite"))),
    # References to nothing.
    ("no such source", value_is("nightly_4.#0.of", ref("Source", "dta_4"))),
    ("no such repo", value_is("nightly_5.#1.to", ref("Repo", "ofsite"))),
    ("no such step", value_is("nightly_6.#1.of", ref("Step", "kpt_6"))),
    ("no such objective", value_is("nightly_7.objective", ref("Objective", "glod"))),
    ("no such pool", value_is("offsite.pool", ref("Pool", "uplnk"))),
    ("no such secret", value_is("offsite.key", ref("Secret", "kee"))),
    ("no such channel", value_is("gold.owner", ref("Channel", "opps"))),
    ("no such sandbox", value_is("rehearsal_10.#0.into", ref("Sandbox", "labb"))),
    # Twice.
    ("two workflows of a name", name_again("nightly_2", "nightly_3")),
    ("two sources of a name", name_again("data_5", "data_6")),
    ("a key twice", twice("nightly_9.within")),
    ("a key of a trigger twice", twice("nightly_9.trigger.zone")),
    # Left out.
    ("a source without roots", gone("data_7.roots", "data_7"), "line"),
    ("a trigger without zone", gone("nightly_8.trigger.zone", "nightly_8.trigger")),
    ("a repo without path", gone("onsite.path", "onsite"), "line"),
    # Out of range, or no member.
    ("hour 25", value_is("nightly_3.trigger.at", ("time", "25:10"))),
    ("minute 70", value_is("nightly_4.trigger.at", ("time", "04:70"))),
    ("no such zone", value_is("nightly_5.trigger.zone", text("Europe/Berln"))),
    ("no such day", value_is("rehearsal_10.trigger.day", ("member", "sonday"))),
    ("no slots", value_is("uplink.slots", whole(0))),
    # Promises that are not kept.
    ("rpo under a day", value_is("gold.rpo", dur("12h"))),
    ("rpo: jitter", value_is("nightly_2.trigger.jitter", dur("6h"), "nightly_2.trigger")),
    ("retention does not cover", value_is("gold.keep.daily", whole(90), "gold.keep"), "keep"),
    ("more copies than are made", value_is("gold.copies.count", whole(3), "gold.copies")),
    ("more sites than there are", value_is("gold.copies.sites", whole(3), "gold.copies")),
    # Order.
    ("a copy of what is not stored", value_is("nightly_1.#1.of", ref("Source", "data_1"))),
]


def retentions_of_their_own(all_):
    """Steps keep 14 days whatever the promise says: else a longer promise is a longer retention."""
    for one in all_:
        for its in one.get("steps", []):
            for field in its["fields"]:
                if field[1] == ("field", "gold", "keep"):
                    field[1] = GFS(daily=14, weekly=8, monthly=12)


def planted(number, count=12):
    """The estate with one fault."""
    all_ = estate(count)
    _, plant, *how = FAULTS[number]
    if "keep" in how:
        retentions_of_their_own(all_)
    plant(all_)
    return all_


def place(rendered, whole_line=False):
    """The text without marks, and the faulty token as line, first and last column (all from 1)."""
    before, rest = rendered.split(MARK, 1)
    token, after = rest.split(UNMARK, 1)
    line = before.count("\n") + 1
    first = len(before) - (before.rfind("\n") + 1) + 1
    width = len(token.split("\n", 1)[0])
    text = before + token + after
    if whole_line:
        return text, (line, 1, len(text.split("\n")[line - 1]) + 1)
    return text, (line, first, first + max(width, 1) - 1)
