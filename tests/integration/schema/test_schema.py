"""Schema and maintd agree: whatever the schema refuses, maintd refuses; what maintd alone refuses carries a code of the closed list.

    test_schema.py CHECK_MANIFEST SOURCE_ROOT

Reads tests/corpus. The first line of a bad file says which codes maintd must give: `# expect: CODE[, CODE]`.
"""
import json
import pathlib
import re
import subprocess
import sys

import jsonschema
import yaml

check, root = sys.argv[1], pathlib.Path(sys.argv[2])
corpus = root / "tests/corpus"
LINE = re.compile(r"^(.*?):(\d+):(\d+): (error|warning): ([a-z-]+): (.+)$")
CODES = set(re.findall(r'^        \{ "([a-z-]+)", "', (root / "src/manifest/diagnostic-codes.c").read_text(), re.M))


class Loader(yaml.SafeLoader):
    """YAML as maintd understands it: all is text, but for plain true, false and nothing."""


Loader.yaml_implicit_resolvers = {}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])


def documents(path):
    """None where PyYAML itself gives up."""
    try:
        return list(yaml.load_all(path.read_bytes().decode("utf-8-sig"), Loader))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, TypeError):
        return None


def schema_errors(validator, path):
    docs = documents(path)
    if docs is None or not docs:
        return ["cannot be read"]
    return [e.message[:200] for d in docs for e in validator.iter_errors(d)]


def verdict(kind, path):
    """What maintd says: (codes of errors, codes of warnings)."""
    p = subprocess.run([check, kind, path], capture_output=True, text=True, timeout=60)
    lines = [LINE.match(l) for l in p.stdout.splitlines()]
    assert p.returncode in (0, 1) and all(lines), f"{path}: {p.stdout}{p.stderr}"
    errors = {m[5] for m in lines if m[4] == "error"}
    assert (p.returncode == 1) == bool(errors), path
    assert {m[5] for m in lines} <= CODES, f"{path}: unknown code in {p.stdout}"
    return errors, {m[5] for m in lines if m[4] == "warning"}


def described(schema, where="#"):
    """Every key has a description, for the editor to show."""
    if isinstance(schema, dict):
        for name, value in schema.get("properties", {}).items():
            if "description" not in value:
                yield f"{where}/{name} has no description"
        for name, value in schema.items():
            yield from described(value, f"{where}/{name}")
    elif isinstance(schema, list):
        for i, value in enumerate(schema):
            yield from described(value, f"{where}/{i}")


problems, seen, agreed, total = [], set(), 0, 0
schemas = {kind: json.loads((root / f"schema/{kind}.schema.json").read_text()) for kind in ("manifest", "config")}
schemas["defaults"] = {**schemas["manifest"], "$ref": "#/$defs/defaults"}
for key in ("type", "required", "properties", "additionalProperties", "oneOf", "allOf", "dependentSchemas", "if", "then"):
    schemas["defaults"].pop(key, None)

for kind, schema in schemas.items():
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    problems += [f"{kind}: {p}" for p in described(schema)]
    good, bad = sorted((corpus / kind / "good").iterdir()), sorted((corpus / kind / "bad").iterdir())
    for path in good:
        codes, _ = verdict(kind, path)
        if codes:
            problems.append(f"{path}: maintd refuses: {codes}")
        if errors := schema_errors(validator, path):
            problems.append(f"{path}: the schema refuses: {errors}")
    for path in bad:
        expect = set(path.read_bytes().split(b"\n")[0].decode().removeprefix("# expect: ").split(", "))
        codes, _ = verdict(kind, path)
        seen |= codes
        total += 1
        agreed += bool(schema_errors(validator, path))
        if codes != expect:
            problems.append(f"{path}: expected {sorted(expect)}, maintd says {sorted(codes)}")
    print(f"{kind}: {len(good)} good, {len(bad)} bad")

# The converse: make good files bad in ways that only the schema is asked about, and maintd must refuse each of them.
manifest = {"title": "T", "start": "2027-02-01T02:00", "duration": "2h"}
validator = jsonschema.Draft202012Validator(schemas["manifest"])
VALUES = ["x", "", "12", "true", True, False, None, [], ["x"], {}, {"x": "y"}, "2027-02-01T02:00", "2027-02-01", "1h", "+1h", "cancelled", "api", ["api"],
          "a" * 300, [{}], [{"at": "+1h", "message": "m"}], {"rule": "FREQ=DAILY"}, {"started": True}, {"reminders": ["1h"]}, "UTC", "keep", "-1h", "1 month"]


def as_yaml(value):
    return "~" if value is None else json.dumps(value)


tried, scratch = 0, pathlib.Path(sys.argv[3])
scratch.mkdir(parents=True, exist_ok=True)
for key in schemas["manifest"]["properties"]:
    for i, value in enumerate(VALUES):
        doc = {**manifest, key: value}
        if key == "end":
            doc.pop("duration")
        path = scratch / f"{key}-{i}.yaml"
        path.write_text("".join(f"{k}: {as_yaml(v)}\n" for k, v in doc.items()))
        refused = [e.message for e in validator.iter_errors(documents(path)[0])]
        tried += 1
        if refused and not verdict("manifest", path)[0]:
            problems.append(f"{key}: {as_yaml(value)}: the schema alone refuses: {refused[0][:150]}")
        path.unlink()

# The list is closed: every code that is given stands in it, and every code in it is given somewhere.
sources = {p: p.read_text() for p in (root / "src").rglob("*.c") if p.name != "diagnostic.c"}
GIVEN = re.compile(r'(?:SEVERITY_(?:ERROR|WARNING),|reader_(?:error|warning)\([^";]*?,|refuse\(b,|complain\(b,)\s*"([a-z-]+)"')
for path, text in sources.items():
    problems += [f"{path}: code '{c}' is not in the list" for c in set(GIVEN.findall(text)) - CODES]
problems += [f"code '{c}' is given nowhere" for c in CODES - {"more-problems"} if not any(f'"{c}"' in t for t in sources.values())]

print(f"{agreed} of {total} bad files are refused by the schema too; {tried} variations tried; {len(seen)} of {len(CODES)} codes seen")
# What no file by itself can show: codes of trees, of lists of files, and those of schedule/.
print("codes not seen:", ", ".join(sorted(CODES - seen)))
for p in problems:
    print("FAIL:", p)
sys.exit(bool(problems))
