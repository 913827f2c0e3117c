#!/usr/bin/python3
"""lint: what it advises, how that is switched off, and its reports as other programs read them."""
import datetime
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ET

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'lib'))
from harness import program

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOOD = 'title: Database moves\ndescription: Reading works, saving does not.\nservices: [api]\nstart: 2100-02-01T02:00\nduration: 1h\nnotify: {reminders: [1h]}\n'
ADVICE = 'title: Scheduled maintenance\ndescription: We will work on the servers.\nservices: [api]\nstart: 2100-02-01T02:00\nduration: 2h\n'

# Names of files that each of the formats could trip over, and a title that is shown.
NAMES = ['a,b;c:d.yaml', 'x%0Ay%2C.yaml', '<b>&"\'.yaml', 'größe.yaml', 'new\nline.yaml', '::error::x.yaml', ' blank .yaml', ']]>.yaml', '\x1b[31m.yaml',
         'left\u202eright.yaml', b'\xff\xfe.yaml'.decode('utf-8', 'surrogateescape')]
TITLE = GOOD.replace('Database moves', '''"Maintenance %,: <&> 100% :: ]]> %25 '2027'"''')


def at(seconds):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)).strftime('%Y-%m-%dT%H:%M:%SZ')


class Place:
    """A directory of manifests, and maintctl without anything else."""

    def __enter__(self):
        self._top = tempfile.TemporaryDirectory(prefix='maintd-')
        self.top = pathlib.Path(self._top.name)
        self.manifests = self.top / 'manifests'
        self.manifests.mkdir()
        self.config('')
        return self

    def __exit__(self, *what):
        self._top.cleanup()

    def config(self, text):
        (self.top / 'maintd.yaml').write_text('services: {api: , web: }\n' + text)

    def write(self, name, text):
        path = self.manifests / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def hostile(self):
        for name in NAMES:
            self.write(name, 'titel: x\n')
        self.write('title.yaml', TITLE)
        self.write('gap.yaml', GOOD.replace('2100-02-01T02:00', '2030-03-31T02:30').replace('services: [api]', 'timezone: Europe/Berlin'))

    def lint(self, *arguments, status=0):
        done = subprocess.run([program(os.environ['MAINTD_BUILD'], 'maintctl'), '--config', 'maintd.yaml', 'lint', *arguments], capture_output=True, cwd=self.top,
                              timeout=60)
        out = done.stdout.decode()      # UTF-8, whatever files are called
        assert done.returncode == status, f'lint {arguments}: {done.returncode}\n{out}{done.stderr.decode()}'
        return out

    def found(self, status=0):
        return json.loads(self.lint('--json', status=status))['diagnostics']

    def codes(self):
        return [d['code'] for d in self.found()]


class Advice(unittest.TestCase):
    def test_each_has_a_place_and_a_name(self):
        with Place() as p:
            p.write('bad.yaml', ADVICE)
            p.write('other.yaml', GOOD)
            p.write('past.yaml', GOOD.replace('2100', '2020'))
            found = [re.match(r'(\S+:\d+:\d+): warning: .* \[([a-z-]+)\]$', line).groups() for line in p.lint().splitlines()]
            self.assertEqual(found, [('manifests/bad.yaml:1:8', 'vague-title'), ('manifests/bad.yaml:2:14', 'vague-description'),
                                     ('manifests/bad.yaml:4:8', 'no-reminder'), ('manifests/bad.yaml:4:8', 'overlap'), ('manifests/bad.yaml:5:11', 'no-updates'),
                                     ('manifests/other.yaml:4:8', 'overlap'), ('manifests/past.yaml:4:8', 'start-in-past')])
            p.lint('--strict', status=1)
            self.assertEqual(p.lint('manifests/past.yaml').count('\n'), 1)

    def test_a_good_one_has_none(self):
        with Place() as p:
            p.write('good.yaml', GOOD)
            self.assertEqual(p.lint('--strict'), '')

    def test_the_examples_have_none(self):
        with Place() as p:
            now = str(int(datetime.datetime.now().timestamp()))
            subprocess.run(['/usr/bin/python3', ROOT / 'examples/demo-dates.py', ROOT / 'examples/manifests', p.manifests, now], check=True)
            subprocess.run(['/usr/bin/python3', ROOT / 'examples/demo-dates.py', '--cancel', ROOT / 'examples/manifests', p.manifests], check=True)
            shutil.copy(ROOT / 'examples/maintd.yaml', p.top / 'maintd.yaml')
            self.assertEqual(p.lint('--strict'), '')

    def test_a_comment_switches_off(self):
        with Place() as p:
            p.write('bad.yaml', '# maintctl: disable=vague-title,overlap\n' + ADVICE.replace('02:00\n', '02:00 # maintctl: disable=no-reminder\n'))
            p.write('other.yaml', GOOD)
            self.assertEqual(p.codes(), ['vague-description', 'no-updates'])

    def test_the_configuration_switches_off(self):
        with Place() as p:
            p.write('bad.yaml', ADVICE)
            p.config('lint: {disable: [vague-title, no-reminder, no-updates]}\n')
            self.assertEqual(p.codes(), ['vague-description'])

    def test_a_misspelt_id_is_told(self):
        with Place() as p:
            p.write('a.yaml', GOOD + '# maintctl: disable=no-updats\n')
            p.config('lint: {disable: [vague-titel]}\n')
            out = p.lint()
            self.assertRegex(out, r"(?m)^manifests/a\.yaml:7:21: warning: unknown warning 'no-updats', did you mean 'no-updates'\? \[unknown-warning\]$")
            self.assertRegex(out, r"(?m)^maintd\.yaml:2:18: warning: unknown warning 'vague-titel', did you mean 'vague-title'\? \[unknown-warning\]$")

    def test_help_lists_what_can_be_switched_off(self):
        with Place() as p:
            listed = re.findall(r'(?m)^  ([a-z][a-z-]+) +[A-Z`]', p.lint('--help'))
            text = (ROOT / 'src/manifest/diagnostic-codes.c').read_text()
            self.assertEqual(listed, re.findall(r'(?m)^        \{ "([a-z-]+)", .*CODE_(?:WARNING|ADVICE),', text))
            p.config(f'lint: {{disable: {json.dumps(listed)}}}\n')
            p.write('bad.yaml', ADVICE)
            self.assertEqual(p.lint('--strict'), '')


class Parts(unittest.TestCase):
    """A file or folder named on the command line."""

    def run_of(self, p, *paths):
        done = subprocess.run([program(os.environ['MAINTD_BUILD'], 'maintctl'), '--config', 'maintd.yaml', 'lint', *paths], capture_output=True, text=True,
                              cwd=p.top, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def test_a_folder_of_the_tree_is_read_within_it(self):
        with Place() as p:
            p.write('_defaults.yaml', '# maintctl: disable=no-reminder\nservices: [api]\n')
            p.write('db/move.yaml', GOOD.replace('services: [api]\n', '').replace('notify: {reminders: [1h]}\n', ''))
            p.write('web.yaml', GOOD)
            p.write('database/x.yaml', 'titel: x\n')
            for folder in ('manifests/db', 'manifests/db/', './manifests/../manifests/db', str(p.manifests / 'db')):
                status, out, err = self.run_of(p, folder)
                self.assertEqual((status, out, err), (0, self.run_of(p, 'manifests/db/move.yaml')[1], '1 manifest, 0 refused, 1 warning\n'))
                self.assertRegex(out, r"^manifests/db/move\.yaml:2?\d:\d+: warning: .* \[overlap\]\n$")
            elsewhere = p.top / 'elsewhere'
            shutil.copytree(p.manifests / 'db', elsewhere)
            self.assertRegex(p.lint('elsewhere'), r'(?m)^elsewhere/move\.yaml:\S+ warning: .* \[no-reminder\]$')
            p.write('_drafts/later.yaml', 'titel: x\n')        # the tree leaves it out: it is one of its own
            self.assertIn('manifests/_drafts/later.yaml:1:1: error', p.lint('manifests/_drafts', status=1))
            self.assertIn('manifests/_drafts/later.yaml:1:1: error', p.lint('manifests/_drafts/later.yaml', status=1))

    def test_what_is_no_manifest_is_an_error(self):
        with Place() as p:
            for name in ('notes.txt', 'x.yam', '_later.yaml', '.hidden.yaml', 'good.yaml', 'folder.yaml/a.yaml'):
                p.write(name, GOOD)
            (p.manifests / 'd.yaml').mkdir()
            for name, reason in (('notes.txt', 'its name must end in .yaml or .yml'), ('x.yam', 'its name must end in .yaml or .yml'),
                                 ('d.yaml', 'it is no regular file'), ('_later.yaml', 'names that begin with . or _ are left out'),
                                 ('.hidden.yaml', 'names that begin with . or _ are left out')):
                self.assertEqual(self.run_of(p, 'manifests/' + name), (1, '', f'maintctl: manifests/{name}: not a manifest: {reason}\n'))
            self.assertEqual(self.run_of(p, '/dev/null'), (1, '', 'maintctl: /dev/null: not a manifest: it is no regular file\n'))
            self.assertEqual(self.run_of(p, 'manifests/folder.yaml')[0], 0)

    def test_what_was_asked_for_is_counted(self):
        with Place() as p:
            p.write('a.yaml', GOOD)
            p.write('b.yaml', 'titel: x\nfoo: y\n')
            p.write('c/two.yaml', 'id: a2\n' + GOOD + '---\nid: b2\n' + GOOD.replace('02:00', '12:00'))
            for paths, wanted in ((['manifests/a.yaml'], (1, 0)), (['manifests/b.yaml'], (1, 1)), (['manifests/c'], (2, 0)), (['manifests'], (4, 1)),
                                  (['manifests/a.yaml', 'manifests/b.yaml'], (2, 1)), ([], (4, 1))):
                doc = json.loads(self.run_of(p, '--json', *paths)[1])
                self.assertEqual((doc['manifests'], doc['refused']), wanted, paths)


class Formats(unittest.TestCase):
    def expected(self, p):
        found = p.found(status=1)
        self.assertGreater({d['severity'] for d in found}, {'error'})
        self.assertEqual(len({d['file'] for d in found}), len(NAMES) + 2)
        self.assertTrue(any("'Maintenance %,: <&> 100% :: ]]> %25 '2027''" in d['message'] for d in found))
        return found

    def test_sarif(self):
        with Place() as p:
            p.hostile()
            found = self.expected(p)
            doc = json.loads(p.lint('--format', 'sarif', status=1))
            [run] = doc['runs']
            rules = run['tool']['driver']['rules']
            self.assertEqual(len({r['id'] for r in rules}), len(rules))
            for rule in rules:
                self.assertTrue(rule['help']['text'] and rule['fullDescription']['text'], rule)
                self.assertRegex(rule['name'], '^[A-Z][A-Za-z]+$')
                self.assertNotIn('helpUri', rule)
            for result, d in zip(run['results'], found, strict=True):
                place = result['locations'][0]['physicalLocation']
                self.assertEqual(rules[result['ruleIndex']]['id'], result['ruleId'])
                self.assertRegex(place['artifactLocation']['uri'], r'^([A-Za-z0-9._~/-]|%[0-9A-F]{2})+$')
                self.assertEqual((result['ruleId'], result['level'], result['message']['text'], place['region']['startLine'], place['region']['startColumn']),
                                 (d['code'], d['severity'], d['message'], d['line'], d['column']))

    def test_github(self):
        """Read back as the runner does: a command a line, its properties and message unescaped."""
        def plain(text, escapes):
            for escape, character in escapes:
                text = text.replace(escape, character)
            return text

        message = [('%0D', '\r'), ('%0A', '\n'), ('%25', '%')]
        with Place() as p:
            p.hostile()
            found = self.expected(p)
            lines = p.lint('--format', 'github', status=1).splitlines()
            for line, d in zip(lines, found, strict=True):
                command, properties, text = re.fullmatch(r'::(error|warning) ([^:]*)::(.*)', line).groups()
                pairs = dict(pair.split('=', 1) for pair in properties.split(','))
                self.assertEqual(set(pairs), {'file', 'line', 'col', 'title'})
                self.assertEqual((command, plain(pairs['file'], [('%3A', ':'), ('%2C', ','), *message]), pairs['line'], pairs['col'], pairs['title'], plain(text, message)),
                                 (d['severity'], d['file'], str(d['line']), str(d['column']), d['code'], d['message']))

    def test_gitlab(self):
        """The fields that GitLab asks for: https://docs.gitlab.com, code quality report format."""
        with Place() as p:
            p.hostile()
            p.write('twice.yaml', 'id: b\ntitle: Maintenance\n---\nid: c\ntitle: Maintenance\n')
            found = p.found(status=1)
            report = json.loads(p.lint('--format', 'gitlab', status=1))
            for entry, d in zip(report, found, strict=True):
                self.assertEqual(set(entry), {'description', 'check_name', 'fingerprint', 'severity', 'location'})
                self.assertRegex(entry['fingerprint'], '^[0-9a-f]{16}$')
                self.assertIn(entry['severity'], ('info', 'minor', 'major', 'critical', 'blocker'))
                self.assertEqual((entry['description'], entry['check_name'], entry['location']), (d['message'], d['code'], {'path': d['file'], 'lines': {'begin': d['line']}}))
                self.assertFalse(entry['location']['path'].startswith(('./', '/')), entry)
            self.assertEqual(len({e['fingerprint'] for e in report}), len(report))
            # A line more above a finding does not make it another one.
            path = p.manifests / 'title.yaml'
            path.write_text('# more\n' + path.read_text())
            self.assertEqual({e['fingerprint'] for e in json.loads(p.lint('--format', 'gitlab', status=1))}, {e['fingerprint'] for e in report})

    def test_junit(self):
        with Place() as p:
            p.hostile()
            found = self.expected(p)
            top = ET.fromstring(p.lint('--format', 'junit', status=1).encode())
            [suite] = top
            self.assertEqual((top.tag, suite.tag, suite.get('tests'), suite.get('failures'), suite.get('errors'), suite.get('skipped')),
                             ('testsuites', 'testsuite', str(len(found)), str(sum(d['severity'] == 'error' for d in found)), '0', '0'))
            for case, d in zip(suite, found, strict=True):
                [what] = case
                self.assertEqual((case.tag, case.get('classname'), case.get('name')), ('testcase', d['file'], f"{d['code']}, line {d['line']}"))
                if d['severity'] == 'error':
                    self.assertEqual((what.tag, what.get('message')), ('failure', d['message']))
                else:
                    self.assertEqual((what.tag, what.text), ('system-out', d['message']))

    def test_paths_lead_from_where_one_stands(self):
        with Place() as p:
            p.write('title.yaml', TITLE)
            for given in ('manifests', './manifests', './manifests/title.yaml'):
                [entry] = json.loads(p.lint('--format', 'gitlab', given))
                self.assertEqual(entry['location']['path'], 'manifests/title.yaml')
                self.assertIn(' file=manifests/title.yaml,', p.lint('--format', 'github', given))
                [run] = json.loads(p.lint('--format', 'sarif', given))['runs']
                self.assertEqual(run['results'][0]['locations'][0]['physicalLocation']['artifactLocation']['uri'], 'manifests/title.yaml')

    def test_nothing_wrong_is_no_empty_report(self):
        with Place() as p:
            p.write('good.yaml', GOOD)
            self.assertEqual(json.loads(p.lint('--format', 'sarif'))['runs'][0]['results'], [])
            self.assertEqual(json.loads(p.lint('--format', 'gitlab')), [])
            self.assertEqual(p.lint('--format', 'github'), '')
            suite = ET.fromstring(p.lint('--format', 'junit')).find('testsuite')
            self.assertEqual((suite.get('tests'), len(suite)), ('1', 1))

    def test_a_file_as_a_whole_has_no_region(self):
        with Place() as p:
            p.write('empty.yaml', '')
            [run] = json.loads(p.lint('--format', 'sarif', status=1))['runs']
            self.assertNotIn('region', run['results'][0]['locations'][0]['physicalLocation'])
            self.assertIn(',line=1,col=1,', p.lint('--format', 'github', status=1))

    def test_an_unknown_format_is_wrong_usage(self):
        with Place() as p:
            p.lint('--format', 'xml', status=1)


class Pipelines(unittest.TestCase):
    """What examples/ci says, done."""

    def test_their_commands_work(self):
        with Place() as p:
            p.write('bad.yaml', ADVICE)
            for name, kinds in (('github.yml', {'github'}), ('gitlab-ci.yml', {'gitlab', 'junit'})):
                commands = re.findall(r'(?m)maintctl (--config .*)$', (ROOT / 'examples/ci' / name).read_text())
                self.assertEqual({re.search(r'--format (\S+)', c)[1] for c in commands}, kinds)
                for command in commands:
                    words = re.split(r' (?:>|\|\|) ?', command)[0].split()
                    done = subprocess.run([program(os.environ['MAINTD_BUILD'], 'maintctl'), *words], cwd=p.top, capture_output=True, text=True, timeout=60)
                    self.assertEqual((done.returncode, 'vague-title' in done.stdout), (1 if '--strict' in words else 0, True), command)


class Hook(unittest.TestCase):
    """examples/ci/pre-commit, in a repository of manifests."""

    def test_what_maintd_would_refuse_is_not_committed(self):
        with tempfile.TemporaryDirectory() as top:
            def git(*arguments):
                return subprocess.run(['git', '-C', top, '-c', 'user.name=a', '-c', 'user.email=a@example.com', *arguments], capture_output=True, text=True, env=env)
            tools = os.path.dirname(program(os.environ['MAINTD_BUILD'], 'maintctl'))
            env = {**os.environ, 'PATH': tools + ':' + os.environ['PATH'], 'GIT_CONFIG_GLOBAL': '/dev/null'}
            self.assertEqual(git('init', '-q').returncode, 0)
            hook = pathlib.Path(__file__).resolve().parents[2] / 'examples/ci/pre-commit'
            shutil.copy(hook, pathlib.Path(top, '.git/hooks/pre-commit'))
            manifests = pathlib.Path(top, 'manifests')
            manifests.mkdir()
            good, bad = f'title: A\nstart: {at(3600)}\nduration: 1h\n', 'titel: A\n'
            pathlib.Path(manifests, 'a.yaml').write_text(bad)
            git('add', '.')
            done = git('commit', '-qm', 'bad')
            self.assertNotEqual(done.returncode, 0)
            self.assertRegex(done.stdout + done.stderr, r"a\.yaml:1:1: error: unknown key 'titel', did you mean 'title'\?")
            pathlib.Path(manifests, 'a.yaml').write_text(good)
            git('add', '.')
            pathlib.Path(manifests, 'a.yaml').write_text(bad)     # not staged, so not judged
            done = git('commit', '-qm', 'good')
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == '__main__':
    unittest.main(verbosity=2)
