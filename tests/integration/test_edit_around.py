#!/usr/bin/python3
"""maintctl's edits: which window is meant, what is refused, the file's own place, git, and the daemon that carries them out."""
import contextlib
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
import unittest

import yaml

from world import BUILD, Site, World, at, eventually, main, program

LATER = 'start: 2030-02-01T02:00\nend: 2030-02-01T04:00\n'
WEEKLY = 'title: Weekly\nstart: 2030-02-03T02:00\nduration: 1h\ntimezone: Europe/Berlin\nrecurrence:\n  rule: FREQ=WEEKLY\n'


class Desk(unittest.TestCase):
    """A person with a directory of manifests."""

    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix='maintd-desk-'))
        self.addCleanup(shutil.rmtree, self.root, True)
        self.site = Site(BUILD, self.root, services=('api', 'database'))
        self.site.config.write_text(self.site.config.read_text().replace('targets:', 'targets: {}'))
        self.dir = self.site.manifests
        self.env = {**{k: v for k, v in os.environ.items() if not k.startswith('GIT_')}, 'HOME': str(self.root), 'GIT_CONFIG_NOSYSTEM': '1'}

    def file(self, name, text):
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def ctl(self, *arguments, expect=0, **how):
        """(output, errors) of maintctl."""
        done = subprocess.run([program(BUILD, 'maintctl'), *self.site.arguments(), *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                              **{'text': True, 'env': self.env, **how})
        self.assertEqual(done.returncode, expect, f'{arguments}\n{done.stdout}{done.stderr}')
        return done.stdout, done.stderr

    def refused(self, what, *arguments, **how):
        """It says `what`, and nothing below the directory is another than before."""
        before = self.tree()
        out, err = self.ctl(*arguments, expect=1, **how)
        self.assertEqual(out, '')
        self.assertRegex(err, what)
        self.assertEqual(self.tree(), before)
        return err

    def tree(self):
        return {str(p): (p.lstat().st_mtime_ns, p.read_bytes() if p.is_file() else None) for p in sorted(self.dir.rglob('*')) if '.git' not in p.parts}

    def data(self, name):
        return yaml.load((self.dir / name).read_text(), yaml.BaseLoader)


class Which(Desk):
    def test_an_id_or_the_beginning_that_only_one_has(self):
        for name in ('db-one', 'db-two', 'web'):
            self.file(name + '.yaml', f'title: {name}\n{LATER}')
        self.ctl('cancel', 'w')
        self.assertEqual(self.data('web.yaml')['state'], 'cancelled')
        self.refused('"db" begins several ids: db-one, db-two', 'cancel', 'db')
        self.refused('there is no manifest "wep", did you mean "web"', 'cancel', 'wep')
        self.refused('the id is empty', 'cancel', '')
        self.refused('does not recur: leave out "@2030"', 'cancel', 'db-one@2030')
        self.file('db.yaml', f'title: db\n{LATER}')
        self.ctl('cancel', 'db')
        self.assertEqual(self.data('db.yaml')['state'], 'cancelled')
        err = self.refused('there is no manifest', 'cancel', 'x\x1b[31m')
        self.assertNotIn('\x1b', err)

    def test_an_occurrence_or_the_next_one(self):
        self.file('weekly.yaml', WEEKLY)
        self.ctl('cancel', 'weekly')
        self.ctl('extend', 'weekly', '--by', '1h')                      # the first is off, so the second is next
        self.ctl('start', 'weekly@2030-02-24T02:00')
        self.ctl('extend', 'weekly', '--by', '15min')                   # that one runs
        self.assertEqual(self.data('weekly.yaml')['recurrence']['overrides'], [
            {'occurrence': '2030-02-03T02:00', 'state': 'cancelled'}, {'occurrence': '2030-02-10T02:00', 'end': '2030-02-10T04:00'},
            {'occurrence': '2030-02-24T02:00', 'end': '2030-02-24T03:15', 'state': 'in_progress'}])
        self.refused('"weekly@2030-02" begins several occurrences: weekly@2030-02-03T02:00, .*, weekly@2030-02-24T02:00$', 'cancel', 'weekly@2030-02')
        err = self.refused('has no occurrence "2030-02-04" that runs or lies ahead; the next are: weekly@2030-02-03T02:00, ', 'cancel', 'weekly@2030-02-04')
        self.assertRegex(err, '…\n$')
        self.assertNotIn('\x1b', self.refused('has no occurrence', 'cancel', 'weekly@\x1b[1m'))

    def test_what_is_refused_says_what_to_do(self):
        self.file('db.yaml', f'title: db\n{LATER}')
        self.refused('it has not started: `maintctl cancel` calls it off', 'complete', 'db')
        self.refused('it has not started: updates are posted while it runs', 'update', 'db', '-m', 'x')
        self.refused('either --by SPAN or --end TIME', 'extend', 'db')
        self.refused('either --by SPAN or --end TIME', 'extend', 'db', '--by', '1h', '--end', '05:00')
        self.refused('--by soon: a time span is wanted', 'extend', 'db', '--by', 'soon')
        self.refused('--end 25:00: a time is wanted', 'extend', 'db', '--end', '25:00')
        self.refused('it ends at 2030-02-01 04:00 UTC: that is no later', 'extend', 'db', '--end', '2030-02-01T04:00')
        self.refused('that is no later', 'extend', 'db', '--end', '03:00')
        self.refused('it is not suspended', 'resume', 'db')
        self.refused('--timeout is for --wait', 'start', 'db', '--timeout', '5s')
        self.refused('maintd does not run here: leave out --wait', 'start', 'db', '--wait')
        self.ctl('suspend', 'db')
        self.refused('it is suspended already', 'suspend', 'db')
        self.ctl('start', 'db')
        self.refused('it has started already', 'start', 'db')
        self.refused('what is to be said', 'update', 'db')
        self.ctl('complete', 'db')
        for verb in ('start', 'complete', 'cancel'):
            self.refused('it is completed already', verb, 'db')
        self.refused('it is completed: publish a new window', 'extend', 'db', '--by', '1h')
        self.refused('it is over', 'update', 'db', '-m', 'x')

    def test_a_file_that_is_broken_elsewhere_does_not_hinder(self):
        self.file('db.yaml', f'id: good\ntitle: db\n{LATER}---\nid: bad\ntitle: bad\nstart: 2030-02-01T02:00\nend: 2029-01-01T00:00\n')
        self.file('other.yaml', 'title: [\n')
        out, err = self.ctl('cancel', 'good')
        self.assertEqual(err, '')
        self.assertIn('+state: cancelled', out)
        self.refused('bad', 'cancel', 'bad')


class Times(Desk):
    def extended(self, text, *how):
        self.file('db.yaml', 'title: db\n' + text)
        self.ctl('extend', 'db', *how)
        data = self.data('db.yaml')
        return data.get('end', data.get('duration'))

    def test_an_end_keeps_its_form(self):
        self.assertEqual(self.extended('start: 2030-02-01T02:00Z\nend: 2030-02-01T09:30:00+05:30\n', '--by', '90min'), '2030-02-01T11:00+05:30')
        self.assertEqual(self.extended('start: 2030-02-01T02:00Z\nend: 2030-02-01T04:00Z\n', '--end', '2030-02-01T05:00'), '2030-02-01T05:00Z')
        self.assertEqual(self.extended('start: 2030-02-01T02:00Z\nend: 2030-02-01T04:00:30Z\n', '--by', '1d'), '2030-02-02T04:00:30Z')
        self.assertEqual(self.extended('start: 2030-02-01T02:00\nduration: 2h\n', '--by', '30min'), '2h 30min')
        self.assertEqual(self.extended('start: 2030-02-01T02:00\nduration: 1d\n', '--by', '2h'), '1d 2h')
        self.assertEqual(self.extended('start: 2030-02-01T02:00\nduration: 2h\n', '--end', '05:15'), '3h 15min')

    def test_a_time_of_day_is_the_next_one(self):
        self.assertEqual(self.extended('start: 2030-02-01T22:00\nend: 2030-02-01T23:30\n', '--end', '00:30'), '2030-02-02T00:30')
        self.assertEqual(self.extended('start: 2030-02-01T22:00\nend: 2030-02-02T02:00\n', '--end', '05:00'), '2030-02-02T05:00')
        self.assertEqual(self.extended('start: 2030-02-01T22:00\nend: 2030-02-05T02:00\n', '--end', '05:00'), '2030-02-05T05:00')
        self.assertEqual(self.extended('start: 2030-02-01T22:00\nend: 2030-02-05T23:30\n', '--end', '00:30'), '2030-02-06T00:30')

    def test_clocks_that_change_while_it_runs(self):
        berlin = 'timezone: Europe/Berlin\n'
        self.assertEqual(self.extended(f'start: 2030-03-31T00:30\nend: 2030-03-31T01:30\n{berlin}', '--by', '1h'), '2030-03-31T03:30')
        self.assertEqual(self.extended(f'start: 2030-10-27T00:30\nend: 2030-10-27T01:30\n{berlin}', '--by', '1h'), '2030-10-27T02:30')
        self.assertEqual(self.extended(f'start: 2030-10-27T00:30\nend: 2030-10-27T02:30\n{berlin}', '--by', '1h'), '2030-10-27T02:30+01:00')
        self.assertEqual(self.extended(f'start: 2030-10-26T02:30\nend: 2030-10-26T03:30\n{berlin}', '--by', '1d'), '2030-10-27T03:30')
        self.assertEqual(self.extended(f'start: 2030-03-30T20:00\nend: 2030-03-31T01:00\n{berlin}', '--end', '04:00'), '2030-03-31T04:00')

    def test_an_occurrence_ends_where_its_series_says_and_later(self):
        self.file('weekly.yaml', WEEKLY)
        self.ctl('extend', 'weekly@2030-03-31', '--by', '1h')           # 02:00 does not exist on that day: it is 03:00
        self.ctl('extend', 'weekly@2030-02-10', '--end', '04:30')
        self.assertEqual([o['end'] for o in self.data('weekly.yaml')['recurrence']['overrides']], ['2030-03-31T05:00', '2030-02-10T04:30'])


MESSAGES = ['plain words', "it's: \"quoted\" # no comment", '- a list?', '*bold* & <b>', 'no', '12:30', '2030', '~', '@home', '50% | done', 'a\\b\\n', 'trailing:',
            '[brackets], {braces}', 'Zürich ✓ 数据库 🚀', 'First line\n\n  second: indented\n# third', ' \n leading', 'a\ttab', '--- x', '! y', "'single'", '"double"',
            '? key', 'end: 2030', '%YAML', '`x`', 'x' * 900]


class Messages(Desk):
    def test_a_message_is_read_as_it_was_given(self):
        layouts = {'plain.yaml': f'title: x\n{LATER}', 'flow.yaml': '{title: x, start: 2030-02-01T02:00, end: 2030-02-01T04:00}\n',
                   'json.yaml': '{"title": "x", "start": "2030-02-01T02:00", "end": "2030-02-01T04:00", "message": "old"}\n',
                   'single.yaml': f"title: x\nmessage: 'old'\n{LATER}", 'crlf.yaml': f'title: x\n{LATER}'.replace('\n', '\r\n')}
        for name, text in layouts.items():
            for message in MESSAGES if name == 'plain.yaml' else MESSAGES[1::4]:
                with self.subTest(name, message=message):
                    (self.dir / name).write_bytes(text.encode())
                    self.ctl('cancel', name[:-5], '-m', message)
                    self.assertEqual(yaml.load((self.dir / name).read_bytes(), yaml.BaseLoader)['message'], message)
                    shown = json.loads(self.ctl('--json', 'show', name[:-5])[0])
                    self.assertEqual(shown['message'], message.rstrip())

    def test_control_characters_are_refused_and_not_shown(self):
        self.file('db.yaml', f'title: db\n{LATER}')
        for bad in ('\x1b[31mred', '\x07', '\u009b1m', 'a\u202eb', '\u2028', '\ufeff', 'a\rb'):
            err = self.refused(r'--message: holds the control character U\+', 'cancel', 'db', '-m', bad)
            self.assertNotIn(bad, err)
        self.refused('--message: this is not UTF-8', 'cancel', 'db', '-m', b'\xff')
        self.refused(r'--title: holds the control character U\+001B', 'new', 'x', '--title', '\x1b', '--start', '2030-01-01T00:00', '--duration', '1h')
        path = self.file('odd.yaml', f'title: odd # \u202e\n{LATER}')
        out, _ = self.ctl('cancel', 'odd')
        self.assertNotIn('\u202e', out)
        self.assertIn('\u202e', path.read_text())


class Place(Desk):
    """The step from one version of a file to the next."""

    def test_mode_owner_and_link_stay(self):
        real = self.file('sub/real.yaml', f'id: real\ntitle: db\n{LATER}')
        real.chmod(0o640)
        if os.geteuid() == 0:
            os.chown(real, 1234, 2345)
        (self.dir / 'sub' / 'real.yaml').rename(self.dir / '_real')
        (self.dir / 'sub' / 'real.yaml').symlink_to('../_real')
        before = (self.dir / '_real').stat()
        self.ctl('cancel', 'real')
        after = (self.dir / '_real').stat()
        self.assertTrue((self.dir / 'sub' / 'real.yaml').is_symlink())
        self.assertEqual((after.st_mode, after.st_uid, after.st_gid), (before.st_mode, before.st_uid, before.st_gid))
        self.assertNotEqual(after.st_ino, before.st_ino)
        self.assertEqual(sorted(p.name for p in self.dir.rglob('*')), ['_real', 'real.yaml', 'sub'])

    def test_a_file_that_cannot_be_written_stays_as_it_was(self):
        self.file('db.yaml', f'title: db\n{LATER}')

        def small():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20))
        self.refused('db.yaml: File too large', 'cancel', 'db', preexec_fn=small, restore_signals=False)
        self.assertEqual([p.name for p in self.dir.iterdir()], ['db.yaml'])

    @unittest.skipIf(os.geteuid() != 0, 'needs another user')
    def test_a_person_who_may_not_write_is_told(self):
        path = self.file('db.yaml', f'title: db\n{LATER}')
        for folder in (self.root, self.dir):
            folder.chmod(0o755)

        def nobody():
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        self.refused('db.yaml: Permission denied', 'cancel', 'db', preexec_fn=nobody)
        self.dir.chmod(0o777)
        path.chmod(0o640)
        os.chown(path, 1234, 65534)
        self.refused('its owner cannot be kept', 'cancel', 'db', preexec_fn=nobody)
        path.chmod(0o644)
        self.ctl('cancel', 'db', preexec_fn=nobody)
        self.assertEqual(path.stat().st_mode & 0o777, 0o644)

    def test_an_edit_that_maintd_would_refuse_is_not_written(self):
        self.file('weekly.yaml', WEEKLY)
        self.refused('long.yaml:.*error: .*too long(?s:.*)maintd would refuse the edited file: nothing was written', 'new', 'long', '--title', 'x' * 300,
                     '--start', '2030-02-01T02:00', '--duration', '1h')
        self.refused('--message: the message is too long: at most 16384 bytes', 'cancel', 'weekly', '-m', 'x' * 20000)
        self.file('db.yaml', 'end: 2030-02-01T04:00\rtitle: x\rstart: 2030-02-01T02:00\r')
        self.refused('db.yaml:1: this cannot be edited by maintctl: .*; edit it by hand', 'cancel', 'db')


class New(Desk):
    def new(self, id, *more, expect=0):
        return self.ctl('new', id, '--title', 'A: title', '--start', '2030-02-01T02:00', *(more or ('--duration', '2h')), expect=expect)

    def test_a_manifest_as_a_person_would_write_it(self):
        out, err = self.new('web/eu/db-1', '--duration', '2h', '--services', 'api, database', '--timezone', 'Europe/Berlin',
                            '--description', 'Reads work.\n\n**Writes** do not.')
        self.assertEqual(err, '')
        self.assertIn('web/eu/db-1.yaml: add web/eu/db-1', out)
        path = self.dir / 'web/eu/db-1.yaml'
        self.assertEqual(path.read_text(), "title: 'A: title'\ndescription: |\n  Reads work.\n\n  **Writes** do not.\nstart: 2030-02-01T02:00\n"
                         'duration: 2h\ntimezone: Europe/Berlin\nservices: [api, database]\n')
        self.assertEqual(path.stat().st_mode & 0o777, 0o644)
        self.ctl('lint')

    def test_bad_ones_leave_nothing_behind(self):
        self.file('db.yaml', f'title: db\n{LATER}')
        self.file('broken.yaml', 'title: [\n')
        good = ['--title', 't', '--start', '2030-01-01T00:00', '--duration', '1h']
        for id in ('', 'Upper', '../x', 'a//b', '.x', 'a/.x', '_x', 'a/_x', 'a/', '/x', 'a b', 'x' * 121, '\x1b'):
            with self.subTest(id):
                self.assertNotIn('\x1b', self.refused('an id is made of|the id is too long|the id is empty', 'new', id, *good))
        self.refused('there is such a manifest', 'new', 'db', *good)
        self.refused('there is such a file', 'new', 'broken', *good)
        self.refused('--title TEXT is wanted', 'new', 'x', *good[2:])
        self.refused('--start TIME is wanted', 'new', 'x', *good[:2], *good[4:])
        self.refused('either --duration SPAN or --end TIME', 'new', 'x', *good, '--end', '2030-01-01T01:00')
        self.refused("error: 'start' is no time", 'new', 'folder/x', *good[:3], 'soon', *good[4:])
        self.refused('error: .*did you mean', 'new', 'folder/x', *good, '--services', 'apy')
        (self.dir / 'out').symlink_to(self.root)
        self.ctl('new', 'out/x', *good, expect=1)
        self.assertFalse((self.root / 'x.yaml').exists())


class Json(Desk):
    def test_the_document_says_what_was_done_and_its_diff_can_be_applied(self):
        path = self.file('db.yaml', f'title: db # x\n{LATER}services: [api]\n')
        before = path.read_text()
        doc = json.loads(self.ctl('--json', 'start', 'db', '-m', 'Now')[0])
        self.assertEqual({k: v for k, v in doc.items() if k != 'diff'}, {'manifest': 'db', 'window': 'db', 'file': 'db.yaml', 'line': 1, 'changed': True,
                                                                          'commit': None, 'push': None})
        after = path.read_text()
        path.write_text(before)
        subprocess.run(['git', 'apply', '-'], cwd=self.dir, input=doc['diff'], text=True, check=True, env=self.env)
        self.assertEqual(path.read_text(), after)


class Git(Desk):
    """A clone that follows another repository."""

    def setUp(self):
        super().setUp()
        (self.root / '.gitconfig').write_text('[user]\n\tname = Ada\n\temail = ada@example.com\n[init]\n\tdefaultBranch = main\n')
        self.git('init', '-q', '--bare', '../origin', cwd=self.dir)
        self.git('init', '-q')
        self.path = self.file('db.yaml', f'title: db\n{LATER}')
        self.file('web.yaml', f'title: web\n{LATER}')
        self.git('add', '.')
        self.git('commit', '-qm', 'first')
        self.git('remote', 'add', 'origin', '../origin')
        self.git('push', '-qu', 'origin', 'main')

    def git(self, *arguments, cwd=None):
        return subprocess.run(['git', *arguments], cwd=cwd or self.dir, env=self.env, check=True, capture_output=True, text=True).stdout

    def test_without_commit_it_is_refused(self):
        self.refused('follows origin/main: add --commit', 'cancel', 'db')
        self.assertEqual(self.git('status', '--porcelain'), '')

    def test_it_commits_that_file_alone(self):
        self.file('web.yaml', f'title: web, staged\n{LATER}')
        self.git('add', 'web.yaml')
        self.file('web.yaml', f'title: web, not staged\n{LATER}')
        self.file('new.yaml', f'title: untracked\n{LATER}')
        doc = json.loads(self.ctl('--json', 'cancel', 'db', '--commit', '-m', 'No staff')[0])
        self.assertEqual(self.git('log', '-1', '--format=%s|%an|%ae', '--name-only').split(), ['cancel', 'db|Ada|ada@example.com', 'db.yaml'])
        self.assertTrue(self.git('rev-parse', 'HEAD').startswith(doc['commit']))
        self.assertEqual(doc['push'], f'git -C {self.dir} push')
        self.assertEqual(self.git('status', '--porcelain'), 'MM web.yaml\n?? new.yaml\n')
        subprocess.run(doc['push'], shell=True, check=True, env=self.env, capture_output=True)
        self.assertEqual(self.git('status', '-sb').split('\n')[0], '## main...origin/main')
        out, _ = self.ctl('suspend', 'db', '--commit')
        self.assertRegex(out, '(?m)^committed as [0-9a-f]+$')
        self.assertIn(f'to publish it: git -C {self.dir} push', out)

    def test_a_new_file_is_committed_too(self):
        self.ctl('new', 'a/b', '--title', 'T', '--start', '2030-01-01T00:00', '--duration', '1h', '--commit')
        self.assertEqual(self.git('log', '-1', '--format=%s', '--name-only').split(), ['add', 'a/b', 'a/b.yaml'])
        self.assertEqual(self.git('status', '--porcelain'), '')

    def test_what_is_not_committed_yet_is_not_ours_to_commit(self):
        self.file('db.yaml', f'title: changed\n{LATER}')
        self.refused('has changes that are not committed', 'cancel', 'db', '--commit')
        self.git('add', 'db.yaml')
        self.refused('has changes that are not committed', 'cancel', 'db', '--commit')
        self.file('new.yaml', f'title: untracked\n{LATER}')
        self.refused('has changes that are not committed', 'cancel', 'new', '--commit')

    def test_hooks_run_and_may_refuse(self):
        hook = self.dir / '.git/hooks/pre-commit'
        hook.parent.mkdir(exist_ok=True)
        hook.write_text('#!/bin/sh\necho "the hook says no" >&2\nexit 1\n')
        hook.chmod(0o755)
        out, err = self.ctl('cancel', 'db', '--commit', expect=1)
        self.assertIn('the hook says no', err)
        self.assertIn('git has not committed it: it is edited and not committed', err)
        self.assertNotIn('committed as', out)
        self.assertEqual(self.git('status', '--porcelain'), ' M db.yaml\n')
        self.assertEqual(self.git('log', '--format=%s'), 'first\n')

    def test_names_that_are_patterns_to_git(self):
        for name in ('a*', 'ab'):
            self.file(name + '.yaml', f'id: {name[0] + str(len(name) + ord(name[1]))}\ntitle: x\n{LATER}')
        self.git('add', '.')
        self.git('commit', '-qm', 'second')
        self.file('ab.yaml', (self.dir / 'ab.yaml').read_text() + '# mine\n')
        self.ctl('cancel', f'a{2 + ord("*")}', '--commit')
        self.assertEqual(self.git('status', '--porcelain'), ' M ab.yaml\n')

    def test_a_folder_with_a_blank_can_be_pushed_by_what_is_shown(self):
        self.git('clone', '-q', str(self.root / 'origin'), "it's a clone", cwd=self.root)
        clone = self.root / "it's a clone"
        doc = json.loads(self.ctl('--manifests', str(clone), '--json', 'cancel', 'db', '--commit')[0])
        subprocess.run(doc['push'], shell=True, check=True, env=self.env, capture_output=True)

    def test_without_an_upstream_it_is_as_one_likes(self):
        self.git('branch', '--unset-upstream')
        self.ctl('suspend', 'db')
        self.git('commit', '-qam', 'x')
        self.assertNotIn('to publish', self.ctl('resume', 'db', '--commit')[0])

    def test_outside_of_a_work_tree_and_without_git(self):
        shutil.rmtree(self.dir / '.git')
        self.refused('it is in no git work tree: leave out --commit', 'cancel', 'db', '--commit')
        nothing = {**self.env, 'PATH': '/nonexistent'}
        self.refused('there is no git: leave out --commit', 'cancel', 'db', '--commit', env=nothing)
        self.ctl('cancel', 'db', env=nothing)

    @unittest.skipIf(os.geteuid() != 0, 'needs another user')
    def test_a_work_tree_of_somebody_else_is_not_taken_for_none(self):
        for p in [self.dir, *self.dir.rglob('*')]:
            os.chown(p, 1234, 1234)
        err = self.refused('dubious ownership', 'cancel', 'db')
        self.assertIn('safe.directory', err)


class Silent(unittest.TestCase):
    """A daemon that hangs: its socket is there, and nobody answers."""
    ASKS = (('next',), ('timeline',), ('calendar',), ('extend', 'db', '--by', '1h'))

    def check(self, w, limit):
        with socket.socket(socket.AF_UNIX) as s, contextlib.ExitStack() as others:
            s.bind(str(w.control))
            s.listen(limit)
            for _ in range(limit + 1 if limit < 5 else 0):       # as many as the kernel takes
                other = others.enter_context(socket.socket(socket.AF_UNIX))
                other.connect(str(w.control))
            for asked in self.ASKS:
                began = time.monotonic()
                status, out, err = w.ctl(*asked, expect=None)
                self.assertLess(time.monotonic() - began, 20)
                self.assertEqual((status, err), (0, 'maintctl: maintd does not answer\n'), asked)
                self.assertIn('db', out)
            text = (w.site.manifests / 'db.yaml').read_text()
            began = time.monotonic()
            status, out, err = w.ctl('start', 'db', '--wait', '--timeout', '2s', expect=None)
            self.assertLess(time.monotonic() - began, 20)
            self.assertEqual((status, out), (1, ''))
            self.assertRegex(err, '^maintctl: maintd does not answer: nothing is written; .*--wait')
            self.assertEqual((w.site.manifests / 'db.yaml').read_text(), text)
        w.control.unlink()

    def test_what_can_do_without_it_does_after_a_moment(self):
        with World() as w:
            w.site.state.mkdir(exist_ok=True)
            w.manifest('db.yaml', start=at(3 * 86400), end=at(3 * 86400 + 3600))
            self.check(w, 5)

    def test_nor_does_a_full_queue_hold_anybody(self):
        with World() as w:
            w.site.state.mkdir(exist_ok=True)
            w.manifest('db.yaml', start=at(3 * 86400), end=at(3 * 86400 + 3600))
            self.check(w, 1)

    def test_wait_ends_in_time_when_it_stops_answering(self):
        with World() as w:
            w.manifest('db.yaml', start=at(3 * 86400), end=at(3 * 86400 + 3600))
            w.start()
            w.wait_sync('db', 'ok')
            os.kill(w.maintd.process.pid, signal.SIGSTOP)
            try:
                status, _, err = w.ctl('cancel', 'db', '--wait', '--timeout', '1s', expect=None)
                self.assertEqual(status, 1)
                self.assertIn('maintd does not answer', err)
                self.assertIn('db', w.ctl('next'))
            finally:
                os.kill(w.maintd.process.pid, signal.SIGCONT)
            w.ctl('cancel', 'db', '--wait', '--timeout', '30s')


class Daemon(unittest.TestCase):
    def test_every_verb_is_on_the_page_when_wait_returns(self):
        with World(watch=True) as w:
            path = w.site.manifests / 'db.yaml'
            w.manifest('db.yaml', f'# mine\ntitle: db\nservices: [api]\nstart: {at(3600)}\nend: {at(7200)}   # late\n')
            w.start()
            w.wait_state('db', 'scheduled')
            self.assertIn('done at every target: db', w.ctl('start', 'db', '--wait', '-m', 'Early'))
            self.assertEqual(w.object('db')['status'], 'in_progress')
            w.ctl('update', 'db', '-m', 'Half "done": #1', '--wait')
            w.ctl('update', 'db', '-m', 'Nearly', '--wait')
            end = w.object('db')['scheduled_end']
            w.ctl('extend', 'db', '--by', '1h', '--wait')
            self.assertNotEqual(w.object('db')['scheduled_end'], end)
            w.ctl('complete', 'db', '--wait')
            self.assertEqual(w.object('db')['status'], 'completed')
            self.assertIn('   # late', path.read_text())
            said = json.dumps(w.page.call('GET', '/maintenance/' + w.object('db')['id'])[1])
            for text in ('Early', 'Half \\"done\\": #1', 'Nearly'):
                self.assertIn(text, said)
            w.ctl('new', 'web', '--title', 'Web', '--start', at(3600), '--duration', '1h', '--services', 'api', '--wait')
            self.assertEqual(w.object('web')['status'], 'scheduled')
            w.ctl('cancel', 'web', '--wait')
            self.assertIn(w.object('web') and w.object('web')['status'], (None, 'cancelled'))

    def test_an_occurrence_is_carried_out_and_seen_by_watching(self):
        with World(watch=True) as w:
            w.manifest('daily.yaml', f'title: daily\nservices: [api]\nstart: {at(3600)}\nduration: 1h\nrecurrence:\n  rule: FREQ=DAILY;COUNT=2\nupdates:\n- at: +30min\n  message: Half\n')
            w.start()
            first = min(eventually('published', lambda: w.status()['windows']), key=lambda o: o['start'])['window']
            w.wait_state(first, 'scheduled')
            w.ctl('start', 'daily')
            w.wait_state(first, 'in_progress')
            w.ctl('update', 'daily', '-m', 'Begun')
            eventually('the update is there', lambda: 'Begun' in json.dumps(w.page.call('GET', '/maintenance/' + w.object(first)['id'])[1]))
            w.ctl('suspend', 'daily')
            w.ctl('resume', 'daily')
            w.ctl('complete', first)
            w.wait_state(first, 'completed')

    def test_wait_says_what_it_waits_for(self):
        with World(watch=True) as w:
            w.manifest('db.yaml', title='db', start=at(3600), end=at(7200))
            w.start()
            w.wait_state('db', 'scheduled')
            w.page.kill()
            status, out, err = w.ctl('start', 'db', '--wait', '--timeout', '1s', expect=None)
            self.assertEqual(status, 1)
            self.assertIn('+"state"' if '"state"' in out else '+state: in_progress', out)
            self.assertRegex(err, '(?m)^waiting for public: ')
            self.assertIn('not done yet, public: ', err)
            self.assertEqual(w.ctl('complete', 'db', '--wait', '--timeout', 'soon', expect=None)[0], 1)

    def test_wait_is_for_the_files_that_the_daemon_reads(self):
        with World() as w:
            w.manifest('db.yaml', title='db', start=at(3600), end=at(7200))
            w.start()
            w.wait_state('db', 'scheduled')
            other = w.root / 'other'
            shutil.copytree(w.site.manifests, other)
            before = (other / 'db.yaml').read_text()
            status, _, err = w.ctl('--manifests', str(other), 'start', 'db', '--wait', expect=None)
            self.assertEqual((status, (other / 'db.yaml').read_text()), (1, before))
            self.assertIn(f'maintd reads {w.site.manifests}, and this file is in {other}: leave out --wait', err)


if __name__ == '__main__':
    main()
