#!/usr/bin/python3
"""maintctl's edits, on files as people lay them out: what was asked for is there, and every other byte is as it was.

Each verb is tried on each manifest of tests/corpus/edit/. What it should have done is told here anew, from PyYAML's reading of the
file, and the lines that it touched are held against the places of the values that it had to replace.
"""
import copy
import datetime
import difflib
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest
import zoneinfo

import yaml

from world import BUILD, Site, main, program

CORPUS = pathlib.Path(__file__).resolve().parent.parent / 'corpus' / 'edit'
SERVICES = ('api', 'database')
DURATION = re.compile(r'(\d+)\s*(min|h|s|d)')
SECONDS = {'s': 1, 'min': 60, 'h': 3600, 'd': 86400}


# ── a file as another YAML reader sees it ──

@functools.lru_cache(None)
def parsed(data):
    """(text, nodes). PyYAML takes no tabs between its tokens, YAML does."""
    text = data.decode('utf-8-sig')
    try:
        return text, list(yaml.compose_all(text, yaml.BaseLoader))
    except yaml.YAMLError:
        text = text.replace('\t', ' ')
        return text, list(yaml.compose_all(text, yaml.BaseLoader))


def plain(node):
    """A node as data; every scalar is text."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: plain(value) for key, value in node.value}
    return [plain(v) for v in node.value] if isinstance(node, yaml.SequenceNode) else node.value


def read(data):
    return [plain(node) for node in parsed(data)[1]]


def value_node(node, path):
    """The node at the end of a path of keys and positions; None: there is none."""
    for step in path:
        if isinstance(step, int):
            node = node.value[step] if isinstance(node, yaml.SequenceNode) and step < len(node.value) else None
        else:
            node = next((v for k, v in node.value if k.value == step), None) if isinstance(node, yaml.MappingNode) else None
        if node is None:
            return None
    return node


# ── what an edit should do ──

def local(text):
    return datetime.datetime.fromisoformat(text.replace(' ', 'T').replace('Z', '+00:00'))


def later(text, by, zone):
    """A time as text, `by` seconds later, in the same form."""
    t = local(text)
    if t.tzinfo is None:
        t = (t.replace(tzinfo=zone) + datetime.timedelta(0)).astimezone(datetime.timezone.utc) + datetime.timedelta(seconds=by)
        t = t.astimezone(zone).replace(tzinfo=None)
    else:
        t += datetime.timedelta(seconds=by)
    short = t.isoformat(timespec='seconds' if t.second else 'minutes')
    return short.replace('+00:00', 'Z')


def seconds(span):
    return sum(int(n) * SECONDS[unit] for n, unit in DURATION.findall(span))


class Doc:
    """One manifest of a file: its data, and what it would be."""

    def __init__(self, file, number, data):
        self.file, self.number, self.data = file, number, data
        self.id = data.get('id', file.stem)
        self.zone = zoneinfo.ZoneInfo(data.get('timezone', 'UTC'))
        self.recurs = 'recurrence' in data

    def override(self, data, occurrence, make=True):
        """(data of the override, its path) in `data`, made when there is none."""
        overrides = data['recurrence'].setdefault('overrides', []) if make else data['recurrence'].get('overrides', [])
        for i, o in enumerate(overrides):
            if o['occurrence'] == occurrence:
                return o, ('recurrence', 'overrides', i)
        if not make:
            return None, None
        overrides.append({'occurrence': occurrence})
        return overrides[-1], ('recurrence', 'overrides', len(overrides) - 1)

    def place(self, data, occurrence):
        return self.override(data, occurrence) if self.recurs else (data, ())

    def stepped(self, occurrence, state, message):
        """(data, paths of what is replaced) after a change of state."""
        data = copy.deepcopy(self.data)
        at, path = self.place(data, occurrence)
        at['state'] = state
        if message:
            at['message'] = message
        return data, [path + ('state',), *([path + ('message',)] if message else [])]

    def extended(self, occurrence, by):
        data = copy.deepcopy(self.data)
        at, path = self.place(data, occurrence)
        if 'duration' in at:
            at['duration'] = seconds(at['duration']) + by
        elif 'end' in at:
            at['end'] = later(at['end'], by, self.zone)
        else:
            start = at.get('start', occurrence)
            span = seconds(data['duration']) if 'duration' in data else (local(data['end']) - local(data['start'])).total_seconds()
            at['end'] = later(start, span + by, self.zone)
        return data, [path + ('duration',), path + ('end',)]

    def updated(self, occurrence, at, message):
        data = copy.deepcopy(self.data)
        place, _ = self.place(data, occurrence)
        if 'updates' not in place:
            place['updates'] = [{**u, 'message': u['message'].rstrip()} for u in data.get('updates', [])] if self.recurs else []
        place['updates'].append({'at': at, 'message': message})
        return data, []

    def suspended(self, on):
        return {**self.data, 'suspend': on}, [('suspend',)]


def comparable(data):
    """Durations by what they mean; keys in any order."""
    if isinstance(data, dict):
        return {k: seconds(v) if k == 'duration' and isinstance(v, str) else comparable(v) for k, v in data.items()}
    return [comparable(v) for v in data] if isinstance(data, list) else data


# ── lines ──

def contained(short, long):
    """Is `long` the text `short` with one piece put in?"""
    head = os.path.commonprefix([short, long])
    tail = os.path.commonprefix([short[::-1], long[::-1]])
    return len(head) + len(tail) >= len(short)


def unexplained(before, after, replaced):
    """Removed lines that are neither part of a value that was replaced nor found again with something put in."""
    old, new = parsed(before)[0].splitlines(keepends=True), parsed(after)[0].splitlines(keepends=True)
    allowed = {}
    for node in sorted(replaced, key=lambda n: -n.start_mark.column):
        for line in range(node.start_mark.line, node.end_mark.line + 1):
            allowed[line] = node
    found = []
    for tag, i1, i2, k1, k2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        added = list(new[k1:k2])
        for i in range(i1, i2) if tag in ('replace', 'delete') else ():
            node = allowed.get(i)
            again = next((a for a in added if contained(old[i].rstrip('\r\n'), a.rstrip('\r\n'))), None)
            head = old[i][:node.start_mark.column] if node and node.start_mark.line == i else ''
            if again is not None:
                added.remove(again)
            elif not node or not any(a.startswith(head) for a in new[k1:k2]):
                found.append(old[i])
    return found


def comments(data):
    """Lines' comments, as far as they can be told without reading YAML: all that begin with '#' behind a blank."""
    return re.findall(r'(?m)(?:^|[ \t])(#[^"\'\r\n]*?)\s*$', data.decode('utf-8-sig'))


class Files:
    """The corpus in a directory of its own, edited by maintctl."""

    def __init__(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix='maintd-edit-'))
        self.site = Site(BUILD, self.root, services=SERVICES)
        self.site.config.write_text(self.site.config.read_text().replace('targets:', 'targets: {}'))
        self.fill()

    def fill(self):
        """Each file in a folder of its own: what is read is little, and `lint` can still see all of them."""
        for file in sorted(CORPUS.glob('*.yaml')):
            (self.site.manifests / file.stem).mkdir()
            shutil.copy(file, self.site.manifests / file.stem / file.name)

    def docs(self):
        return [Doc(file, i, data) for file in sorted(self.site.manifests.glob('*/*.yaml')) for i, data in enumerate(read(file.read_bytes()))]

    def run(self, folder, *arguments):
        done = subprocess.run([program(BUILD, 'maintctl'), *self.site.arguments(), '--manifests', folder, '--json', *arguments],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    def close(self):
        shutil.rmtree(self.root)


# Layouts that cannot be edited so: said, and nothing is changed.
REFUSED = {
    ('no-final-newline-literal', 'update'): 'the last line lacks its end: add a newline',
    ('no-final-newline-literal', 'suspend'): 'the last line lacks its end: add a newline',
    ('no-final-newline-literal', 'resume'): 'it is not suspended',
}


class Corpus(unittest.TestCase):
    def setUp(self):
        self.files = Files()
        self.addCleanup(self.files.close)

    def edit(self, doc, verb, key, options, expected):
        """One edit. expected(document printed) → (data, paths of the values replaced)."""
        before, mtime = doc.file.read_bytes(), doc.file.stat().st_mtime_ns
        status, out, err = self.files.run(doc.file.parent, verb, key, *options)
        after = doc.file.read_bytes()
        if (doc.id, verb) in REFUSED:
            self.assertEqual((status, out, after, doc.file.stat().st_mtime_ns), (1, '', before, mtime))
            self.assertIn(REFUSED[doc.id, verb], err)
            return
        self.assertEqual(status, 0, err)
        said = json.loads(out)
        self.assertEqual((said['manifest'], said['file'], said['changed'], said['commit']), (doc.id, doc.file.name, True, None))
        data, paths = expected(said)
        got, want = read(after), read(before)
        want[doc.number] = data
        self.assertEqual(comparable(got), comparable(want), after.decode())
        self.look(before, after, [v for v in (value_node(parsed(before)[1][doc.number], p) for p in paths) if v is not None])
        return after

    def look(self, before, after, replaced):
        """What is no matter of data."""
        shown = after.decode()
        self.assertEqual(unexplained(before, after, replaced), [], shown)
        self.assertEqual(before.startswith(b'\xef\xbb\xbf'), after.startswith(b'\xef\xbb\xbf'))
        self.assertEqual(before.endswith(b'\n'), after.endswith(b'\n'), shown)
        self.assertEqual(after.count(b'\n') if b'\r' in before else 0, after.count(b'\r'), shown)
        for comment in comments(before):
            self.assertIn(comment, shown)

    def lint(self):
        status, out, err = self.files.run(self.files.site.manifests, 'lint')
        self.assertEqual((status, json.loads(out)['refused']), (0, 0), out + err)

    def each(self, act):
        for doc in self.files.docs():
            with self.subTest(doc.id):
                act(doc, '2030-02-03T02:00' if doc.recurs else None, f'{doc.id}@2030-02-03' if doc.recurs else doc.id)

    def test_a_window_from_its_start_to_its_end(self):
        self.each(lambda doc, o, key: self.edit(doc, 'start', key, ['-m', 'Begins: now'], lambda _: doc.stepped(o, 'in_progress', 'Begins: now')))
        self.lint()
        self.each(lambda doc, o, key: self.update(doc, o, key, 'Half of it is done, "on track" # 50%'))
        self.lint()
        self.each(lambda doc, o, key: self.edit(doc, 'extend', key, ['--by', '1h 30min'], lambda _: doc.extended(o, 5400)))
        self.lint()
        self.each(lambda doc, o, key: self.update(doc, o, key, 'Several lines:\n\n- one\n- two'))
        self.lint()
        self.each(lambda doc, o, key: self.edit(doc, 'complete', key, [], lambda _: doc.stepped(o, 'completed', None)))
        self.lint()

    def update(self, doc, occurrence, key, message):
        def expected(said):
            data = read(doc.file.read_bytes())[doc.number]
            place, _ = doc.override(data, occurrence, False) if doc.recurs else (data, ())
            at = place['updates'][-1]['at']
            self.assertRegex(at, r'^\+\d+s$' if doc.recurs else r'^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$')
            return doc.updated(occurrence, at, message)
        self.edit(doc, 'update', key, ['-m', message], expected)

    def test_a_window_called_off(self):
        self.each(lambda doc, o, key: self.edit(doc, 'cancel', key, ['-m', 'Called off:\nno staff'], lambda _: doc.stepped(o, 'cancelled', 'Called off:\nno staff')))
        self.lint()

    def test_an_occurrence_without_an_override(self):
        def act(doc, _, __):
            if doc.recurs:
                o = '2030-02-24T02:00'
                self.edit(doc, 'extend', f'{doc.id}@2030-02-24', ['--by', '30min'], lambda _: doc.extended(o, 1800))
        self.each(act)
        self.lint()

    def test_a_manifest_left_alone_for_a_while(self):
        self.each(lambda doc, o, key: self.edit(doc, 'suspend', doc.id, [], lambda _: doc.suspended('true')))
        self.lint()
        self.each(lambda doc, o, key: self.edit(doc, 'resume', doc.id, [], lambda _: doc.suspended('false')))
        self.lint()


if __name__ == '__main__':
    main()
