"""The estate in the form of each language, with a schema that says of it what that language can say."""

from estate import MARK, UNMARK

QUOTED = lambda text: '"' + text + '"'


class Form:
    """How declarations and values are written; what is the same in most languages stands here."""

    equals = " = "
    between = ",\n"
    quoted_keys = False

    def value(self, value):
        kind = value[0]
        if kind == "marked":
            return MARK + self.value(value[1]) + UNMARK
        if kind == "list":
            return "[" + ", ".join(self.value(one) for one in value[1]) + "]"
        if kind == "made":
            return self.made(value)
        return getattr(self, kind)(*value[1:])

    def text(self, text):
        return QUOTED(text)

    member = dur = time = text

    def int(self, number):
        return str(number)

    def ref(self, kind, name):
        return name

    def field(self, name, key):
        return f"{name}.{key}"

    def made(self, value):
        return "{ " + ", ".join(f"{key}{self.equals}{self.value(held)}" for key, held in value[2]) + " }"

    def fields(self, fields, indent="  "):
        return self.between.join(f"{indent}{key}{self.equals}{self.value(value)}" for key, value in fields)


class Mainstay(Form):
    equals = ": "
    between = "\n"
    kinds = {"Source": "source", "Repo": "repo", "Pool": "pool", "Sandbox": "sandbox", "Channel": "channel"}
    makers = {"Source": "= files ", "Repo": "= local ", "Pool": "", "Sandbox": "= scratch ", "Channel": "= ntfy "}

    def dur(self, text):
        return text

    member = time = dur

    def made(self, value):
        if value[1] == "Place":
            return super().made(value)
        name = {"Gfs": "gfs", "AtLeast": "at_least", "Daily": "daily", "Weekly": "weekly"}[value[1]]
        return name + "(" + ", ".join(f"{key}: {self.value(held)}" for key, held in value[2]) + ")"

    def step(self, step):
        at = lambda number: self.value(step["fields"][number][1])
        if step["kind"] == "Drill":
            return f"latest({at(0)}, in: {at(1)}) |> drill(into: {at(2)})"
        rest = ", ".join(f"{key}: {self.value(value)}" for key, value in step["fields"][1:])
        return f"{step['kind'].lower()}({at(0)}, {rest})"

    def decl(self, one):
        kind, name, fields = one["kind"], one["name"], one["fields"]
        if kind == "Secret":
            return f"secret {name} = file({self.value(fields[0][1])})"
        if kind == "Objective":
            return f"objective {name} {{\n{self.fields(fields)}\n}}"
        if kind != "Workflow":
            return f"{self.kinds[kind]} {name} {self.makers[kind]}{{\n{self.fields(fields)}\n}}"
        steps = "\n".join(f"  step {step['name']} = {self.step(step)}" for step in one["steps"])
        objective = self.value(fields[0][1])
        return f"workflow {name} for {objective} {{\n{self.fields(fields[1:])}\n{steps}\n}}"

    def render(self, all_):
        head = "edition 2026\npolicy services\nuse std.pipelines.{protect, copy}\n\n"
        return head + "\n".join(self.decl(one) for one in all_) + "\n"


class Declared(Form):
    """Languages in which a step is a value of its own beside its workflow, which lists it."""

    def decls(self, all_):
        for one in all_:
            steps = one.get("steps", [])
            yield from steps
            fields = list(one["fields"])
            if steps:
                names = [step["name"].replace(MARK, "").replace(UNMARK, "") for step in steps]
                fields.append(["steps", ("list", [("ref", "Step", name) for name in names])])
            yield one["kind"], one["name"], fields

    def render(self, all_):
        out = []
        for one in self.decls(all_):
            kind, name, fields = (one["kind"], one["name"], one["fields"]) if isinstance(one, dict) else one
            out.append(self.decl(kind, name, fields))
        return self.schema + self.join.join(out) + self.tail

    join, tail = "\n", "\n"


class Kcl(Declared):
    between = "\n"
    schema = open_schema = None

    def __init__(self):
        self.schema = KCL

    def made(self, value):
        return value[1] + " {" + super().made(value)[1:]

    def decl(self, kind, name, fields):
        return f"{name} = {kind} {{\n{self.fields(fields, '    ')}\n}}"


class Pkl(Declared):
    between = "\n"

    def __init__(self):
        self.schema = PKL

    def dur(self, text):
        number = text.rstrip("abcdefghijklmnopqrstuvwxyz")
        return f"{number}.{text[len(number):]}"

    def value(self, value):
        if value[0] == "list":
            return "List(" + ", ".join(self.value(one) for one in value[1]) + ")"
        return super().value(value)

    def made(self, value):
        held = "; ".join(f"{key} = {self.value(held)}" for key, held in value[2])
        return f"new {value[1]} {{ {held} }}"

    def decl(self, kind, name, fields):
        return f"{name}: {kind} = new {{\n{self.fields(fields)}\n}}"


class Jsonnet(Declared):
    equals = ": "

    def __init__(self):
        self.schema = JSONNET

    join, tail = ",\n", "\n}\n"

    def ref(self, kind, name):
        return f"$.{name}"

    def field(self, name, key):
        return f"$.{name}.{key}"

    def made(self, value):
        return f"s.{value[1]}(" + super().made(value) + ")"

    def decl(self, kind, name, fields):
        return f"  {name}: s.{kind}({{\n{self.fields(fields, '    ')}\n  }})"


class Nickel(Declared):
    def __init__(self):
        self.schema = NICKEL

    join, tail = ",\n", "\n}\n"

    def member(self, text):
        return f"'{text}"

    def made(self, value):
        # The field that holds it has its contract.
        return super().made(value)

    def decl(self, kind, name, fields):
        return f"  {name} | {kind} = {{\n{self.fields(fields, '    ')}\n  }}"


class Toml(Form):
    between = "\n"

    def ref(self, kind, name):
        return QUOTED(name)

    def field(self, name, key):
        return QUOTED(f"{name}.{key}")

    def render(self, all_):
        out = []
        for one in all_:
            fields = self.fields(one["fields"], "")
            out.append(f"[{one['kind'].lower()}.{one['name']}]\n{fields}\n")
            plain = one["name"].replace(MARK, "").replace(UNMARK, "")
            for step in one.get("steps", []):
                name = f"{one['kind'].lower()}.{plain}.steps.{step['name']}"
                fields = self.fields([["kind", ("text", step["kind"].lower())], *step["fields"]], "")
                out.append(f"[{name}]\n{fields}\n")
        return "\n".join(out)


class Cedar(Form):
    """A policy for each step: who is protected is its principal, where it goes its resource, the rest its conditions."""

    def ref(self, kind, name):
        return f'{kind}::"{name}"'

    def dur(self, text):
        return f'duration("{text.replace("min", "m")}")'

    def field(self, name, key):
        return f'Retention::"{name}.{key}"'

    def value(self, value):
        return super().value(value)

    def made(self, value):
        return "{ " + ", ".join(f"{key}: {self.value(held)}" for key, held in value[2]) + " }"

    def render(self, all_):
        out = []
        for one in all_:
            if one["kind"] != "Workflow":
                said = " && ".join(f"resource.{key} == {self.value(value)}" for key, value in one["fields"])
                action = f'Action::"declare_{one["kind"].lower()}"'
                out.append(f'permit(principal, action == {action}, resource == {one["kind"]}::"{one["name"]}")\nwhen {{ {said} }};')
                continue
            for step in one["steps"]:
                fields = dict((key.strip(MARK + UNMARK), (key, value)) for key, value in step["fields"])
                conditions = [f"context.{key} == {self.value(value)}" for key, value in one["fields"]]
                conditions += [f"context.{key} == {self.value(value)}" for name, (key, value) in fields.items() if name != "of"]
                of = self.value(fields["of"][1])
                out.append(
                    f'@workflow("{one["name"]}")\n@step("{step["name"]}")\n'
                    f'permit(principal == {of}, action == Action::"{step["kind"].lower()}", resource)\n'
                    f"when {{ {' && '.join(conditions)} }};"
                )
        return "\n".join(out) + "\n"


KCL = '''import regex
minutes = lambda d: str -> int { int(d[:-1]) * 60 if d[-1] == "h" else int(d[:-3]) }
zones = ["Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Sydney", "America/Sao_Paulo", "UTC"]
type Span = str
schema Secret:
    path: str
schema Channel:
    topic: str
schema Sandbox:
    dir: str
schema Pool:
    slots: int
    check:
        slots > 0
schema Place:
    site: str
    region: str
    account: str
schema Repo:
    path: str
    key: Secret
    pool?: Pool
    place?: Place
schema Gfs:
    daily?: int = 0
    weekly?: int = 0
    monthly?: int = 0
schema AtLeast:
    count: int
    sites?: int = 0
schema Objective:
    rpo: str
    rto?: str
    keep: Gfs
    copies: AtLeast
    owner: Channel
    check:
        regex.match(rpo, r"^[0-9]+(h|min)$")
        regex.match(rto, r"^[0-9]+(h|min)$") if rto
schema Source:
    roots: [str]
    exclude?: [str]
schema Trigger:
    at: str
    zone: str
    jitter?: str = "0min"
    check:
        regex.match(at, r"^([01][0-9]|2[0-3]):[0-5][0-9]$")
        zone in zones
        regex.match(jitter, r"^[0-9]+(h|min)$")
schema Daily(Trigger):
    _days = 1
schema Weekly(Trigger):
    day: "monday" | "tuesday" | "wednesday" | "thursday" | "friday" | "saturday" | "sunday"
schema Step:
schema Protect(Step):
    of: Source
    to: Repo
    keep: Gfs
schema Copy(Step):
    of: Protect | Copy
    to: Repo
    keep: Gfs
schema Drill(Step):
    of: Source
    out_of: Repo
    into: Sandbox
schema Workflow:
    objective: Objective
    trigger: Daily | Weekly
    within: str
    steps: [Protect | Copy | Drill]
    check:
        regex.match(within, r"^[0-9]+(h|min)$")
        minutes(within) + minutes(trigger.jitter) + 25 * 60 <= minutes(objective.rpo) if typeof(trigger) == "Daily"
        any s in steps { s.keep.daily >= objective.keep.daily } if typeof(trigger) == "Daily"
        len(steps) >= objective.copies.count if typeof(trigger) == "Daily"
        len({s.to.place.site = 1 for s in steps}) >= objective.copies.sites if typeof(trigger) == "Daily"

'''

PKL = '''class Secret { path: String }
class Channel { topic: String }
class Sandbox { dir: String }
class Pool { slots: Int(this > 0) }
class Place { site: String; region: String; account: String }
class Repo { path: String; key: Secret; pool: Pool?; place: Place? }
class Gfs { daily: Int = 0; weekly: Int = 0; monthly: Int = 0 }
class AtLeast { count: Int(this > 0); sites: Int = 0 }
class Objective { rpo: Duration; rto: Duration?; keep: Gfs; copies: AtLeast; owner: Channel }
class Source { roots: List<String>(!isEmpty); exclude: List<String> = List() }
typealias Zone = "Europe/Berlin"|"America/New_York"|"Asia/Tokyo"|"Australia/Sydney"|"America/Sao_Paulo"|"UTC"
open class Trigger { at: String(matches(Regex(#"([01][0-9]|2[0-3]):[0-5][0-9]"#))); zone: Zone; jitter: Duration = 0.min }
class Daily extends Trigger {}
class Weekly extends Trigger { day: "monday"|"tuesday"|"wednesday"|"thursday"|"friday"|"saturday"|"sunday" }
open class Step {}
class Protect extends Step { of: Source; to: Repo; keep: Gfs }
class Copy extends Step { of: Protect|Copy; to: Repo; keep: Gfs }
class Drill extends Step { of: Source; out_of: Repo; into: Sandbox }
class Workflow {
  objective: Objective
  trigger: Trigger(!(this is Daily) || within + jitter + 25.h <= objective.rpo)
  within: Duration
  steps: List<Step>(!(trigger is Daily) || (any((it) -> it.keep.daily >= objective.keep.daily) && length >= objective.copies.count && map((it) -> it.to.place.site).toSet().length >= objective.copies.sites))
}

'''

JSONNET = '''local closed(kind, fields, wanted, o) =
  local unknown = std.setDiff(std.set(std.objectFields(o)), std.set(fields));
  local missing = std.setDiff(std.set(wanted), std.set(std.objectFields(o)));
  assert std.length(unknown) == 0 : kind + ' has no ' + std.toString(unknown);
  assert std.length(missing) == 0 : kind + ' needs ' + std.toString(missing);
  o { kind:: kind };
local span(s) = std.isString(s) && (std.endsWith(s, 'h') || std.endsWith(s, 'min')) &&
  std.all([std.member('0123456789', c) for c in std.stringChars(std.strReplace(std.strReplace(s, 'min', ''), 'h', ''))]);
local minutes(s) = if std.endsWith(s, 'h') then std.parseInt(std.substr(s, 0, std.length(s) - 1)) * 60 else std.parseInt(std.substr(s, 0, std.length(s) - 3));
local is(o, kind) = std.isObject(o) && std.objectHasAll(o, 'kind') && o.kind == kind;
local zones = ['Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'Australia/Sydney', 'America/Sao_Paulo', 'UTC'];
local days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
local time(s) = std.isString(s) && std.length(s) == 5 && s[2] == ':' && std.parseInt(std.substr(s, 0, 2)) < 24 && std.parseInt(std.substr(s, 3, 2)) < 60;
local trigger(kind, fields, o) = closed(kind, fields, ['at', 'zone'], o) {
  assert time(o.at) : 'at',
  assert std.member(zones, o.zone) : 'zone',
  assert !std.objectHas(o, 'jitter') || span(o.jitter) : 'jitter',
};
local s = {
  Secret(o): closed('Secret', ['path'], ['path'], o) { assert std.isString(o.path) : 'path' },
  Channel(o): closed('Channel', ['topic'], ['topic'], o) { assert std.isString(o.topic) : 'topic' },
  Sandbox(o): closed('Sandbox', ['dir'], ['dir'], o) { assert std.isString(o.dir) : 'dir' },
  Pool(o): closed('Pool', ['slots'], ['slots'], o) { assert std.isNumber(o.slots) && o.slots > 0 : 'slots' },
  Place(o): closed('Place', ['site', 'region', 'account'], ['site', 'region', 'account'], o),
  Repo(o): closed('Repo', ['path', 'key', 'pool', 'place'], ['path', 'key'], o) {
    assert std.isString(o.path) : 'path',
    assert is(o.key, 'Secret') : 'key',
    assert !std.objectHas(o, 'pool') || is(o.pool, 'Pool') : 'pool',
  },
  Gfs(o): closed('Gfs', ['daily', 'weekly', 'monthly'], [], o) { assert std.all([std.isNumber(o[k]) for k in std.objectFields(o)]) : 'not a number' },
  AtLeast(o): closed('AtLeast', ['count', 'sites'], ['count'], o) { assert std.isNumber(o.count) : 'count' },
  Objective(o): closed('Objective', ['rpo', 'rto', 'keep', 'copies', 'owner'], ['rpo', 'keep', 'copies', 'owner'], o) {
    assert span(o.rpo) : 'rpo',
    assert !std.objectHas(o, 'rto') || span(o.rto) : 'rto',
    assert is(o.owner, 'Channel') : 'owner',
  },
  Source(o): closed('Source', ['roots', 'exclude'], ['roots'], o) { assert std.isArray(o.roots) : 'roots' },
  Daily(o): trigger('Daily', ['at', 'zone', 'jitter'], o),
  Weekly(o): trigger('Weekly', ['day', 'at', 'zone', 'jitter'], o) { assert std.member(days, o.day) : 'day' },
  Protect(o): closed('Step', ['of', 'to', 'keep'], ['of', 'to', 'keep'], o) {
    assert is(o.of, 'Source') : 'of',
    assert is(o.to, 'Repo') : 'to',
  },
  Copy(o): closed('Step', ['of', 'to', 'keep'], ['of', 'to', 'keep'], o) {
    assert is(o.of, 'Step') : 'of',
    assert is(o.to, 'Repo') : 'to',
  },
  Drill(o): closed('Step', ['of', 'out_of', 'into'], ['of', 'out_of', 'into'], o) { assert is(o.into, 'Sandbox') : 'into' },
  Workflow(o): closed('Workflow', ['objective', 'trigger', 'within', 'steps'], ['objective', 'trigger', 'within', 'steps'], o) {
    assert is(o.objective, 'Objective') : 'objective',
    assert span(o.within) : 'within',
    assert !is(o.trigger, 'Daily') || minutes(o.within) + minutes(o.trigger.jitter) + 25 * 60 <= minutes(o.objective.rpo) : 'rpo',
    assert !is(o.trigger, 'Daily') || std.any([step.keep.daily >= o.objective.keep.daily for step in o.steps]) : 'keep',
    assert !is(o.trigger, 'Daily') || std.length(o.steps) >= o.objective.copies.count : 'copies',
    assert !is(o.trigger, 'Daily') || std.length(std.set([step.to.place.site for step in o.steps])) >= o.objective.copies.sites : 'sites',
  },
};
{
'''

NICKEL = '''let span = fun s => std.is_string s && std.string.is_match "^[0-9]+(h|min)$" s in
let Span = std.contract.from_predicate span in
let minutes = fun s =>
  if std.string.is_match "h$" s then 60 * std.string.to_number (std.string.replace "h" "" s)
  else std.string.to_number (std.string.replace "min" "" s) in
let Time = std.contract.from_predicate (fun s => std.is_string s && std.string.is_match "^([01][0-9]|2[0-3]):[0-5][0-9]$" s) in
let Zone = std.contract.from_predicate (fun s => std.array.elem s ["Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Sydney", "America/Sao_Paulo", "UTC"]) in
let Secret = { path | String } in
let Channel = { topic | String } in
let Sandbox = { dir | String } in
let Pool = { slots | std.number.PosNat } in
let Place = { site | String, region | String, account | String } in
let Repo = { path | String, key | Secret, pool | Pool | optional, place | Place | optional } in
let Gfs = { daily | Number | optional, weekly | Number | optional, monthly | Number | optional } in
let AtLeast = { count | Number, sites | Number | optional } in
let Objective = { rpo | Span, rto | Span | optional, keep | Gfs, copies | AtLeast, owner | Channel } in
let Source = { roots | Array String, exclude | Array String | optional } in
let Day = [| 'monday, 'tuesday, 'wednesday, 'thursday, 'friday, 'saturday, 'sunday |] in
let Trigger = { at | Time, zone | Zone, jitter | Span | optional, day | Day | optional } in
let Protect = { of | Source, to | Repo, keep | Gfs } in
let Copy = { of | Protect, to | Repo, keep | Gfs } in
let Drill = { of | Source, out_of | Repo, into | Sandbox } in
let daily = fun w => !(std.record.has_field "day" w.trigger) in
let Kept = std.contract.from_predicate (fun w =>
  !(daily w) || minutes w.within + minutes w.trigger.jitter + 25 * 60 <= minutes w.objective.rpo) in
let Covered = std.contract.from_predicate (fun w =>
  !(daily w) || std.array.any (fun s => s.keep.daily >= w.objective.keep.daily) w.steps) in
let Counted = std.contract.from_predicate (fun w =>
  !(daily w) || std.array.length w.steps >= w.objective.copies.count) in
let Spread = std.contract.from_predicate (fun w =>
  !(daily w) || w.objective.copies.sites <= 1 || (w.objective.copies.sites == 2 && std.array.any (fun s => s.to.place.site != (std.array.first w.steps).to.place.site) w.steps)) in
let Shape = { objective | Objective, trigger | Trigger, within | Span, steps | Array Dyn } in
let Workflow = std.contract.Sequence [Shape, Kept, Covered, Counted, Spread] in
{
'''


def json_schema():
    """What a JSON schema can say of the TOML: no references, and nothing between two places."""
    span = {"type": "string", "pattern": "^[0-9]+(h|min)$"}
    name = {"type": "string"}
    number = {"type": "integer", "minimum": 1}

    def closed(required, **properties):
        return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}

    def all_of(shape):
        return {"type": "object", "additionalProperties": shape}

    trigger = closed(
        ["at", "zone"],
        day={"enum": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]},
        at={"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"},
        zone={"enum": ["Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Sydney", "America/Sao_Paulo", "UTC"]},
        jitter=span,
    )
    gfs = closed([], daily=number, weekly=number, monthly=number)
    step = closed(["kind", "of"], kind=name, of=name, to=name, out_of=name, into=name, keep={"anyOf": [name, gfs]})
    place = closed(["site", "region", "account"], site=name, region=name, account=name)
    objective = closed(["rpo", "keep", "copies", "owner"], rpo=span, rto=span, keep=gfs, copies=closed(["count"], count=number, sites=number), owner=name)
    source = closed(["roots"], roots={"type": "array", "items": name, "minItems": 1}, exclude={"type": "array", "items": name})
    workflow = closed(["objective", "trigger", "within", "steps"], objective=name, trigger=trigger, within=span, steps=all_of(step))
    whole = closed(
        [],
        secret=all_of(closed(["path"], path=name)),
        channel=all_of(closed(["topic"], topic=name)),
        sandbox=all_of(closed(["dir"], dir=name)),
        pool=all_of(closed(["slots"], slots=number)),
        repo=all_of(closed(["path", "key"], path=name, key=name, pool=name, place=place)),
        objective=all_of(objective),
        source=all_of(source),
        workflow=all_of(workflow),
    )
    return {"$schema": "http://json-schema.org/draft-07/schema#", **whole}


CEDAR = '''type Place = { site: String, region: String, account: String };
type Gfs = { daily: Long, weekly: Long, monthly: Long };
type AtLeast = { count: Long, sites: Long };
type Daily = { at: String, zone: String, jitter: duration };
type Weekly = { day: String, at: String, zone: String };
entity Anyone;
entity Secret = { path: String };
entity Channel = { topic: String };
entity Sandbox = { dir: String };
entity Pool = { slots: Long };
entity Repo = { path: String, key: Secret, pool: Pool, place: Place };
entity Objective = { rpo: duration, rto: duration, keep: Gfs, copies: AtLeast, owner: Channel };
entity Retention;
entity Step;
entity Source = { roots: Set<String>, exclude: Set<String> };
action declare_secret appliesTo { principal: Anyone, resource: Secret };
action declare_channel appliesTo { principal: Anyone, resource: Channel };
action declare_sandbox appliesTo { principal: Anyone, resource: Sandbox };
action declare_pool appliesTo { principal: Anyone, resource: Pool };
action declare_repo appliesTo { principal: Anyone, resource: Repo };
action declare_objective appliesTo { principal: Anyone, resource: Objective };
action declare_source appliesTo { principal: Anyone, resource: Source };
action protect appliesTo { principal: Source, resource: Repo, context: { objective: Objective, trigger: Daily, within: duration, to: Repo, keep: Retention } };
action copy appliesTo { principal: Step, resource: Repo, context: { objective: Objective, trigger: Daily, within: duration, to: Repo, keep: Retention } };
action drill appliesTo { principal: Source, resource: Repo, context: { objective: Objective, trigger: Weekly, within: duration, out_of: Repo, into: Sandbox } };
'''
