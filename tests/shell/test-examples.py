#!/usr/bin/python3
"""The example manifests keep to the schema, name only services of the example configuration, and move to any day.

usage: test-examples.py SOURCE_ROOT
"""
import datetime
import json
import pathlib
import subprocess
import sys
import tempfile

import jsonschema
import yaml
from dateutil.rrule import rrulestr


class Loader(yaml.CSafeLoader):
    """As maintd reads it: a time is text."""


Loader.yaml_implicit_resolvers = {key: [(tag, rx) for tag, rx in rules if tag != "tag:yaml.org,2002:timestamp"]
                                  for key, rules in yaml.CSafeLoader.yaml_implicit_resolvers.items()}


def documents(folder):
    for path in sorted(folder.rglob("*.yaml")):
        if not path.name.startswith("_"):
            for document in yaml.load_all(path.read_text(encoding="utf-8"), Loader):
                yield path, document


def check_pipelines(folder):
    """The pipelines are YAML, and call maintctl as it can be called."""
    for name in ("github.yml", "gitlab-ci.yml"):
        text = (folder / name).read_text(encoding="utf-8")
        yaml.safe_load(text)
        for line in text.splitlines():
            assert "maintctl --" not in line or "lint" in line, f"{name}: {line}"


def check_names(folder, config):
    for path, document in documents(folder):
        unknown = set(document.get("services", [])) - set(config["services"])
        assert not unknown, f"{path}: {unknown} is not in examples/maintd.yaml"
        unknown = set(document.get("targets", [])) - set(config["targets"])
        assert not unknown, f"{path}: {unknown} is not in examples/maintd.yaml"


def check_rules(folder):
    """A start is a date of its rule, and so is every occurrence that is spoken of."""

    for path, document in documents(folder):
        recurrence = document.get("recurrence")
        if not recurrence:
            continue
        start = datetime.datetime.fromisoformat(document["start"])
        dates = list(rrulestr(recurrence["rule"], dtstart=start).xafter(start, count=200, inc=True))
        assert dates[0] == start, f"{path}: the rule gives {dates[0]}"
        for override in recurrence.get("overrides", []):
            assert datetime.datetime.fromisoformat(override["occurrence"]) in dates, f"{path}: {override['occurrence']}"
        for date in recurrence.get("except", []):
            assert datetime.date.fromisoformat(date) in {d.date() for d in dates}, f"{path}: {date}"


def check_schema(folder, schema):
    for path, document in documents(folder):
        try:
            jsonschema.validate(document, schema)
        except jsonschema.ValidationError as error:
            raise AssertionError(f"{path}: {error.json_path}: {error.message}") from error
        first = path.read_text(encoding="utf-8").splitlines()[0]
        prefix = "# yaml-language-server: $schema="
        assert first.startswith(prefix), f"{path}: names no schema"


def main(source):
    manifests = source / "examples/manifests"
    config = yaml.load((source / "examples/maintd.yaml").read_text(encoding="utf-8"), Loader)
    schema = source / "schema/manifest.schema.json"
    for path, _ in documents(manifests):
        named = path.read_text(encoding="utf-8").splitlines()[0].partition("$schema=")[2]
        assert (path.parent / named).resolve() == schema.resolve(), f"{path}: the schema is not at {named}"
    assert len(list(documents(manifests))) >= 10
    check_names(manifests, config)
    check_pipelines(source / "examples/ci")
    check_rules(manifests)
    if schema.exists():
        check_schema(manifests, json.loads(schema.read_text(encoding="utf-8")))

    # Winter, a leap day, days when clocks change, the year after the examples.
    for now in (1795392000, 1835395200, 1806199200, 1824858000, 1830297600, 1861920000):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["/usr/bin/python3", source / "examples/demo-dates.py", manifests, folder, str(now)], check=True)
            check_rules(pathlib.Path(folder))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]).resolve())
