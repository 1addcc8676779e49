"""The peers: how each is found, run and read."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import forms

COLOURS = re.compile(r"\x1b\[[0-9;]*m")

# Bodies of the processes that call a peer that is a library: `python -c BODY FILES..`, 1 when something is wrong.
KCL_CHECK = """
import sys, kcl_lib.api as api
try:
    done = api.API().exec_program(api.ExecProgramArgs(k_filename_list=[sys.argv[1]]))
    wrong = done.err_message
except Exception as error:
    wrong = str(error)
print(wrong)
sys.exit(1 if wrong else 0)
"""
KCL_FORMAT = """
import sys, kcl_lib.api as api
api.API().format_code(api.FormatCodeArgs(source=open(sys.argv[1]).read()))
"""
JSONNET_CHECK = """
import sys, rjsonnet
try:
    rjsonnet.evaluate_file(sys.argv[1])
except RuntimeError as error:
    print(error)
    sys.exit(1)
"""
NICKEL_CHECK = """
import sys, nickel
try:
    nickel.run(open(sys.argv[1]).read())
except nickel.NickelException as error:
    print(error)
    sys.exit(1)
"""
CEDAR_CHECK = """
import sys, cedarpy
done = cedarpy.validate_policies(open(sys.argv[1]).read(), open(sys.argv[2]).read())
for error in done.errors:
    print(error)
sys.exit(0 if done.validation_passed else 1)
"""
CEDAR_FORMAT = """
import sys, cedarpy
cedarpy.format_policies(open(sys.argv[1]).read())
"""


class Peer:
    name = ""
    end = ""
    form = None
    clean, wrong = (0,), (1,)

    def __init__(self, options):
        self.options = options

    def write(self, rendered, folder):
        file = Path(folder) / f"estate{self.end}"
        file.write_text(rendered)
        return str(file)

    def first_place(self, out):
        """The place that comes first and all places, as `(line, column)`."""
        return [(int(line), int(column)) for line, column in re.findall(r":(\d+):(\d+)", COLOURS.sub("", out))]


class Program(Peer):
    program = ""

    def find(self):
        self.path = self.options.get(self.name) or shutil.which(self.program)
        return self.path and Path(self.path).exists()

    def version(self):
        out = subprocess.run([self.path, "--version"], capture_output=True, text=True).stdout
        return re.search(r"\d+\.\d+(\.\d+)?", out).group(0)


class Library(Peer):
    module = package = ""

    def find(self):
        self.python = self.options.get("python", sys.executable)
        return subprocess.run([self.python, "-c", f"import {self.module}"], capture_output=True).returncode == 0

    def version(self):
        body = f"import importlib.metadata as m; print(m.version('{self.package}'))"
        return subprocess.run([self.python, "-c", body], capture_output=True, text=True).stdout.strip()

    def call(self, body, *files):
        return [self.python, "-c", body, *files]

    def empty(self):
        return [self.python, "-c", f"import {self.module}"]


class Mainstay(Program):
    name, program, end, form, wrong = "mainstay", "mainstay", ".stay", forms.Mainstay, (4,)

    def check(self, file):
        return [self.path, "check", "-p", file]

    def check_placed(self, file):
        return [self.path, "check", "--format", "json", "-p", file]

    def format(self, file):
        return [self.path, "fmt", "--check", file]

    format_codes = (0, 1, 2, 4)

    def first_place(self, out):
        places = []
        for found in json.loads(out)["diagnostics"]:
            if found["severity"] != "error":
                continue
            for label in found["labels"]:
                places.append((label["line"], label["column"]))
        return places


class Kcl(Library):
    name, module, package, end, form = "kcl", "kcl_lib", "kcl_lib", ".k", forms.Kcl

    def check(self, file):
        return self.call(KCL_CHECK, file)

    def format(self, file):
        return self.call(KCL_FORMAT, file)


class Jsonnet(Library):
    name, module, package, end, form = "jrsonnet", "rjsonnet", "rjsonnet", ".jsonnet", forms.Jsonnet

    def check(self, file):
        return self.call(JSONNET_CHECK, file)


class Nickel(Library):
    name, module, package, end, form = "nickel", "nickel", "py-nickel", ".ncl", forms.Nickel

    def check(self, file):
        return self.call(NICKEL_CHECK, file)


class Cedar(Library):
    name, module, package, end, form = "cedar", "cedarpy", "cedarpy", ".cedar", forms.Cedar

    def write(self, rendered, folder):
        self.schema = str(Path(folder) / "estate.cedarschema")
        Path(self.schema).write_text(forms.CEDAR)
        return super().write(rendered, folder)

    def check(self, file):
        return self.call(CEDAR_CHECK, file, self.schema)

    def format(self, file):
        return self.call(CEDAR_FORMAT, file)


class Pkl(Program):
    name, program, end, form = "pkl", "pkl", ".pkl", forms.Pkl

    def check(self, file):
        return [self.path, "eval", "-o", "/dev/null", file]

    def format(self, file):
        return [self.path, "format", "--diff-name-only", file]

    format_codes = (0, 11)

    def first_place(self, out):
        """`12 | text` with carets below it."""
        places = []
        lines = COLOURS.sub("", out).split("\n")
        for above, below in zip(lines, lines[1:]):
            numbered = re.match(r"^(\d+) \| ", above)
            if numbered and "^" in below:
                # Lines are shown without the blanks before them: the caller looks for the text.
                places.append((int(numbered.group(1)), ("shown", above[numbered.end():], below.index("^") - numbered.end())))
        return places


class Taplo(Program):
    name, program, end, form = "taplo", "taplo", ".toml", forms.Toml

    def write(self, rendered, folder):
        self.schema = Path(folder) / "schema.json"
        self.schema.write_text(json.dumps(forms.json_schema()))
        return super().write(rendered, folder)

    def check(self, file):
        return [self.path, "lint", "--schema", f"file://{self.schema}", file]

    def format(self, file):
        return [self.path, "fmt", "--check", file]

    format_codes = (0, 1)


ALL = [Cedar, Jsonnet, Kcl, Nickel, Pkl, Taplo, Mainstay]
