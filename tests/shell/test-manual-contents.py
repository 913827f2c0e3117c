#!/usr/bin/python3
"""The manuals know what the programs and schemas know: verbs, options, keys; and fit a terminal of 80 columns.

usage: test-manual-contents.py SOURCE_ROOT BUILD_ROOT
"""
import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PAGES = {"maintd.8": "maintd", "maintctl.1": "maintctl", "maintd-page.8": "maintd-page", "maintd.yaml.5": None, "maintd-manifest.5": None}
SECTIONS = ["NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES", "SEE ALSO"]
WIDE = ["yaml-language-server: $schema="]       # a line to be copied as it is
OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")

problems = []


def plain(line):
    """A line of roff without its macros and fonts."""
    line = re.sub(r"\\f[A-Z]|\\&|\\\(dq", "", line).replace(r"\-", "-").replace('"', "")
    return re.sub(r"^\.[A-Z]+ ?", "", line)


class Page:
    def __init__(self, path):
        self.name, self.sections, self.tags, section, tag = path.name, {}, {}, None, False
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith(".SH "):
                section = plain(line)
                self.sections[section], self.tags[section] = [], []
            elif section:
                self.sections[section].append(line)
                if tag and not line.startswith(".TP"):
                    self.tags[section].append(plain(line))
                tag = line.startswith((".TP", ".TQ"))

    def text(self, section=None):
        lines = [line for name, lines in self.sections.items() if section in (None, name) for line in lines]
        return "\n".join(map(plain, lines))

    def bold(self):
        """Words that stand out."""
        lines = [line for lines in self.sections.values() for line in lines]
        return {word for line in lines if re.match(r"\.(B|BR|BI|RB|IB|IR|I) ", line) for word in re.findall(r"[A-Za-z_][A-Za-z0-9_-]*", plain(line))}

    def all_tags(self):
        return [tag for tags in self.tags.values() for tag in tags]


def said(program, *arguments):
    done = subprocess.run([program, *arguments, "--help"], capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr


def check_options(page, helps):
    """Both ways: what --help names is explained, and what has a paragraph exists."""
    named = {option for text in helps for option in OPTION.findall(text)}
    explained = set(OPTION.findall(page.text()))
    tagged = {option for tag in page.all_tags() for option in OPTION.findall(re.sub(r"\|", " ", tag))}
    problems.extend(f"{page.name} does not explain {option}" for option in sorted(named - explained))
    problems.extend(f"{page.name} explains {option}, which no --help names" for option in sorted(tagged - named - {"-h"}))


def check_maintctl(page, program):
    text = said(program)
    verbs = re.findall(r"(?m)^  ([a-z]+)(?: |$)", text)
    assert len(verbs) > 20, text
    tags = {word for tag in page.tags["VERBS"] for word in re.findall(r"[a-z]+", tag.split("[")[0])}
    documents = {word for tag in page.tags["JSON"] for word in re.findall(r"[a-z]+", tag)}
    problems.extend(f"maintctl.1 does not explain the verb {verb}" for verb in verbs if verb not in tags)
    problems.extend(f"maintctl.1 does not say what --json {verb} prints" for verb in verbs if verb not in documents)
    helps = [text, *(said(program, verb) for verb in verbs)]
    check_options(page, helps)
    for text in helps:
        problems.extend(f"maintctl --help is wider than 80 columns: {line}" for line in text.splitlines() if len(line) > 80)


def keys_of(schema):
    """Every name of a key, at any depth."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for value in schema.values():
            yield from keys_of(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from keys_of(value)


def check_keys(page, schema):
    keys = set(keys_of(schema))
    assert len(keys) > 10
    problems.extend(f"{page.name} does not explain the key {key}" for key in sorted(keys - page.bold()))


def check_warnings(source):
    """What editors offer for `lint: {disable: […]}`."""
    text = (source / "src/manifest/diagnostic-codes.c").read_text(encoding="utf-8")
    known = re.findall(r'(?m)^        \{ "([a-z-]+)", .*CODE_(?:WARNING|ADVICE),', text)
    schema = json.loads((source / "schema/config.schema.json").read_text(encoding="utf-8"))
    offered = schema["properties"]["lint"]["properties"]["disable"]["items"]["examples"]
    problems.extend(f"schema/config.schema.json: lint.disable: {id}" for id in sorted(set(known) ^ set(offered)))


LIMITS = {
    "maintd-manifest.5": ("MANIFEST_DOCUMENTS", "RULE", "UPDATES", "OVERRIDES", "DATES", "SERVICES", "TARGETS", "REMINDERS", "LABELS", "WINDOWS_PER_MANIFEST",
                          "SPAN_DAYS", "WAIVERS", "TREE_FILES", "TREE_DEPTH"),
    "maintd.yaml.5": ("TARGETS", "NAME_BYTES", "CATALOGUE", "SERVICE_NAME", "TITLE", "MATCHERS", "MATCHER_VALUE", "DISABLED", "PATH_BYTES"),
    "maintd-page.8": ("PAGE_TITLE_CHARS", "PAGE_DESCRIPTION_BYTES", "PAGE_MESSAGE_BYTES", "PAGE_NAME_CHARS", "PAGE_NOTE_BYTES", "PAGE_WINDOW_SERVICES",
                      "PAGE_UPDATES", "PAGE_SERVICES", "PAGE_MONITORS", "PAGE_SUBSCRIBERS", "PAGE_MAILBOX", "PAGE_KEY_NAME", "PAGE_SESSIONS", "PAGE_NETWORKS",
                      "PAGE_SITE_BYTES", "PAGE_SITE_TITLE", "PAGE_LOGO_BYTES", "PAGE_BODY_BYTES"),
    "maintctl.1": ("SIMULATE_DAYS", "HISTORY_LIMIT", "LABEL_FILTERS", "SIMULATE_RESTARTS", "IMPORT", "SIMULATE_DEEDS"),
}


def number_of(text, name):
    """What a limit of the header is: 120u, (16u * 1024), or the name of another."""
    value = re.search(rf"(?m)^#define {name} (.*?) *(?:/\*.*)?$", text)[1]
    if re.fullmatch(r"[A-Z_]+", value):
        return number_of(text, value)
    return math.prod(int(number.rstrip("u")) for number in value.strip("()").split(" * "))


def check_limits(page, source):
    text = (source / "src/base/limits.h").read_text(encoding="utf-8")
    for name in LIMITS[page.name]:
        number = number_of(text, f"{name}_MAX")
        if not re.search(rf"\b({number}|{number / 1024:g} KiB)\b", page.text("LIMITS" if "LIMITS" in page.sections else None)):
            problems.append(f"{page.name} does not name the limit {name}_MAX, {number}")


def check_width(path):
    env = {**os.environ, "MANWIDTH": "80", "LC_ALL": "C.UTF-8", "MAN_KEEP_FORMATTING": ""}
    done = subprocess.run(["man", "-l", "-P", "cat", str(path)], capture_output=True, text=True, env=env, timeout=60)
    assert done.stdout, done.stderr
    for line in re.sub(r".\x08|\x1b\[[0-9;]*m", "", done.stdout).splitlines():
        if len(line) > 80 and not any(word in line for word in WIDE):
            problems.append(f"{path.name} is wider than 80 columns: {line.strip()}")


def examples(page):
    """What stands between .EX and .EE, as a reader would copy it."""
    text = "\n".join(line for lines in page.sections.values() for line in lines)
    for block in re.findall(r"(?ms)^\.EX\n(.*?)^\.EE$", text):
        yield re.sub(r"\\\(aq", "'", re.sub(r"\\([-e&])", lambda m: {"-": "-", "e": "\\", "&": ""}[m[1]], block))


def check_examples(manifests, config, maintctl):
    """Manifests and configurations in the manuals are accepted; what is only advice depends on the day."""
    with tempfile.TemporaryDirectory() as folder:
        top, n = pathlib.Path(folder), 0
        (top / "manifests").mkdir()
        for n, text in enumerate((e for e in examples(manifests) if re.search(r"(?m)^title:", e)), 1):
            (top / "manifests" / f"{n}.yaml").write_text(text)
        configs = [e for e in examples(config) if re.search(r"(?m)^targets:", e)]
        assert n >= 4 and len(configs) >= 2, (n, configs)
        for text in ["timezone: UTC\n", *configs]:
            (top / "maintd.yaml").write_text(text)
            done = subprocess.run([maintctl, "--config", top / "maintd.yaml", "--manifests", top / "manifests", "lint"], capture_output=True, text=True, timeout=60)
            problems.extend(line for line in done.stdout.splitlines() if ": error: " in line and "unknown service" not in line)


def check_settings(example, page, known, program):
    """The page's settings in the example and in the manual are accepted, and the example has all."""
    text = example.read_text(encoding="utf-8")
    problems.extend(f"{example.name} lacks the setting {key}" for key in sorted(known - set(re.findall(r"(?m)^(?:# )?([a-z_]+):", text))))
    texts = [text, re.sub(r"(?m)^# (?=(?:accent_dark|log_requests|notice_|monitor_|webhook_|mail_)\w*:)", "", text)]
    in_manual = [e for e in examples(page) if re.search(r"(?m)^mail_server:", e)]
    assert in_manual
    for text in [*texts, *in_manual] if program.exists() else []:
        with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            done = subprocess.run([program, "--config", file.name, "check"], capture_output=True, text=True, timeout=60)
            problems.extend((done.stdout + done.stderr).splitlines() if done.returncode else [])


def main(source, build):
    pages = {name: Page(source / "man" / name) for name in PAGES}
    for name, page in pages.items():
        problems.extend(f"{name} has no section {section}" for section in SECTIONS if section not in page.sections)
        if shutil.which("man"):
            check_width(source / "man" / name)
    programs = {"maintd": build / "src/daemon/maintd", "maintctl": build / "src/ctl/maintctl", "maintd-page": build / "src/page/maintd-page"}
    check_maintctl(pages["maintctl.1"], programs["maintctl"])
    check_options(pages["maintd.8"], [said(programs["maintd"])])
    if programs["maintd-page"].exists():
        text = said(programs["maintd-page"])
        check_options(pages["maintd-page.8"], [text])
        for verb in re.findall(r"(?m)^maintd-page ([a-z]+)", text):
            if not any(re.match(rf"{verb}\b", tag) for tag in pages["maintd-page.8"].tags["VERBS"]):
                problems.append(f"maintd-page.8 does not explain the verb {verb}")
    for name, schema in (("maintd-manifest.5", "manifest"), ("maintd.yaml.5", "config")):
        check_keys(pages[name], json.loads((source / f"schema/{schema}.schema.json").read_text(encoding="utf-8")))
    check_warnings(source)
    for name in LIMITS:
        check_limits(pages[name], source)
    check_examples(pages["maintd-manifest.5"], pages["maintd.yaml.5"], programs["maintctl"])
    settings = set(re.findall(r'\{ "([a-z_]+)", (?:take_|NULL)', (source / "src/page/site.c").read_text(encoding="utf-8")))
    assert len(settings) > 20
    problems.extend(f"maintd-page.8 does not explain the setting {key}" for key in sorted(settings - pages["maintd-page.8"].bold()))
    check_settings(source / "examples/page.yaml", pages["maintd-page.8"], settings, programs["maintd-page"])
    for line in problems:
        print(line)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*map(pathlib.Path, sys.argv[1:3])))
